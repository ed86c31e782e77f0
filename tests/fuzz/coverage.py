#!/usr/bin/env python3
"""How much of the files that each fuzz target is for (README.md) its corpus reaches: lines, in percent.

    coverage.py [--fuzz DIR] [--more DIR] [NAME ...]

DIR has the programs of `make fuzz-coverage`; --more: a folder of further corpora by target, as a long run left them.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def table():
    """target -> the files it is for."""
    with open(f"{HERE}/README.md") as readme:
        rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", readme.read(), re.M)
    return {name: re.findall(r"`([^`]+)`", files) for name, files in rows}


def tool(name):
    found = [shutil.which(f"{name}{suffix}") for suffix in ("", *(f"-{n}" for n in range(30, 10, -1)))]
    return next((path for path in found if path), name)


def run(program, corpora, folder):
    """The lines of each file: path -> (covered, all)."""
    raw, profile = f"{folder}/raw", f"{folder}/profile"
    subprocess.run([program, "-runs=0", "-max_len=16384", f"-artifact_prefix={folder}/", *corpora], cwd=ROOT, env=dict(os.environ, LLVM_PROFILE_FILE=raw),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    subprocess.run([tool("llvm-profdata"), "merge", "-o", profile, raw], check=True)
    report = subprocess.run([tool("llvm-cov"), "export", "--summary-only", f"--instr-profile={profile}", program],
                            stdout=subprocess.PIPE, check=True).stdout
    return {os.path.relpath(one["filename"], ROOT): (one["summary"]["lines"]["covered"], one["summary"]["lines"]["count"])
            for one in json.loads(report)["data"][0]["files"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzz", default="build/fuzz-coverage")
    parser.add_argument("--more")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    files = table()
    for name in options.names or sorted(files):
        corpora = [f"{HERE}/corpus/{name}"]
        if options.more and os.path.isdir(f"{options.more}/{name}"):
            corpora.append(f"{options.more}/{name}")
        with tempfile.TemporaryDirectory() as folder:
            lines = run(os.path.join(ROOT, options.fuzz, f"{name}_fuzz"), corpora, folder)
        parts = [(path, *lines.get(path, (0, 0))) for path in files[name]]
        covered, count = (sum(part[i] for part in parts) for i in (1, 2))
        print(f"{name:12} {100 * covered // max(1, count):3}%  "
              + ", ".join(f"{os.path.basename(path)} {100 * some // max(1, of)}" for path, some, of in parts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
