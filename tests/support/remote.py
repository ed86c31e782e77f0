"""Clients that come over tcp with CURVE, and the users that they are.

    keys = new_keys()                                   # Keys(open, secret, text), of somebody
    make_user(admin_client, "ann", keys)                # by user.create and user.key_add; admin_client: on the local socket
    ann = RemoteClient(address, keys, server_key(place))
    ann.request("server.hello")

RemoteTest is a StoaTest whose daemon listens on 127.0.0.1 (any port); self.remote(keys) connects to it. With hosts.Hosts:
`listen` is set by the test, and RemoteClient(..., host=(hosts, "ann")) connects from there."""
import base64
import collections
import contextlib
import os
import re

import zmq
from harness import Client, StoaTest, wait_for
from zmq.utils import z85

Keys = collections.namedtuple("Keys", "open secret text")  # 32 bytes, 32 bytes, and the open one as PROTOCOL.md has it


def key_text(key):
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def key_bytes(text):
    return base64.urlsafe_b64decode(text + "=")


def new_keys():
    open_text, secret_text = zmq.curve_keypair()
    opened, secret = z85.decode(open_text), z85.decode(secret_text)
    return Keys(opened, secret, key_text(opened))


def keys_in(path):
    """Those of a key's file (stoa keygen, or the daemon's daemon.key)."""
    with open(path) as file:
        head, open_text, secret_text = file.read().split()
    assert head == "stoa-key-1", head
    return Keys(key_bytes(open_text), key_bytes(secret_text), open_text)


def write_keys(path, keys):
    """As `stoa keygen` would."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"stoa-key-1 {keys.text} {key_text(keys.secret)}\n")


def server_key(place):
    """The daemon's open key: 32 bytes."""
    return keys_in(f"{place.folder}/state/daemon.key").open


def listening(daemon):
    """The addresses that the daemon says it listens at, in their order: where the port was 0, with the one it got."""
    return re.findall(r"listening address=(\S+)", daemon.log_text())


def make_user(client, name, *keys, role="member", **settings):
    """client: an admin's."""
    client.request("user.create", params={"user": name, "role": role, **settings})
    for each in keys:
        client.request("user.key_add", params={"user": name, "key": each.text})


class RemoteClient(Client):
    """Over tcp. keys: the client's; server: the daemon's open key (32 bytes), or any other one; host: (Hosts, name), to connect
    from there."""

    def __init__(self, address, keys, server, backlog=0, host=None, **options):
        own = zmq.Context() if host else None  # its thread is begun there
        with host[0].inside(host[1]) if host else contextlib.nullcontext():
            self.socket = (own or self.context).socket(zmq.DEALER)
        self.own = own
        self.address = address
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, backlog)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 10)
        self.socket.setsockopt(zmq.IPV6, 1)
        for name, value in options.items():
            self.socket.setsockopt(getattr(zmq, name), value)
        if keys:
            self.socket.curve_publickey, self.socket.curve_secretkey = keys.open, keys.secret
            self.socket.curve_serverkey = server
        self.socket.connect(address)
        self.replies, self.events, self.notices = {}, [], []

    def hears_nothing(self, seconds=1.0):
        """Whether a request stays without any answer for so long."""
        id = self.send("server.ping")
        while self.take(seconds):
            pass
        return id not in self.replies

    def close(self):
        super().close()
        if self.own:
            self.own.term()


class RemoteTest(StoaTest):
    """Its daemon listens; what a class's `config` adds to that may not set `listen` again."""
    listen = "tcp://127.0.0.1:0"

    def setUp(self):
        self.config = f"default_model: demo/stoa\nlisten: '{self.listen}'\n" + self.config
        super().setUp()
        if self.autostart:
            self.find_daemon()

    def find_daemon(self):
        """After a start: what clients need to know."""
        self.addresses = wait_for(lambda: listening(self.daemon)[-len(self.listen.split()):], "the daemon says where it listens")
        self.address = self.addresses[0]
        self.server = server_key(self.place)

    def remote(self, keys, **more):
        return self.keep(RemoteClient(more.pop("address", self.address), keys, more.pop("server", self.server), **more))

    def user(self, name, **more):
        """A new user with one key; returns a client of theirs over tcp, and the keys."""
        keys = new_keys()
        admin = Client(self.place)
        make_user(admin, name, keys, **more)
        admin.close()
        return self.remote(keys), keys
