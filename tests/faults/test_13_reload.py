"""Fault 13: a configuration that is wrong, when a signal has the daemon read it again. The old one stays in force as a whole; the
log and all clients are told what is wrong, and where."""
import os
import shutil
import signal

from fault import SOAK, FaultTest, resident_mb
from harness import SANITIZED, RequestError

GOOD = "default_model: demo/stoa\nlimits: {queue: 7}\n"
SERVER = "mcp_servers: {one: {command: [/bin/true]}}\n"
BROKEN = (  # text, its line, a word of what is said
    ("limits: {queue: 5x}\n", 1, "limits.queue"),
    ("default_model: demo/stoa\nlimits:\n  queue: 9\n  nonsense: 1\n", 4, "limits.nonsense"),
    ("limits: {queue: 9}\nlog:\n  level: loud\n", 3, "loud"),
    ("limits: {queue: 9}\n\n{", 3, ""),
    ("a: [1, 2\nb: }\n", 2, ""),
    ("limits: {queue: 9}\ndefault_model: nowhere/x\n", 2, "nowhere"),
    ("limits: {queue: 9}\ndefault_model: [a]\n", 2, "default_model"),
    ("limits: {queue: 9}\nproviders:\n  mine: {api: gopher, base_url: 'http://127.0.0.1:1'}\n", 3, "gopher"),
    ("limits: {queue: 9}\nmcp_servers:\n  two: {command: 7, url: x}\n", 3, "two"),
    ("limits: {queue: 9}\nlimits: {queue: 8}\n", 2, "limits"),
    ("limits: {queue: 9}\n---\nlimits: {queue: 8}\n", 2, "document"),
    ("limits: {queue: 9}\nlog: {level: \xff}\n", 2, ""),
    ("&a [" + "*a," * 1000 + "]\n", 1, ""),
    ("[" * 100000, 1, ""),
)
ROUNDS = 5 if SOAK else 1
GROWTH_MB = 4


class BadReload(FaultTest):
    config = GOOD + SERVER

    def setUp(self):
        super().setUp()
        self.user = self.client()
        self.user.request("server.hello")
        self.refused = 0

    def hang_up(self):
        os.kill(self.daemon.pid, signal.SIGHUP)

    def empty(self):
        path = self.place.config_path
        (shutil.rmtree if os.path.isdir(path) and not os.path.islink(path) else os.unlink)(path)

    def refuse(self, *words):
        """SIGHUP; returns the sentence, which the log has too."""
        seen = len(self.user.notices)
        self.hang_up()
        self.user.wait(lambda: len(self.user.notices) > seen, f"a notice of {words}")
        notice = self.user.notices[-1]
        self.assertEqual(notice["notice"], "config")
        for word in (self.place.config_path, *words):
            self.assertIn(word, notice["text"])
        self.assertIn(f"not reloaded, the old one stays: {notice['text']}", self.daemon.log_text())
        self.refused += 1
        self.unchanged()
        return notice["text"]

    def unchanged(self):
        self.assertEqual(self.user.request("server.hello")["limits"]["queue"], 7)
        servers = [s["server"] for s in self.user.request("mcp.servers", self.probe)["servers"]]
        self.assertEqual(servers, ["one"], "nothing is half-applied")

    def test_what_is_wrong_is_named_and_nothing_of_it_applied(self):
        self.probe = self.session(self.user)
        for text, line, word in BROKEN:
            with self.subTest(text[:60]):
                with open(self.place.config_path, "wb") as file:
                    file.write(text.encode("latin-1"))
                said = self.refuse(f":{line}:", word)
                with self.assertRaises(RequestError) as raised:
                    self.user.request("admin.reload")
                self.assertEqual((raised.exception.code, raised.exception.text), ("config", said))
        self.good()
        self.check_all(f"{len(BROKEN)} wrong texts")

    def good(self):
        if os.path.lexists(self.place.config_path):
            self.empty()
        self.place.write_config(GOOD.replace("7", "5"))
        self.hang_up()
        self.user.wait(lambda: self.user.request("server.hello")["limits"]["queue"] == 5, "the new limit")
        self.assertEqual(self.user.request("mcp.servers", self.probe)["servers"], [])

    def test_what_is_no_readable_file_is_refused_at_once(self):
        self.probe = self.session(self.user)
        path = self.place.config_path
        self.empty()
        self.refuse("No such file")
        os.mkdir(path)
        self.refuse("Is a directory")
        self.empty()
        os.mkfifo(path)
        self.refuse("Is a pipe")
        self.empty()
        os.symlink("/dev/zero", path)
        self.refuse("larger than 1 MiB")
        self.empty()
        os.symlink(path, path)
        self.refuse("symbolic links")
        self.empty()
        with open(path, "w") as file:
            file.truncate(1 << 40)  # all of it a hole
        self.refuse("larger than 1 MiB")
        if os.getuid() != 0:  # which reads everything
            os.chmod(path, 0)
            self.refuse("Permission denied")
        self.good()
        self.check_all("no file, a folder, a pipe, /dev/zero, a link to itself, a terabyte")

    def test_a_hundred_times_during_a_stream(self):
        self.probe = self.session(self.user)
        session = self.session(self.user)
        self.user.attach(session)
        start = self.turn(self.user, session, "/demo rate=200 chunks=1000000")
        self.user.event("stream.chunk", session, start)

        def hundred():
            for number in range(100):
                text, line, word = BROKEN[number % len(BROKEN)]
                with open(self.place.config_path, "wb") as file:
                    file.write(text.encode("latin-1"))
                self.refuse(f":{line}:", word)
        hundred()
        before = resident_mb(self.daemon.pid)
        for _ in range(ROUNDS):
            hundred()
        grown = resident_mb(self.daemon.pid) - before
        self.assertTrue(SANITIZED or grown < GROWTH_MB, grown)
        self.user.event("stream.chunk", session, len(self.user.events))
        self.assertEqual(self.said(self.user, session, start, "stream.completed"), [])
        self.user.request("session.interrupt", session)
        self.user.idle(session, start)
        self.good()
        self.check_all(f"{self.refused} reloads refused", f"{grown:.1f} MB grown in the last {100 * ROUNDS}")
