"""Steps that run in order, each with its own time limit and all within a common one, and that a later call resumes: the
basis of scripts/gpu-session. Nothing here depends on what the steps do.

OUT/results.json and OUT/summary.md are written atomically before and after every step, so that a killed session leaves
both intact; OUT/STEP.log has the output of a step.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import typing

PATIENCE = 6  # seconds from SIGTERM, at which danas writes a checkpoint, to SIGKILL
RESERVE = PATIENCE + 2  # of a session's time, for the end of the step that is cut off

DONE, FAILED, TOO_LONG, CUT_OFF, SKIPPED = "done", "failed", "too long", "cut off", "skipped"
RUNNING = "running"  # found later: the session itself was killed


class Skip(Exception):
    """Raised by `needs` and `figures`: a step that cannot be run here, or ran nothing, with the reason."""


@dataclasses.dataclass
class Step:
    name: str
    limit: float  # seconds, after which it is killed
    least: float  # seconds: with less it is not worth starting
    words: typing.List[str]  # the command
    question: str  # what it answers
    figures: typing.Callable[[str], str] = lambda log: ""  # key figures from its log; an exception is a failure
    needs: typing.Callable[[], None] = lambda: None  # raises Skip if it cannot run
    exit_code: int = 0  # that of success
    resumes: bool = False  # resumes in OUT/STEP where it was cut off; else that folder is removed first
    always: bool = False  # run in every session, whatever was done with which build
    memory: int = 0  # bytes of address space that it may have; 0: no limit


def write_whole(path, text):
    temporary = path.with_name(path.name + ".new")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def members(session):
    """Processes of a session, whatever groups they put themselves into, without zombies."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # gone meanwhile
        if int(of) == session and state not in "ZX":
            found.append(int(folder.name))
    return found


def end_all(session, patience):
    """Ends the processes of a session: SIGTERM, and SIGKILL for those that are there `patience` seconds later."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 1)):
        for process in members(session):
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass
        until = time.monotonic() + seconds
        while members(session) and time.monotonic() < until:
            time.sleep(0.05)


def limit_memory(size):
    if not size:
        return None
    import resource
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


class Session:
    """`identity` stands for what the steps' results depend on (build, device): what was done with another is done
    again. `seconds`: all the time there is; None: no limit. `heading`: of the summary."""

    def __init__(self, out, steps, identity="", seconds=None, clock=time.monotonic, say=print, heading=""):
        self.out, self.steps, self.identity, self.clock, self.say = pathlib.Path(out), steps, identity, clock, say
        self.deadline = None if seconds is None else clock() + seconds
        self.heading = heading
        self.records = {}
        path = self.out / "results.json"
        if path.exists():
            try:
                self.records = json.loads(path.read_text(encoding="utf-8"))["steps"]
            except (ValueError, KeyError, TypeError):
                raise SystemExit(f"error: {path} was not written by a session. Choose another folder") from None

    def key(self, step):
        words = [word.replace(str(self.out), "OUT") for word in step.words]
        identity = "" if step.always else self.identity
        return hashlib.sha256(json.dumps([identity, words]).encode()).hexdigest()[:16]

    def status(self, step):
        """Of a step as it is now; "" if it was never started with this build and command."""
        record = self.records.get(step.name, {})
        if record.get("key") != self.key(step):
            return ""
        return CUT_OFF if record["status"] == RUNNING else record["status"]

    def order(self, steps=None):
        """What is to be run of these steps, or of all: what was never finished, then once more what failed."""
        def ended(step, *statuses):
            return not step.always and self.status(step) in statuses
        steps = self.steps if steps is None else steps
        return ([step for step in steps if not ended(step, DONE, FAILED, TOO_LONG)] +
                [step for step in steps if ended(step, FAILED, TOO_LONG)])

    def left(self):
        return float("inf") if self.deadline is None else self.deadline - self.clock() - RESERVE

    def run(self, steps=None):
        """Runs what is left and fits of these steps, or of all. Returns whether none failed."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemExit(f"error: cannot create {self.out}: {error.strerror}") from None
        with open(self.out / "lock", "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SystemExit(f"error: another session is using {self.out}. Wait, or choose another folder") \
                    from None
            good = True
            self.write()
            for step in self.order(steps):
                good &= self.visit(step) not in (FAILED, TOO_LONG)
            return good

    def visit(self, step):
        try:
            step.needs()
        except Skip as reason:
            self.note(step, SKIPPED, figures=str(reason))
            return SKIPPED
        if self.left() < step.least:
            self.say(f"{step.name}: not started: needs {step.least:.0f} s, {max(0, self.left()):.0f} s are left")
            return ""
        return self.execute(step)

    def execute(self, step):
        goes_on = step.resumes and self.status(step) == CUT_OFF
        before = self.records[step.name]["seconds"] if goes_on else 0
        if not goes_on:
            shutil.rmtree(self.out / step.name, ignore_errors=True)
        limit = min(step.limit, self.left())
        self.note(step, RUNNING, before)
        log = self.out / f"{step.name}.log"
        begun = time.monotonic()
        status, code = CUT_OFF, None
        with open(log, "ab" if goes_on else "wb") as output:
            output.write(f"$ {' '.join(step.words)}\n".encode())
            output.flush()
            try:
                process = subprocess.Popen(step.words, stdin=subprocess.DEVNULL, stdout=output, start_new_session=True,
                                           stderr=subprocess.STDOUT, preexec_fn=limit_memory(step.memory))
            except OSError as error:
                self.note(step, FAILED, figures=f"does not start: {error}")
                return FAILED
            try:
                code = process.wait(timeout=limit)
                status = DONE if code == step.exit_code else FAILED
            except subprocess.TimeoutExpired:
                status = TOO_LONG if limit == step.limit else CUT_OFF
            except BaseException:  # Ctrl-C
                end_all(process.pid, PATIENCE)
                self.note(step, CUT_OFF, before + time.monotonic() - begun)
                raise
            end_all(process.pid, PATIENCE if code is None else 0)
            process.wait()
        figures = self.reason(step, status, code, log)
        if status == DONE:
            status, figures = self.figures(step, log)
        self.note(step, status, before + time.monotonic() - begun, figures)
        return status

    @staticmethod
    def reason(step, status, code, log):
        if status == TOO_LONG:
            return f"killed at its limit of {step.limit:.0f} s"
        if status == FAILED:
            lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[1:] if line.strip()]
            telling = [line for line in lines if re.search(r"error: |FAILED|\((Failed|Timeout)\)", line)] or lines
            return f"exit code {code}, expected {step.exit_code}" + (f": {telling[-1][:200]}" if telling else "")
        return ""

    @staticmethod
    def figures(step, log):
        try:
            return DONE, step.figures(log.read_text(errors="replace"))
        except Skip as reason:
            return SKIPPED, str(reason)
        except Exception as error:  # whatever was expected of its log is not there
            return FAILED, f"succeeded, but its log lacks the figures: {error!r}"

    def note(self, step, status, seconds=0, figures=""):
        self.records[step.name] = {"status": status, "seconds": round(seconds, 1), "figures": figures,
                                   "key": self.key(step)}
        self.write()
        if status != RUNNING:
            took = f", {seconds:.0f} s" if seconds else ""
            self.say(f"{step.name}: {status}{took}" + (f": {figures}" if figures else ""))

    def write(self):
        results = {"identity": self.identity, "steps": self.records}
        write_whole(self.out / "results.json", json.dumps(results, indent=1) + "\n")
        write_whole(self.out / "summary.md", self.summary())

    def summary(self):
        lines = [self.heading, "| step | status | seconds | figures |", "|---|---|---|---|"]
        for step in self.steps:
            record = self.records.get(step.name, {})
            status = self.status(step) or ("of another build" if record else "not started")
            figures = record.get("figures", "").replace("|", "\\|").replace("\n", "<br>")
            lines.append(f"| {step.name} | {status} | {record.get('seconds', 0) or '–'} | {figures} |")
        lines += ["", self.progress()]
        return "\n".join(lines) + "\n"

    def progress(self):
        found = [self.status(step) for step in self.steps]
        names = [(DONE, "done"), (FAILED, "failed"), (TOO_LONG, "took too long"), (SKIPPED, "skipped")]
        counts = [f"{found.count(status)} {name}" for status, name in names if status == DONE or status in found]
        left = sum(status in ("", CUT_OFF) for status in found)
        return (f"{len(found)} steps: {', '.join(counts)}, {left} left" +
                (": run the same command again to continue" if left or FAILED in found or TOO_LONG in found else ""))
