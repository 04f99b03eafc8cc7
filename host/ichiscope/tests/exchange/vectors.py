"""Writes foreign captures (VCD) into a folder, and vectors.json: what an import of each must give.

Everything expected is computed here, from the rule as it is written in docs/evidence.md, and not by the program under test.
Usage: vectors.py FOLDER
"""

import json
import math
import pathlib
import sys

S = 1_000_000_000  # nanoseconds
LIMIT = 180 * S


def uncertainty(duration_ns, tick_ns, ppm=50.0):
    """U (k = 2), ns: clock, a tick at each edge, 10 us of comparator delay; each bound a rectangle."""
    bounds = [duration_ns * (ppm * 1000) / 1e9, tick_ns, tick_ns, 10000.0]
    return math.ceil(2 * math.sqrt(sum(b * b / 3 for b in bounds)))


def decide(duration_ns, tick_ns=1.0, ppm=50.0):
    guard = uncertainty(duration_ns, tick_ns, ppm)
    if duration_ns < LIMIT - guard:
        return "PASS"
    if duration_ns < LIMIT:
        return "CONDITIONAL PASS"
    return "CONDITIONAL FAIL" if duration_ns <= LIMIT + guard else "FAIL"


def first_not(word, low, high):
    """The shortest duration in low..high (ns) that is not `word`."""
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if decide(middle) == word else (low, middle)
    return low


def vcd(path, unit, signals, end, extra=""):
    """signals: name -> [(time, value)], the first at the start. Times are in `unit`s."""
    codes = {name: chr(33 + i) * (1 + i % 3) for i, name in enumerate(signals)}
    changes = {}
    for name, points in signals.items():
        for time, value in points:
            changes.setdefault(time, []).append(f"{value}{codes[name]}")
    lines = ["$date today $end", f"$timescale {unit} $end", "$scope module dut $end", "$scope module ichi $end"]
    lines += [f"$var wire 1 {code} {name} $end" for name, code in codes.items()]
    lines += ["$upscope $end", "$upscope $end", "$enddefinitions $end"]
    for time in sorted(changes):
        lines += [f"#{time}", *changes[time]]
    lines += [f"#{end}"]
    path.write_text("\n".join(lines) + "\n" + extra)


def outage(start, end, verdict, line="rail0", kind="single", open_start=False, open_end=False, gap=False):
    return dict(line=line, kind=kind, start_tick=start, end_tick=end, duration_ticks=end - start, verdict=verdict,
                open_start=open_start, open_end=open_end, gap=gap)


def main():
    folder = pathlib.Path(sys.argv[1])
    vectors = []

    def add(name, unit, signals, end, verdict, outages, mapping=None, gaps=(), phases=None):
        path = folder / f"{name}.vcd"
        vcd(path, unit, signals, end)
        mapping = mapping or ",".join(f"{line}={line}" for line in signals)
        vector = dict(name=name, file=path.name, map=mapping, verdict=verdict, outages=outages,
                      gaps=[list(g) for g in gaps], last_tick=end, phases=None)
        if phases:
            log = folder / f"{name}.phases"
            log.write_text(phases)
            vector["phases"] = log.name
        vectors.append(vector)

    def one(name, unit, per_second, ticks, at=10):
        start, end = at * per_second, at * per_second + ticks
        tick_ns = 1e9 / per_second
        # The program's nanoseconds are those of the exact duration; these ticks are whole ones or thousandths of them.
        verdict = decide(ticks * S / per_second if per_second > S else ticks * (S // per_second), tick_ns)
        rail = [(0, 1), (start, 0), (end, 1)]
        add(name, unit, {"rail": rail}, end + 10 * per_second, verdict, [outage(start, end, verdict)])

    us = 1_000_000
    for ticks in (179_999_999, 180_000_000, 180_000_001, 540_000_000, 92_123_457):
        one(f"rail-{ticks}us", "1 us", us, ticks)
    # Both sides of each border of the rule, in nanoseconds.
    borders = [first_not("PASS", 179 * S, 180 * S), LIMIT, first_not("CONDITIONAL FAIL", 180 * S, 181 * S)]
    for border in borders:
        for ns in (border - 1, border):
            one(f"border-{ns}ns", "1ns", S, ns)
    assert [decide(b - 1) for b in borders] == ["PASS", "CONDITIONAL PASS", "CONDITIONAL FAIL"]
    assert [decide(b) for b in borders] == ["CONDITIONAL PASS", "CONDITIONAL FAIL", "FAIL"]
    # Picoseconds, past 2^48 ticks (281 s), on both sides of the limit.
    ps = 1_000_000_000_000
    for ticks in (180 * ps - 1, 180 * ps):
        one(f"rail-{ticks}ps", "1 ps", ps, ticks, at=400)
    one("coarse", "100 ms", 10, 1795)

    good, late = [(0, 1)], 400 * us
    # Five dips of 40 s with 0.5 s between them: each alone is harmless, together they are 202 s.
    dips, singles = [(0, 1)], []
    for i in range(5):
        start = 10 * us + i * 40_500_000
        dips += [(start, 0), (start + 40 * us, 1)]
        singles.append(outage(start, start + 40 * us, "PASS"))
    train = outage(10 * us, 10 * us + 4 * 40_500_000 + 40 * us, "FAIL", kind="merged")
    add("dip-train", "1 us", {"rail": dips}, late, "FAIL", [singles[0], train, *singles[1:]])
    # A glitch of 99 us is none; one of 100 us counts.
    glitches = [(0, 1), (us, 0), (us + 99, 1), (9 * us, 0), (9 * us + 100, 1)]
    add("glitches", "1 us", {"rail": glitches}, late, "PASS", [outage(9 * us, 9 * us + 100, "PASS")])

    def rail(start, end):
        return [(0, 1), (start, 0), (end, 1)]

    r = rail(10 * us, 200 * us)
    add("ac-lo-first", "1 us", {"rail": r, "ac_lo": [(0, 0), (10 * us - 1, 1)]}, late, "MAINS LOSS",
        [outage(10 * us, 200 * us, "MAINS LOSS")])
    add("ac-lo-after", "1 us", {"rail": r, "ac_lo": [(0, 0), (10 * us, 1)]}, late, "FAIL",
        [outage(10 * us, 200 * us, "FAIL")])
    add("ch-removed", "1 us", {"rail": r, "ch_pr": [(0, 0), (100 * us, 1)]}, late, "CH REMOVED",
        [outage(10 * us, 200 * us, "CH REMOVED")])
    add("cut", "1 us", {"rail": [(0, 1), (10 * us, 0)]}, 150 * us, "INCONCLUSIVE",
        [outage(10 * us, 150 * us, "INCONCLUSIVE", open_end=True)])
    add("open-start", "1 us", {"rail": [(0, 0), (10 * us, 1)]}, late, "INCONCLUSIVE",
        [outage(0, 10 * us, "INCONCLUSIVE", open_start=True)])
    add("thresholds", "1 us", {"rail": rail(10 * us, 191 * us), "rail1": rail(11 * us, 190 * us)}, late,
        "INCONCLUSIVE", [outage(10 * us, 191 * us, "INCONCLUSIVE"),
                         outage(11 * us, 190 * us, "INCONCLUSIVE", line="rail1")])
    add("no-outage", "1 us", {"rail": good}, late, "PASS", [])

    # Loss: never a PASS. In the outage, elsewhere, at the start, at the end, of another line.
    broken = "INCONCLUSIVE"
    add("x-inside", "1 us", {"rail": [(0, 1), (10 * us, 0), (50 * us, "x"), (60 * us, 0), (70 * us, 1)]}, late,
        broken, [outage(10 * us, 70 * us, broken, gap=True)], gaps=[(50 * us, 60 * us)])
    add("x-hides-all", "1 us", {"rail": [(0, 1), (10 * us, "x"), (60 * us, 1)]}, late, broken, [],
        gaps=[(10 * us, 60 * us)])
    add("x-at-start", "1 us", {"rail": [(0, "x"), (10 * us, 1)]}, late, broken, [], gaps=[(0, 10 * us)])
    add("z-at-end", "1 us", {"rail": [(0, 1), (300 * us, "z")]}, late, broken, [], gaps=[(300 * us, late)])
    add("x-elsewhere", "1 us", {"rail": rail(10 * us, 20 * us), "mark0": [(0, 0), (50 * us, "x"), (51 * us, 1)]},
        late, broken, [outage(10 * us, 20 * us, "PASS")], gaps=[(50 * us, 51 * us)])

    # The meter's outage and the hub's boot, each harmless alone.
    def log(*rows):
        return "time_s,phase,event\n" + "".join(f"{t},{p},{e}\n" for t, p, e in rows)

    boot = log((10, "METER_REBOOT", "begin"), (110, "METER_REBOOT", "end"), (110, "CH_BOOT", "begin"),
               ("200.000000", "CH_BOOT", "end"))
    r = rail(10 * us, 110 * us)
    add("combined", "1 us", {"rail": r}, late, "AT RISK", [outage(10 * us, 110 * us, "AT RISK")], phases=boot)
    boot = "\n".join(json.dumps(dict(time_ns=t, phase="CH_BOOT", event=e)) for t, e in
                     ((110 * S, "begin"), (130 * S, "end")))
    add("combined-harmless", "1 us", {"rail": r}, late, "PASS", [outage(10 * us, 110 * us, "PASS")], phases=boot)

    (folder / "vectors.json").write_text(json.dumps(vectors))


if __name__ == "__main__":
    main()
