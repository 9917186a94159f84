#!/usr/bin/env python3
"""Makes tests/golden/devkit/meta_packed.mat and meta_plain.mat, small likenesses of ImageNet's meta.mat: the same
structure array, of three classes and one inner node. Run with scipy and numpy.

Usage: devkit.py    (writes beside itself)
"""

import pathlib

import numpy as np
import scipy.io

OUT = pathlib.Path(__file__).resolve().parent / "devkit"
FIELDS = ("ILSVRC2012_ID", "WNID", "words", "num_children", "children")
SYNSETS = [
    (np.float64(1), "n02119789", "kit fox, Vulpes macrotis", []),
    (np.uint16(2), "n02100735", "English setter", []),
    (np.uint16(3), "n01440764", "tench, Tinca tinca", []),
    (np.uint16(1001), "n00001740", "entité", [1.0, 2.0]),
]


def main() -> None:
    OUT.mkdir(exist_ok=True)
    synsets = np.zeros((len(SYNSETS), 1), dtype=[(field, "O") for field in FIELDS])
    for i, (number, wordnet_id, words, children) in enumerate(SYNSETS):
        synsets[i, 0] = (np.array([[number]]), wordnet_id, words, np.uint8(len(children)), np.array([children]))
    scipy.io.savemat(OUT / "meta_packed.mat", {"other": np.eye(2), "synsets": synsets}, do_compression=True)
    scipy.io.savemat(OUT / "meta_plain.mat", {"synsets": synsets})


if __name__ == "__main__":
    main()
