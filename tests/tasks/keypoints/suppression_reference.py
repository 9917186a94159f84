#!/usr/bin/env python3
"""Made-up persons of one image, and which of them mmpose's oks_nms() keeps.

Usage: suppression_reference.py FILE MMPOSE   MMPOSE: an unpacked wheel of mmpose 1.3.2; nothing of it but this
                                              function is used (needs numpy)

A line of FILE is a case: {"sigmas": [...], "found": [[score, area of the box, x, y, ...], ...], "kept": [...]}. No
scores are equal, and no two persons are within 1e-6 of the threshold: mmpose has similarities in float32.
"""

import json
import pathlib
import sys
import types

import numpy

CASES = 200
THRESHOLD = 0.9
COCO_SIGMAS = [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089]


def reference(folder):
    """Its module, without the packages that its other functions need."""
    source = pathlib.Path(folder) / "mmpose/evaluation/functional/nms.py"
    for name, what in (("torch", "Tensor"), ("mmpose.structures.bbox", "bbox_overlaps")):
        sys.modules[name] = types.SimpleNamespace(**{what: None})
    module = types.ModuleType("nms")
    exec(compile(source.read_text(encoding="utf-8"), source, "exec"), module.__dict__)
    return module


def make_case(random):
    count = int(random.choice([1, 3, 17], p=[.2, .5, .3]))
    sigmas = COCO_SIGMAS if count == 17 else [round(float(s), 3) for s in random.uniform(.02, .12, count)]
    persons = []
    for _ in range(random.integers(1, 4)):
        side = random.uniform(20, 300)
        points = random.uniform(0, 300) + random.uniform(0, side, (count, 2))
        for _ in range(random.integers(1, 4)):  # the same person again, about as exactly as the threshold asks
            moved = points + random.normal(0, side * min(sigmas) * float(random.choice([.1, .5, .8, 3])), (count, 2))
            area = side * side * random.uniform(.7, 1.4)
            persons.append([round(float(v), 2) for v in (random.random() * 100, area, *moved.ravel())])
    return {"sigmas": sigmas, "found": [persons[i] for i in random.permutation(len(persons))]}


def kept_by(module, case):
    """None where rounding could decide."""
    found = numpy.array(case["found"])
    sigmas = numpy.array(case["sigmas"])
    points = numpy.zeros((len(found), 3 * len(sigmas)))
    points[:, 0::3], points[:, 1::3] = found[:, 2::2], found[:, 3::2]
    if len(set(found[:, 0])) < len(found):
        return None
    for i in range(len(found)):
        if numpy.any(abs(module.oks_iou(points[i], points, found[i, 1], found[:, 1], sigmas) - THRESHOLD) < 1e-6):
            return None
    persons = [{"score": f[0], "area": f[1], "keypoints": p.reshape(-1, 3)} for f, p in zip(found, points)]
    return [int(i) for i in module.oks_nms(persons, THRESHOLD, sigmas)]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    module = reference(sys.argv[2])
    random = numpy.random.Generator(numpy.random.PCG64(22))
    lines = []
    while len(lines) < CASES:
        case = make_case(random)
        case["kept"] = kept_by(module, case)
        if case["kept"] is not None:
            lines.append(json.dumps(case, separators=(",", ":")))
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
