#!/usr/bin/env python3
"""Writes agreement.json: scipy's Spearman, Kendall tau-b and Friedman statistics of 200 random rankings.

Usage: agreement.py > agreement.json (needs scipy; made with 1.17.1)
Every second case has ties. A case is 3 to 6 judges over 3 to 30 classes; the pair statistics are of its first two.
Kendall's W follows from Friedman's chi-square, which scipy corrects for ties:
W = chi-square / (judges * (classes - 1)).
"""

import json

import numpy
from scipy import stats

generator = numpy.random.default_rng(20)
cases = []
while len(cases) < 200:
    classes = int(generator.integers(3, 31))
    judges = int(generator.integers(3, 7))
    if len(cases) % 2:
        scores = generator.integers(0, max(2, classes // 3), size=(judges, classes))
    else:
        scores = numpy.array([generator.permutation(classes) for _ in range(judges)])
    if any(len(set(row)) < 2 for row in scores[:2].tolist()):
        continue  # undefined
    cases.append({
        "scores": scores.tolist(),
        "spearman": stats.spearmanr(scores[0], scores[1]).statistic,
        "kendall": stats.kendalltau(scores[0], scores[1]).statistic,
        "w": stats.friedmanchisquare(*scores.T).statistic / (judges * (classes - 1)),
    })
print("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")
