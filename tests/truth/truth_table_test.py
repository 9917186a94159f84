#!/usr/bin/env python3
"""scripts/truth-table: stopped, killed and resumed; what it refuses; its images; its figures against brute force.

Usage: truth_table_test.py [unittest options]
"""

import itertools
import math
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
SCRIPT = CHECKOUT / "scripts/truth-table"
sys.path.insert(0, str(CHECKOUT / "scripts"))
import truth_images  # noqa: E402
import truth_statistics  # noqa: E402
from truth_images import ImageError, Images, Picture  # noqa: E402
from truth_table_file import TableError, difference, read_table  # noqa: E402

CLASSES, SHAPE = 10, (4, 4)
TRAININGS = 12 + 2 * 3  # every network, three of them with two more seeds


def picture(label, number):
    return Picture(label, random.Random(1000 * label + number).randbytes(16))


def write_dataset(folder, each=4):
    """IDX files of made-up images, classes in turn."""
    folder.mkdir()
    for name, first in (("train", 0), ("t10k", 500)):
        pictures = [picture(i % CLASSES, first + i) for i in range(CLASSES * each)]
        truth_images.write_idx_set(folder, name, pictures, SHAPE)
    return folder


class Made(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-truth-table-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.data = write_dataset(self.folder / "data")

    def words(self, name, *more):
        return [SCRIPT, "--config", "three.json", "--data", self.data, "--out", f"{name}.csv", "--work", f"work-{name}",
                "--danas", HERE / "made_up_danas.py", "--seeds-for", "3", *more]

    def run_script(self, name, *more, **environment):
        return subprocess.run(self.words(name, *more), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False, env={**os.environ, **environment})

    def make(self, name, *more, **environment):
        done = self.run_script(name, *more, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def rows(self, name):
        lines = (self.folder / f"{name}.csv").read_text().splitlines()
        return [line for line in lines if not line.startswith("#")]

    def state(self, name):
        return read_table(self.folder / f"{name}.csv").head["state"]


class Making(Made):
    def test_every_network_and_seed_stands_there_once_with_its_costs(self):
        said = self.make("table", "--jobs", "2")
        table = read_table(self.folder / "table.csv")
        self.assertEqual(table.head["state"], f"whole: 12 of 12 networks, {TRAININGS} trainings")
        self.assertEqual({network for network, _ in table.rows}, set(itertools.product((0, 1), (0, 1, 2), (0, 1))))
        self.assertEqual(sorted(sum(seed == s for _, seed in table.rows) for s in range(3)), [3, 3, 12])
        row = table.rows[(1, 1, 1), 0]
        self.assertEqual((row.macs, row.parameters), (1000 + 100 + 500 + 90, 7 + 10 + 50 + 9))
        self.assertEqual(row.of_classes, tuple(k % 5 / 4 for k in range(CLASSES)))
        self.assertEqual(table.head["layer 1"], "ir_e2_k3 residual_n3 shuffle_a_k5")
        self.assertEqual(float(table.head["hours of one core"]), round(TRAININGS * 0.001, 4))
        self.assertIn("ceiling of τ", said)
        self.assertEqual(list((self.folder / "work-table/trainings").iterdir()), [])

    def test_rows_do_not_depend_on_jobs(self):
        self.make("one", "--jobs", "1")
        self.make("many", "--jobs", "5", SECONDS_EACH="0.1")
        self.assertEqual(self.rows("one"), self.rows("many"))

    def test_a_part_goes_on_to_the_same_table(self):
        self.make("whole")
        self.make("parts", "--networks", "4", "--seeds-for", "1")
        self.assertEqual(self.state("parts"), "partial: 4 of 12 networks, 6 trainings")
        self.make("parts", "--networks", "4")
        self.make("parts")
        self.assertEqual(self.rows("parts"), self.rows("whole"))
        before = (self.folder / "parts.csv").read_bytes()
        self.assertIn(f"{TRAININGS} done", self.make("parts"))
        self.assertEqual((self.folder / "parts.csv").read_bytes(), before)

    def test_killed_again_and_again_it_makes_the_same_table(self):
        self.make("whole")
        draws, kills = random.Random(7), 0
        for _ in range(60):
            process = subprocess.Popen(self.words("killed", "--jobs", "2"), cwd=self.folder, start_new_session=True,
                                       stdout=subprocess.DEVNULL, env={**os.environ, "SECONDS_EACH": "0.15"})
            try:
                process.wait(timeout=draws.uniform(0.3, 1.2))
                break
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
            if (self.folder / "killed.csv").exists():
                read_table(self.folder / "killed.csv")  # whole at any time
        self.assertGreater(kills, 1)
        self.make("killed")
        self.assertEqual(self.rows("killed"), self.rows("whole"))

    def test_trainings_end_with_a_script_that_is_killed(self):
        process = subprocess.Popen(self.words("killed", "--jobs", "2"), cwd=self.folder, stdout=subprocess.PIPE,
                                   env={**os.environ, "SECONDS_EACH": "60"})
        until = time.monotonic() + 20
        while len(self.trained_now()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(len(self.trained_now()), 2)
        process.kill()
        process.wait()
        process.stdout.close()
        while self.trained_now() and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(self.trained_now(), [])

    def trained_now(self):
        """Processes that train in this test's folder."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if b"\0finetune\0" in path.read_bytes() and (path.parent / "cwd").resolve() == self.folder.resolve():
                    found.append(path.parent.name)
            except OSError:
                pass
        return found

    def test_a_training_that_fails_is_named_and_the_rest_stays(self):
        done = self.run_script("table", "--jobs", "1", FAIL_AT="1-2-0@0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("network 1-2-0, seed 0: exit code 1", done.stderr)
        self.assertIn("made to fail", done.stderr)
        self.make("whole")
        self.make("table")
        self.assertEqual(self.rows("table"), self.rows("whole"))


class Refusing(Made):
    def setUp(self):
        super().setUp()
        self.make("table", "--networks", "2", "--train-images", "20")
        self.before = (self.folder / "table.csv").read_bytes()

    def refused(self, *words, **environment):
        done = self.run_script("table", *words, **environment)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual((self.folder / "table.csv").read_bytes(), self.before)
        return done.stderr

    def test_another_recipe(self):
        said = self.refused("--train-images", "20", RECIPE="0.2")
        self.assertIn("recipe.finetune.train.lr was 0.1, now it is 0.2", said)

    def test_other_images(self):
        self.assertIn('train was "20 images', self.refused("--train-images", "30"))

    def test_another_space(self):
        said = self.refused("--train-images", "20", "--space", "other")
        self.assertIn('space.name was "three", now it is "other"', said)

    def test_more_images_than_there_are(self):
        self.assertIn("class '0' has 4 training images", self.refused("--train-images", "60"))
        self.assertIn("a multiple of the 10 classes", self.refused("--train-images", "25"))

    def test_a_file_that_is_no_table(self):
        path = self.folder / "notes.csv"
        path.write_text("my notes\n")
        said = self.run_script("notes").stderr
        self.assertIn("notes.csv:1: expected the columns network,macs", said)
        self.assertEqual(path.read_text(), "my notes\n")

    def test_rows_that_are_broken_or_doubled(self):
        text = self.before.decode()
        last = text.splitlines()[-1]
        for more, said in ((last[:20], "expected a row of 16 values"), (last, "is listed twice"),
                           (last.rpartition(",")[0], "9 accuracies of classes")):
            (self.folder / "table.csv").write_text(text + more + "\n")
            with self.assertRaisesRegex(TableError, said):
                read_table(self.folder / "table.csv")

    def test_two_at_once(self):
        process = subprocess.Popen(self.words("table", "--train-images", "20"), cwd=self.folder, stdout=subprocess.PIPE,
                                   env={**os.environ, "SECONDS_EACH": "5"})
        process.stdout.readline()
        said = self.run_script("table", "--train-images", "20").stderr
        process.terminate()
        process.wait()
        process.stdout.close()
        self.assertIn("another table is being made in work-table", said)

    def test_keys_that_a_later_danas_adds_are_no_difference(self):
        self.assertEqual(difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 3}], "d": 4}, "x"), "")
        self.assertEqual(difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "x"), "x.a[1].b was 2, now it is 3")
        self.assertIn("x.a was [1]", difference({"a": [1]}, {"a": [1, 2]}, "x"))


class ImagesOfTables(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-truth-images-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def coarse(self, count):
        """CIFAR-100's binary layout with so many images."""
        folder = self.folder / f"cifar-{count}"
        folder.mkdir()
        (folder / "coarse_label_names.txt").write_text("".join(f"class_{k:02}\n" for k in range(20)))
        for name, first in (("train", 0), ("test", 900)):
            records = [bytes([i % 20, i % 100]) + random.Random(first + i).randbytes(3072) for i in range(count)]
            (folder / f"{name}.bin").write_bytes(b"".join(records))
        return truth_images.read_images(folder)

    def test_the_first_of_each_class_are_taken_and_read_back(self):
        read = truth_images.read_images(write_dataset(self.folder / "data"))
        chosen = truth_images.first_of_each(read, "train", 20, "--train-images")
        self.assertEqual(chosen.train, [picture(i % CLASSES, i) for i in range(20)])
        self.assertEqual(len(chosen.test), 40)
        truth_images.write_images(chosen, self.folder / "part")
        again = truth_images.read_images(self.folder / "part")
        self.assertEqual((again.train, again.test, again.classes), (chosen.train, chosen.test, chosen.classes))

    def test_a_list_finds_the_same_images_in_more_of_them(self):
        few, many = self.coarse(40), self.coarse(80)
        path = self.folder / "list.txt"
        truth_images.write_list(few, path)
        found = truth_images.take_listed(many, path)
        self.assertEqual((found.train, found.test), (few.train, few.test))
        self.assertEqual(found.identity(), few.identity())
        truth_images.write_list(many, path)
        with self.assertRaisesRegex(ImageError, "40 of its 80 train images are not in --data"):
            truth_images.take_listed(few, path)
        path.write_text("# train\nabc\n")
        with self.assertRaisesRegex(ImageError, "list.txt:2: found 'abc'"):
            truth_images.take_listed(few, path)

    def test_coloured_images_become_class_folders(self):
        images = self.coarse(20)
        truth_images.write_images(images, self.folder / "part")
        file = (self.folder / "part/train/class_03/000003.ppm").read_bytes()
        self.assertTrue(file.startswith(b"P6\n32 32\n255\n"))
        pixels, planes = file[-3072:], images.train[3].pixels
        self.assertEqual([pixels[:3], pixels[-1]], [bytes(planes[c * 1024] for c in range(3)), planes[-1]])
        self.assertEqual(len(list((self.folder / "part/test").glob("*/*.ppm"))), 20)

    def test_somebody_elses_folder_is_left_alone(self):
        theirs = self.folder / "theirs"
        theirs.mkdir()
        (theirs / "thesis.txt").write_text("all of it")
        with self.assertRaisesRegex(ImageError, "was not made by this script"):
            truth_images.write_images(self.coarse(20), theirs)
        self.assertTrue((theirs / "thesis.txt").exists())

    def test_damaged_files_are_named(self):
        data = write_dataset(self.folder / "data")
        whole = (data / "train-images-idx3-ubyte").read_bytes()
        (data / "train-images-idx3-ubyte").write_bytes(whole[:-1])
        with self.assertRaisesRegex(ImageError, "train-images-idx3-ubyte: not a complete IDX file"):
            truth_images.read_images(data)
        with self.assertRaisesRegex(ImageError, "neither IDX files .* nor CIFAR-100"):
            truth_images.read_images(self.folder)


def brute_tau(a, b, chosen):
    """τ-b by its definition."""
    agree = disagree = tied_a = tied_b = 0
    for i in range(len(a)):
        for j in range(i):
            if not chosen(i, j):
                continue
            product = (a[i] - a[j]) * (b[i] - b[j])
            agree, disagree = agree + (product > 0), disagree + (product < 0)
            tied_a, tied_b = tied_a + (a[i] == a[j] and b[i] != b[j]), tied_b + (b[i] == b[j] and a[i] != a[j])
    both = agree + disagree
    return (agree - disagree) / math.sqrt((both + tied_a) * (both + tied_b))


class Figures(unittest.TestCase):
    """On networks whose accuracies are drawn with known spreads."""

    NETWORKS, SEEDS = 0.02, 0.005

    def drawn(self, count, seed=1):
        draws = random.Random(seed)
        costs = [draws.randrange(900, 1300) for _ in range(count)]
        truths = [0.7 + draws.gauss(0, self.NETWORKS) for _ in range(count)]
        return costs, truths, [[truth + draws.gauss(0, self.SEEDS) for _ in range(3)] for truth in truths]

    def test_tau_is_brute_force_with_ties_and_with_pairs_left_out(self):
        draws = random.Random(3)
        a, b = ([draws.randrange(8) for _ in range(30)] for _ in range(2))
        for chosen in (lambda i, j: True, lambda i, j: (i + j) % 3 == 0):
            tau = truth_statistics.Tau(a, b, chosen)
            self.assertAlmostEqual(tau([1] * 30), brute_tau(a, b, chosen), places=12)

    def test_a_network_drawn_twice_counts_twice(self):
        draws = random.Random(4)
        a, b = ([draws.random() for _ in range(9)] for _ in range(2))
        weights = [2, 0, 1, 1, 3, 0, 1, 1, 0]
        index = [i for i, weight in enumerate(weights) for _ in range(weight)]
        drawn = brute_tau([a[i] for i in index], [b[i] for i in index], lambda i, j: index[i] != index[j])
        self.assertAlmostEqual(truth_statistics.Tau(a, b)(weights), drawn, places=12)

    def test_spread_is_brute_force(self):
        costs, _, accuracies = self.drawn(25)
        spread, ones = truth_statistics.Spread(costs, accuracies), [1] * 25
        seeds = statistics.fmean(statistics.variance(network) for network in accuracies)
        self.assertAlmostEqual(spread.of_seeds(ones), math.sqrt(seeds), places=12)
        means = [statistics.fmean(network) for network in accuracies]
        squares = [(means[i] - means[j]) ** 2 / 2 for i in range(25) for j in range(i)
                   if abs(costs[i] - costs[j]) <= 0.025 * (costs[i] + costs[j])]
        self.assertGreater(len(squares), 20)
        self.assertAlmostEqual(spread.of_networks(ones), math.sqrt(statistics.fmean(squares) - seeds / 3), places=12)

    def test_spread_and_ceiling_are_what_they_were_drawn_with(self):
        costs, truths, accuracies = self.drawn(300)
        ones, spread = [1] * 300, truth_statistics.Spread(costs, accuracies)
        self.assertAlmostEqual(spread.of_seeds(ones) / self.SEEDS, 1, delta=0.1)
        self.assertAlmostEqual(spread.of_networks(ones) / self.NETWORKS, 1, delta=0.1)
        like = lambda i, j: truth_statistics.near(costs[i], costs[j])
        for chosen in (lambda i, j: True, like):
            ceiling = truth_statistics.Ceiling(accuracies, chosen)
            known = statistics.fmean(brute_tau(truths, seed, chosen) for seed in zip(*accuracies))
            self.assertAlmostEqual(ceiling.perfect(ones), known, delta=0.015)
            self.assertLess(ceiling.two_seeds(ones), ceiling.two_with_third(ones))
            self.assertLess(ceiling.two_with_third(ones), ceiling.perfect(ones))

    def test_intervals_hold_the_truth_as_often_as_they_say(self):
        held = 0
        for seed in range(60):
            costs, _, accuracies = self.drawn(40, seed)
            spread = truth_statistics.Spread(costs, accuracies)
            found = truth_statistics.estimate(spread.ratio, 40, resamples=200)
            held += found.low <= self.NETWORKS / self.SEEDS <= found.high
        self.assertGreaterEqual(held, 50)  # of 60; 57 are expected, bootstrap intervals are a little short

    def test_networks_that_do_not_differ_have_no_spread_and_no_ceiling(self):
        draws = random.Random(5)
        accuracies = [[draws.gauss(0.7, 0.01) for _ in range(3)] for _ in range(200)]
        spread = truth_statistics.Spread([1000] * 200, accuracies)
        self.assertLess(spread.ratio([1] * 200), 0.25)
        two = truth_statistics.Ceiling(accuracies).two_seeds([1] * 200)
        self.assertLess(abs(two), 0.1)

    def test_the_truly_best_is_beaten_as_often_as_it_is_said(self):
        said, beaten = [], []
        for seed in range(150):
            draws = random.Random(seed)
            truths = [draws.gauss(0.7, self.NETWORKS) for _ in range(100)]
            one_seed = [truth + draws.gauss(0, self.NETWORKS / 2) for truth in truths]
            said.append(truth_statistics.TrulyBest([[y] for y in one_seed], self.NETWORKS / 2).beaten_by(60, seed)[0])
            best = one_seed[max(range(100), key=truths.__getitem__)]
            beaten.append(sum(y > best for y in one_seed) / 100)
        self.assertGreater(statistics.fmean(beaten), 0.01)
        error = statistics.stdev(beaten) / math.sqrt(150)
        self.assertAlmostEqual(statistics.fmean(said), statistics.fmean(beaten), delta=3 * error)

    def test_where_seeds_add_nothing_the_truly_best_is_the_first(self):
        self.assertEqual(truth_statistics.TrulyBest([[0.5 + i / 100] for i in range(20)], 0.0).beaten_by(20), (0, 0))

    def test_few_networks_are_no_error(self):
        for count in range(4):
            rows = [(1000 + i, 10, [0.5 + i / 100] * (1 + 2 * (i % 2))) for i in range(count)]
            self.assertTrue(truth_statistics.describe(rows))
            self.assertEqual(truth_statistics.describe_losses(rows), [])

    def test_losses_have_spreads_of_their_own(self):
        costs, _, losses = self.drawn(40)
        (line,) = truth_statistics.describe_losses([(cost, 10, of_one) for cost, of_one in zip(costs, losses)],
                                                   resamples=50)
        ratio = truth_statistics.Spread(costs, losses).ratio([1] * 40)
        self.assertIn(f"ratio {ratio:.2f} [", line)
        self.assertIn("nats", line)


class Committed(unittest.TestCase):
    """The tables that are committed beside this file."""

    def test_they_are_whole_files_that_say_how_they_were_made(self):
        for path in sorted(HERE.glob("table_*.csv")):
            with self.subTest(path.name):
                table = read_table(path)
                self.assertRegex(table.head["state"], f"^(whole|partial): .* {len(table.rows)} trainings$")
                self.assertIn("scripts/truth-table --config configs/", table.head["command"])
                layers = [table.head[f"layer {i}"].split() for i in range(len(next(iter(table.rows))[0]))]
                for network, _ in table.rows:
                    self.assertTrue(all(0 <= c < len(names) for c, names in zip(network, layers)), network)
                for row in table.rows.values():
                    self.assertTrue(0 < row.accuracy < 1 and row.loss > 0, row)
                    self.assertAlmostEqual(statistics.fmean(row.of_classes), row.accuracy, places=9)


if __name__ == "__main__":
    unittest.main()
