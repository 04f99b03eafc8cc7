"""Reads a campaign's runs.parquet with DuckDB and holds it against runs.csv, cell by cell. Prints how many rows agree.

Usage: runs.py FOLDER
"""

import csv
import pathlib
import sys

import duckdb

FOLDER = pathlib.Path(sys.argv[1])
NUMBERS = {"created_utc_ns", "outages", "omitted", "longest_ns", "expanded_uncertainty_ns", "total_ns", "gaps", "contradictions"}

rows = list(csv.DictReader((FOLDER / "runs.csv").open(newline="", encoding="utf-8")))
table = duckdb.sql(f"select * from '{FOLDER / 'runs.parquet'}'")
columns = table.columns
theirs = [dict(zip(columns, row)) for row in table.fetchall()]
assert len(rows) == len(theirs), (len(rows), len(theirs))
for row, typed in zip(rows, theirs):
    for name, cell in row.items():
        if name == "bound":
            found = {None: "", True: "at least", False: "exact"}[typed["longest_is_at_least"]]
        elif name == "simulated":
            found = {None: "", True: "true", False: "false"}[typed[name]]
        else:
            found = "" if typed[name] is None else str(typed[name])
            assert typed[name] is None or isinstance(typed[name], int if name in NUMBERS else str), (name, typed[name])
        # A formula is defused in CSV; Parquet needs no apostrophe.
        assert cell == found or cell == "'" + found, (name, cell, found)
print(len(rows))
