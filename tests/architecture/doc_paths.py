#!/usr/bin/env python3
"""Files that the documents name exist. Prints each path that does not; the exit code is 1 where there is one.

Usage: doc_paths.py ROOT
Looked at: README.md, CONTRIBUTING.md, third_party/README.md and docs/, but no CHANGELOG, which tells of files that are
gone. A path is a word in backticks, or the target of a link, that begins with one of FOLDERS: `src/search/score.cpp`,
`src/data/`. A header of a room may be named without its folder: `search/score.h` is include/danas/search/score.h or
src/search/score.h. `NAME.{h,cpp}` stands for two files; a path with NAME, <...> or a wildcard is not looked up.
"""

import pathlib
import re
import sys

FOLDERS = ("configs", "docs", "include", "scripts", "src", "tests", "third_party", "tools")
TICKED = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FREE = re.compile(r"NAME|[<>*…$]")  # stands for a name that the reader chooses


def documents(root: pathlib.Path) -> "list[pathlib.Path]":
    return [path for path in (root / "README.md", root / "CONTRIBUTING.md", root / "third_party/README.md",
                              *sorted((root / "docs").rglob("*.md"))) if path.exists()]


def unfolded(path: str) -> "list[str]":
    """Of a/b.{h,cpp}: a/b.h and a/b.cpp."""
    folded = re.fullmatch(r"([^{}]*)\{([^{}]*)\}([^{}]*)", path)
    return [folded[1] + end + folded[3] for end in folded[2].split(",")] if folded else [path]


def places(root: pathlib.Path, path: str) -> "list[pathlib.Path]":
    """Where `path`, as a document names it, may be; nothing where it does not look like a file of the checkout."""
    first = path.split("/")[0]
    if "/" not in path or FREE.search(path):
        return []
    if first in FOLDERS:
        return [root / path]
    if path.endswith(".h") and (root / "include/danas" / first).is_dir():
        return [root / "include/danas" / path, root / "src" / path]
    return []


def missing_paths(root: pathlib.Path) -> "list[str]":
    """One line for each path that is not there: document, line, path."""
    missing = []
    for document in documents(root):
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            words = [word for ticked in TICKED.findall(line) for word in ticked.split()]
            named = [(word, places(root, path)) for word in words for path in unfolded(word)]
            for target in LINK.findall(line):
                file = target.split("#")[0]
                if file and "://" not in target:
                    named.append((target, [document.parent / file]))
            missing += [f"{document.relative_to(root)}:{number}: {word}" for word, where in named
                        if where and not any(place.exists() for place in where)]
    return missing


if __name__ == "__main__":
    lines = missing_paths(pathlib.Path(sys.argv[1]))
    for text in lines:
        print(text, "- no such file")
    sys.exit(1 if lines else 0)
