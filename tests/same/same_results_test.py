#!/usr/bin/env python3
"""scripts/same-results finds what differs, and nothing where a program is compared with itself.

Usage: same_results_test.py --danas PROGRAM
"""

import pathlib
import re
import stat
import sys
import tempfile
import unittest

import cases
import same_results

PROGRAM = None  # of the command line


class Values(unittest.TestCase):
    def test_values(self):
        same = {"a": [1, 2.5, float("nan"), "x"], "b": None}
        self.assertIsNone(same_results.first_difference(same, {"a": [1, 2.5, float("nan"), "x"], "b": None}))
        for other, where in (({"a": [1, 2.5, float("nan"), "y"], "b": None}, ".a[3]"),
                             ({"a": [1, 2.5, float("nan")], "b": None}, "4 entries, now 3"),
                             ({"b": None, "a": same["a"]}, "another order"),
                             ({"a": same["a"]}, "gone ['b']")):
            self.assertIn(where, same_results.first_difference(same, other))
        self.assertIsNotNone(same_results.first_difference([0.0], [-0.0]))
        self.assertIsNotNone(same_results.first_difference([1], [1.0]))

    def test_moments(self):
        kept = same_results.without_moments({"loss": 1, "seconds": 2, "epoch.seconds_mean": 3, "part": [{"hash": 4}]})
        self.assertEqual(kept, {"loss": 1, "part": [{}]})


class Folders(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def differences(self, old, new):
        for name, files in (("old", old), ("new", new)):
            (self.folder / name).mkdir()
            for file, text in files.items():
                (self.folder / name / file).write_text(text)
        return same_results.differences(self.folder / "old", self.folder / "new")

    def test_files(self):
        self.assertEqual(self.differences({"a.json": '{"a": 1, "time": 2}', "run.log": "x"},
                                          {"a.json": '{"a": 1, "time": 3}', "run.log": "y"}), [])

    def test_a_file_that_is_not_there(self):
        self.assertEqual(self.differences({"a": ""}, {"b": ""}), ["a: gone", "b: new"])

    def test_expected_places(self):
        self.differences({"a.json": '{"a": 1, "b": {"gone": 2}}', "w": "abc"},
                         {"a.json": '{"a": 2, "b": {"come": 3}}', "w": "abd"})
        old, new = self.folder / "old", self.folder / "new"
        self.assertEqual(len(same_results.differences(old, new, re.compile(r"b$"))), 2)
        (found,) = same_results.differences(old, new, re.compile(r"^a\.json \.a$|^w "))
        self.assertIn("a.json .b: keys gone ['gone'], come ['come']", found)
        self.assertEqual(same_results.differences(old, new, re.compile(r"^a\.json \.(a|b\.\w+)$|^w ")), [])

    def test_bytes(self):
        (found,) = self.differences({"w.safetensors": "abc"}, {"w.safetensors": "abd"})
        self.assertIn("byte 2 of 3", found)


class Programs(unittest.TestCase):
    """The case `search` alone: the others are the script's."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.case = next(case for case in cases.ALL if case.name == "search")

    def test_with_itself(self):
        self.assertEqual(same_results.compare(self.case, PROGRAM, PROGRAM, self.folder / "work"), [])

    def test_another_seed(self):
        other = self.folder / "danas"
        other.write_text(f'#!/bin/sh\nexec "{PROGRAM}" "$@" --set seed=2\n')
        other.chmod(other.stat().st_mode | stat.S_IXUSR)
        found = same_results.compare(self.case, PROGRAM, other, self.folder / "work")
        self.assertTrue(any("best.json" in text or "safetensors" in text for text in found), found)

    def test_a_command_that_fails(self):
        (found,) = same_results.compare(self.case, PROGRAM, pathlib.Path("/bin/false"), self.folder / "work")
        self.assertIn("exit code 1", found)


if __name__ == "__main__":
    at = sys.argv.index("--danas")
    PROGRAM = pathlib.Path(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    unittest.main()
