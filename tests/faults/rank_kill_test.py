#!/usr/bin/env python3
"""Kills one rank of a small search with SIGKILL, at moments that chance chooses: the others must end and name it, no process may
stay, and the search, begun again, must leave the folder that one leaves that nothing disturbed. Ends with 1 where one does not.

Prints a table, as Markdown, of where the kills fell, which rank they met, and how long it took until all were gone. With
--work, what was done stays in that folder, and the next call goes on there until --kills are done.
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

MARK = "DANAS_RANK_KILL_TEST"  # in the environment of every process of a job
MOST_SECONDS = 60  # until all are gone: more is a hang


def processes(mark):
    """{process id: rank} of a job; the launcher has none."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue  # it has just ended, or is another user's
        if f"{MARK}={mark}".encode() in variables and state != "Z":
            ranks = [int(v[len(b"RANK="):]) for v in variables if v.startswith(b"RANK=")]
            found[int(entry.name)] = ranks[0] if ranks else None
    return found


class RankKillTest(kill_test.KillTest):
    """Its runs are those of kill_test.py, by several ranks; the trace is rank 0's, which alone writes."""

    def __init__(self, programs, work, seed, ranks):
        self.ranks = ranks
        super().__init__(programs, work, seed)

    def command(self):
        return [*small_search.COMMAND, "--device", "cpu", "--ranks", str(self.ranks)]

    def once(self):
        """One job, until one of its ranks is killed or it has ended."""
        _, share = self.left()
        rank = self.random.randrange(self.ranks)
        wait = self.random.uniform(0, self.set_up + (self.seconds - self.set_up) * share)
        if self.random.random() < 0.2:
            wait = self.random.uniform(0, self.set_up)
        mark = uuid.uuid4().hex
        trace = self.work / "trace"
        trace.unlink(missing_ok=True)
        os.environ[MARK] = mark
        job = self.programs.start(self.project, self.command(), self.plan(trace=trace))
        del os.environ[MARK]
        killed = self.kill(job, mark, rank, time.monotonic() + wait)
        if killed is None:
            _, said = job.communicate()
            if job.returncode != 0:
                sys.exit(f"error: exit code {job.returncode}: {said}")
            self.finish_run()
            return
        moment, at = kill_test.where(self.run, kill_test.Trace(trace)), time.monotonic()
        said = self.end_of(job, mark, at)
        seconds = time.monotonic() - at
        if job.returncode == 0:
            return self.finish_run()  # the rank had done all of its work
        for text in (f"rank {rank} (process {killed})", "signal 9"):
            if text not in said:
                sys.exit(f"error: nothing says '{text}' after rank {rank} was killed ({moment}): {said}")
        self.note({"run": self.number(), "kind": moment, "rank": rank, "seconds": round(seconds, 3), "by": "clock"})

    def kill(self, job, mark, rank, when):
        """The id of the process that was killed; None where the job ended before."""
        while job.poll() is None:
            if time.monotonic() >= when:
                for process, of in processes(mark).items():
                    if of == rank:
                        try:
                            os.kill(process, signal.SIGKILL)
                        except ProcessLookupError:
                            break
                        return process
            time.sleep(0.01)
        return None

    def end_of(self, job, mark, at):
        """What the job said, once none of its processes is left."""
        while job.poll() is None or processes(mark):
            if time.monotonic() - at > MOST_SECONDS:
                left = processes(mark)
                for process in left:
                    os.kill(process, signal.SIGKILL)
                sys.exit(f"error: {MOST_SECONDS} s after a rank was killed these are left: {left}")
            time.sleep(0.01)
        return job.communicate()[1]


def table(test):
    kills = [kill for kill in test.kills if kill["kind"] != "end"]
    ranks = [f"rank {rank}" for rank in range(test.ranks)]
    lines = ["| moment of the kill | kills | " + " | ".join(ranks) + " | until all were gone, s: median, most |",
             "|---" * (len(ranks) + 3) + "|"]
    for kind in [*kill_test.KINDS, "all"]:
        of_kind = [kill for kill in kills if kind in (kill["kind"], "all")]
        of_rank = [sum(kill["rank"] == rank for kill in of_kind) for rank in range(test.ranks)]
        seconds = [kill["seconds"] for kill in of_kind]
        took = f"{statistics.median(seconds):.2f}, {max(seconds):.2f}" if seconds else "–"
        lines.append("| " + " | ".join(map(str, [kind, len(of_kind), *of_rank, took])) + " |")
    lines += ["", f"{test.number()} searches ended; each left what the one left that nothing disturbed."]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, metavar="FOLDER", help="of danas and libdanas_fault.so")
    parser.add_argument("--kills", type=int, default=5, metavar="N")
    parser.add_argument("--ranks", type=int, default=2, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--work", type=pathlib.Path, metavar="FOLDER", help="stays; without it a temporary one")
    arguments = parser.parse_args()
    programs = small_search.Programs(arguments.binaries)
    with tempfile.TemporaryDirectory(prefix="danas-rank-kill-") as temporary:
        work = (arguments.work or pathlib.Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        test = RankKillTest(programs, work, arguments.seed, arguments.ranks)
        test.compute(arguments.kills, least=0)
        print(table(test))


if __name__ == "__main__":
    main()
