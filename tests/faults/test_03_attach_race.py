"""Fault 3: clients attach at any moment of a session that is at work. Each has, at equal seq and chunk, what one has that was there
all the time: no gap, nothing twice."""
import bisect
import random
import time

from fault import SOAK, FaultTest
from harness import Client, PATIENCE, Replica, text_of
from lasting import Running

ATTACHES = 10000 if SOAK else 1000
DURABLE = ["message.added", "stream.completed", "state.changed", "queue.changed", "session.updated", "error.occurred"]


class Observer:
    """Was there from the start: knows the state at each seq, and each reply's text at each chunk."""

    def __init__(self, client, session):
        self.client, self.replica = client, Replica(client.attach(session))
        self.states = {self.replica.seq: self.replica.state}
        self.spoke = time.monotonic()
        self.at = {}     # message: (indexes, lengths of its text), after each chunk
        self.status = {}  # message: [(seq, status)]

    def catch_up(self, seq, message=None, index=0):
        """Until it has seen as much as another. Who says nothing for long is dropped."""
        if time.monotonic() - self.spoke > 5:
            self.spoke = time.monotonic()
            self.client.send("server.ping")

        def seen():
            self.fold()
            return self.replica.seq >= seq and (message is None or self.replica.seq > seq or
                                                self.replica.messages[message]["next"] >= index)
        self.client.wait(seen, f"the observer sees {seq}")

    def fold(self):
        for event in self.client.events:
            self.replica.fold(event)
            if "seq" in event:
                self.states[event["seq"]] = self.replica.state
            if event["type"] == "message.added":
                message = event["data"]["message"]
                self.at[message["id"]] = ([0], [len(text_of(message))])
                self.status[message["id"]] = [(event["seq"], message["status"])]
            elif event["type"] == "stream.completed":
                self.status[event["data"]["message"]].append((event["seq"], event["data"]["status"]))
            elif event["type"] == "stream.chunk":
                indexes, lengths = self.at[event["data"]["message"]]
                indexes.append(event["data"]["index"] + event["data"]["count"])
                lengths.append(len(self.replica.messages[event["data"]["message"]]["text"]))
        self.client.events.clear()

    def text(self, message, index):
        """Of a reply as it was after so many chunks; those that came as one event are one."""
        indexes, lengths = self.at[message]
        at = bisect.bisect_left(indexes, index)
        assert indexes[at] == index, f"a client is at chunk {index}, which no event ended with"
        return self.replica.messages[message]["text"][:lengths[at]]

    def status_at(self, message, seq):
        return [status for at, status in self.status[message] if at <= seq][-1]

    def check(self, replica):
        """What another has folded is what was the case at its seq, and at its chunk."""
        streaming = [(id, m["next"]) for id, m in replica.messages.items() if m["status"] == "streaming"]
        self.catch_up(replica.seq, *(streaming[0] if streaming else ()))
        assert replica.state == self.states[replica.seq], (replica.state, self.states[replica.seq], replica.seq)
        for id, message in replica.messages.items():
            assert message["status"] == self.status_at(id, replica.seq), (message, self.status[id])
            text = self.text(id, message["next"]) if message["status"] == "streaming" else self.replica.messages[id]["text"]
            assert message["text"] == text, f"the text of {id} differs at chunk {message['next']}"


class AttachRace(FaultTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random()
        self.asker = self.client()
        self.busy = self.session(self.asker)
        self.observer = Observer(self.client(), self.busy)
        self.followed = 0

    def endless(self):
        self.asker.request("message.send", self.busy, {"text": "/demo rate=500 chunks=10000000 bytes=4"})

    def turns(self):
        """Short turns one after the other, for as long as the test runs."""
        def send(client):
            if not client.pending.keys() - {client.waits}:
                client.request("message.send", self.busy, {"text": f"/demo rate=500 chunks={self.chance.randint(1, 20)} bytes=4"})
        self.keep(Running(self.place, send))

    def follow(self, client, snapshot):
        """For some events; returns what it has folded then."""
        wanted = self.chance.randint(1, 5)
        client.wait(lambda: sum(e["session"] == self.busy for e in client.events) > wanted, "events")
        replica = Replica(snapshot)
        events = [e for e in client.events if e["session"] == self.busy]
        self.followed += sum(replica.fold(event) for event in events)
        return replica

    def pause(self):
        end = self.chance.random() * 0.004
        self.observer.client.take(end)

    def attaches(self, count):
        for _ in range(count):
            self.pause()
            client = Client(self.place)
            client.send("session.subscribe", params={"sessions": [self.busy]})
            self.pause()
            self.observer.check(self.follow(client, client.request("session.snapshot", self.busy)))
            client.close()

    def test_clients_that_attach_in_mid_stream(self):
        self.endless()
        self.attaches(ATTACHES * 3 // 4)
        self.check_all(f"{ATTACHES * 3 // 4} attaches, {self.followed} events followed")

    def test_clients_that_attach_while_turns_begin_and_end(self):
        self.turns()
        self.attaches(ATTACHES // 4)
        self.check_all(f"{ATTACHES // 4} attaches, {self.followed} events followed")

    def test_one_connection_that_attaches_again_and_again(self):
        """Nothing comes after the answer to unsubscribe, and what was kept from before does no harm."""
        self.endless()
        client = self.client()
        for _ in range(ATTACHES // 8):
            client.request("session.subscribe", params={"sessions": [self.busy]})
            self.pause()
            self.observer.check(self.follow(client, client.request("session.snapshot", self.busy)))
            client.request("session.unsubscribe", params={"sessions": [self.busy]})
            client.events.clear()
            for _ in range(3):
                client.request("server.ping")
            self.assertEqual(client.events, [], "events after the answer to unsubscribe")
        self.check_all(f"{ATTACHES // 8} attaches, {self.followed} events followed")

    def test_clients_that_want_some_kinds_alone(self):
        """Without chunks no seq is missing; of chunks alone none is missing."""
        self.turns()
        for number in range(ATTACHES // 16):
            client = Client(self.place)
            kinds = (DURABLE, ["stream.chunk"])[number % 2]
            self.pause()
            client.send("session.subscribe", params={"sessions": [self.busy], "kinds": kinds})
            snapshot = client.request("session.snapshot", self.busy)
            if kinds is DURABLE:
                self.observer.check(self.without_chunks(client, snapshot))
            else:
                self.chunks_alone(client, snapshot)
            client.close()
        self.check_all(f"{ATTACHES // 16} attaches")

    def without_chunks(self, client, snapshot):
        client.wait(lambda: len(client.events) > 3, "events", PATIENCE)
        self.assertLessEqual({e["type"] for e in client.events}, set(DURABLE))
        events = [e for e in client.events if e["seq"] > snapshot["seq"]]
        self.assertEqual([e["seq"] for e in events], [snapshot["seq"] + 1 + n for n in range(len(events))])
        replica = Replica(snapshot)
        for event in events:
            if event["type"] == "stream.completed":
                replica.messages[event["data"]["message"]]["text"] = text_of(event["data"])
            replica.fold(event)
        return replica

    def chunks_alone(self, client, snapshot):
        client.wait(lambda: len(client.events) > 3, "chunks", PATIENCE)
        self.assertEqual({e["type"] for e in client.events}, {"stream.chunk"})
        expected = {m["id"]: m["index"] for m in snapshot["messages"] if m["status"] == "streaming"}
        for chunk in [e["data"] for e in client.events]:
            index = expected.get(chunk["message"])
            if index is not None and chunk["index"] + chunk["count"] <= index:
                continue
            if index is None and chunk["message"] in {m["id"] for m in snapshot["messages"]}:
                continue  # of a reply that has ended since
            self.assertEqual(chunk["index"], index or 0)
            expected[chunk["message"]] = chunk["index"] + chunk["count"]
