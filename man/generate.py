#!/usr/bin/env python3
"""Writes the generated parts of the manual pages, in place.

    man/generate.py BUILD [--check]

stoa.1           keys and commands, between two marker comments, from `BUILD/stoa config man-keys`
stoa-config.5    the options, between marker comments: the daemon's from `BUILD/stoad --print-man`, the client's from
                 `BUILD/stoa config man`
stoa-protocol.7  the whole page, from proto/PROTOCOL.md

--check writes nothing and ends with 1 if a page would change.
"""
import os
import re
import subprocess
import sys
import textwrap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIENT_PAGE = "man/stoa.1"
CONFIG_PAGE = "man/stoa-config.5"
PROTOCOL_PAGE = "man/stoa-protocol.7"
PROTOCOL_TEXT = "proto/PROTOCOL.md"
BEGIN = '.\\" BEGIN: written by man/generate.py'
END = '.\\" END'
WIDTH = 78
UNBROKEN = 30    # a code span shorter than this
SHORT_CELL = 12  # a table's column of cells no longer than this shares a line with its like

PROTOCOL_HEAD = """\
.\\" Written by man/generate.py from proto/PROTOCOL.md: change that file, then run `make docs`.
.Dd November 21, 2026
.Dt STOA-PROTOCOL 7
.Os
.Sh NAME
.Nm stoa-protocol
.Nd the protocol between stoad and its clients
.Sh DESCRIPTION
"""
PROTOCOL_TAIL = """\
.Sh SEE ALSO
.Xr stoa 1 ,
.Xr stoa-config 5 ,
.Xr stoad 8
"""


# --- text of a line ------------------------------------------------------------------------------------------------

def escape(text):
    """Plain text as roff has it: no escape sequences, ASCII only."""
    text = text.replace("\\", "\\e")
    return "".join(c if ord(c) < 128 else f"\\[u{ord(c):04X}]" for c in text)


def inline(text):
    """Code spans and bold become bold, emphasis italic. Short code spans are kept on one line."""
    out = []
    for part in re.split(r"(`[^`]*`)", text):
        if part.startswith("`") and len(part) > 1:
            code = escape(part[1:-1]).replace("-", "\\-")
            if len(part) < UNBROKEN:
                code = code.replace(" ", "\\ ")
            out.append(f"\\fB{code}\\fP")
            continue
        part = escape(part)
        part = re.sub(r"\*\*([^*]+)\*\*", r"\\fB\1\\fP", part)
        out.append(re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"\\fI\1\\fP", part))
    return "".join(out)


def guard(line):
    """A text line that begins like a request is made text again."""
    return "\\&" + line if line[:1] in (".", "'") else line


def fill(text):
    """A paragraph as input lines: each sentence begins a line, none is long, and none ends like a sentence but at one."""
    lines = []
    for sentence in re.split(r"(?<=\.) +(?=[A-Z`\\(])|(?<=[!?]) +(?=[A-Z])", inline(text)):
        wrapped = textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
        lines += [re.sub(r"([.!?][)\]]*)$", r"\1\\&", line) for line in wrapped[:-1]] + wrapped[-1:]
    return [guard(line) for line in lines]


def head(text):
    """The head of a list's item: its words must not be taken for macros."""
    return " ".join("\\&" + word if re.fullmatch(r"[A-Z%][a-z0-9]{1,2}", word) else word
                    for word in inline(text).split(" "))


# --- blocks -----------------------------------------------------------------------------------------------------------

def cells(line):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def put_table(lines):
    titles, rows = cells(lines[0]), [cells(line) for line in lines[2:]]
    rows = [row + [""] * (len(titles) - len(row)) for row in rows]
    short = [all(len(row[i]) <= SHORT_CELL for row in rows) for i in range(len(titles))]
    named = len(titles) > 2
    out = [".Bl -tag -width Ds"]
    for row in rows:
        out.append(f".It {head(row[0])}")
        brief = ", ".join(f"{titles[i]}: {row[i]}" for i in range(1, len(titles)) if short[i] and row[i] not in ("", "-"))
        texts = [brief] if named and brief else []
        texts += [(f"{titles[i]}: " if named else "") + row[i] for i in range(1, len(titles))
                  if row[i] and not (named and short[i])]
        if len(texts) == 1:
            out += fill(texts[0])
        elif texts:
            out.append(".Bl -item -compact")
            for text in texts:
                out += [".It"] + fill(text)
            out.append(".El")
    return out + [".El"]


def put_list(lines, kind, bullet):
    out, items = [f".Bl -{kind}"], []
    for line in lines:
        match = re.match(bullet, line)
        if match:
            items.append(line[match.end():].strip())
        else:
            items[-1] += " " + line.strip()
    for item in items:
        out += [".It"] + fill(item)
    return out + [".El"]


def put_code(lines):
    out = [".Bd -literal -offset indent"]
    while lines and not lines[-1].strip():
        lines.pop()
    return out + [guard(escape(line[4:])) for line in lines] + [".Ed"]


def gather(lines, at, more):
    """The lines from at on for which more() holds, and where they end."""
    end = at + 1
    while end < len(lines) and more(lines[end]):
        end += 1
    return lines[at:end], end


BULLET, NUMBER = r"- ", r"\d+\. "


def put_block(lines, at):
    """The block that begins at lines[at]: its roff lines, and where the next one begins."""
    line = lines[at]
    if line.startswith("    "):
        block, end = gather(lines, at, lambda l: l.startswith("    ") or not l.strip())
        return put_code(list(block)), end
    if line.startswith("|"):
        block, end = gather(lines, at, lambda l: l.startswith("|"))
        return put_table(block), end
    for bullet, kind in ((BULLET, "bullet"), (NUMBER, "enum")):
        if re.match(bullet, line):
            block, end = gather(lines, at, lambda l, b=bullet: re.match(b, l) or l.startswith("  "))
            return put_list(block, kind, bullet), end
    block, end = gather(lines, at, lambda l: l.strip() and not re.match(rf"[#|]|    |{BULLET}|{NUMBER}", l))
    return fill(" ".join(block)), end


def convert(markdown):
    """The body of a page. Code blocks and lists space themselves; a paragraph after another is set off by .Pp."""
    lines, out, at, fresh = markdown.split("\n"), [], 0, True
    while at < len(lines):
        line = lines[at]
        if not line.strip() or line.startswith("# "):
            at += 1
        elif line.startswith("## ") or line.startswith("### "):
            macro, title = (".Ss", line[4:]) if line.startswith("### ") else (".Sh", line[3:].upper())
            out.append(f"{macro} {head(title)}")
            at, fresh = at + 1, True
        else:
            block, at = put_block(lines, at)
            if not fresh and not block[0].startswith((".Bl", ".Bd")):
                out.append(".Pp")
            out += block
            fresh = False
    return "\n".join(out) + "\n"


# --- pages ------------------------------------------------------------------------------------------------------------

def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def between_markers(path, *parts):
    """The page with its generated parts, in their order."""
    text = read(path)
    if text.count(BEGIN) != len(parts) or text.count(END) != len(parts):
        sys.exit(f"{path}: a marker of a generated part is missing")
    head, *rest = text.split(BEGIN)
    tails = [one.split(END)[1] for one in rest]
    return head + "".join(f"{BEGIN}\n{part.rstrip()}\n{END}{tail}" for part, tail in zip(parts, tails))


def output(build, program, *words):
    """What one of our programs prints, whatever is configured here."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
    return subprocess.run([os.path.join(build, program), *words], check=True, env=env,
                          stdout=subprocess.PIPE).stdout.decode()


def main():
    words = [word for word in sys.argv[1:] if word != "--check"]
    if len(words) != 1:
        sys.exit(__doc__)
    build = words[0]
    pages = {CLIENT_PAGE: between_markers(CLIENT_PAGE, output(build, "stoa", "config", "man-keys")),
             CONFIG_PAGE: between_markers(CONFIG_PAGE, output(build, "stoad", "--print-man"),
                                          output(build, "stoa", "config", "man")),
             PROTOCOL_PAGE: PROTOCOL_HEAD + convert(read(PROTOCOL_TEXT)) + PROTOCOL_TAIL}
    stale = 0
    for path, text in pages.items():
        if os.path.exists(os.path.join(ROOT, path)) and read(path) == text:
            continue
        stale += 1
        if "--check" in sys.argv[1:]:
            print(f"{path}: not up to date", file=sys.stderr)
        else:
            with open(os.path.join(ROOT, path), "w", encoding="utf-8") as file:
                file.write(text)
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
