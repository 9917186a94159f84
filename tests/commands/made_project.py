"""A folder with small likenesses of what the documented commands name: datasets, configs, a space, runs, weights."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
WORDNET_IDS = ["n01440764", "n02100735", "n02119789"]  # those of tests/golden/devkit
DEVKIT_IDS = {"n01440764": 3, "n02100735": 2, "n02119789": 1}

SPACE = {
    "format_version": 1, "name": "tiny", "input": {"channels": 3, "height": 16, "width": 16}, "classes": 3,
    "candidates": {"mobile": [{"block": "inverted_residual", "expand": [1, 3],
                               "operator": {"kind": "depthwise", "kernel": [3, 5]}}]},
    "norm": {"momentum": 0.1, "epsilon": 0.001},
    "stem": {"channels": 8, "kernel": 3, "stride": 2, "activation": "relu6"},
    "stages": [{"channels": 8, "repeat": 2, "stride": 1, "candidates": "mobile"},
               {"channels": 16, "repeat": 1, "stride": 2, "candidates": "mobile"}],
    "head": {"channels": 0, "activation": "relu6", "dropout": 0, "bias": True},
}
CONFIG = {
    "space": "my_space.json",
    "runtime": {"device": "cpu", "threads": 1},
    "data": {"root": "data/photos", "format": "folder", "image_size": 16, "test_resize": 16,
             "validation_fraction": 0.25, "workers": 1},
    "schedule": {"ranking": "listed", "classes": [2, 2, 3, 3], "warmup_epochs": 1, "epochs_per_step": 1},
    "search": {"budget": "120k"},
    "train": {"batch": 6, "lr": 0.05},
    "finetune": {"epochs": 1, "dropout": 0, "train": {"batch": 6, "lr": 0.05, "lr_warmup_epochs": 0}},
}
STUDY = {"name": "my_study", "config": "my.json", "seeds": 1, "arms": {"mine": {}, "drawn": {"random": 1}},
         "outcome": {"finetune": {}}}


def pixels(label: int, number: int, count: int) -> bytes:
    """Bytes about a brightness that the class has."""
    return bytes((40 + 20 * (label % 10) + (number * 31 + p * 13) % 40) % 256 for p in range(count))


def write_image(path: pathlib.Path, label: int, number: int, side: int = 24) -> None:
    """A PPM: what a file holds decides how it is read, not its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P6\n%d %d\n255\n" % (side, side) + pixels(label, number, 3 * side * side))


def write_class_folders(folder: pathlib.Path, classes: "list[str]", images: int) -> None:
    for label, name in enumerate(classes):
        for number in range(images):
            write_image(folder / name / f"{number:03}.jpg", label, number)


def write_imagenet(folder: pathlib.Path) -> "list[str]":
    """train/ with class folders, val/ flat; returns the classes of its images."""
    write_class_folders(folder / "train", WORDNET_IDS, 8)
    classes = []
    for number in range(6):
        label = number % 3
        write_image(folder / f"val/ILSVRC2012_val_{number + 1:08}.JPEG", label, 100 + number)
        classes.append(WORDNET_IDS[label])
    return classes


def write_devkit(folder: pathlib.Path, classes: "list[str]") -> None:
    data = folder / "data"
    data.mkdir(parents=True)
    shutil.copy(CHECKOUT / "tests/golden/devkit/meta_plain.mat", data / "meta.mat")
    truth = "".join(f"{DEVKIT_IDS[name]}\n" for name in classes)
    (data / "ILSVRC2012_validation_ground_truth.txt").write_text(truth)


def write_cifar(path: pathlib.Path, labels: "list[bytes]") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(label + pixels(label[-1], i, 3072) for i, label in enumerate(labels)))


def write_idx(folder: pathlib.Path, prefix: str, images: int, side: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    body = b"".join(pixels(i % 10, i, side * side) for i in range(images))
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, images, side, side) + body)
    labels = bytes(i % 10 for i in range(images))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, images) + labels)


def write_coco(folder: pathlib.Path) -> None:
    """COCO's layout: four pictures a set, with a person in each."""
    names = ["nose", "left_eye", "right_eye"]
    for name in ("train2017", "val2017"):
        images = [{"id": i, "file_name": f"{i:012}.jpg", "height": 24, "width": 24} for i in range(1, 5)]
        persons = [{"id": i, "image_id": i, "category_id": 1, "iscrowd": 0, "area": 150, "bbox": [4, 4, 12, 16],
                    "num_keypoints": 2, "keypoints": [9, 7, 2, 8, 6, 1, 0, 0, 0]} for i in range(1, 5)]
        for image in images:
            write_image(folder / name / image["file_name"], 1, image["id"])
        path = folder / f"annotations/person_keypoints_{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"images": images, "annotations": persons, "categories": [
            {"id": 1, "name": "person", "keypoints": names, "skeleton": [[1, 2], [1, 3]]}]}))


def write_data(folder: pathlib.Path) -> None:
    data = folder / "data"
    write_class_folders(data / "photos/train", ["cat", "cow", "dog"], 8)
    write_class_folders(data / "photos/val", ["cat", "cow", "dog"], 2)
    for number in range(1, 6):
        write_cifar(data / f"cifar10/data_batch_{number}.bin", [bytes([i % 10]) for i in range(20)])
    write_cifar(data / "cifar10/test_batch.bin", [bytes([i % 10]) for i in range(20)])
    write_cifar(data / "cifar100/train.bin", [bytes([i % 20, i % 100]) for i in range(200)])
    write_cifar(data / "cifar100/test.bin", [bytes([i % 20, i % 100]) for i in range(100)])
    write_idx(data / "fashion", "train", 100, 28)
    write_idx(data / "fashion", "t10k", 30, 28)
    write_coco(data / "coco")
    classes = write_imagenet(data / "imagenet")
    rows = "".join(f"val/ILSVRC2012_val_{i + 1:08}.JPEG,{name}\n" for i, name in enumerate(classes))
    (data / "imagenet/val.csv").write_text("path,label\n" + rows)
    write_imagenet(folder / "imagenet")
    write_devkit(folder / "ILSVRC2012_devkit_t12", classes)


def link_checkout(folder: pathlib.Path, binaries: pathlib.Path) -> None:
    for name in ("scripts", "tests", "configs"):
        (folder / name).symlink_to(CHECKOUT / name)
    for preset in ("dev", "release", "tsan", "fuzz"):
        (folder / "build" / preset).mkdir(parents=True)
        (folder / "build" / preset / "bin").symlink_to(binaries)


def environment(folder: pathlib.Path, binaries: pathlib.Path) -> "dict[str, str]":
    """For a command in `folder`: one thread, no colours, nothing of a launcher around the test."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("SLURM_", "TORCHELASTIC_", "DANAS_"))
            and key not in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")}
    return {**kept, "HOME": str(folder), "NO_COLOR": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
            "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{binaries}:{os.environ['PATH']}"}


def binaries_of_line(usage: str) -> pathlib.Path:
    """FOLDER of a test's command line "--binaries FOLDER [TEST...]", which keeps the tests."""
    if len(sys.argv) < 3 or sys.argv[1] != "--binaries":
        sys.exit(usage)
    folder = pathlib.Path(sys.argv[2]).resolve()
    del sys.argv[1:3]
    os.environ.pop("DANAS_CONFIG_PATH", None)
    return folder


class Project:
    """Made once; each command gets a copy."""

    def __init__(self, folder: pathlib.Path, binaries: pathlib.Path):
        self.folder, self.binaries = folder, binaries
        folder.mkdir()
        write_data(folder)
        (folder / ".zfunc").mkdir()
        (folder / "my_space.json").write_text(json.dumps(SPACE, indent=1))
        for name in ("C", "my.json", "my.yaml"):
            (folder / name).write_text(json.dumps(CONFIG, indent=1))
        (folder / "my_study.json").write_text(json.dumps(STUDY, indent=1))
        link_checkout(folder, binaries)
        self.make_runs()

    def danas(self, *words: str) -> None:
        done = subprocess.run([self.binaries / "danas", *words], cwd=self.folder, text=True, check=False,
                              env=environment(self.folder, self.binaries), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"danas {' '.join(words)}: exit code {done.returncode}: {done.stdout}")

    def make_runs(self) -> None:
        """runs/mine: a search. runs/stopped: the same without its end. runs/final, random-1, random-2: trainings."""
        runs = self.folder / "runs"
        self.danas("search", "--config", "my.json", "--no-probe", "--run", "runs/mine")
        shutil.copytree(runs / "mine", runs / "RUN")
        shutil.copytree(runs / "mine", runs / "stopped")
        (runs / "stopped/best.json").unlink()
        newest = max((runs / "stopped/checkpoints").glob("*.json"))
        newest.unlink(), newest.with_suffix(".safetensors").unlink()
        (self.folder / "RUN").symlink_to("runs/RUN")
        shutil.copy(runs / "mine/best.json", self.folder / "best.json")
        self.danas("finetune", "--arch", "best.json", "--config", "my.json", "--run", "runs/final")
        for name in ("random-1", "random-2"):
            shutil.copytree(runs / "final", runs / name)
        shutil.copy(runs / "final/weights.safetensors", self.folder / "weights.safetensors")

    def copy(self, folder: pathlib.Path) -> pathlib.Path:
        shutil.copytree(self.folder, folder, symlinks=True)
        return folder
