#!/usr/bin/env python3
"""Persons a second through PyTorch's DataLoader with OpenCV, as SimpleBaseline loads them: decode the picture, half body,
scale, rotation and flip, warp, normalise, heat maps as targets. What danas's loader is compared with.

Usage: plain_persons.py --root COCO [--set train2017] [--workers N ...] [--batch N] [--passes N] [--size H W] [--seed N]
COCO holds annotations/person_keypoints_SET.json and the folder SET with the pictures. One JSON line for each number of
workers (0: in the loop's own process); the first pass, in which files enter the page cache, is not timed. --no-targets:
without the heat maps, which danas makes later, from the key-points, on the device. Needs torch, numpy and
opencv-python-headless.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import cv2
import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
import pose  # SimpleBaseline's formulas

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Persons(torch.utils.data.Dataset):
    def __init__(self, root: pathlib.Path, name: str, size, targets: bool):
        annotations = json.loads((root / "annotations" / f"person_keypoints_{name}.json").read_text())
        files = {image["id"]: str(root / name / image["file_name"]) for image in annotations["images"]}
        self.persons = [(files[a["image_id"]], a["bbox"], np.reshape(a["keypoints"], (-1, 3)).tolist())
                        for a in annotations["annotations"] if a["num_keypoints"] > 0 and not a["iscrowd"]]
        self.size, self.targets = size, targets

    def __len__(self) -> int:
        return len(self.persons)

    def __getitem__(self, index: int):
        file, box, keypoints = self.persons[index]
        image = cv2.imread(file, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        turn = np.clip(np.random.randn() * 40, -80, 80) if np.random.rand() < 0.6 else 0.0
        frame, _, truth = pose.make_frame(image, {
            "frame": self.size, "box": box, "keypoints": keypoints, "half_body": False, "upper_body": False,
            "scale": np.clip(np.random.randn() * 0.3 + 1, 0.7, 1.3), "rotation": turn,
            "mirror": np.random.rand() < 0.5})
        pixels = torch.from_numpy(frame).permute(2, 0, 1).float().div_(255)
        pixels.sub_(torch.tensor(MEAN)[:, None, None]).div_(torch.tensor(STD)[:, None, None])
        if not self.targets:
            return pixels, torch.from_numpy(truth.astype(np.float32))
        size = (self.size[1], self.size[0])
        return (pixels, *map(torch.from_numpy, pose.targets(truth, size, (size[0] // 4, size[1] // 4), 2)))


def start_worker(_: int) -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    np.random.seed(torch.initial_seed() % 2**32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--set", default="train2017")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--size", type=int, nargs=2, default=[256, 192])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-targets", action="store_true")
    arguments = parser.parse_args()
    persons = Persons(arguments.root, arguments.set, arguments.size, not arguments.no_targets)
    for workers in arguments.workers:
        start_worker(0)
        torch.manual_seed(arguments.seed)
        loader = torch.utils.data.DataLoader(persons, batch_size=arguments.batch, shuffle=True, num_workers=workers,
                                             worker_init_fn=start_worker, persistent_workers=workers > 0)
        times = []
        for _ in range(arguments.passes + 1):
            start = time.perf_counter()
            for _ in loader:
                pass
            times.append(1000 * (time.perf_counter() - start) / len(persons))
        median = statistics.median(times[1:])
        print(json.dumps({"program": "pytorch+opencv", "measure": "load", "targets": persons.targets,
                          "workers": workers, "batch": arguments.batch, "images": len(persons), "ms": times[1:],
                          "min_ms": min(times[1:]), "median_ms": median, "images_per_s": 1000 / median,
                          "images_per_s_best": 1000 / min(times[1:])}), flush=True)


if __name__ == "__main__":
    main()
