#!/usr/bin/env python3
"""Kills a small search with SIGKILL, again and again, at moments that chance chooses; resumes it every time until
it ends; compares the folder it leaves with that of a search that nothing disturbed. Ends with 1 at the first
difference.

Half of the kills come from a clock, half from the search's own system calls (fault.h): before, after or in the middle
of the n-th on some file, so that short moments are met as well. Prints a table, as Markdown, of where they fell.

With --work, what was done stays in that folder, and the next call goes on there until --kills are done.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import small_search

KINDS = ["set-up", "warm-up", "weight pass", "α pass", "pruning", "checkpoint write", "finish"]
MOST_KILLS_A_RUN = 15
PHASES = 4

# Files whose calls raise the signal, and what that is likely to meet.
AIMS = {
    "set-up": ["/config.json", "/lock", "/log.jsonl", "/run.log", "/000001"],
    "pruning": ["/space-step"],
    "checkpoint write": ["/checkpoints/"],
    "finish": ["/best.json", "/weights.safetensors", "/network.json"],
    "any": ["/log.jsonl", "/alpha.jsonl", "/checkpoints/", "/progress.json", "/run/"],
}


class Trace:
    """The calls of one process on its run's folder (fault.h), in their order."""

    def __init__(self, path):
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        self.calls = [tuple(line.split(" ", 2)[1:]) for line in lines if line.count(" ") >= 2]

    def writes_checkpoint(self):
        """Whether one was begun and not finished, or the last call is on one that is being written."""
        under_way = False
        for call, path in self.calls:
            if call == "open" and "/checkpoints/" in path:
                under_way = True
            elif call == "rename" and re.search(r"/checkpoints/\d+\.json$", path):
                under_way = False
        call, path = self.calls[-1] if self.calls else ("", "")
        return under_way or ("/checkpoints" in path and call in ("open", "write", "rename", "unlink", "fsync"))

    def began_training(self):
        """A run that begins: after its first checkpoint; one that goes on: after its log was cut back."""
        for call, path in self.calls:
            if call == "rename" and re.search(r"/checkpoints/\d+\.json$", path):
                return True
            if call == "truncate" and path.endswith("/log.jsonl"):
                return True
        return False

    def counts(self, target, call=""):
        return sum(target in path and call in ("", name) for name, path in self.calls)


def prunings_logged(run):
    return (run / "log.jsonl").read_text(errors="replace").count('{"event":"pruning"')


def where(run, trace, call_on=""):
    """The kind of the moment at which the process that left this trace was killed: by a call on the file `call_on`,
    or by the clock."""
    if call_on in AIMS["pruning"]:  # a slow disk is often still busy with a checkpoint then: its writer is a thread
        return "pruning"
    if trace.writes_checkpoint():
        return "checkpoint write"
    if not trace.began_training():
        return "set-up"
    newest = small_search.manifests(run)[-1]["values"]
    phase = newest["position.phase"]
    if phase == PHASES:
        return "finish"
    if phase > 0 and prunings_logged(run) >= phase:
        return "pruning"
    if phase == 0:
        return "warm-up"
    return "α pass" if newest["position.weights_done"] else "weight pass"


class KillTest:
    kinds = KINDS

    def __init__(self, programs, work, seed):
        self.programs, self.work = programs, work
        self.project, self.run = work, work / "run"
        self.record = work / "kills.jsonl"
        self.kills = [json.loads(line) for line in self.record.read_text().splitlines()] if self.record.exists() else []
        self.random = random.Random(f"{seed}/{len(self.kills)}")
        self.begin()

    def command(self):
        return small_search.COMMAND

    def begin(self):
        """The search that nothing disturbs, whose time and calls say where to aim."""
        note = self.work / "whole.json"
        of = {"build": self.programs.fingerprint(), "command": self.command()}
        if not note.exists():
            small_search.write_project(self.project)
            self.measure()
            note.write_text(json.dumps({**of, "set_up": self.set_up, "seconds": self.seconds}))
        known = json.loads(note.read_text())
        if any(known.get(key) != value for key, value in of.items()):
            sys.exit(f"error: {self.work} was begun with another build or command. Remove it, or name another --work")
        self.set_up, self.seconds = known["set_up"], known["seconds"]
        self.calls = Trace(self.work / "whole.trace")

    def measure(self):
        begin = time.monotonic()
        process = self.programs.start(self.project, self.command(),
                                      self.plan(trace=self.work / "whole.trace"))
        while process.poll() is None and not (self.run / "checkpoints/000001.json").exists():
            time.sleep(0.002)
        self.set_up = time.monotonic() - begin
        _, said = process.communicate()
        if process.returncode != 0:
            sys.exit(f"error: the search that nothing disturbs ended with {process.returncode}: {said}")
        self.seconds = time.monotonic() - begin
        self.run.rename(self.work / "whole")

    def plan(self, **keys):
        return ";".join([f"path={self.run}/", "nosync=1", *(f"{key}={value}" for key, value in keys.items())])

    def left(self):
        """The phase that the run is in, and about how much of it is to do."""
        done = small_search.manifests(self.run)[-1:]
        phase = done[0]["values"]["position.phase"] if done else 0
        return phase, max(1 - phase / PHASES, 0.1)

    def aim(self):
        """A plan of faults and a time limit, of which one is none, or both are: the run may end."""
        # Not at the rarest alone: a kind that this machine hardly meets would starve the others.
        rare = [1 / (1 + self.counts()[kind]) ** 2 for kind in self.kinds]
        return self.aim_at(self.random.choices(self.kinds, rare)[0] if self.random.random() < 0.5 else "any")

    def aim_at(self, wanted):
        phase, share = self.left()
        if wanted == "warm-up" and phase > 0:
            return {}, None
        training = (self.seconds - self.set_up) * share
        if wanted == "warm-up":
            return {}, self.set_up + self.random.uniform(0, training / PHASES)
        if wanted in ("weight pass", "α pass"):
            return {}, self.set_up + self.random.uniform(0, training)
        if wanted == "set-up" and self.random.random() < 0.5:
            return {}, self.random.uniform(0, self.set_up)
        if wanted == "any" and self.random.random() < 0.6:
            return {}, self.random.uniform(0, self.set_up + training)
        target = self.random.choice(AIMS[wanted])
        what = self.random.choice(["kill-before", "kill-after", "torn"])
        more = {"calls": "write"} if what == "torn" else {}
        most = self.calls.counts(target, more.get("calls", ""))
        if target in AIMS["any"]:
            most *= share
        # Small numbers are drawn more often: a run that goes on makes fewer calls than one that ran through.
        return {"on": target, "at": 1 + int(most * self.random.random() ** 2), "do": what, **more}, None

    def once(self):
        """One process, until it is killed or has ended."""
        if len([kill for kill in self.kills if kill["run"] == self.number()]) >= MOST_KILLS_A_RUN:
            faults, limit = {}, None
        else:
            faults, limit = self.aim()
        trace = self.work / "trace"
        trace.unlink(missing_ok=True)
        process = self.programs.start(self.project, self.command(), self.plan(trace=trace, **faults))
        try:
            _, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
        if process.returncode == 0:
            self.finish_run()
        elif process.returncode == -9:
            self.note({"run": self.number(), "kind": where(self.run, Trace(trace), faults.get("on", "")),
                       "by": faults.get("do", "clock"), "on": faults.get("on", "")})
        else:
            sys.exit(f"error: exit code {process.returncode} after {self.kills[-1:]} with {faults}: {said}")

    def finish_run(self):
        found = small_search.differences(self.work / "whole", self.run)
        if found:
            sys.exit("error: {} kills of {} changed what the search found:\n{}".format(
                sum(kill["run"] == self.number() for kill in self.kills), self.run, "\n".join(found)))
        shutil.rmtree(self.run)
        self.note({"run": self.number(), "kind": "end"})

    def note(self, entry):
        self.kills.append(entry)
        with self.record.open("a") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def number(self):
        return sum(kill["kind"] == "end" for kill in self.kills)

    def counts(self):
        return collections.Counter(kill["kind"] for kill in self.kills)

    def rarest(self, least):
        return [kind for kind in self.kinds if self.counts()[kind] < least]

    def done(self):
        return len(self.kills) - self.number()

    def compute(self, kills, least):
        """Goes on past `kills` where one kind has less than `least`, but not for ever."""
        while self.done() < kills or (self.rarest(least) and self.done() < 3 * kills):
            self.once()
        while self.run.exists():  # the last one's end is compared as well
            code, said = self.programs.run(self.project, self.command(), self.plan())
            if code != 0:
                sys.exit(f"error: exit code {code}: {said}")
            self.finish_run()


def table(test):
    lines = ["| moment of the kill | kills | by the clock | before a call | after a call | within a write |",
             "|---|---|---|---|---|---|"]
    ways = ["clock", "kill-before", "kill-after", "torn"]
    for kind in test.kinds:
        of_kind = [kill for kill in test.kills if kill["kind"] == kind]
        by = [sum(kill["by"] == way for kill in of_kind) for way in ways]
        lines.append("| " + " | ".join(map(str, [kind, len(of_kind), *by])) + " |")
    total = [sum(kill.get("by") == way for kill in test.kills) for way in ways]
    lines.append("| " + " | ".join(map(str, ["all", test.done(), *total])) + " |")
    lines += ["", f"{test.number()} searches ended; each left what the one left that nothing disturbed. Not compared:",
              ""]
    lines += [f"- {what}: {why}" for what, why in small_search.LEFT_OUT.items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, metavar="FOLDER", help="of danas and libdanas_fault.so")
    parser.add_argument("--kills", type=int, default=70, metavar="N")
    parser.add_argument("--least", type=int, default=5, metavar="N", help="of each kind; fewer is an error")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--work", type=pathlib.Path, metavar="FOLDER", help="stays; without it a temporary one")
    arguments = parser.parse_args()
    programs = small_search.Programs(arguments.binaries)
    with tempfile.TemporaryDirectory(prefix="danas-kill-") as temporary:
        work = (arguments.work or pathlib.Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        test = KillTest(programs, work, arguments.seed)
        test.compute(arguments.kills, arguments.least)
        print(table(test))
    few = test.rarest(arguments.least)
    if few:
        sys.exit(f"error: fewer than {arguments.least} kills in: {', '.join(few)}")


if __name__ == "__main__":
    main()
