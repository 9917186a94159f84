#!/usr/bin/env python3
"""Exports networks that have every kind of block, and asks ONNX Runtime, PyTorch and timm for danas's own logits.

Usage: export_test.py --binaries DIR --python PYTHON onnx|int8|pytorch|timm|examples|errors
Skips (exit code 77) where PYTHON lacks the packages; it says which.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = {"onnx": "onnx, onnxruntime, safetensors.numpy", "int8": "onnx, onnxruntime, PIL",
            "pytorch": "torch, safetensors.torch",
            "timm": "timm, safetensors.torch", "errors": "json",
            "examples": "onnxruntime, torch, timm, torchvision, PIL, safetensors.torch"}
# Spaces, with odd sides: the shipped ones with blocks of each kind, the examples of users' own, and every step. Of the
# last the networks end in heat maps of key-points.
KEY_POINTS = ["mobile_small=32x48+5", "shuffle_mobile_small=48x36+3"]
SPACES = [f"{CHECKOUT / 'tests/export/every_step.json'}=21", "shuffle_mobile_small=33", "defined_small=37",
          f"{CHECKOUT / 'tests/export/kept_channels.json'}=19", f"{CHECKOUT / 'tests/export/shuffle_v2.json'}=19",
          "convnext=45", "mobilenet_v3=41", "ghostnet=39",
          "efficientnet_lite=35"]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def read_tensor(path, name):
    """The numbers of a float32 tensor in a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    begin, end = json.loads(content[8:8 + length])[name]["data_offsets"]
    return struct.unpack(f"<{(end - begin) // 4}f", content[8 + length + begin:8 + length + end])


class Export(unittest.TestCase):
    SPACES = SPACES
    LEAST = 10

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        run(BINARIES / "danas_export_networks", self.folder, *self.SPACES)
        self.networks = sorted(path.stem for path in self.folder.glob("*.json"))
        self.assertGreater(len(self.networks), self.LEAST)

    def export(self, name, to, *options):
        out = self.folder / f"{name}-{to}"
        run(BINARIES / "danas", "export", "--quiet", "--arch", self.folder / f"{name}.json", "--weights",
            self.folder / f"{name}.safetensors", "--to", to, "--out", out, "--examples", 3, "--set",
            "data.test_resize=48", *options)
        return out


class Onnx(Export):
    SPACES = SPACES + KEY_POINTS

    def test_every_block(self):
        folders = [self.export(name, "onnx", "--opset", 17 + i % 2) for i, name in enumerate(self.networks)]
        self.assertIn("shuffle_v2_0", self.networks)
        self.assertIn("mobile_small_heat_maps_0", self.networks)
        run(PYTHON, HERE / "check_onnx.py", *folders)

    def test_batch_norms_kept(self):
        folder = self.export("every_step_0", "onnx", "--keep-batch-norm")
        run(PYTHON, HERE / "check_onnx.py", "--batch-norms", folder)

    def test_weights_beside_and_probabilities(self):
        folder = self.export("every_step_0", "onnx", "--weights-beside", "--softmax")
        self.assertGreater((folder / "model.onnx.data").stat().st_size, (folder / "model.onnx").stat().st_size / 4)
        run(PYTHON, HERE / "check_onnx.py", "--softmax", folder)


class Pytorch(Export):
    SPACES = SPACES + KEY_POINTS

    def test_every_block(self):
        networks = [name for name in self.networks if name.endswith("_0") or name.startswith("every_step")]
        run(PYTHON, HERE / "check_pytorch.py", *[self.export(name, "pytorch") for name in networks])

    def test_weights_come_back(self):
        name = "every_step_0"
        exported = self.export(name, "pytorch")
        again = self.folder / "again"
        run(BINARIES / "danas", "export", "--quiet", "--arch", self.folder / f"{name}.json", "--weights",
            exported / "model.safetensors", "--to", "pytorch", "--out", again)
        self.assertEqual((exported / "model.safetensors").read_bytes(), (again / "model.safetensors").read_bytes())


class Timm(Export):
    """What timm adds to a model is the same for all blocks."""

    SPACES = SPACES[:4]
    LEAST = 3

    def test_networks(self):
        names = [self.export(name, "timm", "--name", f"net_{i}") for i, name in enumerate(self.networks)]
        run(PYTHON, HERE / "check_timm.py", *names)


class Pictures(Export):
    """With made pictures, and a network trained on them."""

    SPACES = ["mobile_plus_small=21"]
    LEAST = 0
    CLASSES = 10

    def pictures(self, part, count):
        draw = random.Random(part)
        for c in range(self.CLASSES):
            folder = self.folder / "data" / part / f"class{c}"
            folder.mkdir(parents=True)
            for number in range(count):
                width, height = draw.randint(20, 60), draw.randint(20, 60)
                colour = [40 + 85 * (c % 3), 40 + 85 * (c // 3 % 3), 40 + 150 * (c // 9)]
                noise = [draw.randint(-38, 38) for _ in range(3 * width * height)]
                pixels = bytes(colour[i % 3] + value for i, value in enumerate(noise))
                (folder / f"{number}.ppm").write_bytes(b"P6\n%d %d\n255\n" % (width, height) + pixels)

    def danas(self, *words):
        return run(BINARIES / "danas", *words, "--quiet")

    def train(self):
        """Their config, the network's file and the run."""
        self.pictures("train", 8)
        self.pictures("val", 2)
        arch, trained, config = (self.folder / name for name in
                                 ("mobile_plus_small_0.json", "trained", "config.json"))
        config.write_text(json.dumps({
            "data": {"root": str(self.folder / "data"), "format": "folder", "image_size": 21, "test_resize": 30},
            "runtime": {"device": "cpu"},
            "finetune": {"epochs": 4, "dropout": 0,
                         "train": {"batch": 8, "micro_batch": 0, "lr": 0.05, "lr_warmup_epochs": 0}}}))
        self.danas("finetune", "--arch", arch, "--config", config, "--run", trained)
        return config, arch, trained


class Examples(Pictures):
    """The scripts of docs/examples."""

    def test_answers_are_danas_own(self):
        config, arch, trained = self.train()
        again = self.folder / "again"
        result = json.loads(self.danas("evaluate", "--run", trained, "--json"))

        pictures = sorted((self.folder / "data/val").glob("*/*"))
        for to in ("onnx", "pytorch", "timm"):
            folder = self.folder / to
            self.danas("export", "--run", trained, "--to", to, "--out", folder)
            lines = run(PYTHON, CHECKOUT / f"docs/examples/run_{to}.py", folder, *pictures).splitlines()
            answers = [line.split(": ")[1] for line in lines]
            right = [path.parent.name == answer for path, answer in zip(pictures, answers)]
            self.assertGreater(len(set(answers)), 1, "every picture has the same answer")
            self.assertAlmostEqual(result["top1"], sum(right) / len(right), msg=f"{to}: {answers}")

        # Weights by the module's names are read wherever weights are.
        weights = self.folder / "pytorch/model.safetensors"
        same = json.loads(self.danas("evaluate", "--arch", arch, "--config", config, "--weights", weights, "--json"))
        self.assertEqual((same["top1"], same["loss"]), (result["top1"], result["loss"]))
        self.danas("finetune", "--arch", arch, "--init", weights, "--config", config, "--run", again, "--set",
                   "finetune.epochs=1", "--set", "finetune.train.lr=1e-12")
        for own, exported in (("head.classifier.weight", "classifier.weight"), ("stem.conv.weight",) * 2):
            for a, b in zip(read_tensor(again / "weights.safetensors", own), read_tensor(weights, exported)):
                self.assertAlmostEqual(a, b, delta=1e-6)


class Persons(Export):
    """docs/examples/run_keypoints.py, with persons of two coloured dots and a network trained on them."""

    SPACES = ["mobile_tiny=32x48+2"]
    LEAST = 0

    def write_set(self, name, first, count):
        """Its boxes as a detector gives them; every other person reaches beyond the picture."""
        images, persons, boxes = [], [], []
        for number in range(first, first + count):
            draw = random.Random(number)
            width, height = 96, 72
            pixels = bytearray(draw.randint(90, 120) for _ in range(3 * width * height))
            dots = [(draw.randint(first, first + 20), draw.randint(16, 54)) for first in (14, 54)]
            for (x, y), channel in zip(dots, (0, 2)):
                for row in range(y - 3, y + 4):
                    for column in range(x - 3, x + 4):
                        at = 3 * (row * width + column)
                        pixels[at:at + 3] = bytes(240 if c == channel else 10 for c in range(3))
            path = self.folder / "data" / name / f"{number}.ppm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"P6\n%d %d\n255\n" % (width, height) + pixels)
            box = [8.3, 8, 80.6, 56] if number % 2 else [-7.7, 3.2, 90, 61.9]
            images.append({"id": number, "file_name": path.name, "height": height, "width": width})
            persons.append({"id": number + 1, "image_id": number, "category_id": 1, "iscrowd": 0, "area": 3500,
                            "bbox": box, "num_keypoints": 2, "keypoints": [*dots[0], 2, *dots[1], 2]})
            boxes.append({"image_id": number, "category_id": 1, "bbox": box, "score": 0.3 + 0.01 * (number % 50)})
        path = self.folder / f"data/annotations/person_keypoints_{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = {"id": 1, "name": "dots", "keypoints": ["left", "right"], "skeleton": [[1, 2]]}
        path.write_text(json.dumps({"images": images, "annotations": persons, "categories": [kind]}))
        (self.folder / f"{name}.json").write_text(json.dumps(boxes))

    def train(self, **test):
        """The run, of a network of the space with their names."""
        self.write_set("train2017", 0, 40)
        self.write_set("val2017", 100, 12)
        arch, config = self.folder / "dots.json", self.folder / "config.json"
        network = json.loads((self.folder / f"{self.networks[0]}.json").read_text())
        arch.write_text(json.dumps({**network, "class_ids": ["left", "right"], "class_labels": ["left", "right"]}))
        config.write_text(json.dumps({
            "task": "keypoints", "space": "mobile_tiny", "runtime": {"device": "cpu"},
            "data": {"root": str(self.folder / "data"), "format": "coco", "image_size": 32, "image_width": 48,
                     "validation_images": 8},
            "keypoints": {"flip_pairs": ["left", "right"], "upper_body": ["left"], "sigmas": [0.1, 0.1],
                          "box_padding": 1.1, "test": test},
            "finetune": {"epochs": 8, "dropout": 0,
                         "train": {"batch": 8, "optimizer": "adam", "lr": 0.003, "lr_warmup_epochs": 0}}}))
        run(BINARIES / "danas", "finetune", "--quiet", "--arch", arch, "--config", config, "--run", self.folder / "run")
        return self.folder / "run"

    def script(self, name, *words):
        return subprocess.run([PYTHON, "-B", str(CHECKOUT / f"docs/examples/{name}.py"), *map(str, words)],
                              capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})

    def check(self, trained, to):
        """What the script finds is what `danas evaluate` finds."""
        folder, boxes, found = self.folder / to, self.folder / "val2017.json", self.folder / "found.json"
        run(BINARIES / "danas", "export", "--quiet", "--run", trained, "--to", to, "--out", folder)
        run(BINARIES / "danas", "evaluate", "--quiet", "--run", trained, "--boxes", boxes, "--results", found)
        pictures = sorted((self.folder / "data/val2017").glob("*"))
        own = self.folder / f"{to}.json"
        run(PYTHON, "-B", CHECKOUT / "docs/examples/run_keypoints.py", folder, *pictures, "--boxes", boxes, "--results", own)
        expected, answers = ({one["image_id"]: one for one in json.loads(path.read_text())} for path in (found, own))
        self.assertEqual(12, len(expected))
        self.assertEqual(expected.keys(), answers.keys())
        for number, person in expected.items():
            for a, b in zip(person["keypoints"], answers[number]["keypoints"]):
                self.assertAlmostEqual(a, b, delta=1e-3, msg=f"{to}, {number}: {person}, {answers[number]}")
            self.assertAlmostEqual(person["score"], answers[number]["score"], delta=1e-4)
        self.assertGreater(len({str(person["keypoints"]) for person in expected.values()}), 6, "all are alike")
        return folder, pictures

    def test_key_points_are_danas_own(self):
        trained = self.train()
        for to in ("onnx", "pytorch"):
            folder, pictures = self.check(trained, to)
            other = self.script(f"run_{to}", folder, pictures[0])
            self.assertEqual(1, other.returncode)
            self.assertIn("use docs/examples/run_keypoints.py", other.stderr)
        how = json.loads((folder / "preprocess.json").read_text())
        self.assertEqual(([[0, 1]], True, True, 1.1, 0.2),
                         tuple(how[key] for key in ("flip_pairs", "flip_test", "shift_heatmap", "box_scale",
                                                    "score_threshold")))
        said = self.script("run_keypoints", self.folder / "onnx/model.onnx", pictures[0], "--box", 8, 8, 80, 56,
                           "--box", -2, 8, 80, 50)
        self.assertEqual(0, said.returncode, said.stderr)
        self.assertRegex(said.stdout, r"(?s)100\.ppm, box 8 8 80 56: score .*\n  left: .*\n  right: .*box -2 8 80 50: ")
        no_size = self.script("run_keypoints", self.folder / "onnx", pictures[0], "--box", 8, 8, 0, 56)
        self.assertIn("has no size", no_size.stderr)

    def test_without_the_flip_test(self):
        trained = self.train(flip=False, score_threshold=0.05)
        folder, _ = self.check(trained, "onnx")
        self.assertIn("neither", self.script("run_keypoints", self.folder, "100.ppm", "--box", 8, 8, 9, 9).stderr)


class Int8(Pictures):
    def test_a_trained_network(self):
        _, _, trained = self.train()
        folder, again = self.folder / "once", self.folder / "again"
        for out in (folder, again):
            said = run(BINARIES / "danas", "export", "--quiet", "--run", trained, "--to", "onnx", "--quantize", "int8",
                       "--calibration-images", 40, "--images", 0, "--out", out)
        self.assertEqual((folder / "model-int8.onnx").read_bytes(), (again / "model-int8.onnx").read_bytes())
        pictures = sorted((self.folder / "data/val").glob("*/*"))
        run(PYTHON, HERE / "check_int8.py", "--fused", "--agree", 0.9, "--error", 0.1, folder, *pictures)

        # The command that it says measures both.
        command = said.splitlines()[-1].removeprefix("Accuracy before and after: ").split()
        told = run(PYTHON, CHECKOUT / command[1], *command[2:]).splitlines()
        accuracies = [float(line.split()[2]) for line in told]
        self.assertEqual(2, len(accuracies), told)
        result = json.loads(self.danas("evaluate", "--run", trained, "--json"))
        self.assertAlmostEqual(100 * result["top1"], accuracies[0], places=2)
        self.assertLessEqual(abs(accuracies[0] - accuracies[1]), 10, told)

        # It measures them itself where it has ONNX Runtime, on images of any layout.
        packed = self.folder / "packed"
        self.danas("data", "pack", "--keep-bytes", self.folder / "data", packed)
        manifest = self.folder / "val.csv"
        rows = [f"{path.relative_to(self.folder)},{path.parent.name}\n" for path in pictures]
        manifest.write_text("path,label\n" + "".join(rows))
        everywhere = [("--data", self.folder / "data"), ("--data", packed, "--set", "data.format=auto"),
                      ("--set", "data.format=auto", "--set", f"data.test={manifest}")]
        for where in everywhere:
            rows = self.measured(trained, *where)
            self.assertEqual(["danas", "model.onnx", "model-int8.onnx"], list(rows))
            self.assertAlmostEqual(100 * result["top1"], rows["danas"], places=2)
            self.assertEqual(rows["danas"], rows["model.onnx"])
            self.assertLessEqual(abs(rows["model.onnx"] - rows["model-int8.onnx"]), 10)
        self.assertEqual(rows, self.measured(trained, *where, "--images", 1000))
        self.assertIn(self.measured(trained, "--images", 10)["danas"], [10 * right for right in range(11)])

    def measured(self, trained, *options):
        """Top-1 in percent of each model that the command says."""
        said = self.danas("export", "--run", trained, "--to", "onnx", "--quantize", "int8", "--calibration-images", 8,
                          "--python", PYTHON, "--out", self.folder / "measured", *options)
        lines = said[said.index("network"):].splitlines()
        self.assertRegex(lines[-1], r"^on \d+ test images, by ONNX Runtime")
        return {line.split()[0]: float(line.split()[1]) for line in lines[2:-1]}

    def test_without_a_runtime(self):
        _, _, trained = self.train()
        python = self.folder / "bin/python3"
        python.parent.mkdir()
        python.write_text("#!/bin/sh\necho '{\"missing\": \"no wheel here\"}'\n")
        python.chmod(0o755)
        command = [str(BINARIES / "danas"), "export", "--run", str(trained), "--to", "onnx", "--quantize", "int8",
                   "--calibration-images", "8", "--out", str(self.folder / "out")]
        named = subprocess.run([*command, "--python", str(python)], capture_output=True, text=True)
        self.assertEqual(7, named.returncode, named.stderr)
        self.assertIn("pip install onnxruntime", named.stderr)
        self.assertFalse((self.folder / "out").exists())
        found = subprocess.run(command, capture_output=True, text=True,
                               env={**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"})
        self.assertEqual(0, found.returncode, found.stderr)
        self.assertIn("accuracy is not measured", found.stderr)
        self.assertIn("Accuracy before and after: python3 docs/examples/accuracy_onnx.py", found.stdout)


class Int8EveryBlock(Pictures):
    SPACES = SPACES
    LEAST = 10

    def test_every_block(self):
        """Weights are random: answers are close, which class is best says nothing."""
        self.pictures("train", 4)
        pictures = sorted((self.folder / "data/train").glob("*/*"))[::2]
        networks = [name for name in self.networks if name.endswith("_0") or name.startswith("every_step")]
        for i, name in enumerate(networks):
            folder = self.export(name, "onnx", "--quantize", "int8", "--calibration-images", 40, "--images", 0, "--opset",
                                 17 + i % 2, "--data", self.folder / "data")
            run(PYTHON, HERE / "check_int8.py", "--error", 0.05, folder, *pictures)


class Errors(Export):
    SPACES = [f"{CHECKOUT / 'tests/export/every_step.json'}=21", KEY_POINTS[0]]
    LEAST = 0

    def fails(self, code, words, *options):
        out = self.folder / "out"
        done = subprocess.run([str(BINARIES / "danas"), "export", "--out", str(out), *map(str, options)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual([], sorted(out.glob("*")), "files of an export that failed")

    def test_errors(self):
        arch = self.folder / "every_step_0.json"
        network = ("--arch", arch, "--to", "onnx")
        self.fails(2, ["opset 16", "17 to 18"], *network, "--opset", 16)
        self.fails(2, ["exactly one of --run and --arch"], "--to", "onnx")
        self.fails(2, ["a keyword or no name", "--name"], "--arch", arch, "--to", "timm", "--name", "1st")
        self.fails(2, ["--to onnx"], "--arch", arch, "--to", "timm", "--quantize", "int8")
        self.fails(2, ["--keep-batch-norm"], *network, "--quantize", "int8", "--keep-batch-norm")
        self.fails(2, ["--quantize"], *network, "--calibration-images", 8)
        self.fails(4, ["no dataset", "data.root"], *network, "--quantize", "int8")
        maps = ("--arch", self.folder / "mobile_small_heat_maps_0.json")
        self.fails(2, ["timm's models end in a classifier", "heat maps of 5 key-points"], *maps, "--to", "timm")
        self.fails(2, ["--softmax"], *maps, "--to", "onnx", "--softmax")
        self.fails(2, ["--quantize"], *maps, "--to", "onnx", "--quantize", "int8")
        self.fails(3, ["height is 30 pixels", "a multiple of 4"], *maps, "--to", "onnx", "--size", "30x48")
        self.fails(2, ["--size '0x32'", "256x192"], *network, "--size", "0x32")
        labels = self.folder / "labels.txt"
        labels.write_text("cat\ndog\n")
        self.fails(3, ["2 lines", "7 classes"], *network, "--labels", labels)
        other = self.folder / "every_step_3.safetensors"
        self.fails(6, ["missing: layers.2.", "unexpected: layers.2."], *network, "--weights", other)
        run_folder = self.folder / "run"
        run_folder.mkdir()
        shutil.copy(arch, run_folder / "best.json")
        self.fails(2, ["the weights of a supernet", "danas finetune --arch"], "--run", run_folder, "--to", "onnx")
        shutil.copy(arch, run_folder / "network.json")
        self.fails(2, ["no weights.safetensors yet", "--resume"], "--run", run_folder, "--to", "onnx")

    def test_protobuf_stays_inside(self):
        """LibTorch has another release of protobuf: neither may find the other's functions."""
        symbols = run("nm", "-D", "--defined-only", BINARIES / "danas-engine")
        self.assertEqual([], [line for line in symbols.splitlines() if "protobuf" in line or "4onnx" in line])
        self.assertNotIn("libprotobuf", run("readelf", "-d", BINARIES / "danas-engine"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("to", choices=PACKAGES)
    arguments = parser.parse_args()
    HERE, BINARIES, PYTHON = pathlib.Path(__file__).resolve().parent, arguments.binaries, arguments.python
    found = subprocess.run([PYTHON, "-c", f"import {PACKAGES[arguments.to]}"], capture_output=True, text=True)
    if found.returncode:
        print(f"skipped: {PYTHON} cannot import {PACKAGES[arguments.to]}: {found.stderr.strip().splitlines()[-1]}. "
              "scripts/setup --tests installs them; PyTorch itself also wants CUDA's libraries (scripts/setup --cuda)")
        sys.exit(77)
    CASES = {"onnx": [Onnx], "int8": [Int8, Int8EveryBlock], "pytorch": [Pytorch], "timm": [Timm],
             "examples": [Examples, Persons], "errors": [Errors]}
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, CASES[arguments.to]))
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
