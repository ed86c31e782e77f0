"""A peer of the daemon's socket that speaks ZMTP 3 byte by byte, so that it can say what no library would."""
import socket
import struct
import time

from harness import PATIENCE

MORE, LONG, COMMAND = 1, 2, 4


def greeting(version=(3, 0), mechanism=b"NULL"):
    return b"\xff" + bytes(8) + b"\x7f" + bytes(version) + mechanism.ljust(20, b"\0") + bytes(32)


def frame(body, flags=0):
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return declared(len(body), flags) + body


def declared(size, flags=0):
    """The head of a frame of that size."""
    return bytes([flags | LONG]) + struct.pack(">Q", size)


def ready(kind=b"DEALER", identity=None):
    named = [(b"Socket-Type", kind)] + ([(b"Identity", identity)] if identity is not None else [])
    body = b"\5READY" + b"".join(bytes([len(n)]) + n + struct.pack(">I", len(v)) + v for n, v in named)
    return frame(body, COMMAND)


class Raw:
    """A connection. Everything that comes is kept in self.got."""

    def __init__(self, place, hello=True, identity=None):
        self.got = b""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(place.socket_path)
        if hello:
            self.send(greeting() + ready(identity=identity))
            self.wait(lambda: b"READY" in self.got, "the daemon's READY")

    def ask(self, request):
        return self.send(frame(b"stoa/1", MORE) + frame(request))

    def send(self, data):
        """False if the daemon has cut the connection meanwhile."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def take(self, seconds=0.05):
        """False at the end."""
        self.socket.settimeout(max(0.001, seconds))
        try:
            data = self.socket.recv(1 << 16)
        except (TimeoutError, BlockingIOError):
            return True
        except ConnectionResetError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)
        self.got += data
        return bool(data)

    def wait(self, condition, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not condition():
            if not self.take() and not condition():
                raise AssertionError(f"the daemon has cut the connection: {what}")
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}")

    def is_cut(self, seconds=PATIENCE):
        """Waits for the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.take():
                return True
        return False

    def frames(self):
        """(flags, body) of what came after the greeting, as far as it is whole."""
        at, found = 64, []
        while at + 2 <= len(self.got):
            flags = self.got[at]
            head = 9 if flags & LONG else 2
            if at + head > len(self.got):
                break
            size = struct.unpack(">Q", self.got[at + 1:at + 9])[0] if flags & LONG else self.got[at + 1]
            if at + head + size > len(self.got):
                break
            found.append((flags, self.got[at + head:at + head + size]))
            at += head + size
        return found

    def close(self):
        self.socket.close()
