"""Many users, each with sessions of their own that all stream at the same time: what that adds to how long a chunk is under way for
one user, and what sealing costs. Agents are bench-agent, so that the daemon is measured; whole: real ones with bench-model. Each client
checks every event: one of another's session, or a chunk that is not the next one, ends the bench. Rounds alternate."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

import zmq
from fault import peak_mb, resident_mb
from harness import ROOT, Client, program
from remote import key_bytes, make_user, new_keys
from rig import Rig, median
from zmq.utils import z85

ORDER, TITLE = 15, "Many users"
RAW_SESSION = "s_01j8zq4k3nw8x5t7v9r2m6p0qd"  # of bench-raw's frames
CONFIG = """listen: 'tcp://127.0.0.1:0'
limits: {{max_live_agents: {live}, max_sessions: {live}}}
"""
KNOWN = ("one local", "one remote", "own", "local", "remote")


def cpu(pid):
    """Seconds by thread: "io" is libzmq's, which seals; "loop" all else."""
    found = {"io": 0.0, "loop": 0.0}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm") as name, open(f"/proc/{pid}/task/{task}/schedstat") as spent:
            found["io" if name.read().startswith("ZMQbg/IO") else "loop"] += int(spent.read().split()[0]) / 1e9
    return found


def load(pid, endpoint, plan, count, rate, *more, at_streams=lambda: None):
    """What the clients found; and, while all streamed, µs of CPU of that process for one delivery. at_streams is called when they do."""
    with tempfile.NamedTemporaryFile("w", suffix=".plan") as file:
        file.write("".join(" ".join(line) + "\n" for line in plan))
        file.flush()
        clients = subprocess.Popen([program("bench-load"), "users", "--endpoint", endpoint, "--plan", file.name, "--count", str(count),
                                    "--rate", str(rate), *more], stdout=subprocess.PIPE, text=True)
        at = {}
        for line in clients.stdout:
            if not line.startswith("{"):
                at[line.strip()] = cpu(pid)
                if line == "streams\n":
                    at_streams()
        if clients.wait() != 0:
            raise SystemExit("bench: an event was missing, or of another's session")
    found = json.loads(line)
    for name in ("io", "loop"):
        found[name] = (at["ends"][name] - at["streams"][name]) / max(1, found["deliveries"]) * 1e6 if "streams" in at else 0
    return found


class Crowd:
    """A daemon with so many users, each with so many sessions, and so many times as many of its own user's: all of them with live
    agents."""

    def __init__(self, rig, users, each, own):
        self.rig, self.each = rig, each
        self.local = f"ipc://{rig.place.socket_path}"
        self.remote = rig.client.request("admin.stats")["listen"][0]
        key = rig.client.request("admin.stats")["key"]
        self.server = z85.encode(key_bytes(key)).decode()
        self.own = [["-", "-", "-", *(rig.session() for _ in range(each))] for _ in range(own)]
        self.people = [self.person(f"u{n:03}") for n in range(users)]
        for plan in (self.own, self.people):
            load(rig.daemon.pid, self.local, plan, 1, 0)

    def person(self, name):
        keys = new_keys()
        make_user(self.rig.client, name, keys)
        token = self.rig.client.request("token.issue", params={"user": name})["secret"]
        client = Client(self.rig.place)
        client.request("token.login", params={"token": token})
        sessions = [client.request("session.create")["session"] for _ in range(self.each)]
        client.close()
        return [z85.encode(keys.open).decode(), z85.encode(keys.secret).decode(), token, *sessions]

    def sealed(self, plan, count, rate, **more):
        """By their keys, without tokens."""
        return load(self.rig.daemon.pid, self.remote, [[*line[:2], "-", *line[3:]] for line in plan], count, rate, "--server-key", self.server,
                    **more)

    def stream(self, how, seconds, rate):
        count = round((seconds + 1) * rate)
        if how == "one local":
            return load(self.rig.daemon.pid, self.local, self.own[:1], count, rate)
        if how == "one remote":
            return self.sealed(self.people[:1], count, rate)
        if how == "own":
            return load(self.rig.daemon.pid, self.local, self.own, count, rate)
        if how == "local":
            return load(self.rig.daemon.pid, self.local, self.people, count, rate)
        return self.sealed(self.people, count, rate)


class Raw:
    """A plain ROUTER that sends as many chunks to as many clients."""

    def __init__(self, kind, users, each, count, rate):
        self.folder = tempfile.mkdtemp(prefix="stoa-bench-")
        self.server, secret = zmq.curve_keypair()
        self.sealed, self.plan = kind == "sealed", []
        for _ in range(users):
            keys = [part.decode() for part in zmq.curve_keypair()]
            self.plan.append([*keys, "-", RAW_SESSION])
        self.count, self.rate = count * each, rate
        self.router = subprocess.Popen([program("bench-raw"), "spread", "--endpoint", f"ipc://{self.folder}/raw" if kind == "local" else
                                        "tcp://127.0.0.1:*", "--clients", str(users), "--streams", str(users * each), "--count", str(count),
                                        "--rate", str(rate), *(["--secret-key", secret.decode()] if self.sealed else [])],
                                       stdout=subprocess.PIPE, text=True)
        self.endpoint = self.router.stdout.readline().split()[1]

    def stream(self):
        return load(self.router.pid, self.endpoint, self.plan, self.count, self.rate, "--raw", "1",
                    *(["--server-key", self.server.decode()] if self.sealed else []))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.router.kill()
        self.router.wait()
        shutil.rmtree(self.folder)


def spread(runs, name):
    """The middle one, and the least and the most."""
    values = sorted(run[name] for run in runs)
    return f"{values[0]:.3g} to {values[-1]:.3g}"


def measured(crowd, raws, rounds, seconds, rate, kinds):
    """{how: runs}, of which one after the other took its turn; a single user's last longer, as they have fewer chunks."""
    runs = {how: [] for how in (*kinds, *raws)}
    for _ in range(rounds):
        for how in kinds:
            runs[how].append(crowd.stream(how, seconds * (3 if how.startswith("one") else 1), rate))
        for how, raw in raws.items():
            runs[how].append(raw.stream())
    return runs


def show(figures, runs, name, how, beside=None):
    for part in ("p50_ms", "p99_ms"):
        figures.add(f"{name}, {part[:3]}", median([run[part] for run in runs[how]]), "ms",
                    beside=median([run[part] for run in runs[beside]]) if beside else None, beside_name="ROUTER alone" if beside else None)
    figures.add("  CPU of the daemon's loop for one delivery", median([run["loop"] for run in runs[how]]), "µs",
                beside=median([run["loop"] for run in runs[beside]]) if beside else None)
    figures.add("  CPU of its I/O thread for one", median([run["io"] for run in runs[how]]), "µs",
                beside=median([run["io"] for run in runs[beside]]) if beside else None)
    figures.note(f"    p90 {median([run['p90_ms'] for run in runs[how]]):.3g} ms; p99 of {len(runs[how])} rounds {spread(runs[how], 'p99_ms')} ms, "
                 f"of {runs[how][0]['deliveries']} deliveries each")


def added(figures, runs, what, more, less, target=None):
    figures.add(what, median([run["p99_ms"] for run in runs[more]]) - median([run["p99_ms"] for run in runs[less]]), "ms", target=target)


def crowds(figures, users, each, rounds, seconds, rate):
    total = f"{users} users with {each} sessions each, {users * each * rate:,} chunks/s"
    with contextlib.ExitStack() as stack:
        rig = stack.enter_context(Rig(double=True, config=CONFIG.format(live=2 * users * each + 8)))
        crowd = Crowd(rig, users, each, users)
        count = round(seconds * rate)
        raws = {f"raw {kind}": stack.enter_context(Raw(kind, users, each, count, rate)) for kind in ("local", "open", "sealed")}
        runs = measured(crowd, raws, rounds, seconds, rate, KNOWN)
        show(figures, runs, f"one user, {each} sessions, local socket", "one local")
        show(figures, runs, f"one user, {each} sessions, tcp with CURVE", "one remote")
        show(figures, runs, f"one user, {users} clients, {users * each} sessions, local", "own", "raw local")
        show(figures, runs, f"{total}, local", "local", "raw local")
        show(figures, runs, f"{total}, tcp with CURVE", "remote", "raw sealed")
        show(figures, runs, "ROUTER alone, tcp without CURVE", "raw open")
        added(figures, runs, "added to one user's p99 by all of them, over tcp with CURVE", "remote", "one local", ("<", 1.0))
        added(figures, runs, "  of that: as many sessions", "own", "one local")
        added(figures, runs, "  of that: as many users", "local", "own")
        added(figures, runs, "  of that: tcp with CURVE", "remote", "local")
        added(figures, runs, "  tcp with CURVE for one user", "one remote", "one local")
        added(figures, runs, "  CURVE for a plain ROUTER", "raw sealed", "raw open")


def whole(figures, users, each, rounds, seconds, rate):
    """With real agents, from the model's socket on."""
    with Rig(config=CONFIG.format(live=users * each + each + 8)) as rig:
        runs = measured(Crowd(rig, users, each, 1), {}, rounds, seconds, rate, ("one local", "remote"))
    for how, name in (("one local", f"one user, {each} sessions, local"), ("remote", f"{users} users, {each} sessions each, tcp with CURVE")):
        show(figures, runs, f"model socket to {name}", how)
    added(figures, runs, "  added to one user's p99", "remote", "one local", ("<", 1.0))


def sealing(figures, users, rounds, count):
    """As fast as it can, so that waking up costs nothing: the I/O thread alone."""
    with Raw("open", users, 1, count, 0) as plain, Raw("sealed", users, 1, count, 0) as sealed:
        runs = {"open": [], "sealed": []}
        for _ in range(rounds):
            runs["open"].append(plain.stream())
            runs["sealed"].append(sealed.stream())
    figures.add("CPU of the I/O thread for one frame over tcp, sealed, at full speed", median([run["io"] for run in runs["sealed"]]), "µs",
                beside=median([run["io"] for run in runs["open"]]), beside_name="the same without CURVE")


# --- floods ---

PROCESSES, PER_SECOND = 2, 50
SOURCES = tuple(f"127.0.1.{n}" for n in range(1, 101))
FLOODS = {"no flood": None, "connections": ("connect",), "CURVE's HELLOs": ("hello",), "CURVE's HELLOs, 100 addresses": ("hello", *SOURCES),
          "unknown keys, 100 addresses": ("ready", *SOURCES), "wrong tickets, codes, tokens": ("guess", *SOURCES), "requests of a member": ()}


def flooders(crowd, sources, seconds):
    """As processes, which print what they did as JSON; sources: None for none, () for a member's. They yield to the daemon: those who
    flood it have a processor of their own."""
    server = z85.decode(crowd.server.encode()).hex()
    command = None
    if sources:
        command = [sys.executable, f"{ROOT}/tests/support/flood.py", sources[0], crowd.remote, server, str(seconds), *sources[1:]]
    elif sources is not None:
        key, secret, *_ = crowd.people[-1]
        command = [program("bench-load"), "flood", "--endpoint", crowd.remote, "--server-key", crowd.server, "--key", key,
                   "--secret-key", secret, "--method", "session.list", "--seconds", str(seconds)]
    return [subprocess.Popen(["nice", *command], stdout=subprocess.PIPE) for _ in range(PROCESSES)] if command else []


def ended(process):
    """What it says; nothing of a flooder that did not outlive being cut."""
    said, _ = process.communicate(timeout=120)
    return json.loads(said or "{}")


def beside_flood(crowd, sources, seconds, rate):
    """What the crowd found, what it found who asks on the local socket, and what the flood did. The last user is none of the crowd's."""
    began, pid = [], crowd.rig.daemon.pid
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    before = resident_mb(pid)

    def begin():
        began.extend(flooders(crowd, sources, seconds))
        began.append(subprocess.Popen([program("bench-load"), "requests", "--socket", crowd.rig.place.socket_path, "--method", "session.info",
                                       "--session", crowd.own[0][3], "--every", str(1000 // PER_SECOND), "--count", str(seconds * PER_SECOND)],
                                      stdout=subprocess.PIPE))
    found = crowd.sealed(crowd.people[:-1], (seconds + 1) * rate, rate, at_streams=begin)
    *floods, asker = [ended(process) for process in began]
    return {"stream": found, "asks": asker, "grown": peak_mb(pid) - before, "left": resident_mb(pid) - before,
            "did": {name: sum(each.get(name, 0) for each in floods) for name in (floods[0] if floods else ())}}


def floods(figures, users, each, rounds, seconds, rate):
    with Rig(double=True, config=CONFIG.format(live=2 * (users + 1) * each + 8)) as rig:
        crowd = Crowd(rig, users + 1, each, 1)
        runs = {name: [] for name in FLOODS}
        for _ in range(rounds):
            for name, sources in FLOODS.items():
                runs[name].append(beside_flood(crowd, sources, seconds, rate))
    figures.note(f"  {users} users with {each} sessions each stream over tcp with CURVE, beside:")
    for name, seen in runs.items():
        figures.add(f"{name}: a chunk, p50", median([run["stream"]["p50_ms"] for run in seen]), "ms")
        figures.add("  a chunk, p99", median([run["stream"]["p99_ms"] for run in seen]), "ms")
        figures.add("  a request of another user, p99", median([run["asks"]["p99_ms"] for run in seen]), "ms")
        figures.add("  memory of the daemon, at most more", median([run["grown"] for run in seen]), "MB")
        did = " and ".join(f"{median([run['did'].get(what, 0) for run in seen]) / seconds:,.0f}/s {what}" for what in seen[0]["did"])
        figures.note(f"    {did + '; ' if did else ''}p99 of a chunk {spread([run['stream'] for run in seen], 'p99_ms')} ms, "
                     f"memory {median([run['left'] for run in seen]):+.1f} MB after")


def run(figures, quick):
    if quick:
        crowds(figures, 5, 2, 1, 1, 8)
        whole(figures, 5, 2, 1, 1, 8)
        sealing(figures, 5, 1, 2000)
        floods(figures, 5, 2, 1, 1, 8)
        return
    crowds(figures, 50, 10, 3, 6, 2)
    whole(figures, 50, 10, 3, 6, 2)
    sealing(figures, 50, 3, 4000)
    floods(figures, 50, 2, 3, 4, 5)
