"""CPU time of the daemon, its agent and its clients' load, by the kernel's count of nanoseconds: idle, and per chunk."""
import os
import subprocess
import time

import rig
from harness import cpu_all_threads, program
from rig import median

ORDER, TITLE = 30, "CPU"
IDLE_CLIENTS = 10
ZERO = 0.05  # percent of a processor, which tools show as 0.0
TARGETS = {1: 0.06, 32: 0.25}  # CPU seconds of the daemon for 1,000 chunks


def wake_ups(pid):
    """How often its threads began to wait, which each wake-up ends with."""
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            count += next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
    return count


def idle(figures, seconds, ping_ms, what):
    with rig.Rig() as place:
        session = place.session()
        place.warm(session)
        pids = {"daemon": place.daemon.pid, "agent": place.agent_pid(session)}
        clients = subprocess.Popen([program("bench-load"), "hold", "--socket", place.place.socket_path, "--session", session, "--clients",
                                    str(IDLE_CLIENTS), *(["--ping", str(ping_ms)] if ping_ms else [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        clients.stdout.readline()
        time.sleep(1)  # what follows a turn is over
        before = {name: (cpu_all_threads(pid), wake_ups(pid)) for name, pid in pids.items()}
        time.sleep(seconds)
        for name, pid in pids.items():
            spent, woken = cpu_all_threads(pid) - before[name][0], wake_ups(pid) - before[name][1]
            figures.add(f"{name}, {IDLE_CLIENTS} clients {what}", spent / seconds * 100, "%", target=None if ping_ms else ("<", ZERO))
            figures.add(f"  wake-ups of its threads in {seconds} s", woken)
        clients.communicate()


def streaming(figures, rounds, chunks, clients, per_second):
    with rig.Rig() as place:
        for count in clients:
            ours, raw = [], []
            with rig.RawPublisher(count, chunks, per_second) as publisher:
                for _ in range(rounds):
                    ours.append(place.stream(count, chunks, per_second))
                    raw.append(publisher.stream())
            daemon, agent = (median([run[name] / chunks * 1000 for run in ours]) for name in ("daemon_cpu", "agent_cpu"))
            beside = median([run["daemon_cpu"] / chunks * 1000 for run in raw])
            if per_second == 200:
                figures.add(f"daemon, 1,000 chunks at 200/s, {rig.clients_of(count)}", daemon, "s", beside=beside, beside_name="ROUTER alone",
                            target=("<=", TARGETS[count]) if count in TARGETS else None)
                figures.add("  its agent", agent, "s")
            else:
                share = per_second / 10  # of a second's chunks, in percent of one processor
                figures.add(f"daemon, {per_second} chunks/s, {rig.clients_of(count)}", daemon * share, "%", target=("<=", 1.0),
                            beside=beside * share, beside_name="ROUTER alone")
                figures.add("  its agent", agent * share, "%")


def run(figures, quick):
    rounds, chunks = (1, 100) if quick else (3, 600)
    idle(figures, 1 if quick else 5, 0, "that are silent")
    if not quick:
        idle(figures, 10, 10000, "that ping each 10 s")
    streaming(figures, rounds, chunks, (1,) if quick else (1, 32), 200)
    streaming(figures, rounds, chunks // 2, (1,), 100)
