"""Many sessions, or long ones, straight into a store whose daemon is stopped: a session that a daemon has made is copied, with other ids
and texts. So rows, events, snapshots and the index of words are what a daemon writes.

    make_sessions(place.folder + "/state", 1000, 4)       # the store is made if there is none
    make_sessions(place.folder + "/state", 1, 10000)      # a long one beside them

Every message has the word "common", one in ten "sometimes", and each has the word rare(session, ordinal) alone."""
import json
import os
import sqlite3

from harness import Client, Daemon, Place

MARK = "zzzzzzz"  # in what is copied: where the session's number comes, within ids and words
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
COLUMNS = {"sessions": "*", "events": "*", "messages": "*", "search": "rowid AS key, text", "snapshots": "*"}
TEXT = ("common words of message {ordinal}: the daemon numbers every event, stores it and tells all who follow; what was acknowledged "
        "is there after a crash of the agent, of the daemon or of the machine.{more} {word}")
_models = {}  # by number of messages: what _make_model gave


def rare(session, ordinal):
    """The word that only that message has. session: an id that make_sessions gave."""
    return f"word{session[-7:]}n{ordinal}"


def make_sessions(state_dir, count, messages_each):
    """Adds count sessions with so many messages each (an even number, at least 2); returns their ids, the newest activity last."""
    if messages_each not in _models:
        _models[messages_each] = _make_model(messages_each)
    model, empty = _models[messages_each]
    path = f"{state_dir}/stoa.db"
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(empty)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    keys = range(_one(db, "SELECT seq FROM sqlite_sequence WHERE name = 'sessions'", 0) + 1, 1 << 31)[:count]
    activity = _one(db, "SELECT max(activity) FROM sessions", model["sessions"][0]["activity"])
    for table, rows in model.items():
        names = [{"key": "rowid"}.get(name, name) if table == "search" else name for name in rows[0]]
        db.executemany(f"INSERT INTO {table}({', '.join(names)}) VALUES({', '.join('?' * len(names))})",
                       (_copy(table, row, key, activity + 1 + key - keys[0]) for key in keys for row in rows))
    db.execute("COMMIT")
    db.execute("INSERT INTO search(search) VALUES('optimize')")  # as in a store that has grown slowly
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return [model["sessions"][0]["sid"].replace(MARK, _digits(key)) for key in keys]


def _one(db, sql, otherwise):
    row = db.execute(sql).fetchone()
    return row[0] if row and row[0] is not None else otherwise


def _digits(number):
    """Seven of them, as ids have."""
    return "".join(DIGITS[number >> shift & 31] for shift in range(30, -1, -5))


def _copy(table, row, key, activity):
    digits = _digits(key)
    row = {name: value.replace(MARK, digits) if isinstance(value, str) else value for name, value in row.items()}
    if table == "sessions":
        row.update(key=key, activity=activity)
    elif table == "snapshots":
        row.update(session=key)
    else:
        row["key"] += key << 32
    return list(row.values())


def _make_model(messages):
    """The rows of a session by table, with the keys of session 0; and the bytes of a store without any session."""
    assert messages >= 2 and messages % 2 == 0
    place = Place()
    daemon = Daemon(place).start()
    try:
        sid = _make_turn(place)
        daemon.stop()
        db = sqlite3.connect(f"{place.folder}/state/stoa.db", isolation_level=None)
        db.row_factory = sqlite3.Row
        turn = {table: [dict(row) for row in db.execute(f"SELECT {columns} FROM {table} ORDER BY 1")] for table, columns in COLUMNS.items()}
        for table in (*COLUMNS, "requests"):
            db.execute(f"DELETE FROM {table}")
        db.executescript("DELETE FROM sqlite_sequence; PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        with open(f"{place.folder}/state/stoa.db", "rb") as file:
            empty = file.read()
        model = _lengthen(turn, sid, messages)
        db.execute("BEGIN")
        for table, rows in model.items():
            for row in rows:
                row = dict(row, key=row["key"] + (0 if table == "sessions" else 1 << 32))
                db.execute(f"INSERT INTO {table}({', '.join(row)}) VALUES({', '.join('?' * len(row))})".replace(
                    "search(key", "search(rowid"), list(row.values()))
        db.execute("COMMIT")
        db.close()
        model["snapshots"] = _snapshot(place, daemon, model["sessions"][0]["sid"])
        return model, empty
    finally:
        if daemon.process.poll() is None:
            daemon.kill()
        place.remove()


def _make_turn(place):
    client = Client(place)
    sid = client.request("session.create", params={"title": f"about {MARK}"})["session"]
    client.attach(sid)
    client.request("message.send", sid, {"text": "/demo echo=nothing"})
    client.idle(sid)
    client.close()
    return sid


def _lengthen(turn, sid, messages):
    """The session of one turn as one of many, with marked ids and texts of its own for each message."""
    events = [dict(row, json=json.loads(row["json"]), key=row["key"] & 0xffffffff) for row in turn["events"]]
    begin = next(at for at, row in enumerate(events) if row["type"] == "message.added")
    long = {table: [] for table in ("sessions", "events", "messages", "search")}
    long["events"] = [dict(row, json=_text(row["json"])) for row in events[:begin]]
    for ordinal in range(0, messages, 2):
        ids = {row["id"]: row["id"][:14] + _digits(ordinal + at) + MARK for at, row in enumerate(turn["messages"])}
        texts = [TEXT.format(ordinal=ordinal + at, word=f"word{MARK}n{ordinal + at}", more=" sometimes" if (ordinal + at) % 10 == 0 else "")
                 for at in range(2)]
        for row in events[begin:]:
            long["events"].append(dict(row, key=len(long["events"]) + 1, json=_reworded(row["json"], ids, texts)))
        for at, row in enumerate(turn["messages"]):
            id = ids[row["id"]]
            long["messages"].append(dict(row, key=ordinal + at, id=id, json=_reworded(json.loads(row["json"]), ids, texts)))
            long["search"].append({"key": ordinal + at, "text": texts[at]})
    long["sessions"] = [dict(turn["sessions"][0], sid=sid[:21] + MARK, messages=messages, seq=len(long["events"]))]
    return long


def _text(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _reworded(data, ids, texts):
    message = data.get("message", data) if isinstance(data.get("message", data), dict) else data
    for block in message.get("content", []):
        block["text"] = texts[0] if message.get("role") == "user" else texts[1]
    text = _text(data)
    for old, new in ids.items():
        text = text.replace(old, new)
    return text


def _snapshot(place, daemon, sid):
    """What the daemon writes when it has folded the events."""
    daemon.start()
    client = Client(place)
    client.request("session.snapshot", sid)
    client.close()
    daemon.stop()
    db = sqlite3.connect(f"{place.folder}/state/stoa.db")
    db.row_factory = sqlite3.Row
    rows = [dict(row) for row in db.execute("SELECT * FROM snapshots")]
    db.close()
    assert len(rows) == 1
    return rows
