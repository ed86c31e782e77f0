"""What the sections that measure speed stand on: a daemon with a fast model server or an agent's double, the load, and the raw
publisher beside them. All that is measured is measured by the C programs of this folder; nothing here is in its way."""
import json
import os
import socket
import struct
import subprocess
import threading

from harness import Client, Daemon, Place, cpu_all_threads, program, wait_for

CHUNK_BYTES = 20  # of text; a stamp


def run(name, *args):
    """One of the bench's programs, to its end; its line of JSON."""
    done = subprocess.run([program(name), *map(str, args)], stdout=subprocess.PIPE, timeout=300, check=True)
    return json.loads(done.stdout)


def median(values):
    """Of the two in the middle the lower one, so that it is a value that was seen."""
    values = sorted(values)
    return values[(len(values) - 1) // 2]


def clients_of(count):
    return f"{count} client{'s' if count > 1 else ''}"


class Pidfds:
    """Gives pidfds to a daemon under valgrind (pidfd_shim.c)."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                fd = os.pidfd_open(struct.unpack("i", peer.recv(4))[0])
                socket.send_fds(peer, [b"."], [fd])
                os.close(fd)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Rig:
    """A daemon in a place of its own. double: the agents are bench-agent; else they ask bench-model. wrapper: valgrind."""

    def __init__(self, double=False, agent=None, config="", wrapper=()):
        self.source = None
        text = f"default_model: local/any\n{config}log: {{level: warn}}\nproviders:\n  local:\n    api: openai\n"
        if not double:
            self.source = subprocess.Popen([program("bench-model")], stdout=subprocess.PIPE)
            port = int(self.source.stdout.readline())
        else:
            port = 9
        text += f"    base_url: http://127.0.0.1:{port}/v1\n"
        agent = agent or (program("bench-agent") if double else None)
        if agent:
            text += f"agent: {{path: {agent}}}\n"
        self.place = Place(text)
        self.place.env["STOA_LIMITS_CONNECTION_REQUESTS"] = "0"  # what is measured is how fast it is, not where it is stopped
        self.pidfds = None
        if wrapper:
            self.pidfds = Pidfds(f"{self.place.folder}/pidfds")
            self.place.env.update(LD_PRELOAD=program("bench-pidfd.so"), BENCH_PIDFD=f"{self.place.folder}/pidfds")
        self.daemon = Daemon(self.place)
        self.daemon.wrapper = list(wrapper)
        self.daemon.start()
        self.client = Client(self.place)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        try:
            self.daemon.stop(60)
        finally:
            if self.source:
                self.source.kill()
                self.source.wait()
            if self.pidfds:
                self.pidfds.close()
            self.place.remove()

    def session(self):
        return self.client.request("session.create")["session"]

    def agent_pid(self, session):
        agent = self.client.request("session.info", session)["agent"]
        return agent.get("pid", 0)

    def warm(self, session):
        """A first turn of one chunk: the agent is there afterwards."""
        run("bench-load", "stream", "--socket", self.place.socket_path, "--session", session, "--clients", 1,
            "--text", "bench 1 0")
        wait_for(lambda: self.agent_pid(session), "an agent")

    def stream(self, clients, count, rate=0, threads=1, stamps=False, sizes=None, paced=False):
        """A session of its own streams so many chunks to so many clients. What the load said, and the CPU seconds of daemon and
        agent."""
        pace = ["--pace", f"{self.place.folder}/pace"] if paced else []
        if paced:
            open(f"{self.place.folder}/pace", "ab").close()
        session = self.session()
        self.warm(session)
        agent = self.agent_pid(session)
        before = cpu_all_threads(self.daemon.pid), cpu_all_threads(agent)
        found = run("bench-load", "stream", "--socket", self.place.socket_path, "--session", session, "--clients", clients,
                    "--threads", threads, "--text", f"bench {count} {rate}", "--stamps", int(stamps), *pace,
                    *(["--sizes", sizes] if sizes else []))
        found["daemon_cpu"] = cpu_all_threads(self.daemon.pid) - before[0]
        found["agent_cpu"] = cpu_all_threads(agent) - before[1]
        check(found, clients * count)
        return found


def check(found, chunks):
    """A figure of a stream that lost something is worth nothing."""
    if found["gaps"] or (found["chunks"] != chunks and not found["resyncs"]):
        raise SystemExit(f"bench: {found['chunks']} of {chunks} chunks came, with {found['gaps']} gaps")


class Raw:
    """A plain ROUTER in place of the daemon. It lives as long as the daemon beside it: on a busy machine a process that has just begun
    is served first."""

    def __init__(self, role, *args):
        self.place = Place()
        os.mkdir(f"{self.place.folder}/run", 0o700)
        self.pace = f"{self.place.folder}/pace"
        self.router = subprocess.Popen([program("bench-raw"), role, "--socket", self.place.socket_path, *map(str, args), "--pace",
                                        self.pace], stdout=subprocess.PIPE)
        self.router.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.router.kill()
        self.router.wait()
        self.place.remove()


class RawEcho(Raw):
    """It answers each request with so many bytes."""

    def __init__(self, reply):
        super().__init__("echo", "--bytes", reply)

    def round_trips(self, count, method):
        return run("bench-load", "requests", "--socket", self.place.socket_path, "--method", method, "--count", count)


class RawPublisher(Raw):
    """It sends chunks to so many clients: those whose sizes are in the file, or so many, at that rate."""

    def __init__(self, clients, count=None, rate=0, sizes=None):
        super().__init__("publish", "--clients", clients, "--rate", rate, *(["--sizes", sizes] if sizes else ["--count", count]))
        self.clients = clients

    def stream(self, stamps=False, paced=False):
        before = cpu_all_threads(self.router.pid)
        found = run("bench-load", "stream", "--socket", self.place.socket_path, "--raw", 1, "--clients", self.clients, "--stamps",
                    int(stamps), *(["--pace", self.pace] if paced else []))
        found["daemon_cpu"] = cpu_all_threads(self.router.pid) - before
        return found
