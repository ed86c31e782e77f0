"""Slash commands run by the daemon, the same for every client; files that come with a message; titles by the model."""
import json
import os
import resource
import time
import unittest

from harness import RequestError, StoaTest, children, stoa, wait_for
from model_server import ModelServer, anthropic, data, head, openai

MIB = 1 << 20
MCP_SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support/mcp_server.py")


def answer(text, *waits, tokens=None):
    usage = [data({"id": "c", "choices": [], "usage": dict(zip(("prompt_tokens", "completion_tokens"), tokens))})] if tokens else []
    return [head(), *waits, openai(text), openai(finish="stop"), *usage, data("[DONE]")]


class Commands(StoaTest):
    config = f"default_model: demo/stoa\ndemo: {{rate: 0}}\nmcp_servers:\n  files: {{command: [/usr/bin/python3, {MCP_SERVER}]}}\n"

    def test_a_title_of_nothing_that_is_seen_is_refused(self):
        client = self.client()
        session = self.session(client, title="\u00a0 kept \u3000")
        self.assertEqual(client.request("session.info", session)["title"], "kept")
        for blank in ("\u00a0", " \t ", "\u3000\u2028", "\u200b\ufeff", "\u3164"):
            for method, where in (("session.create", None), ("session.fork", session), ("session.rename", session)):
                with self.subTest(method=method, blank=ascii(blank)), self.assertRaises(RequestError) as raised:
                    client.request(method, where, {"title": blank})
                self.assertEqual((raised.exception.code, raised.exception.text), ("bad_request", "the title has no visible character"))
        with self.assertRaises(RequestError) as raised:
            self.command(client, session, "/title \u00a0")
        self.assertEqual(raised.exception.text, "the title has no visible character")
        fork = client.request("session.fork", session)["session"]
        self.assertEqual(client.request("session.info", fork)["title"], "kept (fork)")
        self.assertEqual(len(client.request("session.list")["sessions"]), 2)

    def command(self, client, session, text, id=None):
        return client.request("session.command", session, {"text": text}, id)

    def turn(self, client, session, text, **params):
        start = len(client.events)
        client.request("message.send", session, {"text": text, **params})
        client.idle(session, start)

    def refusal(self, client, method, session, params):
        with self.assertRaises(RequestError) as refused:
            client.request(method, session, params)
        return refused.exception.code, refused.exception.text

    def test_the_list_is_the_same_for_programs_and_people(self):
        commands = self.client().request("command.list")["commands"]
        self.assertEqual(commands, json.loads(stoa(self.place, "--json", "cmd", "--list").stdout)["commands"])
        listed = stoa(self.place, "cmd", "--list").stdout
        for row in commands:
            self.assertIn(f"/{row['name']} {row['arguments']}".strip(), listed)
            self.assertIn(row["summary"], listed)

    def test_what_only_reads_says_the_same_everywhere_and_is_what_the_method_answers(self):
        one, two = self.client(), self.client()
        session = self.session(one, title="first", system="be terse")
        one.attach(session)
        self.turn(one, session, "about networks")
        one.request("mcp.connect", session, {"server": "files"})  # nothing happens by itself from here on
        one.on_disk()
        direct = {"/usage": ("session.info", session, {}), "/share": ("session.info", session, {}),
                  "/model": ("model.list", None, {}), "/rules": ("rule.list", None, {"session": session}),
                  "/search networks": ("message.search", None, {"text": "networks"}),
                  "/mcp": ("mcp.servers", session, {}), "/mcp tools": ("mcp.tools", session, {}),
                  "/system": ("session.info", session, {})}
        for text, (method, of, params) in direct.items():
            with self.subTest(text):
                answers = [self.command(one, session, text), self.command(two, session, text)]
                self.assertEqual(answers[0], answers[1])
                self.assertEqual(answers[0]["command"], text[1:].split()[0])
                self.assertNotIn("session", answers[0])
                self.assertEqual(answers[0]["result"], two.request(method, of, params))
                self.assertEqual(stoa(self.place, "cmd", "first", *text.split()).stdout, answers[0]["text"] + "\n")
                self.assertEqual(json.loads(stoa(self.place, "--json", "cmd", session, text[1:]).stdout), answers[0]["result"])
        self.assertEqual(self.command(two, session, "/system")["text"], "be terse")
        self.assertIn(f"stoa attach {session}", self.command(two, session, "/share")["text"])
        self.assertRegex(self.command(one, session, "/info")["text"], r"title      first\n(.*\n)+messages   2\n")

    def test_what_changes_is_seen_by_all(self):
        one, two = self.client(), self.client()
        session = self.session(one)
        one.attach(session)
        two.attach(session)
        for text, expected in {"/title two words": {"title": "two words"}, "/system be terse": {"system": "be terse"},
                               "/system -": {"system": None}, "/model ollama/some": {"model": "ollama/some"},
                               "/set A=b c": {"variables": {"A": "b c"}}, "/set A=": {"variables": {"A": None}},
                               "/archive": {"archived": True}, "/archive off": {"archived": False}}.items():
            with self.subTest(text):
                start = len(two.events)
                by_hand = text.endswith(("words", "-", "c"))
                result = json.loads(stoa(self.place, "--json", "cmd", session, *text.split(" ")).stdout) if by_hand \
                    else self.command(one, session, text)["result"]
                event = two.event("session.updated", session, start)
                self.assertEqual(event["seq"], result["seq"])
                self.assertTrue(expected.items() <= event["data"].items(), event)
        rule = self.command(two, session, "/rules deny files/*")["result"]["rule"]
        one.event("rule.added", session)
        self.assertIn("deny  files/*", self.command(one, session, "/rules")["text"])
        self.command(one, session, f"/rules rm {rule}")
        two.event("rule.removed", session, rule=rule)
        self.assertEqual(self.command(one, session, "/mcp connect files")["text"], "files: ready")
        self.command(one, session, "/mcp disconnect files")
        two.event("mcp.disconnected", session, cause="off")

    def test_messages_wait_steer_and_come_back(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": "/demo hang=1"})
        for text in ("one", "two", "three"):
            client.request("message.send", session, {"text": text})
        self.assertEqual(self.command(client, session, "/steer at once")["result"]["queued"], True)
        waiting = client.request("session.snapshot", session)["queue"]
        self.assertEqual(waiting[0]["content"][0]["text"], "at once")
        self.assertEqual(self.command(client, session, "/unqueue")["result"]["removed"], [waiting[-1]["id"]])
        self.assertEqual(self.command(client, session, "/unqueue all")["text"], "3 messages taken back")
        self.assertEqual(self.refusal(client, "session.command", session, {"text": "/unqueue"}),
                         ("bad_request", "/unqueue: no message waits"))
        self.assertEqual(self.refusal(client, "session.command", session, {"text": "/archive"}),
                         self.refusal(client, "session.archive", session, {}))
        self.assertEqual(self.command(client, session, "/interrupt")["text"], "interrupted")
        client.idle(session)
        self.assertEqual(self.command(client, session, "/interrupt")["text"], "no turn runs")

    def test_new_sessions_are_named_in_the_answer(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        for text in ("one", "two"):
            self.turn(client, session, text)
        made = self.command(client, session, "/new a second one")
        self.assertEqual(made["session"], made["result"]["session"])
        self.assertEqual(client.request("session.info", made["session"])["title"], "a second one")
        forked = self.command(client, session, "/fork 1 another way")
        self.assertEqual(forked["session"], forked["result"]["session"])
        copy = client.request("session.snapshot", forked["session"])
        self.assertEqual((copy["title"], len(copy["messages"])), ("another way", 2))
        self.assertEqual(self.command(client, session, "/rewind 1")["result"]["removed"], 2)
        self.assertEqual(len(client.request("session.snapshot", session)["messages"]), 2)

    def test_errors_are_those_of_the_method(self):
        client = self.client()
        session = self.session(client)
        for text, method, params in (("/model nobody/x", "session.configure", {"model": "nobody/x"}),
                                     ("/compact", "session.compact", {}),
                                     ("/mcp connect nothing", "mcp.connect", {"server": "nothing"}),
                                     ("/title \u202e", "session.rename", {"title": "\u202e"}),
                                     ("/set A-B=c", "session.configure", {"variables": {"A-B": "c"}})):
            with self.subTest(text):
                self.assertEqual(self.refusal(client, "session.command", session, {"text": text}),
                                 self.refusal(client, method, session, params))
        self.assertEqual(self.refusal(client, "session.command", session, {"text": "/modle x"}),
                         ("bad_request", "there is no command '/modle'; did you mean /model?"))
        failed = stoa(self.place, "cmd", session, "modle", "x", check=False)
        self.assertEqual((failed.returncode, failed.stderr), (1, "stoa: there is no command '/modle'; did you mean /model?\n"))
        self.assertEqual(stoa(self.place, "cmd", session, check=False).returncode, 64)
        self.assertEqual(self.refusal(client, "session.command", "s_01j8zq4k3n0000000000000000", {"text": "/info"})[0],
                         "not_found")

    def test_a_repeated_one_is_done_once(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        for text in ("one", "two", "three"):
            self.turn(client, session, text)
        for _ in range(20):
            client.send("session.command", session, {"text": "/rewind 1"}, "rewind")
        client.wait(lambda: len(client.replies.get("rewind", [])) == 20, "all answers")
        self.assertEqual(len({json.dumps(reply) for reply in client.replies["rewind"]}), 1)
        first = client.replies["rewind"][0]["ok"]
        made = self.command(client, session, "/new once", "new")
        self.daemon.kill()
        self.daemon.start()
        again = self.client()
        self.assertEqual(self.command(again, session, "/rewind 1", "rewind"), first)
        self.assertEqual(self.command(again, session, "/new once", "new"), made)
        self.assertEqual(len(again.request("session.snapshot", session)["messages"]), 4)
        self.assertEqual(len(again.request("session.list")["sessions"]), 2)
        # One that only reads is not remembered: it may say something else the next time.
        before = self.command(again, session, "/info", "info")
        again.request("session.rename", session, {"title": "renamed"})
        after = self.command(self.client(), session, "/info", "info")
        self.assertEqual((before["result"]["title"], after["result"]["title"]), ("", "renamed"))


    def test_what_reads_goes_on_while_the_disk_is_full(self):
        client = self.client()
        session = self.session(client)
        hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (8192, hard))
        try:
            for _ in range(2):
                with self.assertRaisesRegex(RequestError, "^store: "):
                    self.command(self.client(), session, "/title kept", "title")
                self.assertIn("state      idle", self.command(client, session, "/info")["text"])
                self.assertEqual(self.command(client, session, "/rules")["text"], "no rules: each tool is asked for")
        finally:
            resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (hard, hard))

        def done():
            try:
                return self.command(self.client(), session, "/title kept", "title")
            except RequestError as error:
                self.assertEqual(error.code, "store")
                return None
        self.assertEqual(wait_for(done, "that the disk takes it")["text"], "title: kept")


class Attachments(StoaTest):
    def setUp(self):
        self.model = ModelServer(answer("Seen."))
        self.config = ("default_model: mock/m\nproviders:\n"
                       f"  mock: {{api: openai, base_url: '{self.model.url}'}}\n"
                       f"  anth: {{api: anthropic, base_url: '{self.model.url[:-3]}', api_key_env: TEST_KEY}}\n")
        self.env = {"TEST_KEY": "k"}
        super().setUp()
        self.keep(self.model)

    def turn(self, client, session, text, attachments):
        start = len(client.events)
        client.request("message.send", session, {"text": text, "attachments": attachments})
        client.idle(session, start)

    def test_the_model_is_told_each_file_by_either_api(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)
        files = [{"name": "src/a b.c", "text": "int x;"}, {"name": "notes.md", "text": "```\ncode\n```\n"}]
        self.turn(client, session, "what is it?", files)
        said = ("The file src/a b.c, which the user attached to this message:\n```\nint x;\n```\n\n\n"
                "The file notes.md, which the user attached to this message:\n~~~\n```\ncode\n```\n~~~\n\n\nwhat is it?")
        self.assertEqual(self.model.requests[0]["body"]["messages"], [{"role": "user", "content": said}])
        added = client.event("message.added", session)["data"]["message"]["content"]
        self.assertEqual(added, [{"type": "text", "text": "what is it?"}] + [{"type": "attachment", **file} for file in files])

        self.model.scripts = [[head(), anthropic("message_start", message={"usage": {}}), anthropic(
            "content_block_start", index=0, content_block={"type": "text", "text": ""}), anthropic(
            "content_block_delta", index=0, delta={"type": "text_delta", "text": "ok"}), anthropic(
            "content_block_stop", index=0), anthropic("message_delta", delta={"stop_reason": "end_turn"}, usage={}),
            anthropic("message_stop")]]
        other = self.session(client, model="anth/m")
        client.attach(other)
        self.turn(client, other, "what is it?", files)
        content = self.model.requests[1]["body"]["messages"][0]["content"]
        self.assertEqual([block["text"] for block in content], [said])

    def test_what_is_malformed_or_too_large_is_refused_by_name(self):
        client = self.client()
        session = self.session(client)
        client.attach(session)

        def refused(text, *files):
            with self.assertRaises(RequestError) as error:
                client.request("message.send", session, {"text": text, "attachments": list(files)})
            return f"{error.exception.code}: {error.exception.text}"
        self.assertIn("attachment 2: parameter 'name' is missing", refused("x", {"name": "a", "text": ""}, {"text": ""}))
        self.assertIn("attachment 1: parameter 'name' is \"\"", refused("x", {"name": "", "text": ""}))
        self.assertIn("attachment 1: unknown parameter 'mime'", refused("x", {"name": "a", "text": "", "mime": "b"}))
        self.assertIn("attachment 1: the parameters are \"a\"", refused("x", "a"))
        for name in ("a\nb", "a\x1b[31m", "\x7f", "\x9b31m"):
            self.assertRegex(refused("x", {"name": name, "text": ""}), "^bad_request: .*must have no control characters")
        self.assertRegex(refused("x", {"name": "n" * 1025, "text": ""}), "^bad_request: attachment 1: ")
        self.assertRegex(refused("x", *[{"name": "a", "text": ""}] * 17), "^bad_request: .*array of 0 to 16 elements")
        self.assertEqual(refused("x", {"name": "big.txt", "text": "y" * (MIB + 1)}),
                         'too_large: attachment "big.txt" has 1048577 bytes; at most 1048576 are taken')
        self.assertRegex(refused("xx", {"name": "a", "text": "y" * (MIB // 2)}, {"name": "b", "text": "y" * (MIB // 2 - 1)}),
                         r"^too_large: the message has 1048577 bytes with its attachments; .*limits.message_size")
        self.assertEqual(self.model.requests, [])
        self.turn(client, session, "x", [{"name": "a", "text": "\x01" * (MIB - 1)}])  # each byte is six in JSON
        self.turn(client, session, "y" * MIB, [])
        self.assertEqual(self.model.requests[1]["body"]["messages"][-1]["content"], "y" * MIB)
        self.assertEqual(self.client().attach(session)["messages_total"], 4)

    def test_a_message_of_a_mebibyte_waits_and_an_edited_one_keeps_its_files(self):
        self.model.scripts = [[head(), 60]]
        client = self.client()
        session = self.session(client)
        client.attach(session)
        client.request("message.send", session, {"text": "hold on"})
        wait_for(lambda: self.model.requests, "the first request")
        files = [{"name": "a.txt", "text": "z" * (MIB // 2)}]
        waiting = client.request("message.send", session, {"text": "w" * (MIB // 2), "attachments": files})["message"]
        client.request("message.edit_queue", session, {"message": waiting, "text": "shorter"})
        self.assertEqual(self.client().attach(session)["queue"][0]["content"],
                         [{"type": "text", "text": "shorter"}, {"type": "attachment", **files[0]}])
        with self.assertRaisesRegex(RequestError, "^too_large: "):
            client.request("message.edit_queue", session, {"message": waiting, "text": "w" * (MIB // 2 + 1)})
        with self.assertRaisesRegex(RequestError, "^busy: messages of .* wait already"):
            client.request("message.send", session, {"text": "\x01" * MIB})
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.client().request("session.snapshot", session)["queue"][0]["content"][1]["text"], files[0]["text"])

    def test_the_command_line_sends_shows_and_finds_files(self):
        def path(name, content=None):
            full = f"{self.place.folder}/{name}"
            if content is not None:
                with open(full, "wb") as file:
                    file.write(content)
            return full
        os.mkfifo(path("fifo"))
        for name, content, why in (("bad.bin", b"\xff\xfe", "is not text in UTF-8"), ("fifo", None, "is not a regular file"),
                                   ("", None, "is a folder"), ("none", None, "No such file"),
                                   ("big.txt", b"x" * (MIB + 1), "at most")):
            failed = stoa(self.place, "send", "--new", "--attach", path(name, content), "x", check=False, seconds=10)
            self.assertEqual(failed.returncode, 64, failed.stderr)
            self.assertIn(why, failed.stderr)
        self.assertEqual(self.model.requests, [])
        one, two = path("one.txt", "größe\n".encode()), path("two.txt", b"needle " * 300)
        stoa(self.place, "send", "--new", "--attach", one, "-a", two, "compare")
        content = self.client().request("session.list")["sessions"]
        session = content[0]["id"]
        message = self.client().request("message.history", session)["messages"][0]["content"]
        self.assertEqual([block.get("name") for block in message], [None, one, two])
        self.assertEqual(message[1]["text"], "größe\n")
        for how in (("show", session), ("export", session)):
            text = stoa(self.place, *how).stdout
            self.assertIn(f"[file {one}, 8 bytes]", text)
            self.assertIn(f"[file {two}, 3 KiB]", text)
            self.assertNotIn("needle", text)
        client = self.client()
        self.assertEqual(len(client.request("message.search", params={"text": "two.txt"})["hits"]), 1)
        self.assertEqual(client.request("message.search", params={"text": "needle"})["hits"], [])


class Titles(StoaTest):
    env = {"STOA_SESSION_AUTO_TITLE": "true", "STOA_LOG": "debug"}

    def setUp(self):
        self.model = ModelServer(answer("It spins."), answer('"Why the loop spins."'))
        self.config = (f"default_model: mock/m\nsession: {{idle_timeout: 1s}}\n"
                       f"providers:\n  mock: {{api: openai, base_url: '{self.model.url}'}}\n")
        super().setUp()
        self.keep(self.model)

    def begin(self, **params):
        client = self.client()
        session = self.session(client, **params)
        client.attach(session)
        client.request("message.send", session, {"text": "why does\nit spin?"})
        client.idle(session)
        return client, session

    def quiet(self, client, session):
        """The agent has left: nothing more will come of it."""
        client.wait(lambda: client.request("session.info", session)["agent"]["state"] == "none", "no agent")

    def test_the_first_answer_brings_one(self):
        client, session = self.begin()
        event = client.event("session.updated", session)
        self.assertEqual(event["data"], {"title": "Why the loop spins", "by": "mock/m", "quiet": True})
        self.assertLess(client.request("session.info", session)["activity"], event["ts"] + 1)
        self.assertEqual(client.request("session.info", session)["activity"],
                         client.event("state.changed", session, new="idle")["ts"])
        asked = self.model.requests[1]["body"]["messages"]
        self.assertEqual(asked[-1]["content"].split("\n\n")[:2],
                         ["Question:\n> why does\n> it spin?", "Answer:\n> It spins."])
        self.assertEqual(len(client.request("session.snapshot", session)["messages"]), 2)
        start = len(client.events)
        client.request("message.send", session, {"text": "and now?"})
        client.idle(session, start)
        self.quiet(client, session)
        self.assertEqual(len(self.model.requests), 3)
        self.assertEqual(len([e for e in client.events if e["type"] == "session.updated"]), 1)

    def test_a_session_that_has_one_keeps_it(self):
        client, session = self.begin(title="mine")
        self.quiet(client, session)
        self.assertEqual((len(self.model.requests), client.request("session.info", session)["title"]), (1, "mine"))

    def test_a_person_is_faster(self):
        self.model.scripts[1] = answer("Too late", 0.3)
        client, session = self.begin()
        wait_for(lambda: len(self.model.requests) == 2, "that the model is asked")
        client.request("session.rename", session, {"title": "mine"})
        wait_for(lambda: "a title that is not needed" in self.daemon.log_text(), "the model's title")
        self.assertEqual(client.request("session.info", session)["title"], "mine")

    def test_what_a_title_and_a_summary_cost_is_in_the_sessions_usage(self):
        self.model.scripts[:] = [answer("It spins.", tokens=(100, 10)), answer("A loop", tokens=(20, 3)),
                                 answer("Still.", tokens=(300, 30)), answer("a summary", tokens=(4000, 400))]
        client, session = self.begin()
        event = client.event("session.updated", session)["data"]
        self.assertEqual((event["title"], event["usage"]["input"], event["usage"]["output"]), ("A loop", 20, 3))
        start = len(client.events)
        client.request("message.send", session, {"text": "and now?"})
        client.idle(session, start)
        client.request("session.compact", session)
        event = client.event("session.compacted", session)["data"]
        self.assertEqual((event["usage"]["input"], event["usage"]["output"]), (4000, 400))
        usage = client.request("session.info", session)["usage"]
        self.assertEqual((usage["input"], usage["output"]), (4420, 443))
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.client().request("session.info", session)["usage"], usage)

    def test_a_title_that_comes_too_late_is_paid_for(self):
        self.model.scripts[:] = [answer("It spins.", tokens=(100, 10)), answer("Too late", 0.3, tokens=(20, 3))]
        client, session = self.begin()
        wait_for(lambda: len(self.model.requests) == 2, "that the model is asked")
        client.request("session.rename", session, {"title": "mine"})
        wait_for(lambda: client.request("session.info", session)["usage"]["input"] == 120, "its tokens")
        self.assertEqual(client.request("session.info", session)["title"], "mine")

    def test_what_was_dropped_names_nothing(self):
        self.model.scripts[1:] = [answer("Dropped", 0.4), answer("On."), answer("Another")]
        client, session = self.begin()
        wait_for(lambda: len(self.model.requests) == 2, "that the model is asked")
        client.request("session.rewind", session, {"message": None})
        client.request("message.send", session, {"text": "and now?"})
        self.assertEqual(client.event("session.updated", session)["data"]["title"], "Another")
        self.assertNotIn("spin", str(self.model.requests[3]["body"]))

    def test_nothing_waits_for_it(self):
        self.model.scripts = [answer("one"), [head(), 60], answer("two")]
        client, session = self.begin()
        wait_for(lambda: len(self.model.requests) == 2, "that the model is asked")
        start = len(client.events)
        client.request("message.send", session, {"text": "next"})
        client.idle(session, start)
        started = time.monotonic()
        self.quiet(client, session)
        self.assertLess(time.monotonic() - started, 5)
        self.assertTrue(self.model.closed_early.wait(5))
        self.assertEqual(client.request("session.info", session)["title"], "")
        self.assertEqual(children(self.daemon.pid), [])

    def test_a_failure_is_not_shown(self):
        self.model.scripts[1:] = [[head("400 Bad Request"), b"no"]]
        client, session = self.begin()
        wait_for(lambda: "no title: " in self.daemon.log_text(), "that it failed")
        info = client.request("session.info", session)
        self.assertEqual((info["title"], info["error"], info["state"]), ("", None, "idle"))
        self.assertEqual([e for e in client.events if e["type"] == "error.occurred"], [])

    def test_it_can_be_switched_off_and_the_demo_model_makes_one(self):
        client = self.client()
        session = self.session(client, model="demo/stoa")
        client.attach(session)
        client.request("message.send", session, {"text": "what is all this about then, please?"})
        self.assertEqual(client.event("session.updated", session)["data"]["title"], "what is all this about then,")
        self.place.env["STOA_SESSION_AUTO_TITLE"] = "false"
        self.daemon.stop()
        self.daemon.start()
        client, session = self.begin()
        self.quiet(client, session)
        self.assertEqual((len(self.model.requests), client.request("session.info", session)["title"]), (1, ""))


if __name__ == "__main__":
    unittest.main()
