"""Times: start, attaching and reading, agents, and how soon all is well again after a crash."""
import os
import sqlite3
import subprocess
import time

from harness import Watch, program
from inside import Inside
from rig import median

ORDER, TITLE = 50, "Times"
PAGE = 100  # messages
SNAPSHOT = 50  # messages, of an attach


def since(begun):
    return (time.monotonic() - begun) * 1000


def timed(count, each):
    """Milliseconds of each(n), the one in the middle."""
    times = []
    for number in range(count):
        begun = time.monotonic()
        each(number)
        times.append(since(begun))
    return median(times)


def spawned(*command):
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def starts(figures, sizes, rounds):
    for size in sizes:
        with Inside((size, 10)) as inside:
            ready, answer = [], []
            for _ in range(rounds):
                inside.part()
                inside.daemon.stop(60)
                begun = time.monotonic()
                inside.daemon.start()
                ready.append(since(begun))
                inside.client = inside.another()
                inside.client.request("server.ping")
                answer.append(since(begun))
            target = ("<", 15 if size == 0 else 1000)
            figures.add(f"start to READY, {size:,} sessions", median(ready), "ms", target,
                        timed(rounds, lambda _: spawned(program("stoad"), "--version")), "stoad --version")
            figures.add("  to the first answer", median(answer), "ms", target)


def rows(place, session, count):
    """What SQLite alone takes to open the store and read the newest messages of a session."""
    db = sqlite3.connect(f"file:{place.folder}/state/stoa.db?mode=ro", uri=True)
    key = db.execute("SELECT key FROM sessions WHERE sid = ?", (session,)).fetchone()[0]
    db.execute("SELECT json FROM messages WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT ?",
               (key << 32, (key + 1 << 32) - 1, count)).fetchall()
    db.close()


def attaches(figures, sizes, rounds):
    """First: the session is not in the daemon's memory. Connecting counts."""
    for size in sizes:
        with Inside((rounds, size)) as inside:
            ids = inside.made[0]
            for what in ("first", "later"):
                took = timed(rounds, lambda n: inside.another().attach(ids[n]))
                figures.add(f"attach to a session of {size:,} messages, {what}", took, "ms", ("<", 30),
                            timed(rounds, lambda n: rows(inside.place, ids[n], SNAPSHOT)), f"SQLite, {SNAPSHOT} rows")


def reading(figures, size, rounds):
    with Inside((1, size)) as inside:
        session, took = inside.made[0][0], []
        for _ in range(rounds):
            page, seen = {}, 0
            while seen < 1000:
                begun = time.monotonic()
                page = inside.client.request("message.history", session,
                                             {"limit": PAGE, **({"before": page["messages"][0]["id"]} if page else {})})
                took.append(since(begun))
                seen += len(page["messages"])
        figures.add(f"reading 1,000 messages, a page of {PAGE}", median(took), "ms", ("<", 5),
                    timed(rounds, lambda _: rows(inside.place, session, PAGE)), f"SQLite, {PAGE} rows")


def agents(figures, rounds):
    """What a first turn takes longer than the next one."""
    with Inside((rounds, 10)) as inside:
        for session in inside.made[0]:
            inside.client.attach(session)
        first = timed(rounds, lambda n: inside.turn(inside.made[0][n]))
        later = timed(rounds, lambda n: inside.turn(inside.made[0][n]))
        figures.add("an agent: spawned, ready, with its session", first - later, "ms", None, timed(rounds, lambda _: spawned("true")),
                    "true, run to its end")
        figures.add("  a turn of an agent that is there", later, "ms")


def crashes(figures, rounds):
    """kill -9 of an agent while it streams: until its session is idle, and until a further turn has ended."""
    for what, size in (("a small session", 10), ("one with 1 MB", 900 << 10)):
        with Inside(config="model: {compact_at: 0}\n") as inside:
            idle, well = [], []
            for _ in range(rounds):
                session = inside.client.request("session.create")["session"]
                inside.client.attach(session)
                inside.turn(session, f"/demo rate=0 chunks=1 {'x' * size}")
                inside.client.request("message.send", session, {"text": "/demo rate=200 chunks=100000"})
                inside.client.event("stream.chunk", session)
                inside.client.events.clear()
                begun = time.monotonic()
                os.kill(inside.agent(session), 9)
                inside.client.idle(session)
                idle.append(since(begun))
                inside.turn(session)
                well.append(since(begun))
            figures.add(f"agent killed, {what}: idle after", median(idle), "ms", ("<", 100))
            figures.add("  a further turn has ended after", median(well), "ms")


def restarts(figures, sessions, streams, rounds):
    """kill -9 of the daemon while some sessions stream, and at once the next one. A follower is back when it has a snapshot of it."""
    serving, back = [], []
    with Inside((sessions, 10)) as inside:
        for _ in range(rounds):
            ids = inside.made[0][-streams:]
            watch = Watch(inside.place, ids[0])
            watch.wait(watch.snapshots, "a snapshot")
            for session in ids:
                inside.client.attach(session)
                inside.client.request("message.send", session, {"text": "/demo rate=100 chunks=100000"})
                inside.client.event("stream.chunk", session)
            inside.part()
            begun = time.monotonic()
            inside.daemon.kill()
            inside.daemon.start()
            inside.client = inside.another()
            inside.client.request("session.snapshot", ids[0])
            serving.append(since(begun))
            watch.wait(lambda w=watch: len({shot["epoch"] for shot in w.snapshots()}) > 1, "a snapshot of the next daemon")
            back.append((next(at for at, line in watch.lines if line.get("snapshot", {}).get("epoch") ==
                              watch.snapshots()[-1]["epoch"]) - begun) * 1000)
            watch.close()
        figures.add(f"daemon killed, {sessions:,} sessions, {streams} streaming: serving after", median(serving), "ms", ("<", 200))
        figures.add("  a follower has the new epoch after", median(back), "ms", ("<", 2000))


def run(figures, quick):
    rounds = 3 if quick else 15
    starts(figures, (0, 1000) if quick else (0, 10000), rounds)
    attaches(figures, (10, 1000) if quick else (10, 1000, 10000), rounds)
    reading(figures, 1000 if quick else 10000, rounds)
    agents(figures, rounds)
    crashes(figures, 2 if quick else 7)
    restarts(figures, 1000 if quick else 10000, 4, 2 if quick else 7)
