"""Fault 1: the daemon is killed while clients are still reading a backlog: they drop what they have not read, and come back."""
import os
import signal

from fault import SOAK, FaultTest
from harness import Watch

WATCHERS, ROUNDS, EVENTS = 6, 20 if SOAK else 2, 3000


class Burst(FaultTest):
    witnessed = False

    def test_clients_in_a_backlog_outlive_the_daemon(self):
        """In the midst of a message libzmq may learn that its connection has ended."""
        for _ in range(ROUNDS):
            client = self.client()
            session = self.session(client)
            client.attach(session)
            watchers = [self.keep(Watch(self.place, session)) for _ in range(WATCHERS)]
            for watcher in watchers:
                watcher.wait(watcher.snapshots, "a snapshot")
                os.kill(watcher.process.pid, signal.SIGSTOP)
            for number in range(EVENTS):
                client.send("session.rename", session, {"title": f"title {number}"})
            client.event("session.updated", session, title=f"title {EVENTS - 1}")
            for watcher in watchers:
                os.kill(watcher.process.pid, signal.SIGCONT)
            watchers[0].wait(lambda w=watchers[0]: w.events("session.updated"), "that it reads")
            self.daemon.kill()
            self.daemon.start()
            for watcher in watchers:
                watcher.wait(lambda w=watcher: len({shot["epoch"] for shot in w.snapshots()}) > 1, "a snapshot of the next daemon")
                watcher.close()
        self.figures = f"{ROUNDS * WATCHERS} clients, each with {EVENTS} events behind"
