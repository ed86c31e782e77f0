"""Fan-out: how many deliveries a second, and how long a chunk is under way, beside a plain ROUTER that sends the same frames to the
same clients. Throughput is measured on two processors, since that is what it is promised for; all rounds of one figure alternate
with those of what it stands beside."""
import contextlib
import os
import tempfile

import rig
from rig import clients_of, median

ORDER, TITLE = 10, "Fan-out"
CPUS = 2
TARGETS = {1: (0.12, 0.4), 32: (0.4, 1.2)}  # ms at p50 and p99


@contextlib.contextmanager
def processors(count):
    """Everything that is started within runs on so many."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def rate(found, what):
    return found[what] / found["seconds"]


def said(runs):
    """Resyncs, which should not be."""
    count = sum(run["resyncs"] for run in runs)
    return f", {count} resyncs" if count else ""


def whole(figures, rounds, chunks, clients):
    with rig.Rig() as place:
        for count in clients:
            runs = [place.stream(count, chunks) for _ in range(rounds)]
            figures.add(f"chunks to {clients_of(count)}, model as fast as it can{said(runs)}",
                        median([rate(run, "chunks") for run in runs]), "/s", target=(">=", 1e6) if count >= 64 else None)
            figures.note(f"    in {median([run['frames'] // count for run in runs])} events of {chunks // 1000} thousand chunks; the agent "
                         f"took {median([run['agent_cpu'] for run in runs]) / chunks * 1e6:.2f} µs of CPU a chunk")


def daemon_alone(figures, rounds, chunks, clients):
    with rig.Rig(double=True) as place, tempfile.NamedTemporaryFile() as sizes:
        for count in clients:
            ours, raw = [], []
            with rig.RawPublisher(count, sizes=sizes.name) as publisher:
                for _ in range(rounds):
                    ours.append(place.stream(count, chunks, sizes=sizes.name, paced=True))
                    raw.append(publisher.stream(paced=True))
            figures.add(f"events of one chunk to {clients_of(count)}, daemon alone{said(ours)}",
                        median([rate(run, "frames") for run in ours]), "/s", ratio_target=(">=", 0.8),
                        beside=median([rate(run, "frames") for run in raw]), beside_name="ROUTER, same frames")
            figures.add("  bytes of them", median([rate(run, "bytes") for run in ours]) / 1e6, "MB/s",
                        beside=median([rate(run, "bytes") for run in raw]) / 1e6, beside_name="ROUTER")
            figures.add("  CPU of the daemon for one delivery",
                        median([run["daemon_cpu"] / run["frames"] for run in ours]) * 1e6, "µs",
                        beside=median([run["daemon_cpu"] / run["frames"] for run in raw]) * 1e6, beside_name="ROUTER")


def latency(figures, rounds, chunks, clients):
    """What the agent adds is what is more than with its double; what the daemon adds, what the double's is more than raw."""
    with rig.Rig() as place, rig.Rig(double=True) as alone:
        for count in clients:
            runs = {"whole": [], "alone": [], "raw": []}
            with rig.RawPublisher(count, chunks, 200) as publisher:
                for _ in range(rounds):
                    runs["whole"].append(place.stream(count, chunks, 200, stamps=True))
                    runs["alone"].append(alone.stream(count, chunks, 200, stamps=True))
                    runs["raw"].append(publisher.stream(stamps=True))
            ms = {(name, part): median([run[part] for run in runs[name]]) for name in runs for part in ("p50_ms", "p99_ms")}
            targets = TARGETS.get(count, (None, None))
            for part, target in zip(("p50_ms", "p99_ms"), targets):
                figures.add(f"model socket to {clients_of(count)}, 200 chunks/s, {part[:3]}{said(runs['whole'])}", ms["whole", part], "ms",
                            target=("<=", target) if target else None, beside=ms["raw", part], beside_name="ROUTER alone")
            figures.add("  added to a plain ROUTER at p99", ms["whole", "p99_ms"] - ms["raw", "p99_ms"], "ms", target=("<", 1.0))
            figures.add("  of p50: agent", ms["whole", "p50_ms"] - ms["alone", "p50_ms"], "ms")
            figures.add("  of p50: daemon", ms["alone", "p50_ms"] - ms["raw", "p50_ms"], "ms")


def run(figures, quick):
    rounds, chunks = (1, 5000) if quick else (3, 50000)
    with processors(CPUS):
        whole(figures, rounds, chunks, (1, 64) if quick else (1, 8, 64))
        daemon_alone(figures, rounds, chunks, (1, 8) if quick else (1, 8, 64))
    latency(figures, 1 if quick else 3, 100 if quick else 600, (1, 8) if quick else (1, 8, 32, 64))
