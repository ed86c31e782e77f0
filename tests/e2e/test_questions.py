"""Questions: who may answer, who was first, and what becomes of them when something ends meanwhile."""
import json
import os
import resource
import signal
import time

from harness import PATIENCE, ROOT, RequestError, StoaTest, wait_for
from puppet import COMPACT, FACT, GO, INTERRUPT, REPLY, REQUEST, TURN, Puppets, new_id

CONFIG = f"default_model: demo/stoa\nagent: {{path: {ROOT}/tests/support/puppet.py}}\n"


class PuppetTest(StoaTest):
    config = CONFIG

    def setUp(self):
        super().setUp()
        self.puppets = self.keep(Puppets(self.place.folder, PATIENCE))

    def begin(self, client, text="hello", **params):
        """A session with a turn that has begun; returns its id and the agent."""
        session = self.session(client, **params)
        client.attach(session)
        client.request("message.send", session, {"text": text})
        puppet = self.puppets.next().ready()
        self.turn = puppet.frame(TURN)
        return session, puppet

    def waiting(self, client, calls=1, **more):
        """... that waits for permissions; returns session, agent, message, questions."""
        session, puppet = self.begin(client)
        message = puppet.reply(*[("files__write_file", json.dumps({"path": f"/tmp/{n}"})) for n in range(calls)])
        questions = [puppet.ask(message, 1 + n, **more) for n in range(calls)]
        puppet.step("awaiting_permission")
        client.event("state.changed", session, new="awaiting_permission")
        self.committed(client, session)
        return session, puppet, message, questions

    def committed(self, client, session):
        """All that was said so far is on disk: a changing request is answered after that."""
        client.request("session.rename", session, {"title": "on disk"})

    def answer(self, client, question, decision="allow", **params):
        return client.request("question.answer", params={"question": question, "decision": decision, **params})

    def refused(self, client, method, session=None, params=None):
        id = client.send(method, session, params)
        reply = client.wait(lambda: client.replies.get(id), f"a reply to {method}")[0]
        self.assertIn("error", reply, reply)
        return reply["error"]

    def call(self, client, session, block=1):
        """What the newest message's block says of its call."""
        snapshot = client.request("session.snapshot", session)
        return snapshot["messages"][-1]["content"][block].get("call", {})

    def finish(self, puppet, text="All done."):
        puppet.step("thinking")
        puppet.reply(text=text)
        puppet.step("idle")


class Answering(PuppetTest):
    def test_the_first_answer_wins_and_the_others_are_told_whose_it_was(self):
        clients = [self.client() for _ in range(3)]
        session, puppet, message, (question,) = self.waiting(clients[0])
        for client in clients[1:]:
            snapshot = client.attach(session)
            self.assertEqual([q["id"] for q in snapshot["questions"]], [question])
        decisions = ["allow", "deny", "cancel"]
        ids = [client.send("question.answer", params={"question": question, "decision": decision})
               for client, decision in zip(clients, decisions)]
        replies = [client.wait(lambda c=client, i=id: c.replies.get(i), "an answer")[0]
                   for client, id in zip(clients, ids)]
        winners = [n for n, reply in enumerate(replies) if "ok" in reply]
        self.assertEqual(len(winners), 1, replies)
        won = decisions[winners[0]]
        user = clients[0].request("server.hello")["user"]
        for reply in replies:
            if "ok" in reply:
                self.assertEqual(reply["ok"]["session"], session)
                continue
            self.assertEqual(reply["error"]["code"], "conflict")
            self.assertIn(f"already answered: {won} by {user}", reply["error"]["text"])
            detail = reply["error"]["detail"]
            self.assertEqual((detail["by"], detail["decision"], detail["cause"]), (user, won, "person"))
            self.assertLess(abs(detail["ts"] - time.time() * 1000), 60000)
        for client in clients:
            event = client.event("question.answered", session, question=question)
            self.assertEqual((event["data"]["decision"], event["data"]["by"]), (won, user))
        puppet.event("question.answered", question=question)

    def test_an_allowed_call_runs_when_its_beginning_is_on_disk(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        ok = self.answer(client, question)
        event = puppet.event("question.answered", question=question, decision="allow")
        self.assertLessEqual(event["seq"], ok["seq"])
        self.assertEqual(self.call(client, session)["state"], "allowed")
        puppet.step("running_tools")
        puppet.started(message, 1)
        self.assertEqual(puppet.frame(GO), {"message": message, "block": 1})
        self.assertEqual(self.call(client, session)["state"], "running")
        puppet.fact("tool.progress", message=message, block=1, progress=1, total=2)
        client.event("tool.progress", session)
        puppet.ended_call(message, 1, "42 bytes")
        client.event("tool.ended", session, state="done", result="42 bytes")
        self.finish(puppet)
        client.idle(session)
        self.assertEqual(client.request("session.snapshot", session)["questions"], [])
        history = client.request("message.history", session)["messages"]
        self.assertEqual(history[1]["content"][1]["call"]["result"], "42 bytes", "history knows the result")

    def test_a_denied_call_ends_and_the_model_is_told_why(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question, "deny", reason="not that file")
        ended = puppet.event("tool.ended", message=message, block=1, state="denied")
        user = client.request("server.hello")["user"]
        self.assertIn(user, ended["data"]["result"])
        self.assertIn("not that file", ended["data"]["result"])
        self.assertEqual(ended["data"]["by"], user)
        self.finish(puppet)
        client.idle(session)

    def test_several_questions_wait_side_by_side(self):
        client = self.client()
        session, puppet, message, questions = self.waiting(client, calls=3)
        listed = client.request("question.list")["questions"]
        self.assertEqual([q["id"] for q in listed], questions)
        self.assertEqual({q["session"] for q in listed}, {session})
        self.answer(client, questions[1])
        puppet.started(message, 2)
        self.assertEqual(puppet.frame(GO)["block"], 2)
        self.answer(client, questions[2], "deny")
        self.assertEqual([q["id"] for q in client.request("question.list")["questions"]], questions[:1])
        puppet.ended_call(message, 2)
        self.answer(client, questions[0])
        puppet.started(message, 1)
        puppet.wait(lambda kind, data: kind == GO and data["block"] == 1, "GO")
        puppet.ended_call(message, 1)
        self.finish(puppet)
        client.idle(session)
        states = [block["call"]["state"] for block in
                  client.request("message.history", session)["messages"][1]["content"][1:]]
        self.assertEqual(states, ["done", "done", "denied"])

    def test_what_is_wrong_with_an_answer_is_said(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)

        def refusal(**params):
            error = self.refused(client, "question.answer", params={"question": question, "decision": "allow", **params})
            return error["code"], error["text"]
        for params, code, text in (
                ({"question": new_id("q_")}, "not_found", "there is no question"),
                ({"decision": "maybe"}, "bad_request", "maybe"),
                ({"content": {"a": 1}}, "bad_request", "to run the call with these"),
                ({"pattern": "files/*"}, "bad_request", "scope"),
                ({"scope": "session", "pattern": "files"}, "bad_request", "no pattern of a rule"),
                ({"scope": "session", "pattern": "other/*"}, "bad_request", "does not match"),
                ({"scope": "session", "pattern": "files/write_file(path=/etc/*)"}, "bad_request", "does not match"),
                ({"scope": "user", "decision": "cancel"}, "bad_request", "cancel makes no rule")):
            with self.subTest(params=params):
                self.assertEqual(refusal(**params)[0], code)
                self.assertIn(text, refusal(**params)[1])
        snapshot = client.request("session.snapshot", session)
        self.assertEqual(([q["id"] for q in snapshot["questions"]], snapshot["rules"]), ([question], []))
        self.answer(client, question, scope="session", pattern="files/write_file(path=/tmp/*)")

    def test_the_same_request_again_gets_the_same_answer(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        params = {"question": question, "decision": "allow"}
        first = client.request("question.answer", params=params, id="twice_1")
        client.replies.clear()
        self.assertEqual(client.request("question.answer", params=params, id="twice_1"), first)

    def test_an_answer_long_after_the_session_left_memory_is_still_told(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question, "deny")
        self.finish(puppet)
        client.idle(session)
        other = self.client()
        self.assertEqual(self.refused(other, "question.answer",
                                      params={"question": question, "decision": "allow"})["code"], "conflict")


class Rules(PuppetTest):
    def test_always_for_the_session_makes_a_rule_of_the_session(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question, scope="session")
        rule = puppet.event("rule.added")["data"]["rule"]
        self.assertEqual((rule["effect"], rule["pattern"]), ("allow", "files/write_file"))
        listed = client.request("rule.list", params={"session": session})["rules"]
        self.assertEqual([(r["id"], r["origin"]) for r in listed], [(rule["id"], "session")])
        self.assertEqual(client.request("rule.list")["rules"], [])
        client.request("rule.remove", params={"rule": rule["id"], "session": session})
        puppet.event("rule.removed", rule=rule["id"])
        self.assertEqual(self.refused(client, "rule.remove", params={"rule": rule["id"], "session": session})["code"],
                         "not_found")

    def test_always_for_the_user_outlives_the_daemon(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question, "deny", scope="user", pattern="files/*")
        self.assertEqual(client.request("session.snapshot", session)["rules"], [])
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        rule, = client.request("rule.list")["rules"]
        self.assertEqual((rule["effect"], rule["pattern"], rule["origin"]), ("deny", "files/*", "user"))
        client.request("rule.add", params={"effect": "allow", "pattern": "files/*"})
        rule, = client.request("rule.list")["rules"]
        self.assertEqual(rule["effect"], "allow", "the newer word about the same pattern counts")
        client.request("rule.remove", params={"rule": rule["id"]})
        self.assertEqual(client.request("rule.list")["rules"], [])
        self.assertEqual(self.refused(client, "rule.add", params={"effect": "ask", "pattern": "x"})["code"],
                         "bad_request")

    def test_a_tool_that_only_reads_is_asked_once_a_session(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client, read_only=True, tool="read_file")
        self.answer(client, question)
        rule = puppet.event("rule.added")["data"]["rule"]
        self.assertEqual((rule["effect"], rule["pattern"]), ("allow", "files/read_file"))
        self.assertIn("once a session", rule["why"])


class Ends(PuppetTest):
    """What ends while a question waits, or while a call runs."""

    def resumed(self, before=None):
        puppet = self.puppets.next().ready()
        turn = puppet.frame(TURN)
        self.assertTrue(turn["resume"])
        return puppet

    def test_a_question_waits_again_after_the_daemon_was_killed(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        client.on_disk()
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(self.puppets.none(), "nobody is needed before there is an answer")
        client = self.client()
        snapshot = client.attach(session)
        self.assertEqual((snapshot["state"], snapshot["error"]), ("awaiting_permission", None))
        self.assertEqual([q["id"] for q in snapshot["questions"]], [question])
        self.assertEqual([q["id"] for q in client.request("question.list")["questions"]], [question])
        queued = client.request("message.send", session, {"text": "and then"})
        self.assertTrue(queued["queued"])
        self.answer(client, question)
        puppet = self.resumed()
        puppet.step("running_tools")
        puppet.started(message, 1)
        puppet.frame(GO)
        puppet.ended_call(message, 1)
        self.finish(puppet)
        client.idle(session)
        client.event("message.added", session)
        puppet.wait(lambda kind, data: kind == TURN and not data.get("resume"), "the queued message's turn")

    def test_an_orderly_stop_keeps_the_question(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        client = self.client()
        self.assertEqual(client.attach(session)["state"], "awaiting_permission")
        self.answer(client, question, "deny")
        puppet = self.resumed()
        self.finish(puppet)
        client.idle(session)

    def test_what_was_allowed_and_had_not_begun_goes_on_by_itself(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question)
        puppet.event("question.answered")
        self.daemon.kill()
        self.daemon.start()
        puppet = self.resumed()
        puppet.started(message, 1)
        puppet.frame(GO)
        puppet.ended_call(message, 1)
        self.finish(puppet)
        client = self.client()
        client.attach(session)
        client.wait(lambda: client.request("session.info", session)["state"] == "idle", "the end of the turn")

    def test_what_was_denied_has_the_turn_go_on_though_the_daemon_died_then(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question, "deny")
        self.daemon.kill()
        self.daemon.start()
        puppet = self.resumed()
        client = self.client()
        snapshot = client.attach(session)
        self.assertEqual(snapshot["messages"][-1]["content"][1]["call"]["state"], "denied")
        self.assertIsNone(snapshot["error"], "nothing was lost")
        self.finish(puppet)
        client.idle(session)

    def test_what_ran_when_the_daemon_died_is_unknown_and_is_not_run_again(self):
        client = self.client()
        session, puppet, message, questions = self.waiting(client, calls=2)
        self.answer(client, questions[0])
        puppet.started(message, 1)
        puppet.frame(GO)  # so that is on disk
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        snapshot = client.attach(session)
        states = [block["call"]["state"] for block in snapshot["messages"][-1]["content"][1:]]
        self.assertEqual(states, ["unknown", "asked"])
        self.assertEqual(snapshot["state"], "awaiting_permission")
        self.assertEqual(snapshot["error"]["kind"], "agent")
        self.answer(client, questions[1], "deny")
        puppet = self.resumed()
        self.finish(puppet)
        client.idle(session)

    def test_a_turn_in_which_nothing_waits_ends_with_its_agent(self):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"), ("files__b", "{}"))
        puppet.step("running_tools")
        puppet.started(message, 1, tool="a")
        puppet.frame(GO)
        os.kill(puppet.pid, signal.SIGKILL)
        client.idle(session)
        snapshot = client.request("session.snapshot", session)
        calls = [block["call"] for block in snapshot["messages"][-1]["content"][1:]]
        self.assertEqual([call["state"] for call in calls], ["unknown", "cancelled"])
        self.assertIn("outcome is unknown", calls[0]["result"])
        self.assertIn("Killed", snapshot["error"]["text"])

    def test_a_question_outlives_its_agent(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        os.kill(puppet.pid, signal.SIGKILL)
        client.event("error.occurred", session)
        self.assertTrue(self.puppets.none())
        snapshot = client.request("session.snapshot", session)
        self.assertEqual((snapshot["state"], len(snapshot["questions"])), ("awaiting_permission", 1))
        self.answer(client, question)
        puppet = self.resumed()
        puppet.started(message, 1)
        puppet.frame(GO)
        puppet.ended_call(message, 1)
        self.finish(puppet)
        client.idle(session)

    def test_an_agent_that_crashes_each_time_it_resumes_is_given_up(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.answer(client, question)
        os.kill(puppet.pid, signal.SIGKILL)
        for _ in range(2):
            puppet = self.resumed()
            os.kill(puppet.pid, signal.SIGKILL)
        client.idle(session)
        self.assertEqual(self.call(client, session)["state"], "cancelled")
        self.assertTrue(self.puppets.none())

    def test_forms_and_servers_end_with_their_agent(self):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"))
        puppet.step("running_tools")
        puppet.fact("mcp.connected", server="files", protocol="2025-11-25", tools=1)
        puppet.started(message, 1, tool="a")
        puppet.frame(GO)
        form = new_id("q_")
        puppet.fact("question.asked", question={"id": form, "kind": "form", "message": message, "block": 1,
                                                "server": "files", "text": "which?", "fields": [], "asked": 1})
        client.event("question.asked", session)
        os.kill(puppet.pid, signal.SIGKILL)
        client.idle(session)
        client.event("question.answered", session, question=form, decision="cancel", cause="agent")
        client.event("mcp.disconnected", session, server="files", cause="agent")

    def test_a_form_is_answered_with_values(self):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"))
        puppet.step("running_tools")
        puppet.started(message, 1, tool="a")
        puppet.frame(GO)
        form = new_id("q_")
        puppet.fact("question.asked", question={"id": form, "kind": "form", "message": message, "block": 1,
                                                "server": "files", "text": "which?", "fields": [], "asked": 1})
        client.event("question.asked", session)
        self.assertEqual(self.refused(client, "question.answer", params={
            "question": form, "decision": "allow", "scope": "session"})["code"], "bad_request")
        self.answer(client, form, content={"name": "x"})
        self.assertEqual(puppet.event("question.answered")["data"]["content"], {"name": "x"})

    def test_an_interrupt_without_an_agent_ends_the_turn(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        client.on_disk()
        self.daemon.kill()
        self.daemon.start()
        client = self.client()
        client.attach(session)
        self.assertTrue(client.request("session.interrupt", session)["interrupted"])
        client.idle(session)
        client.event("question.answered", session, decision="cancel", cause="interrupted")
        self.assertEqual(self.call(client, session)["state"], "cancelled")

    def test_an_interrupt_crosses_what_the_agent_says(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client, calls=1)
        client.request("session.interrupt", session)
        puppet.frame(INTERRUPT)
        late = puppet.ask(message, 1)
        puppet.fact("question.answered", question=question, decision="cancel", cause="interrupted")
        puppet.fact("question.answered", question=late, decision="cancel", cause="interrupted")
        puppet.ended_call(message, 1, "interrupted", "cancelled")
        puppet.step("idle")
        client.idle(session)
        self.assertEqual(client.request("session.info", session)["agent"]["crashes"], 0)

    def test_steering_messages_enter_at_the_next_step(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        last = client.request("message.send", session, {"text": "last"})["message"]
        first = client.request("message.send", session, {"text": "first", "mode": "steer"})["message"]
        second = client.request("message.send", session, {"text": "second", "mode": "steer"})["message"]
        client.request("message.edit_queue", session, {"message": second, "text": "second, edited"})
        client.event("queue.changed", session)
        self.answer(client, question, "deny")
        puppet.step("thinking")
        event = puppet.event("state.changed", new="thinking", old="awaiting_permission")
        added = [data["data"]["message"] for kind, data in puppet.frames
                 if kind != FACT and data.get("type") == "message.added" and data["data"]["message"]["role"] == "user"]
        self.assertEqual([m["id"] for m in added][-2:], [first, second])
        self.assertEqual(added[-1]["content"][0]["text"], "second, edited")
        self.assertEqual([m["id"] for m in client.request("session.snapshot", session)["queue"]], [last])
        self.assertGreater(event["seq"], 0)
        self.assertEqual(self.refused(client, "message.edit_queue", session, {"message": first, "text": "x"})["code"],
                         "not_found")


class Compacting(PuppetTest):
    def test_a_session_is_compacted_when_asked(self):
        client = self.client()
        session, puppet = self.begin(client)
        puppet.reply()
        puppet.step("idle")
        client.idle(session)
        self.assertEqual(self.refused(client, "session.compact", session)["code"], "conflict")
        after = len(client.events)
        client.request("message.send", session, {"text": "more"})
        puppet.frame(TURN, after=puppet.at + 1)
        message = puppet.reply()
        self.assertEqual(self.refused(client, "session.compact", session)["code"], "conflict")
        puppet.step("idle")
        client.idle(session, after)
        client.request("session.compact", session)
        puppet.frame(COMPACT)
        puppet.fact("session.compacted", summary="they said hello", upto=message, tokens=12)
        puppet.step("idle")
        event = client.event("session.compacted", session)
        self.assertEqual(event["data"]["by"], client.request("server.hello")["user"])
        client.wait(lambda: client.request("session.info", session)["state"] == "idle", "idle")
        self.assertEqual(client.request("session.info", session)["compacted"]["upto"], message)


    def test_a_compaction_ends_with_its_agent(self):
        client = self.client()
        session, puppet = self.begin(client)
        puppet.reply()
        puppet.step("idle")
        client.idle(session)
        after = len(client.events)
        client.request("message.send", session, {"text": "more"})
        puppet.frame(TURN, after=puppet.at + 1)
        puppet.reply()
        puppet.step("idle")
        client.idle(session, after)
        after = len(client.events)
        client.request("session.compact", session)
        puppet.frame(COMPACT)
        os.kill(puppet.pid, signal.SIGKILL)
        client.idle(session, after)
        self.assertEqual(client.request("session.info", session)["error"]["kind"], "agent")
        self.assertIsNone(client.request("session.info", session)["compacted"])


class Deadlines(PuppetTest):
    config = CONFIG + "permission: {timeout: 400ms}\n"

    def test_nobody_answers_in_time(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        asked = client.event("question.asked", session)["data"]["question"]
        self.assertEqual(asked["deadline"] - asked["asked"], 400)
        event = client.event("question.answered", session, question=question)
        self.assertEqual((event["data"]["decision"], event["data"]["cause"]), ("deny", "deadline"))
        self.assertGreaterEqual(event["ts"] - asked["asked"], 400)
        ended = puppet.event("tool.ended", state="denied")
        self.assertIn("in time", ended["data"]["result"])
        self.assertEqual(self.refused(client, "question.answer", params={
            "question": question, "decision": "allow"})["code"], "conflict")

    def test_the_deadline_passes_while_the_daemon_is_down(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        client.on_disk()
        self.daemon.kill()
        self.daemon.start()
        puppet = self.puppets.next().ready()
        self.assertTrue(puppet.frame(TURN)["resume"])
        client = self.client()
        self.assertEqual(client.attach(session)["messages"][-1]["content"][1]["call"]["state"], "denied")


class Waiting(PuppetTest):
    config = CONFIG + "permission: {timeout: 200ms, on_timeout: wait}\n"

    def test_on_timeout_wait_sets_no_deadline(self):
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        self.assertNotIn("deadline", client.event("question.asked", session)["data"]["question"])


class StoreFails(PuppetTest):
    def test_no_call_begins_that_is_not_on_disk(self):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"))
        puppet.step("running_tools")
        client.event("state.changed", session, new="running_tools")
        hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (8192, hard))
        puppet.started(message, 1, tool="a")
        error = client.event("error.occurred", session)
        self.assertEqual(error["data"]["kind"], "store")
        self.assertFalse(puppet.has(GO))
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (hard, hard))
        puppet.frame(GO)
        puppet.ended_call(message, 1)
        self.finish(puppet)
        client.idle(session)


class Hook(PuppetTest):
    def hook(self, script):
        path = f"{self.place.folder}/it's a hook"
        with open(path, "w") as file:
            file.write(script)
        os.chmod(path, 0o700)
        self.place.write_config(CONFIG + "permission: {hook: \"'" + path.replace("'", "'\\\\''") + "' one 'two three'\"}\n")
        self.client().request("admin.reload")

    def test_it_gets_the_question(self):
        out = f"{self.place.folder}/seen"
        self.hook(f'#!/bin/sh\ncat > {out}.tmp\necho "$#:$2:$ANTHROPIC_API_KEY" >> {out}.tmp\nmv {out}.tmp {out}\n')
        client = self.client()
        session, puppet, message, (question,) = self.waiting(client)
        wait_for(lambda: os.path.exists(out), "the hook's file")
        with open(out) as file:
            text = file.read()
        seen, end = json.JSONDecoder().raw_decode(text)
        self.assertEqual(text[end:].strip(), "2:two three:")
        self.assertEqual((seen["event"], seen["session"], seen["question"]["id"]), ("question", session, question))

    def test_one_that_hangs_or_cannot_start_hinders_nobody(self):
        self.hook(f"#!/bin/sh\necho $$ > {self.place.folder}/pid\nexec sleep 1000\n")
        client = self.client()
        session, puppet, message, questions = self.waiting(client, calls=2)
        wait_for(lambda: os.path.exists(f"{self.place.folder}/pid"), "the hook's process")
        self.place.write_config(CONFIG + "permission: {hook: /nonexistent/hook}\n")
        client.request("admin.reload")
        for question in questions:
            self.answer(client, question)
        self.assertEqual(self.daemon.stop(), 0)


class BadQuestions(PuppetTest):
    """An agent that says what can't be is ended, and its session stays usable."""
    log_must_not = r"runtime error|Sanitizer|can't be folded"

    def check(self, say, running=False):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"), ("files__b", "{}"))
        puppet.step("running_tools")
        client.event("state.changed", session, new="running_tools")
        say(puppet, message)
        error = client.event("error.occurred", session)
        self.assertIn("protocol", error["data"]["text"])
        client.idle(session)
        puppet.wait_end()

    def test_a_call_runs_only_once(self):
        def say(puppet, message):
            puppet.started(message, 1)
            puppet.frame(GO)
            puppet.started(message, 1)
        self.check(say)

    def test_a_call_that_is_asked_about_does_not_begin(self):
        def say(puppet, message):
            puppet.ask(message, 1)
            puppet.started(message, 1)
        self.check_waits(say)

    def test_nor_does_it_end(self):
        def say(puppet, message):
            puppet.ask(message, 1)
            puppet.ended_call(message, 1, state="cancelled")
        self.check_waits(say)

    def test_an_agent_allows_nothing(self):
        def say(puppet, message):
            question = puppet.ask(message, 1)
            puppet.fact("question.answered", question=question, decision="allow", cause="agent")
        self.check_waits(say)

    def check_waits(self, say):
        client = self.client()
        session, puppet = self.begin(client)
        message = puppet.reply(("files__a", "{}"), ("files__b", "{}"))
        say(puppet, message)
        error = client.event("error.occurred", session)
        self.assertIn("protocol", error["data"]["text"])
        puppet.wait_end()
        snapshot = client.request("session.snapshot", session)
        self.assertEqual((snapshot["state"], len(snapshot["questions"])), ("awaiting_permission", 1))

    def test_no_result_without_a_beginning(self):
        self.check(lambda puppet, message: puppet.ended_call(message, 2))

    def test_no_question_about_what_is_not_there(self):
        self.check(lambda puppet, message: puppet.ask(message, 0))

    def test_no_thinking_while_calls_are_open(self):
        self.check(lambda puppet, message: puppet.step("thinking"))

    def test_no_answer_in_the_name_of_a_person(self):
        def say(puppet, message):
            puppet.fact("question.answered", question=new_id("q_"), decision="deny", cause="person")
        self.check(say)

    def test_no_rules_and_no_compaction_out_of_place(self):
        self.check(lambda puppet, message: puppet.fact("session.compacted", summary="x", upto=message))

    def test_calls_left_open_are_cancelled_when_the_turn_ends(self):
        client = self.client()
        session, puppet = self.begin(client)
        puppet.reply(("files__a", "{}"), ("files__b", "{}"))
        puppet.step("idle")
        client.idle(session)
        content = client.request("session.snapshot", session)["messages"][-1]["content"]
        self.assertEqual([block["call"]["state"] for block in content[1:]], ["cancelled", "cancelled"])

    def test_a_storm_of_facts_outside_of_a_turn_ends_the_agent(self):
        client = self.client()
        session, puppet = self.begin(client)
        puppet.reply()
        puppet.step("idle")
        client.idle(session)
        puppet.fact("mcp.connected", server="files", protocol="2025-11-25", tools=1)
        client.event("mcp.connected", session)
        for number in range(5000):
            puppet.fact("mcp.log", server="files", level="info", text=str(number))
        client.request("server.ping")
        self.assertFalse(puppet.ended, "what is not kept is dropped")
        try:
            for number in range(2000):
                puppet.fact("mcp.disconnected", server="files", cause="idle")
        except OSError:
            pass
        puppet.wait_end()
        self.assertEqual(client.request("session.info", session)["state"], "idle")


class Outside(PuppetTest):
    """What an agent says and asks while no turn runs."""

    def rest(self, client):
        session, puppet = self.begin(client)
        puppet.reply()
        puppet.step("idle")
        client.idle(session)
        return session, puppet

    def ask_daemon(self, puppet, op, **params):
        self.requests = getattr(self, "requests", 0) + 1
        puppet.send(REQUEST, {"id": str(self.requests), "op": op, **params})
        return puppet.wait(lambda kind, data: kind == REPLY and data["id"] == str(self.requests), "a reply")

    def test_a_pasted_address_goes_to_the_agent_and_into_no_event(self):
        client = self.client()
        session, puppet = self.rest(client)
        question = new_id("q_")
        puppet.fact("question.asked", question={"id": question, "kind": "authorize", "server": "web", "text": "open",
                                                "url": "https://auth.example/", "asked": 1})
        client.event("question.asked", session)
        for params in ({}, {"content": {"redirect": ""}}, {"content": {"code": "x"}}, {"content": {"redirect": 7}}):
            error = self.refused(client, "question.answer",
                                 params={"question": question, "decision": "allow", **params})
            self.assertEqual(error["code"], "bad_request")
        params = {"question": question, "decision": "allow", "content": {"redirect": "http://localhost/?code=SECRET"}}
        id = client.send("question.answer", params=params)
        asked = puppet.frame(REQUEST)
        self.assertEqual((asked["op"], asked["question"]), ("authorized", question))
        self.assertEqual(asked["redirect"], "http://localhost/?code=SECRET")
        puppet.send(REPLY, {"id": asked["id"], "error": {"code": "bad_request", "text": "of another attempt"}})
        with self.assertRaisesRegex(RequestError, "of another attempt"):
            client.reply(id)
        self.assertEqual(len(client.request("question.list")["questions"]), 1, "it can be tried again")
        id = client.send("question.answer", params=params)
        asked = puppet.frame(REQUEST, after=puppet.at + 1)
        puppet.send(REPLY, {"id": asked["id"], "ok": {}})
        self.assertEqual(client.reply(id)["session"], session)
        event = client.event("question.answered", session, question=question, decision="allow")
        self.assertNotIn("SECRET", json.dumps(event))
        self.assertNotIn("SECRET", json.dumps(puppet.event("question.answered", question=question)))
        with open(f"{self.place.folder}/stoad.log") as log:
            self.assertNotIn("SECRET", log.read())

    def test_an_agent_says_that_somebody_came_back_from_the_page(self):
        client = self.client()
        session, puppet = self.rest(client)
        question = new_id("q_")
        puppet.fact("question.asked", question={"id": question, "kind": "authorize", "server": "web", "text": "open",
                                                "url": "https://auth.example/", "asked": 1})
        puppet.fact("question.answered", question=question, decision="allow", cause="agent")
        client.event("question.answered", session, question=question, decision="allow")

    def test_questions_of_all_sessions_are_listed_and_those_of_deleted_ones_are_not(self):
        client = self.client()
        first, _, _, (one,) = self.waiting(client)
        second, _, _, (two,) = self.waiting(client)
        listed = client.request("question.list")["questions"]
        self.assertEqual({(q["id"], q["session"], q["title"]) for q in listed},
                         {(one, first, "on disk"), (two, second, "on disk")})
        client.request("session.delete", first)
        self.assertEqual([q["id"] for q in client.request("question.list")["questions"]], [two])
        self.assertEqual(self.refused(client, "question.answer",
                                      params={"question": one, "decision": "allow"})["code"], "not_found")

    def test_the_built_in_tools_answer(self):
        client = self.client()
        session, puppet = self.rest(client)
        client.request("session.rename", session, {"title": "the session"})
        other = self.session(client, title="another")
        info = json.loads(self.ask_daemon(puppet, "builtin", tool="get_session_info", arguments={})["ok"]["text"])
        self.assertEqual((info["session"], info["title"], info["messages"]), (session, "the session", 2))
        self.assertEqual(len(info["participants"]), 1)
        listed = json.loads(self.ask_daemon(puppet, "builtin", tool="list_sessions", arguments={})["ok"]["text"])
        self.assertEqual({row["session"]: row["title"] for row in listed}, {session: "the session", other: "another"})
        command = self.ask_daemon(puppet, "builtin", tool="get_attach_command", arguments={})["ok"]["text"]
        self.assertEqual(command, f"STOA_RUNTIME_DIR={self.place.folder}/run stoa attach {session}")
        self.assertEqual(self.ask_daemon(puppet, "builtin", tool="rm", arguments={})["error"]["code"], "not_found")
