"""Network namespaces as separate hosts, joined by a bridge in one more: nothing of the machine's own network is touched or reached.
Each is held by a process that ends with this one, and so is everything else here: nothing is left, however a test ends.

    hosts = Hosts("den", "ann", "bo")            # skips the test with a reason where that is impossible
    self.addCleanup(hosts.close)
    daemon.wrapper = hosts.on("den")              # stoad runs on that host; its ipc socket is a file, so the test's own
    hosts.run("ann", "ping", "-c1", hosts.address("den"))
    with hosts.inside("bo"):                      # this thread is there, and so are the threads that it begins meanwhile
        ...                                       # (a zmq.Context and the first socket of it, for one: remote.RemoteClient)
    hosts.link("bo", up=False)                    # the cable is pulled; nothing is told to anyone

As root, or in a user namespace that the process enters when it is not and when there is only one thread yet (at import)."""
import contextlib
import ctypes
import os
import shutil
import subprocess
import unittest

NEWNS, NEWUSER, NEWNET = 0x00020000, 0x10000000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def become_root():
    """In a user namespace of its own; the reason if that is refused."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        call("unshare", NEWUSER | NEWNS)
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError as error:
        return f"no user namespace: {error}"
    return None


def find_reason():
    """Why there can be no hosts here; None if there can."""
    missing = [name for name in ("ip", "nsenter", "unshare") if not shutil.which(name, path=PATH)]
    if missing:
        return f"no {' and no '.join(missing)} (iproute2, util-linux)"
    reason = become_root() if os.geteuid() != 0 else None
    if reason:
        return reason
    tried = subprocess.run(["unshare", "--net", "ip", "link", "add", "x", "type", "veth", "peer", "name", "y"],
                           env=dict(os.environ, PATH=PATH), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return None if tried.returncode == 0 else f"no network namespaces: {tried.stderr.decode().strip()}"


PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
REASON = find_reason()


class Namespace:
    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=dict(os.environ, PATH=PATH))
        self.process.stdout.readline()
        self.path = f"/proc/{self.process.pid}/ns/net"
        self.enter = ["nsenter", f"--net={self.path}", "--"]
        self.ip("link", "set", "lo", "up")

    def ip(self, *args):
        done = subprocess.run([*self.enter, "ip", *args], env=dict(os.environ, PATH=PATH), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, f"ip {' '.join(args)}: {done.stdout.decode()}"

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Hosts:
    """Each name is a host with an address of its own in 10.77.0.0/24 and fd77::/64."""

    def __init__(self, *names):
        if REASON:
            raise unittest.SkipTest(REASON)
        self.names = list(names)
        self.hosts = {}
        self.switch = Namespace()
        self.switch.ip("link", "add", "switch", "type", "bridge")
        self.switch.ip("link", "set", "switch", "up")
        for name in names:
            self.add(name)

    def add(self, name):
        if name not in self.names:
            self.names.append(name)
        host = self.hosts[name] = Namespace()
        port = f"port{self.number(name)}"
        self.switch.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(host.process.pid))
        self.switch.ip("link", "set", port, "master", "switch", "up")
        host.ip("addr", "add", f"{self.address(name)}/24", "dev", "eth0")
        host.ip("-6", "addr", "add", f"{self.address6(name)}/64", "dev", "eth0", "nodad")
        host.ip("link", "set", "eth0", "up")

    def number(self, name):
        return self.names.index(name) + 1

    def address(self, name):
        return f"10.77.0.{self.number(name)}"

    def address6(self, name):
        return f"fd77::{self.number(name):x}"

    def more_addresses(self, name, count):
        """So many further addresses of a host, as a farm of machines would have them; returns them."""
        found = [f"10.77.0.{number}" for number in range(250 - count, 250)]
        for address in found:
            self.hosts[name].ip("addr", "add", f"{address}/24", "dev", "eth0")
        return found

    def far_addresses(self, name, count):
        """So many addresses of a host, each in a network of its own, from which all hosts can be reached; returns them."""
        found = [f"10.78.{number}.1" for number in range(count)]
        for address in found:
            self.hosts[name].ip("addr", "add", f"{address}/32", "dev", "eth0")
        for other in set(self.hosts) - {name}:
            self.hosts[other].ip("route", "add", "10.78.0.0/16", "dev", "eth0")
        return found

    def on(self, name):
        """The words that have what follows them run there: of a Daemon.wrapper, or before a command."""
        return [shutil.which("nsenter", path=PATH), *self.hosts[name].enter[1:]]

    def run(self, name, *command, **more):
        """Runs it there; returns the finished process with text output."""
        return subprocess.run([*self.on(name), *command], **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
                                                             "stdin": subprocess.DEVNULL, "timeout": 60, **more}, check=False)

    @contextlib.contextmanager
    def inside(self, name):
        """This thread, and all that it begins meanwhile, are on that host."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(self.hosts[name].path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            call("setns", there, NEWNET)
            yield
        finally:
            call("setns", here, NEWNET)
            os.close(here)
            os.close(there)

    def link(self, name, up):
        """Plugs a host's cable in, or out, at the switch's end: the host itself notices nothing at its addresses."""
        self.switch.ip("link", "set", f"port{self.number(name)}", *(["master", "switch"] if up else ["nomaster"]))

    def close(self):
        for host in self.hosts.values():
            host.close()
        self.switch.close()
