#!/usr/bin/env python3
"""Makes tests/golden/pose/: frames of persons, heat maps and what is decoded from them, by the formulas of SimpleBaseline
(Xiao et al., ECCV 2018; lib/dataset, lib/utils/transforms.py, lib/core) and, for half bodies, HRNet (Sun et al., CVPR
2019), in NumPy's float32 where they round to it. Run with numpy 1.26.4, opencv-python-headless 4.6.0.66.

Usage: pose.py    (writes beside itself)
picture-N.png: pictures; frames.json: persons in them, what was drawn, and map, key-points and size; frame-N.png: frame
targets.json: key-points and their heat maps; decode.json: heat maps, and the persons, losses and hits they give
"""

import json
import math
import pathlib

import cv2
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent / "pose"
PIXEL_STD = 200
PARTS = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
FLIP_PAIRS = [(1 + 2 * i, 2 + 2 * i) for i in range(len(PARTS))]
UPPER_BODY = range(11)
JOINTS = 1 + 2 * len(PARTS)


def picture(height: int, width: int, seed: int) -> np.ndarray:
    """Blue, green, red: slopes, edges, thin lines, and a corner of noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([255 * x / width, 255 * y / height, 127 + 127 * np.sin((x + 2 * y) / 9)], -1)
    image[(x - width / 2) ** 2 + (y - height / 3) ** 2 < (height / 5) ** 2] = (250, 20, 60)
    image[(x + y) % 23 == 0] = (10, 240, 30)
    image[height // 2:, width // 2:] = rng.integers(0, 256, (height - height // 2, width - width // 2, 3))
    return image.astype(np.uint8)


# --- From a box to a frame ---

def clip_box(box, width: int, height: int):
    x, y, w, h = box
    x1, y1 = max(0, x), max(0, y)
    x2, y2 = min(width - 1, x1 + max(0, w - 1)), min(height - 1, y1 + max(0, h - 1))
    return x1, y1, x2 - x1, y2 - y1


def fit(w, h, aspect: float, padding: float) -> np.ndarray:
    if w > aspect * h:
        h = w / aspect
    elif w < aspect * h:
        w = h * aspect
    return np.array([w / PIXEL_STD, h / PIXEL_STD], dtype=np.float32) * padding


def centre_and_scale(box, aspect: float):
    x, y, w, h = box
    return np.array([x + w * 0.5, y + h * 0.5], dtype=np.float32), fit(w, h, aspect, 1.25)


def half_body(joints, visible, upper_first: bool, aspect: float):
    upper = [j for k, j in enumerate(joints) if visible[k] > 0 and k in UPPER_BODY]
    lower = [j for k, j in enumerate(joints) if visible[k] > 0 and k not in UPPER_BODY]
    if upper_first and len(upper) > 2:
        chosen = upper
    else:
        chosen = lower if len(lower) > 2 else upper
    if len(chosen) < 2:
        return None
    chosen = np.array(chosen, dtype=np.float32)
    w, h = chosen.max(0) - chosen.min(0)
    return chosen.mean(0), fit(w * 1.0, h * 1.0, aspect, 1.5)


def third_point(a, b):
    side = a - b
    return b + np.array([-side[1], side[0]], dtype=np.float32)


def affine(centre, scale, rotation: float, size, inverse: bool = False) -> np.ndarray:
    """`size`: width and height of what the view is mapped to."""
    length = (scale * PIXEL_STD)[0]
    angle = np.pi * rotation / 180
    up = length * -0.5
    direction = [-up * np.sin(angle), up * np.cos(angle)]
    source, target = np.zeros((3, 2), dtype=np.float32), np.zeros((3, 2), dtype=np.float32)
    middle = np.array([size[0] * 0.5, size[1] * 0.5])
    source[0], source[1] = centre, centre + direction
    target[0], target[1] = middle, middle + np.array([0, size[0] * -0.5], np.float32)
    source[2], target[2] = third_point(source[0], source[1]), third_point(target[0], target[1])
    return cv2.getAffineTransform(target, source) if inverse else cv2.getAffineTransform(source, target)


def mirror_joints(joints, visible, width: int):
    joints, visible = joints.copy(), visible.copy()
    joints[:, 0] = width - joints[:, 0] - 1
    for a, b in FLIP_PAIRS:
        joints[[a, b]], visible[[a, b]] = joints[[b, a]], visible[[b, a]]
    return joints, visible


def make_frame(image: np.ndarray, case: dict):
    """The frame, the map, and of each key-point x, y and weight."""
    height, width = image.shape[:2]
    size = (case["frame"][1], case["frame"][0])
    aspect = size[0] * 1.0 / size[1]
    points = np.array(case["keypoints"], dtype=np.float64)
    joints, visible = points[:, :2], np.minimum(points[:, 2], 1)
    centre, scale = centre_and_scale(clip_box(case["box"], width, height), aspect)
    if case["half_body"] and visible.sum() > 8:
        centre, scale = half_body(joints, visible, case["upper_body"], aspect) or (centre, scale)
    scale = scale * case["scale"]
    if case["mirror"]:
        image = image[:, ::-1, :]
        joints, visible = mirror_joints(joints, visible, width)
        centre[0] = width - centre[0] - 1
    matrix = affine(centre, scale, case["rotation"], size)
    truth = np.zeros((len(joints), 3))
    for k, (x, y) in enumerate(joints):
        if visible[k] > 0:
            truth[k] = [*(matrix @ np.array([x, y, 1.0])), visible[k]]
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR), matrix, truth


def frame_cases(sizes) -> list:
    rng = np.random.default_rng(7)
    plain = {"half_body": False, "upper_body": False, "scale": 1.0, "rotation": 0.0, "mirror": False}
    drawn = [
        {}, {"rotation": 33.7}, {"mirror": True}, {"scale": 0.71, "rotation": -80.0, "mirror": True},
        {"half_body": True, "upper_body": True}, {"half_body": True, "rotation": 12.5, "scale": 1.3, "mirror": True},
        {"scale": 1.2345678901234567}, {"rotation": -5.25},
    ]
    frames = [(64, 48), (64, 48), (48, 36), (40, 40), (64, 48), (48, 48), (33, 21), (32, 24)]
    cases = []
    for i, (draws, frame) in enumerate(zip(drawn, frames)):
        height, width = sizes[i % len(sizes)]
        box = [rng.uniform(0, width / 3), rng.uniform(0, height / 3), rng.uniform(20, width), rng.uniform(20, height)]
        if i == 6:
            box = [-9.5, -3.25, 30.5, 41.75]  # beyond the picture
        points = np.stack([box[0] + rng.uniform(0, box[2], JOINTS), box[1] + rng.uniform(0, box[3], JOINTS),
                           rng.integers(0, 3, JOINTS) if i % 2 else np.full(JOINTS, 2)], -1)
        if i % 4 == 3:
            points[:, :2] = points[:, :2].round()
        points[points[:, 2] == 0] = 0
        cases.append({"picture": i % len(sizes), "frame": list(frame), "box": box, "keypoints": points.tolist(),
                      **plain, **draws})
    return cases


def write_frames() -> None:
    sizes = [(60, 80), (75, 50)]
    pictures = [picture(*size, seed) for seed, size in enumerate(sizes)]
    for i, image in enumerate(pictures):
        cv2.imwrite(str(OUT / f"picture-{i}.png"), image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    cases = frame_cases(sizes)
    for i, case in enumerate(cases):
        frame, matrix, truth = make_frame(pictures[case["picture"]], case)
        cv2.imwrite(str(OUT / f"frame-{i}.png"), frame, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        case["matrix"], case["truth"] = matrix.ravel().tolist(), truth.tolist()
    (OUT / "frames.json").write_text(json.dumps(cases, indent=0) + "\n")


# --- Heat maps ---

def targets(truth: np.ndarray, image_size, map_size, sigma: int):
    """`truth` [K, 3]; sizes are width and height. Maps [K, h, w] and weights [K]."""
    width, height = map_size
    maps = np.zeros((len(truth), height, width), dtype=np.float32)
    weights = truth[:, 2].astype(np.float32)
    reach = sigma * 3
    stride = np.array(image_size) / np.array(map_size)
    x = np.arange(0, 2 * reach + 1, 1, np.float32)
    patch = np.exp(-((x - reach) ** 2 + (x[:, None] - reach) ** 2) / (2 * sigma ** 2))
    for k in range(len(truth)):
        mu = [int(truth[k, axis] / stride[axis] + 0.5) for axis in (0, 1)]
        left, top, right, bottom = mu[0] - reach, mu[1] - reach, mu[0] + reach + 1, mu[1] + reach + 1
        if left >= width or top >= height or right < 0 or bottom < 0:
            weights[k] = 0
            continue
        if weights[k] > 0.5:
            maps[k, max(0, top):min(bottom, height), max(0, left):min(right, width)] = \
                patch[max(0, -top):min(bottom, height) - top, max(0, -left):min(right, width) - left]
    return maps, weights


def write_targets() -> None:
    cases = []
    for image_size, map_size, sigma in (((48, 64), (12, 16), 2), ((60, 40), (15, 20), 1), ((64, 64), (16, 16), 3)):
        w, h = image_size
        reach = (3 * sigma + 1) * w / map_size[0]
        truth = np.array([[w / 2, h / 3, 1], [1.9, 2.1, 1], [w - 1, h - 1, 1], [-2.2, h / 2, 1], [w / 3, h / 4, 0],
                          [-reach + 0.1, 9, 1], [-reach - 3.9, 9, 1], [-reach - 30, 9, 1],
                          [w + reach - 6, h - 3.3, 1], [w + reach + 1, 5, 1], [7.5, h + 500, 1], [13.25, 17.75, 1]])
        truth = truth.astype(np.float32).astype(np.float64)
        maps, weights = targets(truth, image_size, map_size, sigma)
        cases.append({"image": image_size, "map": map_size, "sigma": sigma, "truth": truth.tolist(),
                      "weights": weights.tolist(), "maps": np.round(maps.astype(np.float64), 8).tolist()})
    (OUT / "targets.json").write_text(json.dumps(cases) + "\n")


# --- Heat maps decoded ---

def maxima(maps: np.ndarray):
    """Place (x, y) and value of each map's greatest element; place 0, 0 where that is not above 0."""
    n, k, _, width = maps.shape
    flat = maps.reshape(n, k, -1)
    best, value = flat.argmax(2), flat.max(2)
    places = np.stack([best % width, best // width], -1).astype(np.float32)
    return places * (value > 0)[..., None], value


def final_places(maps: np.ndarray):
    places, values = maxima(maps)
    height, width = maps.shape[2:]
    for n in range(maps.shape[0]):
        for k in range(maps.shape[1]):
            m = maps[n, k]
            px, py = (int(math.floor(c + 0.5)) for c in places[n, k])
            if 1 < px < width - 1 and 1 < py < height - 1:
                slope = np.array([m[py, px + 1] - m[py, px - 1], m[py + 1, px] - m[py - 1, px]])
                places[n, k] += np.sign(slope) * 0.25
    return places, values


def mirror_back(maps: np.ndarray, pairs, shift: bool) -> np.ndarray:
    maps = maps[:, :, :, ::-1].copy()
    for a, b in pairs:
        maps[:, [a, b]] = maps[:, [b, a]]
    if shift:
        maps[:, :, :, 1:] = maps[:, :, :, :-1].copy()
    return maps


def person_score(values, box_score: float, threshold: float = 0.2) -> float:
    counted = [v for v in values if v > threshold]
    return box_score * (sum(counted) / len(counted) if counted else 0)


def joints_loss(output, target, weights) -> float:
    """The mean over key-points of half the mean squared error of a batch's maps, both weighted."""
    total = 0.0
    for k in range(output.shape[1]):
        w = weights[:, k, None, None]
        total += 0.5 * np.mean((output[:, k] * w - target[:, k] * w) ** 2)
    return total / output.shape[1]


def hits(output, target, threshold: float = 0.5):
    """Of each map: 1 right, 0 wrong, -1 not counted. The norm is (height, width) / 10, for x and for y, as published."""
    norm = np.array(output.shape[2:]) / 10
    found, wanted = maxima(output)[0], maxima(target)[0]
    distance = np.linalg.norm(found / norm - wanted / norm, axis=-1)
    counted = (wanted[..., 0] > 1) & (wanted[..., 1] > 1)
    return np.where(counted, distance < threshold, -1)


def write_decode() -> None:
    rng = np.random.default_rng(11)
    n, k, height, width = 3, 5, 16, 12
    pairs = [(1, 2), (3, 4)]
    truth = np.concatenate([rng.uniform(-4, 52, (n, k, 2)), rng.random((n, k, 1)) < 0.8], -1)
    target, weights = (np.stack(part) for part in zip(*(targets(t, (48, 64), (12, 16), 2) for t in truth)))
    output = np.round(0.8 * target + rng.normal(0, 0.05, target.shape), 4).astype(np.float32)
    output[0, 0] = -np.abs(output[0, 0]) - 0.01  # nothing above 0
    output[1, 1] = 0
    output[1, 1, 5:7, 4:6] = 0.5  # a tie
    output[2, 2] = 0
    output[2, 2, 8, 1] = 0.7  # at the edge: no offset
    output[2, 3] = 0
    output[2, 3, 8, 5] = 0.7  # even neighbours
    mirrored = np.round(output[:, :, :, ::-1] + rng.normal(0, 0.05, target.shape), 4).astype(np.float32)
    boxes = [[10.5, 20.25, 100.75, 180.5], [0, 0, 33, 17], [300.1, 200.2, 10.3, 90.4]]
    scores = [1.0, 0.7, 0.31]
    places, values = final_places(output)
    averaged = (output + mirror_back(mirrored, pairs, True)) * 0.5
    plain = (output + mirror_back(mirrored, pairs, False)) * 0.5
    persons = []
    for i, box in enumerate(boxes):
        centre, scale = centre_and_scale(box, 0.75)
        matrix = affine(centre, scale, 0, (width, height), inverse=True)
        points = [(matrix @ np.array([x, y, 1.0])).tolist() for x, y in places[i]]
        persons.append({"box": box, "score": scores[i], "matrix": matrix.ravel().tolist(), "points": points,
                        "person_score": float(person_score(values[i].astype(np.float64), scores[i])),
                        "area": float(np.prod(scale.astype(np.float64) * PIXEL_STD))})

    def listed(array):
        return np.round(array.astype(np.float64), 8).tolist()

    (OUT / "decode.json").write_text(json.dumps({
        "pairs": pairs, "output": listed(output), "mirrored": listed(mirrored), "truth": truth.tolist(),
        "weights": listed(weights), "places": listed(places), "values": listed(values), "averaged": listed(averaged),
        "averaged_unshifted": listed(plain[:1]), "persons": persons,
        "loss": joints_loss(*(a.astype(np.float64) for a in (output, target, weights))),
        "losses": [joints_loss(*(a[i:i + 1].astype(np.float64) for a in (output, target, weights)))
                   for i in range(n)],
        "hits": hits(output, target).tolist()}) + "\n")


def main() -> None:
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    write_frames()
    write_targets()
    write_decode()


if __name__ == "__main__":
    main()
