#!/usr/bin/env python3
"""Kills one rank of a small search with SIGKILL, at moments and of ranks that chance chooses: the others must end, the
message must name the rank and the signal, no process may stay, and the search that goes on must leave the folder that
one leaves that nothing disturbed. Ends with 1 where one does not.

Some kills come from a clock, the others at a system call of rank 0 on the run's folder (fault.h), which waits until the
kill is done: short moments are met as well, and by every rank. Prints a table, as Markdown, of where the kills fell,
which rank they met, and how long it took until all were gone.

With --work, what was done stays in that folder, and the next call goes on there until --kills are done.
"""

import argparse
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import time
import uuid

import kill_test
import small_search

JOINING = "start, joining"  # until rank 0 first touches the run's folder
MARK = "DANAS_RANK_KILL_TEST"  # in the environment of every process of a job
MOST_SECONDS = 30  # until all are gone: more is a hang

# At the call that was drawn: says so, and waits for the kill, but not for ever.
STRIKE = """touch due
tries=0
while [ ! -e struck ] && [ $tries -lt 2000 ]; do sleep 0.01; tries=$((tries + 1)); done
"""


def processes(mark):
    """{process id: (name, rank)} of a job; the launcher has no rank."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            name, _, rest = (entry / "stat").read_text().partition(" (")[2].rpartition(") ")
        except OSError:
            continue  # it has just ended, or is another user's
        if f"{MARK}={mark}".encode() in variables and not rest.startswith("Z"):
            ranks = [int(v[len(b"RANK="):]) for v in variables if v.startswith(b"RANK=")]
            found[int(entry.name)] = name, ranks[0] if ranks else None
    return found


class RankKillTest(kill_test.KillTest):
    """Its runs are those of kill_test.py, by several ranks; the calls traced are rank 0's, which alone writes."""

    kinds = [JOINING, *kill_test.KINDS]

    def __init__(self, programs, work, seed, ranks):
        self.ranks = ranks
        super().__init__(programs, work, seed)

    def command(self):
        return [*small_search.COMMAND, "--device", "cpu", "--ranks", str(self.ranks)]

    def aim_at(self, wanted):
        if wanted == JOINING:
            return {}, self.random.uniform(0, self.set_up)
        faults, limit = super().aim_at(wanted)
        if faults:
            faults = {"on": faults["on"], "at": faults["at"], "do": "command", "command": "sh strike"}
        return faults, limit

    def once(self):
        """One job, until one of its ranks is killed or it has ended."""
        faults, limit = self.aim()
        rank = self.random.randrange(self.ranks)
        trace = self.work / "trace"
        for name in ("trace", "due", "struck"):
            (self.work / name).unlink(missing_ok=True)
        (self.work / "strike").write_text(STRIKE)
        mark, begin = uuid.uuid4().hex, time.monotonic()
        os.environ[MARK] = mark
        job = self.programs.start(self.project, self.command(), self.plan(trace=trace, **faults))
        del os.environ[MARK]
        killed, rank = self.kill(job, mark, rank, begin + limit if limit is not None else None)
        if killed is None:
            _, said = job.communicate()
            if job.returncode != 0:
                sys.exit(f"error: exit code {job.returncode} of a job of which no rank was killed: {said}")
            return self.finish_run()
        at, calls = time.monotonic(), kill_test.Trace(trace)
        moment = kill_test.where(self.run, calls, faults.get("on", "")) if calls.calls else JOINING
        (self.work / "struck").touch()
        said, seconds = self.end_of(job, mark, at)
        if job.returncode == 0:
            return self.finish_run()  # the rank had done all of its work
        self.check(job.returncode, said, killed, rank, moment)
        self.note({"run": self.number(), "kind": moment, "rank": rank, "seconds": round(seconds, 3),
                   "by": "call" if faults else "clock"})

    def kill(self, job, mark, rank, when):
        """The process that was killed, at that time or at the call, and its rank; None where the job ended before. At
        the call rank 0 is there; another may have ended."""
        while job.poll() is None:
            due = (self.work / "due").exists()
            if due or (when is not None and time.monotonic() >= when):
                found = {of: process for process, (name, of) in processes(mark).items() if name == "danas-engine"}
                if due and rank not in found:
                    rank = 0
                if rank in found:
                    try:
                        os.kill(found[rank], signal.SIGKILL)
                        return found[rank], rank
                    except ProcessLookupError:
                        pass  # it has just ended
            time.sleep(0.005)
        return None, rank

    def check(self, code, said, killed, rank, moment):
        expected = 128 + signal.SIGKILL
        if code != expected:
            sys.exit(f"error: rank {rank} was killed ({moment}): exit code {code}, expected {expected}: {said}")
        for text in (f"rank {rank} (process {killed})", f"signal {signal.SIGKILL.value}"):
            if text not in said:
                sys.exit(f"error: rank {rank} was killed ({moment}): nothing says '{text}': {said}")

    def end_of(self, job, mark, at):
        """What the job said, and in how many seconds none of its processes was left."""
        while job.poll() is None or processes(mark):
            if time.monotonic() - at > MOST_SECONDS:
                left = processes(mark)
                for process in left:
                    os.kill(process, signal.SIGKILL)
                sys.exit(f"error: {MOST_SECONDS} s after a rank was killed these are left: {left}")
            time.sleep(0.01)
        seconds = time.monotonic() - at
        return job.communicate()[1], seconds


def table(test):
    kills = [kill for kill in test.kills if kill["kind"] != "end"]
    ranks = [f"rank {rank}" for rank in range(test.ranks)]
    lines = ["| moment of the kill | kills | " + " | ".join(ranks) + " | until all were gone, s: median, most |",
             "|---" * (len(ranks) + 3) + "|"]
    for kind in [*test.kinds, "all"]:
        of_kind = [kill for kill in kills if kind in (kill["kind"], "all")]
        of_rank = [sum(kill["rank"] == rank for kill in of_kind) for rank in range(test.ranks)]
        seconds = [kill["seconds"] for kill in of_kind]
        took = f"{statistics.median(seconds):.2f}, {max(seconds):.2f}" if seconds else "–"
        lines.append("| " + " | ".join(map(str, [kind, len(of_kind), *of_rank, took])) + " |")
    by_call = sum(kill["by"] == "call" for kill in kills)
    lines += ["", f"{by_call} of the kills came at a call of rank 0, the others by the clock. {test.number()} searches "
                  "ended; each left what the one left that nothing disturbed."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, metavar="FOLDER", help="of danas and libdanas_fault.so")
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--least", type=int, default=1, metavar="N", help="of each kind; fewer is an error")
    parser.add_argument("--ranks", type=int, default=2, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--work", type=pathlib.Path, metavar="FOLDER", help="stays; without it a temporary one")
    arguments = parser.parse_args()
    programs = small_search.Programs(arguments.binaries)
    with tempfile.TemporaryDirectory(prefix="danas-rank-kill-") as temporary:
        work = (arguments.work or pathlib.Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        test = RankKillTest(programs, work, arguments.seed, arguments.ranks)
        test.compute(arguments.kills, arguments.least)
        print(table(test))
    few = test.rarest(arguments.least)
    if few:
        sys.exit(f"error: fewer than {arguments.least} kills in: {', '.join(few)}")


if __name__ == "__main__":
    main()
