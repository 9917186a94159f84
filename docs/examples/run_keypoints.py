#!/usr/bin/env python3
"""Finds persons' key-points with a network that `danas export --to onnx` or `--to pytorch` wrote.

Usage: run_keypoints.py EXPORT PICTURE... --box X Y WIDTH HEIGHT [--box ...] [--results FOUND.json]
       run_keypoints.py EXPORT PICTURE... --boxes DETECTIONS.json [--category ID] [--results FOUND.json]
EXPORT: the export's folder, or its model.onnx. Boxes are in pixels of the picture. A file of boxes is a COCO result
file, whose image_id is the number at the end of a picture's name. Without --results, key-points are printed.
Needs numpy, Pillow and onnxruntime; for a PyTorch export torch, torchvision and safetensors in place of the last.
"""

import argparse
import json
import pathlib
import re
import sys

import numpy
from PIL import Image


def from_text(value):
    """Metadata of ONNX models is text: words as they are, all else as JSON."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def load(export):
    """How a picture is prepared and maps are read, and the network: images [N, C, H, W] to maps [N, K, h, w]."""
    onnx, pytorch = (export / "model.onnx" if export.is_dir() else export), export / "preprocess.json"
    if pytorch.is_file():
        from run_pytorch import load_network, torch
        network = load_network(export)
        how = json.loads(pytorch.read_text())

        def run(images):
            with torch.inference_mode():
                return network(torch.from_numpy(images)).numpy()
    elif onnx.is_file():
        import onnxruntime
        session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        how = {key: from_text(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}

        def run(images):
            return session.run(None, {"image": images})[0]
    else:
        sys.exit(f"{export}: neither {onnx} nor {pytorch} is there; give what danas export --to onnx or pytorch wrote")
    if "heat_map_size" not in how:
        sys.exit(f"{export} is a classifier's: use docs/examples/run_onnx.py or run_pytorch.py")
    if "flip_pairs" not in how:
        sys.exit(f"{export} is an earlier danas's and does not say how maps are read: export the network again")
    return how, run


class View:
    """What a frame shows: the box, in the frame's proportions, box_scale times as large; rounded as by danas."""

    def __init__(self, box, how):
        (x, y, width, height), (_, rows, columns) = box, how["input_size"]
        single = numpy.float32
        self.centre = single(x + width / 2), single(y + height / 2)
        across = single(max(width, height * columns / rows) / 200) * single(how["box_scale"]) * single(200)
        # danas's map joins the centre with points above it and to the left, rounded to float32.
        top = single(self.centre[1] - across / 2)
        left = single(self.centre[0] - (self.centre[1] - top))
        self.radius = numpy.array(self.centre, float) - [left, top]

    def step(self, columns):
        """Pixels of the picture, across and down, that a pixel of a frame of so many columns stands for."""
        return self.radius / (columns / 2)

    def to_picture(self, places, rows, columns):
        return numpy.array(self.centre, float) + (places - numpy.array([columns, rows]) / 2) * self.step(columns)


def solve(matrix, values):
    """By OpenCV's steps: many samples lie between two multiples of 1/32 pixel, where the last bit decides."""
    rows, count = numpy.column_stack([matrix, values]), len(values)
    for i in range(count):
        pivot = i + int(abs(rows[i:, i]).argmax())
        rows[[i, pivot]] = rows[[pivot, i]]
        factors = rows[i + 1:, i] * (-1 / rows[i, i])
        rows[i + 1:, i + 1:] += factors[:, None] * rows[i, i + 1:]
    for i in reversed(range(count)):
        for k in range(i + 1, count):
            rows[i, -1] -= rows[i, k] * rows[k, -1]
        rows[i, -1] /= rows[i, i]
    return rows[:, -1]


def from_frame(view, rows, columns):
    """Factor and offset of x, and of y, from a frame to the picture: the inverse, as warpAffine takes it, of the map that
    joins three points of them."""
    half = columns / 2
    matrix, values = [], []
    for right, down in ((0, 0), (0, -1), (-1, -1)):
        point = view.centre[0] + right * view.radius[0], view.centre[1] + down * view.radius[1], 1
        matrix += [[*point, 0, 0, 0], [0, 0, 0, *point]]
        values += [half + right * half, rows / 2 + down * half]
    m = solve(numpy.array(matrix, float), numpy.array(values))
    determinant = m[0] * m[4] - m[1] * m[3]
    inverse = 1 / determinant
    xx, xy, yx, yy = m[4] * inverse, m[1] * -inverse, m[3] * -inverse, m[0] * inverse
    return (xx, -xx * m[2] - xy * m[5]), (yy, -yx * m[2] - yy * m[5])


def warp(picture, view, rows, columns):
    """What OpenCV 4's warpAffine makes: bilinear, from samples at multiples of 1/32 pixel, black outside."""
    across, down = from_frame(view, rows, columns)

    def sample(pixels, axis, at):
        at = at.astype(int) + 16 >> 5
        pixels = numpy.pad(pixels, [(1, 1) if axis == other else (0, 0) for other in range(3)])
        first, second = (pixels.take((at // 32 + k).clip(0, pixels.shape[axis] - 1), axis).astype(int) for k in (1, 2))
        part = (at % 32).reshape([-1 if axis == other else 1 for other in range(3)])
        return first * (32 - part) + second * part

    # In units of 1/1024 pixel; OpenCV rounds a row's place as a whole, a column's in two parts.
    y = numpy.rint((down[0] * numpy.arange(rows) + down[1]) * 1024)
    x = numpy.rint(across[0] * numpy.arange(columns) * 1024) + numpy.rint(across[1] * 1024)
    return sample(sample(picture, 0, y), 1, x) + 512 >> 10


def prepare(picture, view, how):
    channels, rows, columns = how["input_size"]
    pixels = numpy.asarray(picture.convert("L" if channels == 1 else "RGB")).reshape(picture.height, picture.width, -1)
    image = (warp(pixels, view, rows, columns) * how["scale"] - how["mean"]) / how["std"]
    return image.transpose(2, 0, 1).astype(numpy.float32)


def heat_maps(images, run, how):
    maps = run(images)
    if not how["flip_test"]:
        return maps
    order = list(range(maps.shape[1]))
    for one, other in how["flip_pairs"]:
        order[one], order[other] = other, one
    mirrored = run(numpy.ascontiguousarray(images[..., ::-1]))[:, order, :, ::-1]
    if how["shift_heatmap"]:
        mirrored = numpy.concatenate([mirrored[..., :1], mirrored[..., :-1]], axis=-1)
    return (maps + mirrored) / 2


def read_maps(maps, view):
    """A row of x, y and score for each map, in pixels of the picture: where its greatest value lies, a quarter pixel
    towards the greater neighbours."""
    count, rows, columns = maps.shape
    places, scores = numpy.zeros((count, 2)), maps.max(axis=(1, 2))
    for k, scored in enumerate(maps):
        if scores[k] <= 0:
            continue
        y, x = numpy.unravel_index(scored.argmax(), scored.shape)
        places[k] = x, y
        if 1 < x < columns - 1 and 1 < y < rows - 1:
            places[k] += 0.25 * numpy.sign([scored[y, x + 1] - scored[y, x - 1], scored[y + 1, x] - scored[y - 1, x]])
    return numpy.column_stack([view.to_picture(places, rows, columns), scores])


def find(picture, boxes, run, how):
    """Of each box the key-points and their score, in the boxes' order."""
    views = [View(box, how) for box in boxes]
    maps = heat_maps(numpy.stack([prepare(picture, view, how) for view in views]), run, how)
    for one, view in zip(maps, views):
        points = read_maps(one, view)
        sure = points[points[:, 2] > how["score_threshold"], 2]
        yield points, float(sure.mean()) if len(sure) else 0.0


def image_id(path):
    number = re.search(r"\d+$", path.stem)
    if number is None:
        sys.exit(f"{path}: its name must end in the number that result files call image_id, as in 000000000139.jpg")
    return int(number[0])


def open_picture(path):
    try:
        return Image.open(path)
    except OSError as error:  # Pillow's own are of this kind
        sys.exit(f"{path}: cannot be read as a picture: {error}")


def read_results(path):
    """COCO's result file of a detector."""
    try:
        results = json.loads(path.read_text())
        return [(one["image_id"], one["category_id"], one["bbox"], one["score"]) for one in results]
    except (OSError, ValueError, TypeError, KeyError) as error:
        sys.exit(f"{path}: expected a list of {{image_id, category_id, bbox, score}}: {type(error).__name__}: {error}")


def boxes_of(arguments):
    """(picture, its boxes, their scores) of each picture that has boxes."""
    if arguments.box:
        return [(path, arguments.box, [1.0] * len(arguments.box)) for path in arguments.pictures]
    found, chosen = {}, []
    for picture, category, box, score in read_results(arguments.boxes):
        if category == arguments.category:
            found.setdefault(picture, []).append((box, score))
    for path in arguments.pictures:
        if image_id(path) in found:
            chosen.append((path, *zip(*found[image_id(path)])))
        else:
            print(f"{path}: no box of category {arguments.category} in {arguments.boxes}", file=sys.stderr)
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("pictures", type=pathlib.Path, nargs="+", metavar="picture")
    boxes = parser.add_mutually_exclusive_group(required=True)
    boxes.add_argument("--box", type=float, nargs=4, action="append", metavar=("X", "Y", "WIDTH", "HEIGHT"))
    boxes.add_argument("--boxes", type=pathlib.Path)
    parser.add_argument("--category", type=int, default=1, help="of --boxes, and of what is found; COCO's persons are 1")
    parser.add_argument("--results", type=pathlib.Path, help="a COCO result file to write")
    arguments = parser.parse_args()

    how, run = load(arguments.export)
    results = []
    for path, boxes, box_scores in boxes_of(arguments):
        for box in boxes:
            if min(box[2:]) <= 0:
                sys.exit(f"{path}: the box {' '.join(map(str, box))} has no size; expected x, y, width and height")
        for box, box_score, (points, score) in zip(boxes, box_scores, find(open_picture(path), boxes, run, how)):
            score *= box_score
            if arguments.results:
                results.append({"image_id": image_id(path), "category_id": arguments.category,
                                "keypoints": points.flatten().tolist(), "score": score})
                continue
            print(f"{path}, box {' '.join(f'{number:g}' for number in box)}: score {score:.3f}")
            for name, (x, y, certainty) in zip(how.get("keypoints", range(len(points))), points):
                print(f"  {name}: {x:.1f} {y:.1f}, score {certainty:.3f}")
    if arguments.results:
        arguments.results.write_text(json.dumps(results))
        print(f"{arguments.results}: {len(results)} persons")


if __name__ == "__main__":
    main()
