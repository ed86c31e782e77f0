"""Many users over tcp with CURVE, each with sessions that all stream at once: each client gets all that is of its own sessions, once and
in order, and nothing else. The text of each session carries that session's mark. STOA_SOAK=1: 50 users with 10 sessions each."""
import os
import time

import zmq
from harness import PATIENCE, SANITIZED, Replica, text_of
from remote import RemoteTest

SOAK = bool(os.environ.get("STOA_SOAK"))
USERS, SESSIONS, RATE, PIECES = (50, 10, 4, 80) if SOAK else (6, 3, 10, 40) if SANITIZED else (12, 4, 20, 60)
LIVE = USERS * SESSIONS
DEADLINE = 20 * PATIENCE if SOAK else 4 * PATIENCE
WORDS = 3  # of a piece


class Person:
    """A user's client. It folds what comes, and finds wrong whatever is not of its own sessions."""

    def __init__(self, client):
        self.client, self.replicas, self.marks, self.chunks = client, {}, {}, {}

    def follow(self, session, mark):
        replica = self.replicas[session] = Replica(self.client.attach(session))
        self.client.events = [event for event in self.client.events if event["session"] != session or event.get("seq", 1 << 60) > replica.seq]
        self.marks[session], self.chunks[session] = mark, 0

    def take(self):
        """What is there; yields each event that was checked."""
        while self.client.take(0):
            pass
        assert not self.client.notices, self.client.notices
        for event in self.client.events:
            self.check(event)
            yield event
        self.client.events.clear()

    def check(self, event):
        session = event["session"]
        assert session in self.replicas, f"an event of a session that is not theirs: {event}"
        assert self.replicas[session].fold(event), f"it came before: {event}"
        if event["type"] == "stream.chunk":
            words = set(event["data"]["delta"].split())
            assert words == {self.marks[session]}, f"of {self.marks[session]} came {words}"
            self.chunks[session] += event["data"]["count"]


class ManyUsers(RemoteTest):
    config = f"limits: {{max_live_agents: {LIVE + 8}}}\n"

    def setUp(self):
        super().setUp()
        self.people = [Person(self.user(f"u{n:02}")[0]) for n in range(USERS)]
        self.owners = {}
        for n, person in enumerate(self.people):
            person.client.request("session.subscribe", params={"sessions": ["mine"]})
            for k in range(SESSIONS):
                session = self.session(person.client)
                self.owners[session] = person
                person.follow(session, f"mark-{n:02}-{k}")
        self.begun, self.streaming, self.most = {}, set(), 0

    def share_with_neighbours(self):
        """The first session of each is the next one's, too."""
        shared = {}
        for n, person in enumerate(self.people):
            session, other = next(s for s, owner in self.owners.items() if owner is person), self.people[(n + 1) % USERS]
            person.client.request("session.share", session, {"user": f"u{(n + 1) % USERS:02}", "role": "viewer"})
            other.follow(session, person.marks[session])
            shared[session] = other
        return shared

    def take_until(self, condition, what):
        """Of all of them, as it comes."""
        poller, end = zmq.Poller(), time.monotonic() + DEADLINE
        by_socket = {person.client.socket: person for person in self.people}
        for socket in by_socket:
            poller.register(socket, zmq.POLLIN)
        while not condition():
            self.assertLess(time.monotonic(), end, f"not within {DEADLINE} s: {what}")
            for socket, _ in poller.poll(200):
                for event in by_socket[socket].take():
                    self.note(event)

    def note(self, event):
        """How many stream at the same time: begun, and not ended."""
        session = event["session"]
        if event["type"] == "stream.chunk":
            self.streaming.add(session)
            self.most = max(self.most, len(self.streaming))
        elif event["type"] == "stream.completed":
            self.streaming.discard(session)

    def turn(self, rate, pieces):
        """One of each session, and all of it seen by all who follow."""
        for session, person in self.owners.items():
            words = " ".join([person.marks[session]] * WORDS * pieces)
            self.begun[session] = person.replicas[session].seq
            person.client.send("message.send", session, {"text": f"/demo rate={rate} echo={words}"})

        def ended():
            return all(replica.seq > self.begun[session] and replica.state == "idle"
                       for person in self.people for session, replica in person.replicas.items())
        self.take_until(ended, "all have seen the end of all turns")

    def check_history(self, person, session, pieces):
        """What the daemon has is what came as events, seq by seq and word by word."""
        there, replica = Replica(person.client.request("session.snapshot", session, {"limit": 200})), person.replicas[session]
        self.assertEqual((there.seq, there.state), (replica.seq, replica.state))
        self.assertEqual({id: message["text"] for id, message in there.messages.items()},
                         {id: message["text"] for id, message in replica.messages.items()})
        history = person.client.request("message.history", session, {"limit": 100})["messages"]
        said = [text_of(message) for message in history if message["role"] == "assistant"]
        self.assertEqual([len(text.split()) for text in said], [WORDS * count for count in pieces])
        self.assertEqual({word for text in said for word in text.split()}, {person.marks[session]})
        self.assertEqual(person.chunks[session], sum(pieces))

    def test_each_gets_what_is_theirs_and_nothing_else(self):
        shared = self.share_with_neighbours()
        self.turn(0, 1)  # the agents are there afterwards
        self.most = 0
        began = time.monotonic()
        self.turn(RATE, PIECES)
        took = time.monotonic() - began
        self.assertGreaterEqual(self.most, LIVE if not SANITIZED else LIVE // 2, "they streamed at the same time")
        for session, owner in self.owners.items():
            for person in {owner, shared.get(session, owner)}:
                self.check_history(person, session, [1, PIECES])
        chunks = sum(sum(person.chunks.values()) for person in self.people)
        self.assertEqual(chunks, (LIVE + len(shared)) * (PIECES + 1))
        for person in self.people:
            list(person.take())  # nothing has come besides
        stats = self.client().request("admin.stats")
        self.assertEqual(stats["resyncs"], 0)
        print(f"{USERS} users, {self.most} sessions at once, {chunks} chunks in {took:.1f} s", flush=True)
