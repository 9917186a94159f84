#!/usr/bin/env python3
"""Whether a run that takes long asks before it begins: on a terminal, as a user types at it, and without one.

Usage: ask_test.py --binaries FOLDER [TEST...]
"""

import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "commands"))
import made_project  # noqa: E402

BINARIES = pathlib.Path()
LONG = ("--set", "runtime.ask_above=0.000001")


class AskTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="danas-ask-")
        self.folder = pathlib.Path(self.temporary.name)
        made_project.write_class_folders(self.folder / "data/photos/train", ["cat", "cow", "dog"], 8)
        made_project.write_class_folders(self.folder / "data/photos/val", ["cat", "cow", "dog"], 2)
        (self.folder / "my_space.json").write_text(json.dumps(made_project.SPACE))
        (self.folder / "my.json").write_text(json.dumps(made_project.CONFIG))

    def tearDown(self):
        self.temporary.cleanup()

    def begun(self):
        return (self.folder / "run").exists()

    def command(self, *words):
        return [BINARIES / "danas", "search", "--config", "my.json", "--run", "run", *words]

    def without_terminal(self, *words):
        return subprocess.run(self.command(*words), cwd=self.folder, text=True, check=False, timeout=300,
                              env=made_project.environment(self.folder, BINARIES), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def on_terminal(self, answer, *words):
        """Exit code and all that the terminal showed. `answer`: typed, or a signal, once the question is there."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            words = self.command(*words)
            os.execve(words[0], words, {**made_project.environment(self.folder, BINARIES), "TERM": "xterm"})
        shown, answered, end = b"", False, time.monotonic() + 300
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # the terminal's other side was closed
                break
            if not answered and b"[y/N] " in shown:
                answered = True
                if isinstance(answer, str):
                    os.write(terminal, answer.encode())
                else:
                    os.kill(process, answer)
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()

    def test_without_a_terminal_it_says_so_and_begins(self):
        done = self.without_terminal(*LONG)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this is expected to take", done.stderr)
        self.assertIn("schedule.epochs_per_step", done.stderr)
        self.assertNotIn("[y/N]", done.stderr)
        self.assertTrue(self.begun())

    def test_a_no_leaves_nothing_behind(self):
        for answer in ("n\n", "\n", "yesterday\n", "\x04"):
            code, shown = self.on_terminal(answer, *LONG)
            self.assertEqual(code, 130, shown)
            self.assertIn("not begun", shown)
            self.assertFalse(self.begun(), shown)

    def test_ctrl_c_is_a_no(self):
        code, shown = self.on_terminal(signal.SIGINT, *LONG)
        self.assertEqual(code, 130, shown)
        self.assertFalse(self.begun(), shown)

    def test_a_yes_begins(self):
        code, shown = self.on_terminal("y\n", *LONG)
        self.assertEqual(code, 0, shown)
        self.assertTrue((self.folder / "run/best.json").exists(), shown)

    def test_plans_and_short_runs_are_not_asked(self):
        for words in (("--dry-run", *LONG), ("--no-probe", *LONG), ("--set", "runtime.ask_above=0")):
            shutil.rmtree(self.folder / "run", ignore_errors=True)
            code, shown = self.on_terminal("n\n", *words)
            self.assertEqual(code, 0, shown)
            self.assertNotIn("this is expected to take", shown)

    def test_yes_on_the_line_is_not_asked(self):
        code, shown = self.on_terminal("n\n", "--yes", *LONG)
        self.assertEqual(code, 0, shown)
        self.assertIn("this is expected to take", shown)
        self.assertNotIn("[y/N]", shown)
        self.assertTrue(self.begun())

    def test_networks_that_rank_the_classes_are_told_of(self):
        done = subprocess.run(
            [BINARIES / "danas", "easiness", "--config", "my.json", "--models", "mobilenetv1_0.25", "--set",
             "data.image_size=32", "--set", "data.test_resize=32", "--set", "zoo.epochs=1", "--set",
             "zoo.train.batch=8", "--set", "zoo.train.lr_warmup_epochs=0", "--out", "ranked", *LONG],
            cwd=self.folder, text=True, check=False, timeout=300, stdin=subprocess.DEVNULL,
            env=made_project.environment(self.folder, BINARIES), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this is expected to take", done.stderr)
        self.assertIn("zoo.epochs", done.stderr)


if __name__ == "__main__":
    BINARIES = made_project.binaries_of_line(__doc__)
    unittest.main()
