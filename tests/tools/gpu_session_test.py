#!/usr/bin/env python3
"""scripts/gpu-session: its order, limits, deadline and resuming, on steps made for that, and the real ones as a plan.

Usage: gpu_session_test.py --binaries FOLDER
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = CHECKOUT / "scripts/gpu-session"
sys.path.insert(0, str(CHECKOUT / "scripts"))
import step_session  # noqa: E402
from step_session import CUT_OFF, DONE, FAILED, SKIPPED, TOO_LONG, Skip, Step  # noqa: E402

binaries = pathlib.Path()


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Sessions(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-gpu-session-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.out = self.folder / "out"
        self.said = []

    def step(self, name, script, limit=60, least=1, **more):
        """A step that notes its name in OUT/../ran and does what the shell script says."""
        words = ["bash", "-c", f"echo {name} >>'{self.folder}/ran'; {script}"]
        return Step(name, limit, least, words, "a question", **more)

    def session(self, steps, **more):
        return step_session.Session(self.out, steps, say=self.said.append, **more)

    def ran(self):
        path = self.folder / "ran"
        return path.read_text().split() if path.exists() else []

    def results(self):
        return {name: record["status"] for name, record in
                json.loads((self.out / "results.json").read_text())["steps"].items()}


class Order(Sessions):
    def test_steps_run_in_their_order_and_what_is_done_is_not_done_again(self):
        steps = [self.step("one", "echo 41"), self.step("two", "true")]
        self.assertTrue(self.session(steps).run())
        self.assertTrue(self.session(steps).run())
        self.assertEqual(self.ran(), ["one", "two"])
        self.assertEqual((self.out / "one.log").read_text().splitlines()[-1], "41")

    def test_figures_come_from_the_log_into_the_summary(self):
        steps = [self.step("one", "echo value 41", figures=lambda log: f"it was {log.split()[-1]} | so")]
        self.session(steps, heading="# Heading\n").run()
        summary = (self.out / "summary.md").read_text()
        self.assertTrue(summary.startswith("# Heading\n"))
        self.assertIn("| one | done |", summary)
        self.assertIn("it was 41 \\| so", summary)
        self.assertIn("1 steps: 1 done, 0 left", summary)

    def test_another_build_or_command_is_done_anew(self):
        steps = [self.step("one", "true")]
        self.session(steps, identity="a").run()
        self.session(steps, identity="b").run()
        self.session([self.step("one", "true; true")], identity="b").run()
        self.assertEqual(self.ran(), ["one"] * 3)

    def test_what_has_to_be_done_always_is(self):
        steps = [self.step("one", "true", always=True)]
        self.session(steps, identity="a").run()
        self.session(steps, identity="a").run()
        self.assertEqual(self.ran(), ["one"] * 2)

    def test_the_summary_shows_steps_that_were_not_chosen(self):
        steps = [self.step("one", "true"), self.step("two", "true")]
        self.session(steps).run(steps[1:])
        self.assertEqual(self.ran(), ["two"])
        summary = (self.out / "summary.md").read_text()
        self.assertIn("| one | not started |", summary)
        self.assertIn("2 steps: 1 done, 1 left: run the same command again to continue", summary)

    def test_steps_that_cannot_run_are_skipped_with_the_reason_and_tried_again_when_they_can(self):
        able = []

        def needs():
            if not able:
                raise Skip("needs two GPUs")

        steps = [self.step("one", "true", needs=needs), self.step("two", "true")]
        self.assertTrue(self.session(steps).run())
        self.assertEqual(self.results(), {"one": SKIPPED, "two": DONE})
        self.assertIn("needs two GPUs", (self.out / "summary.md").read_text())
        able.append(True)
        self.session(steps).run()
        self.assertEqual(self.ran(), ["two", "one"])

    def test_a_second_session_in_the_same_folder_is_an_error(self):
        inner = self.session([self.step("inner", "true")])
        refused = []

        def try_it():
            try:
                inner.run()
            except SystemExit as error:
                refused.append(str(error))

        self.session([self.step("one", "true", needs=try_it)]).run()
        self.assertIn("another session is using", refused[0])

    def test_a_file_where_the_folder_is_to_be_is_an_error(self):
        self.out.write_text("")
        with self.assertRaisesRegex(SystemExit, "cannot create .*out"):
            self.session([]).run()

    def test_a_folder_of_something_else_is_an_error(self):
        self.out.mkdir()
        for text in ("no json", "[]", "{}"):
            (self.out / "results.json").write_text(text)
            with self.assertRaisesRegex(SystemExit, "results.json was not written by a session"):
                self.session([])


class Failures(Sessions):
    def test_a_failing_step_stops_no_other_and_is_tried_again_after_the_rest(self):
        steps = [self.step("bad", "echo 'error: no such thing' >&2; exit 3"), self.step("good", "true")]
        self.assertFalse(self.session(steps).run())
        self.assertEqual(self.results(), {"bad": FAILED, "good": DONE})
        self.assertIn("exit code 3, expected 0: error: no such thing", (self.out / "summary.md").read_text())
        steps.append(self.step("new", "true"))
        self.session(steps).run()
        self.assertEqual(self.ran(), ["bad", "good", "new", "bad"])

    def test_a_failed_test_is_named(self):
        log = "printf '1 - tools.Bench (Failed)\\nErrors while running CTest\\n'; exit 8"
        self.session([self.step("bad", log)]).run()
        self.assertIn("exit code 8, expected 0: 1 - tools.Bench (Failed)", (self.out / "summary.md").read_text())

    def test_an_exit_code_that_is_asked_for_is_success(self):
        steps = [self.step("seven", "exit 7", exit_code=7), self.step("zero", "true", exit_code=7)]
        self.assertFalse(self.session(steps).run())
        self.assertEqual(self.results(), {"seven": DONE, "zero": FAILED})

    def test_a_log_without_the_figures_is_a_failure(self):
        steps = [self.step("one", "true", figures=lambda log: log.split("value ")[1])]
        self.assertFalse(self.session(steps).run())
        self.assertEqual(self.results(), {"one": FAILED})
        self.assertIn("its log lacks the figures", (self.out / "summary.md").read_text())

    def test_a_program_that_is_not_there_is_a_failure(self):
        steps = [Step("gone", 9, 1, ["/no/such/program"], "a question"), self.step("good", "true")]
        self.assertFalse(self.session(steps).run())
        self.assertEqual(self.results(), {"gone": FAILED, "good": DONE})

    def test_a_hanging_step_is_killed_with_all_that_it_started(self):
        # Deaf to SIGTERM, with a child in a process group of its own.
        hang = f"trap '' TERM; set -m; sleep 1000 & echo $! >'{self.folder}/child'; while :; do sleep 1; done"
        before, step_session.PATIENCE = step_session.PATIENCE, 0.2
        self.addCleanup(setattr, step_session, "PATIENCE", before)
        self.assertFalse(self.session([self.step("hang", hang, limit=1), self.step("good", "true")]).run())
        self.assertEqual(self.results(), {"hang": TOO_LONG, "good": DONE})
        self.assertIn("killed at its limit of 1 s", (self.out / "summary.md").read_text())
        child = int((self.folder / "child").read_text())
        stat = pathlib.Path(f"/proc/{child}/stat")
        self.assertTrue(not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX")

    def test_what_a_step_leaves_behind_is_ended(self):
        self.session([self.step("one", f"setsid -f true; sleep 1000 & echo $! >'{self.folder}/child'")]).run()
        stat = pathlib.Path(f"/proc/{(self.folder / 'child').read_text().strip()}/stat")
        self.assertTrue(not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX")

    def test_memory_is_limited(self):
        words = [sys.executable, "-c", "bytes(1 << 31)"]
        self.session([Step("large", 60, 1, words, "a question", memory=1 << 30)]).run()
        self.assertEqual(self.results(), {"large": FAILED})
        self.assertIn("MemoryError", (self.out / "large.log").read_text())


class Deadline(Sessions):
    def test_no_step_begins_that_cannot_be_of_use_in_what_is_left(self):
        clock = Clock()

        def pass_time():
            clock.now += 100

        steps = [self.step("one", "true", least=50, needs=pass_time), self.step("long", "true", least=120),
                 self.step("short", "true", least=10)]
        session = self.session(steps, seconds=200 + step_session.RESERVE, clock=clock)
        self.assertTrue(session.run())
        self.assertEqual(self.ran(), ["one", "short"])
        self.assertIn("long: not started: needs 120 s, 100 s are left", self.said)
        self.assertIn("1 left: run the same command again to continue", session.progress())
        self.session(steps).run()
        self.assertEqual(self.ran(), ["one", "short", "long"])

    def test_a_step_is_cut_off_at_the_deadline_and_begins_again(self):
        steps = [self.step("one", f"[ -e '{self.folder}/again' ] || sleep 1000"), self.step("two", "true")]
        self.assertTrue(self.session(steps, seconds=1.5 + step_session.RESERVE).run())
        self.assertEqual(self.results()["one"], CUT_OFF)
        self.assertEqual(self.ran()[0], "one")
        (self.folder / "again").touch()
        self.assertTrue(self.session(steps).run())
        self.assertEqual(self.results(), {"one": DONE, "two": DONE})
        self.assertEqual(self.ran().count("one"), 2)

    def resuming(self, resumes):
        """A step that counts its calls in OUT/one, is cut off in the first and done in the second."""
        own = self.out / "one"
        script = f"mkdir -p '{own}'; echo call >>'{own}/calls'; [ $(wc -l <'{self.folder}/ran') = 2 ] || sleep 1000"
        steps = [self.step("one", script, resumes=resumes)]
        self.session(steps, seconds=1.5 + step_session.RESERVE).run()
        self.session(steps).run()
        self.assertEqual(self.results(), {"one": DONE})
        return len((own / "calls").read_text().split())

    def test_a_step_that_can_goes_on_in_its_folder(self):
        self.assertEqual(self.resuming(True), 2)

    def test_one_that_cannot_finds_its_folder_empty(self):
        self.assertEqual(self.resuming(False), 1)


class Killed(Sessions):
    """The session itself, as a process."""

    PROGRAM = """
import sys; sys.path.insert(0, {scripts!r})
from step_session import *
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
Session({out!r}, [Step("one", 900, 1, ["bash", "-c", {script!r}], "?", resumes=True)]).run()
"""

    def end(self, number):
        """Ends a session in its step; the exit code."""
        script = f"echo $$ >'{self.folder}/pid.new'; mv '{self.folder}/pid.new' '{self.folder}/pid'; sleep 1000"
        program = self.PROGRAM.format(scripts=str(CHECKOUT / "scripts"), out=str(self.out), script=script)
        process = subprocess.Popen([sys.executable, "-B", "-c", program], stdout=subprocess.DEVNULL)
        while not (self.folder / "pid").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        process.send_signal(number)
        code = process.wait()
        self.step_process = int((self.folder / "pid").read_text())
        self.one = Step("one", 900, 1, ["bash", "-c", script], "?", resumes=True)
        return code

    def test_sigterm_ends_the_step_and_leaves_it_to_be_gone_on_with(self):
        self.assertEqual(self.end(signal.SIGTERM), 143)
        self.assertEqual(self.results(), {"one": CUT_OFF})
        self.assertEqual(step_session.members(self.step_process), [])

    def test_a_session_that_was_killed_leaves_its_step_to_be_gone_on_with(self):
        self.assertEqual(self.end(signal.SIGKILL), -signal.SIGKILL)
        self.addCleanup(step_session.end_all, self.step_process, 0)
        session = self.session([self.one])
        self.assertEqual(session.status(self.one), CUT_OFF)
        self.assertEqual([step.name for step in session.order()], ["one"])
        self.assertIn("| one | cut off |", session.summary())


class RealSteps(Sessions):
    def call(self, *words):
        environment = dict(os.environ, LibTorch_ROOT="/no/torch")
        return subprocess.run([SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=self.folder, env=environment, check=False)

    def test_a_dry_run_shows_every_step_in_order_and_writes_nothing(self):
        listed = self.call("--list").stdout.splitlines()
        names = [line.split()[0] for line in listed]
        self.assertEqual(names[:3], ["tests", "resume-fp16", "out-of-memory"])
        for kind in ("bench", "profile"):
            self.assertIn(f"{kind}-shuffle-bf16", names)
        done = self.call("--device", "cpu", "--dry-run", "--build", binaries.parent, "--minutes", "9")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = [line.split()[0] for line in done.stdout.splitlines() if "; at most" in line]
        self.assertEqual(shown, names)
        self.assertIn("problem: none", done.stdout)
        self.assertIn("tests (skipped: needs a GPU;", done.stdout)
        self.assertIn("bench-small-float32 (not started; at most 900 s, needs at least 30 s)\n  $ ", done.stdout)
        self.assertIn("done with this build: none", done.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_is_missing_is_said_with_what_to_run(self):
        (self.folder / "empty").mkdir()
        done = self.call("--device", "cpu", "--dry-run", "--build", "empty")
        self.assertIn("empty/bin lacks danas, danas-engine", done.stdout)
        self.assertRegex(done.stdout, "scripts/setup|--compile")
        self.assertIn("bench-small-float32 (skipped: danas cannot run here", done.stdout)

    def test_steps_by_name(self):
        done = self.call("--list", "--only", "bench-*,search", "--skip", "*contiguous,*mobile*,*shuffle*")
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()],
                         ["bench-small-float32", "bench-small-bf16", "search"])
        wrong = self.call("--list", "--only", "benches")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("unknown step 'benches'", wrong.stderr)

    def test_wrong_words_are_errors(self):
        for words in (["--minutes", "0"], ["--minutes", "nan"], ["--minutes"], ["--device", "tpu"], ["--frobnicate"]):
            self.assertEqual(self.call(*words).returncode, 2, words)

    def test_steps_of_danas_give_their_figures(self):
        done = self.call("here", "--device", "cpu", "--build", binaries.parent, "--only",
                         "out-of-memory,profile-small-float32")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        summary = (self.folder / "here/summary.md").read_text()
        self.assertRegex(summary, r"\| out-of-memory \| done \| [\d.]+ \| .*out of memory")
        self.assertRegex(summary, r"\| profile-small-float32 \| done \| [\d.]+ \| w step [\d.]+ ms: no kernel seen")
        self.assertIn("aten::", (self.folder / "here/profile-small-float32.txt").read_text())


if __name__ == "__main__":
    place = sys.argv.index("--binaries")
    binaries = pathlib.Path(sys.argv[place + 1]).resolve()
    del sys.argv[place : place + 2]
    unittest.main()
