#!/usr/bin/env python3
"""What a checkpoint costs a search: the same search in turn with many checkpoints and with those of phases' ends alone.

    checkpoint_cost.py --danas build/release/bin/danas [--rounds N] [--every MINUTES] -- ARGUMENTS OF danas search

The cost of one is the difference in time over the difference in checkpoints: wall time, and the processor's of all
threads, which is what training loses where it uses every core. Printed as one row of a Markdown table: medians over the
rounds, and the share of a run's time at the default interval of ten minutes. See docs/reliability.md.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

DEFAULT_INTERVAL = 600.0  # s: checkpoint.every


def search(danas, arguments, run, every):
    """Wall seconds, processor seconds, checkpoints written."""
    command = [danas, "search", *arguments, "--quiet", "--no-probe", "--run", str(run), "--set",
               f"checkpoint.every={every}", "--set", "checkpoint.min_seconds=1000000"]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: exit code {os.waitstatus_to_exitcode(status)} from: {' '.join(command)}")
    number = max(int(path.stem) for path in (run / "checkpoints").glob("*.json"))
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, number


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--danas", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--every", type=float, default=0.01, help="minutes between the many checkpoints")
    parser.add_argument("arguments", nargs="+", metavar="ARGUMENT")
    arguments = parser.parse_args()
    wall, cpu, numbers, base, size = [], [], [], [], 0
    for i in range(arguments.rounds):
        with tempfile.TemporaryDirectory(prefix="danas-checkpoints-") as folder:
            took = {}
            for name, every in [("many", arguments.every), ("few", 0)][::1 if i % 2 == 0 else -1]:
                took[name] = search(arguments.danas, arguments.arguments, pathlib.Path(folder) / name, every)
            size = max(path.stat().st_size for path in pathlib.Path(folder).glob("many/checkpoints/*.safetensors"))
        more = took["many"][2] - took["few"][2]
        if more < 10:
            sys.exit(f"error: only {more} more checkpoints; the search is too short, or --every too long")
        wall.append((took["many"][0] - took["few"][0]) / more)
        cpu.append((took["many"][1] - took["few"][1]) / more)
        numbers.append(more)
        base.append(took["few"][0])
    print("| search, s | checkpoints more | MB each | wall, ms each | processor, ms each "
          "| of the time at the default interval |")
    print("|---|---|---|---|---|---|")
    worst = max(statistics.median(wall), statistics.median(cpu))
    print(f"| {statistics.median(base):.1f} | {statistics.median(numbers):.0f} | {size / 1e6:.1f} | "
          f"{1000 * statistics.median(wall):.1f} [{1000 * min(wall):.1f}, {1000 * max(wall):.1f}] | "
          f"{1000 * statistics.median(cpu):.1f} [{1000 * min(cpu):.1f}, {1000 * max(cpu):.1f}] | "
          f"{100 * worst / DEFAULT_INTERVAL:.3f} % |")


if __name__ == "__main__":
    main()
