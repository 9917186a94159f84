#!/usr/bin/env python3
"""scripts/truth-table --check CSV --place FILE: where a network stands in a table.

Usage: truth_place_test.py [unittest options]
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from truth_table_file import Row, Table  # noqa: E402

NEAR, WIDE, NONE = ({"block": "inverted_residual", "expand": expand} for expand in (1, 4, 6))
SPACE = {"stem": {"channels": 8}, "layers": [{"out": 8, "candidates": [NEAR, WIDE]},
                                             {"out": 12, "candidates": [NONE, NEAR]}]}
ROWS = {(0, 0): (1000, [0.50]), (0, 1): (1020, [0.62]), (1, 0): (1030, [0.60, 0.62]), (1, 1): (2000, [0.90])}


def network(*candidates, channels=12):
    layers = [{"out": out, "candidates": [candidate]} for out, candidate in zip((8, channels), candidates)]
    return json.dumps({"network": {"stem": {"channels": 8}, "layers": layers}})


class Place(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-truth-place-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        table = Table(self.folder / "table.csv", {"state": "whole: 4", "space": json.dumps(SPACE)}, 1)
        for choice, (macs, accuracies) in ROWS.items():
            for seed, accuracy in enumerate(accuracies):
                table.add(Row(choice, macs, 10, seed, 1.0, accuracy, (accuracy,)))
        table.write()

    def place(self, *texts):
        for i, text in enumerate(texts):
            (self.folder / f"{i}.json").write_text(text)
        words = [SCRIPTS / "truth-table", "--check", "table.csv", "--place", *(f"{i}.json" for i in range(len(texts)))]
        return subprocess.run(words, cwd=self.folder, text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def test_it_is_counted_among_those_that_cost_no_more_and_among_those_of_its_cost(self):
        done = self.place(network(WIDE, NONE), network(WIDE, NEAR))
        self.assertEqual(done.stdout.splitlines(), [
            "0.json: 1-0, 1,030 MACs, 61.00 %, seeds: 2; beaten by 1 of 2 (50.0 %) of the networks that cost no more, "
            "by 1 of 2 (50.0 %) of those within 5 % of its cost",
            "1.json: 1-1, 2,000 MACs, 90.00 %, seeds: 1; beaten by 0 of 3 (0.0 %) of the networks that cost no more, "
            "by 0 of 0 of those within 5 % of its cost"])

    def test_networks_of_other_spaces_and_other_files_are_named(self):
        for text, said in ((network(WIDE), "0.json: 1 layers, the table's space has 2"),
                           (network(NONE, NONE), "0.json: layer 0 has .* none of the candidates"),
                           (network(WIDE, NONE, channels=16),
                            "0.json: layer 1.out was 12, now it is 16: it is not a network"),
                           ("{", "0.json: not JSON"), ("[]", "0.json: not a network with"),
                           ("7", "0.json: not a network with"),
                           ('{"network": {"layers": [1, 2], "stem": {}}}', "0.json: "),
                           ('{"network": null}', "0.json: not a network with")):
            done = self.place(text)
            self.assertEqual(done.returncode, 1, said)
            self.assertRegex(done.stderr, f"^truth-table: error: {said}")

    def test_a_network_that_is_not_trained_yet_is_named(self):
        lines = (self.folder / "table.csv").read_text().splitlines(True)
        (self.folder / "table.csv").write_text("".join(line for line in lines if not line.startswith("1-1,")))
        self.assertIn("table.csv has no row of 1-1, the network of 0.json", self.place(network(WIDE, NEAR)).stderr)

    def test_a_later_danas_may_write_more_keys(self):
        self.assertIn("0.json: 1-0, ", self.place(network({**WIDE, "novel": 1}, NONE)).stdout)

    def test_a_table_without_a_space_is_named(self):
        lines = (self.folder / "table.csv").read_text().splitlines(True)
        (self.folder / "table.csv").write_text("".join(line for line in lines if not line.startswith("# space")))
        done = self.place(network(WIDE, NEAR))
        self.assertEqual(done.returncode, 1)
        self.assertIn("table.csv records no space", done.stderr)

    def test_it_goes_with_check(self):
        done = subprocess.run([SCRIPTS / "truth-table", "--place", "x"], text=True, check=False, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--place and --lead require --check", done.stderr)


if __name__ == "__main__":
    unittest.main()
