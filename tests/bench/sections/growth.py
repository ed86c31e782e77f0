"""Growth: what is asked costs the same whatever there is already. CPU time of the daemon, since it depends less on the machine's other work;
the ratio is to what it costs with a tenth of it."""
from harness import cpu_all_threads
from inside import Inside
from many_sessions import rare

ORDER, TITLE = 60, "Growth"
GROWS = 2.0  # how much more what stays the same may seem to cost: disk and machine make noise
LEAST = 0.3  # ms, below which a ratio says nothing
WINDOW = 400  # messages that the daemon has in memory; up to these some things do cost more


class Table:
    """What was seen of each thing, size by size."""

    def __init__(self, figures, of):
        self.figures, self.of, self.last = figures, of, {}

    def add(self, size, what, cost, flat_from=0):
        """cost: milliseconds of CPU. flat_from: where it need not grow any more; None if it must."""
        last, last_size = self.last.get(what, (None, 0))
        flat = last and flat_from is not None and last_size >= flat_from
        self.figures.add(f"{what}, {size:,} {self.of}", cost, "ms", ("<", max(last * GROWS, LEAST)) if flat else None, last,
                         "a tenth of them" if last else None)
        self.last[what] = cost, size


def histories(figures, sizes, rounds):
    """One session grows; a few others are like it."""
    table = Table(figures, "messages")
    for size in sizes:
        with Inside((rounds + 1, size)) as inside:
            session, *others = inside.made[0]
            client = inside.client

            def ask(method, of=session, **params):
                client.events.clear()
                client.replies.clear()
                return client.request(method, of, params)

            table.add(size, "bringing a session to memory", inside.cost(rounds, lambda n: ask("session.info", others[n]))[1], WINDOW)
            client.attach(session)
            table.add(size, "a snapshot", inside.cost(rounds * 4, lambda _: ask("session.snapshot"))[1])
            inside.turn(session)
            agent = inside.agent(session)
            before = cpu_all_threads(agent)
            count = rounds * 20  # several snapshots are written meanwhile
            table.add(size, "a turn", inside.cost(count, lambda _: inside.turn(session))[1])
            table.add(size, "  its agent", (cpu_all_threads(agent) - before) * 1000 / count, WINDOW)
            table.add(size, "a rename", inside.cost(rounds * 4, lambda n: ask("session.rename", title=f"title {n}"))[1])
            oldest = ask("session.snapshot")["messages"][0]["id"]
            table.add(size, "a page of history", inside.cost(rounds * 4, lambda _: ask("message.history", before=oldest, limit=50))[1])
            table.add(size, "a fork", inside.cost(3, lambda _: ask("session.fork"))[1], None)


def sessions(figures, sizes, rounds):
    """A search reads in the index where its words stand, however many of the messages it ranks."""
    table = Table(figures, "sessions")
    for size in sizes:
        with Inside((size, 10)) as inside:
            ids, client = inside.made[0], inside.client

            def ask(method, of=None, **params):
                client.events.clear()
                client.replies.clear()
                return client.request(method, of, params)

            def search(text, of=rounds):
                return inside.cost(of, lambda _: ask("message.search", text=text))[1]

            table.add(size, "a list of 50", inside.cost(rounds * 4, lambda _: ask("session.list", limit=50))[1])
            table.add(size, "a search for a rare word", search(rare(ids[5], 3), rounds * 4))
            table.add(size, "  for one that a tenth of the messages has", search("sometimes"), None)
            table.add(size, "  for one that all messages have", search("common"), None)
            table.add(size, "  for a letter that begins words of all", search("c"), None)
            table.add(size, "a new session", inside.cost(rounds * 4, lambda _: ask("session.create"))[1])
            table.add(size, "an attach", inside.cost(rounds * 4, lambda n: client.attach(ids[n]))[1])
            table.add(size, "a turn", inside.cost(rounds * 4, lambda n: inside.turn(ids[0]))[1])
            table.add(size, "admin.stats", inside.cost(rounds * 4, lambda _: ask("admin.stats"))[1], None)


def run(figures, quick):
    histories(figures, (100, 1000) if quick else (100, 1000, 10000), 2 if quick else 5)
    sessions(figures, (100, 1000) if quick else (100, 1000, 10000), 2 if quick else 5)
