"""The daemon itself: promises while the store fails, lifetimes, limits, and agents that misbehave."""
import resource

from harness import RequestError, StoaTest, text_of


class StoreFails(StoaTest):
    """A limit on the size of files is a full disk that needs no rights and can be lifted again."""

    def fill(self, bytes=8192):
        self.hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (bytes, self.hard))

    def free(self):
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (self.hard, self.hard))

    def refusal(self, client, *args, **kwargs):
        with self.assertRaises(RequestError) as raised:
            client.request(*args, **kwargs)
        return raised.exception

    def tearDown(self):
        if self.daemon.process.poll() is None:
            self.free()
        super().tearDown()

    def test_what_is_not_on_disk_is_refused_and_done_once_when_the_disk_is_back(self):
        client, other = self.client(), self.client()
        session = self.session(client)
        client.attach(session)
        self.fill()
        error = self.refusal(client, "message.send", session, {"text": "/demo chunks=2 rate=0"}, id="promise_1")
        self.assertEqual(error.code, "store")
        self.assertIn("epoch", client.request("server.ping"), "the daemon goes on")
        self.assertEqual(client.request("session.snapshot", session)["session"], session, "reads go on")
        client.idle(session)
        self.assertEqual(self.refusal(other, "message.send", session, {"text": "x"}, id="promise_1").code, "store")
        self.assertEqual(self.refusal(other, "session.rename", session, {"title": "x"}).code, "store")
        self.free()
        answer = client.wait(lambda: self.attempt(other, session), "the same id answered after the disk is back")
        history = client.request("message.history", session)["messages"]
        self.assertEqual([m["id"] for m in history if m["role"] == "user"], [answer["message"]], "once")

    def attempt(self, client, session):
        client.replies.pop("promise_1", None)
        try:
            return client.request("message.send", session, {"text": "/demo chunks=2 rate=0"}, id="promise_1")
        except RequestError as error:
            self.assertEqual(error.code, "store")
            return None

    def test_a_session_deleted_while_the_disk_is_full_stays_deleted(self):
        client = self.client()
        session = self.session(client, title="doomed")
        self.fill()
        self.assertEqual(self.refusal(client, "session.delete", session, id="gone_1").code, "store")
        for method in ("session.info", "session.snapshot"):
            self.assertEqual(self.refusal(client, method, session).code, "not_found")
        self.free()

        def deleted():
            client.replies.pop("gone_1", None)
            try:
                return client.request("session.delete", session, id="gone_1")
            except RequestError as error:
                self.assertEqual(error.code, "store")
                return None
        client.wait(deleted, "the first answer")
        self.assertEqual(client.request("session.list")["sessions"], [])
        self.assertEqual(self.refusal(client, "session.info", session).code, "not_found")

    def test_a_stop_while_the_disk_is_full_says_so_in_its_exit_code(self):
        client = self.client()
        session = self.session(client)
        self.fill()
        self.assertEqual(self.refusal(client, "session.rename", session, {"title": "x"}).code, "store")
        self.assertEqual(self.daemon.stop(), 74)
        self.daemon.start()
        self.assertEqual(self.client().request("session.info", session)["title"], "")
        self.fill(resource.RLIM_INFINITY)


class Deleting(StoaTest):
    def test_reads_under_way_are_answered_when_their_session_is_deleted(self):
        client = self.client()
        for _ in range(3):
            session, full = self.session(client), self.session(client)
            client.attach(full)
            for _ in range(4):
                start = len(client.events)
                client.request("message.send", full, {"text": "/demo chunks=1 rate=0 " + "x" * 200000})
                client.idle(full, start)
            ids = [client.send("message.history", full) for _ in range(100)]  # keep the reader busy
            ids.append(client.send("message.history", session))
            ids.append(client.send("session.delete", session))
            ids.append(client.send("server.ping"))
            for id in ids:
                client.wait(lambda i=id: client.replies.get(i), "a reply to each")
            self.assertIn("ok", client.replies[ids[-2]][0])


_ = text_of
