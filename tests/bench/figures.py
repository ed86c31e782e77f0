"""The table of what was measured: each figure with its target, and with the limit that was measured beside it in the same run."""
import json
import os
import platform
import time


class Figures:
    """Rows are printed as they come, so that a long run shows where it is."""

    def __init__(self):
        self.rows = []
        self.section = ""

    def begin(self, section):
        self.section = section
        print(f"\n{section}\n  {'what':58} {'target':>16} {'seen':>14} {'beside':>14} {'ratio':>7}", flush=True)

    def add(self, what, seen, unit="", target=None, beside=None, beside_name=None):
        """target: (relation, number), relation one of "<" "<=" ">" ">=" and of the same unit; beside: the raw limit in the same
        unit, and what it is of. A figure that misses its target is marked, and is no error: the machine may be slow."""
        met = None if target is None else {"<": seen < target[1], "<=": seen <= target[1],
                                           ">": seen > target[1], ">=": seen >= target[1]}[target[0]]
        ratio = seen / beside if beside else None
        self.rows.append({"section": self.section, "what": what, "unit": unit, "seen": seen, "target": target, "met": met,
                          "beside": beside, "beside_name": beside_name, "ratio": ratio})
        wanted = f"{target[0]} {number(target[1])} {unit}" if target else ""
        print(f"  {what:58} {wanted:>16} {number(seen) + ' ' + unit:>14} {number(beside) if beside else '':>14} "
              f"{f'{ratio:.2f}x' if ratio else '':>7} {'' if met in (None, True) else 'MISSED'}"
              f"{f' ({beside_name})' if beside_name else ''}".rstrip(), flush=True)

    def missed(self):
        return [row for row in self.rows if row["met"] is False]

    def write(self, path):
        about = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": platform.machine(),
                 "kernel": platform.release(), "cpus": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
        with open(path, "w") as file:
            json.dump({"about": about, "figures": self.rows}, file, indent=1)


def number(value):
    """Three digits that mean something."""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{round(value):,}"
    return f"{value:.3g}"


def percentile(values, part):
    """NaN of nothing."""
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else float("nan")
