"""The daemon over tcp: clients on other hosts come in by their keys, sealed with CURVE; nobody else does, and nothing else is said there."""
import os
import socket
import stat
import time

from harness import RequestError, StoaTest, wait_for
from hosts import Hosts
from raw_zmtp import greeting, ready
from remote import RemoteClient, RemoteTest, key_text, keys_in, listening, make_user, new_keys, server_key


class TwoHosts(RemoteTest):
    autostart = False
    listen = "tcp://10.77.0.1:7117"

    def setUp(self):
        super().setUp()
        self.hosts = Hosts("den", "ann", "bo")
        self.addCleanup(self.hosts.close)
        self.daemon.wrapper = self.hosts.on("den")
        self.daemon.start()
        self.find_daemon()

    def from_host(self, name, keys, **more):
        return self.remote(keys, host=(self.hosts, name), **more)

    def test_a_known_key_works_on_another_host_as_on_this_one(self):
        keys, admin = new_keys(), self.client()
        make_user(admin, "ann", keys)
        ann = self.from_host("ann", keys)
        hello = ann.request("server.hello")
        self.assertEqual((hello["user"], hello["key"]), ("ann", key_text(self.server)))
        session = self.session(ann)
        snapshot = ann.attach(session)
        self.assertEqual(snapshot["seq"], ann.request("session.info", session)["seq"])
        ann.request("message.send", session, {"text": "/demo echo=over-the-wire chunks=20"})
        ann.idle(session)
        self.assertTrue([e for e in ann.events if e["type"] == "stream.chunk"])
        with self.assertRaises(RequestError) as raised:  # the daemon's own user is another one
            admin.request("session.info", session)
        self.assertEqual(raised.exception.code, "not_found")
        big = "x" * (900 << 10)
        ann.request("message.send", session, {"text": big})
        ann.event("message.added", session)

    def test_a_cable_that_was_pulled_for_a_moment_costs_nothing(self):
        keys = new_keys()
        make_user(self.client(), "ann", keys)
        ann = self.from_host("ann", keys, RECONNECT_IVL=100)
        ann.request("server.hello")
        session = self.session(ann)
        ann.attach(session)
        self.hosts.link("ann", up=False)
        self.hosts.link("ann", up=True)
        ann.request("server.ping", seconds=30)
        self.assertIn("seq", ann.request("session.info", session))


class Remote(RemoteTest):
    def test_a_stranger_learns_nothing_and_is_told_so(self):
        stranger = self.remote(new_keys())
        hello = stranger.request("server.hello")
        self.assertEqual(set(hello), {"version", "epoch", "role"})
        self.assertEqual(hello["role"], "none")
        stranger.request("server.ping")
        session = self.session()
        for method, sid, params in (("session.list", None, {}), ("session.create", None, {}), ("session.info", session, {}),
                                    ("session.subscribe", None, {"sessions": [session]}), ("user.list", None, {}),
                                    ("admin.stats", None, {}), ("model.list", None, {})):
            with self.assertRaises(RequestError) as raised:
                stranger.request(method, sid, params)
            self.assertIn(raised.exception.code, ("denied", "not_found"), method)

    def test_what_is_not_sealed_to_the_daemon_s_key_gets_no_word(self):
        _, keys = self.user("ann")
        self.assertTrue(self.remote(keys, server=new_keys().open).hears_nothing(), "another daemon's key")
        self.assertTrue(self.remote(None).hears_nothing(), "no mechanism")
        self.assertTrue(self.remote(None, PLAIN_USERNAME=b"ann", PLAIN_PASSWORD=b"x").hears_nothing(), "a password")
        self.assertEqual(self.remote(keys).request("server.hello")["user"], "ann")
        host, port = self.address.removeprefix("tcp://").split(":")
        for mechanism in (b"NULL", b"PLAIN"):
            with socket.create_connection((host, int(port))) as raw:
                raw.settimeout(10)
                raw.sendall(greeting(mechanism=mechanism) + ready())
                self.assertNotIn(b"READY", b"".join(iter(lambda r=raw: self.some(r), b"")), mechanism)

    def some(self, raw):
        try:
            return raw.recv(4096)
        except ConnectionResetError:
            return b""

    def test_the_local_socket_is_as_it_was_also_when_it_was_deleted(self):
        local = self.client()
        self.assertEqual(local.request("server.hello")["role"], "admin")
        os.unlink(self.place.socket_path)
        wait_for(lambda: os.path.exists(self.place.socket_path), "it is bound again")
        again = self.client()
        self.assertEqual(again.request("server.hello")["user"], local.request("server.hello")["user"])
        _, keys = self.user("ann")
        self.assertEqual(self.remote(keys).request("server.hello")["user"], "ann")
        unsealed = self.remote(None)
        self.assertTrue(unsealed.hears_nothing())

    def test_what_the_daemon_is_known_by(self):
        stats = self.client().request("admin.stats")
        self.assertEqual(stats["listen"], self.addresses)
        self.assertEqual(stats["key"], key_text(self.server))
        self.assertRegex(stats["fingerprint"], r"^stoa:[\w-]{22}$")
        log = self.daemon.log_text()
        self.assertIn(stats["fingerprint"], log)
        path = f"{self.place.folder}/state/daemon.key"
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertNotIn(key_text(keys_in(path).secret), log)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(server_key(self.place), self.server, "made once")

    def test_an_end_is_noticed_at_once(self):
        ann, _ = self.user("ann")
        ann.request("server.hello")
        watcher = self.client()
        count = lambda: watcher.request("admin.stats")["clients"]  # noqa: E731
        wait_for(lambda: count() == 2, "these two")
        ann.close()
        self.things.remove(ann)
        wait_for(lambda: count() == 1, "it is gone", 2)

    def test_a_routing_id_of_its_own_is_cut(self):
        _, keys = self.user("ann")
        named = self.remote(keys, IDENTITY=b"mine")
        self.assertTrue(named.hears_nothing())
        self.assertIn("a routing id of its own", self.daemon.log_text())

    def test_a_user_has_so_many_clients(self):
        self.daemon.stop()
        with open(self.place.config_path, "a") as file:
            file.write("limits: {max_user_clients: 3}\n")
        self.daemon.start()
        self.find_daemon()
        ann, keys = self.user("ann")
        clients = [ann, *(self.remote(keys) for _ in range(2))]
        for client in clients:
            client.request("server.hello")
        with self.assertRaises(RequestError) as raised:
            self.remote(keys).request("server.hello")
        self.assertEqual(raised.exception.code, "limit")
        self.assertIn("limits.max_user_clients", raised.exception.text)
        self.user("bo")[0].request("server.hello")

    def test_a_user_has_no_more_than_half_of_all_places(self):
        keys = {name: self.user(name, role=role)[1] for name, role in (("ann", "member"), ("bo", "member"), ("cy", "admin"))}
        self.place.write_config(self.config + "limits: {max_clients: 6}\n")
        own = self.client()
        own.request("admin.reload")
        wait_for(lambda: own.request("admin.stats")["clients"] == 1, "one place is this client's, and those that made users have gone")
        for name, count, why in (("ann", 3, "3 clients connected already, half of all"), ("bo", 2, "limits.max_clients is 6")):
            for _ in range(count):
                self.remote(keys[name]).request("server.hello")
            with self.assertRaises(RequestError) as raised:
                self.remote(keys[name]).request("server.hello")
            self.assertIn(why, raised.exception.text)
        self.assertEqual(self.remote(keys["cy"]).request("server.hello")["user"], "cy", "an admin gets in")


class Strangers(RemoteTest):
    config = "limits: {stranger_timeout: 2s, max_strangers: 4}\n"

    def test_a_stranger_s_time_is_limited_and_a_user_s_is_not(self):
        ann, _ = self.user("ann")
        ann.request("server.hello")
        session = self.session(ann)
        stranger, began = self.remote(new_keys(), RECONNECT_IVL=-1), time.monotonic()
        stranger.request("server.hello")
        wait_for(lambda: "nobody knows whose it is" in self.daemon.log_text(), "it is cut")
        self.assertGreater(time.monotonic() - began, 1.5)
        self.assertTrue(stranger.hears_nothing(0.5))
        self.assertIn("seq", ann.request("session.info", session))

    def test_few_are_let_in_at_the_same_time(self):
        first = [self.remote(new_keys()) for _ in range(2)]  # half of them, of one address
        for stranger in first:
            stranger.request("server.hello")
        self.assertTrue(self.remote(new_keys(), RECONNECT_IVL=-1).hears_nothing())
        first[0].close()
        self.things.remove(first[0])
        self.remote(new_keys()).request("server.hello")

    def test_a_reload_changes_how_many(self):
        with open(self.place.config_path) as file:
            text = file.read()
        self.place.write_config(text.replace("max_strangers: 4", "max_strangers: 0"))
        self.client().request("admin.reload")
        self.assertTrue(self.remote(new_keys()).hears_nothing())
        self.user("ann")[0].request("server.hello")


class Start(StoaTest):
    autostart = False

    def refused(self, listen, code, *texts):
        self.place.write_config(f"default_model: demo/stoa\nlisten: '{listen}'\n")
        self.daemon.start(wait=False)
        self.assertEqual(self.daemon.process.wait(15), code, self.daemon.log_text())
        for text in texts:
            self.assertIn(text, self.daemon.log_text())

    def test_a_bad_address_is_named(self):
        for bad in ("tcp://den:1", "udp://1.2.3.4:5", "tcp://127.0.0.1:70000", "tcp://fd77::1:80", "127.0.0.1:7117", "tcp://*:1 tcp://:2"):
            self.refused(bad, 78, bad.split()[-1], "no address to listen at")

    def test_an_address_that_cannot_be_had_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.refused(f"tcp://127.0.0.1:{taken.getsockname()[1]}", 71, "another program serves there")
        self.refused("tcp://192.0.2.77:7117", 71, "this host has no such address")

    def test_a_key_that_others_may_read_or_is_none_is_refused(self):
        self.place.write_config("listen: 'tcp://127.0.0.1:0'\n")
        self.daemon.start()
        self.daemon.stop()
        path = f"{self.place.folder}/state/daemon.key"
        os.chmod(path, 0o644)
        self.refused("tcp://127.0.0.1:0", 77, "may be read by others", "chmod 600")
        with open(path, "w") as file:
            file.write("stoa-key-1 nonsense\n")
        os.chmod(path, 0o600)
        self.refused("tcp://127.0.0.1:0", 78, "is no key")

    def test_without_listen_there_is_no_key(self):
        self.place.write_config("default_model: demo/stoa\n")
        self.daemon.start()
        self.assertEqual(self.client().request("admin.stats")["listen"], [])
        self.assertFalse(os.path.exists(f"{self.place.folder}/state/daemon.key"))

    def test_several_addresses_of_both_kinds(self):
        try:
            with socket.socket(socket.AF_INET6) as six:
                six.bind(("::1", 0))
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        self.place.write_config("listen: 'tcp://127.0.0.1:0, tcp://[::1]:0 tcp://*:0'\n")
        self.daemon.start()
        keys = new_keys()
        make_user(self.client(), "ann", keys)
        addresses = wait_for(lambda: len(listening(self.daemon)) == 3 and listening(self.daemon), "it listens")
        port = addresses[2].rsplit(":", 1)[1]
        for address in (*addresses[:2], f"tcp://127.0.0.1:{port}", f"tcp://[::1]:{port}"):
            client = self.keep(RemoteClient(address, keys, server_key(self.place)))
            self.assertEqual(client.request("server.hello")["user"], "ann", address)
