"""What the sections that measure size, times and growth stand on: a process's memory and cost, a daemon on a store of a given size, turns."""
import os
import subprocess
import time

from harness import Client, Daemon, Place, children, cpu_all_threads, program, wait_for
from many_sessions import make_sessions
from rig import median

FOLLOWED = 250  # sessions that one client follows, below what it may


def memory(pid):
    """KB: "Rss" with all libraries, "Pss" with its share of what others have mapped too, "Private": what it alone has in memory that is of
    no file, so that it does not matter whether the program is run by others too."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            name, *words = line.split()
            if name in ("Rss:", "Pss:", "Anonymous:"):
                found[name[:-1]] = int(words[0])
    found["Private"] = found.pop("Anonymous")
    return found


def libraries_alone():
    """The same of a program that does nothing, with the daemon's libraries."""
    lines = subprocess.run(["ldd", program("stoad")], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    paths = [line.split("=>")[1].split()[0] for line in lines if "=>" in line]
    idle = subprocess.Popen(["sleep", "60"], env={"LD_PRELOAD": ":".join(paths)})
    try:
        wait_for(lambda: b"sleep" in open(f"/proc/{idle.pid}/cmdline", "rb").read(), "sleep")
        return settled(idle.pid)
    finally:
        idle.kill()
        idle.wait()


def settled(pid, still=0.3, patience=10):
    """Memory when it has been the same for so many seconds."""
    begun = since = time.monotonic()
    last = memory(pid)
    while time.monotonic() - since < still and time.monotonic() - begun < patience:
        time.sleep(0.05)
        now = memory(pid)
        if now["Private"] != last["Private"]:
            since = time.monotonic()
        last = now
    return last


class Inside:
    """A daemon with the demo model on a store with so many sessions of so many messages, and a client of it.

    sizes: (how many sessions, messages of each)...; their ids are in .made, a list for each."""
    quiet = 2.2  # seconds, after which a daemon that nobody uses gives memory back (daemon/store/store_rest.c)

    def __init__(self, *sizes, config=""):
        self.place = Place(f"default_model: demo/stoa\nlog: {{level: warn}}\n{config}")
        self.made = [make_sessions(f"{self.place.folder}/state", count, messages) for count, messages in sizes if count]
        self.daemon = Daemon(self.place)
        self.clients = []

    def __enter__(self):
        self.daemon.start()
        self.client = self.another()
        return self

    def __exit__(self, *_):
        self.part()
        try:
            self.daemon.stop(60)
        finally:
            self.place.remove()

    @property
    def pid(self):
        return self.daemon.pid

    def another(self):
        self.clients.append(Client(self.place))
        return self.clients[-1]

    def part(self, but=()):
        """Closes the clients but those."""
        for client in self.clients:
            if client not in but:
                client.close()
        self.clients = list(but)

    def stats(self):
        return self.client.request("admin.stats")

    def turn(self, session, text="/demo rate=0 echo=well", client=None):
        """Of a session that the client follows."""
        client = client or self.client
        client.events.clear()
        client.replies.clear()
        client.request("message.send", session, {"text": text})
        client.idle(session, seconds=60)

    def agent(self, session):
        return self.client.request("session.info", session)["agent"].get("pid", 0)

    def agents(self):
        return children(self.pid)

    def rest(self):
        """Until nothing was asked of the store for a while, and what is not needed is given back; the daemon's memory then."""
        time.sleep(self.quiet)
        return settled(self.pid)

    def cost(self, count, each):
        """Of each(n), n < count: milliseconds in the middle, and the daemon's CPU for one on average."""
        times, before = [], cpu_all_threads(self.pid)
        for number in range(count):
            begun = time.monotonic()
            each(number)
            times.append((time.monotonic() - begun) * 1000)
        return median(times), (cpu_all_threads(self.pid) - before) * 1000 / count

