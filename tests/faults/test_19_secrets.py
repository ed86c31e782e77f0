"""Fault 19: secrets of servers, models, logins and the vault, through a day's work at the most talkative log level: none is told,
and none is in a core dump, since there are none."""
import json
import os
import signal
import subprocess
import tempfile
import urllib.parse
import urllib.request
import uuid

from fault import descendants
from server_fault import OnceTest, command
from harness import ROOT, SANITIZED, RequestError, program, stoa, wait_for
from model_server import ModelServer, data, head, openai, whole

TELLER = f"{ROOT}/tests/support/secret_server.py"


class Secrets(OnceTest):
    NAMES = ("ENV", "HEADER", "URL", "CLIENT", "PROVIDER", "ACCESS", "REFRESH")

    def setUp(self):
        self.secrets = {name: f"s3cret-{name}-{uuid.uuid4().hex}" for name in self.NAMES}
        self.env = {f"FAULT_{name}": self.secrets[name] for name in self.NAMES[:5]}
        self.env["STOA_LOG"] = "trace"
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

    def assertNoCore(self, pid):
        with open(f"/proc/{pid}/limits") as file:
            line = next(line for line in file if line.startswith("Max core file size"))
        self.assertEqual(line.split()[4:6], ["0", "0"], f"{pid} may leave a core file")

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
            self.assertNoCore(pid)
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
        backup = f"{self.place.folder}/backup"
        for words in (["backup", backup], ["doctor"], ["doctor", "--json"], ["rules"], ["export", session], ["export", "--format", "json", session], ["info", session], ["mcp"], ["models"],
                      ["mcp", "tools", "one"], ["health"], ["questions"]):
            done = stoa(self.place, *words, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertClean(done.stdout + done.stderr, " ".join(words))
        self.assertClean(subprocess.run([program("stoad"), "--config", self.place.config_path, "--print-config"],
                                        env=self.place.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        check=True).stdout, "--print-config")
        with open(backup, "rb") as file:
            self.assertClean(file.read(), "the backup")
        agent = self.agent(client, session)
        os.kill(agent, signal.SIGSEGV)
        wait_for(lambda: not os.path.exists(f"/proc/{agent}"), "its end")
        self.assertFalse([name for folder in (self.place.folder, os.getcwd()) for name in os.listdir(folder) if "core" in name])
        self.daemon.stop()
        self.assertIn("TRACE", self.daemon.log_text())
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
        self.figures = f"{len(self.secrets)} secrets, {len(every)} processes, {len(self.daemon.log_text()) >> 10} KiB of log"


class Vault(OnceTest):
    """What users have put into the vault: one of each way in which it is used, and two that are set anew or removed."""
    NAMES = ("ENV", "HEADER", "HOST", "KEY", "OLD", "REMOVED")

    def setUp(self):
        self.secrets = {name: f"s3cret-{name}-{uuid.uuid4().hex}" for name in self.NAMES}
        self.env = {"STOA_LOG": "trace", "LANG": "C.UTF-8"}
        self.headers = tempfile.NamedTemporaryFile(prefix="stoa-t-headers-")
        self.addCleanup(self.headers.close)
        http = subprocess.Popen(["/usr/bin/python3", "-SE", TELLER, "http", self.headers.name], stdout=subprocess.PIPE, text=True)
        self.port = int(http.stdout.readline())
        self.addCleanup(lambda: (http.kill(), http.wait(), http.stdout.close()))
        calls = [{"index": i, "id": f"c{i}", "type": "function", "function": {"name": f"{name}__{tool}", "arguments": "{}"}}
                 for i, (name, tool) in enumerate((("one", "tell"), ("one", "fail"), ("host", "tell"), ("web", "tell")))]
        self.model = ModelServer([head(), openai(tool_calls=calls), openai(finish="tool_calls"), data("[DONE]")],
                                 [head(), openai("I see."), openai(finish="stop"), data("[DONE]")],
                                 [whole("401 Unauthorized", {"error": {"message": f"what is {self.secrets['KEY']}?"}})])
        super().setUp()
        self.keep(self.model)

    def definitions(self):
        words = json.dumps(["/usr/bin/python3", "-SE", TELLER])
        yield from [f"  one: {{command: {words}, env: {{TOKEN: 'x{{SECRET:env}}', FAULT_MARK: '{self.mark}.one'}}, tools: {{allow: ['*']}}}}",
                    f"  host: {{command: {words}, scope: user, env: {{TOKEN: '{{SECRET:host}}', FAULT_MARK: '{self.mark}.host'}},",
                    "         tools: {allow: ['*']}}",
                    f"  two: {{command: {words}, env: {{FAULT_MARK: '{self.mark}.two'}}}}",
                    f"  web: {{url: 'http://127.0.0.1:{self.port}/mcp', headers: {{X-Token: 'x{{SECRET:header}}'}}, tools: {{allow: ['*']}}}}",
                    f"  broken: {{url: 'http://127.0.0.1:9/mcp', headers: {{X-Token: '{{SECRET:header}}'}}}}",
                    f"  nothing: {{command: [/no/such/program], env: {{TOKEN: '{{SECRET:env}}'}}}}",
                    "providers:", f"  own: {{api: openai, base_url: '{self.model.url}', api_key: '{{SECRET:key}}'}}"]

    def assertClean(self, text, where):
        text = text if isinstance(text, bytes) else text.encode()
        for name, secret in self.secrets.items():
            self.assertNotIn(secret.encode(), text, f"{name} in {where}")

    def set(self, name, value):
        done = stoa(self.place, "secret", "set", name, input=value + "\n")
        self.assertClean(done.stdout + done.stderr, "stoa secret set")

    def work(self, client, session):
        self.set("env", self.secrets["OLD"])
        self.set("removed", self.secrets["REMOVED"])
        for name in ("env", "header", "host", "key"):
            self.set(name, self.secrets[name.upper()])
        stoa(self.place, "secret", "rm", "removed")
        start = self.turn(client, session, "do it")
        client.idle(session, start)
        self.assertEqual(self.model.requests[0]["headers"]["authorization"], "Bearer " + self.secrets["KEY"])
        told = json.dumps(self.model.requests[1]["body"])
        self.assertClean(told, "what the model is told")
        for name in ("env", "host", "header"):
            self.assertIn(f"[secret {name}]", told)
        for name in ("one", "host", "web"):
            self.assertIn("[secret ", client.request("mcp.call", session, {"server": name, "tool": "tell"})["text"])
        for tool in ("log", "step"):
            client.request("mcp.call", session, {"server": "one", "tool": tool})
        for name in ("broken", "nothing"):
            with self.assertRaises(RequestError):
                client.request("mcp.call", session, {"server": name, "tool": "tell"})
        start = self.turn(client, session, "once more")
        self.assertIn("401", client.event("error.occurred", session, start)["data"]["text"])
        client.idle(session, start)

    def check_processes(self):
        """No argument has one, no environment but those of the servers that are to have it; nobody but root may look at what holds
        them, and none leaves a core."""
        every = [self.daemon.pid, *descendants(self.daemon.pid)]
        holders = {}
        for pid in every:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                self.assertClean(file.read(), f"the arguments of {pid}")
            with open(f"/proc/{pid}/environ", "rb") as file:
                environment = dict(pair.decode().split("=", 1) for pair in file.read().split(b"\0") if pair)
            mark = environment.get("FAULT_MARK", environment.get("_FAULT_MARK", "")).rpartition(".")[2]
            token = environment.pop("TOKEN", environment.pop("_TOKEN", None))
            self.assertClean(json.dumps(environment), f"the environment of {pid}")
            if token:
                holders.setdefault(mark, set()).add(token)
            with open(f"/proc/{pid}/limits") as file:
                line = next(line for line in file if line.startswith("Max core file size"))
            self.assertEqual(line.split()[4:6], ["0", "0"], f"{pid} may leave a core file")
            if not SANITIZED and not mark:  # of one that can't be dumped, all in /proc is root's
                self.assertEqual(os.stat(f"/proc/{pid}/environ").st_uid, 0)
        self.assertEqual(holders, {"one": {"x" + self.secrets["ENV"]}, "host": {self.secrets["HOST"]}})
        return every

    def test_what_is_in_the_vault_is_nowhere_else(self):
        client = self.client()
        session = self.session(client, model="own/any")
        client.attach(session)
        watch = self.watch(session)
        watch.wait(watch.snapshots, "a snapshot")
        self.work(client, session)
        every = self.check_processes()
        with open(self.headers.name) as file:
            self.assertIn("x" + self.secrets["HEADER"], file.read())
        self.assertClean(json.dumps([client.events, client.replies, client.notices]), "events and replies")
        self.assertClean(json.dumps([line for _, line in watch.lines]), "stoa watch")
        self.assertClean(json.dumps(client.request("session.snapshot", session)), "a snapshot")
        self.assertClean(json.dumps(client.request("message.history", session)), "the history")
        backup = f"{self.place.folder}/backup"
        for words in (["backup", backup], ["doctor"], ["doctor", "--json"], ["export", session], ["export", "--format", "json", session],
                      ["info", session], ["show", session], ["history", session], ["mcp"], ["mcp", "--json"], ["models"],
                      ["mcp", "tools", "one"], ["health"], ["stats"], ["secret", "ls"], ["secret", "ls", "--json"], ["audit"],
                      ["search", "token"], ["questions"], ["secret", "rm", "none"]):
            done = stoa(self.place, *words, check=False)
            self.assertClean(done.stdout + done.stderr, " ".join(words))
        self.assertClean(subprocess.run([program("stoad"), "--config", self.place.config_path, "--print-config"],
                                        env=self.place.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        check=True).stdout, "--print-config")
        with open(backup, "rb") as file:
            kept = file.read()
        self.assertClean(kept, "the backup")
        with open(f"{self.place.folder}/state/vault.key", "rb") as file:
            key = file.read()
        self.assertEqual(len(key), 32)
        self.assertNotIn(key, kept, "the vault's key in the backup")
        agent = self.agent(client, session)
        os.kill(agent, signal.SIGSEGV)
        wait_for(lambda: not os.path.exists(f"/proc/{agent}"), "its end")
        self.assertFalse([name for folder in (self.place.folder, os.getcwd()) for name in os.listdir(folder) if "core" in name])
        self.check_files()  # the store's journal among them, before the last checkpoint
        self.daemon.stop()
        self.assertIn("TRACE", self.daemon.log_text())
        self.assertClean(self.daemon.log_text(), "the log")
        self.check_files()
        self.daemon.start()
        client = self.client()
        self.assertIn("[secret env]", client.request("mcp.call", session, {"server": "one", "tool": "tell"})["text"])
        self.figures = f"{len(self.secrets)} secrets, {len(every)} processes, {len(self.daemon.log_text()) >> 10} KiB of log"

    def check_files(self):
        for folder, _, names in os.walk(self.place.folder):
            for name in names:
                path = f"{folder}/{name}"
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        self.assertClean(file.read(), name)
