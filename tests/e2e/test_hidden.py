"""An MCP server runs as the daemon's own account, in a PID namespace where the host has one. There it sees nothing of what the daemon
keeps: the store, keys, other sessions' folders, the socket; and of no other process the environment."""
import json
import os
import unittest

from harness import ROOT, StoaTest, wait_for

SECRET = "hunter2-is-in-the-environment"


class Hidden(StoaTest):
    config = f"""default_model: demo/stoa
mcp_servers:
  look: {{command: ["/usr/bin/python3", "{ROOT}/tests/support/looking_server.py"], env: {{MINE: "{SECRET}"}}}}
  common: {{command: ["/usr/bin/python3", "{ROOT}/tests/support/looking_server.py"], scope: shared}}
"""

    def setUp(self):
        super().setUp()
        self.user = self.client()
        if os.environ.get("STOA_NO_PIDNS"):
            self.skipTest("STOA_NO_PIDNS: there are no namespaces")

    def look(self, session, server="look", **arguments):
        answer = self.user.request("mcp.call", session, {"server": server, "tool": "look", "arguments": arguments})
        return json.loads(answer["result"]["content"][0]["text"])

    def test_a_server_sees_nothing_of_what_the_daemon_keeps(self):
        mine, other = self.session(self.user), self.session(self.user)
        state, run = f"{self.place.folder}/state", f"{self.place.folder}/run"
        self.user.request("secret.set", params={"name": "x", "value": "a secret of ann's"})
        self.look(other)  # its folder is there now
        wait_for(lambda: os.path.isdir(f"{state}/sessions/{other}"), "the other session's folder")
        files = [f"{state}/stoa.db", f"{state}/vault.key", f"{state}/sessions/{other}"]
        for path in files:
            self.assertTrue(os.path.exists(path), path)
        for server in ("look", "common"):
            seen = self.look(mine, server, read=files[:2], list=[state, f"{state}/sessions", files[2], run],
                             connect=[self.place.socket_path])
            for path in files:
                self.assertIn("FileNotFoundError", str(seen[path]), server)
            self.assertEqual(seen[run], [], "the socket's folder is empty")
            self.assertIn("FileNotFoundError", seen[self.place.socket_path])
            if server == "look":
                self.assertEqual((seen[state], seen[f"{state}/sessions"]), (["sessions"], [mine]))
            else:
                self.assertEqual(seen[state], ["hosts"])

    def test_a_server_reads_neither_the_configuration_nor_keys(self):
        home = f"{self.place.folder}/cfg/stoa"
        files = [f"{self.place.folder}/api.key", f"{home}/client.key", f"{home}/known_daemons"]
        os.makedirs(home)
        for path in (*files, f"{home}/mine.txt"):
            with open(path, "w") as file:
                file.write("a secret of ann's")
        self.place.write_config(self.config + "providers: {mine: {api: openai, base_url: 'https://m.example/v1', "
                                f"api_key_file: {files[0]}}}}}\n")
        self.user.request("admin.reload")
        files.append(self.place.config_path)
        for server in ("look", "common"):
            seen = self.look(self.session(self.user), server, read=[*files, f"{home}/mine.txt"])
            for path in files:
                self.assertEqual(seen[path], "", path)
            self.assertEqual(seen[f"{home}/mine.txt"], "a secret of ann's", "what else is there is people's own")
        for path in files:
            self.assertGreater(os.path.getsize(path), 0, "outside nothing has changed")

    def test_its_own_folder_is_its_own_and_kept(self):
        session = self.session(self.user)
        folder = f"{self.place.folder}/state/sessions/{session}"
        seen = self.look(session, write=f"{folder}/kept.txt")
        self.assertEqual((seen["folder"], seen["write"]), (folder, "written"))
        with open(f"{folder}/kept.txt") as file:
            self.assertEqual(file.read(), "x")
        self.assertIn("OSError", str(self.look(session, write=f"{self.place.folder}/state/beside.txt")["write"]))
        self.assertFalse(os.path.exists(f"{self.place.folder}/state/beside.txt"))

    def test_it_reads_the_environment_of_no_other_server(self):
        first, second = self.session(self.user), self.session(self.user)
        self.assertIn(SECRET, self.look(first)["environments"], "its own it sees")
        seen = self.look(second, "common")
        self.assertNotIn(SECRET, seen["environments"])


class Open(StoaTest):
    config = "default_model: demo/stoa\n"
    env = {"STOA_NO_PIDNS": "1"}
    told = "MCP servers get no namespaces of their own here: each sees the files of this account"

    def test_the_daemons_log_says_that_nothing_is_hidden(self):
        self.assertNotIn(self.told, self.daemon.log_text(), "there are no servers")
        self.place.write_config(self.config + "mcp_servers: {files: {command: [cat]}}\n")
        self.client().request("admin.reload")
        wait_for(lambda: self.told in self.daemon.log_text(), "it is said when the first server comes")
        self.assertEqual(self.daemon.log_text().count(self.told), 1)
        self.daemon.stop()
        self.daemon.start()
        wait_for(lambda: self.daemon.log_text().count(self.told) == 2, "it is said at each start")


if __name__ == "__main__":
    unittest.main()
