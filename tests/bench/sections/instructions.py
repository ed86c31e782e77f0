"""Instructions a chunk, counted by callgrind: the same whatever else the machine does, so that a regression shows. Two runs, one with
twice as many chunks: what is between them is the chunks' alone."""
import glob
import os
import re
import shutil
import subprocess

import rig
from harness import BUILD, ROOT, program

ORDER, TITLE = 40, "Instructions a chunk (callgrind)"
TOP = 10
REPLY_RATE = 200  # chunks/s, as models are: each goes its way alone, and the reply is stored while it grows
NAMES = {"reply": f"daemon, a reply of {REPLY_RATE} chunks/s"}


def total(text):
    return int(re.search(r"^\s*([\d,]+) .*PROGRAM TOTALS", text, re.M).group(1).replace(",", ""))


def annotate(path, *args):
    return subprocess.run(["callgrind_annotate", *args, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout.decode()


def costliest(text, ours):
    """The first lines of callgrind_annotate's table of functions; ours: of those of this source alone. It names some twice."""
    found = {}
    for row in re.findall(r"^\s*([\d,]+ \(.*)$", text, re.M):
        row = re.sub(r" \[.*\]$", "", row).replace(f"{ROOT}/", "")
        if "PROGRAM TOTALS" not in row and (not ours or re.search(r" (daemon|proto|shared)/", row)):
            found.setdefault(row)
    return list(found)[:TOP]


def function_cost(text, name):
    found = re.search(rf"^\s*([\d,]+) \(.*:{name} ", text, re.M)
    return int(found.group(1).replace(",", "")) if found else 0


def under_callgrind(folder, what, clients, chunks):
    """The profile of one turn of so many chunks; what: the daemon with an agent's double, a reply in the
    daemon with an agent, or an agent."""
    out = f"{folder}/callgrind.%p"
    command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    for old in glob.glob(f"{folder}/callgrind.*"):
        os.remove(old)
    if what == "daemon":
        place = rig.Rig(double=True, wrapper=command)
    elif what == "reply":
        place = rig.Rig(wrapper=command)
    else:
        script = f"{folder}/agent"
        with open(script, "w") as file:
            file.write(f"#!/bin/sh\nexec {' '.join(command)} {program('stoa-agent')}\n")
        os.chmod(script, 0o700)
        place = rig.Rig(agent=script)
    with place:
        place.stream(clients, chunks, rate=REPLY_RATE if what == "reply" else 0, paced=what == "daemon")
    profiles = glob.glob(f"{folder}/callgrind.*")
    return max(profiles, key=os.path.getsize)


def measure(figures, report, folder, what, clients, chunks, inner):
    texts = {}
    for number in (chunks, 2 * chunks):
        path = under_callgrind(folder, what, clients, number)
        texts[number] = annotate(path), annotate(path, "--inclusive=yes")
    name = f"{NAMES.get(what, what)}, {rig.clients_of(clients)}"
    figures.add(name, (total(texts[2 * chunks][0]) - total(texts[chunks][0])) / chunks, "Ir")
    for function in inner:
        figures.add(f"  in {function} and below", (function_cost(texts[2 * chunks][1], function) - function_cost(texts[chunks][1], function))
                    / chunks, "Ir")
    for kind, text in zip(("in themselves", "with what they call"), texts[2 * chunks]):
        rows = "".join(f"  {row}\n" for row in costliest(text, kind != "in themselves"))
        report.write(f"{name}, {2 * chunks} chunks: instructions {kind}\n{rows}\n")


def run(figures, quick):
    if not shutil.which("valgrind") or not shutil.which("callgrind_annotate"):
        figures.note("skipped: valgrind is not installed (make deps-bench)")
        return
    chunks = 300 if quick else 4000
    folder = f"{BUILD}/callgrind"
    os.makedirs(folder, exist_ok=True)
    with open(f"{BUILD}/bench-callgrind.txt", "w") as report:
        for clients in (1,) if quick else (1, 8):
            measure(figures, report, folder, "daemon", clients, chunks, ("supervisor_chunk", "session_chunk", "clients_push"))
        measure(figures, report, folder, "agent", 1, chunks, ("sse_feed", "openai_event"))
        measure(figures, report, folder, "reply", 1, 300, ())
    shutil.rmtree(folder)
    figures.note(f"the costliest functions are in {BUILD}/bench-callgrind.txt")
