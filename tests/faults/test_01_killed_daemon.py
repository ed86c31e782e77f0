"""Fault 1: the daemon is killed, at any moment of its life. Nothing that was acknowledged is lost or done twice, what had come of a
reply is kept, and all who are attached are back by themselves. STOA_KILLS=N kills N times."""
import glob
import json
import os
import pwd
import random
import re
import signal
import sqlite3
import time

from fault import SOAK, SLACK, FaultTest, descendants
from harness import Client, Daemon, PATIENCE, Place, ROOT, Replica, SANITIZED, children, program, text_of, wait_for
from lasting import Attached, Running
from server_fault import OnceTest, command
from witness import Witness

KILLS = int(os.environ.get("STOA_KILLS", 500 if SOAK else 15))
SERVING_MS = 200 if not SANITIZED else 2000  # from a kill to serving again, in the middle; the start itself is asked for at once
BACK = 2.0 * SLACK  # seconds until an attached client is up to date, from the kill


def integrity(place):
    store = sqlite3.connect(f"{place.folder}/state/stoa.db")
    try:
        return store.execute("pragma integrity_check").fetchone()[0]
    finally:
        store.close()


def history(client, session):
    page = client.request("message.history", session, {"limit": 1000})
    messages = page["messages"]
    while page["more"]:
        page = client.request("message.history", session, {"limit": 1000, "before": messages[0]["id"]})
        messages = page["messages"] + messages
    return messages


class Sender:
    """Sends to its sessions one message after the other, and keeps what was acknowledged; repeats what was not."""

    def __init__(self, number, place, sessions, chance):
        self.number, self.sessions, self.chance = number, sessions, chance
        self.acknowledged = {session: [] for session in sessions}
        self.refused, self.calls, self.count = [], [], 0
        self.due, self.waits, self.stopped = 0, False, False
        self.running = Running(place, self.work)

    def text(self):
        self.count += 1
        name = f"{self.number}.{self.count}"
        kind = self.chance.choices(("short", "long", "large", "call", "hang", "die"), (6, 2, 1, 6, 1, 1))[0]
        if kind == "short":
            return f"/demo rate={self.chance.choice((0, 100, 1000))} chunks={self.chance.randint(1, 30)}\n{name}"
        if kind == "long":
            return f"/demo rate=100 chunks=200\n{name}"
        if kind == "large":
            return f"/demo rate=0 chunks=1\n{name} " + "x" * 100000
        self.calls.append(name)
        then = {"call": "answer"}.get(kind, kind)
        tool = self.chance.choice(("own", "common"))
        return f"/demo tool={tool}__mark input={json.dumps({'id': name, 'then': then})}"

    def work(self, client):
        if self.waits or self.stopped or time.monotonic() < self.due:
            return
        session, text = self.chance.choice(self.sessions), self.text()
        self.waits = True
        client.request("message.send", session, {"text": text}, lambda message: self.answered(message, session, text))

    def answered(self, message, session, text):
        self.waits = False
        self.due = time.monotonic() + self.chance.uniform(0.05, 0.5)
        if "ok" in message:
            self.acknowledged[session].append(text)
        else:
            assert message["error"]["code"] == "busy", message
            self.refused.append(text)

    def stop(self):
        self.stopped = True
        wait_for(lambda: not self.waits or self.running.error, "all is acknowledged", 30)
        if self.running.error:
            raise self.running.error

    def close(self):
        self.running.close()


class RandomKills(OnceTest):
    call_timeout = "1s"
    start_timeout = "5s"

    def definitions(self):
        """One of each session's own, and one that they share."""
        words = command("good", "{ENV:HOME}/marks")
        yield from [f"  own: {{command: {words}, env: {{FAULT_MARK: '{self.mark}'}}, tools: {{allow: ['*']}}}}",
                    f"  common: {{command: {words}, env: {{FAULT_MARK: '{self.mark}'}}, tools: {{allow: ['*']}}, scope: user}}"]

    def begin(self, chance):
        client = self.client()
        self.sessions = [self.session(client, title=f"number {number}") for number in range(3)]
        self.forget(client)
        self.attached = [self.keep(Attached(self.place, *self.sessions)) for _ in range(3)]
        self.watched = self.watch(self.sessions[0])
        self.screen = self.terminal(f"{program('stoa')} attach {self.sessions[0]}")
        self.senders = [self.keep(Sender(number, self.place, self.sessions, random.Random(chance.random())))
                        for number in range(3)]
        self.witness = self.keep(Witness(self.place, survives=True))
        self.serving, self.back, self.shown, self.cuts = [], [], [], 0

    def forget(self, client):
        client.close()
        self.things.remove(client)

    # --- kills ---

    def kill_below(self, chance):
        """An agent or a server, if there is any."""
        agents = children(self.daemon.pid)
        below = chance.choice((agents, [pid for agent in agents for pid in descendants(agent)]))
        if below:
            try:
                os.kill(chance.choice(below), chance.choice((signal.SIGKILL, signal.SIGSEGV)))
            except ProcessLookupError:
                pass

    def kill_daemon(self, chance):
        """And again while it starts, as chance has it. It serves then."""
        self.daemon.kill()
        while chance.random() < 0.3:
            self.kills += 1
            self.daemon.start(wait=False)
            self.span(chance.uniform(0, 0.04))
            self.daemon.kill()
        killed = time.monotonic()
        self.daemon.start()
        self.serving.append((time.monotonic() - killed) * 1000)
        return killed

    def span(self, seconds):
        """A moment of chance: nothing is waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(0.001, seconds))

    def returned(self, killed):
        """All who are attached are up to date with the new daemon; what they saw cut is there, and cut."""
        client = self.client()
        epoch = client.request("server.ping")["epoch"]
        told = []
        for attached in self.attached:
            def live(a=attached):
                said = a.tell()
                follows = said["follows"].values()
                return said if all(f["live"] and f["epoch"] == epoch for f in follows) else None
            told.append(wait_for(live, "an attached client is back", PATIENCE))
        self.back.append(max(at - killed for said in told for f in said["follows"].values()
                             for at, of in f["back"] if of == epoch and at >= killed))
        self.watched.wait(lambda: self.watched.snapshots()[-1]["epoch"] == epoch, "stoa watch is back")
        wait_for(lambda: not re.search("daemon away|connecting", self.screen.screen()), "the screen is back")
        self.shown.append(time.monotonic() - killed)
        for said in told:
            for session, followed in said["follows"].items():
                self.check_cut(followed)
        self.assertEqual(integrity(self.place), "ok")
        self.forget(client)

    def check_cut(self, followed):
        """followed: as Attached tells it. Of what streamed when the daemon was killed; the newest may not have been kept at all."""
        for id, text in followed["cut"].items():
            kept = followed["messages"].get(id)
            if kept:
                self.assertIn(kept["status"], ("interrupted", "complete"))
                self.assertTrue(text.startswith(kept["text"]) or kept["text"].startswith(text), "what is kept is its beginning")
                self.cuts += 1

    # --- afterwards ---

    def settle(self):
        """Nothing runs and nothing waits; what waits after a crash goes on with a further message."""
        client = self.client()
        for session in self.sessions:
            def quiet(s=session):
                snapshot = client.request("session.snapshot", s, {"limit": 1})
                if snapshot["state"] == "idle" and snapshot["queue"]:
                    client.request("message.send", s, {"text": "/demo rate=0 chunks=1\ngo on"})
                return snapshot["state"] == "idle" and not snapshot["queue"]
            wait_for(quiet, "idle", 120)
        return client

    def check_messages(self, client, session):
        """Each that was acknowledged is there once, and those of one sender in their order; none that was refused."""
        texts = [text_of(m) for m in history(client, session) if m["role"] == "user"]
        for sender in self.senders:
            sent = sender.acknowledged[session]
            wanted = set(sent)
            self.assertEqual([text for text in texts if text in wanted], sent)
            self.assertFalse(set(texts) & set(sender.refused))
        return sum(len(sender.acknowledged[session]) for sender in self.senders)

    def check_calls(self, client):
        done = []
        for session in self.sessions:
            for call in [b["call"] for m in history(client, session) for b in m["content"] if b["type"] == "tool_call"]:
                self.assertIn(call["state"], ("done", "failed", "unknown", "cancelled"))
                done += [call["result"].split()[1]] if call["state"] == "done" else []
        marks = self.marks()
        self.assertEqual(len(marks), len(set(marks)), "a call ran twice")
        self.assertLessEqual(set(done), set(marks))
        self.assertLessEqual({"last." + session for session in self.sessions}, set(done))
        return f"{len(marks)} of {sum(len(s.calls) for s in self.senders) + 3} calls ran, {len(done)} to their end"

    def check_same(self, client):
        """All who are attached have what the daemon has."""
        for session in self.sessions:
            snapshot = client.request("session.snapshot", session, {"limit": 200})
            there = Replica(snapshot)
            replicas = [a.tell()["follows"][session] for a in self.attached]
            if session == self.sessions[0]:
                self.watched.wait(lambda: (self.watched.replica().seq, self.watched.replica().epoch) == (there.seq, there.epoch),
                                  "stoa watch has it all")
                folded = self.watched.replica()
                replicas.append({"seq": folded.seq, "state": folded.state, "messages": folded.messages})
            for folded in replicas:
                self.assertEqual((folded["seq"], folded["state"]), (there.seq, there.state))
                for id, message in there.messages.items():
                    if id in folded["messages"]:
                        self.assertEqual((folded["messages"][id]["text"], folded["messages"][id]["status"]),
                                         (message["text"], message["status"]))
                self.assertLessEqual(set(list(there.messages)[-10:]), set(folded["messages"]))
        self.assertEqual([a.tell()["lost"] for a in self.attached], [0] * 3)

    def test_nothing_is_lost_or_done_twice_whenever_it_is_killed(self):
        seed = int(os.environ.get("STOA_SEED", time.time_ns() % 100000))
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        self.begin(chance)
        self.kills = 0
        while self.kills < KILLS:
            self.span(chance.choice((0.02, 0.3, 1.2)) * chance.random())
            self.kills += 1
            if chance.random() < 0.2:
                self.kill_below(chance)
                continue
            killed = self.kill_daemon(chance)
            if chance.random() < 0.5:
                self.returned(killed)
        for sender in self.senders:
            sender.stop()
        client = self.settle()
        for session in self.sessions:
            client.attach(session)
            start = self.turn(client, session, f"/demo tool=own__mark input={json.dumps({'id': 'last.' + session})}")
            client.idle(session, start)
            start = self.turn(client, session, "/demo rate=0 echo=the-end-of-it")
            client.idle(session, start)
        self.screen.wait("the-end-of-it")
        count = sum(self.check_messages(client, session) for session in self.sessions)
        calls = self.check_calls(client)
        self.check_same(client)
        self.assertEqual(integrity(self.place), "ok")
        self.first_pid = self.daemon.pid
        self.serving.sort()
        self.assertLess(self.serving[len(self.serving) // 2], SERVING_MS)
        self.assertLess(max(self.back + self.shown), BACK)
        self.check_all(f"{self.kills} kills", f"{count} messages acknowledged", calls, f"{self.cuts} replies seen cut",
                       f"serving again after {self.serving[len(self.serving) // 2]:.0f} ms, at most {self.serving[-1]:.0f}",
                       f"attached clients up to date after at most {max(self.back) * 1000:.0f} ms, stoa watch and the screen "
                       f"after {max(self.shown) * 1000:.0f}")


class Kept(FaultTest):
    witnessed = False

    def test_the_text_of_a_reply_is_kept_but_for_its_last_second(self):
        """Both watchers are back by themselves, and agree."""
        client = self.client()
        session = self.session(client)
        one, two = self.watch(session), self.watch(session)
        for watch in (one, two):
            watch.wait(watch.snapshots, "snapshot")
        client.attach(session)
        client.request("message.send", session, {"text": "/demo rate=100 chunks=100000"})
        client.wait(lambda: len([e for e in client.events if e["type"] == "stream.chunk"]) >= 180, "1.8 s of text",
                    PATIENCE * 2)
        agents = descendants(self.daemon.pid)
        killed = time.monotonic()
        self.daemon.kill()
        self.daemon.start()
        up = time.monotonic()
        for watch in (one, two):
            watch.wait(lambda w=watch: len(w.snapshots()) >= 2, "a new snapshot by itself")
        seen = Replica(one.snapshots()[0])
        for event in [e for e in one.events() if e["epoch"] == seen.epoch]:
            seen.fold(event)
        back = max(next(at for at, line in list(w.lines) if "snapshot" in line and at > killed) for w in (one, two)) - up
        self.assertLess(back, SLACK)
        snapshot = one.snapshots()[1]
        self.assertNotEqual(snapshot["epoch"], one.snapshots()[0]["epoch"])
        self.assertEqual(([m["role"] for m in snapshot["messages"]], snapshot["state"]), (["user", "assistant"], "idle"))
        reply = snapshot["messages"][1]
        self.assertEqual(reply["status"], "interrupted")
        text, before = text_of(reply), seen.messages[reply["id"]]["text"]
        self.assertTrue(text and before.startswith(text), "what is kept is the beginning of what was seen")
        seconds = (len(before) - len(text)) / (len(before) / 1.8)
        self.assertLess(seconds, SLACK, "at most a second of text is lost")
        self.assertEqual(snapshot["messages"], two.snapshots()[1]["messages"])
        wait_for(lambda: not [pid for pid in agents if os.path.exists(f"/proc/{pid}")], "no agent of the killed daemon is left")
        self.figures = (f"serving {(up - killed) * 1000:.0f} ms after the kill, watchers back {back * 1000:.0f} ms later, "
                        f"{seconds:.2f} s of text lost")
        client = self.client()
        client.attach(session)
        self.usable(client, session)

    def kill_starts(self, place, chance):
        """Two starts are killed, the third serves and stops."""
        daemon = Daemon(place)
        for _ in range(2):
            daemon.start(wait=False)
            end = time.monotonic() + chance.uniform(0, 0.04)
            while time.monotonic() < end:
                time.sleep(0.0005)
            daemon.kill()
        daemon.start()
        client = Client(place)
        session = client.request("session.create")["session"]
        self.assertEqual(client.request("session.info", session)["state"], "idle")
        listed = client.request("session.list")["sessions"]
        client.close()
        self.assertEqual(integrity(place), "ok")
        self.assertEqual(daemon.stop(), 0)
        return len(listed)

    def test_a_first_start_that_is_killed_leaves_a_store_that_is_whole_or_none(self):
        """While it makes its folders, its lock, its schema and its socket; also while it brings an older store up to date."""
        chance, rounds = random.Random(), 200 if SOAK else 10
        stores = [None, *sorted(glob.glob(f"{ROOT}/tests/unit/daemon/store/store_v*.sql"))]
        self.assertGreater(len(stores), 1)
        for number in range(rounds):
            place, store = Place("default_model: demo/stoa\n", {"FAULT_FAMILY": self.family}), stores[number % len(stores)]
            try:
                before = self.restore(place, store) if store else 0
                self.assertEqual(self.kill_starts(place, chance), before + 1, store)
            finally:
                place.remove()
        self.figures = f"{rounds} first starts, each killed twice"

    def restore(self, place, path):
        """A store of an older version; returns how many sessions of the list it has."""
        os.makedirs(f"{place.folder}/state", mode=0o700)
        store = sqlite3.connect(f"{place.folder}/state/stoa.db")
        with open(path) as file:
            store.executescript(file.read())
        store.execute("update sessions set owner = ?", (pwd.getpwuid(os.getuid()).pw_name,))
        store.commit()
        count, = store.execute("select count(*) from sessions where not archived and not ended").fetchone()
        store.close()
        return count


class Calls(OnceTest):
    call_timeout = "60s"

    def test_a_call_that_ran_when_the_daemon_was_killed_is_not_run_again(self):
        client = self.client()
        session = self.victim(client, "good")
        self.hang(client, session, "once")
        self.commit(client, session)
        client = self.restart()
        snapshot = client.attach(session)
        self.assertEqual((snapshot["state"], snapshot["questions"]), ("idle", []))
        self.unknown(self.block(client, session))
        self.usable(client, session)
        self.assertEqual(self.marks(), ["once"])
        self.assertEqual(integrity(self.place), "ok")


class Asked(OnceTest):
    rules = "{ask: ['*']}"

    def test_a_question_outlives_daemon_and_agent_and_its_call_runs_once(self):
        client = self.client()
        session = self.victim(client, "good")
        start = self.call(client, session, "mark", id="later")
        question = client.event("question.asked", session, start)["data"]["question"]["id"]
        os.kill(self.agent(client, session), signal.SIGSEGV)
        client.event("error.occurred", session)
        self.commit(client, session)
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        snapshot = client.attach(session)
        self.assertEqual(([q["id"] for q in snapshot["questions"]], snapshot["state"]),
                         ([question], "awaiting_permission"))
        for _ in range(50):
            client.send("question.answer", params={"question": question, "decision": "allow"}, id="yes")
        client.wait(lambda: len(client.replies.get("yes", [])) == 50, "50 replies")
        self.assertEqual(len({json.dumps(reply) for reply in client.replies["yes"]}), 1)
        client.idle(session)
        self.assertEqual(len([e for e in client.events if e["type"] == "question.answered"]), 1)
        self.assertEqual((self.block(client, session)["state"], self.marks()), ("done", ["later"]))


