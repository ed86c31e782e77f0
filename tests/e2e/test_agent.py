"""The agent alone, as the daemon sees it, against scripted model servers and against aimock."""
import os
import shutil
import subprocess
import sys
import unittest

from harness import ROOT, program

AIMOCK = f"{ROOT}/tests/support/node_modules/@copilotkit/aimock/dist/cli.js"


class Agent(unittest.TestCase):
    def check(self, script):
        done = subprocess.run([sys.executable, f"{ROOT}/tests/support/{script}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=dict(os.environ, STOA_AGENT=program("stoa-agent")),
                              timeout=300, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:])
        self.assertGreater(done.stdout.count("\nok"), 10, "scenarios that were run")
        self.figures = f"{done.stdout.count(chr(10) + 'ok') + done.stdout.startswith('ok')} scenarios"

    def test_scripted_model_servers(self):
        self.check("agent_check.py")

    @unittest.skipUnless(os.path.exists(AIMOCK) and shutil.which("node"), "aimock is not installed")
    def test_aimock(self):
        self.check("aimock_check.py")
