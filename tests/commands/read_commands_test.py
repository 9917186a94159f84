#!/usr/bin/env python3
"""read_commands.py finds each command line in a document, with its line, and nothing else."""

import unittest

import read_commands

TEXT = """# A title

Prose with `danas models`, `data.root` and a span that is `danas data
pack IN OUT`; `OMP_NUM_THREADS=1 danas search …`. Say `--quiet`, or --verbose, or `danas log --follow`.

    danas search --config C \\
      --run 'a # b'   # a comment with --dry-run
    rank  class   score

```sh
S=tests/bench/x.py
unknown --option
python $S make   # or: danas cost --space shuffle
```
~~~
$ danas cost --arch best.json
~~~

    In a list: `danas status runs`.

```json
{"danas": "search"}
```
| `danas train` | text |
"""


class Markdown(unittest.TestCase):
    def setUp(self):
        self.reading = read_commands.read_markdown(TEXT, "X.md")

    def test_commands(self):
        self.assertEqual(
            [(command.place, command.text, command.inline) for command in self.reading.commands],
            [("X.md:3", "danas models", True), ("X.md:3", "danas data pack IN OUT", True),
             ("X.md:4", "OMP_NUM_THREADS=1 danas search …", True), ("X.md:4", "danas log --follow", True),
             ("X.md:6", "danas search --config C --run 'a # b'", False), ("X.md:12", "unknown --option", False),
             ("X.md:13", "python tests/bench/x.py make", False), ("X.md:13", "danas cost --space shuffle", False),
             ("X.md:16", "danas cost --arch best.json", False),
             ("X.md:19", "danas status runs", True), ("X.md:24", "danas train", True)])

    def test_options_in_running_text(self):
        self.assertEqual([(option.place, option.text) for option in self.reading.options],
                         [("X.md:4", "--quiet"), ("X.md:4", "--verbose"), ("X.md:6", "--dry-run"),
                          ("X.md:13", "--space")])

    def test_a_block_without_end(self):
        with self.assertRaisesRegex(ValueError, "X.md"):
            read_commands.read_markdown("```sh\ndanas models\n", "X.md")

    def test_words_that_only_look_like_commands(self):
        for text in ("danas::Error", "danas.h", "cmaker x", "mydanas search", "scripts", "python.exe x",
                     "build/fuzz/state"):
            self.assertFalse(read_commands.is_command(text), text)


class Others(unittest.TestCase):
    def test_comments_and_here_documents(self):
        reading = read_commands.read_comments(
            "#!/bin/bash\n# What it does.\n#   sbatch x --run y\ndanas search\n  danas train\ncat <<TEXT\n"
            "  danas models  # all\nTEXT\n", "x.sh")
        self.assertEqual([(command.place, command.text) for command in reading.commands],
                         [("x.sh:3", "sbatch x --run y"), ("x.sh:7", "danas models")])

    def test_help(self):
        reading = read_commands.read_help(
            "Options:\n  -q,--quiet  less\nExamples:\n  danas log runs\n  source <(danas completion bash)\n"
            "See --follow.",
            "help")
        self.assertEqual([command.text for command in reading.commands],
                         ["danas log runs", "source <(danas completion bash)"])
        self.assertEqual([option.text for option in reading.options], ["--follow"])

    def test_manual(self):
        manual = read_commands.read_manual(
            ".SH OPTIONS\n.TP\n.B \\-h,\\-\\-help\nhelp\n.SS danas data pack\nCopy.\n.TP\n.B \\-\\-quality 1-100\n"
            "of JPEGs\n.PP\n.nf\nExample:\n  danas data pack IN OUT\n.fi\n.SH NOTES\n.nf\nExit codes\n.fi\n")
        self.assertEqual(manual["danas"][0], {"-h", "--help"})
        self.assertEqual(manual["danas data pack"][0], {"--quality"})
        self.assertIn("  danas data pack IN OUT", manual["danas data pack"][1])
        self.assertIn("Exit codes", manual["danas"][1])


if __name__ == "__main__":
    unittest.main()
