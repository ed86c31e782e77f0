"""What people who share a daemon are told: by programs that are typed as a newcomer would type them."""
import json
import os
import re

from harness import Place, Terminal, program, stoa
from remote import RemoteTest, key_text, new_keys, write_keys


class SeveralPeople(RemoteTest):
    def setUp(self):
        super().setUp()
        self.admin = self.client()
        self.bo = Place()
        self.addCleanup(self.bo.remove)
        self.bo.env.update(TERM="xterm-256color", STOA_DAEMON="den")
        self.keys = new_keys()
        self.admin.request("user.create", params={"user": "bo", "key": self.keys.text})
        os.makedirs(f"{self.bo.folder}/cfg/stoa")
        write_keys(f"{self.bo.folder}/cfg/stoa/client.key", self.keys)
        stoa(self.bo, "daemon", "add", "den", self.address, key_text(self.server))
        self.owner = self.admin.request("server.hello", params={"kind": "api", "version": "t"})["user"]

    def fails(self, code, pattern, *args, place=None, **more):
        done = stoa(place or self.bo, *args, check=False, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)
        return done

    def test_a_question_makes_no_session(self):
        # given a user without any session, when they ask who is there, then none is made for that
        self.fails(1, "there is no session yet", "who")
        self.assertEqual(stoa(self.bo, "--json", "ls").stdout, "")

    def test_a_member_learns_that_the_daemon_is_well(self):
        self.assertRegex(stoa(self.bo, "health").stdout, "^ok: stoad .* answers; its counters are for admins\n$")
        self.assertIn("epoch", json.loads(stoa(self.bo, "--json", "health").stdout))

    def test_doctor_never_judges_another_hosts_daemon(self):
        done = self.fails(64, "own daemon alone, not on 'den'; it is: stoa -d local doctor", "doctor")
        self.assertNotIn("kill", done.stdout + done.stderr)
        # a daemon that answers, but not to this token, hangs not
        token = stoa(self.place, "token", "issue", "--role", "viewer").stdout.strip()
        self.place.env["STOA_TOKEN"] = token
        done = stoa(self.place, "doctor", "daemon")
        self.assertIn("a daemon runs and answers", done.stdout)
        self.assertNotIn("kill", done.stdout)

    def test_what_another_host_needs_to_know_is_shown(self):
        # given the line that the daemon's own host shows, when it is typed elsewhere, then the daemon is known there
        shown = stoa(self.place, "daemon", "show").stdout
        line = re.search(r"On another host: stoa (daemon add NAME (tcp://\S+) (\S{43}))\n", shown)
        self.assertEqual((line[2], line[3]), (self.address, key_text(self.server)))
        stoa(self.bo, "daemon", "rm", "den")
        stoa(self.bo, *line[1].replace("NAME", "den").split())
        self.assertEqual(stoa(self.bo, "ls").returncode, 0)
        self.fails(1, "needs the role admin", "daemon", "show")

    def test_who_may_not_is_told_what_they_are(self):
        session = self.session(self.admin)
        self.admin.request("session.share", session, {"user": "bo", "role": "viewer"})
        self.fails(1, "message.send needs the role writer in this session; yours is viewer", "send", "-s", session, "hi")

    def test_a_key_that_is_none_is_told_from_a_key(self):
        self.fails(64, "a key is 43 letters, digits, - and _, as stoa key shows it; not 'short'", "user", "key", "add", "bo", "short",
                   place=self.place)
        self.assertIn("stoa user key add cy KEY", stoa(self.place, "user", "add", "cy").stdout)

    def test_a_link_that_the_shell_has_cut_is_said_to_need_quotes(self):
        link = stoa(self.place, "ticket", self.session(self.admin)).stdout.strip()
        self.fails(64, r"no ticket \(t=\); was all of it copied\? In a shell it needs quotes", "join", link.split("&")[0])

    def test_a_token_of_fewer_rights_learns_of_no_others(self):
        session = self.session(self.admin)
        self.admin.request("session.share", session, {"user": "bo", "role": "writer"})
        token = stoa(self.bo, "token", "issue", "--session", session).stdout.strip()
        self.assertRegex(stoa(self.bo, "token").stdout, r"\bbo +all\b")
        self.bo.env["STOA_TOKEN"] = token
        self.fails(1, "tokens are for their user", "token")

    def test_send_says_that_a_budget_comes_to_its_end(self):
        stoa(self.place, "user", "set", "bo", "--quota", "tokens_day=100")
        session = stoa(self.bo, "new").stdout.strip()
        for _ in range(10):
            done = stoa(self.bo, "send", "-s", session, "/demo chunks=20 rate=0", check=False)
            if done.stderr:
                break
        self.assertRegex(done.stderr, "bo has used [0-9]+ of 100 tokens of today's budget")

    def test_a_role_that_changes_is_said_on_the_screen_of_whom_it_is_for(self):
        session = self.session(self.admin, title="shared")
        self.admin.request("session.share", session, {"user": "bo", "role": "viewer"})
        screen = Terminal(self.bo, f"{program('stoa')} attach {session}")
        self.addCleanup(screen.close)
        screen.wait("you  viewer")
        self.admin.request("session.share", session, {"user": "bo", "role": "approver"})
        screen.wait(f"{self.owner} made you approver here")
        screen.wait("you  approver")
        # and in one that is not looked at
        other = self.session(self.admin, title="another")
        self.admin.request("session.share", other, {"user": "bo", "role": "writer"})
        screen.wait(f"{self.owner} shares a session with you as writer")
        # line by line, too
        self.bo.env.pop("STOA_DAEMON")
        plain = Terminal(self.bo, f"{program('stoa')} -d den --plain attach {session}")
        self.addCleanup(plain.close)
        plain.wait("session \"shared\"")
        self.admin.request("session.share", session, {"user": "bo", "role": "writer"})
        plain.wait(rf"\* bo is writer now, by {self.owner}")
