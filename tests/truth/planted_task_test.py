#!/usr/bin/env python3
"""scripts/planted-task: what its images hold, told from the pixels alone, and what it refuses.

Usage: planted_task_test.py [unittest options]
"""

import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
import truth_images  # noqa: E402

SIDE = 32
ROWS = ((1, 1, 1), (1, 0, -1), (1, -2, 1))
KINDS = (((0, 1), (1, 0), (1, 2), (2, 1)), ((0, 2), (2, 0), (1, 1), (2, 2)))


def plane(picture, number):
    """Rows of red, green or blue, without the middle grey."""
    pixels = picture.pixels[number * SIDE * SIDE:(number + 1) * SIDE * SIDE]
    return [[v - 128 for v in pixels[y * SIDE:(y + 1) * SIDE]] for y in range(SIDE)]


def halved(rows):
    """Means of 2 x 2."""
    return [[(a + b + c + d) / 4 for a, b, c, d in zip(*(row[i::2] for row in rows[y:y + 2] for i in (0, 1)))]
            for y in range(0, len(rows), 2)]


def energy(rows, across, along):
    """What a motif's filter finds around every second point."""
    motif = [[a * b for b in ROWS[along]] for a in ROWS[across]]
    length = sum(v * v for row in motif for v in row)
    return sum(sum(motif[i][j] * rows[y + i - 1][x + j - 1] for i in range(3) for j in range(3)) ** 2
               for y in range(2, len(rows) - 1, 2) for x in range(2, len(rows) - 1, 2)) / length


def motifs(rows):
    """Of which bit's kinds there is more."""
    zero, one = (sum(energy(rows, *kind) for kind in kinds) for kinds in KINDS)
    return one > zero


def product(rows, distance):
    """Of points so far from each other in a row."""
    return sum(a * b for row in rows for a, b in zip(row, row[distance:]))


def echoes(rows, distance):
    """Whether columns repeat more than rows do."""
    return product(list(zip(*rows)), distance) > product(rows, distance)


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
        told = {"weave": (0, lambda picture: motifs(plane(picture, 0))),
                "echo": (1, lambda picture: echoes(plane(picture, 2), 12)),
                "cloth": (2, lambda picture: motifs(halved(plane(picture, 1))))}
        for name, (bit, tell) in told.items():
            right = sum(tell(picture) == bool(picture.label >> bit & 1) for picture in images.train)
            self.assertGreater(right, 72, name)  # of 80; by chance 40

    def test_nearer_points_do_not_tell_the_echo(self):
        images = self.images("two", "--layers", "2", "--train", "80", "--test", "4")
        for distance in range(1, 11):
            right = sum(echoes(plane(picture, 2), distance) == bool(picture.label >> 1 & 1) for picture in images.train)
            self.assertLess(abs(right - 40), 20, f"distance {distance}")  # 4.5 standard deviations of chance

    def test_a_seed_makes_the_same_images_and_another_others(self):
        first = self.images("a", "--layers", "2", "--train", "8", "--test", "4")
        self.assertEqual(first, self.images("b", "--layers", "2", "--train", "8", "--test", "4"))
        self.assertNotEqual(first, self.images("c", "--layers", "2", "--train", "8", "--test", "4", "--seed", "1"))

    def test_what_is_there_is_left_alone(self):
        (self.folder / "mine").mkdir()
        done = self.make("mine", "--layers", "2")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("already exists; choose another folder", done.stderr)
        self.assertEqual(list((self.folder / "mine").iterdir()), [])

    def test_where_nothing_can_be_written_it_says_so_and_leaves_nothing(self):
        (self.folder / "file").write_text("")
        done = self.make("file/inside", "--layers", "2", "--train", "4", "--test", "4")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^planted-task: error: .*inside.*: Not a directory; nothing was written")

    def test_a_full_disk_leaves_nothing(self):
        # Files of at most one block: what is beyond cannot be written, as on a disk that is full.
        words = f"trap '' XFSZ; ulimit -f 1; exec {SCRIPTS / 'planted-task'} --layers 2 --train 8 --test 4 --out full"
        done = subprocess.run(["bash", "-c", words], cwd=self.folder, text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing was written", done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_ctrl_c_leaves_nothing(self):
        words = [SCRIPTS / "planted-task", "--layers", "2", "--out", self.folder / "task", "--train", "100000"]
        with subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while not any(self.folder.iterdir()):
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, error = process.communicate()
        self.assertEqual((process.returncode, error), (1, "planted-task: stopped; nothing was written\n"))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_termination_leaves_nothing(self):
        words = [SCRIPTS / "planted-task", "--layers", "2", "--out", self.folder / "task", "--train", "100000"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while not any(self.folder.iterdir()):
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.terminate()
            process.communicate()
        self.assertEqual(process.returncode, 143)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_wrong_options_are_named(self):
        for options in (["--layers", "4"], [], ["--layers", "3", "--train", "7"]):
            done = self.make("x", *options)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn("--", done.stderr)
            self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    unittest.main()
