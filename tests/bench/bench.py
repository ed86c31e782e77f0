#!/usr/bin/env python3
"""Measures the pair on this machine: latency from model server to watchers, memory, idle CPU, attach time, start time.

    bench.py [--build DIR] [--json FILE]

The model server is local and stamps each chunk with its time; a watcher's latency is the time at which it has the event
minus that stamp. Absolute times depend on the machine: compare figures of one run.
"""
import argparse
import http.server
import json
import os
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/tests/support")


class Model(http.server.BaseHTTPRequestHandler):
    """Streams `count` chunks at `rate` a second; each carries the time at which it was written."""
    protocol_version = "HTTP/1.1"
    count, rate = 1000, 200

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        start = time.monotonic()
        for number in range(self.count):
            left = start + number / self.rate - time.monotonic()
            if left > 0:
                time.sleep(left)
            stamp = f"{time.monotonic_ns()} "
            data = {"choices": [{"index": 0, "delta": {"content": stamp}}]}
            self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        self.close_connection = True

    def log_message(self, *_):
        pass


def start_server():
    """The model server in a process of its own, so that it shares no interpreter with the watchers."""
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--serve"], stdout=subprocess.PIPE)
    return process, int(process.stdout.readline())


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    print(server.server_port, flush=True)
    server.serve_forever()


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def memory(pid):
    figures = {}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            words = line.split()
            if words[0] in ("Rss:", "Private_Dirty:", "Private_Clean:"):
                figures[words[0][:-1]] = int(words[1])
    return figures["Rss"], figures["Private_Dirty"] + figures.get("Private_Clean", 0)


def latency(harness, place, watchers, table):
    session = harness.stoa(place, "new").stdout.strip()
    clients = [harness.Client(place) for _ in range(watchers)]
    times = []

    def follow(client):
        client.attach(session)
        ready.release()
        done = False
        while not done:
            client.take(5)
            now = time.monotonic_ns()
            for event in client.events:
                if event["type"] == "stream.chunk":
                    times.extend(now - int(stamp) for stamp in event["data"]["delta"].split())
                done |= event["type"] == "state.changed" and event["data"]["new"] == "idle"
            client.events.clear()

    ready = threading.Semaphore(0)
    threads = [threading.Thread(target=follow, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for _ in threads:
        ready.acquire()
    sender = harness.Client(place)
    sender.request("message.send", session, {"text": "go"})
    for thread in threads:
        thread.join()
    for client in clients + [sender]:
        client.close()
    table[f"chunk latency, {watchers} watchers, p50 ms"] = round(percentile(times, 0.5) / 1e6, 3)
    table[f"chunk latency, {watchers} watchers, p99 ms"] = round(percentile(times, 0.99) / 1e6, 3)


def attach_times(harness, place, table):
    client = harness.Client(place)
    for messages in (10, 1000):
        session = client.request("session.create")["session"]
        client.attach(session)
        for _ in range(messages // 2):
            start = len(client.events)
            client.request("message.send", session, {"text": "/demo chunks=1 rate=0"})
            client.idle(session, start)
            client.events.clear()
        took = []
        for _ in range(20):
            started = time.monotonic()
            other = harness.Client(place)
            other.attach(session)
            took.append((time.monotonic() - started) * 1000)
            other.close()
        table[f"attach to a session of {messages} messages, median ms"] = round(percentile(took, 0.5), 2)
    client.close()


def sizes(harness, place, daemon, table):
    client = harness.Client(place)
    session = client.request("session.create")["session"]
    client.attach(session)
    client.request("message.send", session, {"text": "go"})
    client.idle(session, seconds=60)
    agent = client.request("session.info", session)["agent"]["pid"]
    for name, pid in (("stoad", daemon.pid), ("stoa-agent", agent)):
        resident, private = memory(pid)
        table[f"{name} resident, private KB"] = f"{resident}, {private}"
    watch = harness.Watch(place, session)
    watch.wait(watch.snapshots, "snapshot")
    resident, private = memory(watch.process.pid)
    table["stoa watch resident, private KB"] = f"{resident}, {private}"
    pids = {"stoad": daemon.pid, "stoa-agent": agent, "stoa watch": watch.process.pid}
    time.sleep(1)
    before = {name: harness.cpu_all_threads(pid) for name, pid in pids.items()}
    time.sleep(5)
    for name, pid in pids.items():
        table[f"{name} idle CPU in 5 s, ms"] = round((harness.cpu_all_threads(pid) - before[name]) * 1000, 2)
    watch.close()
    client.close()


def starts(harness, place, daemon, table):
    took = []
    for _ in range(10):
        daemon.stop()
        started = time.monotonic()
        daemon.start()
        client = harness.Client(place)
        client.request("server.ping")
        took.append((time.monotonic() - started) * 1000)
        client.close()
    table["start to first answer, median ms"] = round(percentile(took, 0.5), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--json", help="write the figures here too")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    os.environ["STOA_BUILD"] = os.path.join(ROOT, options.build)
    import harness
    server, port = start_server()
    place = harness.Place(f"default_model: local/x\nproviders:\n  local:\n    api: openai\n"
                          f"    base_url: http://127.0.0.1:{port}/v1\n")
    daemon = harness.Daemon(place).start()
    table = {}
    resident, private = memory(daemon.pid)
    table["stoad at start resident, private KB"] = f"{resident}, {private}"
    try:
        for watchers in (1, 2, 8):
            latency(harness, place, watchers, table)
        sizes(harness, place, daemon, table)
        place.write_config("default_model: demo/stoa\n")
        daemon.stop()
        daemon.start()
        attach_times(harness, place, table)
        starts(harness, place, daemon, table)
    finally:
        daemon.stop()
        place.remove()
        server.kill()
    for name, value in table.items():
        print(f"{name:55} {value}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(table, file, indent=2)


if __name__ == "__main__":
    main()
