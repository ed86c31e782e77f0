"""Fault 11: odd things where the daemon's socket shall be, before it starts and while it serves. What is not the daemon's own is left
as it is, byte for byte, and the daemon says by exit code and sentence what is in its way."""
import os
import shutil
import socket
import stat
import time

from fault import FaultTest
from harness import PATIENCE, SANITIZED, stoa, wait_for

UNSAFE = 77
BACK = 2 if not SANITIZED else 10  # seconds until a socket that was deleted is there again


class Before(FaultTest):
    autostart = witnessed = False

    def setUp(self):
        super().setUp()
        self.run = f"{self.place.folder}/run"
        os.mkdir(self.run, 0o700)
        self.outside = f"{self.place.folder}/precious"
        with open(self.outside, "w") as file:
            file.write("precious")

    def seen(self):
        """All that there is below the place, but for what the daemon was started with."""
        found = {}
        for folder, names, files in os.walk(self.place.folder):
            for name in names + files:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                content = open(path, "rb").read() if stat.S_ISREG(info.st_mode) else b""
                found[path] = (info.st_mode, info.st_ino, info.st_mtime_ns if files else 0, content)
        return {path: what for path, what in found.items()
                if not os.path.basename(path).startswith(("notify.", "stoad.log"))}

    def refused(self, *words, code=UNSAFE):
        before = self.seen()
        lines = len(self.daemon.log_text().splitlines()) if self.daemon.starts else 0
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(PATIENCE), code)
        self.daemon._close()
        self.daemon.process = None
        said = self.daemon.log_text().splitlines()[lines:]
        self.assertEqual(len(said), 1, said)
        for word in words:
            self.assertIn(word, said[0])
        self.assertEqual(self.seen(), before, "untouched")

    def test_what_is_no_socket_is_left_as_it_is(self):
        path = self.place.socket_path
        with open(path, "w") as file:
            file.write("precious")
        self.refused(path, "is no socket", "not touched")
        os.unlink(path)
        for target in (self.outside, "/nowhere", path):
            os.symlink(target, path)
            self.refused(path, "is no socket", "not touched")
            os.unlink(path)
        os.mkdir(path)
        self.refused(path, "is no socket")
        os.rmdir(path)
        os.mkfifo(path)
        self.refused(path, "is no socket")
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as other:  # one that somebody serves, behind a link
            other.bind(f"{self.place.folder}/other.sock")
            other.listen()
            os.symlink(f"{self.place.folder}/other.sock", path)
            self.refused(path, "is no socket")
        self.figures = "a file, 3 links, a folder, a pipe, a link to a live socket: 77"

    def test_a_socket_that_another_program_serves_is_left_to_it(self):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(self.place.socket_path)
            other.listen(1)
            before = os.lstat(self.place.socket_path)
            self.daemon.start(wait=False)
            self.assertEqual(self.daemon.process.wait(PATIENCE), UNSAFE)
            self.assertIn("another program serves there", self.daemon.log_text())
            self.assertEqual(os.lstat(self.place.socket_path).st_ino, before.st_ino)
            self.daemon._close()
            self.daemon.process = None

    def test_an_unsafe_folder_is_not_used(self):
        for mode in (0o777, 0o1777, 0o755, 0o710, 0o701):
            os.chmod(self.run, mode)
            self.refused(self.run, "chmod 700", f"{mode:04o}")
        os.rmdir(self.run)
        os.mkdir(f"{self.place.folder}/real", 0o700)
        os.symlink("real", self.run)
        self.refused(self.run, "symbolic link")
        self.place.env["STOA_RUNTIME_DIR"] = self.run + "/"
        self.refused(self.run, "symbolic link")
        os.unlink(self.run)
        with open(self.run, "w") as file:
            file.write("precious")
        self.refused(self.run)
        os.unlink(self.run)
        if os.getuid() == 0:
            os.mkdir(self.run, 0o700)
            os.chown(self.run, 65534, 65534)
            self.refused(self.run, "belongs to user 65534")

    def test_a_path_that_is_too_long_is_refused_with_the_way_out(self):
        fits = self.place.folder + "/" + "f" * (107 - len(self.place.folder) - len("//stoad.sock"))
        self.place.env["STOA_RUNTIME_DIR"] = fits + "f"
        self.refused("108", "107", "STOA_RUNTIME_DIR")
        self.place.env["STOA_RUNTIME_DIR"] = self.place.folder + "/" + "f" * 4000
        self.refused("STOA_RUNTIME_DIR")
        self.place.env["STOA_RUNTIME_DIR"] = fits
        self.place.socket_path = f"{fits}/stoad.sock"
        self.assertEqual(len(self.place.socket_path), 107)
        self.daemon.start()
        self.assertIn("epoch", self.client().request("server.ping"))
        self.figures = "107 bytes serve, 108 are refused"

    def test_a_lock_that_is_no_file_is_refused(self):
        os.symlink(self.outside, f"{self.run}/stoad.lock")
        self.refused("stoad.lock")
        os.unlink(f"{self.run}/stoad.lock")
        os.mkfifo(f"{self.run}/stoad.lock", 0o600)
        self.refused("stoad.lock")

    def test_a_dead_socket_is_replaced(self):
        left = socket.socket(socket.AF_UNIX)
        left.bind(self.place.socket_path)
        left.close()
        os.chmod(self.place.socket_path, 0o666)
        self.daemon.start()
        self.first_pid = self.daemon.pid
        self.assertIn("epoch", self.client().request("server.ping"))
        self.assertEqual(stat.S_IMODE(os.lstat(self.place.socket_path).st_mode), 0o600)
        self.check_all("a dead socket")


class While(FaultTest):
    """The daemon serves. Whoever is connected stays so; whoever comes anew is served again soon."""

    def setUp(self):
        super().setUp()
        self.run = f"{self.place.folder}/run"
        self.old = self.client()
        self.session_id = self.session(self.old)
        self.old.attach(self.session_id)

    def back(self):
        started = time.monotonic()
        wait_for(lambda: stoa(self.place, "health", check=False).returncode == 0, "a new client is served", PATIENCE)
        took = time.monotonic() - started
        self.assertLess(took, BACK)
        info = os.lstat(self.place.socket_path)
        self.assertTrue(stat.S_ISSOCK(info.st_mode))
        self.assertEqual(stat.S_IMODE(info.st_mode), 0o600)
        self.usable(self.old, self.session_id)
        return took

    def second_is_refused(self):
        """Nobody else may serve beside it."""
        other = type(self.daemon)(self.place)
        other.start(wait=False)
        self.assertEqual(other.process.wait(PATIENCE), 75)
        other._close()

    def test_a_socket_that_is_deleted_is_bound_again(self):
        worst = 0
        for _ in range(10):
            os.unlink(self.place.socket_path)
            worst = max(worst, self.back())
        self.second_is_refused()
        self.back()
        os.rename(self.place.socket_path, f"{self.run}/aside")
        self.back()
        self.assertIn("was deleted", self.daemon.log_text())
        self.check_all(f"deleted 10 times, moved once; new clients served after {worst * 1000:.0f} ms")

    def test_a_folder_that_is_deleted_is_made_again(self):
        for _ in range(3):
            shutil.rmtree(self.run)
            self.back()
            self.assertEqual(stat.S_IMODE(os.lstat(self.run).st_mode), 0o700)
            self.second_is_refused()
        os.rename(self.run, f"{self.place.folder}/moved")
        self.back()
        self.second_is_refused()
        os.unlink(f"{self.run}/stoad.lock")
        wait_for(lambda: os.path.exists(f"{self.run}/stoad.lock"), "the lock is there again")
        self.second_is_refused()
        self.check_all("deleted 3 times, moved once, lock deleted")

    def test_what_takes_its_place_is_not_touched_and_said(self):
        os.unlink(self.place.socket_path)
        wait_for(lambda: os.path.exists(self.place.socket_path), "the socket")
        with open(f"{self.run}/new", "w") as file:
            file.write("precious")
        os.rename(f"{self.run}/new", self.place.socket_path)
        wait_for(lambda: "is there and is no socket" in self.daemon.log_text(), "that it is said")
        self.usable(self.old, self.session_id)
        with open(self.place.socket_path) as file:
            self.assertEqual(file.read(), "precious")
        os.unlink(self.place.socket_path)
        self.back()
        outside = f"{self.place.folder}/outside"
        os.mkdir(outside, 0o700)
        os.rename(self.run, f"{self.place.folder}/moved")
        os.symlink("outside", self.run)
        wait_for(lambda: "symbolic link" in self.daemon.log_text(), "that it is said")
        self.assertEqual(os.listdir(outside), [])
        os.unlink(self.run)
        self.back()
        self.check_all("a file and a link in its place: untouched, said; served again when they had gone")

    def test_what_took_its_place_survives_the_stop(self):
        with open(f"{self.run}/new", "w") as file:
            file.write("precious")
        os.rename(f"{self.run}/new", self.place.socket_path)
        self.check_all()
        self.assertEqual(self.daemon.stop(), 0)
        with open(self.place.socket_path) as file:
            self.assertEqual(file.read(), "precious")


