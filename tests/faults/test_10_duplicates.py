"""Fault 10: the same request again and again: at once, on several connections, after a reconnect, after a restart of the daemon, and
while the store fails. It is done once, its model is asked once, and all answers are the same to the byte."""
import json
import resource
import signal

from fault import SOAK, FaultTest
from harness import Client, RequestError, text_of, wait_for
from model_server import ModelServer, data, head, openai
from server_fault import OnceTest
from witness import Witness

TIMES = 100
ROUNDS = 20 if SOAK else 2


class Bytes(Client):
    """Keeps what came as it came."""

    def __init__(self, place):
        super().__init__(place)
        self.raw = []

    def send_raw(self, request):
        self.socket.send_multipart([b"stoa/1", request])

    def take(self, seconds):
        if not self.socket.poll(max(0, int(seconds * 1000))):
            return False
        version, text = self.socket.recv_multipart()
        assert version == b"stoa/1", version
        if "id" in json.loads(text):
            self.raw.append(text)
        return True

    def answers(self, count):
        self.wait(lambda: len(self.raw) >= count, f"{count} answers")
        found, self.raw = self.raw, []
        return found


def request(method, session, params, id):
    return json.dumps({"id": id, "method": method, "session": session, "params": params}).encode()


class Duplicates(FaultTest):
    witnessed = False

    def setUp(self):
        self.model = ModelServer([head(), openai("once"), openai(finish="stop"), data("[DONE]")])
        self.config = ("default_model: own/any\nproviders:\n"
                       f"  own: {{api: openai, base_url: '{self.model.url}', models: [any]}}\n")
        super().setUp()
        self.keep(self.model)
        self.witness = self.keep(Witness(self.place, survives=True))

    def raw(self):
        return self.keep(Bytes(self.place))

    def restart(self, kill):
        self.daemon.kill() if kill else self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.first_pid = self.daemon.pid

    def questions(self):
        return len(self.model.requests)

    def begin(self):
        client = self.client()
        session = self.session(client, model="own/any")
        client.attach(session)
        return client, session

    def users(self, client, session):
        return [text_of(m) for m in client.request("message.history", session)["messages"] if m["role"] == "user"]

    def test_one_message_sent_a_hundred_times(self):
        for round in range(ROUNDS):
            self.hundred_times(f"same_{round}", kill=round % 2 == 0)
        self.check_all(f"{ROUNDS} times {TIMES} at once on 5 connections, and after a restart")

    def hundred_times(self, id, kill):
        client, session = self.begin()
        asked = self.questions()
        others = [self.raw() for _ in range(5)]
        for other in others:
            other.send_raw(request("server.ping", None, {}, "hello").replace(b'"session": null, ', b""))
            other.answers(1)
        self.daemon.process.send_signal(signal.SIGSTOP)  # all are there at once
        for number in range(TIMES):
            others[number % 5].send_raw(request("message.send", session, {"text": "do it"}, id))
        self.daemon.process.send_signal(signal.SIGCONT)
        answers = {answer for other in others for answer in other.answers(TIMES // 5)}
        self.assertEqual(len(answers), 1, answers)
        self.assertIn("ok", json.loads(next(iter(answers))))
        client.event("stream.completed", session, status="complete")
        again = self.raw()
        # of another connection; with other parameters; of another method; and of a session that is not
        for repeated in (request("message.send", session, {"text": "do it"}, id),
                         request("message.send", session, {"text": "something else"}, id),
                         request("session.rename", session, {"title": "no"}, id),
                         request("message.send", "s_00000000000000000000000000", {"text": "do it"}, id)):
            again.send_raw(repeated)
            self.assertEqual(set(again.answers(1)), answers)
        self.restart(kill)
        fresh = self.raw()
        for _ in range(TIMES):
            fresh.send_raw(request("message.send", session, {"text": "do it"}, id))
        self.assertEqual(set(fresh.answers(TIMES)), answers)
        client = self.client()
        snapshot = client.attach(session)
        self.assertEqual((self.users(client, session), snapshot["queue"], snapshot["title"]), (["do it"], [], ""))
        self.assertEqual(self.questions() - asked, 1, "the model is asked once")

    def test_one_message_while_the_store_fails(self):
        """A limit on the size of files is a full disk that can be freed again."""
        client, session = self.begin()
        others = [self.raw() for _ in range(5)]
        hard = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)[1]
        asked, same = self.questions(), request("message.send", session, {"text": "do it"}, "promise")
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (8192, hard))
        try:
            for number in range(TIMES):
                others[number % 5].send_raw(same)
            refused = [json.loads(answer) for other in others for answer in other.answers(TIMES // 5)]
            self.assertEqual({answer["error"]["code"] for answer in refused}, {"store"})
        finally:
            resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (hard, hard))
        answers = set()

        def answered():
            others[0].send_raw(same)
            answer, = others[0].answers(1)
            if "error" in json.loads(answer):
                self.assertEqual(json.loads(answer)["error"]["code"], "store")
                return False
            answers.add(answer)
            return True
        wait_for(answered, "it is promised when the disk is back")
        for number in range(TIMES):
            others[number % 5].send_raw(same)
        answers |= {answer for other in others for answer in other.answers(TIMES // 5)}
        self.assertEqual(len(answers), 1)
        client.event("stream.completed", session, status="complete")
        client.idle(session)
        self.assertEqual((self.users(client, session), self.questions() - asked), (["do it"], 1))
        self.check_all(f"{TIMES} refused and {TIMES} answered")

    def test_a_request_that_is_repeated_without_end_is_answered_each_time(self):
        client, session = self.begin()
        other = self.client()
        self.daemon.process.send_signal(signal.SIGSTOP)
        for _ in range(600):
            other.send("session.rename", session, {"title": "once"}, id="again")
        self.daemon.process.send_signal(signal.SIGCONT)
        other.wait(lambda: len(other.replies.get("again", [])) == 600, "600 answers")
        answers = other.replies["again"]
        self.assertLessEqual({a["error"]["code"] for a in answers if "error" in a}, {"busy"})
        self.assertEqual(len({a["ok"]["seq"] for a in answers if "ok" in a}), 1)
        self.check_all()

    def test_sessions_and_forks_are_made_once(self):
        client, session = self.begin()
        client.request("message.send", session, {"text": "do it"})
        client.idle(session)
        for method, of, params in (("session.create", None, {"title": "one"}), ("session.fork", session, {})):
            clients, ids = [self.client() for _ in range(4)], method.replace(".", "_")
            for number in range(TIMES):
                clients[number % 4].send(method, of, params, id=ids)
            for one in clients:
                one.wait(lambda o=one: len(o.replies.get(ids, [])) == TIMES // 4, "all answers")
            self.assertEqual(len({json.dumps(r) for one in clients for r in one.replies[ids]}), 1, method)
        self.restart(kill=True)
        client = self.client()
        again = [client.request("session.create", None, {"title": "one"}, id="session_create"),
                 client.request("session.fork", session, {}, id="session_fork")]
        listed = {s["id"] for s in client.request("session.list")["sessions"]}
        self.assertLessEqual({answer["session"] for answer in again}, listed)
        self.assertEqual(len(listed), 4, "the session, the new one, the fork, the witness's")
        self.check_all()

    def test_a_repeated_deletion_is_answered_as_the_first(self):
        client, session = self.begin()
        first = client.request("session.delete", session, id="gone")
        other = self.client()
        self.assertEqual(other.request("session.delete", session, id="gone"), first)
        with self.assertRaises(RequestError) as raised:
            other.request("session.delete", session)
        self.assertEqual(raised.exception.code, "not_found")
        self.check_all()


class Calls(OnceTest):
    call_timeout = "60s"

    def test_a_persons_call_with_one_id_is_made_once(self):
        client = self.client()
        session = self.victim(client, "good")
        params = {"server": "bad", "tool": "mark", "arguments": {"id": "call"}}
        for _ in range(50):
            client.send("mcp.call", session, params, id="same")
        client.wait(lambda: len(client.replies.get("same", [])) == 50, "50 replies")
        other = self.client()
        other.request("mcp.call", session, params, id="same")
        replies = client.replies["same"] + other.replies["same"]
        client = self.restart()
        client.request("mcp.call", session, params, id="same")
        for reply in replies + client.replies["same"]:
            self.assertEqual(reply, replies[0])
        self.assertEqual(self.marks(), ["call"])


