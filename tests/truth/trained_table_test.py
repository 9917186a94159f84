#!/usr/bin/env python3
"""scripts/truth-table with the shipped danas: small tables of made-up images, grey ones and coloured ones.

Usage: trained_table_test.py --binaries FOLDER
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "scripts"))
import truth_images  # noqa: E402
from truth_images import Picture  # noqa: E402
from truth_table_file import name_of, read_table  # noqa: E402

binaries = pathlib.Path()

SPACE = {
    "format_version": 1, "name": "small", "input": {"height": 8, "width": 8}, "classes": 10,
    "stem": {"channels": 8, "kernel": 3, "stride": 1, "activation": "relu"},
    "stages": [{"channels": 8, "stride": 1, "layers": [[
        {"block": "identity"},
        {"block": "inverted_residual", "expand": 2, "squeeze_excite": True,
         "operator": {"kind": "depthwise", "kernel": 5}},
        {"block": "shuffle_a", "operator": {"kind": "depthwise", "kernel": 3}}]]},
        {"channels": 16, "stride": 2, "layers": [[
            {"block": "inverted_residual", "expand": 1, "operator": {"kind": "depthwise", "kernel": 3}},
            {"block": "residual", "operator": {"kind": "normal", "kernel": 3}}]]}],
    "head": {"channels": 0, "activation": "relu", "dropout": 0, "bias": True},
}


def config(side):
    return {"space": "small.json", "runtime": {"device": "cpu"},
            "data": {"image_size": side, "test_resize": side, "augment": {"crop": "pad", "padding": 1}},
            "finetune": {"epochs": 2, "dropout": 0, "train": {"batch": 20, "lr": 0.1, "lr_warmup_epochs": 0}}}


class Trained(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-trained-table-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        (self.folder / "small.json").write_text(json.dumps(SPACE))

    def danas(self, *words):
        done = subprocess.run([binaries / "danas", *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE,
                              text=True, check=True)
        return json.loads(done.stdout)

    def make(self, name, *more):
        words = [CHECKOUT / "scripts/truth-table", "--config", "config.json", "--data", "data", "--out", f"{name}.csv",
                 "--work", f"work-{name}", "--danas", binaries / "danas", "--seeds-for", "2", *more]
        done = subprocess.run(words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return read_table(self.folder / f"{name}.csv")

    def write_grey(self):
        draws, data = random.Random(0), self.folder / "data"
        data.mkdir()
        (self.folder / "config.json").write_text(json.dumps(config(8)))
        for name, count in (("train", 60), ("t10k", 40)):
            # A class is a brightness.
            pictures = [Picture(i % 10, bytes(min(255, 25 * (i % 10) + draws.randrange(10)) for _ in range(64)))
                        for i in range(count)]
            truth_images.write_idx_set(data, name, pictures, (8, 8))

    def write_coloured(self):
        draws, data = random.Random(0), self.folder / "data"
        data.mkdir()
        (self.folder / "config.json").write_text(json.dumps(config(32)))
        (data / "coarse_label_names.txt").write_text("".join(f"class_{k:02}\n" for k in range(20)))
        for name, count in (("train", 40), ("test", 40)):
            (data / f"{name}.bin").write_bytes(b"".join(bytes([i % 20, i % 100]) + draws.randbytes(3072)
                                                        for i in range(count)))

    def test_a_row_is_what_danas_trains_and_counts(self):
        self.write_grey()
        table = self.make("table", "--train-images", "40", "--jobs", "2")
        self.assertEqual(table.head["state"], "whole: 6 of 6 networks, 10 trainings")
        self.assertEqual(table.head["layer 0"], "identity ir_se_e2_k5 shuffle_a_k3")
        (network, seed), row = next((key, row) for key, row in table.rows.items() if key[0][0] == 1)
        # The same training by hand.
        layers = [[stage["layers"][0][c]] for stage, c in zip(SPACE["stages"], network)]
        by_hand = {**SPACE, "stages": [{**stage, "layers": [layer]} for stage, layer in zip(SPACE["stages"], layers)]}
        arch = self.folder / "network.json"
        arch.write_text(json.dumps({"format_version": 1, "network": by_hand}))
        result = self.danas("finetune", "--arch", arch, "--config", "config.json", "--data", "work-table/images",
                            "--seed", seed, "--run", "run", "--quiet", "--json", "--set", "runtime.threads=1")
        tested = result["test_last_epoch"]
        self.assertEqual((row.accuracy, row.loss), (tested["top1"], tested["loss"]), name_of(network))
        self.assertEqual(row.of_classes, tuple(tested["per_class"][str(k)]["correct"] / 4 for k in range(10)))
        costs = self.danas("cost", "--arch", "run/network.json", "--json")
        self.assertEqual((row.macs, row.parameters), (costs["least"], costs["least_parameters"]))

    def test_going_on_and_beginning_anew_give_the_same_rows(self):
        self.write_grey()
        self.make("parts", "--networks", "2", "--jobs", "1")
        self.assertEqual(self.make("parts", "--jobs", "2").rows, self.make("whole", "--jobs", "3").rows)

    def test_coarse_labels(self):
        self.write_coloured()
        table = self.make("table", "--networks", "1", "--images", "list.txt")
        self.assertEqual(table.classes, 20)
        self.assertEqual(len((self.folder / "list.txt").read_text().splitlines()), 3 + 80)
        images = truth_images.read_images(self.folder / "data")
        info = self.danas("data", "info", "--data", "work-table/images", "--json")
        self.assertIn("class_07", json.dumps(info))
        self.assertEqual(sorted(images.classes), images.classes)


if __name__ == "__main__":
    at = sys.argv.index("--binaries")
    binaries = pathlib.Path(sys.argv[at + 1]).resolve()
    del sys.argv[at:at + 2]
    unittest.main()
