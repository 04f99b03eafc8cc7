"""Holds one capture's exports against each other, read by the libraries that their users have.

The CSV of edges is the yardstick: it has the ticks. VCD and FST through pywellen, Parquet through DuckDB, the Perfetto trace
through Perfetto's own message classes. Prints how much was compared, as JSON.
Usage: readers.py FOLDER (with edges.csv, edges.vcd, edges.fst, edges.parquet, edges.perfetto, analysis.json)
"""

import csv
import json
import pathlib
import sys
from fractions import Fraction

import duckdb
import pywellen
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

FOLDER = pathlib.Path(sys.argv[1])
ROWS = list(csv.DictReader((FOLDER / "edges.csv").open(newline="", encoding="utf-8")))
HZ = int(ROWS[0]["tick_hz"])


def levels():
    """Name -> [(tick, level)], without repetitions; the gaps as a line of their own."""
    found = {"gap": [(int(ROWS[0]["tick"]), 0)]}
    for row in ROWS:
        tick = int(row["tick"])
        if row["level"]:
            found.setdefault(row["line"], []).append((tick, int(row["level"])))
        elif row["kind"].startswith("gap"):
            found["gap"].append((tick, int(row["kind"] == "gap-start")))
    return {name: shorten(points) for name, points in found.items()}


def shorten(points):
    """The last level of each time, and only where it differs from the one before."""
    result = []
    for time, level in dict(points).items():
        if not result or result[-1][1] != level:
            result.append((time, level))
    return result


def wave(name):
    """Changes of a waveform file, its times in ticks; a time between two ticks is an error."""
    file = pywellen.Waveform(str(FOLDER / name))
    unit = Fraction(10) ** file.timescale.unit.to_exponent() * file.timescale.factor
    found = {}
    for variable in file.all_vars():
        points = []
        file.stream_changes(lambda time, _, value, points=points: points.append((time * unit * HZ, int(value))), [variable])
        assert all(tick.denominator == 1 for tick, _ in points), f"{name}: a time that is no tick"
        found[variable.full_name.split(".")[-1]] = shorten([(int(tick), level) for tick, level in points])
    return found


def check_parquet():
    path = str(FOLDER / "edges.parquet")
    rows = duckdb.sql(f"select tick, tick_hz, kind, name, level, gap from '{path}'").fetchall()
    ours = sorted((int(r["tick"]), r["kind"], r["line"], r["level"]) for r in ROWS)
    theirs = sorted((tick, kind, name, "" if level is None else str(int(level)))
                    for tick, _, kind, name, level, _ in rows if not kind.startswith("phase"))
    assert ours == theirs, (ours, theirs)
    assert {row[1] for row in rows} == {HZ}
    gaps = [(int(r["tick"]), r["kind"]) for r in ROWS if r["kind"].startswith("gap")]
    starts = [t for t, kind in gaps if kind == "gap-start"]
    ends = [t for t, kind in gaps if kind == "gap-end"]
    for tick, _, _, _, _, gap in rows:
        assert gap == any(a <= tick < max(b, a + 1) for a, b in zip(starts, ends)), tick
    analysis = json.loads((FOLDER / "analysis.json").read_text())
    begins = sorted((r[0], r[3]) for r in rows if r[2] == "phase-begin")
    assert begins == sorted((p["start_tick"], p["phase"]) for p in analysis["phases"])
    return len(rows)


def check_perfetto():
    trace = Trace()
    trace.ParseFromString((FOLDER / "edges.perfetto").read_bytes())
    names = {p.track_descriptor.uuid: p.track_descriptor.name for p in trace.packet if p.HasField("track_descriptor")}
    assert len(names) == len(set(names.values())), names
    counters, slices, running, last = {}, [], {}, 0
    for packet in trace.packet:
        if not packet.HasField("track_event"):
            continue
        event = packet.track_event
        assert packet.trusted_packet_sequence_id == 1
        tick = event.debug_annotations[0].uint_value
        assert packet.timestamp == (tick * 2_000_000_000 + HZ) // (2 * HZ), (packet.timestamp, tick)
        assert last <= packet.timestamp, "packets in order"
        last, name = packet.timestamp, names[event.track_uuid]
        if event.type == TrackEvent.TYPE_COUNTER:
            counters.setdefault(name, []).append((tick, event.counter_value))
        elif event.type == TrackEvent.TYPE_SLICE_BEGIN:
            assert name not in running, f"slices of one track overlap: {name}"
            running[name] = (tick, event.name)
        else:
            slices.append((name, *running.pop(name), tick))
    assert not running, running
    expected = levels()
    gaps = expected.pop("gap")
    assert {name: shorten(points) for name, points in counters.items()} == expected
    analysis = json.loads((FOLDER / "analysis.json").read_text())
    outages = sorted((o["line"], o["start_tick"], o["end_tick"], o["verdict"]) for o in analysis["outages"])
    theirs = sorted((track.split()[-1], start, end, name.split(": ")[1])
                    for track, start, name, end in slices if "outage" in track)
    assert outages == theirs, (outages, theirs)
    phases = sorted((p["phase"], p["start_tick"], p["end_tick"]) for p in analysis["phases"])
    assert phases == sorted((name, start, end) for track, start, name, end in slices if track.startswith("phase"))
    nothing = [(start, end) for track, start, _, end in slices if track == "gap"]
    assert nothing == [(a[0], b[0]) for a, b in zip(gaps[1::2], gaps[2::2])], nothing
    return len(trace.packet)


def main():
    expected = levels()
    for name in ("edges.vcd", "edges.fst"):
        found = wave(name)
        assert found == expected, f"{name}: {found} instead of {expected}"
    changes = sum(len(points) for points in expected.values())
    print(json.dumps(dict(changes=changes, parquet=check_parquet(), perfetto=check_perfetto())))


if __name__ == "__main__":
    main()
