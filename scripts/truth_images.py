"""The images of a table of truth: some of each class of a dataset, specified so exactly that others can use the same
ones.

It reads IDX files (MNIST's family) and CIFAR-100's binary layout, of which the coarse labels are used. The chosen
images are written in a form that danas reads: IDX again, or a folder of PNM files for each class.
"""

import collections
import dataclasses
import gzip
import hashlib
import math
import os
import pathlib
import shutil
import typing

CIFAR_SHAPE = (3, 32, 32)
NAME = 12  # hex digits of an image's hash in a list: among 60,000 images two agree by chance once in 10^5 lists


class ImageError(Exception):
    """What is wrong with a dataset or a list of images, and where."""


class Picture(typing.NamedTuple):
    label: int
    pixels: bytes  # plane by plane

    def name(self):
        return hashlib.sha256(self.pixels).hexdigest()[:NAME]


@dataclasses.dataclass
class Images:
    classes: typing.List[str]
    shape: typing.Tuple[int, ...]  # (height, width) or (channels, height, width)
    train: typing.List[Picture]
    test: typing.List[Picture]
    coarse: bool = False  # CIFAR-100's coarse labels

    def identity(self):
        """What the head of a table says of them."""
        return {kind: f"{len(pictures)} images, sha256 {digest(pictures)}"
                for kind, pictures in (("train", self.train), ("test", self.test))}


def digest(pictures):
    hashed = hashlib.sha256()
    for label, pixels in pictures:
        hashed.update(bytes([label]))
        hashed.update(pixels)
    return hashed.hexdigest()


# Reading.

def read_bytes(path):
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, ValueError) as error:
        raise ImageError(f"{path}: {error}; download it again") from None


def read_idx(path, dimensions):
    """Sizes and values of an IDX file of bytes."""
    data = read_bytes(path)
    header = 4 + 4 * dimensions
    sizes = [int.from_bytes(data[at:at + 4], "big") for at in range(4, header, 4)]
    if data[:4] != bytes([0, 0, 8, dimensions]) or len(data) != header + math.prod(sizes):
        raise ImageError(f"{path}: not a complete IDX file of bytes with {dimensions} dimension(s); download it again")
    return sizes, data[header:]


def find_idx(folder, name):
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise ImageError(f"{folder} contains neither {name} nor {name}.gz")


def read_idx_set(folder, name):
    (count, *shape), pixels = read_idx(find_idx(folder, f"{name}-images-idx3-ubyte"), 3)
    (labels,), values = read_idx(find_idx(folder, f"{name}-labels-idx1-ubyte"), 1)
    if labels != count:
        raise ImageError(f"{folder}: {labels} labels for {count} images of {name}")
    size = math.prod(shape)
    return tuple(shape), [Picture(label, pixels[i * size:(i + 1) * size]) for i, label in enumerate(values)]


def read_coarse(path, classes):
    data, size = read_bytes(path), 2 + math.prod(CIFAR_SHAPE)
    if not data or len(data) % size:
        raise ImageError(f"{path}: {len(data)} bytes are not a whole number of {size}-byte records; download it again")
    pictures = [Picture(data[at], data[at + 2:at + size]) for at in range(0, len(data), size)]
    if max(picture.label for picture in pictures) >= len(classes):
        raise ImageError(f"{path}: a coarse label above {len(classes) - 1}, but {len(classes)} class names; this "
                         "is not CIFAR-100")
    return pictures


def read_images(folder):
    folder = pathlib.Path(folder)
    if (folder / "train.bin").exists():
        names = folder / "coarse_label_names.txt"
        classes = names.read_text(encoding="utf-8").split() if names.exists() else []
        if not classes:
            raise ImageError(f"{names}: no class names; this file is part of CIFAR-100 and has one name per line")
        return Images(classes, CIFAR_SHAPE, read_coarse(folder / "train.bin", classes),
                      read_coarse(folder / "test.bin", classes), True)
    if any(folder.glob("train-images-idx3-ubyte*")):
        shape, train = read_idx_set(folder, "train")
        test_shape, test = read_idx_set(folder, "t10k")
        if shape != test_shape:
            raise ImageError(f"{folder}: training images of {shape}, test images of {test_shape}")
        return Images([str(label) for label in sorted({picture.label for picture in train})], shape, train, test)
    raise ImageError(f"{folder}: neither IDX files (train-images-idx3-ubyte) nor CIFAR-100 (train.bin); give the "
                     "folder that contains them with --data")


# Choosing.

def first_of_each(images, kind, count, option):
    """The dataset with `count` of its images of a kind ("train" or "test"), as many of each class, the first ones in
    the order of the files; `option` is what asked for so many."""
    each = count // len(images.classes)
    if each == 0 or count % len(images.classes):
        raise ImageError(f"{option} {count}: expected a multiple of the {len(images.classes)} classes")
    taken, chosen = collections.Counter(), []
    for picture in getattr(images, kind):
        if taken[picture.label] < each:
            taken[picture.label] += 1
            chosen.append(picture)
    for index, name in enumerate(images.classes):
        found = taken[index if images.coarse else int(name)]
        if found < each:
            raise ImageError(f"{option} {count}: {each} of each class, but class '{name}' has {found} "
                             f"{'training' if kind == 'train' else kind} images")
    return dataclasses.replace(images, **{kind: chosen})


def write_list(images, path):
    """The images by their hashes, in order."""
    lines = [f"# the first {NAME} hex digits of each image's SHA-256 (of its pixels, plane by plane), in order"]
    for kind, pictures in (("train", images.train), ("test", images.test)):
        lines += [f"# {kind}", *(picture.name() for picture in pictures)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def take_listed(images, path):
    """The images that a list names, in its order."""
    names, kind = {"train": [], "test": []}, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line in ("# train", "# test"):
            kind = line[2:]
        elif not line.startswith("#"):
            if not kind or len(line) != NAME:
                raise ImageError(f"{path}:{number}: found '{line[:40]}', expected {NAME} hex digits below '# train'")
            names[kind].append(line)
    chosen = {}
    for kind, wanted in names.items():
        there = {picture.name(): picture for picture in reversed(getattr(images, kind))}
        missing = [name for name in wanted if name not in there]
        if missing or not wanted:
            raise ImageError(f"{path}: {len(missing)} of its {len(wanted)} {kind} images are not in --data "
                             f"({missing[:1]}); the list was made from different data")
        chosen[kind] = [there[name] for name in wanted]
    return dataclasses.replace(images, **chosen)


# Writing.

def write_idx_set(folder, name, pictures, shape):
    for kind, sizes, values in (("images-idx3", (len(pictures), *shape), b"".join(p.pixels for p in pictures)),
                                ("labels-idx1", (len(pictures),), bytes(p.label for p in pictures))):
        head = bytes([0, 0, 8, len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes)
        (folder / f"{name}-{kind}-ubyte").write_bytes(head + values)


def write_class_folders(folder, pictures, classes, shape):
    _, height, width = shape
    head = f"P6\n{width} {height}\n255\n".encode()
    for number, (label, pixels) in enumerate(pictures):
        place = folder / classes[label]
        place.mkdir(parents=True, exist_ok=True)
        plane = height * width
        interleaved = bytearray(3 * plane)
        for channel in range(3):
            interleaved[channel::3] = pixels[channel * plane:(channel + 1) * plane]
        (place / f"{number:06}.ppm").write_bytes(head + interleaved)


def write_images(images, folder):
    """The folder for --data of danas; left unchanged if it contains these images already."""
    identity = "".join(f"{kind}: {text}\n" for kind, text in images.identity().items())
    mark = folder / "identity.txt"
    if mark.exists() and mark.read_text(encoding="utf-8") == identity:
        return
    if folder.exists() and not mark.exists():
        raise ImageError(f"{folder} exists and was not made by this script; give another folder with --work")
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    if images.coarse:
        write_class_folders(new / "train", images.train, images.classes, images.shape)
        write_class_folders(new / "test", images.test, images.classes, images.shape)
    else:
        write_idx_set(new, "train", images.train, images.shape)
        write_idx_set(new, "t10k", images.test, images.shape)
    (new / mark.name).write_text(identity, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(new, folder)
