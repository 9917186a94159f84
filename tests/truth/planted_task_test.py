#!/usr/bin/env python3
"""scripts/planted-task: what its images hold, told from the pixels alone, and what it refuses.

Usage: planted_task_test.py [unittest options]
"""

import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import truth_images  # noqa: E402

PIXELS = 32


def points(picture):
    """The 16 x 16 points of each channel."""
    planes = [picture.pixels[k * PIXELS * PIXELS:(k + 1) * PIXELS * PIXELS] for k in range(3)]
    return [[[plane[2 * y * PIXELS + 2 * x] for x in range(16)] for y in range(16)] for plane in planes]


def power(rows, wavelength):
    """Of a wave along each row."""
    total = 0.0
    for row in rows:
        for wave in (math.sin, math.cos):
            total += sum((v - 128) * wave(2 * math.pi * x / wavelength) for x, v in enumerate(row)) ** 2
    return total


class PlantedTask(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-planted-task-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def make(self, name, *options):
        return subprocess.run([SCRIPTS / "planted-task", "--out", self.folder / name, *options], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def images(self, name, *options):
        done = self.make(name, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return truth_images.read_images(self.folder / name)

    def test_the_class_is_in_the_pixels(self):
        images = self.images("three", "--layers", "3", "--train", "80", "--test", "8")
        self.assertEqual(len(images.classes), 8)
        self.assertEqual([sum(p.label == k for p in images.train) for k in range(8)], [10] * 8)
        for bit, wavelength in ((1, 3.0), (2, 10.0)):
            right = 0
            for picture in images.train:
                rows = [[sum(v) / 3 for v in zip(*channels)] for channels in zip(*points(picture))]
                columns = list(map(list, zip(*rows)))
                along_y = power(columns, wavelength) > power(rows, wavelength)
                right += along_y == bool(picture.label >> bit & 1)
            self.assertGreater(right, 72, f"bit {bit}")  # of 80; by chance 40
        right = 0
        for picture in images.train:
            means = [sum(map(sum, channel)) / 256 for channel in points(picture)]
            turn = math.atan2(means[1] - means[2], means[0] - means[2]) / (2 * math.pi) % 1
            right += int(turn * 8) % 2 == picture.label & 1
        self.assertGreater(right, 72)

    def test_a_seed_makes_the_same_images_and_another_others(self):
        first = self.images("a", "--layers", "2", "--train", "8", "--test", "4")
        self.assertEqual(first, self.images("b", "--layers", "2", "--train", "8", "--test", "4"))
        self.assertNotEqual(first, self.images("c", "--layers", "2", "--train", "8", "--test", "4", "--seed", "1"))

    def test_what_is_there_is_left_alone(self):
        (self.folder / "mine").mkdir()
        done = self.make("mine", "--layers", "2")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("is there already; name another folder", done.stderr)
        self.assertEqual(list((self.folder / "mine").iterdir()), [])

    def test_where_nothing_can_be_written_it_says_so_and_leaves_nothing(self):
        (self.folder / "file").write_text("")
        done = self.make("file/inside", "--layers", "2", "--train", "4", "--test", "4")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^planted-task: error: .*inside.*: Not a directory; nothing was left there")

    def test_a_full_disk_leaves_nothing(self):
        # Files of at most one block: what is beyond cannot be written, as on a disk that is full.
        words = f"trap '' XFSZ; ulimit -f 1; exec {SCRIPTS / 'planted-task'} --layers 2 --train 8 --test 4 --out full"
        done = subprocess.run(["bash", "-c", words], cwd=self.folder, text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing was left there", done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_wrong_options_are_named(self):
        for options in (["--layers", "4"], [], ["--layers", "3", "--train", "7"]):
            done = self.make("x", *options)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn("--", done.stderr)
            self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    unittest.main()
