"""The key table of tui/keymap.c as the tests need it: its rows, and the bytes that a terminal sends for each key."""
import re

from harness import ROOT

ROW = re.compile(r"^\s*(CHAT|EMPTY|IN)\((?:(\w+), )?('(?:\\.|[^'])'|KEY_\w+), ([\w| ]+), (ACTION_\w+),", re.M)
MODS = {"0": 0, "MOD_SHIFT": 1, "MOD_ALT": 2, "MOD_CTRL": 4}
CURSOR = {"UP": "A", "DOWN": "B", "RIGHT": "C", "LEFT": "D", "HOME": "H", "END": "F"}
TILDE = {"PAGE_UP": 5, "PAGE_DOWN": 6, "INSERT": 2, "DELETE": 3}
PLAIN = {"ENTER": ("\r", 13), "TAB": ("\t", 9), "BACKSPACE": ("\x7f", 127), "ESCAPE": ("\x1b", 27)}
NAMES = {"PAGE_UP": "PgUp", "PAGE_DOWN": "PgDn", "ESCAPE": "Esc", "DELETE": "Del", "WHEEL_UP": "WheelUp", "WHEEL_DOWN": "WheelDown"}
WHEEL = {"WHEEL_UP": 64, "WHEEL_DOWN": 65}


def name_of(code, mods):
    """"Ctrl+x", "Alt+Enter", "PgUp", "?"."""
    words = ["Ctrl"] * bool(mods & 4) + ["Alt"] * bool(mods & 2) + ["Shift"] * bool(mods & 1)
    key = NAMES.get(code[4:], code[4:].capitalize()) if code.startswith("KEY_") else {" ": "Space"}.get(code, code)
    return "+".join(words + [key])


def rows():
    """{(context, key name): (action, code, mods)}; a row that needs an empty draft has the context EMPTY."""
    with open(f"{ROOT}/tui/keymap.c") as file:
        source = file.read()
    found = {}
    for kind, context, code, mods, action in ROW.findall(source):
        number = sum(MODS[word.strip()] for word in mods.split("|"))
        code = code if code.startswith("KEY_") else code[1:-1].replace("\\\\", "\\").replace("\\'", "'")
        found[context or kind, name_of(code, number)] = (action, code, number)
    return found


def bytes_of(code, mods, row=10, column=50):
    """What xterm sends for a key; the wheel turns over that cell."""
    if not code.startswith("KEY_"):
        text = chr(ord(code.upper()) & 0x1f) if mods & 4 else code
        return ("\x1b" + text if mods & 2 else text).encode()
    name = code[4:]
    if name in WHEEL:
        return f"\x1b[<{WHEEL[name]};{column};{row}M".encode()
    if name in CURSOR:
        return (f"\x1b[1;{mods + 1}{CURSOR[name]}" if mods else f"\x1b[{CURSOR[name]}").encode()
    if name in TILDE:
        return (f"\x1b[{TILDE[name]};{mods + 1}~" if mods else f"\x1b[{TILDE[name]}~").encode()
    if name in PLAIN:
        plain, number = PLAIN[name]
        if mods & 5:
            return f"\x1b[{number};{mods + 1}u".encode()
        return ("\x1b" + plain if mods else plain).encode()
    return {"F1": b"\x1bOP", "F2": b"\x1bOQ", "F3": b"\x1bOR", "F4": b"\x1bOS"}[name]
