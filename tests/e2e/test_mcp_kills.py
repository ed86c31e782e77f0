"""Calls of tools, and whoever is killed or stopped meanwhile: what is run is run once, what is asked waits, nothing is left, and
no secret is told. STOA_SOAK=N makes N random kills instead of 30."""
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request
import uuid

from fault import SLACK, descendants, marked, zombies
from server_fault import ServerFaultTest, command
from harness import Client, RequestError, children, program, stoa, text_of, wait_for
from model_server import ModelServer, data, head, openai

SOAK = int(os.environ.get("STOA_SOAK", "30"))


class Once(ServerFaultTest):
    """What is run is run once, whoever is killed meanwhile."""
    witnessed = False

    def marks(self):
        try:
            with open(f"{self.place.folder}/marks") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def agent(self, client, session):
        return client.request("session.info", session)["agent"]["pid"]

    def integrity(self):
        store = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        self.assertEqual(store.execute("pragma integrity_check").fetchone()[0], "ok")
        store.close()

    def hang(self, client, session, id):
        """A call that has marked, and never answers; returns where its events begin."""
        start = self.call(client, session, "mark", id=id, then="hang")
        client.event("tool.started", session, start)
        wait_for(lambda: id in self.marks(), "the tool has run")
        return start

    def commit(self, client, session):
        """All so far is on disk."""
        client.request("session.rename", session, {"title": "on disk"})

    def unknown(self, block):
        self.assertEqual(block["state"], "unknown", block)
        self.assertIn("was not run again", block["result"])


class Agents(Once):
    call_timeout = "60s"

    def test_an_agent_that_is_killed_in_a_call(self):
        client, took = self.client(), {}
        for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT):
            session = self.victim(client, "good")
            start = self.hang(client, session, number.name)
            below = [self.agent(client, session), *descendants(self.agent(client, session))]
            killed = time.monotonic()
            os.kill(below[0], number)
            client.event("tool.ended", session, start, state="unknown")
            client.idle(session, start)
            took[number.name] = (time.monotonic() - killed) * 1000
            self.assertLess(took[number.name], 1000 * SLACK)
            self.assertIn(str(int(number)), client.event("error.occurred", session, start)["data"]["text"])
            self.unknown(self.block(client, session))
            self.gone(f"{self.mark}.{session}", 1 + SLACK)
            self.usable(client, session)
            # and the next call works, in a server that is new
            start = self.call(client, session, "mark", id=number.name + ".again")
            client.idle(session, start)
            self.assertEqual(self.block(client, session)["result"], f"marked {number.name}.again")
            self.assertEqual([pid for pid in below if os.path.exists(f"/proc/{pid}")], [])
        self.assertEqual(len(self.marks()), len(set(self.marks())))
        self.assertFalse(zombies(self.daemon.pid))
        self.figures = "idle after " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in took.items())

    def test_agents_that_crash_in_calls_back_off(self):
        client = self.client()
        session = self.victim(client, "good")
        for number in range(2):
            start = self.hang(client, session, f"loop{number}")
            os.kill(self.agent(client, session), signal.SIGSEGV)
            client.idle(session, start)
        start = self.call(client, session, "mark", id="after")
        waiting = client.event("turn.retrying", session, start)
        self.assertGreater(waiting["data"]["delay_ms"], 1000)
        client.idle(session, start)
        self.assertEqual(self.marks(), ["loop0", "loop1", "after"])

    def test_the_model_is_told_that_the_outcome_is_unknown(self):
        call = {"index": 0, "id": "c1", "type": "function", "function": {
            "name": "bad__mark", "arguments": json.dumps({"id": "told", "then": "hang"})}}
        model = self.keep(ModelServer(
            [head(), openai(tool_calls=[call]), openai(finish="tool_calls"), data("[DONE]")],
            [head(), openai("I see."), openai(finish="stop"), data("[DONE]")]))
        self.place.write_config(self.config + f"providers: {{own: {{api: openai, base_url: '{model.url}'}}}}\n")
        client = self.client()
        client.request("admin.reload")
        session = self.victim(client, "good")
        client.request("session.configure", session, {"model": "own/any"})
        start = self.turn(client, session, "do it")
        wait_for(lambda: self.marks() == ["told"], "the tool has run")
        os.kill(self.agent(client, session), signal.SIGKILL)
        client.idle(session, start)
        start = self.turn(client, session, "and now?")
        client.idle(session, start)
        told = [m for m in model.requests[-1]["body"]["messages"] if m["role"] == "tool"]
        self.assertEqual(len(told), 1)
        self.assertIn("its outcome is unknown", told[0]["content"])
        self.assertEqual((len(model.requests), self.marks()), (2, ["told"]))


class Daemons(Once):
    call_timeout = "60s"

    def restart(self):
        below = descendants(self.daemon.pid)
        self.daemon.kill()
        wait_for(lambda: not [pid for pid in below if os.path.exists(f"/proc/{pid}")] and not marked(self.mark),
                 "nothing outlives the daemon")
        self.daemon.start()
        return self.client()

    def test_a_daemon_that_is_killed_while_a_call_runs(self):
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
        self.integrity()

    def test_a_call_with_one_id_is_made_once(self):
        client = self.client()
        session = self.victim(client, "good")
        params = {"server": "bad", "tool": "mark", "arguments": {"id": "call"}}
        for _ in range(50):
            client.send("mcp.call", session, params, id="same")
        client.wait(lambda: len(client.replies.get("same", [])) == 50, "50 replies")
        other = self.client()
        other.request("mcp.call", session, params, id="same")
        replies = client.replies["same"] + other.replies["same"]
        client = self.restart()
        client.request("mcp.call", session, params, id="same")
        for reply in replies + client.replies["same"]:
            self.assertEqual(reply, replies[0])
        self.assertEqual(self.marks(), ["call"])


class Asked(Once):
    rules = "{ask: ['*']}"
    faults = ("deaf", "tidies")

    def ask(self, client, session, id):
        """A question that waits; returns its id."""
        start = self.call(client, session, "mark", id=id)
        return client.event("question.asked", session, start)["data"]["question"]["id"]

    def test_a_question_outlives_daemon_and_agent_and_its_call_runs_once(self):
        client = self.client()
        session = self.victim(client, "good")
        question = self.ask(client, session, "later")
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

    def test_a_stop_with_deaf_servers_and_a_question_that_waits(self):
        client = self.client()
        asked, *others = [self.victim(client, fault) for fault in ("good", "deaf", "tidies")]
        question = self.ask(client, asked, "kept")
        for session in (asked, *others):
            client.request("mcp.connect", session, {"server": "bad"})
        below = descendants(self.daemon.pid)
        self.assertGreater(len(below), 3)
        begun = time.monotonic()
        self.assertEqual(self.daemon.stop(), 0)
        took = time.monotonic() - begun
        self.assertLess(took, 10)
        self.assertEqual([pid for pid in below if os.path.exists(f"/proc/{pid}")], [], "children that are left")
        self.assertEqual(marked(self.mark), [])
        self.assertTrue(os.path.exists(f"{self.place.folder}/marks.tidy"), "a server that ends in order is given the time")
        self.daemon.start()
        client = self.client()
        self.assertEqual([q["id"] for q in client.attach(asked)["questions"]], [question])
        self.figures = f"stopped in {took:.1f} s"


class RandomKills(Once):
    call_timeout = "1s"
    start_timeout = "5s"

    def definitions(self):
        """One of each session's own, and one that they share."""
        words = command("good", "{ENV:HOME}/marks")
        yield from [f"  own: {{command: {words}, env: {{FAULT_MARK: '{self.mark}'}}, tools: {{allow: ['*']}}}}",
                    f"  common: {{command: {words}, env: {{FAULT_MARK: '{self.mark}'}}, tools: {{allow: ['*']}}, scope: user}}"]

    def kill(self, chance, sessions):
        """Of daemon, agents and servers, whichever is there."""
        agents = children(self.daemon.pid)
        servers = [pid for agent in agents for pid in descendants(agent)]
        choice = chance.choice([[self.daemon.pid], agents, servers])
        pid = chance.choice(choice or [self.daemon.pid])
        if pid != self.daemon.pid:
            try:
                os.kill(pid, chance.choice([signal.SIGKILL, signal.SIGSEGV]))
            except ProcessLookupError:
                pass
            return
        self.daemon.kill()
        for client in [thing for thing in self.things if isinstance(thing, Client)]:
            client.close()
            self.things.remove(client)
        if chance.random() < 0.5:
            wait_for(lambda: not marked(self.mark), "nothing outlives the daemon")
        self.daemon.start()

    def history(self, client, session):
        page = client.request("message.history", session, {"limit": 1000})
        messages = page["messages"]
        while page["more"]:
            page = client.request("message.history", session, {"limit": 1000, "before": messages[0]["id"]})
            messages = page["messages"] + messages
        return messages

    def settle(self, sessions, seconds):
        client = self.client()
        for session in sessions:
            wait_for(lambda s=session: client.request("session.info", s)["state"] == "idle", "idle", seconds)
        client.close()
        self.things.remove(client)

    def test_calls_run_once_and_messages_are_kept_whoever_is_killed(self):
        seed = int(os.environ.get("STOA_SEED", time.time_ns() % 100000))
        chance, sent, ids = random.Random(seed), [], []
        print(f"seed {seed}", flush=True)
        client = self.client()
        sessions = [self.session(client) for _ in range(3)]
        for number in range(SOAK):
            client = self.client()
            for session in sessions:
                ids.append(f"{number}.{len(ids)}")
                then = chance.choice(["answer", "answer", "answer", "die", "hang"])
                text = f"/demo tool={chance.choice(['own', 'common'])}__mark input={json.dumps({'id': ids[-1], 'then': then})}"
                client.request("message.send", session, {"text": text})
                sent.append(text)
            end = time.monotonic() + chance.random() * 0.3
            while client.take(max(0.0, end - time.monotonic())):
                pass
            self.kill(chance, sessions)
            if number % 3 == 2:
                self.settle(sessions, 30)
        self.settle(sessions, 60)
        client, kept, done = self.client(), [], []
        for session in sessions:
            snapshot = client.request("session.snapshot", session, {"limit": 1})
            messages = self.history(client, session) + snapshot["queue"]
            kept += [text_of(m) for m in messages if m["role"] == "user"]
            for call in [b["call"] for m in messages for b in m["content"] if b["type"] == "tool_call"]:
                self.assertIn(call["state"], ("done", "failed", "unknown", "cancelled"))
                done += [call["result"].split()[1]] if call["state"] == "done" else []
        self.assertEqual(sorted(kept), sorted(sent), f"each acknowledged message once (seed {seed})")
        marks = self.marks()
        self.assertEqual(len(marks), len(set(marks)), f"a call ran twice (seed {seed})")
        self.assertLessEqual(set(done), set(marks))
        self.assertGreater(len(done), 0)
        self.integrity()
        self.figures = f"{SOAK} kills, {len(marks)} of {len(ids)} calls ran, {len(done)} of them to their end"


class Secrets(Once):
    NAMES = ("ENV", "HEADER", "URL", "CLIENT", "PROVIDER", "ACCESS", "REFRESH")

    def setUp(self):
        self.secrets = {name: f"s3cret-{name}-{uuid.uuid4().hex}" for name in self.NAMES}
        self.env = {f"FAULT_{name}": self.secrets[name] for name in self.NAMES[:5]}
        self.env.update(FAULT_OTHER="of-the-daemon-alone", LANG="C.UTF-8")
        self.port, _ = self.serve_http(ACCESS_TOKEN=self.secrets["ACCESS"], REFRESH_TOKEN=self.secrets["REFRESH"],
                                       CLIENT_SECRET=self.secrets["CLIENT"])
        call = {"index": 0, "id": "c1", "type": "function", "function": {
            "name": "one__mark", "arguments": json.dumps({"id": "told", "then": "die"})}}
        self.model = ModelServer([head(), openai(tool_calls=[call]), openai(finish="tool_calls"), data("[DONE]")],
                                 [head(), openai("I see."), openai(finish="stop"), data("[DONE]")])
        super().setUp()
        self.keep(self.model)

    def definitions(self):
        words = command("good", "{ENV:HOME}/marks")
        yield from [f"  one: {{command: {words}, env: {{TOKEN: '{{ENV:FAULT_ENV}}', FAULT_MARK: '{self.mark}.one'}},",
                    "        tools: {allow: ['*']}}",
                    f"  two: {{command: {words}, env: {{FAULT_MARK: '{self.mark}.two'}}}}",
                    f"  three: {{command: {words}, scope: user, env: {{FAULT_MARK: '{self.mark}.three'}}}}",
                    f"  web: {{url: 'http://127.0.0.1:{self.port}/good', headers: {{X-Key: '{{ENV:FAULT_HEADER}}'}}}}",
                    f"  broken: {{url: 'http://127.0.0.1:{self.port}/fails?key={{ENV:FAULT_URL}}',",
                    "           headers: {X-Key: '{ENV:FAULT_HEADER}'}}",
                    f"  login: {{url: 'http://127.0.0.1:{self.port}/logins',",
                    "          oauth: {client_id: client, client_secret_env: FAULT_CLIENT}}",
                    "providers:", f"  own: {{api: openai, base_url: '{self.model.url}', api_key_env: FAULT_PROVIDER}}"]

    def sign_in(self, client, session):
        waiting = client.send("mcp.call", session, {"server": "login", "tool": "go"})
        question = client.event("question.asked", session)["data"]["question"]
        self.assertEqual((question["kind"], question["server"]), ("authorize", "login"))
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(question["url"]).query)
        back = urllib.parse.urlencode({"code": "a-code", "state": asked["state"][0]})
        with urllib.request.urlopen(f"{asked['redirect_uri'][0]}?{back}") as page:
            page.read()
        self.assertEqual(client.reply(waiting)["text"], "went")

    def work(self, client, session):
        start = self.turn(client, session, "do it")
        client.idle(session, start)
        self.assertEqual(self.model.requests[0]["headers"]["authorization"], "Bearer " + self.secrets["PROVIDER"])
        self.sign_in(client, session)
        for name in ("one", "two", "three", "web"):
            client.request("mcp.call", session, {"server": name, "tool": "go"})
        with self.assertRaises(RequestError):
            client.request("mcp.call", session, {"server": "broken", "tool": "go"})

    def assertClean(self, text, where):
        text = text if isinstance(text, bytes) else text.encode()
        for name, secret in self.secrets.items():
            self.assertNotIn(secret.encode(), text, f"{name} in {where}")

    def environment(self, pid):
        with open(f"/proc/{pid}/environ", "rb") as file:
            return dict(pair.decode().split("=", 1) for pair in file.read().split(b"\0") if pair)

    def test_secrets_stay_where_they_are_meant_for(self):
        client = self.client()
        watch = None
        session = self.session(client, model="own/any")
        client.attach(session)
        watch = self.watch(session)
        watch.wait(watch.snapshots, "a snapshot")
        self.work(client, session)
        # what runs: no argument has one, and no environment but the one server's
        every = [self.daemon.pid, *descendants(self.daemon.pid)]
        self.assertGreater(len(every), 5)
        for pid in every:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                self.assertClean(file.read(), f"the arguments of {pid}")
        servers = {}
        for pid in every[1:]:
            environment = self.environment(pid)
            if environment.get("FAULT_MARK"):
                servers[environment["FAULT_MARK"].split(".")[1]] = dict(environment)
            if "TOKEN" in environment or "_TOKEN" in environment:
                self.assertIn("one", environment.get("FAULT_MARK", environment.get("_FAULT_MARK")))
                environment.pop("TOKEN", environment.pop("_TOKEN", None))
            self.assertClean(json.dumps(environment), f"the environment of {pid}")
            self.assertNotIn("FAULT_OTHER", environment)
        own = {"PATH", "HOME", "LANG", "TERM", "FAULT_MARK"}
        self.assertEqual({name: set(environment) for name, environment in servers.items()},
                         {"one": own | {"TOKEN"}, "two": own, "three": own})
        self.assertEqual(servers["one"]["TOKEN"], self.secrets["ENV"])
        # what is said and kept
        self.assertClean(json.dumps(client.events) + json.dumps(client.replies), "events and replies")
        self.assertClean(json.dumps([line for _, line in watch.lines]), "stoa watch")
        for words in (["export", session], ["export", "--format", "json", session], ["info", session], ["mcp"], ["models"],
                      ["mcp", "tools", "one"], ["health"], ["questions"]):
            done = stoa(self.place, *words)
            self.assertClean(done.stdout + done.stderr, " ".join(words))
        self.assertClean(subprocess.run([program("stoad"), "--config", self.place.config_path, "--print-config"],
                                        env=self.place.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        check=True).stdout, "--print-config")
        self.daemon.stop()
        self.assertClean(self.daemon.log_text(), "the log")
        for folder, _, names in os.walk(f"{self.place.folder}/state"):
            for name in names:
                with open(f"{folder}/{name}", "rb") as file:
                    self.assertClean(file.read(), name)
        # and the tokens that are kept are of use to the next daemon
        self.daemon.start()
        client = self.client()
        client.attach(session)
        self.assertEqual(client.request("mcp.call", session, {"server": "login", "tool": "go"})["text"], "went")
        self.assertFalse([e for e in client.events if e["type"] == "question.asked"])
