"""Size: the daemon at rest and after work, and what a session, an agent, a client cost."""
from harness import children, wait_for
from inside import FOLLOWED, Inside, libraries_alone, memory, settled
from rig import Rig, median

ORDER, TITLE = 40, "Memory"
KB = MB = 1024  # of the smaller unit
SESSION_MESSAGES = 50
LIVE = 100


def at_rest(figures, sizes):
    """A session that sleeps costs what the daemon has more with many of them than without."""
    alone, seen = libraries_alone(), {}
    for size in sizes:
        with Inside((size, 2)) as inside:
            inside.part()
            seen[size] = inside.rest()
        if size == 0:
            for what, target in (("Rss", ("<", 8 * MB)), ("Pss", None), ("Private", None)):
                figures.add(f"daemon at rest, {what}", seen[0][what], "KB", target, alone[what], "its libraries, doing nothing")
        else:
            figures.add(f"  with {size:,} sessions, Rss", seen[size]["Rss"], "KB", None, seen[0]["Rss"], "none")
    figures.add("a session that sleeps", max(0, (seen[sizes[-1]]["Private"] - seen[0]["Private"]) * KB) / sizes[-1], "bytes", ("<", KB))


def after_work(figures, messages):
    """Flat: the second half adds nothing to the first."""
    with Inside() as inside:
        session = inside.client.request("session.create")["session"]
        inside.client.attach(session)
        seen = []
        for _ in range(2):
            for _ in range(messages // 4):
                inside.turn(session)
            seen.append(inside.rest())
        figures.add(f"daemon after {messages:,} messages, Private", seen[1]["Private"], "KB", ("<", seen[0]["Private"] + 512),
                    seen[0]["Private"], "half of them")


def attached_and_left(figures, counts):
    """What freed memory stays is bounded: by the C library's caches, not by the number of sessions."""
    left = []
    for count in counts:
        with Inside((count, SESSION_MESSAGES)) as inside:
            inside.part()
            before = inside.rest()
            ids = inside.made[0]
            for at in range(0, count, FOLLOWED):
                client = inside.another()
                for session in ids[at:at + FOLLOWED]:
                    client.attach(session)
                    client.request("session.rename", session, {"title": "used once"})
                    client.events.clear()
                    client.replies.clear()
            held = memory(inside.pid)
            inside.part()
            inside.client = inside.another()
            wait_for(lambda: inside.stats()["sessions_loaded"] == 0, "no session in memory", 60)
            left.append(inside.rest()["Private"] - before["Private"])
    figures.add(f"a session of {SESSION_MESSAGES} messages in memory", (held["Private"] - before["Private"]) / count, "KB")
    figures.add(f"left of {counts[1]:,} sessions that were used and left", left[1], "KB", ("<", max(left[0], 0) * 1.1 + 512), left[0],
                f"{counts[0]:,}")


def live_agents(figures, sessions, live):
    """All that is there with so many agents at rest: Pss, which counts what they share once."""
    with Inside((sessions, 10), config=f"limits: {{max_live_agents: {live}}}\n") as inside:
        ids = inside.made[0][-live:]
        for session in ids:
            inside.client.request("session.subscribe", params={"sessions": [session]})
            inside.client.request("message.send", session, {"text": "/demo rate=0 echo=well"})
        for session in ids:
            inside.client.idle(session, seconds=120)
        agents = inside.agents()
        inside.rest()
        private = [memory(pid)["Private"] for pid in agents]
        figures.add(f"a live agent at rest, of {len(agents)}, Private", median(private), "KB", ("<", 2 * MB))
        total = sum(memory(pid)["Pss"] for pid in [inside.pid, *agents])
        figures.add(f"{sessions:,} sessions, {len(agents)} live: daemon and agents, Pss", total / MB, "MB", ("<", 300))


def agent_of_http(figures):
    with Rig() as rig:
        session = rig.session()
        rig.warm(session)
        agent = rig.agent_pid(session)
        figures.add("an agent that has asked a model by HTTP, Private", settled(agent)["Private"], "KB", ("<", 2 * MB))
        assert children(rig.daemon.pid) == [agent]


def clients(figures, count):
    """Each follows one session. Those that sleep get a thousand events that they don't read."""
    with Inside((1, SESSION_MESSAGES)) as inside:
        session = inside.made[0][0]
        inside.client.attach(session)
        before = inside.rest()
        for _ in range(count):
            inside.another().attach(session)
        held = inside.rest()
        figures.add(f"a client that follows a session, of {count}", (held["Private"] - before["Private"]) / count, "KB")
        inside.turn(session, "/demo chunks=1000 rate=0")
        behind = inside.rest()
        figures.add("  more of one that has not read 1,000 chunks", max(0, behind["Private"] - held["Private"]) / count, "KB")
        inside.part(but=[inside.client])
        wait_for(lambda: inside.stats()["clients"] == 1, "the others gone", 60)
        figures.add("  left when they are gone, of all", max(0, inside.rest()["Private"] - before["Private"]), "KB")


def run(figures, quick):
    Inside.quiet = 0 if quick else Inside.quiet
    at_rest(figures, (0, 1000) if quick else (0, 1000, 10000))
    after_work(figures, 100 if quick else 1000)
    if not quick:
        attached_and_left(figures, (1000, 3000))
    live_agents(figures, 1000 if quick else 10000, 10 if quick else LIVE)
    agent_of_http(figures)
    clients(figures, 20 if quick else 200)
