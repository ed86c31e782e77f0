"""Terminals on other hosts: keys, known daemons, tickets, pairing and tokens, as people use them."""
import json
import os
import re
import socket
import stat
import subprocess
import threading

from harness import PATIENCE, Place, RequestError, StoaTest, Terminal, program, stoa, wait_for
from remote import RemoteTest, key_text, new_keys


def cmdline(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().decode()


class Elsewhere:
    """For tests with terminals of somebody else: a Place with an own home, where no daemon runs."""

    def elsewhere(self):
        place = Place()
        self.addCleanup(place.remove)
        place.env["TERM"] = "xterm-256color"
        return place

    def fails(self, place, code, pattern, *args, **more):
        done = stoa(place, *args, check=False, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(done.stdout, "")
        return done


class Keys(Elsewhere, StoaTest):
    autostart = False

    def test_a_key_is_made_once_and_kept_private(self):
        bo = self.elsewhere()
        path = f"{bo.folder}/cfg/stoa/client.key"
        self.fails(bo, 1, "keygen", "key")
        made = stoa(bo, "keygen").stdout
        self.assertRegex(made, r"key +[A-Za-z0-9_-]{43}\n")
        self.assertRegex(made, r"fingerprint +stoa:\S{22}\nwords +(\w+-){5}\w+\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path) as file:
            before = file.read()
        self.assertNotIn(before.split()[2], made)
        self.fails(bo, 1, "never replaced", "keygen")
        with open(path) as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(stoa(bo, "key").stdout, made)
        self.assertEqual(json.loads(stoa(bo, "--json", "key").stdout)["key"], before.split()[1])
        self.assertEqual(os.listdir(os.path.dirname(path)), ["client.key"])
        os.chmod(path, 0o644)
        self.fails(bo, 77, "chmod 600", "key")

    def test_known_daemons(self):
        bo = self.elsewhere()
        key, other = new_keys().text, new_keys().text
        self.assertIn("no other daemon", stoa(bo, "daemon").stdout)
        stoa(bo, "daemon", "add", "lab", "tcp://lab.example:7117", key)
        self.assertIn("lab.example:7117", stoa(bo, "daemon", "ls").stdout)
        self.assertIn(key, stoa(bo, "daemon", "show", "lab").stdout)
        done = self.fails(bo, 1, "NOT THE KEY", "daemon", "add", "lab", "tcp://lab.example:7117", other)
        self.assertEqual(len(re.findall(r"stoa:\S{22}", done.stderr)), 2)
        self.assertIn("stoa daemon rm lab", done.stderr)
        self.fails(bo, 1, "NOT THE KEY", "daemon", "add", "new", "tcp://lab.example:7117", other)
        self.fails(bo, 64, "43", "daemon", "add", "x", "tcp://x:1", "short")
        self.fails(bo, 64, "NAME", "daemon", "add", "x")
        self.fails(bo, 64, "no daemon is called 'nobody'", "-d", "nobody", "ls")
        self.fails(bo, 64, "key of tcp://h:1 is not known", "-d", "tcp://h:1", "ls")
        self.fails(bo, 64, "own daemon", "-d", "lab", "backup", "x")
        stoa(bo, "daemon", "rm", "lab")
        stoa(bo, "daemon", "add", "lab", "tcp://lab.example:7117", other)


class Unreached(Elsewhere, StoaTest):
    """What answers is no daemon, or nothing does."""
    autostart = False

    def setUp(self):
        super().setUp()
        self.bo = self.elsewhere()
        self.listener = self.keep(socket.create_server(("127.0.0.1", 0)))
        self.port = self.listener.getsockname()[1]
        stoa(self.bo, "daemon", "add", "lab", f"tcp://127.0.0.1:{self.port}", new_keys().text)

    def test_nobody_listens(self):
        self.listener.close()
        done = self.fails(self.bo, 69, rf"lab \(tcp://127.0.0.1:{self.port}\) can't be reached: Connection refused", "-d", "lab", "ls")
        self.assertIn("a key was made", done.stderr)
        done = self.fails(self.bo, 69, "can't be reached", "-d", f"tcp://127.0.0.1:{self.port}", "ls")
        self.assertNotIn("a key was made", done.stderr)

    def test_a_name_that_does_not_resolve(self):
        stoa(self.bo, "daemon", "add", "none", "tcp://none.invalid:1", new_keys().text)
        self.fails(self.bo, 69, r"none \(tcp://none.invalid:1\) can't be reached: the name 'none.invalid'", "-d", "none", "ls")

    def test_who_listens_says_nothing(self):
        self.fails(self.bo, 69, "lab .*says nothing", "-d", "lab", "ls")

    def test_who_listens_is_no_daemon(self):
        def hang_up():
            while True:
                try:
                    self.listener.accept()[0].close()
                except OSError:
                    return
        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        self.fails(self.bo, 1, "DOES NOT PROVE", "-d", "lab", "ls")


class Joining(Elsewhere, RemoteTest):
    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as free:  # one that a second start has, too
            self.listen = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        super().setUp()
        self.bo = self.elsewhere()
        self.admin = self.client()

    def link(self, session, *options):
        return stoa(self.place, "ticket", session, *options).stdout.strip()

    def joined(self, session, *options):
        """bo has come in by a ticket; returns the name that the daemon has there."""
        line = json.loads(stoa(self.bo, "--json", "join", self.link(session, *options), "--as", "bo").stdout)
        self.assertEqual(line["session"], session)
        return line["daemon"]

    def known(self, key=None):
        """The daemon's name at bo's, added by hand."""
        stoa(self.bo, "daemon", "add", "lab", self.address, key or key_text(self.server))
        return "lab"

    def test_a_link_lets_a_terminal_in_and_makes_the_daemon_known(self):
        session = self.session(self.admin, title="shared")
        link = self.link(session, "--role", "writer")
        self.assertRegex(link, rf"^stoa://[^/]+/{session}#k={re.escape(key_text(self.server))}&t=[A-Za-z0-9_-]+(&r=writer)?$")
        done = stoa(self.bo, "join", "-", "--as", "bo", input=link + "\n")
        self.assertEqual(done.stdout.strip(), session)
        self.assertRegex(done.stderr, r"joined \S+ \(tcp://\S+\) as bo, writer")
        known = f"{self.bo.folder}/cfg/stoa/known_daemons"
        self.assertEqual(stat.S_IMODE(os.stat(known).st_mode), 0o600)
        with open(known) as file:
            name = file.read().split()[0]
        self.assertIn("shared", stoa(self.bo, "-d", name, "ls").stdout)
        self.bo.env["STOA_DAEMON"] = name
        self.assertIn("hello", stoa(self.bo, "send", "-s", session, "/demo say hello").stdout)
        self.assertIn("hello", stoa(self.place, "show", session).stdout)
        self.fails(self.bo, 69, "no daemon runs", "-d", "local", "ls")
        self.assertIn("stoad", stoa(self.bo, "version").stdout)
        # the same link again: it is used up for others
        cy = self.elsewhere()
        self.assertNotEqual(stoa(cy, "join", link, "--as", "cy", check=False).returncode, 0)
        self.assertEqual(stoa(cy, "-d", name, "ls", check=False).returncode, 1)
        self.assertIn("shared", stoa(self.bo, "ls").stdout)

    def test_a_link_of_another_key_is_refused_before_anything_is_sent(self):
        session = self.session(self.admin)
        link = self.link(session)
        self.joined(session)
        forged = link.replace(key_text(self.server), new_keys().text)
        secret = re.search("t=([^&]+)", link)[1]
        done = self.fails(self.bo, 1, "NOT THE KEY", "join", forged)
        self.assertNotIn(secret, done.stderr)
        # unknown before: who answers has not the key of the link
        self.fails(self.elsewhere(), 1, "DOES NOT PROVE", "join", forged)
        stoa(self.elsewhere(), "join", link)

    def test_a_key_that_is_not_the_known_one(self):
        self.known(new_keys().text)
        self.fails(self.bo, 1, "DOES NOT PROVE.*stoa daemon rm lab", "-d", "lab", "ls")

    def test_a_daemon_that_does_not_know_the_key(self):
        self.known()
        self.fails(self.bo, 1, "does not know the key of this terminal .*stoa pair.*stoa -d lab pair CODE", "-d", "lab", "ls")

    def test_the_full_screen_over_tcp(self):
        session = self.session(self.admin, title="far")
        link = self.link(session, "--uses", "2")
        secret = re.search("t=([^&]+)", link)[1]
        screen = self.keep_terminal(f"{program('stoa')} attach '{link}'")
        screen.wait(r"@ \S+ ")
        self.assertNotIn(secret, cmdline(screen.pid()))
        screen.type("/demo say over the net")
        screen.keys("Enter")
        screen.wait("over the net")
        screen.wait("idle")
        screen.type(f"/export {self.bo.folder}/far.md")
        screen.keys("Enter")
        wait_for(lambda: os.path.exists(f"{self.bo.folder}/far.md"), "the export")
        self.daemon.kill()
        screen.wait("away, reconnecting")
        self.daemon.start()
        screen.wait(r"@ \S+ ")
        screen.type("/demo say back again")
        screen.keys("Enter")
        screen.wait(r"(?m)^[^›]*back again")
        screen.wait("idle")
        screen.keys("C-d")
        screen.wait(r"stoa -d \S+ attach")

    def test_the_link_comes_through_a_pipe_and_the_terminal_is_taken_after(self):
        session = self.session(self.admin, title="far")
        path = f"{self.bo.folder}/link"
        with open(path, "w") as file:
            file.write(self.link(session))
        screen = self.keep_terminal(f"sh -c 'cat {path} | {program('stoa')} attach -'")
        screen.wait(r"@ \S+ ")
        screen.keys("C-d")
        screen.wait(r"stoa -d \S+ attach")

    def keep_terminal(self, command):
        return self.keep(Terminal(self.bo, command, 110, 40))

    def pairing(self, *options):
        """The process, what it says first, and the code."""
        first = subprocess.Popen([program("stoa"), "pair", *options], env=self.place.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True)
        self.addCleanup(first.stdout.close)
        shown = ""
        while "Waiting" not in shown:
            line = first.stdout.readline()
            self.assertTrue(line, shown)
            shown += line
        return first, shown, re.search(r"code +(\d{3}) (\d{3})\n", shown)

    def test_pairing(self):
        self.admin.request("server.ping")
        name = self.known()
        first, shown, code = self.pairing()
        wrong = f"{(int(code[1] + code[2]) + 1) % 1000000:06}"
        self.assertNotEqual(stoa(self.bo, "-d", name, "pair", wrong, check=False).returncode, 0)
        second = stoa(self.bo, "-d", name, "pair", code[1], code[2]).stdout
        rest = first.stdout.read()
        self.assertEqual(first.wait(PATIENCE), 0)
        for words in re.findall(r"(?:its|daemon's) key +(\S+)", second):
            self.assertIn(words, shown + rest)
        self.assertIn(json.loads(stoa(self.bo, "--json", "key").stdout)["words"], rest)
        stoa(self.bo, "-d", name, "ls")
        self.fails(self.bo, 64, "six|6 digits", "-d", name, "pair", "12345")
        self.fails(self.bo, 64, "which daemon", "pair", "123456")

    def test_a_code_that_strangers_end(self):
        """Five guesses from two networks; then one that only the other terminal's address can try."""
        hosts = ["127.0.1.1", "127.0.1.2", "127.0.1.2", "127.0.1.3", "127.0.2.1"]

        def guess(code):
            wrong = f"{(int(code[1] + code[2]) + 1) % 1000000:06}"
            for host in hosts:
                guesser = self.remote(new_keys(), address=self.address.replace("tcp://", f"tcp://{host}:0;"))
                with self.assertRaises(RequestError):
                    guesser.request("pair.redeem", params={"code": wrong})
        first, _, code = self.pairing()
        guess(code)
        self.assertIn("127.0.1.1, 127.0.1.2, 127.0.1.3, 127.0.2.1; start anew: stoa pair", first.stdout.read())
        self.assertEqual(first.wait(PATIENCE), 1)
        first, _, code = self.pairing("--from", "127.0.0.1")
        guess(code)
        stoa(self.bo, "-d", self.known(), "pair", code[1], code[2])
        self.assertEqual(first.wait(PATIENCE), 0)

    def test_an_api_token(self):
        session = self.session(self.admin, title="of the token")
        issued = self.admin.request("token.issue", params={"role": "viewer"})
        name = self.known()
        path = f"{self.bo.folder}/token"
        with open(path, "w") as file:
            file.write(issued["secret"] + "\n")
        os.chmod(path, 0o644)
        self.fails(self.bo, 78, "chmod 600", "-d", name, "--token-file", path, "ls")
        os.chmod(path, 0o600)
        self.assertIn("of the token", stoa(self.bo, "-d", name, "--token-file", path, "ls").stdout)
        self.bo.env["STOA_TOKEN"] = issued["secret"]
        self.assertIn("of the token", stoa(self.bo, "-d", name, "ls").stdout)
        self.fails(self.bo, 1, ".", "-d", name, "send", "-s", session, "no")
        self.bo.env["STOA_TOKEN"] = "wrong"
        done = self.fails(self.bo, 1, "does not take the API token", "-d", name, "ls")
        self.assertNotIn(issued["secret"], done.stderr + self.daemon.log_text())

    def test_who_is_let_in_no_more_is_told_and_the_client_ends(self):
        session = self.session(self.admin)
        name = self.joined(session)
        watching = subprocess.Popen([program("stoa"), "-d", name, "watch", session], env=self.bo.env, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        self.addCleanup(watching.stdout.close)
        self.addCleanup(watching.stderr.close)
        wait_for(lambda: any(p["user"] == "bo" for p in self.admin.request("session.info", session)["participants"]), "bo is there")
        self.admin.request("user.update", params={"user": "bo", "disabled": True})
        said = watching.communicate(timeout=PATIENCE)[1]
        self.assertRegex(said, "let in any more|does not let it in")
        self.assertEqual(watching.returncode, 1)
        self.fails(self.bo, 1, "does not let it in any more|turns the key", "-d", name, "ls")

    def test_the_full_screen_ends_when_its_user_is_let_in_no_more(self):
        session = self.session(self.admin)
        name = self.joined(session)
        screen = self.keep_terminal(f"sh -c '{program('stoa')} -d {name} attach {session}; echo left; cat'")
        screen.wait(rf"@ {name} ")
        screen.type("a draft")
        screen.wait("› a draft")
        self.admin.request("user.update", params={"user": "bo", "disabled": True})
        screen.wait("left")
        self.assertRegex(screen.screen(), "is not let in any|does not let it in")
        self.assertRegex(screen.screen(), rf"stoa -d {name} attach")

    def test_tickets_are_listed_and_taken_back(self):
        session = self.session(self.admin)
        made = json.loads(stoa(self.place, "--json", "ticket", session, "--ttl", "2h", "--uses", "3", "--role", "viewer").stdout)
        listed = stoa(self.place, "tickets").stdout
        self.assertIn(made["ticket"], listed)
        self.assertRegex(listed, r"viewer +3 left")
        self.assertNotIn(made["secret"], listed)
        stoa(self.place, "ticket", "--revoke", made["ticket"])
        self.assertEqual(stoa(self.place, "ticket", "--list").stdout, "")
        self.fails(self.bo, 1, ".", "join", made["link"])
        self.fails(self.place, 64, "like 90s", "ticket", session, "--ttl", "10")
        self.fails(self.place, 64, "viewer, writer or approver", "ticket", session, "--role", "owner")
        self.fails(self.place, 64, "needs a session", "ticket")

    def test_a_terminal_shows_the_link_as_a_code(self):
        session = self.session(self.admin)
        screen = self.terminal(f"sh -c '{program('stoa')} ticket {session}; cat'", 200, 50)
        screen.wait("valid for")
        self.assertRegex(screen.screen(), "[▀▄]{3}")
        small = self.terminal(f"sh -c '{program('stoa')} ticket {session}; cat'", 80, 20)
        small.wait("too small for the QR code")
        self.assertNotRegex(small.screen(), "[▀▄]{3}")
