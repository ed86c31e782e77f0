"""Secrets: each user's own, sealed, given to that user's MCP servers and models alone, and said by nobody."""
import fcntl
import hashlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import termios

from harness import PATIENCE, ROOT, SANITIZED, RequestError, StoaTest, children, program, stoa, wait_for
from model_server import ModelServer, data, head, openai
from remote import RemoteTest, make_user, new_keys

SERVER = f"{ROOT}/tests/support/secret_server.py"
COMMAND = json.dumps(["/usr/bin/python3", "-SE", SERVER])
ANSWER = [head(), openai("Hello."), openai(finish="stop"), data("[DONE]")]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def environments(pid):
    """Of all processes below that one."""
    for child in children(pid):
        try:
            with open(f"/proc/{child}/environ", "rb") as file:
                yield dict(pair.decode().split("=", 1) for pair in file.read().split(b"\0") if pair)
        except OSError:  # it has just ended
            pass
        yield from environments(child)


class SecretsTest(RemoteTest):
    """ann's daemon, as whom the local socket comes, and bo over tcp."""

    def setUp(self):
        self.model = ModelServer(ANSWER)
        http = subprocess.Popen(["/usr/bin/python3", "-SE", SERVER, "http", "/dev/stderr"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.port = int(http.stdout.readline())
        self.http = http
        self.addCleanup(lambda: (http.kill(), http.wait(), http.stdout.close(), http.stderr.close()))
        self.config = "\n".join([
            "mcp_servers:",
            f"  one: {{command: {COMMAND}, env: {{TOKEN: '{{SECRET:token}}', PLAIN: 'x{{{{y'}}}}",
            f"  per-user: {{command: {COMMAND}, scope: user, env: {{TOKEN: '<{{SECRET:token}}-{{SECRET:other.1}}>'}}}}",
            f"  plain: {{command: {COMMAND}, scope: user, env: {{TOKEN: x}}}}",
            f"  web: {{url: 'http://127.0.0.1:{self.port}/mcp', headers: {{X-Token: '{{SECRET:token}}'}}}}",
            "  where: {url: 'http://{VAR:host}/mcp', headers: {X-Token: '{SECRET:token}'}}",
            "providers:",
            f"  mine: {{api: openai, base_url: '{self.model.url}', api_key: '{{SECRET:model-key}}', models: [m]}}"]) + "\n"
        super().setUp()
        self.ann = self.client()
        self.keys = new_keys()
        make_user(self.ann, "bo", self.keys)
        self.bo = self.remote(self.keys)

    def set(self, client, name, value):
        client.request("secret.set", params={"name": name, "value": value})

    def call(self, client, session, server, tool="hash"):
        return client.request("mcp.call", session, {"server": server, "tool": tool})

    def token(self, client, session, server):
        """The hash of what that server has, and who it is."""
        hash, instance = self.call(client, session, server)["result"]["content"][0]["text"].split()
        return hash, instance

    def row(self, client, session, name):
        return next(s for s in client.request("mcp.servers", session)["servers"] if s["server"] == name)

    def silent(self, value, *clients):
        """It is in nothing that anybody was told, but what its owner set it with."""
        for client in clients or (self.ann, self.bo):
            self.assertNotIn(value, json.dumps([client.events, client.replies, client.notices]))
        self.assertNotIn(value, self.daemon.log_text())


class EachOwn(SecretsTest):
    def test_two_users_with_a_secret_of_the_same_name(self):
        values = {"ann": "ann's-own-value", "bo": "the-value-of-bo"}
        for name, client in (("ann", self.ann), ("bo", self.bo)):
            self.set(client, "token", values[name])
            self.set(client, "other.1", name + "-other")
        instances = {}
        for name, client in (("ann", self.ann), ("bo", self.bo)):
            session = self.session(client)
            client.attach(session)
            hash, instances[name] = self.token(client, session, "one")
            self.assertEqual(hash, sha(values[name]))
            found = [e for e in environments(self.daemon.pid) if values[name] in json.dumps(e)]
            self.assertIn((values[name], "x{y"), [(e.get("TOKEN"), e.get("PLAIN")) for e in found])
            self.assertFalse([e for e in found if "PLAIN" not in e and "_PLAIN" not in e], "others have it in their environment")
            hash, _ = self.token(client, session, "per-user")
            self.assertEqual(hash, sha(f"<{values[name]}-{name}-other>"))
            hash, _ = self.token(client, session, "web")
            self.assertEqual(hash, sha(values[name]))
        self.assertNotEqual(instances["ann"], instances["bo"])
        for value in values.values():
            self.silent(value)

    def test_the_models_key_is_its_users(self):
        for name, client in (("ann", self.ann), ("bo", self.bo)):
            self.set(client, "model-key", f"key-of-{name}")
            session = self.session(client, model="mine/m")
            client.attach(session)
            client.request("message.send", session, {"text": "hello"})
            client.idle(session)
            self.assertEqual(self.model.requests[-1]["headers"]["authorization"], f"Bearer key-of-{name}")
            self.silent(f"key-of-{name}")
        self.assertEqual(len(self.model.requests), 2)

    def test_lists_are_of_ones_own_names_and_of_no_values(self):
        self.set(self.ann, "b", "value-b")
        self.set(self.ann, "a", "value-a")
        self.set(self.bo, "c", "value-c")
        listed = self.ann.request("secret.list")["secrets"]
        self.assertEqual([row["name"] for row in listed], ["a", "b"])
        self.assertEqual({key for row in listed for key in row}, {"name", "ts"})
        self.assertEqual([row["name"] for row in self.bo.request("secret.list")["secrets"]], ["c"])
        with self.assertRaises(RequestError) as raised:
            self.bo.request("secret.remove", params={"name": "a"})
        self.assertEqual(raised.exception.code, "not_found")
        self.assertEqual(len(self.ann.request("secret.list")["secrets"]), 2)

    def test_a_shared_session_uses_its_owners(self):
        self.set(self.ann, "token", "ann's-own-value")
        self.set(self.bo, "token", "the-value-of-bo")
        session = self.session(self.ann)
        self.ann.request("session.share", session, {"user": "bo", "role": "approver"})
        self.bo.attach(session)
        self.assertEqual(self.token(self.bo, session, "one")[0], sha("ann's-own-value"))

    def test_who_writes_does_not_say_where_the_owners_secret_goes(self):
        self.set(self.ann, "token", "ann's-own-value")
        self.set(self.bo, "token", "the-value-of-bo")
        elsewhere = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(elsewhere.close)
        right, wrong = f"127.0.0.1:{self.port}", f"127.0.0.1:{elsewhere.getsockname()[1]}"
        session = self.session(self.ann)
        self.ann.request("session.configure", session, {"variables": {"host": right, "other": "x"}})
        self.ann.request("session.share", session, {"user": "bo", "role": "approver"})
        self.bo.attach(session)
        for changed in (wrong, None):
            with self.assertRaises(RequestError) as raised:
                self.bo.request("session.configure", session, {"variables": {"host": changed}})
            self.assertEqual(raised.exception.code, "denied")
            self.assertIn("'host' is for the session's owner", raised.exception.text)
        self.bo.request("session.configure", session, {"variables": {"other": "y"}})
        self.assertEqual(self.token(self.bo, session, "where")[0], sha("ann's-own-value"))
        # and who forks another's session sends nothing where that one says
        forked = self.bo.request("session.fork", session)["session"]
        self.assertEqual(self.bo.request("session.snapshot", forked)["variables"], {"other": "y"})
        own = self.ann.request("session.fork", session)["session"]
        self.assertEqual(self.ann.request("session.snapshot", own)["variables"], {"host": right, "other": "y"})

    def test_who_is_removed_leaves_none_for_the_next_of_that_name(self):
        self.set(self.bo, "token", "the-value-of-bo")
        self.ann.request("user.delete", params={"user": "bo"})
        keys = new_keys()
        make_user(self.ann, "bo", keys)
        self.assertEqual(self.remote(keys).request("secret.list")["secrets"], [])

    def test_nor_a_rule_an_answer_a_server_or_a_file(self):
        state = f"{self.place.folder}/state"

        def begin(client):
            session = self.session(client)
            client.attach(session)
            return session, self.call(client, session, "plain")["result"]["content"][0]["text"].split()[1]
        session, instance = begin(self.bo)
        of_ann = begin(self.ann)
        self.bo.request("mcp.call", session, {"server": "plain", "tool": "hash"}, id="1")
        self.bo.request("rule.add", params={"effect": "allow", "pattern": "plain/*"})
        anns = self.ann.request("rule.add", params={"effect": "allow", "pattern": "plain/*"})["rule"]
        ann = self.ann.request("server.hello")["user"]
        for user in ("bo", "bo2", ann):
            for path in (f"{state}/oauth/{user}.web..{'0' * 16}", f"{state}/hosts/{user}.plain./kept"):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                open(path, "w").close()
        self.ann.request("user.delete", params={"user": "bo"})
        self.assertEqual([name for folder in ("oauth", "hosts", "mcp") for name in os.listdir(f"{state}/{folder}")
                          if name.startswith("bo.")], [])
        for path in (f"oauth/bo2.web..{'0' * 16}", "hosts/bo2.plain./kept", f"hosts/{ann}.plain./kept"):
            self.assertTrue(os.path.exists(f"{state}/{path}"), path)
        keys = new_keys()
        make_user(self.ann, "bo", keys)
        again = self.remote(keys)
        self.assertIn("session", again.request("session.create", id="1"), "an answer to the one before")
        self.assertEqual(again.request("rule.list")["rules"], [])
        self.assertNotEqual(begin(again)[1], instance)
        self.assertEqual([rule["id"] for rule in self.ann.request("rule.list")["rules"]], [anns])
        self.assertEqual(self.call(self.ann, of_ann[0], "plain")["result"]["content"][0]["text"].split()[1], of_ann[1])
        wait_for(lambda: not any(os.path.exists(f"{state}/sessions/{name}/kept") for name in os.listdir(f"{state}/sessions")),
                 "what was put aside is removed")

    def test_a_token_with_fewer_rights_has_nothing_to_do_with_them(self):
        self.set(self.ann, "token", "ann's-own-value")
        for cap in ({"role": "writer"}, {"session": self.session(self.ann)}):
            secret = self.ann.request("token.issue", params=cap)["secret"]
            program_ = self.client()
            program_.request("token.login", params={"token": secret})
            for method, params in (("secret.list", {}), ("secret.set", {"name": "token", "value": "x"}),
                                   ("secret.remove", {"name": "token"})):
                with self.assertRaises(RequestError) as raised:
                    program_.request(method, params=params)
                self.assertEqual(raised.exception.code, "denied", method)


class Changes(SecretsTest):
    def test_without_it_the_server_and_the_model_cannot_be_used_by_that_user_alone(self):
        self.set(self.ann, "token", "ann's-own-value")
        self.set(self.ann, "model-key", "key-of-ann")
        sessions = {name: self.session(client, model="mine/m") for name, client in (("ann", self.ann), ("bo", self.bo))}
        self.bo.attach(sessions["bo"])
        self.token(self.ann, sessions["ann"], "one")
        with self.assertRaises(RequestError) as raised:
            self.call(self.bo, sessions["bo"], "one")
        self.assertIn("the secret 'token' is not set; set it with: stoa secret set token", raised.exception.text)
        self.assertIn("the secret 'token' is not set", json.dumps(self.row(self.bo, sessions["bo"], "one")))
        self.assertNotIn("not set", json.dumps(self.row(self.ann, sessions["ann"], "one")))
        for client, ready, why in ((self.ann, True, "key is your secret model-key"),
                                   (self.bo, False, "the secret model-key is not set: stoa secret set model-key")):
            model = next(m for m in client.request("model.list")["models"] if m["id"] == "mine/m")
            self.assertEqual((model["ready"], model["why"]), (ready, why))
        self.bo.request("message.send", sessions["bo"], {"text": "hello"})
        said = self.bo.event("error.occurred", sessions["bo"])["data"]["text"]
        self.assertIn("the secret 'model-key' is not set; set it with: stoa secret set model-key", said)
        self.assertEqual(self.model.requests, [])
        # and as soon as it is set all of it can be used
        self.set(self.bo, "token", "the-value-of-bo")
        self.set(self.bo, "model-key", "key-of-bo")
        self.assertEqual(self.token(self.bo, sessions["bo"], "one")[0], sha("the-value-of-bo"))
        start = len(self.bo.events)
        self.bo.request("message.send", sessions["bo"], {"text": "hello"})
        self.bo.event("stream.completed", sessions["bo"], start)
        self.assertEqual(self.model.requests[-1]["headers"]["authorization"], "Bearer key-of-bo")

    def test_a_new_value_is_what_the_next_call_uses(self):
        self.set(self.ann, "token", "the-first-value")
        self.set(self.ann, "other.1", "other")
        self.set(self.bo, "token", "the-value-of-bo")
        session, other = self.session(self.ann), self.session(self.bo)
        before = {name: self.token(self.ann, session, name)[1] for name in ("one", "per-user")}
        of_bo = self.token(self.bo, other, "one")[1]
        self.token(self.ann, session, "web")
        self.set(self.ann, "token", "the-second-value")
        for name, value in (("one", "the-second-value"), ("per-user", "<the-second-value-other>"), ("web", "the-second-value")):
            hash, instance = self.token(self.ann, session, name)
            self.assertEqual(hash, sha(value), name)
            if name != "web":
                self.assertNotEqual(instance, before[name])
        self.assertEqual(self.token(self.bo, other, "one"), (sha("the-value-of-bo"), of_bo))
        # another secret of the user's disturbs nothing
        instance = self.token(self.ann, session, "one")[1]
        self.set(self.ann, "unused", "value")
        self.assertEqual(self.token(self.ann, session, "one")[1], instance)
        self.ann.request("secret.remove", params={"name": "token"})
        for name in ("one", "per-user", "web"):
            with self.assertRaises(RequestError) as raised:
                self.call(self.ann, session, name)
            self.assertIn("the secret 'token' is not set", raised.exception.text)
        wait_for(lambda: "the-second-value" not in json.dumps(list(environments(self.daemon.pid))), "what had the old value ends")

    def test_a_failure_is_over_when_its_secret_is_set(self):
        self.set(self.ann, "token", "the-wrong-value")
        session = self.session(self.ann)
        self.ann.request("session.configure", session, {"variables": {"host": "127.0.0.1:1"}})
        with self.assertRaises(RequestError):
            self.ann.request("mcp.connect", session, {"server": "where"})
        wait_for(lambda: self.row(self.ann, session, "where")["state"] == "failed", "its failure")
        self.set(self.ann, "unused", "value")
        self.assertEqual(self.row(self.ann, session, "where")["state"], "failed")
        self.set(self.ann, "token", "the-right-value")
        row = self.row(self.ann, session, "where")
        self.assertEqual((row["state"], row["text"]), ("waiting", "its secret was set anew; it is tried when it is needed"))
        # it fails again, and that is said
        with self.assertRaises(RequestError):
            self.ann.request("mcp.connect", session, {"server": "where"})
        wait_for(lambda: self.row(self.ann, session, "where")["state"] == "failed", "its second failure")

    def test_a_turn_keeps_the_key_that_it_began_with(self):
        self.set(self.ann, "model-key", "key-of-ann")
        call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "one__hash", "arguments": "{}"}}
        self.model.scripts[:] = [[head(), openai(tool_calls=[call]), openai(finish="tool_calls"), data("[DONE]")], ANSWER]
        self.set(self.ann, "token", "ann's-own-value")
        session = self.session(self.ann, model="mine/m")
        self.ann.attach(session)
        self.ann.request("message.send", session, {"text": "hello"})
        question = self.ann.event("question.asked", session)["data"]["question"]["id"]
        self.ann.request("session.configure", session, {"model": "demo/stoa"})
        self.set(self.ann, "unused", "whose agents are told")
        self.ann.request("question.answer", params={"question": question, "decision": "allow"})
        self.ann.wait(lambda: len(self.model.requests) == 2, "the answer to the tool's result")
        self.ann.idle(session)
        self.assertEqual([r["headers"]["authorization"] for r in self.model.requests], ["Bearer key-of-ann"] * 2)

    def test_the_audit_has_names_alone(self):
        self.set(self.ann, "token", "ann's-own-value")
        session = self.session(self.ann)
        for _ in range(3):
            self.token(self.ann, session, "one")
        self.set(self.ann, "token", "ann's-new-value")
        self.token(self.ann, session, "one")
        self.ann.request("secret.remove", params={"name": "token"})
        records = [r for r in self.ann.request("audit.list", params={"limit": 1000})["records"] if r["action"].startswith("secret.")]
        self.assertEqual([(r["action"], r["object"]) for r in records], [
            ("secret.set", "token"), ("secret.use", "token"), ("secret.set", "token"), ("secret.use", "token"),
            ("secret.remove", "token")])
        self.assertTrue(all(session in r["detail"] for r in records if r["action"] == "secret.use"))
        self.assertNotIn("-value", json.dumps(records))

    def test_they_outlast_the_daemon_and_not_their_key(self):
        self.set(self.ann, "token", "ann's-own-value")
        key = f"{self.place.folder}/state/vault.key"
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        self.daemon.stop()
        self.daemon.start()
        ann = self.client()
        session = self.session(ann)
        self.assertEqual(self.token(ann, session, "one")[0], sha("ann's-own-value"))
        self.daemon.stop()
        os.rename(key, key + ".aside")
        self.daemon.start()
        ann = self.client()
        listed = ann.request("secret.list")["secrets"]
        self.assertIn("vault.key is missing; put it back", listed[0]["error"])
        self.assertIn("vault.key is missing", stoa(self.place, "secret", "ls").stdout)
        with self.assertRaises(RequestError) as raised:
            ann.request("secret.set", params={"name": "more", "value": "x"})
        self.assertEqual(raised.exception.code, "unavailable")
        os.rename(key + ".aside", key)
        self.assertNotIn("error", ann.request("secret.list")["secrets"][0])
        self.assertEqual(self.token(ann, session, "one")[0], sha("ann's-own-value"))

    def test_bad_requests_show_no_value(self):
        for params in ({"name": "a b", "value": "never-shown-value"}, {"name": "a", "value": "never-shown-value" * 1024},
                       {"name": "a", "value": ["never-shown-value"]}, {"name": "a", "value": ""}):
            with self.assertRaises(RequestError) as raised:
                self.ann.request("secret.set", params=params)
            self.assertEqual(raised.exception.code, "bad_request")
            self.assertNotIn("never-shown", raised.exception.text)
        self.assertNotIn("never-shown", self.daemon.log_text())

    def test_what_a_server_says_of_it_is_hidden(self):
        value = "a-value-worth-hiding"
        self.set(self.ann, "token", value)
        self.set(self.ann, "other.1", "also-to-be-hidden")
        session = self.session(self.ann)
        self.ann.attach(session)
        for server in ("one", "per-user", "web"):
            told = self.call(self.ann, session, server, "tell")
            self.assertIn("the token is", told["text"])
            self.assertIn("[secret token]", told["text"])
            self.assertIn("[secret token]", json.dumps(told["result"]["structuredContent"]))
            with self.assertRaises(RequestError) as raised:
                self.call(self.ann, session, server, "fail")
            self.assertIn("[secret token]", raised.exception.text)
        self.call(self.ann, session, "one", "log")
        self.call(self.ann, session, "one", "step")
        self.ann.wait(lambda: sum("[secret token]" in e["data"]["text"] for e in self.ann.events if e["type"] == "mcp.log") == 2,
                      "both lines of the log")
        self.ann.request("mcp.tools", session, {})
        for hidden in (value, "also-to-be-hidden"):
            self.silent(hidden, self.ann)


def in_memory(pid, value):
    """Where the process has it: the names of its mappings."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            where, rights, _, _, _, *name = line.split()
            begin, end = (int(number, 16) for number in where.split("-"))
            try:
                if begin < 1 << 62 and rights[0] == "r" and memory.seek(begin) == begin and value.encode() in memory.read(end - begin):
                    yield " ".join(name) or "without name"
            except (OSError, ValueError):  # the kernel's
                pass


class Memory(SecretsTest):
    def test_the_daemon_has_it_only_while_it_hands_it_over(self):
        if os.geteuid() != 0 or SANITIZED:
            self.skipTest("only root may look there, and a sanitizer keeps what is freed")
        values = {"token": "held-in-no-memory-1", "other.1": "held-in-no-memory-2", "model-key": "held-in-no-memory-3"}
        for name, value in values.items():
            self.set(self.ann, name, value)
        session = self.session(self.ann, model="mine/m")
        self.ann.attach(session)
        for server in ("one", "per-user", "web"):
            self.token(self.ann, session, server)
        self.ann.request("message.send", session, {"text": "hello"})
        self.ann.idle(session)
        self.ann.request("secret.list")
        for name, value in values.items():
            self.assertEqual(list(in_memory(self.daemon.pid, value)), [], name)
        agent = self.ann.request("session.info", session)["agent"]["pid"]
        self.assertIn("without name", list(in_memory(agent, values["model-key"])), "this looks where it would be")


class Configuration(StoaTest):
    autostart = False

    def refused(self, text):
        self.place.write_config(text)
        done = subprocess.run([program("stoad"), "--config", self.place.config_path, "--print-config"], env=self.place.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def test_where_a_secret_may_stand(self):
        only = "{SECRET:name} may stand in env and headers only"
        for definition in ("{command: [x, '{SECRET:a}']}", "{command: ['{SECRET:a}']}", "{url: 'http://h/{SECRET:a}'}",
                           "{command: [x], cwd: '/tmp/{SECRET:a}'}"):
            self.assertIn(only, self.refused(f"mcp_servers:\n  s: {definition}\n"))
        self.assertIn("a server of scope shared is not for one user",
                      self.refused("mcp_servers:\n  s: {command: [x], scope: shared, env: {T: '{SECRET:a}'}}\n"))
        self.assertIn("whose name must be 1 to 64 of A-Z a-z 0-9 _ - .",
                      self.refused("mcp_servers:\n  s: {command: [x], env: {T: '{SECRET:a/b}'}}\n"))
        for key in ("sk-never-shown", "{SECRET:a}-never-shown", "{ENV:never-shown}", "{SECRET:}never-shown"):
            said = self.refused(f"providers:\n  p: {{api: openai, base_url: 'http://h/v1', api_key: '{key}'}}\n")
            self.assertIn("a secret of each user's", said)
            self.assertNotIn("never-shown", said)
        self.assertIn("one is enough", self.refused(
            "providers:\n  p: {api: openai, base_url: 'http://h/v1', api_key: '{SECRET:a}', api_key_env: A}\n"))

    def test_it_is_printed_as_it_is_read(self):
        self.place.write_config("mcp_servers:\n  s: {command: [x], env: {T: 'a{SECRET:b.c-d}'}}\n"
                                "providers:\n  anthropic: {api_key: '{SECRET:claude}'}\n")
        run = [program("stoad"), "--config", self.place.config_path, "--print-config"]
        printed = subprocess.run(run, env=self.place.env, stdout=subprocess.PIPE, check=True, text=True).stdout
        self.assertIn('api_key: "{SECRET:claude}"', printed)
        self.place.write_config(printed)
        again = subprocess.run(run, env=self.place.env, stdout=subprocess.PIPE, check=True, text=True).stdout
        self.assertIn('api_key: "{SECRET:claude}"', again)


class CommandLine(StoaTest):
    def names(self):
        return [json.loads(line)["name"] for line in stoa(self.place, "secret", "ls", "--json").stdout.splitlines()]

    def test_from_a_pipe(self):
        done = stoa(self.place, "secret", "set", "a", input="from a pipe\n")
        self.assertEqual(done.stdout, "secret a is set\n")
        self.assertEqual(json.loads(stoa(self.place, "secret", "set", "b", "--json", input="x").stdout), {"name": "b", "set": True})
        self.assertEqual(self.names(), ["a", "b"])
        self.assertRegex(stoa(self.place, "secret").stdout, r"a +\d{4}-\d\d-\d\d \d\d:\d\d\nb +\d{4}")
        self.assertEqual(stoa(self.place, "secret", "rm", "a").stdout, "secret a is removed\n")
        self.assertEqual(self.names(), ["b"])
        self.assertIn("there is no secret 'a'", stoa(self.place, "secret", "rm", "a", check=False).stderr)

    def test_what_is_no_secret(self):
        for input, said in (("", "1 to 16384 bytes"), ("\n", "1 to 16384 bytes"), ("x" * 16385, "1 to 16384 bytes"),
                            ("a\0b", "no NUL")):
            done = stoa(self.place, "secret", "set", "a", input=input, check=False)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn(said, done.stderr)
        done = stoa(self.place, "secret", "set", "a", "the-value", input="", check=False)
        self.assertIn("the value is never an argument", done.stderr)
        self.assertNotIn("the-value", done.stderr)
        done = subprocess.run([program("stoa"), "secret", "set", "a"], env=self.place.env, input=b"\xff\xfe", stderr=subprocess.PIPE)
        self.assertIn(b"must be UTF-8", done.stderr)
        self.assertEqual(self.names(), [])
        stoa(self.place, "secret", "set", "a", input="x" * 16384 + "\r\n")
        self.assertEqual(self.names(), ["a"])

    def typed(self, *steps):
        """Runs `stoa secret set typed` at a terminal; each step is (wait for this text, then type that, or send that signal).
        Returns its exit code, what was on the screen, and whether the terminal shows what is typed at the end."""
        ours, its = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, its)
        process = subprocess.Popen([program("stoa"), "secret", "set", "typed"], env=self.place.env, stdin=its, stdout=its, stderr=its,
                                   start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        seen = b""

        def shows():
            return bool(termios.tcgetattr(its)[3] & termios.ECHO)
        for text, how in steps:
            while text not in seen:
                self.assertTrue(select.select([ours], [], [], PATIENCE)[0], seen)
                seen += os.read(ours, 4096)
            self.assertFalse(shows(), "the terminal shows what is typed")
            if isinstance(how, bytes):
                os.write(ours, how)
            else:
                process.send_signal(how)
        code = process.wait(PATIENCE)
        while select.select([ours], [], [], 0)[0]:
            seen += os.read(ours, 4096)
        return code, seen.decode(), shows()

    def test_typed_it_is_not_shown(self):
        code, seen, shows = self.typed((b"typed (it is not shown): ", b"what-nobody-sees\n"))
        self.assertEqual(code, 0, seen)
        self.assertNotIn("what-nobody-sees", seen)
        self.assertIn("secret typed is set", seen)
        self.assertTrue(shows)
        self.assertEqual(self.names(), ["typed"])

    def test_given_up_the_terminal_is_as_before(self):
        for how, number in ((b"\x03", signal.SIGINT), (signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGHUP)):
            code, seen, shows = self.typed((b"not shown): ", how))
            self.assertEqual(code, -number, seen)
            self.assertTrue(shows, number)
        self.assertEqual(self.names(), [])
