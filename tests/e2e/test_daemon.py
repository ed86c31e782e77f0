"""The daemon itself: promises while the store fails, lifetimes, limits, and agents that misbehave."""
import json
import os
import re
import signal
import time

from harness import PATIENCE, ROOT, SANITIZED, Replica, RequestError, StoaTest, children, text_of, wait_for


class Deleting(StoaTest):
    def test_reads_under_way_are_answered_when_their_session_is_deleted(self):
        client = self.client()
        for _ in range(3):
            session, full = self.session(client), self.session(client)
            client.attach(full)
            for _ in range(4):
                start = len(client.events)
                client.request("message.send", full, {"text": "/demo chunks=1 rate=0 " + "x" * 200000})
                client.idle(full, start)
            ids = [client.send("message.history", full) for _ in range(100)]  # keep the reader busy
            ids.append(client.send("message.history", session))
            ids.append(client.send("session.delete", session))
            ids.append(client.send("server.ping"))
            for id in ids:
                client.wait(lambda i=id: client.replies.get(i), "a reply to each")
            self.assertIn("ok", client.replies[ids[-2]][0])


class Giants(StoaTest):
    def test_a_queue_full_of_what_json_makes_six_times_as_long_can_still_be_attached_to(self):
        """The snapshot fits into a reply, and an agent can start from it."""
        client = self.client()
        session = self.session(client)
        client.attach(session)
        text = "\x01" * 170000
        for _ in range(12):  # fill the window too
            start = len(client.events)
            client.request("message.send", session, {"text": "/demo chunks=1 rate=0 " + text})
            client.idle(session, start)
        start = len(client.events)
        client.request("message.send", session, {"text": "/demo rate=50 chunks=100000"})
        client.event("state.changed", session, start, new="streaming")
        codes = []
        for _ in range(8):
            try:
                client.request("message.send", session, {"text": text})
            except RequestError as error:
                codes.append(error.code)
                self.assertIn("bytes wait", error.text)
        self.assertEqual(set(codes), {"busy"})
        snapshot = client.request("session.snapshot", session, {"limit": 200})
        self.assertEqual(len(snapshot["queue"]), 8 - len(codes))
        agent, start = client.request("session.info", session)["agent"]["pid"], len(client.events)
        os.kill(agent, signal.SIGKILL)
        client.idle(session, start)
        start = len(client.events)
        client.request("message.edit_queue", session, {"remove": [snapshot["queue"][0]["id"]]})
        client.request("message.send", session, {"text": "go on"})
        client.event("stream.completed", session, start, status="complete")


def memory(pid):
    """Resident bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class BadAgents(StoaTest):
    """Whatever an agent does, its session says so and is usable again; the daemon and the others go on."""
    config = f"default_model: demo/stoa\nagent: {{path: {ROOT}/tests/support/bad_agent.py}}\n"
    log_must_not = r"runtime error|Sanitizer"

    def be(self, how):
        with open(f"{self.place.folder}/bad_agent", "w") as file:
            file.write(how)

    def follow(self, client):
        session = self.session(client)
        client.attach(session)
        return session

    def check(self, how, cause):
        self.be(how)
        client = self.client()
        session = self.follow(client)
        client.request("message.send", session, {"text": "hello"})
        error = client.event("error.occurred", session)
        self.assertEqual(error["data"]["kind"], "agent", how)
        self.assertIn(cause, error["data"]["text"], how)
        client.idle(session)
        if how in ("idle_while_it_streams", "completed_too_large", "chunks_without_end", "closes_its_socket_and_lives"):
            client.event("stream.completed", session, status="interrupted", seconds=0)
        snapshot = client.request("session.snapshot", session)
        self.assertEqual((snapshot["state"], snapshot["title"]), ("idle", ""), how)
        self.assertNotIn("streaming", [m["status"] for m in snapshot["messages"]], how)
        wait_for(lambda: children(self.daemon.pid) == [], f"the end of the agent that is {how}")
        self.assertIn("epoch", client.request("server.ping"))

    def test_what_breaks_the_link_ends_the_agent_by_that_name(self):
        for how in ("garbage", "giant", "unknown_kind", "fact_before_ready", "ready_twice", "no_json", "another_version",
                    "event_of_others", "megabytes_of_error", "idle_while_it_streams", "chunk_of_no_message",
                    "completed_too_large", "content_at_once", "state_storm", "chunks_without_end"):
            with self.subTest(how):
                self.check(how, "protocol")
        with self.subTest("memory"):
            self.assertLess(memory(self.daemon.pid), 200 << 20 if not SANITIZED else 800 << 20)

    def test_a_socket_closed_by_a_living_agent_is_its_end(self):
        for how in ("half_a_frame", "closes_its_socket_and_lives"):
            with self.subTest(how):
                self.check(how, "protocol: it let go of the link to stoad, and did not end")

    def test_what_a_dead_agent_leaves_is_killed(self):
        self.check("leaves_a_family", "killed: signal 9")
        with open(f"{self.place.folder}/family") as file:
            family = file.read().split()
        self.assertEqual(len(family), 3)
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family), "the end of the agent's family")

    def test_an_agent_that_is_never_ready_is_ended_at_its_deadline(self):
        self.check("silent", "deadline")

    def test_a_message_that_waits_cannot_be_taken_by_the_agent(self):
        self.be("takes_from_the_queue")
        client = self.client()
        session = self.follow(client)
        client.request("message.send", session, {"text": "first"})
        client.event("state.changed", session, new="streaming")
        answer = client.request("message.send", session, {"text": "second"})
        self.assertTrue(answer["queued"])
        client.idle(session)
        self.assertEqual([m["id"] for m in client.request("session.snapshot", session)["queue"]], [answer["message"]])

    def test_a_deaf_agent_is_ended_when_it_does_not_heed_the_interrupt(self):
        self.be("deaf")
        client = self.client()
        session = self.follow(client)
        client.request("message.send", session, {"text": "hello"})
        client.event("state.changed", session, new="streaming")
        started = time.monotonic()
        self.assertTrue(client.request("session.interrupt", session)["interrupted"])
        client.idle(session)
        took = time.monotonic() - started
        self.assertEqual(client.event("stream.completed", session)["data"]["status"], "interrupted")
        self.assertLess(took, 4 + PATIENCE / 15)
        wait_for(lambda: children(self.daemon.pid) == [], "no agent")
        self.figures = f"idle {took:.1f} s after the interrupt"

    def test_a_turn_that_begins_while_the_agent_leaves_runs_in_the_next_one(self):
        self.be("ignores_the_stop")
        self.place.write_config("session: {idle_timeout: 1s}\n" + self.config)
        self.daemon.stop()
        self.daemon.start()
        client = self.client()
        session = self.follow(client)
        client.request("message.send", session, {"text": "first"})
        client.idle(session)
        old = client.wait(lambda: client.request("session.info", session)["agent"], "the agent")["pid"]
        client.wait(lambda: client.request("session.info", session)["agent"]["state"] == "leaving", "that it is to leave")
        start = len(client.events)
        client.request("message.send", session, {"text": "second"})
        client.event("stream.completed", session, start, status="complete")
        client.idle(session, start)
        self.assertNotEqual(client.request("session.info", session)["agent"]["pid"], old)

    def test_an_interrupt_before_the_agent_is_ready_ends_the_turn_at_once(self):
        self.be("silent")
        client = self.client()
        session = self.follow(client)
        client.request("message.send", session, {"text": "hello"})
        self.assertEqual(client.request("session.info", session)["agent"]["state"], "starting")
        self.assertTrue(client.request("session.interrupt", session)["interrupted"])
        client.idle(session)
        self.assertFalse(client.request("session.interrupt", session)["interrupted"])
        client.request("message.send", session, {"text": "again"})
        client.request("session.delete", session)
        self.assertEqual(children(self.daemon.pid), [])

    def test_an_interrupt_while_it_backs_off_ends_the_turn_at_once(self):
        self.be("garbage")
        client = self.client()
        session = self.follow(client)
        for _ in range(2):
            start = len(client.events)
            client.request("message.send", session, {"text": "hello"})
            client.idle(session, start)
        start = len(client.events)
        client.request("message.send", session, {"text": "hello"})
        client.event("turn.retrying", session, start)
        self.assertEqual(client.request("session.info", session)["agent"]["state"], "waiting")
        self.assertTrue(client.request("session.interrupt", session)["interrupted"])
        client.idle(session, start)
        self.assertEqual(client.request("session.info", session)["agent"]["state"], "none")

    def test_deleting_a_session_ends_its_deaf_agent_at_once(self):
        self.be("deaf")
        client = self.client()
        session = self.follow(client)
        client.request("message.send", session, {"text": "hello"})
        client.event("state.changed", session, new="streaming")
        client.request("session.delete", session)
        client.event("session.ended", session)
        self.assertEqual(children(self.daemon.pid), [])


class SlowClients(StoaTest):
    config = "default_model: demo/stoa\nlimits: {client_backlog: 100}\n"

    def large_session(self, client):
        """One with half a megabyte in its snapshot."""
        session = self.session(client)
        client.attach(session)
        for _ in range(3):
            start = len(client.events)
            client.request("message.send", session, {"text": "/demo chunks=1 rate=0 " + "x" * 200000})
            client.idle(session, start)
        return session

    def test_a_client_that_asks_and_never_reads_costs_bounded_memory(self):
        client = self.client()
        session = self.large_session(client)
        before = memory(self.daemon.pid)
        greedy = self.client(backlog=1)
        greedy.request("server.hello")
        for _ in range(1500):
            greedy.send("session.snapshot", session)
        wait_for(lambda: "does not read" in self.daemon.log_text(), "that it is dropped")
        client.request("server.ping")
        grown = memory(self.daemon.pid) - before
        self.figures = f"{grown >> 20} MiB"
        self.assertLess(grown, 100 << 20 if not SANITIZED else 400 << 20)
        greedy.wait(lambda: {"notice": "bye", "why": "silent"}.items() <= (greedy.notices or [{}])[-1].items(), "bye")
        self.assertIn("epoch", greedy.request("server.hello"))

    def test_a_reply_that_waits_comes_before_the_events_that_follow_it(self):
        client = self.client()
        session, other = self.session(client, system="x" * 3000), self.session(client)
        client.attach(other)
        slow = self.client(backlog=1)
        slow.request("server.hello")
        for _ in range(330):
            slow.send("session.info", session)
        subscribed = slow.send("session.subscribe", params={"sessions": [other]})
        client.wait(lambda: sum(e["type"] == "participant.joined" for e in client.events) == 2, "that it has joined")
        for _ in range(200):
            slow.socket.recv()
            slow.socket.recv()
        for number in range(3):
            client.request("session.rename", other, {"title": f"title {number}"})
        seen = []
        while not any(m.get("notice") == "resync" or "type" in m for m in seen) or \
                not any(m.get("id") == subscribed for m in seen):
            self.assertTrue(slow.socket.poll(PATIENCE * 1000), "the subscription's answer and what follows")
            seen.append(json.loads(slow.socket.recv_multipart()[1]))
        kinds = ["answer" if m.get("id") == subscribed else "event" for m in seen
                 if m.get("id") == subscribed or "type" in m or "notice" in m]
        self.assertEqual(kinds[0], "answer")
        replica = Replica(slow.attach(other))
        client.request("session.rename", other, {"title": "last"})
        replica.fold(slow.event("session.updated", other, title="last"))

    def test_the_listing_brings_what_a_narrow_subscription_leaves_out(self):
        client = self.client()
        session = self.session(client)
        client.request("session.subscribe", params={"sessions": ["mine"]})
        client.request("session.subscribe", params={"sessions": [session], "kinds": ["stream.chunk"]})
        client.request("session.rename", session, {"title": "seen"})
        client.event("session.updated", session, title="seen")


class Starting(StoaTest):
    autostart = False

    def fails(self, code, *words):
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(PATIENCE * 2), code)
        for word in words:
            self.assertIn(word, self.daemon.log_text())
        self.daemon._close()
        self.daemon.process = None

    def test_the_first_starts_of_a_new_store_have_nothing_to_mend(self):
        for _ in range(2):
            self.daemon.start()
            self.daemon.stop()
        said = [re.sub(r"^\S+ stoad | socket=.*", "", line) for line in self.daemon.log_text().splitlines()]
        self.assertEqual(said, 2 * ["INFO server: serving", "INFO server: stopping"])

    def test_a_configuration_that_is_written_later_is_found_by_a_reload(self):
        self.daemon.wrapper = ["sh", "-c", 'exec "$0"']  # without --config
        self.daemon.start()
        client = self.client()
        names = lambda: [model["id"] for model in client.request("model.list")["models"]]
        self.assertIn("openai/", names())
        os.makedirs(f"{self.place.folder}/cfg/stoa")
        with open(f"{self.place.folder}/cfg/stoa/config.yaml", "w") as file:
            file.write("providers: {mine: {api: openai, base_url: 'http://127.0.0.1:1/v1', models: [small]}}\n")
        client.request("admin.reload")
        self.assertIn("mine/small", names())

    def test_each_failure_has_its_exit_code_and_leaves_nothing(self):
        state = f"{self.place.folder}/state"
        os.makedirs(state, mode=0o700)
        with open(f"{state}/stoa.db", "wb") as file:
            file.write(b"this is no database at all, but long enough to be looked at" * 100)
        self.fails(74, "stoa.db")
        os.unlink(f"{state}/stoa.db")
        self.daemon.start()
        self.assertIn("epoch", self.client().request("server.ping"))
        first, self.daemon = self.daemon, type(self.daemon)(self.place)
        self.fails(75, str(first.pid))
        self.assertTrue(os.path.exists(self.place.socket_path), "the socket of the one that serves")
        self.daemon = first
        self.assertIn("epoch", self.client().request("server.ping"))


_ = text_of
