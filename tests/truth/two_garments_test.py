#!/usr/bin/env python3
"""scripts/two-garments: what its images hold, and what it refuses.

Usage: two_garments_test.py [unittest options]
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import truth_images  # noqa: E402

SIDE = 28
SHAPE = (SIDE, SIDE)
CLASSES = 3
EACH = 8  # images of a class
DIGEST = "4d6e564b982f994af3ad32dda0a0f11b"  # of the images made below: they are the same on every machine


def garment(label, number):
    """A picture in the middle: brightness 100 to 223 in a box that each label has its own height of."""
    inside = range(6, 6 + 5 * (label + 1))
    return bytes(100 + (7 * x + 3 * y + 11 * number) % 124 if y in inside and 9 <= x < 19 else 0
                 for y in range(SIDE) for x in range(SIDE))


class TwoGarments(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-two-garments-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.pictures = [truth_images.Picture(i % CLASSES, garment(i % CLASSES, i)) for i in range(CLASSES * EACH)]
        (self.folder / "data").mkdir()
        for name in ("train", "t10k"):
            truth_images.write_idx_set(self.folder / "data", name, self.pictures, SHAPE)

    def make(self, name, *options):
        words = [SCRIPTS / "two-garments", "--data", self.folder / "data", "--out", self.folder / name, *options]
        return subprocess.run(list(map(str, words)), text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def images(self, name, *options):
        done = self.make(name, "--train", "18", "--test", "6", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return truth_images.read_images(self.folder / name)

    def test_the_first_garment_is_whole_and_the_second_dimmed(self):
        images = self.images("made")
        self.assertEqual((len(images.train), len(images.test)), (18, 6))
        under = 0
        for made, bright in zip(images.train, self.pictures):
            self.assertEqual(made.label, bright.label)
            for found, first in zip(made.pixels, bright.pixels):
                self.assertTrue(found == first or first < found <= 223 * 3 // 5)
            under += made.pixels != bright.pixels
        self.assertGreater(under, 9)  # of 18: a partner may lie behind, or have left the picture

    def test_a_seed_makes_the_same_bytes_everywhere_and_another_others(self):
        images = self.images("a")
        self.assertEqual(truth_images.digest(images.train)[:len(DIGEST)], DIGEST)
        self.assertNotEqual(images.train, self.images("b", "--seed", "1").train)

    def test_what_it_cannot_make_is_said_and_nothing_left(self):
        there = sorted(self.folder.iterdir())
        for options, said in ((["--train", "27"], "--train 27: 9 of each class, but class '0' has 8 training images"),
                              (["--train", "6", "--test", "7"], "--test 7: expected a multiple of the 3 classes"),
                              (["--data", str(self.folder)], "neither IDX files"),
                              (["--train", "0"], "--train 0: expected a multiple of the 3 classes")):
            done = self.make("made", *options)
            self.assertIn(done.returncode, (1, 2), done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(sorted(self.folder.iterdir()), there)

    def test_what_is_there_is_left_alone(self):
        (self.folder / "mine").mkdir()
        self.assertIn("already exists; choose another folder", self.make("mine").stderr)
        self.assertEqual(list((self.folder / "mine").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
