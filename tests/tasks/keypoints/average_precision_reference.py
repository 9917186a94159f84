#!/usr/bin/env python3
"""Made-up cases of key-point truth and results, with the numbers that pycocotools gives for them.

Usage: average_precision_reference.py FILE                  writes the cases (needs pycocotools and faster-coco-eval)
       average_precision_reference.py --check FILE          compares FILE with the pycocotools that is installed
       average_precision_reference.py --noisy ANNOTATIONS   prints the numbers of noisy results for a COCO file's persons

faster-coco-eval must agree to 1e-12, else nothing is written. --check ends with 77 where pycocotools is missing.
A line of FILE is a case: {"sigmas": [...], "images": [id, ...],
"truth": [[image id, area, crowd, num_keypoints, left, top, width, height, x, y, v, ...], ...],
"found": [[image id, score, x, y, ...], ...], "expected": [AP, AP50, AP75, APM, APL, AR, AR50, AR75, ARM, ARL]}.
"""

import contextlib
import copy
import io
import json
import sys

CASES = 1000
COCO_SIGMAS = [s / 10 for s in [.26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62, 1.07, 1.07, .87, .87, .89, .89]]


def annotations_of(case):
    """A case as a COCO annotation file and a list of results."""
    names = [str(i) for i in range(len(case["sigmas"]))]
    dataset = {
        "images": [{"id": i, "width": 640, "height": 480, "file_name": f"{i}.jpg"} for i in case["images"]],
        "categories": [{"id": 1, "name": "person", "keypoints": names, "skeleton": []}],
        "annotations": [
            {"id": n + 1, "image_id": t[0], "category_id": 1, "area": t[1], "iscrowd": t[2], "num_keypoints": t[3],
             "bbox": t[4:8], "keypoints": t[8:]} for n, t in enumerate(case["truth"])
        ],
    }
    results = []
    for f in case["found"]:
        keypoints = []
        for x, y in zip(f[2::2], f[3::2]):
            keypoints += [x, y, 1]
        results.append({"image_id": f[0], "category_id": 1, "score": f[1], "keypoints": keypoints})
    return dataset, results


def measured(dataset, results, sigmas, fast=False):
    """The ten numbers, by pycocotools or by faster-coco-eval."""
    import numpy
    if fast:
        from faster_coco_eval import COCO, COCOeval_faster as Evaluation
    else:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval as Evaluation
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = copy.deepcopy(dataset)
        truth.createIndex()
        if results:
            found = truth.loadRes(copy.deepcopy(results))
        else:  # loadRes() wants at least one
            found = COCO()
            found.dataset = {**copy.deepcopy(dataset), "annotations": []}
            found.createIndex()
        evaluation = Evaluation(truth, found, "keypoints")
        evaluation.params.kpt_oks_sigmas = numpy.array(sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(value) for value in evaluation.stats[:10]]


def make_case(random):
    """Few persons in few images; every oddity with some chance."""
    count = int(random.choice([1, 2, 3, 4, 17], p=[.15, .3, .3, .2, .05]))
    sigmas = COCO_SIGMAS if count == 17 else [round(float(s), 3) for s in random.uniform(.02, .12, count)]
    images = [int(i) for i in random.choice(1000, size=random.integers(1, 5), replace=False)]
    tied = random.random() < .5  # scores that are often equal
    truth, found = [], []

    def score():
        return round(float(random.choice([.25, .5, .75])) if tied else float(random.random()), 4)

    def add_found(image, points):
        found.append([image, score()] + [round(float(p), 1) for p in points])

    for image in images:
        for _ in range(random.choice([0, 1, 2, 3], p=[.25, .35, .25, .15])):
            side = float(random.choice([random.uniform(8, 200), 32, 96], p=[.7, .15, .15]))
            left, top = (int(v) for v in random.integers(-20, 300, 2))
            points = [left + random.uniform(0, side, count).round(), top + random.uniform(0, side, count).round()]
            if count > 1:  # the area of a result that is like the truth lies on the border too
                for axis, low in enumerate((left, top)):
                    points[axis][0], points[axis][-1] = low, low + round(side)
            area = round(side * side, 1) if random.random() < .7 else round(side * side * .6, 1)
            if random.random() < .02:
                area = 0
            visible = random.choice([0, 1, 2], size=count, p=[.2, .3, .5])
            if random.random() < .1:
                visible[:] = 0
            crowd = int(random.random() < .1)
            labelled = int((visible > 0).sum())
            if random.random() < .05:  # a file that counts otherwise
                labelled = int(random.integers(0, 2))
            row = [image, area, crowd, labelled, left, top, round(side, 1), round(side, 1)]
            for x, y, v in zip(*points, visible):
                row += [int(x), int(y), int(v)]
            truth.append(row)
            if random.random() < .05:
                truth.append(list(row))
            for _ in range(random.choice([0, 1, 2, 25], p=[.2, .6, .19, .01])):
                spread = max(side, 1) * float(random.choice([0, .02, .06, .15, .6]))
                noisy = numpy_array(points).T + random.normal(0, spread, (count, 2))
                add_found(image, noisy.ravel())
        if random.random() < .2:
            add_found(image, random.uniform(-50, 400, 2 * count))
    if random.random() < .03:
        found = []
    order = random.permutation(len(found))
    return {"sigmas": sigmas, "images": images, "truth": truth, "found": [found[i] for i in order]}


def numpy_array(values):
    import numpy
    return numpy.array(values, dtype=float)


def nearly(one, other):
    return all(abs(a - b) <= 1e-12 for a, b in zip(one, other))


def write_cases(path):
    import numpy
    random = numpy.random.Generator(numpy.random.PCG64(22))
    lines, apart = [], 0
    for number in range(CASES):
        case = make_case(random)
        dataset, results = annotations_of(case)
        case["expected"] = measured(dataset, results, case["sigmas"])
        fast = measured(dataset, results, case["sigmas"], fast=True)
        if not nearly(case["expected"], fast):
            apart += 1
            print(f"case {number}: {case['expected']} by pycocotools, {fast} by faster-coco-eval", file=sys.stderr)
        lines.append(json.dumps(case, separators=(",", ":")))
    if apart:
        sys.exit(f"{apart} cases differ")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def check_cases(path):
    try:
        import pycocotools.cocoeval  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}")
        sys.exit(77)
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file):
            case = json.loads(line)
            found = measured(*annotations_of(case), case["sigmas"])
            if not nearly(found, case["expected"]):
                sys.exit(f"case {number}: {found}, in the file {case['expected']}")
    print(f"{number + 1} cases are as pycocotools has them")


def noisy_results(dataset):
    """Results from a small generator that the C++ test has too: each labelled person, its key-points moved."""
    state = 22

    def uniform():
        nonlocal state
        state = (1664525 * state + 1013904223) % 2**32
        return state / 2**32

    results = []
    for annotation in dataset["annotations"]:
        if annotation["num_keypoints"] == 0:
            continue
        reach = 0.2 * uniform() * annotation["area"]**0.5
        keypoints = []
        for x, y in zip(annotation["keypoints"][0::3], annotation["keypoints"][1::3]):
            keypoints += [x + reach * (uniform() - 0.5), y + reach * (uniform() - 0.5), 1]
        results.append({"image_id": annotation["image_id"], "category_id": 1, "keypoints": keypoints,
                        "score": int(8 * uniform()) / 8})
    return results


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        check_cases(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "--noisy":
        with open(sys.argv[2], encoding="utf-8") as file:
            dataset = json.load(file)
        results = noisy_results(dataset)
        numbers = [measured(dataset, results, COCO_SIGMAS, fast) for fast in (False, True)]
        if not nearly(*numbers):
            sys.exit(f"{numbers[0]} by pycocotools, {numbers[1]} by faster-coco-eval")
        print(len(results), json.dumps(numbers[0]))
    elif len(sys.argv) == 2:
        write_cases(sys.argv[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
