#!/usr/bin/env python3
"""Names each private part of torch that include/, src/ or tools/ use and third_party/PrivateTorch.cmake does not list,
and each that is listed and not used. The exit code is 1 where there is one.

Usage: private_torch.py CHECKOUT
Private are names with a leading underscore, names in namespaces that hold implementation, and the headers in HEADERS.
"""

import pathlib
import re
import sys

LIST = "third_party/PrivateTorch.cmake"
NAMESPACES = "detail|impl|internal|native"
NAME = re.compile(
    rf"\b(?:at|torch|c10|c10d|caffe2|libkineto)::"
    rf"(?:(?:\w+::)*?(?:{NAMESPACES})::(?:\w+::)*\w+|(?:\w+::)*_\w+)")
# torch's own parts, which no documentation mentions: what runs DistributedDataParallel, the profiler, kernels.
HEADERS = re.compile(
    r"(?:ATen|c10)/(?:.*/)?native/.*|torch/csrc/distributed/c10d/(?:reducer|logger)[a-z_]*\.hpp"
    r"|torch/csrc/autograd/profiler_\w+\.h|torch/csrc/(?:jit|dynamo|inductor)/.*|kineto/.*")
INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>", re.MULTILINE)
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
USE = re.compile(r'^\s*"([^":]+(?:::[^":]+)*|<[^>]+>): ([^"]+)"\)?$', re.MULTILINE)


def used(checkout: pathlib.Path) -> "set[tuple[str, str]]":
    """(name or <header>, file) of each use."""
    found = set()
    for top in ("include", "src", "tools"):
        for file in sorted((checkout / top).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".cu"):
                continue
            path = file.relative_to(checkout).as_posix()
            text = file.read_text(encoding="utf-8")
            found |= {(f"<{header}>", path) for header in INCLUDE.findall(text) if HEADERS.fullmatch(header)}
            found |= {(name, path) for name in NAME.findall(NO_CODE.sub(" ", text))}
    return found


def listed(checkout: pathlib.Path) -> "set[tuple[str, str]]":
    text = (checkout / LIST).read_text(encoding="utf-8")
    return {(name, path) for name, paths in USE.findall(text) for path in paths.split()}


def differences(checkout: pathlib.Path) -> "list[str]":
    uses, entries = used(checkout), listed(checkout)
    return ([f"{path}: {name} is private to torch: list it in {LIST}" for name, path in sorted(uses - entries)] +
            [f"{LIST}: {name} is not used in {path} any more" for name, path in sorted(entries - uses)])


def main() -> int:
    checkout = pathlib.Path(sys.argv[1])
    found = differences(checkout)
    print("\n".join(found) if found else f"{LIST} lists the private parts of torch that are used")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
