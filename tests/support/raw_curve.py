"""raw_zmtp.py's peer over tcp: CURVE (RFC 26) step by step, so that it can stop anywhere, and say what no library would."""
import ctypes
import ctypes.util
import os
import socket
import struct

from harness import PATIENCE
from raw_zmtp import COMMAND, MORE, Raw, frame, greeting

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


def box(message, nonce, public, secret):
    out = ctypes.create_string_buffer(len(message) + 16)
    assert sodium.crypto_box_easy(out, message, ctypes.c_ulonglong(len(message)), nonce, public, secret) == 0
    return out.raw


def unbox(sealed, nonce, public, secret):
    out = ctypes.create_string_buffer(len(sealed) - 16)
    assert sodium.crypto_box_open_easy(out, sealed, ctypes.c_ulonglong(len(sealed)), nonce, public, secret) == 0, "not for us"
    return out.raw


def shared_key(public, secret):
    out = ctypes.create_string_buffer(32)
    assert sodium.crypto_box_beforenm(out, public, secret) == 0
    return out.raw


def short_pair():
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    sodium.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def metadata(named):
    return b"".join(bytes([len(name)]) + name + struct.pack(">I", len(value)) + value for name, value in named)


class RawCurve(Raw):
    """stop: "connect", "greeting", "hello" or "initiate", after which nothing more is sent; "ready": the handshake is whole.
    named: of its metadata, as pairs."""

    def __init__(self, address, keys, server, stop="ready", named=((b"Socket-Type", b"DEALER"), (b"Identity", b"")), source=None,
                 family=socket.AF_INET, patience=PATIENCE):
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.got, self.nonce, self.key = b"", 0, None
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host.strip("[]"), int(port)))
        steps = ("connect", "greeting", "hello", "initiate", "ready")
        self.keys, self.server, self.short = keys, server, short_pair()
        if steps.index(stop) >= 1:
            self.send(greeting(mechanism=b"CURVE"))
        if steps.index(stop) >= 2:
            self.send(self.hello())
        if steps.index(stop) >= 3:
            self.wait(lambda: len(self.got) >= 64 + 170, "WELCOME", patience)
            self.send(self.initiate(metadata(named)))
        if steps.index(stop) >= 4:
            self.wait(lambda: b"\5READY" in self.got[234:], "READY", patience)

    def next(self):
        self.nonce += 1
        return struct.pack(">Q", self.nonce)

    def hello(self):
        nonce = self.next()
        return frame(b"\5HELLO\1\0" + bytes(72) + self.short[0] + nonce +
                     box(bytes(64), b"CurveZMQHELLO---" + nonce, self.server, self.short[1]), COMMAND)

    def initiate(self, named):
        """After WELCOME has come."""
        welcome = self.got[64 + 2:64 + 170]
        assert welcome.startswith(b"\7WELCOME"), welcome[:20]
        opened = unbox(welcome[24:], b"WELCOME-" + welcome[8:24], self.server, self.short[1])
        theirs, cookie = opened[:32], opened[32:]
        self.key = shared_key(theirs, self.short[1])
        vouch = os.urandom(16)
        vouched = box(self.short[0] + self.server, b"VOUCH---" + vouch, theirs, self.keys.secret)
        nonce = self.next()
        sealed = box(self.keys.open + vouch + vouched + named, b"CurveZMQINITIATE" + nonce, theirs, self.short[1])
        return frame(b"\x08INITIATE" + cookie + nonce + sealed, COMMAND)

    def sealed(self, body, flags=0):
        """A part of a message, as it is sent: flags MORE and COMMAND are inside."""
        nonce, message = self.next(), bytes([flags]) + body
        out = ctypes.create_string_buffer(len(message) + 16)
        sodium.crypto_box_easy_afternm(out, message, ctypes.c_ulonglong(len(message)), b"CurveZMQMESSAGEC" + nonce, self.key)
        return frame(b"\7MESSAGE" + nonce + out.raw)

    def ask(self, request):
        return self.send(self.sealed(b"stoa/1", MORE) + self.sealed(request))


__all__ = ["RawCurve", "COMMAND", "MORE"]
