"""The table of what was measured: each figure with its target, and with the limit that was measured beside it in the same run."""
import json
import os
import platform
import time


class Figures:
    """Rows are printed as they come, so that a long run shows where it is."""

    def __init__(self):
        self.rows = []
        self.notes = []
        self.section = ""

    def begin(self, section):
        self.section = section
        print(f"\n{section}\n  {'what':58} {'target':>16} {'seen':>14} {'beside':>14} {'ratio':>7}", flush=True)

    def add(self, what, seen, unit="", target=None, beside=None, beside_name=None, ratio_target=None):
        """target: (relation, number), relation one of "<" "<=" ">" ">=" and of the same unit; beside: the raw limit in the same
        unit, and what it is of; ratio_target: the same for seen / beside, in place of target. A figure that misses its target is
        marked, and is no error: the machine may be slow."""
        ratio = seen / beside if beside else None
        relation, wanted = ratio_target or target or (None, None)
        value = ratio if ratio_target else seen
        met = None if relation is None or value is None else {"<": value < wanted, "<=": value <= wanted,
                                                              ">": value > wanted, ">=": value >= wanted}[relation]
        self.rows.append({"section": self.section, "what": what, "unit": unit, "seen": seen, "target": target,
                          "ratio_target": ratio_target, "met": met, "beside": beside, "beside_name": beside_name,
                          "ratio": ratio})
        wanted = f"{relation} {number(wanted)}{'x' if ratio_target else ' ' + unit}" if relation else ""
        print(f"  {what:58} {wanted:>16} {number(seen) + ' ' + unit:>14} {number(beside) if beside else '':>14} "
              f"{f'{ratio:.2f}x' if ratio else '':>7} {'' if met in (None, True) else 'MISSED'}"
              f"{f' ({beside_name})' if beside_name else ''}".rstrip(), flush=True)

    def note(self, text):
        """What has to be said beside the figures: what was skipped, and why."""
        self.notes.append({"section": self.section, "text": text})
        print(f"  {text}", flush=True)

    def missed(self):
        return [row for row in self.rows if row["met"] is False]

    def write(self, path):
        about = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": platform.machine(),
                 "kernel": platform.release(), "cpus": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
        with open(path, "w") as file:
            json.dump({"about": about, "figures": self.rows, "notes": self.notes}, file, indent=1)


def number(value):
    """Three digits that mean something."""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{round(value):,}"
    return f"{value:.3g}"


def percentile(values, part):
    """NaN of nothing."""
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else float("nan")
