"""Requests: round trips beside a plain ROUTER that answers as many bytes, and promises a second beside what SQLite commits."""
import os

import rig
from rig import median

ORDER, TITLE = 20, "Requests"
PROMISES = (("session.rename", '{"title":"a title of some length"}', None), ("message.send", '{"text":"a message of some length"}', "bench 0 0"))
ROW_BYTES = 200


def round_trips(figures, rounds, count):
    with rig.Rig(double=True) as place:
        session = place.session()
        for method, more in (("server.ping", []), ("session.info", ["--session", session])):
            def ask(asked):
                return rig.run("bench-load", "requests", "--socket", place.place.socket_path, "--method", method, "--count", asked, *more)
            with rig.RawEcho(ask(1)["reply_bytes"]) as router:
                ours, raw = zip(*[(ask(count), router.round_trips(count, method)) for _ in range(rounds)])
            for part in ("p50_ms", "p99_ms"):
                figures.add(f"{method}, round trip, {part[:3]}", median([run[part] for run in ours]), "ms",
                            beside=median([run[part] for run in raw]), beside_name="ROUTER alone")


def commits(place):
    return place.client.request("admin.stats")["store"]["commits"]


def promises(figures, rounds, count, senders):
    """Each sender waits for an answer before it asks again. Messages go to sessions whose turn never ends, so that they queue."""
    for method, params, begin in PROMISES:
        with rig.Rig(double=True, config="limits: {queue: 256}\n") as place:
            for clients in senders:
                ours, raw, batches = [], [], []
                for _ in range(rounds):
                    each = min(count, 250) if begin else max(count // clients, 10) * (2 if clients > 1 else 1)
                    before = commits(place)
                    ours.append(rig.run("bench-load", "senders", "--socket", place.place.socket_path, "--method", method, "--params", params,
                                        "--clients", clients, "--count", each, *(["--begin", begin] if begin else [])))
                    batches.append(max(1, round(ours[-1]["accepted"] / max(1, commits(place) - before))))
                    batch = min(batches[-1], clients)
                    raw.append(rig.run("bench-store", "--folder", place.place.folder, "--rows", min(count, 1000) * batch, "--batch", batch,
                                       "--bytes", ROW_BYTES))
                    os.remove(f"{place.place.folder}/raw.db")
                figures.add(f"{method} accepted durably, {clients} sender{'s' if clients > 1 else ''}",
                            median([run["accepted"] / run["seconds"] for run in ours]), "/s",
                            beside=median([run["rows"] / run["seconds"] for run in raw]),
                            beside_name=f"SQLite, {median(batches)} rows a commit")
                figures.add("  answer, p99", median([run["p99_ms"] for run in ours]), "ms")


def run(figures, quick):
    round_trips(figures, 1 if quick else 3, 200 if quick else 3000)
    promises(figures, 1 if quick else 3, 100 if quick else 1000, (1, 8) if quick else (1, 64))
