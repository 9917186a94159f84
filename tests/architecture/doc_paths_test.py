#!/usr/bin/env python3
"""Paths in documents are found where they are, and missed where they are not, in a small tree."""

import pathlib
import tempfile
import unittest

import doc_paths


def missing(text, document="docs/page.md"):
    """What is missing of a document with this text, beside a few files."""
    files = ("include/danas/search/score.h", "src/search/pair_fit.h", "src/search/score.cpp", "docs/other.md")
    with tempfile.TemporaryDirectory() as folder:
        for name in (*files, document):
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if name == document else "", encoding="utf-8")
        return doc_paths.missing_paths(pathlib.Path(folder))


class DocPaths(unittest.TestCase):
    def test_what_is_there_passes(self):
        for text in ("`src/search/score.cpp`, `src/search/` and `include/danas`",
                     "`search/score.h`, `search/pair_fit.h`",
                     "`src/search/NAME.cpp`, `src/search/*.h`, `configs/<name>.json`",
                     "`runs/mine/best.json`, `score.h`",
                     "[other](other.md#part), [web](https://a.org/src/b.cpp), [part](#part)", "src/search/none.cpp"):
            with self.subTest(text=text):
                self.assertEqual(missing(text), [])
        self.assertEqual(missing("[other](docs/other.md)", "README.md"), [])

    def test_what_is_not_there_is_named(self):
        for text, path in {"`src/search/none.cpp`": "src/search/none.cpp", "`search/none.h`": "search/none.h",
                           "`scripts/none --list`": "scripts/none", "[x](none.md)": "none.md",
                           "`src/search/score.{h,cpp}`": "src/search/score.{h,cpp}"}.items():
            with self.subTest(text=text):
                self.assertEqual(missing("\n" + text), ["docs/page.md:2: " + path])


if __name__ == "__main__":
    unittest.main()
