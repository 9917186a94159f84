#!/usr/bin/env python3
"""scripts/truth-table --check CSV --lead MACS: how surely the first network is the best.

Usage: truth_lead_test.py [unittest options]
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import truth_lead  # noqa: E402
from truth_table_file import Row, Table  # noqa: E402

ROWS = {(0,): (1000, [0.50, 0.52, 0.54]), (1,): (1100, [0.60, 0.61, 0.62]), (2,): (1200, [0.20, 0.90, 0.40]),
        (3,): (2000, [0.90, 0.91, 0.92])}


class Lead(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-truth-lead-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def lead(self, macs, rows):
        table = Table(self.folder / "table.csv", {"state": "whole", "space": "{}"}, 1)
        for choice, (cost, accuracies) in rows.items():
            for seed, accuracy in enumerate(accuracies):
                table.add(Row(choice, cost, 10, seed, 1.0, accuracy, (accuracy,)))
        table.write()
        words = [SCRIPTS / "truth-table", "--check", "table.csv", "--lead", str(macs)]
        return subprocess.run(words, cwd=self.folder, text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def test_each_of_the_others_has_its_own_distance(self):
        done = self.lead(1500, ROWS)
        self.assertEqual(done.stdout.splitlines(), [
            "3 networks up to 1,500 MACs; the first is 1: 61.00 %, seeds 60.0 to 62.0 %",
            "least sure against 2: 0.5 standard errors",
            "0: 52.00 %, seeds 50.0 to 54.0 %; 7.0 standard errors behind",
            "2: 50.00 %, seeds 20.0 to 90.0 %; 0.5 standard errors behind"])

    def test_the_cost_decides_who_takes_part(self):
        self.assertIn("the first is 3: 91.00 %", self.lead(2000, ROWS).stdout)
        done = self.lead(1050, ROWS)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 networks up to 1,050 MACs; nothing to compare", done.stderr)

    def test_it_is_one_question_and_zero_is_a_cost(self):
        done = self.lead(0, ROWS)
        self.assertIn("0 networks up to 0 MACs; nothing to compare", done.stderr)
        for words, message in ((["--lead", "5"], "require --check"),
                               (["--check", "table.csv", "--lead", "5", "--place", "best.json"], "cannot be combined")):
            done = subprocess.run([SCRIPTS / "truth-table", *words], cwd=self.folder, text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)

    def test_one_seed_says_nothing(self):
        done = self.lead(1500, {**ROWS, (0,): (1000, [0.5])})
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 of the 3 networks up to 1,500 MACs have one seed; train all with --seeds-for", done.stderr)

    def test_networks_without_any_spread(self):
        self.assertEqual(truth_lead.standard_errors([0.5, 0.5], [0.25, 0.25]), float("inf"))


if __name__ == "__main__":
    unittest.main()
