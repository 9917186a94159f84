#!/usr/bin/env python3
"""Ranks on a table's easy classes against ranks on all: tables that are drawn so that the answer is known.

Usage: truth_easiness_test.py [unittest options]
"""

import itertools
import pathlib
import random
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import truth_easiness  # noqa: E402
from truth_table_file import Row, Table  # noqa: E402

CLASSES = 6
LEVELS = [0.9, 0.85, 0.8, 0.5, 0.45, 0.4]  # of the classes' accuracies: three are easy


def table_of(gain, noise=0.001):
    """Every network of 4 layers with 3 candidates, three seeds each; `gain(network, class)` is added to the level."""
    draws, table = random.Random(7), Table(None, {}, CLASSES)
    for network in itertools.product(range(3), repeat=4):
        for seed in range(3):
            shares = tuple(LEVELS[k] + gain(network, k) + draws.gauss(0, noise) for k in range(CLASSES))
            table.add(Row(network, 1000 + sum(network), 10, seed, 1.0, sum(shares) / CLASSES, shares))
    return table


def figures(table):
    """By the number of easy classes: (τ, τ within 5 %, share of pairs of candidates in the same order)."""
    found = {}
    for line in truth_easiness.describe(table, resamples=20):
        match = re.match(r"  (\d+) of 6 classes: τ-b (\S+) .*within 5 % of MACs (\S+) .*candidates (\S+) ", line)
        if match:
            found[int(match[1])] = tuple(map(float, match.groups()[1:]))
    return found


class EasyClasses(unittest.TestCase):
    def test_they_tell_everything_where_candidates_help_every_class_alike(self):
        for tau, like, candidates in figures(table_of(lambda network, k: 0.01 * sum(network))).values():
            self.assertGreater(tau, 0.75)  # sums of four candidates have ties, which the noise orders
            self.assertGreater(like, 0.75)
            self.assertEqual(candidates, 100)

    def test_they_mislead_where_what_helps_them_harms_the_others(self):
        # All classes together gain what the hard ones do: three times what the easy ones lose.
        found = figures(table_of(lambda network, k: sum(network) * (-0.005 if k < 3 else 0.015)))
        for count in (1, 2, 3):
            self.assertLess(found[count][0], -0.8)
            self.assertEqual(found[count][2], 0)
        self.assertGreater(found[6][0], 0.75)
        self.assertEqual(found[6][2], 100)

    def test_noise_is_no_agreement(self):
        found = figures(table_of(lambda network, k: 0, noise=0.01))
        self.assertLess(abs(found[6][0]), 0.25)  # another seed's noise has nothing in common with it

    def test_the_order_of_classes_is_that_of_their_accuracies(self):
        self.assertEqual(truth_easiness.from_easy_to_hard(list(table_of(lambda network, k: 0).rows.values())),
                         [0, 1, 2, 3, 4, 5])

    def test_a_table_without_repeated_seeds_says_so(self):
        table = table_of(lambda network, k: 0)
        table.rows = {key: row for key, row in table.rows.items() if key[1] == 0}
        self.assertIn("too few to compare", truth_easiness.describe(table)[0])


if __name__ == "__main__":
    unittest.main()
