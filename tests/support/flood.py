"""Connects to a daemon again and again for some seconds, and prints as JSON how often it tried, and was served.

    flood.py connect|hello|hold|ready|stay|guess ADDRESS SERVER-KEY-HEX SECONDS [SOURCE-ADDRESS ...]

connect: no more than that; hello: CURVE's first step, which costs the daemon most; hold: the same, and kept open; ready: all of it, with
a new key each time; stay: whole ones that are kept open; guess: secrets of tickets and codes, as many as a stranger may get wrong."""
import json
import random
import sys
import time

from raw_curve import RawCurve
from remote import new_keys

GUESSES = (b'{"id":"g1","method":"ticket.redeem","params":{"secret":"wrong"}}', b'{"id":"g2","method":"pair.redeem","params":{"code":"000000"}}',
           b'{"id":"g3","method":"token.login","params":{"token":"stoa_wrong"}}')
STOPS = {"connect": "connect", "hello": "hello", "hold": "hello"}
WELCOMED = 64 + 170  # bytes of a greeting and WELCOME


def attempt(how, address, server, source):
    """The connection, once it was served; None if it was not."""
    raw = RawCurve(address, new_keys(), server, STOPS.get(how, "initiate"), source=source, patience=0.3)
    if how in ("hello", "hold"):
        raw.wait(lambda: len(raw.got) >= WELCOMED, "WELCOME", 0.3)
    elif how != "connect":
        raw.wait(lambda: b"\5READY" in raw.got[WELCOMED:] or b"\5ERROR" in raw.got[WELCOMED:], "an answer", 0.3)
        if b"\5ERROR" in raw.got[WELCOMED:]:
            raw.close()
            return None
    for answered, guess in enumerate(GUESSES if how == "guess" else ()):
        raw.ask(guess)
        raw.wait(lambda n=answered: raw.got.count(b"\7MESSAGE") > n, "an answer", 0.3)
    return raw


def main():
    how, address, server, seconds, *sources = sys.argv[1:]
    end, tried, served, kept = time.monotonic() + float(seconds), 0, 0, []
    while time.monotonic() < end:
        tried += 1
        try:
            raw = attempt(how, address, bytes.fromhex(server), random.choice(sources or [None]))
        except (OSError, AssertionError):
            continue
        served += raw is not None
        if raw and how in ("stay", "hold"):
            kept.append(raw)
        elif raw:
            raw.close()
    print(json.dumps({"tried": tried, "served": served}))


if __name__ == "__main__":
    main()
