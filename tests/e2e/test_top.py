"""What those who run the daemon see and may do: stoa top, admin.*, and what is served by HTTP."""
import http.client
import json
import re
import socket
import subprocess
import threading
import time
import unittest

from harness import StoaTest, children, program, stoa, wait_for

SLOW = "/demo rate=50 chunks=100000"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class TopTest(StoaTest):
    def busy_session(self):
        client = self.client()
        session = client.request("session.create", params={"title": "a title that is nobody's business"})["session"]
        client.attach(session)
        client.request("message.send", session, {"text": SLOW})
        client.event("stream.chunk", session)
        return client, session

    def test_admin_top_tells_what_runs(self):
        client, session = self.busy_session()
        top = client.request("admin.top")
        row = next(row for row in top["sessions"] if row["session"] == session)
        self.assertEqual(row["state"], "streaming")
        self.assertEqual(row["clients"], 1)
        self.assertIn(row["agent"]["pid"], children(self.daemon.pid))
        self.assertGreater(row["agent"]["memory"], 1 << 20)
        me = next(user for user in top["users"] if user["user"] == row["owner"])
        self.assertEqual((me["sessions"], me["agents"], me["clients"]), (1, 1, 1))
        self.assertEqual(top["daemon"]["pid"], self.daemon.pid)
        self.assertEqual(top["store"]["sessions"], 1)
        self.assertNotIn("nobody's business", json.dumps(top))
        self.assertNotIn(SLOW, json.dumps(top))
        again = client.request("admin.top")
        self.assertGreaterEqual(again["daemon"]["chunks"], top["daemon"]["chunks"])
        self.assertGreater(again["daemon"]["requests"], top["daemon"]["requests"])

    def test_an_agent_is_ended_and_its_session_goes_on(self):
        client, session = self.busy_session()
        pid = client.request("session.info", session)["agent"]["pid"]
        after = len(client.events)
        self.assertEqual(client.request("admin.end", params={"session": session}), {"ended": True})
        error = client.event("error.occurred", session, after)
        self.assertIn("an admin, ended the agent", error["data"]["text"])
        client.idle(session, after)
        wait_for(lambda: pid not in children(self.daemon.pid), "the agent is gone")
        client.request("message.send", session, {"text": "/demo echo=still here"})
        client.idle(session, len(client.events) - 1)
        self.assertEqual(client.request("admin.end", params={"session": session})["ended"], True)
        self.assertEqual(client.request("admin.end", params={"session": session})["ended"], False)

    def test_an_idle_agent_is_put_to_sleep_and_a_busy_one_is_not(self):
        client, session = self.busy_session()
        self.assertEqual(client.request("admin.hibernate", params={"session": session}), {"hibernated": False})
        after = len(client.events)
        client.request("session.interrupt", session)
        client.idle(session, after)
        wait_for(lambda: client.request("session.info", session)["agent"]["state"] == "idle", "it is idle")
        self.assertEqual(client.request("admin.hibernate", params={"session": session}), {"hibernated": True})
        wait_for(lambda: client.request("session.info", session)["agent"]["state"] == "none", "it sleeps")
        error = self.refused(client, "admin.hibernate", {"session": "s_01j8zq4k3nw8x5t7v9r2m6p0qd"})
        self.assertIn("there is no session", error)

    def refused(self, client, method, params):
        try:
            client.request(method, params=params)
        except Exception as error:  # noqa: BLE001
            return str(error)
        raise AssertionError(f"{method} was not refused")

    def test_the_screen_shows_tables_sorts_and_asks_before_it_ends_anything(self):
        client, session = self.busy_session()
        screen = self.terminal(f"{program('stoa')} top", columns=150, rows=24)
        screen.wait(r"1 sessions")
        screen.wait(rf"{session[:14]}.*streaming.*running")
        screen.wait(r"chunks [1-9]\d*/s")
        screen.keys("2")
        screen.wait(r"USER .*SESSIONS.*COST")
        screen.keys("3")
        screen.wait(r"CLIENT .*WAITING")
        screen.keys("4")
        screen.wait(r"stoa-agent +agent")
        screen.keys("1", "Enter")
        screen.wait(r'"state": "streaming"')
        screen.keys("Escape")
        screen.wait(r"SESSION +OWNER")
        screen.keys("K")
        screen.wait(r"end, at once, the agent of s_")
        screen.keys("n")
        screen.wait(r"q quit")
        self.assertEqual(client.request("session.info", session)["state"], "streaming")
        after = len(client.events)
        screen.keys("K")
        screen.wait(r"end, at once")
        screen.keys("y")
        client.event("error.occurred", session, after)
        screen.wait(r"done")
        screen.keys("q")
        wait_for(lambda: "top" not in screen.screen().split("\n")[-2:], "it has left")

    def test_yes_is_about_the_session_that_was_asked_about(self):
        """Also when it has gone meanwhile, and another one stands in its place."""
        first, one = self.busy_session()
        _, other = self.busy_session()
        screen = self.terminal(f"{program('stoa')} top", columns=150, rows=24)
        screen.wait(r"2 shown")
        screen.keys("K")
        screen.wait(r"end, at once, the agent of s_")
        asked = one if one in screen.screen().split("the agent of ")[1] else other
        left = other if asked == one else one
        first.request("session.delete", asked)
        screen.wait(r"1 shown")
        screen.keys("y")
        screen.wait(r"there is no session")
        self.assertEqual(first.request("session.info", left)["state"], "streaming")

    def test_it_is_written_once_where_there_is_no_screen(self):
        client, session = self.busy_session()
        text = stoa(self.place, "top", "--once").stdout
        self.assertRegex(text, rf"sessions \(1\)\nSESSION .*\n{session[:14]}")
        self.assertRegex(text, r"processes \([1-9]")
        whole = json.loads(stoa(self.place, "top", "--json").stdout)
        self.assertEqual(whole["sessions"][0]["session"], session)
        numbers = stoa(self.place, "stats").stdout
        self.assertRegex(numbers, r"(?m)^agents +1$")
        metrics = stoa(self.place, "stats", "--prometheus").stdout
        self.assertRegex(metrics, r"(?m)^stoa_agents 1$")


class MetricsTest(StoaTest):
    autostart = False

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.place.write_config(f"default_model: demo/stoa\nmetrics: {{listen: '127.0.0.1:{self.port}'}}\n")
        self.daemon.start()

    def get(self, path, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers["Content-Type"], text

    def test_metrics_health_and_sessions_are_served(self):
        session = self.session()
        status, kind, text = self.get("/metrics")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", kind)
        self.check_format(text)
        self.assertRegex(text, r"(?m)^stoa_sessions 1$")
        self.assertRegex(text, r'(?m)^stoa_request_seconds_bucket\{le="\+Inf"\} [1-9]')
        self.assertRegex(text, r"(?m)^stoa_commit_seconds_count [1-9]")
        self.assertNotIn(session, text)
        status, kind, text = self.get("/health")
        self.assertEqual((status, json.loads(text)["status"]), (200, "ok"))
        status, kind, text = self.get("/health/sessions")
        self.assertEqual(json.loads(text)["states"]["idle"], 1)
        self.assertNotIn(session, text)

    def check_format(self, text):
        """Each sample has its HELP and TYPE before it, and buckets rise."""
        known, last = set(), {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                known.add(line.split()[2])
            elif not line.startswith("#"):
                self.assertRegex(line, r'^stoa_[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+$')
                name = re.match(r"[a-z_]+", line).group()
                self.assertTrue(name in known or re.sub(r"_(bucket|sum|count)$", "", name) in known, line)
                if name.endswith("_bucket"):
                    value = float(line.split()[-1])
                    self.assertGreaterEqual(value, last.get(name, 0))
                    last[name] = value

    def test_what_is_not_there_is_said(self):
        self.assertEqual(self.get("/")[0], 404)
        self.assertEqual(self.get("/metrics/x")[0], 404)
        self.assertEqual(self.get("/metrics", "POST", "x" * 10000)[0], 405)
        self.assertEqual(self.get("/metrics", "HEAD")[0], 200)

    def test_a_flood_of_connections_and_garbage_holds_nobody_up(self):
        client = self.client()
        held = [socket.socket() for _ in range(200)]  # more than are taken: the others wait in the system's line
        for each in held:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", self.port))
        for index, each in enumerate(held):
            try:
                each.sendall(b"\0\xff" * 2000 if index % 2 else b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 20000)
            except OSError:
                pass
        for _ in range(20):
            client.request("server.ping", seconds=1)
        for each in held:
            each.close()
        wait_for(lambda: self.get("/health")[0] == 200, "it is served again")

    def test_half_requests_hold_nobody_up(self):
        """200 connections that never come to the end of their request, and come again when they are ended."""
        held, cut, ends = {}, [], threading.Event()

        def dribble(at):
            try:
                if at not in held:
                    held[at] = socket.create_connection(("127.0.0.1", self.port), timeout=1)
                    held[at].sendall(b"GET /metrics HTTP/1.1\r\nX: ")
                held[at].sendall(b"y")
            except OSError:
                cut.append(at)
                held.pop(at).close()

        def run():
            while not ends.wait(0.01):
                for at in range(200):
                    dribble(at)
        thread = threading.Thread(target=run)
        thread.start()
        try:
            wait_for(lambda: cut, "they are there, and more than may be")
            for _ in range(20):
                began = time.monotonic()
                self.assertEqual(self.get("/metrics")[0], 200)
                self.assertLess(time.monotonic() - began, 1)
            wait_for(lambda: len(cut) > 200, "they are ended, again and again")
        finally:
            ends.set()
            thread.join()
            for each in held.values():
                each.close()

    def test_a_store_that_fails_is_unhealthy(self):
        client = self.client()
        self.assertEqual(self.get("/health")[0], 200)
        with open(f"{self.place.folder}/state/stoa.db", "ab"):
            pass
        subprocess.run(["mv", f"{self.place.folder}/state/stoa.db", f"{self.place.folder}/state/away.db"], check=True)
        client.send("session.create", params={"title": "x"})
        wait_for(lambda: self.get("/health")[0] == 503, "unhealthy")
        self.assertEqual(json.loads(self.get("/health")[2])["status"], "failing")
        subprocess.run(["mv", f"{self.place.folder}/state/away.db", f"{self.place.folder}/state/stoa.db"], check=True)
        wait_for(lambda: self.get("/health")[0] == 200, "healthy again")


class BadMetricsTest(StoaTest):
    autostart = False

    def refusal(self, listen):
        self.place.write_config(f"default_model: demo/stoa\nmetrics: {{listen: '{listen}'}}\n")
        self.daemon.start(wait=False)
        code = self.daemon.process.wait(20)
        self.daemon._close()
        return code, self.daemon.log_text()

    def test_an_address_that_is_none_or_taken_is_refused_by_name(self):
        for listen in ("nonsense", "127.0.0.1:", "127.0.0.1:99999999", "127.0.0.1:80x"):
            code, log = self.refusal(listen)
            self.assertEqual(code, 78, listen)
            self.assertIn(f"config.yaml:2: option 'metrics.listen' is '{listen}'", log)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, log = self.refusal(f"127.0.0.1:{port}")
            self.assertEqual(code, 78)
            self.assertIn(f"can't listen on 127.0.0.1:{port}", log)


if __name__ == "__main__":
    unittest.main()
