"""A second implementation of the outage algorithm, from docs/evidence.md and nothing else, on exported edges.

Reads JSON lines {"edges": CSV as `export --format csv` writes it, "outages": what `analyse` found} and prints what differs.
Usage: outages.py FILE
"""

import csv
import io
import json
import sys

DEGLITCH_NS, RESTORE_NS, NS = 100_000, 1_000_000_000, 1_000_000_000


def levels_of(text):
    """Line -> [(tick, level, is_crossing)], gaps, last tick, ticks per second."""
    lines, gaps, last, rate = {}, [], 0, 0
    for row in csv.DictReader(io.StringIO(text)):
        tick, rate = int(row["tick"]), int(row["tick_hz"])
        last = max(last, tick)
        if row["kind"] == "gap-start":
            gaps.append([tick, None, row["line"]])
        elif row["kind"] == "gap-end":
            next(g for g in gaps if g[1] is None and g[2] == row["line"])[1] = tick
        elif row["kind"] != "end":
            lines.setdefault(row["line"], []).append((tick, int(row["level"]), row["kind"] == "crossing"))
    return lines, [(start, end) for start, end, _ in gaps], last, rate


def stretches(points, last):
    """[start, end, level, start is a crossing, end is a crossing]; those without length go, but the last stays."""
    for i, (tick, level, crossing) in enumerate(points):
        following = points[i + 1] if i + 1 < len(points) else None
        end = following[0] if following else max(last, tick)
        if end > tick or following is None:
            yield tick, end, level, crossing, bool(following and following[2])


def interruptions(points, last, deglitch):
    """[start, end, open start, open end] of the rail below one threshold."""
    # A stretch bounded by two crossings and shorter than the deglitch time does not exist; what is left is joined.
    solid = [s for s in stretches(points, last) if not (s[3] and s[4] and s[1] - s[0] < deglitch)]
    joined = []
    for start, _, level, crossing, _ in solid:
        if not joined or joined[-1][1] != level:
            joined.append((start, level, crossing))
    found = []
    for i, (start, level, crossing) in enumerate(joined):
        if level == 0:
            is_open = i + 1 == len(joined)
            end = max(last, start) if is_open else joined[i + 1][0]
            found.append((start, end, i == 0 and not crossing, is_open))
    return found


def outages(text):
    lines, gaps, last, rate = levels_of(text)
    def ticks(ns):
        return (ns * rate + NS // 2) // NS

    result = []
    for line in ("rail0", "rail1", "rail2"):
        singles = interruptions(lines.get(line, []), last, ticks(DEGLITCH_NS))
        rows = [("single", 1, s[1] - s[0], *s) for s in singles]
        train = []
        for single in [*singles, None]:
            if train and single and single[0] - train[-1][1] < ticks(RESTORE_NS):
                train.append(single)
                continue
            if len(train) > 1:
                below = sum(s[1] - s[0] for s in train)
                rows.append(("merged", len(train), below, train[0][0], train[-1][1], train[0][2], train[-1][3]))
            train = [single]
        for kind, count, below, start, end, open_start, open_end in rows:
            gap = any(a <= end and start <= b for a, b in gaps)
            result.append([line, kind, count, below, start, end, open_start, open_end, gap])
    return sorted(result)


def main():
    cases = found = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            case = json.loads(text)
            ours, theirs = outages(case["edges"]), sorted(case["outages"])
            cases, found = cases + 1, found + len(ours)
            if ours != theirs:
                print(f"case {number}: this script finds {ours}\nthe program {theirs}\nin {case['edges']}")
                sys.exit(1)
    print(json.dumps(dict(cases=cases, outages=found)))


if __name__ == "__main__":
    main()
