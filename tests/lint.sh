#!/bin/sh
# What `make lint` checks: formatting, include directions and library fences, clang-tidy, cppcheck, generated files.
# Ends with 1 if any of them finds something.
set -u
build=${1:-build}
failed=0
fail() {
    echo "lint: $*" >&2
    failed=1
}
sources=$(git ls-files '*.c')
headers=$(git ls-files '*.h')

# --- formatting --------------------------------------------------------------------------------------------------
clang-format --dry-run -Werror $sources $headers || fail "run 'make format'"

# --- who may include whom (dependencies run one way) --------------------------------------------------------------
# folder: folders that its files may include from
allowed() {
    case $1 in
    shared) echo 'shared' ;;
    proto) echo 'proto|shared' ;;
    daemon/agent) echo 'daemon/agent|daemon/agent/mcp|proto|shared' ;;
    daemon/agent/mcp) echo 'daemon/agent/mcp|daemon/agent|proto|shared' ;;
    daemon/store | daemon/config | daemon/socket) echo "$1|proto|shared" ;;
    daemon | daemon/*) echo 'daemon|daemon/(socket|handlers|supervisor|mcp|people|config|store|doctor)|proto|shared' ;;
    tui/text) echo 'tui/text|tui|proto|shared' ;;
    tui/terminal) echo 'tui/terminal|tui/text|tui|proto|shared' ;;
    tui/cli) echo 'tui/cli|tui/plain|tui/text|tui/terminal|tui|proto|shared' ;;
    tui/plain) echo 'tui/plain|tui/cli|tui|proto|shared' ;;
    tui) echo 'tui|tui/text|tui/terminal|tui/cli|proto|shared' ;;
    esac
}
for folder in shared proto daemon/agent/mcp daemon/agent daemon daemon/socket daemon/handlers daemon/supervisor daemon/mcp daemon/people daemon/config \
    daemon/store daemon/doctor tui tui/cli tui/plain tui/terminal tui/text; do
    for file in "$folder"/*.[ch]; do
        [ -f "$file" ] && grep -nE '^#include "' "$file" | sed -E 's/^([0-9]+):#include "(.*)\/[^/]*"/\1 \2/' | while read -r line from; do
            echo "$from" | grep -qxE "$(allowed $folder)" || echo "$file:$line: $folder may not include from $from"
        done
    done
done > "$build/includes.txt"
# MCP knows the agent's HTTP and its secrets, and nothing else of it.
grep -nE '^#include "daemon/agent/[a-z_]*\.h"' daemon/agent/mcp/*.[ch] | grep -vE 'daemon/agent/(http|sse|secrets)\.h"' >> "$build/includes.txt"
# Text and terminal stand below all else of the client: they know its styles, and nothing else of it.
grep -nE '^#include "tui/[a-z_]*\.h"' tui/text/*.[ch] tui/terminal/*.[ch] | grep -vE 'tui/style\.h"' >> "$build/includes.txt"
# What full screen and subcommands share stands below both; main.c alone knows all.
grep -nE '^#include "tui/(cli|plain)/' tui/*.[ch] | grep -v '^tui/main\.c:' | sed 's/$/: only main.c may include that/' >> "$build/includes.txt"
[ -s "$build/includes.txt" ] && { cat "$build/includes.txt" >&2; fail "include directions"; }

# --- library fences: each library is known in the few files that wrap it -----------------------------------------
fence() { # header pattern, files that may include it
    grep -lE "^#include <($1)>" shared/*.[ch] proto/*.[ch] daemon/*.[ch] daemon/*/*.[ch] daemon/agent/mcp/*.[ch] tui/*.[ch] tui/*/*.[ch] |
        grep -vxE "$2" | sed "s#\$#: may not include <$1>#"
}
{
    fence 'sqlite3\.h' 'daemon/store/[a-z_]*\.[ch]'
    fence 'curl/.*' 'daemon/agent/http[a-z_]*\.[ch]'
    fence 'n?cursesw?\.h|ncursesw/.*|term\.h' 'tui/terminal/screen[a-z_]*\.[ch]'
    fence 'zmq\.h' 'shared/zloop\.c|daemon/socket/(gateway(_frames|_internal)?|inbox|zap)\.[ch]|tui/client[a-z_]*\.[ch]'
    fence 'sodium\.h' 'shared/(key|locked)\.c|proto/chain\.c|daemon/people/[a-z_]*\.c|daemon/agent/mcp/oauth[a-z_]*\.c|daemon/agent/secrets\.c'
    fence 'microhttpd\.h' 'daemon/agent/mcp/oauth[a-z_]*\.c|daemon/metrics_http\.c'
    fence 'qrencode\.h' 'tui/text/qr\.c'
    fence 'yaml\.h' 'shared/yaml\.c'
    fence 'md4c\.h' 'tui/text/markdown\.c'
    fence 'utf8proc\.h' 'shared/utf8\.c'
} > "$build/fences.txt"
[ -s "$build/fences.txt" ] && { cat "$build/fences.txt" >&2; fail "library fences"; }

# --- static analysis ----------------------------------------------------------------------------------------------
# How deep the analyzer looks into a function: in CI, which has little time, a third of its own default.
depth=${CI:+-Xclang -analyzer-config -Xclang max-nodes=75000}
export depth
programs=$(git ls-files 'shared/*.c' 'proto/*.c' 'daemon/*.c' 'tui/*.c')
printf '%s\n' $programs | xargs -P "$(nproc)" -n 8 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -I. -D_GNU_SOURCE \
    -DSTOA_VERSION=\"0\" -DSTOA_PREFIX=\"/usr\" $depth 2>/dev/null' sh > "$build/tidy.txt" ||
    fail "clang-tidy"
grep -E 'warning:|error:' -A 3 "$build/tidy.txt" | head -60 >&2
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j "$(nproc)" \
    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE '-DSTOA_VERSION="0"' \
    '-DSTOA_PREFIX="/usr"' -I. $programs || fail "cppcheck"

# --- what is generated must be what would be generated now --------------------------------------------------------
{ "$build/stoad" --print-example; "$build/stoa" config example; } | cmp - config.example.yaml || fail "config.example.yaml differs: run 'make docs'"
python3 man/generate.py "$build" --check || fail "the man pages differ: run 'make docs'"
python3 tests/check_docs.py || fail "the documents and the code differ"
if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning man/*.[0-9] >&2 || fail "mandoc"
fi

[ "$failed" = 0 ] && echo "lint: nothing found"
exit "$failed"
