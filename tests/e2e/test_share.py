"""Sharing: what each role may do in a session, that a role which is taken away ends at once, and calls that two persons allow."""
import time

from harness import program, stoa
from test_questions import CONFIG, PuppetTest
from puppet import GO, TURN, new_id


class SharedTest(PuppetTest):
    """Users are connections on the local socket that logged in with a token: self.user("ann")."""

    def setUp(self):
        super().setUp()
        self.admin = self.client()
        self.known = set()

    def user(self, name, **limits):
        """One more connection of that user's, who is made if need be."""
        if name not in self.known:
            self.admin.request("user.create", params={"user": name})
            self.known.add(name)
        secret = self.admin.request("token.issue", params={"user": name, **limits})["secret"]
        client = self.client()
        self.assertEqual(client.request("token.login", params={"token": secret})["user"], name)
        return client

    def share(self, owner, session, user, role):
        return owner.request("session.share", session, {"user": user, "role": role})

    def revoked(self, client, session, seconds=1):
        """Waits for the notice; returns why."""
        notice = client.wait(lambda: next((n for n in client.notices if n["notice"] == "revoked"
                                           and n["session"] == session), None), "the notice revoked", seconds)
        return notice["why"]

    def heard(self, client):
        """What has come of anything but answers, all of it taken in."""
        while client.take(0):
            pass
        return len(client.events) + len(client.notices)

    def ids(self, client, **params):
        return [row["id"] for row in client.request("session.list", params=params)["sessions"]]


class Roles(SharedTest):
    def test_each_role_may_do_what_it_may_and_a_stranger_learns_nothing(self):
        ann, bo, cy = self.user("ann"), self.user("bo"), self.user("cy")
        session = self.session(ann, title="Plan")
        writes = [("session.rename", {"title": "x"}), ("session.configure", {"temperature": 1}),
                  ("session.typing", {"typing": True}), ("message.edit_queue", {"remove": [new_id("m_")]})]
        owns = [("session.delete", {}), ("session.archive", {}), ("session.rewind", {"message": None}),
                ("session.share", {"user": "cy", "role": "viewer"}), ("session.ticket", {})]
        reads = [("session.snapshot", {}), ("session.info", {}), ("message.history", {}), ("session.who", {}),
                 ("mcp.servers", {})]
        for method, params in reads + writes + owns:
            self.assertEqual(self.refused(cy, method, session, params)["code"], "not_found", method)
        for role in ("viewer", "writer", "approver"):
            self.share(ann, session, "bo", role)
            bo.attach(session)
            for method, params in reads:
                bo.request(method, session, params)
            for method, params in writes:
                if role == "viewer":
                    self.assertEqual(self.refused(bo, method, session, params)["code"], "denied", (role, method))
                else:
                    bo.request(method, session, params)
            for method, params in owns:
                self.assertEqual(self.refused(bo, method, session, params)["code"], "denied", (role, method))
            may_approve = role == "approver"
            rule = {"effect": "deny", "pattern": f"x/{role}", "session": session}
            if may_approve:
                bo.request("rule.add", params=rule)
            else:
                self.assertEqual(self.refused(bo, "rule.add", params=rule)["code"], "denied")
            self.assertNotIn("attach", bo.request("session.info", session))
            self.assertEqual(bo.request("session.who", session)["role"], role)
        self.assertIn("attach", ann.request("session.info", session))
        self.assertEqual(self.refused(self.admin, "session.snapshot", session)["code"], "not_found", "an admin is nobody here")

    def test_a_command_is_no_way_around_a_role(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.share(ann, session, "bo", "viewer")
        for text in ("/title mine", "/share cy viewer", "/archive", "/system be mine", "/rules allow *"):
            self.assertEqual(self.refused(bo, "session.command", session, {"text": text})["code"], "denied", text)
        who = bo.request("session.command", session, {"text": "/who"})["text"]
        self.assertRegex(who, r"ann\s+owner")
        self.assertRegex(who, r"bo\s+viewer")
        self.assertEqual(bo.request("session.command", session, {"text": "/share"})["text"],
                         "only the owner, ann, invites others")
        said = ann.request("session.command", session, {"text": "/share bo writer"})["text"]
        self.assertEqual(said, "shared with bo as writer")

    def test_sharing_is_checked(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.assertEqual(self.refused(ann, "session.share", session, {"user": "nobody", "role": "viewer"})["code"], "not_found")
        self.assertEqual(self.refused(ann, "session.share", session, {"user": "ann", "role": "viewer"})["code"], "conflict")
        self.assertEqual(self.refused(ann, "session.unshare", session, {"user": "bo"})["code"], "not_found")
        self.assertEqual(self.refused(ann, "session.unshare", session, {"user": "ann"})["code"], "conflict")
        first = self.share(ann, session, "bo", "viewer")["seq"]
        self.assertEqual(self.share(ann, session, "bo", "viewer")["seq"], first, "it is so already")
        self.user("cy")
        self.share(ann, session, "cy", "viewer")
        self.assertEqual(self.refused(bo, "session.unshare", session, {"user": "cy"})["code"], "denied")

    def test_a_fork_is_its_makers_and_has_no_members(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.share(ann, session, "bo", "viewer")
        fork = bo.request("session.fork", session)["session"]
        who = bo.request("session.who", fork)
        self.assertEqual((who["owner"], who["members"]), ("bo", []))
        self.assertEqual(self.refused(ann, "session.info", fork)["code"], "not_found")

    def test_a_token_is_never_more_than_it_says(self):
        ann, _ = self.user("ann"), self.user("bo")
        session, other = self.session(ann), self.session(ann)
        narrow = self.user("ann", session=session, role="writer")
        self.assertEqual(self.ids(narrow), [session])
        self.assertEqual(narrow.request("session.list")["sessions"][0]["role"], "writer")
        self.assertEqual(self.refused(narrow, "session.info", other)["code"], "not_found")
        self.assertEqual(self.refused(narrow, "session.share", session, {"user": "bo", "role": "viewer"})["code"], "denied")
        for method, sid, params in (("session.create", None, {}), ("session.fork", session, {}),
                                    ("user.key_add", None, {"key": "A" * 43}), ("token.issue", None, {}),
                                    ("secret.set", None, {"name": "a", "value": "b"}),
                                    ("rule.add", None, {"effect": "allow", "pattern": "*"})):
            self.assertEqual(self.refused(narrow, method, sid, params)["code"], "denied", method)
        narrow.request("session.rename", session, {"title": "mine"})


class Revoking(SharedTest):
    def test_a_token_that_may_only_look_on_takes_nothing_back(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.share(ann, session, "bo", "writer")
        for role in ("viewer", "writer", "approver"):
            self.assertEqual(self.refused(self.user("bo", role=role), "session.unshare", session, {"user": "bo"})["code"], "denied")
        self.assertEqual(bo.request("session.who", session)["role"], "writer")
        self.user("bo", session=session).request("session.unshare", session, {"user": "bo"})
        self.assertEqual(ann.request("session.who", session)["members"], [])

    def test_who_is_taken_out_gets_the_notice_and_not_one_byte_more(self):
        ann, bo, listing = self.user("ann"), self.user("bo"), self.user("bo")
        session = self.session(ann)
        ann.attach(session)
        self.share(ann, session, "bo", "writer")
        bo.attach(session)
        listing.request("session.subscribe", params={"sessions": ["mine"]})
        ann.event("participant.joined", session)
        began = time.monotonic()
        ann.request("session.unshare", session, {"user": "bo"})
        self.assertEqual(self.revoked(bo, session), "unshared")
        self.assertEqual(self.revoked(listing, session), "unshared")
        self.assertLess(time.monotonic() - began, 1)
        ann.event("participant.left", session, why="revoked")
        before = self.heard(bo), self.heard(listing)
        ann.request("session.rename", session, {"title": "secret"})
        ann.request("session.share", session, {"user": self.admin.request("server.hello")["user"], "role": "viewer"})
        self.assertEqual(bo.request("server.ping")["heads"], {})
        self.assertEqual((self.heard(bo), self.heard(listing)), before)
        self.assertNotIn("session.unshared", [event["type"] for event in bo.events])
        for method in ("session.snapshot", "session.info", "message.history", "session.who"):
            self.assertEqual(self.refused(bo, method, session)["code"], "not_found")
        self.assertEqual(self.refused(bo, "session.subscribe", params={"sessions": [session]})["code"], "not_found")

    def test_an_answer_that_was_given_once_is_not_given_again(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.share(ann, session, "bo", "writer")
        ok = bo.request("session.rename", session, {"title": "mine"}, id="once")
        bo.replies.clear()
        self.assertEqual(bo.request("session.rename", session, {"title": "mine"}, id="once"), ok)
        ann.request("session.unshare", session, {"user": "bo"})
        bo.replies.clear()
        id = bo.send("session.rename", session, {"title": "mine"}, id="once")
        reply = bo.wait(lambda: bo.replies.get(id), "a reply")[0]
        self.assertEqual(reply["error"]["code"], "not_found")

    def test_one_may_leave(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        ann.attach(session)
        self.share(ann, session, "bo", "viewer")
        bo.attach(session)
        bo.request("session.unshare", session, {"user": "bo"}, id="leave")
        self.assertEqual(self.revoked(bo, session), "left")
        ann.event("session.unshared", session, user="bo", by="bo", reason="left")
        bo.replies.clear()
        bo.request("session.unshare", session, {"user": "bo"}, id="leave")
        self.assertEqual(self.ids(bo), [])

    def test_who_may_only_watch_from_now_on_types_no_more(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        ann.attach(session)
        self.share(ann, session, "bo", "writer")
        bo.attach(session)
        bo.request("session.typing", session, {"typing": True})
        ann.event("participant.typing", session, typing=True)
        self.share(ann, session, "bo", "viewer")
        ann.event("participant.typing", session, typing=False)
        self.assertEqual(self.refused(bo, "session.typing", session, {"typing": True})["code"], "denied")
        bo.event("session.shared", session, user="bo", role="viewer")

    def test_rules_end_with_their_makers_word(self):
        ann, bo, cy = self.user("ann"), self.user("bo"), self.user("cy")
        session = self.session(ann)
        ann.attach(session)
        for name in ("bo", "cy"):
            self.share(ann, session, name, "approver")
        mine = ann.request("rule.add", params={"effect": "deny", "pattern": "files/x", "session": session})["rule"]
        bos = bo.request("rule.add", params={"effect": "allow", "pattern": "files/y", "session": session})["rule"]
        cys = cy.request("rule.add", params={"effect": "allow", "pattern": "files/z", "session": session})["rule"]
        over = {"effect": "allow", "pattern": "files/x", "session": session}
        self.assertEqual(self.refused(bo, "rule.add", params=over)["code"], "conflict", "ann said no")
        for rule in (mine, cys):
            self.assertEqual(self.refused(bo, "rule.remove", params={"rule": rule, "session": session})["code"], "denied")
        self.share(ann, session, "bo", "writer")
        ann.event("rule.removed", session, rule=bos)
        self.admin.request("user.update", params={"user": "cy", "disabled": True})
        ann.event("rule.removed", session, rule=cys)
        self.assertEqual([rule["id"] for rule in ann.request("session.snapshot", session)["rules"]], [mine])

    def test_a_user_who_is_gone_leaves_no_share_to_the_next_of_that_name(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.share(ann, session, "bo", "approver")
        self.daemon.stop()
        self.daemon.start()
        self.admin.request("user.delete", params={"user": "bo"})
        self.known.remove("bo")
        again = self.user("bo")
        self.assertEqual(self.ids(again), [])
        self.assertEqual(self.refused(again, "session.info", session)["code"], "not_found")
        ann = self.user("ann")
        self.assertEqual(ann.request("session.who", session)["members"], [])
        _ = bo


    def test_forks_that_wait_are_not_made_for_one_who_is_gone_meanwhile(self):
        ann = self.user("ann")
        session = self.session(ann)
        asked = [ann.send("session.fork", session) for _ in range(60)]
        ann.request("server.ping")  # all of them have come
        self.admin.request("user.delete", params={"user": "ann"})
        self.known.remove("ann")
        again = self.user("ann")
        of_another = self.session(again)
        again.request("session.rename", of_another, {"title": "behind all commits"})
        self.assertLess(len([id for id in asked if id in ann.replies]), 60, "none waited any more")
        self.assertEqual(self.ids(again), [of_another], "the next of that name has what another began")


class Lists(SharedTest):
    def test_lists_and_searches_have_what_is_shared_and_whose_it_is(self):
        ann, bo = self.user("ann"), self.user("bo")
        theirs = [self.session(ann, title=f"ann {n}") for n in range(3)]
        own = self.session(bo, title="own")
        for n in (0, 2):
            self.share(ann, theirs[n], "bo", "viewer")
        ann.request("session.rename", theirs[1], {"title": "ann alone"})
        rows = {row["id"]: row for row in bo.request("session.list")["sessions"]}
        self.assertEqual(set(rows), {own, theirs[0], theirs[2]})
        self.assertEqual((rows[own]["owner"], rows[own]["role"]), ("bo", "owner"))
        self.assertEqual((rows[theirs[0]]["owner"], rows[theirs[0]]["role"]), ("ann", "viewer"))
        paged, before = [], None
        while True:
            page = bo.request("session.list", params={"limit": 1, **({"before": before} if before else {})})
            paged += [row["id"] for row in page["sessions"]]
            before = page.get("next")
            if not before:
                break
        self.assertEqual(paged, self.ids(bo))
        self.daemon.stop()
        self.daemon.start()
        bo = self.user("bo")
        self.assertEqual(set(self.ids(bo)), {own, theirs[0], theirs[2]}, "also from the disk")

    def test_a_search_finds_nothing_of_what_is_not_shared_any_more(self):
        ann, bo = self.user("ann"), self.user("bo")
        session, puppet = self.begin(ann, "a needle in here")
        puppet.reply(text="found")
        puppet.step("idle")
        ann.idle(session)
        search = {"text": "needle"}
        self.assertEqual(bo.request("message.search", params=search)["hits"], [])
        self.share(ann, session, "bo", "viewer")
        (hit,) = bo.request("message.search", params=search)["hits"]
        self.assertEqual((hit["session"], hit["owner"]), (session, "ann"))
        ann.request("session.unshare", session, {"user": "bo"})
        self.assertEqual(bo.request("message.search", params=search)["hits"], [])

    def test_who_lists_hears_of_a_share_and_of_what_happens_there(self):
        ann, bo, cy = self.user("ann"), self.user("bo"), self.user("cy")
        for client in (bo, cy):
            client.request("session.subscribe", params={"sessions": ["mine"]})
        session = self.session(ann)
        self.share(ann, session, "bo", "viewer")
        bo.event("session.shared", session, user="bo", role="viewer")
        ann.request("session.rename", session, {"title": "Plan"})
        bo.event("session.updated", session, title="Plan")
        self.assertEqual(self.heard(cy), 0)

    def test_the_command_line_shares_and_says_whose_a_session_is(self):
        self.user("bo")
        mine = self.client()
        session = self.session(mine, title="Plan")
        stoa(self.place, "share", session, "bo", "writer")
        self.assertRegex(stoa(self.place, "who", session).stdout, r"(?m)^bo\s+writer$")
        bo = self.user("bo")
        theirs = self.session(bo, title="of bo")
        self.share(bo, theirs, mine.request("server.hello")["user"], "viewer")
        self.assertRegex(stoa(self.place, "ls").stdout, r"of bo  \(bo's, viewer\)")
        stoa(self.place, "unshare", session, "bo")
        self.assertNotIn("bo", stoa(self.place, "who", session).stdout)
        wrong = stoa(self.place, "share", session, "bo", "king", check=False)
        self.assertEqual(wrong.returncode, 64, wrong.stderr)


class Answers(SharedTest):
    def test_only_approvers_answer_and_their_rules_are_the_sessions(self):
        ann, bo = self.user("ann"), self.user("bo")
        session, puppet, message, (question, second) = self.waiting(ann, calls=2)
        self.assertEqual(bo.request("question.list")["questions"], [])
        self.assertEqual(self.refused(bo, "question.answer", params={"question": question, "decision": "deny"})["code"],
                         "not_found")
        self.share(ann, session, "bo", "writer")
        (row, _) = bo.request("question.list")["questions"]
        self.assertEqual((row["owner"], row["role"], row["may_answer"]), ("ann", "writer", False))
        self.assertEqual(self.refused(bo, "question.answer", params={"question": question, "decision": "deny"})["code"],
                         "denied")
        self.share(ann, session, "bo", "approver")
        self.assertTrue(bo.request("question.list")["questions"][0]["may_answer"])
        refusal = self.refused(bo, "question.answer", params={"question": question, "decision": "allow", "scope": "user"})
        self.assertEqual(refusal["code"], "denied")
        self.assertIn("give scope session or once", refusal["text"])
        self.answer(bo, question, "allow", scope="session")
        ann.event("rule.added", session)
        error = self.refused(ann, "question.answer", params={"question": question, "decision": "deny"})
        self.assertEqual(error["detail"]["by"], "bo")
        bo_again = self.refused(bo, "question.answer", params={"question": question, "decision": "deny"})
        self.assertEqual(bo_again["code"], "conflict", "members are told who was first, too")
        _ = puppet, message, second

    def test_a_token_for_less_makes_no_rule_that_outlasts_it(self):
        ann = self.user("ann")
        session, puppet, message, (question,) = self.waiting(ann)
        for less in (self.user("ann", role="approver"), self.user("ann", session=session)):
            refusal = self.refused(less, "question.answer", params={"question": question, "decision": "allow", "scope": "user"})
            self.assertEqual(refusal["code"], "denied")
            self.assertIn("this token makes no rules for all sessions", refusal["text"])
        self.assertEqual([rule for rule in ann.request("rule.list")["rules"] if rule["origin"] == "user"], [])
        self.answer(less, question)
        _ = puppet, message

    def test_nobody_speaks_in_anothers_name(self):
        ann, bo = self.user("ann"), self.user("bo")
        session, puppet, message, questions = self.waiting(ann)
        self.share(ann, session, "bo", "writer")
        waits = ann.request("message.send", session, {"text": "mine"})["message"]
        refusal = self.refused(bo, "message.edit_queue", session, {"message": waits, "text": "let bo in"})
        self.assertEqual(refusal["code"], "denied")
        self.assertIn("the message is ann's, who alone changes it", refusal["text"])
        ann.request("message.edit_queue", session, {"message": waits, "text": "mine, better"})
        self.assertEqual(bo.request("message.edit_queue", session, {"remove": [waits]})["removed"], [waits])
        _ = puppet, message, questions

    def test_a_connection_that_becomes_anothers_is_seen_as_that(self):
        ann, bo = self.user("ann"), self.user("bo")
        session = self.session(ann)
        self.share(ann, session, "bo", "writer")
        bo.attach(session)
        ann.attach(session)
        ann.request("lend.offer", session, {"server": "notes"})
        bo.event("tools.lent", session)
        secret = self.admin.request("token.issue", params={"user": "bo"})["secret"]
        self.assertEqual(ann.request("token.login", params={"token": secret})["user"], "bo")
        bo.event("tools.returned", session, server="notes", why="revoked")
        who = bo.request("session.who", session)
        self.assertEqual([one["user"] for one in who["participants"]], ["bo", "bo"])
        self.assertEqual(bo.request("session.snapshot", session)["lent"], [])

    def test_nobody_allows_what_they_may_not_use(self):
        ann, bo = self.user("ann"), self.user("bo")
        session, puppet, message, (question,) = self.waiting(ann)
        self.share(ann, session, "bo", "approver")
        self.admin.request("user.update", params={"user": "bo", "settings": {"servers": ["git*"]}})
        self.assertEqual(self.refused(bo, "question.answer", params={"question": question, "decision": "allow"})["code"],
                         "denied")
        self.assertFalse(bo.request("question.list")["questions"][0]["may_answer"])
        for pattern in ("files/*", "*", "f*/x"):
            rule = {"effect": "allow", "pattern": pattern, "session": session}
            self.assertEqual(self.refused(bo, "rule.add", params=rule)["code"], "denied", pattern)
        self.answer(bo, question, "deny")
        _ = puppet, message


class Screens(SharedTest):
    """Root's own terminal is the local user's; what it looks at is ann's."""
    config = CONFIG + "permission: {two_person: git/push}\n"

    def look(self, session, title):
        terminal = self.terminal(f"{program('stoa')} attach {session}", 110)
        terminal.wait(title)
        return terminal

    def test_a_viewer_watches_and_keeps_the_draft(self):
        ann = self.user("ann")
        me = self.admin.request("server.hello")["user"]
        session = self.session(ann, title="Plan of ann")
        ann.attach(session)
        self.share(ann, session, me, "viewer")
        terminal = self.look(session, "Plan of ann")
        terminal.wait("you can only watch this session")
        terminal.wait(r"ann +owner")
        terminal.type("my draft")
        terminal.keys("Enter")
        terminal.wait("not sent: ann shares this session with you as viewer")
        terminal.wait("my draft")
        ann.request("session.unshare", session, {"user": me})
        terminal.wait("it is not shared with you any more")
        self.assertNotIn("Plan of ann", terminal.screen())

    def test_who_does_not_answer_is_told_whose_answer_it_needs(self):
        ann = self.user("ann")
        me = self.admin.request("server.hello")["user"]
        session, puppet = self.begin(ann, title="Plan of ann")
        message = puppet.reply(("git__push", "{}"))
        question = puppet.ask(message, 1, server="git", tool="push")
        puppet.step("awaiting_permission")
        ann.event("question.asked", session)
        self.share(ann, session, me, "viewer")
        terminal = self.look(session, "Plan of ann")
        terminal.wait("two persons must allow it approvers answer this, you are a viewer")
        self.share(ann, session, me, "approver")
        terminal.wait(r"two persons must allow it .*once.*no")
        self.assertNotIn("always", terminal.screen())
        self.answer(ann, question)
        terminal.wait("ann approved; a second person is needed")
        terminal.settle(0.5)  # longer than keys mean nothing to the panel
        terminal.keys("y")
        ann.event("question.answered", session, question=question, decision="allow", by=me)

    def test_a_share_comes_into_the_list_with_its_title(self):
        ann = self.user("ann")
        me = self.admin.request("server.hello")["user"]
        own = self.session(self.admin, title="Own one")
        session = self.session(ann, title="Plan of ann")
        terminal = self.look(own, "Own one")
        self.share(ann, session, me, "writer")
        terminal.wait("Plan of ann")


class TwoPersons(SharedTest):
    config = CONFIG + "permission:\n  two_person: 'files/write_*(path=/tmp/*); git/push'\n"

    def shared(self):
        ann, bo = self.user("ann"), self.user("bo")
        session, puppet, message, (question,) = self.waiting(ann)
        self.share(ann, session, "bo", "approver")
        bo.attach(session)
        return ann, bo, session, puppet, message, question

    def test_who_allows_first_is_told_that_it_takes_another(self):
        ann, _, session, _, _, question = self.shared()
        self.share(ann, session, self.admin.request("server.hello")["user"], "approver")
        self.assertEqual(stoa(self.place, "allow", question).stderr, "stoa: you approved; a second person is needed\n")

    def test_a_second_person_must_allow_what_the_first_has(self):
        ann, bo, session, puppet, message, question = self.shared()
        asked = ann.request("session.snapshot", session)["questions"][0]
        self.assertTrue(asked["two_person"])
        for scope in ("session", "user"):
            refusal = self.refused(ann, "question.answer", params={"question": question, "decision": "allow", "scope": scope})
            self.assertEqual(refusal["code"], "bad_request")
        changed = {"question": question, "decision": "allow", "content": {"arguments": {"path": "/etc"}}}
        self.assertEqual(self.refused(ann, "question.answer", params=changed)["code"], "bad_request")
        self.answer(ann, question)
        bo.event("question.approved", session, question=question, by="ann")
        again = self.refused(ann, "question.answer", params={"question": question, "decision": "allow"})
        self.assertEqual(again["code"], "conflict")
        self.assertIn("second person", again["text"])
        self.assertEqual(bo.request("question.list")["questions"][0]["approved_by"], "ann")
        self.answer(bo, question)
        ann.event("question.answered", session, question=question, decision="allow", by="bo")
        call = self.call(ann, session)
        self.assertEqual((call["first"], call["by"]), ("ann", "bo"))
        puppet.step("running_tools")
        puppet.started(message, 1)
        self.assertEqual(puppet.frame(GO), {"message": message, "block": 1})

    def test_any_deny_is_final(self):
        ann, bo, session, puppet, message, question = self.shared()
        self.answer(ann, question)
        self.answer(bo, question, "deny")
        puppet.event("tool.ended", message=message, block=1, state="denied")
        self.assertEqual(self.call(ann, session)["state"], "denied")

    def test_an_approval_survives_a_restart(self):
        ann, bo, session, puppet, message, question = self.shared()
        self.answer(ann, question)
        self.daemon.kill()
        self.daemon.start()
        ann, bo = self.user("ann"), self.user("bo")
        self.assertEqual(ann.request("question.list")["questions"][0]["approved_by"], "ann")
        self.assertEqual(self.refused(ann, "question.answer", params={"question": question, "decision": "allow"})["code"],
                         "conflict")
        self.answer(bo, question)
        puppet = self.puppets.next().ready()
        puppet.frame(TURN)
        puppet.step("running_tools")
        puppet.started(message, 1)
        puppet.frame(GO)

    def test_the_word_of_one_who_may_not_any_more_counts_no_more(self):
        ann, bo, session, puppet, message, question = self.shared()
        self.answer(bo, question)
        self.share(ann, session, "bo", "writer")
        self.answer(ann, question)
        bo.event("question.approved", session, question=question, by="ann")
        self.assertEqual(self.call(ann, session)["state"], "asked", "one person's word")
        self.share(ann, session, "bo", "approver")
        self.answer(bo, question)
        self.assertEqual(self.call(ann, session)["state"], "allowed")
        _ = puppet, message

    def test_a_second_self_is_no_second_person(self):
        ann, bo, session, puppet, message, question = self.shared()
        cy = self.user("cy")
        self.share(ann, session, "cy", "approver")
        for guest in ("bo", "cy"):  # as tickets leave it
            self.admin.request("user.update", params={"user": guest, "settings": {"let_in_by": "ann"}})
        allow = {"question": question, "decision": "allow"}
        self.answer(bo, question)
        for second in (ann, cy):
            refusal = self.refused(second, "question.answer", params=allow)
            self.assertEqual(refusal["code"], "conflict")
            self.assertIn("bo has allowed it already, and may be you, by tickets of ann's", refusal["text"])
            self.assertFalse(second.request("question.list")["questions"][0]["may_answer"])
        stoa(self.place, "user", "set", "cy", "--vouched")
        self.answer(cy, question)
        call = self.call(ann, session)
        self.assertEqual((call["state"], call["first"], call["by"]), ("allowed", "bo", "cy"))
        _ = puppet, message

    def test_no_rule_and_no_agent_goes_around_it(self):
        ann = self.user("ann")
        session, puppet = self.begin(ann)
        ann.request("rule.add", params={"effect": "allow", "pattern": "*", "session": session})
        message = puppet.reply(("files__write_file", '{"path": "/tmp/a"}'), ("files__write_file", '{"path": "/home/a"}'))
        puppet.step("running_tools")
        puppet.started(message, 1)
        puppet.event("tool.ended", message=message, block=1, state="cancelled")
        puppet.started(message, 2)
        self.assertEqual(puppet.frame(GO), {"message": message, "block": 2})
        error = self.refused(ann, "mcp.call", session, {"server": "git", "tool": "push"})
        self.assertEqual(error["code"], "denied")
        self.assertIn("two persons", error["text"])

    def test_changed_arguments_that_take_two_are_refused(self):
        ann = self.user("ann")
        session, puppet = self.begin(ann)
        message = puppet.reply(("files__write_file", '{"path": "/home/a"}'))
        question = puppet.ask(message, 1)
        puppet.step("awaiting_permission")
        ann.event("question.asked", session)
        params = {"question": question, "decision": "allow", "content": {"arguments": {"path": "/tmp/../tmp/a"}}}
        self.assertEqual(self.refused(ann, "question.answer", params=params)["code"], "denied")
        self.answer(ann, question)

    def test_a_bad_pattern_is_said_with_its_line(self):
        self.daemon.stop()
        self.place.write_config(CONFIG + "permission:\n  two_person: 'files/x; nonsense'\n")
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(timeout=10), 78)
        self.assertRegex(self.daemon.log_text(), r"config.yaml:\d+: option 'permission.two_person': \"nonsense\" is no pattern")


if __name__ == "__main__":
    import unittest

    unittest.main()
