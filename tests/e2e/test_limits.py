"""Limits and hibernation: what is held, what is said when it bites, and that nothing is lost by it."""
import glob
import os
import signal
import subprocess
import threading

from fault import SOAK, resident_mb
from harness import *
from many_sessions import make_sessions
from others import OtherProcesses

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


class Processes(threading.Thread):
    """Looks again and again how many children a process has that have become what they are to be."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.looks = pid, 0, 0
        self.ends = threading.Event()
        self.start()

    def run(self):
        while not self.ends.wait(0.001):
            alive = [pid for pid in children(self.pid) if self.is_alive_process(pid)]
            self.most, self.looks = max(self.most, len(alive)), self.looks + 1

    @staticmethod
    def is_alive_process(pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    def end(self):
        self.ends.set()
        self.join()
        return self.most


class Line(StoaTest):
    config = "default_model: demo/stoa\nlimits: {max_live_agents: 3}\n"

    def test_twenty_sessions_share_three_agents_first_come_first_served(self):
        client = self.client()
        sessions = [self.session(client) for _ in range(20)]
        client.follow(sessions)
        looks = Processes(self.daemon.pid)
        began = time.monotonic()
        for turn in range(2):
            start = len(client.events)
            ids = [client.send("message.send", session, {"text": "/demo chunks=20 rate=200"}) for session in sessions]
            for id in ids:
                self.assertFalse(client.reply(id)["queued"])
            for session in sessions:
                client.idle(session, start)
            events = client.events[start:]
            done = [e for e in events if e["type"] == "stream.completed"]
            self.assertEqual([e["data"]["status"] for e in done], ["complete"] * 20)
            self.assertEqual([e for e in events if e["type"] == "error.occurred"], [])
            # who waits is told why, once, and when it goes on
            said = [e for e in events if e["type"] == "turn.retrying"]
            waits = [e["session"] for e in said if e["data"]["why"]]
            self.assertEqual(len(waits), len(set(waits)))
            self.assertGreaterEqual(len(waits), 17 if turn == 0 else 14)
            self.assertEqual(sorted(e["session"] for e in said if not e["data"]["why"]), sorted(waits))
            self.assertIn("limits.max_live_agents is 3", said[0]["data"]["why"])
            self.assertEqual((said[0]["data"]["attempt"], said[0]["data"]["limit"]), (0, 0))
            # in the order in which they came
            begun = [e["session"] for e in said if not e["data"]["why"]]
            self.assertEqual(begun, waits)
        took = time.monotonic() - began
        self.assertEqual(looks.end(), 3)
        self.assertGreater(looks.looks, 20)
        self.figures = f"40 turns of 20 sessions by 3 agents in {took:.1f} s, {looks.looks} looks at their processes"

    def test_a_long_queue_does_not_keep_others_waiting(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client = self.client()
        client.request("admin.reload")
        first, second = self.session(client), self.session(client)
        client.request("session.subscribe", params={"sessions": [first, second]})
        start = len(client.events)
        for session in (first, first, first, second):
            client.send("message.send", session, {"text": "/demo chunks=20 rate=100"})
        client.idle(second, start)
        self.assertEqual(len([e for e in client.events[start:] if e["type"] == "stream.completed" and e["session"] == first]), 1)
        client.wait(lambda: len([e for e in client.events[start:] if e["type"] == "stream.completed"]) == 4, "all of them")

    def test_a_turn_in_line_can_be_interrupted_and_a_higher_limit_lets_it_begin(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client = self.client()
        client.request("admin.reload")
        busy, gives_up, waits = [self.session(client) for _ in range(3)]
        client.request("session.subscribe", params={"sessions": [busy, gives_up, waits]})
        client.request("message.send", busy, {"text": "/demo chunks=1000 rate=20"})
        for session in (gives_up, waits):
            client.request("message.send", session, {"text": "/demo echo=fine"})
            retry = client.request("session.snapshot", session)["retry"]
            self.assertIn("another agent is at work (limits.max_live_agents is 1)", retry["why"])
            self.assertEqual(client.request("session.info", session)["agent"]["state"], "queued")
        self.assertTrue(client.request("session.interrupt", gives_up)["interrupted"])
        client.idle(gives_up)
        self.assertEqual(client.request("session.info", gives_up)["agent"]["state"], "none")
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 2}\n")
        client.request("admin.reload")
        client.idle(waits)
        self.assertIsNone(client.request("session.snapshot", waits)["retry"])
        self.assertEqual(text_of(client.event("stream.completed", waits)["data"]), "fine")
        self.assertEqual(len(self.daemon.agents()), 2)

    def test_the_subcommands_say_who_is_in_line(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client = self.client()
        client.request("admin.reload")
        busy, waits = self.session(client), self.session(client)
        client.attach(busy)
        client.request("message.send", busy, {"text": "/demo chunks=100000 rate=20"})
        client.event("stream.chunk", busy)
        with subprocess.Popen([program("stoa"), "send", "-s", waits, "hello"], env=self.place.env, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as send:
            self.assertEqual(send.stderr.readline(), "stoa: another agent is at work (limits.max_live_agents is 1); this turn is in line, "
                                                     "and begins by itself\n")
            self.assertRegex(stoa(self.place, "info", waits).stdout, r"(?m)^waits +another agent is at work")
            self.assertRegex(stoa(self.place, "ls").stdout, rf"(?m)^{waits}  in line ")
            screen = Terminal(self.place, f"{program('stoa')} attach {waits}")
            self.addCleanup(screen.close)
            screen.wait(r"~ \d .* in line")
            screen.wait(r"(?m)^ ~ in line \d+:\d\d │")
            self.assertIn(", agents 1 (1 in line), ", stoa(self.place, "health").stdout)
            client.request("session.interrupt", waits)
            _, said = send.communicate(timeout=PATIENCE)
        self.assertEqual((send.returncode, said), (1, "stoa: the turn was interrupted before there was an answer\n"))

    def test_an_agent_that_crashes_or_whose_session_is_deleted_makes_way(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client = self.client()
        client.request("admin.reload")
        for end in ("crash", "delete"):
            busy, waits = self.session(client), self.session(client)
            client.request("session.subscribe", params={"sessions": [busy, waits]})
            client.request("message.send", busy, {"text": "/demo chunks=1000 rate=20"})
            client.event("stream.chunk", busy)
            client.request("message.send", waits, {"text": "/demo echo=fine"})
            self.assertEqual(client.request("session.info", waits)["agent"]["state"], "queued")
            if end == "crash":
                os.kill(client.request("session.info", busy)["agent"]["pid"], signal.SIGSEGV)
            else:
                client.request("session.delete", busy)
            client.idle(waits)
            self.assertEqual(text_of(client.event("stream.completed", waits)["data"]), "fine")

    def test_one_that_waits_for_an_answer_makes_room_and_goes_on_after_it(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\nsession: {idle_timeout: 1s}\n")
        client = self.client()
        client.request("admin.reload")
        for joins in ("after it asks", "before"):
            asks, waits = self.session(client), self.session(client)
            client.request("session.subscribe", params={"sessions": [asks, waits]})
            client.request("rule.add", params={"effect": "ask", "pattern": "stoa/get_session_info", "session": asks})
            client.request("message.send", asks, {"text": "/demo chunks=30 rate=100 tool=get_session_info"})
            client.event("question.asked" if joins == "after it asks" else "stream.chunk", asks)
            client.request("message.send", waits, {"text": "/demo echo=fine"})
            self.assertEqual(client.request("session.info", waits)["agent"]["state"], "queued")
            client.idle(waits)
            question = client.event("question.asked", asks)["data"]["question"]["id"]
            self.assertEqual(client.request("session.snapshot", asks)["state"], "awaiting_permission")
            client.request("question.answer", params={"question": question, "decision": "allow"})
            client.idle(asks)
            self.assertEqual(client.event("tool.ended", asks)["data"]["state"], "done")
        self.assertEqual([e for e in client.events if e["type"] == "error.occurred"], [])

    def test_a_lower_limit_holds_when_turns_end(self):
        client = self.client()
        sessions = [self.session(client) for _ in range(3)]
        client.request("session.subscribe", params={"sessions": sessions})
        for session in sessions:
            client.request("message.send", session, {"text": "/demo chunks=1000 rate=50"})
            client.event("stream.chunk", session)
        self.place.write_config("default_model: demo/stoa\nlimits: {max_live_agents: 1}\n")
        client.request("admin.reload")
        self.assertEqual(len(self.daemon.agents()), 3, "no turn is ended for it")
        for session in sessions:
            client.request("session.interrupt", session)
        wait_for(lambda: len(self.daemon.agents()) == 1, "one is kept")


class Sessions(StoaTest):
    config = "default_model: demo/stoa\nlimits: {max_sessions: 3}\n"
    said = r"there are 3 sessions already \(limits.max_sessions is 3\); archive or delete one first"

    def refused(self, text, *request):
        with self.assertRaises(RequestError) as raised:
            request[0].request(*request[1:])
        self.assertEqual(raised.exception.code, "limit")
        self.assertRegex(raised.exception.text, text)

    def test_one_more_is_refused_until_one_is_archived_or_deleted(self):
        client = self.client()
        # several at once, whose commits wait
        ids = [client.send("session.create") for _ in range(5)]
        made, refused = [], 0
        for id in ids:
            try:
                made.append(client.reply(id)["session"])
            except RequestError as error:
                self.assertRegex(error.text, self.said)
                refused += 1
        self.assertEqual((len(made), refused), (3, 2))
        client.attach(made[0])
        client.request("message.send", made[0], {"text": "/demo echo=fine"})
        client.idle(made[0])
        self.refused(self.said, client, "session.fork", made[0])
        # one that is archived makes room, and needs some to come back; saying it twice counts once
        for _ in range(2):
            client.request("session.archive", made[1])
        forked = client.request("session.fork", made[0])["session"]
        self.refused(self.said, client, "session.archive", made[1], {"archived": False})
        # after a restart it is the same
        self.daemon.stop()
        self.daemon.start()
        self.refused(self.said, client, "session.create")
        client.request("session.delete", forked)
        client.request("session.archive", made[1], {"archived": False})
        client.request("session.archive", made[1], {"archived": False})
        self.refused(self.said, client, "session.create")
        # an archived one that is deleted was not counted
        client.request("session.archive", made[2])
        client.request("session.delete", made[2])
        last = client.request("session.create", id="the-same")["session"]
        self.assertEqual(client.request("session.create", id="the-same")["session"], last)
        self.refused(self.said, client, "session.create")
        self.assertIn("limits.max_sessions is 3", stoa(self.place, "new", check=False).stderr)
        # a higher limit counts at once
        self.place.write_config("default_model: demo/stoa\nlimits: {max_sessions: 0}\n")
        client.request("admin.reload")
        client.request("session.create")

    def test_a_former_name_is_refused_with_its_new_one(self):
        client = self.client()
        self.place.write_config("default_model: demo/stoa\nagent: {max_live: 3}\n")
        with self.assertRaisesRegex(RequestError, r"config.yaml:2: option 'agent.max_live' is called 'limits.max_live_agents' now"):
            client.request("admin.reload")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(PATIENCE), 78)
        self.assertIn("is called 'limits.max_live_agents' now", self.daemon.log_text())


class Said(StoaTest):
    """Each limit that bites is said by name, with what was seen."""
    config = "default_model: demo/stoa\nlimits: {max_clients: 3, message_size: 4k, queue: 2}\n"

    def refused(self, code, text, client, *request):
        with self.assertRaises(RequestError) as raised:
            client.request(*request)
        self.assertEqual(raised.exception.code, code)
        self.assertRegex(raised.exception.text, text)

    def test_messages_and_queues(self):
        client = self.client()
        session = self.session(client)
        files = [{"name": "a", "text": "x" * 3000}]
        self.refused("too_large", r"has 4097 bytes; at most 4096 are taken \(limits.message_size\)", client,
                     "message.send", session, {"text": "x" * 4097})
        self.refused("too_large", r"has 5000 bytes with its attachments; at most 4096", client,
                     "message.send", session, {"text": "x" * 2000, "attachments": files})
        self.refused("bad_request", r"'attachments' is .*, of 17 elements; it must be an array of 0 to 16", client,
                     "message.send", session, {"text": "x", "attachments": [{"name": "a", "text": ""}] * 17})
        client.request("message.send", session, {"text": "/demo chunks=2000 rate=20"})
        for _ in range(2):
            self.assertTrue(client.request("message.send", session, {"text": "later"})["queued"])
        self.refused("busy", r"2 messages wait already \(limits.queue is 2\)", client, "message.send", session, {"text": "x"})
        self.refused("bad_request", r"'title' is .*, of 201 bytes; it must be a string of 1 to 200 bytes", client,
                     "session.rename", session, {"title": "x" * 201})
        self.refused("limit", "would have 65 variables; at most 64", client,
                     "session.configure", session, {"variables": {f"v{i}": "" for i in range(65)}})

    def test_replies(self):
        self.place.write_config("default_model: demo/stoa\nlimits: {reply_size: 4k}\n")
        client = self.client()
        client.request("admin.reload")
        session = self.session(client)
        sent = stoa(self.place, "send", "--session", session, "/demo bytes=9000 rate=0")
        self.assertEqual(len(sent.stdout.strip("\n")), 4096)
        self.assertIn("(limits.reply_size is 4096 bytes)", sent.stderr)
        self.assertIn("(limits.reply_size is 4096 bytes)", client.request("session.snapshot", session)["messages"][-1]["error"])

    def test_whoever_looks_after_the_daemon_gets_in_when_all_places_are_taken(self):
        clients = [self.client() for _ in range(3)]
        for client in clients:
            client.request("server.hello")
        session = self.session(client)
        self.refused("limit", "limits.max_clients is 3", self.client(), "server.hello")  # this process has places
        self.assertIn("limits.max_clients is 3", stoa(self.place, "watch", session, check=False).stderr, "it would stay")
        screen = self.terminal(f"{program('stoa')} top", columns=120, rows=12)
        screen.wait(rf"{session[:14]}.* idle ")
        screen.keys("q")
        held = self.keep(OtherProcesses(self.place, 4))
        self.assertIn("limits.max_clients is 3", stoa(self.place, "health", check=False).stderr, "four are there")
        self.assertIn("limits.max_clients is 3", stoa(self.place, "top", "--once", check=False).stderr, "that is said")
        held.close()
        for command in (("health",), ("ls",), ("stats",)):
            wait_for(lambda c=command: stoa(self.place, *c, check=False).returncode == 0, f"stoa {command[0]}")
        self.assertEqual(stoa(self.place, "stop").returncode, 0)

    def test_clients_and_what_they_follow(self):
        clients = [self.client() for _ in range(3)]
        for client in clients:
            client.request("server.hello")
        self.refused("limit", r"3 clients are connected already \(limits.max_clients is 3\)", self.client(), "server.hello")
        client = clients[0]
        sessions = [self.session(client) for _ in range(257)]
        client.follow(sessions[:256])
        # what is followed already does not count twice
        client.request("session.subscribe", params={"sessions": sessions[:16]})
        self.refused("limit", "follows 256 sessions, and with these it would be 257; at most 256", client,
                     "session.subscribe", None, {"sessions": sessions[256:]})


class Age(StoaTest):
    config = "default_model: demo/stoa\nsession: {max_age: 1s}\n"

    def test_what_nobody_uses_is_archived_and_what_somebody_uses_is_left_alone(self):
        client = self.client()
        client.request("session.subscribe", params={"sessions": ["mine"]})
        for _ in range(4):
            client.send("session.create")
        started = [e["session"] for e in client.wait(lambda: [
            found for found in [[e for e in client.events if e["type"] == "session.started"]] if len(found) == 4], "four sessions")[0]]
        old, attached, runs, waits = started  # nothing here waits for the disk: a second is soon over
        client.attach(attached)
        client.send("message.send", runs, {"text": "/demo chunks=1000 rate=20"})
        client.send("message.send", waits, {"text": "/demo chunks=20 rate=100 fail=mid"})
        self.assertTrue(client.request("message.send", waits, {"text": "later"})["queued"])
        event = client.event("session.updated", old)
        self.assertEqual((event["data"]["archived"], event["data"]["reason"]), (True, "max_age"))
        self.assertRegex(self.daemon.log_text(), r"archived: nothing has happened for 1 s \(session.max_age\)")
        archived = client.request("session.list", params={"archived": True})["sessions"]
        self.assertEqual([s["id"] for s in archived], [old])
        self.assertEqual(len(client.request("session.snapshot", waits)["queue"]), 1)
        # it keeps its place in time, and can be taken back
        self.assertEqual(archived[0]["activity"], archived[0]["created"])
        client.request("session.archive", old, {"archived": False})
        # the others are looked at, and kept
        fresh = self.session(client)
        client.event("session.updated", fresh)
        client.event("session.updated", old, after=client.events.index(event) + 2)
        self.assertEqual({s["id"] for s in client.request("session.list")["sessions"]}, {attached, runs, waits})
        # the attached one goes when nobody is there any more
        client.request("session.unsubscribe", params={"sessions": [attached]})
        client.event("session.updated", attached, reason="max_age")
        client.request("session.interrupt", runs)

    @unittest.skipIf(SANITIZED or not FAKETIME, "libfaketime is not installed, or does not go with sanitizers")
    def test_a_clock_that_jumps_a_day_ahead_and_back_archives_nothing(self):
        self.daemon.stop()
        jump = f"{self.place.folder}/jump"
        with open(jump, "w") as file:
            file.write("+0")
        self.place.env.update(LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=jump, FAKETIME_NO_CACHE="1",
                              DONT_FAKE_MONOTONIC="1", STOA_LOG="debug")
        self.place.write_config("default_model: demo/stoa\nsession: {max_age: 4s, at_max_age: delete}\n")
        self.daemon.start()
        client = self.client()
        client.request("session.subscribe", params={"sessions": ["mine"]})
        began = time.monotonic()
        session = self.session(client)
        for at in ("+1d", "+0"):
            with open(jump, "w") as file:
                file.write(at)
            looked = self.daemon.log_text().count("ages were looked at")
            if at == "+1d":
                self.place.write_config("default_model: demo/stoa\nsession: {max_age: 4001ms, at_max_age: delete}\n")
                client.request("admin.reload")  # has them looked at soon, while it is young
                wait_for(lambda n=looked: self.daemon.log_text().count("ages were looked at") > n, "a look at the ages")
                self.assertFalse(client.request("session.info", session)["ended"])
        client.event("session.ended", session, reason="max_age")
        self.assertGreater(time.monotonic() - began, 3.5)

    def test_deletes_and_keeps_what_is_archived(self):
        client = self.client()
        client.request("session.subscribe", params={"sessions": ["mine"]})
        kept = self.session(client)
        client.event("session.updated", kept, archived=True)
        self.place.write_config("default_model: demo/stoa\nsession: {max_age: 1001ms, at_max_age: delete}\n")
        client.request("admin.reload")
        gone = self.session(client)
        client.event("session.ended", gone, reason="max_age")
        with self.assertRaisesRegex(RequestError, "there is no session"):
            client.request("session.info", gone)
        self.assertEqual(client.request("session.info", kept)["archived"], True)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(client.request("session.info", kept)["archived"], True)
        self.assertEqual(client.request("session.list")["sessions"], [])

    def test_without_an_age_nothing_wakes_up(self):
        self.place.write_config("default_model: demo/stoa\nsession: {max_age: 720h}\n")
        client = self.client()
        client.request("admin.reload")
        self.session(client)
        client.close()
        self.things.remove(client)
        # once the session has left memory
        wait_for(lambda: not self._woke(0.5), "nothing wakes the daemon", 12)

    def _woke(self, seconds):
        before = cpu_all_threads(self.daemon.pid)
        time.sleep(seconds)
        return cpu_all_threads(self.daemon.pid) != before


class Many(StoaTest):
    config = "default_model: demo/stoa\nsession: {idle_timeout: 1s}\n"
    autostart = False
    sessions = 1000 if SOAK else 300

    def test_a_restart_with_ten_thousand_sessions_serves_in_under_a_second(self):
        sessions = make_sessions(f"{self.place.folder}/state", 10000, 4)
        for end in (self.daemon.kill, self.daemon.stop):
            began = time.monotonic()
            self.daemon.start(wait=False)
            client = Client(self.place)
            client.request("server.hello")
            first = time.monotonic() - began
            listed = client.request("session.list")["sessions"]
            list_ms = (time.monotonic() - began - first) * 1000
            self.assertEqual([s["id"] for s in listed], sessions[:-101:-1])
            before = time.monotonic()
            snapshot = client.attach(sessions[5000])
            attach_ms = (time.monotonic() - before) * 1000
            self.assertEqual((len(snapshot["messages"]), snapshot["messages_total"]), (4, 4))
            self.assertEqual(client.request("admin.stats")["sessions"], 10000)
            rss = resident_mb(self.daemon.pid)
            client.close()
            end()
            self.assertNotIn("a fork was not ended", self.daemon.log_text())
            self.assertLess(first, 1 if not SANITIZED else 10)
            if not SANITIZED:
                self.assertLess(rss, 32)
        self.figures = f"first answer after {first * 1000:.0f} ms, list {list_ms:.1f} ms, attach {attach_ms:.1f} ms, {rss:.1f} MB"

    def test_sessions_that_were_used_once_leave_no_memory_and_wake_with_all_they_had(self):
        self.daemon.start()
        client = self.client()
        self.use(client, 20)
        before = resident_mb(self.daemon.pid)
        began = time.monotonic()
        sessions = self.use(client, self.sessions)
        loaded = client.request("admin.stats")["sessions_loaded"]

        def hibernate():
            stats = client.request("admin.stats")
            return stats["sessions_loaded"] == 0 and stats["agents"] == 0
        wait_for(hibernate, "all hibernate", 60)
        self.assertEqual(self.daemon.agents(), [])
        took = time.monotonic() - began
        if not SANITIZED:
            wait_for(lambda: resident_mb(self.daemon.pid) < before + 4, "memory is given back", 10)
        after = resident_mb(self.daemon.pid)
        session = sessions[0]
        before_wake = time.monotonic()
        client.attach(session)
        client.request("message.send", session, {"text": "/demo echo=awake"})
        client.idle(session)
        wake_ms = (time.monotonic() - before_wake) * 1000
        texts = [text_of(m) for m in client.request("session.snapshot", session)["messages"]]
        self.assertEqual(texts, [f"/demo echo=I am {session}", f"I am {session}", "/demo echo=awake", "awake"])
        self.figures = (f"{self.sessions} used and hibernated in {took:.1f} s, {loaded} in memory before that; {before:.1f} MB, then "
                        f"{after:.1f} MB; awake with an answer in {wake_ms:.0f} ms")

    def use(self, client, count):
        """So many new sessions, with one turn each."""
        sessions = [self.session(client) for _ in range(count)]
        client.request("session.subscribe", params={"sessions": ["mine"]})
        ids = [client.send("message.send", session, {"text": f"/demo echo=I am {session}"}) for session in sessions]
        for id in ids:
            client.reply(id)
        open_ones = set(sessions)

        def all_idle():
            open_ones.difference_update(e["session"] for e in client.events if e["type"] == "state.changed" and e["data"]["new"] == "idle")
            client.events.clear()
            return not open_ones
        client.wait(all_idle, "all turns have ended", 60)
        client.request("session.unsubscribe", params={"sessions": ["mine"]})
        return sessions
