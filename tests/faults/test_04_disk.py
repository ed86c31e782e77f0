"""Fault 4: the disk of the store is full, read-only, broken, slow or gone, in the middle of a turn. Nothing is acknowledged that a power
cut would take; reading, attaching and streaming go on; when the disk is back, so is the store, by itself."""
import errno
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time

from fault import SLACK, FaultTest
from harness import PATIENCE, SANITIZED, Replica, RequestError, Terminal, program, text_of
from witness import Witness

RECOVERS = 2 + SLACK  # seconds: the store tries again each second
MOUNT_MB = 8


class Disk(FaultTest):
    """What each test does beside its own fault: a turn streams, and one client asks for this and that."""
    autostart = witnessed = False

    def begin(self):
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.witness = self.keep(Witness(self.place))
        self.user = self.client()
        self.target = self.session(self.user, title="kept")
        self.replica = Replica(self.user.attach(self.target))
        self.acknowledged, self.refused, self.round = [], 0, 0
        self.send("/demo chunks=2 rate=0 echo=first")
        self.user.idle(self.target)
        self.streaming = self.session(self.user)
        self.user.attach(self.streaming)
        self.user.request("message.send", self.streaming, {"text": "/demo rate=100 chunks=1000000"})
        self.user.event("stream.chunk", self.streaming)

    def send(self, text, **more):
        start = len(self.user.events)
        self.user.request("message.send", self.target, {"text": text}, **more)
        self.acknowledged.append(text)
        return start

    def refusal(self, method, session=None, params=None, **more):
        with self.assertRaises(RequestError) as raised:
            self.user.request(method, session, params, **more)
        self.assertEqual(raised.exception.code, "store", raised.exception.text)
        self.refused += 1
        return raised.exception.text

    def check_failing(self, *words):
        """No promise, but all else. Words: of the reason."""
        self.round += 1
        for number in range(3):
            text = f"refused {self.round}.{number}"
            said = self.refusal("message.send", self.target, {"text": text}, id=text.replace(" ", "_").replace(".", "_"))
            for word in words:
                self.assertIn(word, said)
        self.refusal("session.rename", self.target, {"title": "refused"})
        self.refusal("session.create")
        for reading in (self.user, self.client()):
            self.assertIn(self.target, [s["id"] for s in reading.request("session.list")["sessions"]])
            self.assertEqual(reading.request("message.search", params={"text": "first"})["hits"][0]["session"], self.target)
            self.check_there(reading)
            self.assertEqual(Replica(reading.attach(self.target)).epoch, self.replica.epoch)
        start = len(self.user.events)
        self.user.event("stream.chunk", self.streaming, start)
        self.assertEqual(self.user.request("session.snapshot", self.streaming)["state"], "streaming")

    def check_back(self):
        """By itself, and each refused request at most once, if it is repeated."""
        begun, text, id = time.monotonic(), f"refused {self.round}.0", f"refused_{self.round}_0"

        def again():
            self.user.replies.pop(id, None)
            try:
                return self.user.request("message.send", self.target, {"text": text}, id=id)
            except RequestError as error:
                self.assertEqual(error.code, "store")
                return None
        answer = self.user.wait(again, "the store is back", RECOVERS)
        took = time.monotonic() - begun
        self.user.replies.pop(id, None)
        self.assertEqual(self.user.request("message.send", self.target, {"text": text}, id=id), answer)
        self.acknowledged.append(text)

        def rests():
            info = self.user.request("session.info", self.target)
            return info["state"] == "idle" and not info["queue"]
        self.user.wait(rests, "idle")
        start = self.send(f"/demo chunks=2 rate=0 echo=after{self.round}")
        self.user.event("stream.completed", self.target, start, status="complete")
        self.user.idle(self.target, start)
        return took

    def check_there(self, client):
        """What was acknowledged, once."""
        texts = [text_of(m) for m in client.request("message.history", self.target, {"limit": 1000})["messages"] if m["role"] == "user"]
        for text in self.acknowledged:
            self.assertEqual(texts.count(text), 1, text)

    def check_kept(self, power_cut=lambda: None):
        """After a kill: all that was acknowledged, once."""
        self.check_witness_now()
        self.daemon.kill()
        power_cut()
        base = sqlite3.connect(f"{self.place.folder}/state/stoa.db")
        self.assertEqual(base.execute("pragma integrity_check").fetchone()[0], "ok")
        base.close()
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.check_there(self.client())

    def check_witness_now(self):
        self.said_of_witness, self.witness = self.check_witness(), None


class Full(Disk):
    """A limit on the size of files is a full disk that needs no rights and can be lifted again."""

    def fill(self, bytes=8192):
        self.hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (bytes, self.hard))

    def free(self):
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (self.hard, self.hard))

    def tearDown(self):
        if self.daemon.process and self.daemon.process.poll() is None:
            resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        super().tearDown()

    def test_what_is_not_on_disk_is_refused_and_done_once_when_the_disk_is_back(self):
        self.begin()
        for _ in range(3):
            self.fill()
            self.check_failing()
            self.free()
            took = self.check_back()
        self.check_kept()
        self.check_all(f"full and free 3 times, {self.refused} refused, back after {took:.2f} s", self.said_of_witness)

    def test_a_terminal_says_so_unasked_until_it_is_over(self):
        self.begin()
        screen = self.keep(Terminal(self.place, f"{program('stoa')} attach {self.streaming}", columns=80, rows=24))
        screen.wait("streaming")
        self.fill()
        self.refusal("session.create")
        screen.wait(r"! the store can't commit: ")
        screen.type("the same again")
        screen.keys("Enter")
        screen.wait(r"not sent: the store can't commit now")
        screen.wait(r"› the same again")
        self.free()
        self.user.wait(lambda: "the store can't commit: " not in screen.screen(), "it says no more of it", RECOVERS + 1)
        screen.keys("Enter")
        screen.wait(r"1 queued")
        self.assertNotIn("not sent", screen.screen())
        screen.close()
        self.check_all("said on the screen while it lasted")

    def test_a_session_deleted_while_the_disk_is_full_stays_deleted(self):
        self.begin()
        doomed = self.session(self.user, title="doomed")
        self.fill()
        self.refusal("session.delete", doomed, id="gone_1")
        for method in ("session.info", "session.snapshot"):
            with self.assertRaises(RequestError) as raised:
                self.user.request(method, doomed)
            self.assertEqual(raised.exception.code, "not_found")
        self.free()

        def deleted():
            self.user.replies.pop("gone_1", None)
            try:
                return self.user.request("session.delete", doomed, id="gone_1")
            except RequestError as error:
                self.assertEqual(error.code, "store")
                return None
        self.user.wait(deleted, "the first answer", RECOVERS)
        self.check_kept()
        self.assertNotIn("doomed", [s["title"] for s in self.client().request("session.list")["sessions"]])
        self.check_all(self.said_of_witness)

    def test_a_turn_can_be_ended_though_that_is_not_promised(self):
        self.begin()
        self.fill()
        self.refusal("session.rename", self.target, {"title": "refused"})
        start = len(self.user.events)
        self.assertIn("kept only if it can", self.refusal("session.interrupt", self.streaming, id="end_1"))
        self.user.idle(self.streaming, start)
        # what of it is not on disk is read all the same
        row = next(s for s in self.user.request("session.list")["sessions"] if s["id"] == self.streaming)
        self.assertEqual((row["state"], row["messages"]), ("idle", 2))
        newest = self.user.request("message.history", self.streaming, {"limit": 1})["messages"][0]
        self.assertEqual(newest["status"], "interrupted")
        self.assertTrue(text_of(newest))
        self.assertIs(self.user.request("message.search", params={"text": "first"})["behind"], True)
        self.refusal("session.interrupt", self.streaming, id="end_1")
        self.free()

        def answered():
            self.user.replies.pop("end_1", None)
            try:
                return self.user.request("session.interrupt", self.streaming, id="end_1")
            except RequestError as error:
                self.assertEqual(error.code, "store")
                return None
        self.assertTrue(self.user.wait(answered, "the first answer", RECOVERS)["interrupted"])
        self.check_all("ended while the disk was full, and told so when it was not")

    def test_a_stop_while_the_disk_is_full_says_so_in_its_exit_code(self):
        self.begin()
        self.fill()
        self.refusal("session.rename", self.target, {"title": "refused"})
        self.check_witness_now()
        self.assertEqual(self.daemon.stop(), 74)
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.assertEqual(self.client().request("session.info", self.target)["title"], "kept")


class Mounted(Disk):
    """A file system of its own, as small as that."""

    def setUp(self):
        super().setUp()
        self.state = f"{self.place.folder}/state"
        os.mkdir(self.state, 0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MOUNT_MB}m,mode=0700", "stoa-test", self.state], stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            self.place.remove()
            self.skipTest(f"no right to mount: {done.stderr.decode().strip()}")

    def tearDown(self):
        try:
            if os.path.exists(f"{self.state}/filler"):
                os.unlink(f"{self.state}/filler")
            super().tearDown()
        finally:
            subprocess.run(["umount", "-l", self.state], check=False)
            self.place.remove()

    def fill(self):
        """To the last byte, and again when the store has let go of some."""
        with open(f"{self.state}/filler", "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as full:
                self.assertEqual(full.errno, errno.ENOSPC)

    def taken(self, text):
        try:
            start = self.send(text)
        except RequestError as error:
            self.assertEqual(error.code, "store")
            return False
        self.user.idle(self.target, start)
        return True

    def test_a_full_file_system_is_survived(self):
        self.begin()
        self.fill()
        taken = 0
        while self.taken(f"{taken} " + "x" * 100000):  # what room the log has is used up first
            taken += 1
            self.assertLess(taken, 200)
        self.check_failing("the disk is full")
        os.unlink(f"{self.state}/filler")
        took = self.check_back()
        self.check_kept()
        self.check_all(f"{MOUNT_MB} MB filled after {taken} messages, {self.refused} refused, back after {took:.2f} s", self.said_of_witness)


class Broken(Disk):
    """The system calls of a disk that fails: preloaded."""

    def setUp(self):
        super().setUp()
        self.faults, self.log = f"{self.place.folder}/disk.fault", f"{self.place.folder}/disk.log"
        self.be("")
        self.daemon.wrapper = ["env", f"LD_PRELOAD={self.place.preload('disk_fault')}", f"DISK_FAULT={self.faults}", f"DISK_LOG={self.log}",
                               "ASAN_OPTIONS=verify_asan_link_order=0:" + self.place.env["ASAN_OPTIONS"]]

    def be(self, fault):
        with open(self.faults + ".new", "w") as file:
            file.write(fault)
        os.rename(self.faults + ".new", self.faults)

    def power_cut(self):
        """Zeros where there was no successful sync since."""
        unsynced, lost = {}, 0
        with open(self.log) as file:
            for line in file:
                kind, *rest = line.rstrip("\n").split(" ")
                if kind == "W":
                    unsynced.setdefault(rest[2], []).append((int(rest[0]), int(rest[1])))
                else:
                    unsynced.pop(rest[0], None)
        for path, ranges in unsynced.items():
            if os.path.exists(path):
                with open(path, "r+b") as file:
                    end = os.path.getsize(path)
                    for offset, size in ranges:
                        file.seek(offset)
                        lost += file.write(bytes(max(0, min(size, end - offset))))
        os.unlink(self.log)
        self.lost = lost

    def test_errors_of_the_disk_promise_nothing(self):
        self.begin()
        done = []
        for fault, word in ((f"sync {errno.EIO}", "nput/output"), (f"write {errno.EIO}", "nput/output"), (f"write {errno.EDQUOT}", "uota"),
                            (f"write {errno.ENOSPC}", "full"), (f"sync {errno.ENOSPC}", "o space"), (f"write {errno.EROFS}", "ead-only")):
            with self.subTest(fault):
                self.be(fault)
                self.check_failing(word)
                self.be("")
                done.append(self.check_back())
        start = self.send("/demo chunks=1 rate=0 echo=last")
        self.user.idle(self.target, start)
        self.be(f"sync {errno.EIO}")
        self.refusal("message.send", self.target, {"text": "never promised"})
        self.check_kept(self.power_cut)
        self.be("")
        self.check_all(f"{len(done)} kinds of error, {self.refused} refused, back after at most {max(done):.2f} s",
                       f"a power cut took {self.lost >> 10} KiB", self.said_of_witness)

    def test_a_power_cut_takes_nothing_that_was_promised(self):
        for number in range(5):
            self.begin() if number == 0 else None
            for _ in range(3):
                start = self.send(f"/demo chunks=5 rate=0 echo={number}.{len(self.acknowledged)}")
                self.user.idle(self.target, start)
            self.send(f"/demo chunks=5 rate=100 echo=cut{number}")
            if self.witness:
                self.check_witness_now()
            self.daemon.kill()
            self.power_cut()
            self.daemon.start()
            self.first_pid = self.daemon.pid
            self.user = self.client()
            self.user.attach(self.target)
        history = self.user.request("message.history", self.target, {"limit": 1000})["messages"]
        texts = [text_of(m) for m in history if m["role"] == "user"] + \
            [text_of(m) for m in self.user.request("session.snapshot", self.target)["queue"]]
        self.assertEqual(sorted(texts), sorted(self.acknowledged))
        self.check_all(f"5 power cuts, {len(texts)} messages kept", self.said_of_witness)

    def test_a_slow_disk_slows_promises_alone(self):
        self.begin()
        self.be("slow 2000")
        begun = time.monotonic()
        id = self.user.send("message.send", self.target, {"text": "/demo chunks=1 rate=0 echo=slow"})
        reads = 0
        while time.monotonic() - begun < 1.5:
            for method, session in (("message.history", self.target), ("session.list", None), ("session.snapshot", self.streaming)):
                asked = time.monotonic()
                self.user.request(method, session)
                self.assertLess(time.monotonic() - asked, 0.5 if not SANITIZED else 3, method)
                reads += 1
            self.user.event("stream.chunk", self.streaming, len(self.user.events))
            self.assertNotIn(id, self.user.replies, "not yet on disk")
        self.user.reply(id)
        took = time.monotonic() - begun
        self.assertGreater(took, 1.9)
        self.be("")
        self.acknowledged.append("/demo chunks=1 rate=0 echo=slow")
        self.assertIsNone(self.user.request("admin.stats")["store"].get("failing"))
        self.check_kept(self.power_cut)
        self.check_all(f"a promise took {took:.1f} s, {reads} reads meanwhile", self.said_of_witness)

    def test_what_was_seen_is_read_at_once_however_slow_the_disk_is(self):
        self.daemon.start()
        user = self.client()
        user.request("session.subscribe", params={"sessions": ["mine"]})
        old, gone, kept = [self.session(user, title=name) for name in ("old", "gone", "kept")]
        user.attach(kept)
        user.request("message.send", kept, {"text": "/demo chunks=2 rate=0 echo=before"})
        user.idle(kept)
        early = user.request("message.history", kept)["messages"]
        self.be("slow 2000")
        begun = time.monotonic()

        def titles(**params):
            return [s["title"] for s in user.request("session.list", params=params)["sessions"]]
        # each is seen to have happened, and none is on disk yet
        new = user.send("session.create", params={"title": "new"})
        archived = user.send("session.archive", old)
        deleted = user.send("session.delete", gone)
        renamed = user.send("session.rename", kept, {"title": "renamed"})
        start = len(user.events)
        asked = user.send("message.send", kept, {"text": "/demo chunks=2 rate=0 echo=after"})
        user.event("session.updated", kept)
        self.assertEqual(titles(archived=True), ["old"])
        self.assertEqual(sorted(titles()), ["new", "renamed"])
        user.event("stream.completed", kept, start)
        late = user.request("message.history", kept)["messages"]
        self.assertEqual([m["id"] for m in late[:2]], [m["id"] for m in early])
        self.assertEqual([text_of(m) for m in late[2:]], ["/demo chunks=2 rate=0 echo=after", text_of(late[3])])
        self.assertEqual((len(late), late[3]["status"]), (4, "complete"))
        self.assertEqual(user.request("message.history", kept, {"after": late[1]["id"], "limit": 1}), {"messages": [late[2]], "more": True})
        self.assertEqual(user.request("message.history", kept, {"before": late[3]["id"], "limit": 2}), {"messages": late[1:3], "more": True})
        page = user.request("session.list", params={"limit": 1})
        pages = [page, user.request("session.list", params={"limit": 1, "before": page["next"]})]
        self.assertEqual([s["title"] for page in pages for s in page["sessions"]], titles())
        self.assertNotIn("next", pages[1])
        self.assertIs(user.request("message.search", params={"text": "before"})["behind"], True)
        for id in (new, archived, deleted, renamed, asked):
            self.assertNotIn(id, user.replies, "not yet on disk")
        self.assertLess(time.monotonic() - begun, 1.9)
        self.be("")
        for id in (new, archived, deleted, renamed, asked):
            user.reply(id)
        self.assertNotIn("behind", user.request("message.search", params={"text": "after"}))
        self.figures = "9 lists and pages of history while nothing could be committed"

    def test_a_stop_answers_reads_that_wait_for_a_slow_disk(self):
        self.daemon.start()
        user = self.client()
        self.be("slow 300" if not SANITIZED else "slow 1500")
        user.send("session.create")
        asked = [user.send("message.search", params={"text": text}) for text in ("slow", "disk")]
        user.request("server.ping")
        os.kill(self.daemon.pid, signal.SIGTERM)
        for id in asked:
            with self.assertRaises(RequestError) as raised:
                user.reply(id)
            self.assertEqual(raised.exception.code, "shutting_down")
        self.assertEqual(self.daemon.process.wait(PATIENCE), 0)
        self.figures = "2 reads"


class Gone(Disk):
    def test_a_store_that_was_deleted_or_moved_promises_nothing(self):
        self.begin()
        state, aside = f"{self.place.folder}/state", f"{self.place.folder}/aside"
        for name in ("", "/stoa.db", "/stoa.db-wal"):
            with self.subTest(name):
                os.rename(state + name, aside)
                self.check_failing("deleted or replaced")
                if os.path.exists(state + name):
                    os.unlink(state + name)
                os.rename(aside, state + name)
                self.check_back()
        self.check_kept()
        self.user = self.client()
        self.user.attach(self.target)
        shutil.rmtree(state)
        self.assertIn("deleted or replaced", self.refusal("session.rename", self.target, {"title": "x"}))
        self.assertEqual(text_of(self.user.request("message.history", self.target)["messages"][0]), self.acknowledged[0])
        self.check_all(f"{self.refused} refused", self.said_of_witness)
        self.assertEqual(self.daemon.stop(), 74)
        self.daemon.process = None
