#!/usr/bin/env python3
"""No message advises to remove what may be somebody's data. Prints the texts in the sources that do; the exit code is 1
where there is one.

Usage: kind_advice.py ROOT
"""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "tools")
TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
ADVICE = re.compile(r"\b(remove|delete|erase|wipe|discard|rm|unlink|throw away|take (it|them) out of)\b", re.IGNORECASE)


def unkind_texts(root: pathlib.Path) -> "list[str]":
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if line.lstrip().startswith(("//", "#include")):
                    continue
                found += [f"{path.relative_to(root)}:{number}: {text}" for text in TEXT.findall(line)
                          if ADVICE.search(text)]
    return found


if __name__ == "__main__":
    texts = unkind_texts(pathlib.Path(sys.argv[1]))
    for text in texts:
        print(text, "- say what to do without losing data")
    sys.exit(1 if texts else 0)
