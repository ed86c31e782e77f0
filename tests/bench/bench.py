#!/usr/bin/env python3
"""Measures stoad and its agents on this machine, each figure beside its raw limit in the same run, and prints a table.

    bench.py [--build DIR] [--json FILE] [--only SECTION[,SECTION]] [--quick]

Each file in tests/bench/sections/ is a section: a module with ORDER, TITLE and run(figures, quick). Absolute times depend on the
machine: compare figures of one run, and ratios."""
import argparse
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [f"{ROOT}/tests/support", f"{HERE}/sections", HERE]


def sections(only):
    names = sorted(name[:-3] for name in os.listdir(f"{HERE}/sections") if name.endswith(".py"))
    unknown = [name for name in only if name not in names]
    if unknown:
        sys.exit(f"bench.py: there is no section '{unknown[0]}'; there are {', '.join(names)}")
    return sorted((importlib.import_module(name) for name in only or names), key=lambda module: module.ORDER)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--json", help="write the figures here too")
    parser.add_argument("--only", default="", help="these sections alone, with commas between")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes: to see that it works")
    options = parser.parse_args()
    os.environ["STOA_BUILD"] = os.path.join(ROOT, options.build)
    from figures import Figures
    print("seen: stoa. beside: the raw limit that brackets name, in the same run. ratio: seen by beside. What else ran made figures worse: "
          f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores when this began.", flush=True)
    if options.quick:
        print("--quick: too few rounds for figures that mean something; it shows that all runs.", flush=True)
    figures = Figures()
    for section in sections([name for name in options.only.split(",") if name]):
        figures.begin(section.TITLE)
        section.run(figures, options.quick)
    missed = figures.missed()
    print(f"\n{len(figures.rows)} figures, {len(missed)} missed their target")
    if options.json:
        figures.write(options.json)


if __name__ == "__main__":
    main()
