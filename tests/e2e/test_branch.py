"""Forking a session, and going back in it: what is left, where it is left, and that a kill leaves all or nothing."""
import json
import os
import random
import signal
import sqlite3
import time

from harness import DISK_SLACK, PATIENCE, RequestError, StoaTest, program, stoa, text_of, wait_for
from model_server import ModelServer, data, head, openai
from puppet import LOAD, TURN, new_id
from test_questions import PuppetTest

WINDOW = 400  # messages that a daemon keeps in memory (proto/state.h)


def fold(state, event):
    """What PROTOCOL.md says of session.rewound and the events around it, on a snapshot; None: take a new one."""
    content = event["data"]
    if "seq" not in event or event["seq"] <= state["seq"]:
        return state
    assert event["seq"] == state["seq"] + 1, event
    state["seq"] = event["seq"]
    if event["type"] == "message.added":
        state["messages"].append(content["message"])
        state["messages_total"] += 1
    if event["type"] == "session.rewound":
        ids = [message["id"] for message in state["messages"]]
        if content["message"] is not None and content["message"] not in ids:
            return None
        kept = ids.index(content["message"]) + 1 if content["message"] else 0
        assert content["message"] is None or len(ids) - kept == content["removed"]
        state["messages"] = state["messages"][:kept]
        state["messages_total"] -= content["removed"]
    return state


class BranchTest(StoaTest):
    def refused(self, client, method, session, params, code):
        with self.assertRaises(RequestError) as raised:
            client.request(method, session, params)
        self.assertEqual(raised.exception.code, code, raised.exception)
        return str(raised.exception)

    def say(self, client, session, *texts):
        """One turn each; returns the ids of all messages."""
        for text in texts:
            start = len(client.events)
            client.request("message.send", session, {"text": f"/demo chunks=1 rate=0 {text}"})
            client.idle(session, start)
        return [message["id"] for message in self.history(client, session)]

    def history(self, client, session):
        """All of it, oldest first."""
        page = client.request("message.history", session, {"limit": 1000})
        messages = page["messages"]
        while page["more"]:
            page = client.request("message.history", session, {"limit": 1000, "before": messages[0]["id"]})
            messages = page["messages"] + messages
        return messages

    def plant(self, count, compacted=None, text="word{n} and what else is said, so that it has the length of a usual message"):
        """A session of so many messages, written into the store while no daemon runs. Gives it and the messages' ids."""
        self.daemon.stop()
        store = sqlite3.connect(os.path.join(self.place.folder, "state", "stoa.db"))
        session, ids = new_id("s_"), [new_id("m_") for _ in range(count)]
        key = (store.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()[0] or 0) + 1
        messages = [{"id": id, "role": "user" if n % 2 == 0 else "assistant", "author": "ann", "ts": 1, "status": "complete",
                     "content": [{"type": "text", "text": text.format(n=n)}]} for n, id in enumerate(ids)]
        user = self.user
        snapshot = {"session": session, "epoch": new_id("e_"), "seq": count + 1, "state": "idle", "title": "planted",
                    "owner": user, "model": "demo/stoa", "system": None, "created": 1, "activity": 1,
                    "messages_total": count, "messages": messages[-WINDOW:], "queue": [], "participants": []}
        if compacted is not None:
            snapshot["compacted"] = {"summary": "what was before", "upto": ids[compacted]}
        store.execute("INSERT INTO sessions(key,sid,owner,title,run,model,created,activity,messages,archived,ended,seq)"
                      " VALUES(?,?,?,'planted','idle','demo/stoa',1,1,?,0,0,?)", (key, session, user, count, count + 1))
        store.execute("INSERT INTO snapshots VALUES(?,?,?)", (key, count + 1, json.dumps(snapshot)))
        store.executemany("INSERT INTO messages VALUES(?,?,?,'complete',1,?)",
                          [((key << 32) + n, m["id"], m["role"], json.dumps(m)) for n, m in enumerate(messages)])
        store.executemany("INSERT INTO search(rowid, text) VALUES(?,?)",
                          [((key << 32) + n, text_of(m)) for n, m in enumerate(messages)])
        store.commit()
        store.close()
        self.daemon.start()
        return session, ids

    def setUp(self):
        super().setUp()
        self.user = self.client().request("server.hello")["user"]

    def found(self, client, text):
        return [(hit["session"], hit["message"]) for hit in client.request("message.search", params={"text": text})["hits"]]


class Forking(BranchTest):
    def test_a_fork_has_what_was_said_up_to_there_and_goes_its_own_way(self):
        client = self.client()
        session = self.session(client, title="Plan", system="be brief")
        client.attach(session)
        client.request("session.configure", session, {"temperature": 0.5, "variables": {"CITY": "Graz"}})
        ids = self.say(client, session, "apple", "banana", "cherry")
        self.assertEqual(len(ids), 6)
        client.request("rule.add", params={"effect": "deny", "pattern": "files/*", "session": session})
        client.request("session.subscribe", params={"sessions": ["mine"]})
        whole = self.history(client, session)
        for n, id in enumerate(ids):
            fork = client.request("session.fork", session, {"message": id})
            self.assertEqual(fork["messages"], n + 1)
            snapshot = client.request("session.snapshot", fork["session"])
            self.assertEqual(snapshot["messages"], whole[:n + 1])
            self.assertEqual(self.history(client, fork["session"]), whole[:n + 1])
            self.assertEqual(snapshot["from"], {"session": session, "message": id, "messages": n + 1})
            event = client.event("session.started", fork["session"])
            self.assertEqual(event["data"]["from"], snapshot["from"])
            self.assertEqual(event["seq"], 1)
        self.assertEqual((snapshot["title"], snapshot["system"], snapshot["temperature"]), ("Plan (fork)", "be brief", 0.5))
        self.assertEqual((snapshot["variables"], snapshot["rules"], snapshot["turns"]), ({"CITY": "Graz"}, [], 0))
        self.assertEqual(snapshot["usage"]["output"], 0)
        self.assertEqual(len(self.found(client, "apple")), 7, "in each of them")
        self.assertEqual(client.request("session.fork", fork["session"], {"title": "\x1b[31mMine"})["messages"], 6)
        again = client.request("session.fork", fork["session"])["session"]
        self.assertEqual(client.request("session.info", again)["title"], "Plan (fork 2)")
        client.attach(again)
        self.assertEqual(len(self.say(client, again, "date")), 8)
        self.assertEqual(self.history(client, session), whole, "the first one has not changed")
        snapshots = [client.request("session.snapshot", one) for one in (session, fork["session"], again)]
        client.on_disk()
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        for before in snapshots:
            after = client.request("session.snapshot", before["session"])
            for state in (before, after):
                del state["epoch"], state["participants"]
            self.assertEqual(after, before)

    def test_a_fork_that_was_acknowledged_outlives_a_kill_and_is_made_once(self):
        client = self.client()
        session = self.session(client, title="Plan")
        client.attach(session)
        ids = self.say(client, session, "apple", "banana")
        fork = client.request("session.fork", session, {"message": ids[1]}, id="fork_1")
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        self.assertEqual(client.request("session.fork", session, {"message": ids[1]}, id="fork_1"), fork)
        self.assertEqual(len(client.request("session.list")["sessions"]), 2)
        self.assertEqual([m["id"] for m in self.history(client, fork["session"])], ids[:2])
        self.assertEqual([m["id"] for m in client.request("session.snapshot", fork["session"])["messages"]], ids[:2])

    def test_a_kill_leaves_a_whole_fork_or_none(self):
        session, ids = self.plant(3000)
        for delay in (0, 0.002, 0.01, 0.03):
            client = self.client()
            known = {row["id"] for row in client.request("session.list")["sessions"]}
            client.send("session.fork", session)
            time.sleep(delay)  # a kill at some moment of it
            self.daemon.kill()
            self.daemon.start()
            client = self.client()
            for row in client.request("session.list")["sessions"]:
                if row["id"] in known:
                    continue
                self.assertEqual([m["id"] for m in self.history(client, row["id"])], ids)
                snapshot = client.request("session.snapshot", row["id"], {"limit": 200})
                self.assertEqual([m["id"] for m in snapshot["messages"]], ids[-200:])
                self.assertEqual(snapshot["from"]["messages"], 3000)

    def test_a_fork_whose_snapshot_is_damaged_has_its_messages_from_the_history(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        self.say(client, session, "apple", "banana")
        fork = client.request("session.fork", session)["session"]
        client.attach(fork)
        ids = self.say(client, fork, "cherry")
        self.daemon.stop()
        with sqlite3.connect(os.path.join(self.place.folder, "state", "stoa.db")) as store:
            store.execute("UPDATE snapshots SET json = '{}'")
        store.close()
        self.daemon.start()
        after = self.client().request("session.snapshot", fork)
        self.assertEqual(([m["id"] for m in after["messages"]], after["messages_total"]), (ids, 6))

    def test_ten_thousand_messages_are_forked_at_once(self):
        session, ids = self.plant(10000)
        client = self.client()
        client.attach(session)
        started = time.monotonic()
        fork = client.request("session.fork", session)
        took = time.monotonic() - started
        print(f"fork of 10000 messages: {took * 1000:.0f} ms", flush=True)
        self.assertLess(took, PATIENCE / 5 + 2 * DISK_SLACK)  # a sync for each part, and those of the log
        self.assertEqual([m["id"] for m in self.history(client, fork["session"])], ids)
        early = client.request("session.fork", session, {"message": ids[4999]})
        self.assertEqual(early["messages"], 5000)
        snapshot = client.request("session.snapshot", early["session"], {"limit": 200})
        self.assertEqual([m["id"] for m in snapshot["messages"]], ids[4800:5000], "from before the window of the first one")
        self.assertEqual(len(self.found(client, "word4999")), 3)
        self.assertEqual(len(self.found(client, "word5000")), 2)

    def test_many_forks_at_once_hold_nobody_up_and_have_what_there_was_when_they_were_asked_for(self):
        session, ids = self.plant(2000, text="word{n} " + "and what else is said " * 50)
        client, other = self.client(), self.client()
        own = self.session(other)
        forks = [client.send("session.fork", session) for _ in range(10)]
        forks.append(client.send("session.command", session, {"text": "/fork"}))
        client.request("message.send", session, {"text": "/demo echo=later"})  # when all have been taken up
        took, replied = [], 0
        while replied < len(forks):
            started = time.monotonic()
            other.request("session.rename", own, {"title": "mine"})
            took.append(time.monotonic() - started)
            while client.take(0):
                pass
            replied = sum(id in client.replies for id in forks)
            self.assertLess(sum(took), 4 * PATIENCE + 40 * DISK_SLACK, f"{replied} forks are made")
        replies = [client.reply(id) for id in forks]
        self.assertEqual([r.get("messages", r.get("result", {}).get("messages")) for r in replies], [2000] * 11)
        self.assertEqual(len({r["session"] for r in replies}), 11)
        self.assertEqual([m["id"] for m in self.history(client, replies[10]["session"])], ids)
        self.assertGreaterEqual(len(took), 8, "between any two of them another's change is stored")
        self.figures = f"11 forks in {sum(took):.1f} s, another session's changing requests meanwhile at most {max(took) * 1000:.0f} ms"

    def test_forks_that_wait_when_the_daemon_stops_are_answered(self):
        session, _ = self.plant(2000, text="word{n} " + "and what else is said " * 50)
        client = self.client()
        forks = [client.send("session.fork", session) for _ in range(5)]
        client.wait(lambda: forks[0] in client.replies, "the first one")
        client.request("admin.stop")
        client.wait(lambda: all(id in client.replies for id in forks), "an answer to each")
        self.daemon.process.wait(PATIENCE)
        refused = [client.replies[id][0]["error"]["code"] for id in forks if "error" in client.replies[id][0]]
        self.assertEqual(set(refused) - {"shutting_down"}, set())
        self.daemon.start()
        made = len(forks) - len(refused)
        self.assertEqual(len(client.request("session.list")["sessions"]), 1 + made)
        # asked again with the same ids, each is there once
        for id in forks:
            client.replies.pop(id)
            client.request("session.fork", session, id=id)
        self.assertEqual(len(client.request("session.list")["sessions"]), 1 + len(forks))

    def test_while_an_answer_streams_a_fork_takes_what_is_whole(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        ids = self.say(client, session, "apple")
        client.request("message.send", session, {"text": "/demo chunks=500 rate=50"})
        client.event("stream.chunk", session, len(client.events))
        messages = client.request("session.snapshot", session)["messages"]
        self.assertEqual(messages[-1]["status"], "streaming")
        text = self.refused(client, "session.fork", session, {"message": messages[-1]["id"]}, "conflict")
        self.assertIn("not finished", text)
        fork = client.request("session.fork", session)
        self.assertEqual(fork["messages"], 3)
        snapshot = client.request("session.snapshot", fork["session"])
        self.assertEqual([m["id"] for m in snapshot["messages"]], ids + [messages[2]["id"]])
        self.assertEqual((snapshot["state"], snapshot["title"]), ("idle", ""), "its model gives it a title")
        self.refused(client, "session.fork", session, {"message": new_id("m_")}, "not_found")
        self.assertEqual(client.request("session.fork", self.session(client))["messages"], 0)
        client.request("session.interrupt", session)
        client.idle(session, len(client.events) - 1)


class Rewinding(BranchTest):
    def test_what_was_dropped_is_gone_for_readers_searches_and_the_model(self):
        server = self.keep(ModelServer([head(), openai("An answer."), openai(finish="stop"), data("[DONE]")]))
        self.place.write_config(f"default_model: local/any\nproviders: {{local: {{api: openai, base_url: '{server.url}'}}}}\n")
        self.daemon.stop()
        self.daemon.start()
        client = self.client()
        session = self.session(client)
        state = client.attach(session)
        ids = self.say(client, session, "apple", "banana", "cherry")
        ok = client.request("session.rewind", session, {"message": ids[1]})
        self.assertEqual(ok["removed"], 4)
        event = client.event("session.rewound", session)
        self.assertEqual((event["data"]["message"], event["data"]["removed"], event["seq"]), (ids[1], 4, ok["seq"]))
        self.assertEqual([m["id"] for m in self.history(client, session)], ids[:2])
        self.assertEqual(self.found(client, "banana"), [])
        self.assertEqual(len(self.found(client, "apple")), 1)
        usage = client.request("session.info", session)["turns"]
        self.assertEqual(usage, 3, "what it has cost stays")
        self.say(client, session, "date")
        said = [m["content"] for m in server.requests[-1]["body"]["messages"]]
        self.assertIn("apple", str(said))
        self.assertIn("date", str(said))
        self.assertNotIn("banana", str(said))
        self.assertNotIn("cherry", str(said))
        for event in client.events:
            state = fold(state, event)
        now = client.request("session.snapshot", session)
        self.assertEqual([m["id"] for m in state["messages"]], [m["id"] for m in now["messages"]])
        self.assertEqual(state["messages_total"], now["messages_total"], 4)
        self.assertEqual(client.request("session.rewind", session, {"message": None})["removed"], 4)
        self.assertEqual(self.history(client, session), [])
        self.assertEqual(client.request("session.rewind", session, {"message": None})["removed"], 0)
        self.say(client, session, "elder")
        self.assertEqual(len(server.requests[-1]["body"]["messages"]), 1)

    def test_it_is_refused_while_the_session_is_at_work(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        ids = self.say(client, session, "apple")
        client.request("message.send", session, {"text": "/demo chunks=500 rate=50"})
        client.event("stream.chunk", session, len(client.events))
        self.assertIn("interrupt it first", self.refused(client, "session.rewind", session, {"message": ids[0]}, "conflict"))
        start = len(client.events)
        client.request("session.interrupt", session)
        client.idle(session, start)
        self.refused(client, "session.rewind", session, {"message": new_id("m_")}, "not_found")
        self.assertEqual(client.request("session.rewind", session, {"message": ids[0]})["removed"], 3)

    def test_going_back_before_the_window_brings_the_window_back(self):
        session, ids = self.plant(2000)
        client = self.client()
        state = client.attach(session)
        self.assertEqual(state["messages_total"], 2000)
        for last in (1990, 1500, 1499, 900, 10, 0):
            ok = client.request("session.rewind", session, {"message": ids[last]})
            client.event("session.rewound", session, message=ids[last])
            now = client.request("session.snapshot", session, {"limit": 200})
            self.assertEqual([m["id"] for m in now["messages"]], ids[max(0, last - 199):last + 1])
            self.assertEqual(now["messages_total"], last + 1)
            self.assertEqual(now["seq"], ok["seq"])
            self.daemon.kill()
            self.daemon.start()
            client = self.client()
            after = client.attach(session)
            self.assertEqual([m["id"] for m in after["messages"]], ids[max(0, last - 49):last + 1])
            self.assertEqual(after["messages_total"], last + 1)
            self.assertEqual(self.found(client, f"word{last + 1}"), [])
            self.assertEqual([m["id"] for m in self.history(client, session)], ids[:last + 1])

    def test_a_watching_terminal_ends_with_what_a_new_one_sees(self):
        session, ids = self.plant(600)
        client = self.client()
        client.attach(session)
        watch = self.watch(session)
        watch.wait(watch.snapshots, "a snapshot")
        client.request("session.rewind", session, {"message": ids[595]})  # in what it has
        client.request("session.rewind", session, {"message": ids[100]})  # before it
        start = len(client.events)
        client.request("message.send", session, {"text": "/demo chunks=1 rate=0 apple"})
        client.idle(session, start)
        now = client.request("session.snapshot", session)

        def same():
            last = watch.snapshots()[-1]
            if last["messages_total"] > 110:
                return False
            for event in watch.events():
                last = fold(last, event)
            return last["seq"] == now["seq"] and \
                [m["id"] for m in last["messages"]][-50:] == [m["id"] for m in now["messages"]][-50:]
        watch.wait(same, "the same messages")


    def test_a_summary_goes_with_what_it_stands_for(self):
        session, ids = self.plant(900, compacted=300)
        client = self.client()
        client.attach(session)
        summary = {"summary": "what was before", "upto": ids[300]}
        for last, compacted in ((899, summary), (300, summary), (299, None)):
            fork = client.request("session.fork", session, {"message": ids[last]})["session"]
            self.assertEqual(client.request("session.info", fork)["compacted"], compacted)
        for last, compacted in ((450, summary), (300, summary), (299, None)):
            client.request("session.rewind", session, {"message": ids[last]})
            self.assertEqual(client.request("session.info", session)["compacted"], compacted)
        self.assertTrue(client.event("session.rewound", session, message=ids[299])["data"]["uncompacted"])

    def test_whatever_is_done_history_and_window_are_what_they_should_be(self):
        """Turns, rewinds, forks and kills as they come, held against a list."""
        dice = random.Random(7)
        session, ids = self.plant(700)
        client = self.client()
        client.attach(session)
        for step in range(40):
            what = dice.choice(("say", "say", "rewind", "rewind", "fork", "kill"))
            at = dice.choice((len(ids) - 1, max(0, len(ids) - dice.randint(1, 30)), dice.randrange(len(ids))))
            if what == "say":
                longer = self.say(client, session, "apple")
                self.assertEqual((longer[:-2], len(longer)), (ids, len(ids) + 2))
                ids = longer
            elif what == "rewind":
                client.request("session.rewind", session, {"message": ids[at]})
                ids = ids[:at + 1]
            elif what == "fork":
                session = client.request("session.fork", session, {"message": ids[at]})["session"]
                ids = ids[:at + 1]
                client.attach(session)
            elif what == "kill":
                client.on_disk()
                self.daemon.kill()
                self.daemon.start()
                client = self.client()
                client.attach(session)
            snapshot = client.request("session.snapshot", session, {"limit": 200})
            with self.subTest(step=step, what=what, at=at):
                self.assertEqual([m["id"] for m in snapshot["messages"]], ids[-200:])
                self.assertEqual(snapshot["messages_total"], len(ids))
                self.assertEqual([m["id"] for m in self.history(client, session)], ids)

    def test_a_full_screen_terminal_shows_what_is_left(self):
        client = self.client()
        session = self.session(client, title="Plan")
        client.attach(session)
        ids = self.say(client, session, "echo=apple", "echo=banana", "echo=cherry")
        terminal = self.terminal(f"{program('stoa')} attach {session}")
        terminal.wait("cherry")
        client.request("session.rewind", session, {"message": ids[1]})
        wait_for(lambda: "banana" not in terminal.screen() and "apple" in terminal.screen(), "what is left on the screen")
        client.request("session.rewind", session, {"message": None})
        wait_for(lambda: "apple" not in terminal.screen(), "an empty screen")
        self.say(client, session, "echo=elder")
        terminal.wait("elder")


class Subcommands(BranchTest):
    def stoa(self, *args):
        done = stoa(self.place, *args, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_fork_and_rewind(self):
        client = self.client()
        session = self.session(client, title="Plan")
        client.attach(session)
        ids = self.say(client, session, "apple", "banana", "cherry")
        code, out, _ = self.stoa("fork", session, "--at", ids[3], "Plan", "B")
        self.assertEqual(code, 0)
        info = client.request("session.info", out.strip())
        self.assertEqual((info["title"], info["messages_total"]), ("Plan B", 4))
        code, out, _ = self.stoa("fork", "--json", "Plan B")
        fork = json.loads(out)
        self.assertEqual((code, fork["messages"]), (0, 4))
        self.assertIn("its first 4 messages", self.stoa("info", fork["session"])[1])
        self.assertEqual(client.request("session.info", fork["session"])["title"], "Plan B (fork)")
        for args, kept, said in ((("-1",), 4, "2 messages"), ((ids[0],), 1, "3 messages"), (("-1",), 0, "1 message")):
            code, out, error = self.stoa("rewind", "--yes", session, *args)
            self.assertEqual((code, error), (0, ""))
            self.assertIn(f"{said} dropped", out)
            self.assertEqual([m["id"] for m in self.history(client, session)], ids[:kept])
        for args, exit_code, text in ((("--yes", session, "-1"), 1, "not so many questions"),
                                      (("--yes", session, ids[2]), 1, "no message"),
                                      ((session, "-1"), 64, "--yes"), (("--yes", session, "-0"), 64, "neither"),
                                      (("--yes", session, "-1x"), 1, "no message")):
            with self.subTest(args=args):
                code, _, error = self.stoa("rewind", *args)
                self.assertEqual(code, exit_code, error)
                self.assertIn(text, error)

    def test_it_asks_before_it_drops(self):
        client = self.client()
        session = self.session(client, title="Plan")
        client.attach(session)
        ids = self.say(client, session, "apple", "banana")
        terminal = self.terminal(f"{program('stoa')} rewind Plan {ids[0]}")
        terminal.wait(r"Drop the newest 3 messages for ever\? \[y/N\]")
        terminal.keys("Enter")
        terminal.wait("nothing was dropped")
        self.assertEqual(len(self.history(client, session)), 4)


class Agents(PuppetTest):
    """What a live agent has of a session after its window was moved."""

    def test_an_agent_that_waits_begins_anew_with_what_is_left(self):
        client = self.client()
        session, puppet = self.begin(client)
        puppet.reply(text="First.")
        puppet.step("idle")
        client.idle(session)
        ids = [m["id"] for m in client.request("session.snapshot", session)["messages"]]
        client.request("session.rewind", session, {"message": ids[0]})
        self.assertEqual(puppet.event("session.rewound")["data"]["removed"], 1)
        start = len(puppet.frames)
        client.request("message.send", session, {"text": "again"})
        puppet.frame(TURN, start)
        puppet.reply(text="Second.")
        puppet.step("idle")
        client.idle(session, len(client.events) - 1)
        self.assertEqual([text_of(m) for m in client.request("session.snapshot", session)["messages"]],
                         ["hello", "again", "Second."])

    def test_one_that_came_late_and_has_less_gets_what_it_lacks(self):
        client = self.client()
        session, puppet = self.begin(client, text="first " * 150000)
        for text in ("a", "b" * 600000):  # as it streams, the window gets larger than what a new agent is given
            if text != "a":
                client.request("message.send", session, {"text": "second " * 130000})
                puppet.wait(lambda kind, _: kind == TURN, "a second turn", puppet.at + 1)
            start = len(client.events)
            puppet.reply(text=text)
            puppet.step("idle")
            client.idle(session, start)
        first = client.event("message.added", session)["data"]["message"]["id"]
        os.kill(puppet.pid, signal.SIGKILL)
        wait_for(lambda: client.request("session.info", session)["agent"]["state"] == "none", "no agent")
        client.send("mcp.tools", session)
        puppet = self.puppets.next().ready()
        self.assertNotIn(first, [m["id"] for m in puppet.frame(LOAD)["snapshot"]["messages"]])
        client.request("session.rewind", session, {"message": first})
        puppet.event("session.rewound")
        self.assertEqual([m["id"] for m in puppet.frame(LOAD, puppet.at)["snapshot"]["messages"]], [first])


if __name__ == "__main__":
    import unittest
    unittest.main()
