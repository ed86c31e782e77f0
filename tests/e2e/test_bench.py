"""The bench runs, in its shortest form: its figures are numbers, and no stream of it lost anything. How fast it all is, is not
judged here."""
import json
import math
import subprocess
import sys

from harness import BUILD, ROOT, SANITIZED, StoaTest

ALONE = True  # it measures time
SECTIONS = ("fanout", "requests", "cpu")


class Bench(StoaTest):
    autostart = False

    def test_figures_are_numbers_and_nothing_is_lost(self):
        path = f"{self.place.folder}/bench.json"
        done = subprocess.run([sys.executable, f"{ROOT}/tests/bench/bench.py", "--build", BUILD, "--quick", "--only", ",".join(SECTIONS),
                               "--json", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300 if SANITIZED else 90)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        with open(path) as file:
            found = json.load(file)
        self.assertEqual(len({row["section"] for row in found["figures"]}), len(SECTIONS))
        for row in found["figures"]:
            self.assertTrue(math.isfinite(row["seen"]), row)
            self.assertNotIn("resync", row["what"])
        speeds = [row["seen"] for row in found["figures"] if row["unit"] == "/s"]
        self.assertGreater(min(speeds), 0)
