"""stoa doctor: what is well is said to be well, each way in which an installation can be broken is named, and nothing is changed."""
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess

from harness import *
from model_server import ModelServer, whole
from others import OtherProcesses

KEY = "sk-do-not-show-this-0123456789"
WELL = "default_model: demo/stoa\n"


def run_doctor(place, *args, env=None, program_path=None, files=None):
    """Returns the exit code, the findings by what they are about, and all that was written."""
    limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
    done = subprocess.run([program_path or program("stoa"), "doctor", "--json", *args], stdin=subprocess.DEVNULL, check=False,
                          env={**place.env, "STOA_CONFIG": place.config_path, **(env or {})}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, text=True, preexec_fn=limit)
    found = {}
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        found.setdefault(finding["area"] + "/" + finding["what"], []).append(finding)
    return done.returncode, found, done.stdout + done.stderr


def page(place, *args, env=None):
    return subprocess.run([program("stoa"), "doctor", *args], stdin=subprocess.DEVNULL, check=False, text=True, timeout=60,
                          env={**place.env, "STOA_CONFIG": place.config_path, **(env or {})}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def tree(folder):
    """Everything below a folder: names, modes, contents."""
    all = {}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            full = os.path.join(path, name)
            content = None
            if os.path.isfile(full):
                with open(full, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            all[full] = (os.lstat(full).st_mode, content)
    return all


class Broken(unittest.TestCase):
    """Each test breaks one thing in a place whose daemon is stopped."""

    @classmethod
    def setUpClass(cls):
        """A store with a session that has called a tool, was forked and rewound."""
        cls.made = Place(WELL)
        daemon = Daemon(cls.made).start()
        client = Client(cls.made)
        session = client.request("session.create", params={"title": "first"})["session"]
        client.attach(session)
        for text in ("one", "/demo tool=get_session_info", "three"):
            start = len(client.events)
            client.request("message.send", session, {"text": text})
            client.idle(session, start)
        messages = client.request("message.history", session, {"limit": 50})["messages"]
        client.request("session.fork", session, {"message": messages[1]["id"]})
        client.request("session.rewind", session, {"message": messages[1]["id"]})
        client.close()
        assert daemon.stop() == 0

    @classmethod
    def tearDownClass(cls):
        cls.made.remove()

    def setUp(self):
        self.place = Place(WELL)
        self.state = f"{self.place.folder}/state"
        shutil.copytree(f"{self.made.folder}/state", self.state)
        os.chmod(self.state, 0o700)
        os.mkdir(f"{self.place.folder}/run", 0o700)
        self.addCleanup(self.place.remove)

    def expect(self, what, state, text, *args, advice=True, **more):
        """That finding, with that text in it; returns all that was written."""
        code, found, written = run_doctor(self.place, *args, **more)
        self.assertIn(what, found, written)
        self.assertEqual([f["state"] for f in found[what]], [state] * len(found[what]), written)
        self.assertIn(text, found[what][0]["text"])
        if advice:
            self.assertTrue(found[what][0].get("advice"), "says what to do")
        self.assertEqual(code, 1 if state == "bad" else 0, written)
        self.assertNotIn(KEY, written)
        return written

    def database(self, sql):
        db = sqlite3.connect(f"{self.state}/stoa.db")
        db.execute(sql)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()

    # --- well ---

    def test_what_is_well_is_said_to_be_well_and_left_alone(self):
        before = tree(self.place.folder)
        done = page(self.place)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertNotRegex(done.stdout, r"(?m)^  [!x] ")
        self.assertIn("All is well.", done.stdout)
        for area in ("installation", "permissions", "configuration", "store", "daemon", "providers", "servers"):
            self.assertIn(f"\n{area}\n", "\n" + done.stdout)
        self.assertRegex(done.stdout, r"2 sessions, \d+ messages, .* whole")
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(tree(self.place.folder), before)

    def test_areas_can_be_named(self):
        code, found, _ = run_doctor(self.place, "store", "daemon")
        self.assertEqual({what.split("/")[0] for what in found}, {"store", "daemon"})
        self.assertEqual(code, 0)
        self.assertEqual(page(self.place, "stor").returncode, 64)
        self.assertIn("did you mean store", page(self.place, "stor").stderr)

    # --- installation ---

    def test_an_agent_that_does_not_start_is_bad(self):
        self.place.write_config(WELL + "agent: {path: /no/such/agent}\n")
        self.expect("installation/agent", "bad", "/no/such/agent does not start")

    def test_an_agent_that_is_something_else_is_bad(self):
        self.place.write_config(WELL + "agent: {path: /bin/true}\n")
        self.expect("installation/agent", "bad", "ended early")

    def test_an_old_stoad_is_bad(self):
        folder = f"{self.place.folder}/bin"
        os.mkdir(folder)
        shutil.copy(program("stoa"), folder)
        with open(os.open(f"{folder}/stoad", os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
            file.write("#!/bin/sh\nexit 64\n")
        self.expect("installation/stoad", "bad", "exit code 64", program_path=f"{folder}/stoa")

    def test_a_stoad_of_another_version_is_bad(self):
        folder = f"{self.place.folder}/bin"
        os.mkdir(folder)
        shutil.copy(program("stoa"), folder)
        with open(os.open(f"{folder}/stoad", os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
            file.write("#!/bin/sh\necho '{\"version\":\"99.1\"}'; echo '{\"done\":true}'\n")
        self.expect("installation/version", "bad", "99.1", program_path=f"{folder}/stoa")

    def test_few_files_and_a_locale_that_is_not_there_deserve_a_look(self):
        self.expect("installation/files", "warn", "may open 300 files", files=300)
        self.expect("installation/locale", "warn", "'xx_YY.UTF-8' is not installed", env={"LC_ALL": "xx_YY.UTF-8"})

    # --- permissions ---

    def test_folders_that_are_open_to_others_are_named(self):
        os.chmod(f"{self.place.folder}/run", 0o755)
        self.expect("permissions/runtime", "bad", "is open to others (mode 0755)")
        os.chmod(f"{self.place.folder}/run", 0o700)
        os.chmod(self.state, 0o755)
        self.warned("permissions/state", "is open to others (mode 0755)", f"chmod 700 '{self.state}'")
        os.chmod(self.state, 0o700)
        os.chmod(f"{self.state}/stoa.db", 0o644)
        self.warned("permissions/state_file", "stoa.db is open to others", f"chmod 600 '{self.state}/stoa.db'")

    def warned(self, what, text, advice):
        code, found, written = run_doctor(self.place)
        warnings = [f for f in found.get(what, []) if f["state"] == "warn"]
        self.assertEqual(len(warnings), 1, written)
        self.assertIn(text, warnings[0]["text"])
        self.assertIn(advice, warnings[0]["advice"])
        self.assertEqual(code, 0)

    @unittest.skipIf(SANITIZED, "a sanitizer wants to be the first that is loaded")
    def test_a_disk_that_is_elsewhere_or_has_no_room_is_named(self):
        library = self.place.preload("odd_disk")
        odd = lambda **env: {"env": {"LD_PRELOAD": library, **env}}
        for type, name in (("6969", "NFS"), ("ff534d42", "CIFS"), ("65735546", "FUSE"), ("01021997", "9p")):
            with self.subTest(name):
                self.expect("permissions/network", "warn", f"is on a network file system ({name})", "permissions", **odd(FS_TYPE=type))
        self.assertNotIn("permissions/network", run_doctor(self.place, "permissions", **odd(FS_TYPE="ef53"))[1])
        self.expect("permissions/room", "warn", "MB are free for the state in", "permissions", **odd(FS_ROOM="50"))
        self.expect("permissions/room", "bad", "1 MB are free for the state in", "permissions", **odd(FS_ROOM="1"))
        self.expect("permissions/read_only", "bad", "is read-only", "permissions", **odd(FS_READ_ONLY="1"))

    def test_what_restores_have_left_is_told(self):
        for name in ("before-20261121-120000", "before-20261121-120000.1", "restore.part"):
            os.mkdir(f"{self.state}/{name}", 0o700)
        self.expect("permissions/replaced", "note", "/before-*: 2", "permissions")
        self.expect("permissions/restore", "note", "has changed nothing", "permissions")

    def test_a_runtime_folder_that_is_a_link_is_bad(self):
        os.rename(f"{self.place.folder}/run", f"{self.place.folder}/real")
        os.symlink("real", f"{self.place.folder}/run")
        self.expect("permissions/runtime", "bad", "is a symbolic link")

    def test_a_file_at_the_sockets_place_is_bad(self):
        with open(self.place.socket_path, "w") as file:
            file.write("mine")
        self.expect("permissions/socket", "bad", "is there and is no socket")

    def test_a_configuration_that_others_may_change_is_bad(self):
        os.chmod(self.place.config_path, 0o666)
        self.expect("permissions/config_mode", "bad", "can be changed by others (mode 0666)")

    def test_a_secret_that_others_may_read_is_named_but_not_shown(self):
        self.place.write_config(WELL + "mcp_servers:\n  x:\n    url: http://127.0.0.1:9/mcp\n"
                                f"    headers: {{Authorization: Bearer {KEY}}}\n")
        os.chmod(self.place.config_path, 0o644)
        _, found, written = run_doctor(self.place, "permissions")
        self.assertIn("has Authorization of MCP server 'x' in it", found["permissions/config_mode"][0]["text"])
        self.assertNotIn(KEY, written)

    def test_a_key_file_that_others_may_read_is_named(self):
        path = f"{self.place.folder}/key"
        with open(path, "w") as file:
            file.write(KEY)
        os.chmod(path, 0o644)
        self.place.write_config(WELL + f"providers: {{mine: {{api: openai, base_url: 'https://m.example', api_key_file: {path}}}}}\n")
        self.expect("permissions/key_file", "warn", "is open to others (mode 0644)")

    def test_keys_that_cannot_be_used_are_named(self):
        home = f"{self.place.folder}/config"
        mine, known = f"{home}/stoa/client.key", f"{home}/stoa/known_daemons"
        env = {"env": {"XDG_CONFIG_HOME": home}}
        subprocess.run([program("stoa"), "keygen"], env={**self.place.env, **env["env"]}, check=True, stdout=subprocess.DEVNULL)
        self.expect("permissions/client_key", "ok", "yours alone", "permissions", advice=False, **env)
        os.chmod(mine, 0o640)
        self.expect("permissions/client_key", "bad", "may be read by others", "permissions", **env)
        os.chmod(mine, 0o600)
        with open(mine, "w") as file:
            file.write("stoa-key-1 nonsense\n")
        self.expect("permissions/client_key", "bad", "is no key", "permissions", **env)
        os.unlink(mine)
        self.assertNotIn("permissions/client_key", run_doctor(self.place, "permissions", **env)[1], "nobody needs one")
        with open(known, "w") as file:
            file.write("# mine\nwork tcp://127.0.0.1:7117\n")
        os.chmod(known, 0o600)
        self.expect("permissions/known_daemons", "bad", "it must be NAME tcp://HOST:PORT KEY", "permissions", **env)
        os.chmod(known, 0o666)
        self.expect("permissions/known_daemons", "bad", "others", "permissions", **env)
        for name in ("daemon", "vault"):
            with open(f"{self.state}/{name}.key", "w") as file:
                file.write("nonsense")
            os.chmod(f"{self.state}/{name}.key", 0o600)
            self.expect(f"permissions/{name}_key", "bad", f"{name}.key", "permissions")
            os.unlink(f"{self.state}/{name}.key")

    @unittest.skipIf(os.environ.get("STOA_NO_PIDNS"), "there are no namespaces")
    def test_servers_that_get_no_namespaces_deserve_a_look(self):
        self.expect("installation/namespaces", "ok", "they see nothing of what the daemon keeps", "installation", advice=False)
        none = {"env": {"STOA_NO_PIDNS": "1"}}
        self.expect("installation/namespaces", "note", "each sees the files of this account", "installation", **none)
        self.place.write_config(WELL + "mcp_servers: {files: {command: [cat]}}\n")
        self.expect("installation/namespaces", "warn", "STOA_NO_PIDNS is set", "installation", **none)

    # --- configuration ---

    def test_a_line_that_is_wrong_is_named(self):
        self.place.write_config("default_model: demo/stoa\nlimits:\n  queue: many\n")
        self.expect("configuration/config", "bad", "config.yaml:3: ")
        self.place.write_config(WELL + "tui:\n  theme: dork\n")
        self.expect("configuration/tui", "bad", "config.yaml:3: option 'tui.theme' is 'dork'")

    def test_a_variable_that_nothing_reads_is_noted(self):
        code, found, _ = run_doctor(self.place, "configuration", env={"STOA_LIMITS_QUEU": "3"})
        self.assertIn("did you mean STOA_LIMITS_QUEUE", found["configuration/variable"][0]["advice"])
        self.assertEqual(code, 0)
        code, found, _ = run_doctor(self.place, "configuration", env={"STOA_LOG": "loud", "STOA_LIMITS_CLIENTS": "3"})
        self.assertIn("STOA_LOG is 'loud'", found["configuration/log"][0]["text"])
        self.assertIn("is called 'limits.max_clients' now", found["configuration/config"][0]["text"])
        self.assertNotIn("configuration/variable", found, "a former name is read, and refused")

    # --- store ---

    def test_a_damaged_store_is_bad(self):
        self.database("DELETE FROM events WHERE key & 4294967295 = 2")
        self.expect("store/log_holes", "bad", "events, but the last one is number")

    def test_a_store_that_is_none_is_bad(self):
        with open(f"{self.state}/stoa.db", "wb") as file:
            file.write(b"nothing of the kind" * 1000)
        _, found, written = run_doctor(self.place, "store")
        self.assertEqual([f["state"] for what in found for f in found[what]], ["bad"], written)

    def test_orphans_deserve_a_look_and_the_advice_helps(self):
        self.database("INSERT INTO snapshots VALUES(99, 1, '{}')")
        self.expect("store/orphan_snapshots", "warn", "snapshots of session #99")
        _, found, _ = run_doctor(self.place, "store")
        command = found["store/orphan_snapshots"][0]["advice"].split("&& ")[1]
        if shutil.which("sqlite3"):
            subprocess.run(command, shell=True, check=True)
            self.assertEqual([f["state"] for f in run_doctor(self.place, "store")[1]["store/store"]], ["ok"])

    # --- providers ---

    def provider(self, url, **more):
        members = ", ".join(f"{name}: {value}" for name, value in {"api": "openai", "base_url": f"'{url}'", **more}.items())
        self.place.write_config(f"default_model: mine/small\nproviders: {{mine: {{{members}}}}}\n")

    def server(self, *script):
        server = ModelServer(list(script))
        self.addCleanup(server.close)
        return server

    def test_a_key_that_is_missing_is_bad_for_the_default_model(self):
        self.provider("https://m.example/v1", api_key_env="MINE_KEY")
        self.expect("providers/key", "bad", "MINE_KEY is not set")
        self.provider("https://m.example/v1", api_key_file="/no/such/key")
        self.expect("providers/key", "bad", "/no/such/key")

    def test_a_server_that_answers_is_well_and_gets_the_key(self):
        server = self.server(whole("200 OK", {"data": [{"id": "small"}, {"id": "large"}]}))
        self.provider(server.url, api_key_env="MINE_KEY", models="[small]")
        written = self.expect("providers/provider", "ok", "models that it lists: 2", advice=False, env={"MINE_KEY": KEY})
        self.assertIn("has a key, from MINE_KEY", written)
        self.assertEqual(server.requests[0]["line"], "GET /v1/models HTTP/1.1")
        self.assertEqual(server.requests[0]["headers"]["authorization"], f"Bearer {KEY}")
        self.provider(server.url, models="[small, medium]")
        self.expect("providers/model", "warn", "does not list the model medium")

    def test_anthropics_api_is_asked_in_its_own_way(self):
        server = self.server(whole("200 OK", {"data": [{"id": "claude"}]}))
        self.provider(server.url[:-len("/v1")], api="anthropic", api_key_env="MINE_KEY")
        self.expect("providers/provider", "ok", "models that it lists: 1", advice=False, env={"MINE_KEY": KEY})
        self.assertEqual(server.requests[0]["line"], "GET /v1/models HTTP/1.1")
        self.assertEqual(server.requests[0]["headers"]["x-api-key"], KEY)

    def test_a_key_that_is_refused_is_bad_and_the_servers_words_are_harmless(self):
        server = self.server(whole("401 Unauthorized", {"error": {"message": f"wrong: {KEY} \x1b]0;pwned\x07\x1b[2J"}}))
        self.provider(server.url, api_key_env="MINE_KEY")
        self.expect("providers/provider", "bad", "401 Unauthorized", env={"MINE_KEY": KEY})
        done = page(self.place, "providers", env={"MINE_KEY": KEY})
        self.assertNotIn("\x1b", done.stdout)
        self.assertNotIn(KEY, done.stdout)

    def test_a_local_server_that_does_not_run_is_named_and_others_are_asked_only_online(self):
        self.provider("http://127.0.0.1:9/v1")
        self.expect("providers/provider", "bad", "127.0.0.1:9")
        self.provider("http://mine.invalid/v1")
        self.expect("providers/provider", "ok", "was not asked", advice=False)
        self.expect("providers/provider", "bad", "mine.invalid", "--online")

    # --- servers ---

    def test_mcp_servers_that_cannot_be_started_or_reached_are_named(self):
        script = f"{self.place.folder}/script"
        with open(script, "w") as file:
            file.write("#!/bin/sh\n")
        server = self.server(whole("405 Method Not Allowed", {}))
        for definition, what, state, text in (
                ("command: [no-such-program-here]", "command", "bad", "no-such-program-here is not found"),
                (f"command: [{script}]", "command", "bad", "is no program that you may run"),
                ("command: [sh, '{ENV:NOT_SET_HERE}']", "template", "bad", "NOT_SET_HERE"),
                ("command: [sh], cwd: /no/such/folder", "cwd", "bad", "/no/such/folder is not there"),
                ("command: [sh, '{VAR:chain}']", "variable", "note", "chain"),
                ("command: [sh, '{SESSION_DIR}']", "server", "ok", "/sh"),
                ("url: 'http://127.0.0.1:9/mcp'", "server", "bad", "cannot be reached"),
                ("url: 'https://mine.invalid/mcp'", "server", "ok", "was not asked"),
                (f"url: '{server.url}'", "server", "ok", "answers in")):
            with self.subTest(definition):
                self.place.write_config(WELL + f"mcp_servers: {{files: {{{definition}}}}}\n")
                code, found, written = run_doctor(self.place, "servers")
                self.assertEqual(found[f"servers/{what}"][0]["state"], state, written)
                self.assertIn(text, found[f"servers/{what}"][0]["text"])
                self.assertEqual(code, 1 if state == "bad" else 0)

    # --- the log ---

    def test_the_last_error_of_the_log_is_shown_harmless(self):
        with open(f"{self.state}/stoad.log", "w") as file:
            file.write("2026-11-21T10:00:00.000Z stoad INFO  server: serving\n"
                       "2026-11-21T10:00:01.000Z stoad ERROR store: first\n"
                       "2026-11-21T10:00:02.000Z stoad ERROR store: second \x1b[2Jand last\n")
        done = page(self.place, "daemon")
        self.assertIn("daemon's log: 2, the last one: 2026-11-21T10:00:02.000Z stoad ERROR store: second", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(done.returncode, 0)


class Running(StoaTest):
    """A daemon runs."""
    config = WELL

    def look(self, *args, **more):
        return run_doctor(self.place, *args, **more)

    def test_a_busy_daemon_is_well_and_says_how_it_is(self):
        client = self.client()
        sessions = [self.session(client) for _ in range(4)]
        for session in sessions:
            client.request("message.send", session, {"text": "/demo chunks=4000 rate=2000"})
        for _ in range(3):
            code, found, written = self.look()
            states = {f["state"] for what in found for f in found[what]}
            self.assertLessEqual(states, {"ok", "note"}, written)
            self.assertEqual(code, 0)
        self.assertIn(f"pid {self.daemon.pid} ", found["daemon/runs"][0]["text"])
        self.assertIn("sessions: 4", found["daemon/runs"][0]["text"])

    def test_a_key_that_the_daemon_has_not_seen_is_told(self):
        _, found, _ = self.look("daemon", env={"ANTHROPIC_API_KEY": KEY})
        self.assertEqual(found["daemon/key"][0]["state"], "warn")
        self.assertIn("ANTHROPIC_API_KEY is set here, but the daemon", found["daemon/key"][0]["text"])

    def test_a_daemon_that_has_the_store_and_serves_elsewhere_is_told(self):
        code, found, written = self.look("store", env={"STOA_RUNTIME_DIR": f"{self.place.folder}/elsewhere"})
        self.assertIn(f"open in process {self.daemon.pid}, which does not serve in", found["store/holder"][0]["text"], written)
        self.assertEqual(code, 0)

    def test_a_daemon_that_hangs_is_bad(self):
        os.kill(self.daemon.pid, signal.SIGSTOP)
        try:
            code, found, written = self.look("daemon")
        finally:
            os.kill(self.daemon.pid, signal.SIGCONT)
        self.assertEqual((code, found["daemon/hangs"][0]["state"]), (1, "bad"), written)
        self.assertIn(f"kill -9 $(cat '{self.place.folder}/run/stoad.lock')", found["daemon/hangs"][0]["advice"])

    def test_what_kills_leave_is_no_damage(self):
        """In the middle of turns, forks and deletions, again and again."""
        dice, sessions = random.Random(5), []
        for _ in range(8):
            client = Client(self.place)
            sessions += [self.session(client) for _ in range(3)]
            chosen = dice.sample(sessions, min(6, len(sessions)))
            for session in chosen:
                client.send("message.send", session, {"text": dice.choice(["hello", "/demo chunks=300 rate=2000"])})
                if dice.random() < 0.5:
                    client.send("session.fork", session)
                elif dice.random() < 0.3:
                    client.send("session.delete", session)
                    sessions.remove(session)
            enough = len(client.replies) + dice.randint(1, len(chosen))
            client.wait(lambda: len(client.replies) >= enough, "some answers")
            self.daemon.kill()
            client.close()
            _, found, written = self.look("store")
            self.assertLessEqual({f["state"] for what in found for f in found[what]}, {"ok", "note"}, written)
            self.daemon.start()
        _, found, written = self.look("store")
        self.assertEqual({f["state"] for what in found for f in found[what]}, {"ok"}, written)

    def test_a_daemon_that_takes_no_client_more_is_no_daemon_that_hangs(self):
        self.place.write_config(WELL + "limits: {max_clients: 1}\n")
        client = self.client()
        client.request("admin.reload")
        self.assertNotIn("daemon/refused", self.look("daemon")[1], "there are places for who looks after it")
        self.keep(OtherProcesses(self.place, 4))
        code, found, written = self.look("daemon")
        self.assertEqual((code, found["daemon/refused"][0]["state"]), (1, "bad"), written)
        self.assertIn("1 clients are connected already (limits.max_clients is 1)", found["daemon/refused"][0]["text"])
        self.assertNotIn("daemon/hangs", found, "nobody is told to kill it")

    def test_a_daemon_whose_disk_is_full_is_bad(self):
        client = self.client()
        hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (8192, hard))
        try:
            with self.assertRaises(RequestError):
                client.request("session.create")
            code, found, written = self.look("daemon", "store")
        finally:
            resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (hard, hard))
        self.assertEqual((code, found["daemon/failing"][0]["state"]), (1, "bad"), written)
        self.assertEqual([f["state"] for f in found["store/store"]], ["ok"], "what is there is whole")

    def test_nobody_is_started_and_the_one_that_runs_is_left_alone(self):
        self.look()
        self.assertEqual(self.daemon.process.poll(), None)
        self.assertEqual(self.daemon.stop(), 0)
        code, found, _ = self.look("daemon", env={"STOA_NO_START": ""})
        self.assertIn("no daemon serves", found["daemon/runs"][0]["text"])
        self.assertFalse(os.path.exists(self.place.socket_path))
        self.assertEqual(code, 0)

    def test_on_a_terminal_it_is_coloured_unless_that_is_unwanted(self):
        command = f"STOA_CONFIG={self.place.config_path} {program('stoa')} doctor; echo done; cat"
        terminal = self.terminal(command, 80, 60)
        terminal.wait("done")
        shown = terminal.screen("-e")
        self.assertIn("\x1b[32m", shown)
        self.assertIn("All is well.", shown)
        self.assertNotIn("...", terminal.screen(), "no progress is left")
        terminal = self.terminal("NO_COLOR=1 " + command, 80, 60)
        terminal.wait("done")
        self.assertNotIn("\x1b[32m", terminal.screen("-e"))


if __name__ == "__main__":
    unittest.main()
