#!/usr/bin/env python3
"""Holds the documents against the code: what one of them names, the other must have.

    tests/check_docs.py [BUILD]

README.md        names every .c file, and none that is not there; every exit code; every make target it tells to use
PROTOCOL.md      has a row for each method and each event type that says what the tables say; every error code
tests/faults/README.md   has a row for each number that a test's name begins with, and no other
man/             has every option, subcommand, exit code and environment variable; its generated parts are up to date
CHANGELOG.md     has the version of the Makefile
"""
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("shared", "proto", "daemon", "daemon/socket", "daemon/handlers", "daemon/supervisor", "daemon/mcp", "daemon/people", "daemon/config",
           "daemon/store", "daemon/doctor", "daemon/agent", "daemon/agent/mcp", "tui", "tui/cli", "tui/plain", "tui/terminal",
           "tui/text")
found = []


def complain(path, text):
    found.append(f"{path}: {text}")


def read(path):
    full = os.path.join(ROOT, path)
    if not os.path.exists(full):
        complain(path, "is missing")
        return ""
    with open(full, encoding="utf-8") as file:
        return file.read()


def sources(folder):
    """The .c files of a folder that git knows; all that are there where there is no git."""
    done = subprocess.run(["git", "ls-files", f"{folder}/*.c"], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    names = done.stdout.decode().split() or [os.path.relpath(p, ROOT) for p in glob.glob(f"{ROOT}/{folder}/*.c")]
    return {os.path.basename(n) for n in names if os.path.dirname(n) == folder and os.path.exists(f"{ROOT}/{n}")}


def section(text, title):
    """What stands under a heading, up to the next one that is not below it."""
    match = re.search(rf"^(#+) {re.escape(title)}\n", text, re.M)
    if not match:
        return ""
    rest = text[match.end():]
    end = re.search(rf"^#{{1,{len(match.group(1))}}} ", rest, re.M)
    return rest[:end.start()] if end else rest


def table_rows(text):
    """Rows of the Markdown tables in text, by the name in their first cell."""
    rows = {}
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("| `") else []
        if cells:
            rows[cells[0].strip("`")] = cells[1:]
    return rows


def check_readme():
    text = read("README.md")
    plan = section(text, "Where is what")
    for folder in FOLDERS:
        part = section(plan, f"`{folder}/`")
        named = set(re.findall(r"`([a-z0-9_]+\.c)`", part))
        for name in sorted(sources(folder) - named):
            complain("README.md", f"the file map does not name {folder}/{name}")
        for name in sorted(named):
            if not os.path.exists(f"{ROOT}/{folder}/{name}"):
                complain("README.md", f"the file map names {folder}/{name}, which is not there")
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", read("Makefile"), re.M))
    for path in ("README.md", "CONTRIBUTING.md"):
        for target in sorted(set(re.findall(r"(?:`|^    )make ([a-z][a-z0-9-]*)", read(path), re.M)) - targets):
            complain(path, f"the Makefile has no target '{target}'")
    for path in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", read(path)):
            if not os.path.exists(os.path.join(ROOT, link)):
                complain(path, f"links to {link}, which is not there")


def fields_of(text):
    """Names of the members of each `NAME_fields` table of a C file."""
    tables = {}
    for name, body in re.findall(r"struct field (\w+_fields)\[\] = \{(.*?)\bEND\};", text, re.S):
        tables[name] = re.findall(r'(?:\{|ID\(|TEXT\(|OBJECT\()\s*"(\w+)"', body)
    return tables


def check_protocol():
    page, code = read("proto/PROTOCOL.md"), read("proto/request.c")
    documented, fields = table_rows(section(page, "Methods")), fields_of(code)
    yes = {"true": "yes", "false": "-"}
    pattern = r'\[METHOD_\w+\] = \{"([\w.]+)", (\w+), ROLE_(\w+), (\w+), (\w+)\}'
    rows = re.findall(pattern, code)
    for name, session, role, changes, table in rows:
        if name not in documented:
            complain("proto/PROTOCOL.md", f"has no row for the method {name}")
            continue
        cells = documented[name]
        if cells[:3] != [yes[session], role.lower(), yes[changes]]:
            complain("proto/PROTOCOL.md", f"{name}: session, least role, changes are {cells[:3]}, in the code "
                     f"{[yes[session], role.lower(), yes[changes]]}")
        for member in fields.get(table, []):
            if f"`{member}`" not in cells[3]:
                complain("proto/PROTOCOL.md", f"{name}: has no parameter {member}")
    events = read("proto/event.c")
    listed = table_rows(section(page, "Events"))
    event_rows = re.findall(r'\[EVENT_\w+\]\s*=\s*\{"([\w.]+)", (\w+), (\w+), \w+, (\w+),', events)
    for name, durable, mine, table in event_rows:
        kind = ["durable" if durable == "true" else "transient", yes[mine]]
        if name not in listed:
            complain("proto/PROTOCOL.md", f"has no row for the event {name}")
        elif listed[name][:2] != kind:
            complain("proto/PROTOCOL.md", f"{name}: is {listed[name][:2]}, in the code {kind}")
        else:
            for member in fields_of(events).get(table, []):
                if f"`{member}`" not in listed[name][2]:
                    complain("proto/PROTOCOL.md", f"{name}: has no member {member}")
    if not rows or not event_rows:
        complain("tests/check_docs.py", "found no rows in proto/request.c or proto/event.c")
    for name in sorted(set(documented) - {row[0] for row in rows}):
        complain("proto/PROTOCOL.md", f"the method {name} is not in the code")
    for name in sorted(name for name in listed if "." in name and name not in {row[0] for row in event_rows}):
        complain("proto/PROTOCOL.md", f"the event {name} is not in the code")
    for name in re.findall(r'\[ERR_\w+\]\s*=\s*\{"(\w+)"', read("shared/err.c")):
        if name != "ok" and f"`{name}`" not in section(page, "Error codes"):
            complain("proto/PROTOCOL.md", f"has no error code {name}")


def table_of(code, name):
    """The text of an array's initialiser in a C file."""
    start = code.find(f"{name}[] = {{")
    return code[start:code.find("\n};", start)]


def flat(page):
    """A manual page's text without its escapes."""
    return read(page).replace("\\-", "-").replace("\\&", "").replace("\\(en", "-")


def check_exit_codes():
    codes = dict(re.findall(r"\bEXIT_(\w+) = (\d+),?", read("shared/err.h")))
    readme, client, daemon = section(read("README.md"), "Exit codes"), flat("man/stoa.1"), flat("man/stoad.8")
    for name, code in codes.items():
        if f"`{code}`" not in readme:
            complain("README.md", f"has no exit code {code} ({name})")
        if not re.search(rf"^\.It {code}\b", client + daemon, re.M):
            complain("man/", f"stoa.1 and stoad.8 have no exit code {code} ({name})")


def check_commands():
    code, page = read("tui/cli/command.c"), flat("man/stoa.1")
    commands = re.findall(r'^    \{"([a-z]+)",\s*"', table_of(code, "command_table"), re.M)
    for name in commands:
        if not re.search(rf"^\.It (Ic|Cm) {name}\b", page, re.M):
            complain("man/stoa.1", f"has no subcommand {name}")
    for name, letter in re.findall(r'\{"([a-z-]+)",\s*(?:\'(.)\'|0),\s*(?:NULL|")', code):
        for option in [f"-{name}"] + [letter] * bool(letter):
            if not re.search(rf"^\.It .*Fl {re.escape(option)}\b", page, re.M):
                complain("man/stoa.1", f"has no option -{option}")
    for name in sorted(set(re.findall(r'" *(?:-\w, )?--([a-z-]+)', read("daemon/main.c")))):
        if not re.search(rf"^\.It .*Fl -{name}\b", flat("man/stoad.8"), re.M):
            complain("man/stoad.8", f"has no option --{name}")
    if not commands:
        complain("tests/check_docs.py", "found no rows in tui/cli/command.c")


def check_environment():
    pages = "".join(flat(page) for page in ("man/stoa.1", "man/stoad.8", "man/stoa-config.5"))
    for folder in FOLDERS:
        for name in sorted(sources(folder)):
            for variable in re.findall(r'(?:getenv|variable|xdg)\("(\w+)"\)', read(f"{folder}/{name}")):
                if variable not in pages:
                    complain("man/", f"no page names the variable {variable} of {folder}/{name}")


def check_options(build):
    page = read("man/stoa-config.5")
    for name in re.findall(r'=\s*\{"([a-z_.]+)",\s*OPTION_', read("daemon/config/options.c") + read("tui/settings.c")):
        if f".It Cm {name}\n" not in page:
            complain("man/stoa-config.5", f"has no option {name}: run `make docs`")
    if os.access(os.path.join(ROOT, build, "stoad"), os.X_OK):
        done = subprocess.run([sys.executable, "man/generate.py", build, "--check"], cwd=ROOT, check=False,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            complain("man/", f"run `make docs`: {done.stderr.decode().strip()}")


def check_changelog():
    version = re.search(r"^VERSION := (\S+)", read("Makefile"), re.M).group(1)
    if f"## [{version}]" not in read("CHANGELOG.md"):
        complain("CHANGELOG.md", f"has no section for {version}")


def check_faults():
    rows = set(re.findall(r"^\| (\d\d) \|", read("tests/faults/README.md"), re.M))
    files = {os.path.basename(p)[len("test_"):][:2] for p in glob.glob(f"{ROOT}/tests/faults/test_*.py")}
    for number in sorted(rows ^ files):
        complain("tests/faults/README.md", f"fault {number} has " + ("no test" if number in rows else "no row"))


def main():
    check_readme()
    check_faults()
    check_protocol()
    check_exit_codes()
    check_commands()
    check_environment()
    check_options(sys.argv[1] if len(sys.argv) > 1 else "build")
    check_changelog()
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
