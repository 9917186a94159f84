#!/usr/bin/env python3
"""ranks_rounds.sh and scaling-model work together, shown on steps too few to say anything of time.

Usage: ranks_bench_test.py --binaries FOLDER
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MODEL = CHECKOUT / "scripts/scaling-model"
binaries = pathlib.Path()


def run(*words, **options):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)


class Rounds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        small = {"BIN": str(binaries), "STEPS": "1", "NETWORKS": "small:32x32:2,4 shuffle:64x64:2,4"}
        cls.done = run(CHECKOUT / "tests/bench/ranks_rounds.sh", "1", env={**os.environ, **small})
        cls.measures = [json.loads(line) for line in cls.done.stdout.splitlines() if line.startswith("{")]

    def test_every_measure_is_there_once(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        names = [(m.get("skeleton"), m["what"], m["ranks"], m.get("batch"), m["measure"]) for m in self.measures]
        self.assertEqual(len(names), len(set(names)))
        for skeleton in ("small", "shuffle"):
            for what, ranks in (("steps", 1), ("steps", 2), ("apart", 2)):
                for batch in (2, 4):
                    for measure in ("w_step", "alpha_step"):
                        self.assertIn((skeleton, what, ranks, batch, measure), names)
        self.assertIn((None, "messages", 2, None, "sum_8"), names)
        self.assertTrue(all(m["threads"] == 1 and m["median_ms"] > 0 for m in self.measures))

    def test_the_model_counts_the_gradients_that_danas_sends(self):
        sent = {m["weight_bytes"] for m in self.measures if m.get("skeleton") == "shuffle"}
        done = run(MODEL, "--danas", binaries / "danas", "--config", "imagenet_shuffle.json", "--gpus", "1", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sent, {json.loads(done.stdout)["weight_bytes"]})

    def test_the_model_reads_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rounds.jsonl"
            path.write_text(self.done.stdout, encoding="utf-8")
            done = run(MODEL, "--check", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("| small | w_step | 2 | 4 |", "| shuffle | alpha_step | strong | 4 in all |"):
            self.assertIn(words, done.stdout)

    def test_half_a_file_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rounds.jsonl"
            path.write_text(json.dumps(self.measures[0]) + "\n", encoding="utf-8")
            done = run(MODEL, "--check", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("to completion", done.stderr)
        self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    place = sys.argv.index("--binaries")
    binaries = pathlib.Path(sys.argv[place + 1]).resolve()
    del sys.argv[place : place + 2]
    unittest.main()
