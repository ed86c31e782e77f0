#!/usr/bin/env python3
"""Runs the tests and ends with one line: N passed, N failed, N skipped.

    run.py [--build DIR] [--fuzz-total N | --fuzz-seconds N] [--jobs N] [--only TEXT] unit|fuzz|e2e|faults|all ...

unit: cmocka programs in DIR/unit, with --slow N side by side; fuzz: each program in build/fuzz (--fuzz), as many at a time as there are cores: all
of its corpus, and from there on for N seconds, or its part of N;
e2e, faults: tests/<name>/test_*.py against the programs in DIR, N files at a time. A file that measures time or counts
what the whole machine has says so by a line `ALONE = True`, and runs when no other one does.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(ok, what, seconds, detail=""):
    print(f"{'ok  ' if ok else 'FAIL'} {what} ({seconds:.1f} s){' ' + detail if detail else ''}", flush=True)


# A refused allocation is answered as the C library does; what libzmq does inside is not ours to judge.
SANITIZERS = {"TSAN_OPTIONS": f"suppressions={ROOT}/tests/support/tsan.supp:allocator_may_return_null=1",
              "ASAN_OPTIONS": "allocator_may_return_null=1"}


VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--num-callers=25",
            "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect"]
UNIT_S, UNIT_SLOW_S = 180, 900


def run_program(path, options):
    """Returns the path, what it said, its exit code and how long it took."""
    started = time.monotonic()
    environment = dict(os.environ, **SANITIZERS, STOA_SLOW=str(options.slow))
    if options.valgrind:
        environment["STOA_VALGRIND"] = "1"
    try:
        done = subprocess.run((VALGRIND if options.valgrind else []) + [path], cwd=ROOT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=UNIT_SLOW_S if options.slow > 1 else UNIT_S)
        output, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode(errors="replace") + "\ntimed out", -1
    return path, output, code, time.monotonic() - started


def run_unit(count, build, options):
    paths = [path for path in sorted(glob.glob(f"{build}/unit/**/*_test", recursive=True))
             if not options.only or options.only in os.path.relpath(path, f"{build}/unit")]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for path, output, code, seconds in pool.map(lambda path: run_program(path, options), paths):
            count_unit(count, os.path.relpath(path, f"{build}/unit"), output, code, seconds)


def count_unit(count, name, output, code, seconds):
    numbers = {key: sum(int(n) for n in re.findall(rf"\[  {key} *\] (\d+) test\(s\)", output))
               for key in ("PASSED", "FAILED", "SKIPPED")}
    if code != 0 and numbers["FAILED"] == 0:
        numbers["FAILED"] = 1
    if numbers["PASSED"] + numbers["FAILED"] + numbers["SKIPPED"] == 0:
        numbers["FAILED"] = 1
        output += "\nno test was executed"
    count.passed += numbers["PASSED"]
    count.failed += numbers["FAILED"]
    count.skipped += numbers["SKIPPED"]
    say(not numbers["FAILED"], f"unit {name}", seconds, f"{numbers['PASSED']} tests")
    if numbers["FAILED"]:
        print(output[-8000:], flush=True)


FUZZ_INPUT_MAX = 16384  # a seed beyond it would be cut, and so be another one
FUZZ_SECONDS_MIN = 2


def fuzz_command(path, name, seconds, folder):
    corpus = f"{ROOT}/tests/fuzz/corpus/{name}"
    fresh = f"{folder}/{name}"
    os.makedirs(fresh)
    return [path, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", f"-max_len={FUZZ_INPUT_MAX}",
            "-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={folder}/crash-{name}-", fresh, corpus]


def seeds_are_good(name):
    """Each target has seeds, and each of them is taken as a whole."""
    seeds = glob.glob(f"{ROOT}/tests/fuzz/corpus/{name}/*")
    return bool(seeds) and all(os.path.getsize(seed) <= FUZZ_INPUT_MAX for seed in seeds)


def run_fuzz(count, options):
    with tempfile.TemporaryDirectory(prefix="stoa-fuzz-") as folder:
        programs = sorted(glob.glob(os.path.join(ROOT, options.fuzz, "*_fuzz")))
        seconds = options.fuzz_seconds or max(FUZZ_SECONDS_MIN, options.fuzz_total // max(1, len(programs)))
        waiting = [p for p in programs if not options.only or options.only in os.path.basename(p)]
        running = []
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                path = waiting.pop(0)
                name = os.path.basename(path)[:-len("_fuzz")]
                if not seeds_are_good(name):
                    count.failed += 1
                    say(False, f"fuzz {name}", 0, f"no seeds, or one of more than {FUZZ_INPUT_MAX} bytes")
                    continue
                running.append((name, time.monotonic(), subprocess.Popen(
                    fuzz_command(path, name, seconds, folder), cwd=ROOT, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT)))
            if not running:
                break
            name, started, process = running.pop(0)
            output = process.communicate()[0].decode(errors="replace")
            runs = re.search(r"number_of_executed_units: (\d+)", output)
            executed = int(runs.group(1)) if runs else 0
            good = process.returncode == 0 and executed > 0
            count.passed += good
            count.failed += not good
            say(good, f"fuzz {name}", time.monotonic() - started, f"{executed} runs")
            if not good:
                print(output[-6000:], flush=True)


class Result(unittest.TestResult):
    """Counts, and prints a line a test as it ends."""

    def __init__(self, count):
        super().__init__()
        self.count = count
        self.begun = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def _end(self, test, good, detail=""):
        say(good, test.id(), time.monotonic() - self.begun, detail)

    def addSuccess(self, test):
        self.count.passed += 1
        self._end(test, True, getattr(test, "figures", ""))

    def addSkip(self, test, reason):
        self.count.skipped += 1
        print(f"skip {test.id()}: {reason}", flush=True)

    def _bad(self, test, error):
        self.count.failed += 1
        self._end(test, False)
        print(self._exc_info_to_string(error, test), flush=True)

    def addError(self, test, err):
        self._bad(test, err)

    def addFailure(self, test, err):
        self._bad(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._bad(subtest, err)


def run_file(count, path, build, only):
    """The tests of one file, in this process."""
    os.environ["STOA_BUILD"] = os.path.join(ROOT, build)
    sys.path.insert(0, f"{ROOT}/tests/support")
    loader = unittest.TestLoader()
    if only:
        loader.testNamePatterns = [f"*{only}*"]
    folder, name = os.path.split(path)
    loader.discover(folder, pattern=name, top_level_dir=folder).run(Result(count))


def begin_file(path, options):
    output = tempfile.TemporaryFile()
    command = [sys.executable, os.path.abspath(__file__), "--build", options.build, "--file", path]
    command += ["--only", options.only] if options.only else []
    return path, output, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)


def end_file(count, path, output, process):
    """Prints what the tests of a file said, in one piece, and counts them."""
    code = process.wait()
    output.seek(0)
    text = output.read().decode(errors="replace")
    output.close()
    rest, _, last = text.rstrip("\n").rpartition("\n")
    numbers = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", last)
    print(rest if numbers else text, end="\n" if rest and numbers else "", flush=True)
    if not numbers:
        say(False, os.path.basename(path), 0, f"ended with {code}")
    passed, failed, skipped = map(int, numbers.groups()) if numbers else (0, 1, 0)
    count.passed += passed
    count.failed += failed
    count.skipped += skipped


def is_alone(path):
    with open(path) as file:
        return re.search(r"^ALONE = True$", file.read(), re.M) is not None


def run_python(count, kind, options):
    files = sorted(glob.glob(f"{ROOT}/tests/{kind}/test_*.py"), key=os.path.getsize, reverse=True)
    together, alone = [f for f in files if not is_alone(f)], [f for f in files if is_alone(f)]
    for waiting, jobs in ((together, options.jobs), (alone, 1)):
        running = []
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(begin_file(waiting.pop(0), options))
            ended = [one for one in running if one[2].poll() is not None]
            for one in ended:
                end_file(count, *one)
                running.remove(one)
            if not ended:
                time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--valgrind", action="store_true", help="the unit programs, under memcheck")
    parser.add_argument("--slow", type=int, default=1, help="how many times slower than usual unit programs may be")
    parser.add_argument("--fuzz", default="build/fuzz", help="where the fuzzers are")
    parser.add_argument("--fuzz-seconds", type=int, default=0, help="for each of them")
    parser.add_argument("--fuzz-total", type=int, default=120, help="for all of them")
    parser.add_argument("--only", help="only tests whose name contains this")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="test files at a time")
    parser.add_argument("--file", help=argparse.SUPPRESS)
    parser.add_argument("kinds", nargs="*", choices=["unit", "fuzz", "e2e", "faults", "all", []])
    options = parser.parse_args()
    # a shell's background job ignores these, and so would all that is tested
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if not options.kinds and not options.file:
        parser.error("what shall be run?")
    kinds = ["unit", "fuzz", "e2e", "faults"] if "all" in options.kinds else options.kinds
    count = Count()
    os.environ.setdefault("TSAN_OPTIONS", SANITIZERS["TSAN_OPTIONS"])
    if options.file:
        run_file(count, options.file, options.build, options.only)
    for kind in kinds:
        if kind == "unit":
            run_unit(count, os.path.join(ROOT, options.build), options)
        elif kind == "fuzz":
            run_fuzz(count, options)
        else:
            run_python(count, kind, options)
    print(count.line())
    return 0 if options.file else 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
