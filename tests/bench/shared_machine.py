#!/usr/bin/env python3
"""How OpenMP's threads should wait: a search's steps alone on the machine, and beside others.

    shared_machine.py [--bin build/release/bin] [--rounds N] [--kernels fused,aten] [--threads N]
                      [--spins 300,1000,5000] [--loader DATASET]

Ways to wait: `default` (threads spin for a while), `spin N` (GOMP_SPINCOUNT=N) and `passive` (OMP_WAIT_POLICY). For
each, the small supernet's w and alpha step: quiet; beside a second process that searches with as many threads and waits
the same way (`twin`); beside one that spins (`spinner`); with --loader beside a loader's decoding threads. All in turn,
rounds after each other. Printed: medians in ms of the sum of both steps, and what they are of quiet with the default.
docs/benchmarks.md, "Beside other programs", has its output.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")


def ways_to_wait(spins):
    spinning = {f"spin {count}": {"GOMP_SPINCOUNT": count} for count in spins.split(",")}
    return {"default": {}, **spinning, "passive": {"OMP_WAIT_POLICY": "passive"}}


def environment(settings):
    plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**plain, **settings}


def steps(command, settings):
    """Milliseconds of a w and an alpha step together."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment(settings))
    if done.returncode != 0:
        sys.exit(f"shared_machine: error: exit code {done.returncode} from: {' '.join(command)}")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return sum(event["median_ms"] for event in events)


class Neighbour:
    """A program that runs beside what is timed, again and again until the block ends."""

    def __init__(self, command, settings):
        self.command, self.settings = command, settings

    def __enter__(self):
        self.process = None
        if self.command:
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, env=environment(self.settings))
            time.sleep(3)  # it has loaded and computes
        return self

    def __exit__(self, *_):
        if self.process is None:
            return
        if self.process.poll() is not None:
            sys.exit(f"shared_machine: error: the neighbour ended early: {' '.join(self.command)}")
        self.process.kill()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kernels", default="fused,aten")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--spins", default="300,1000,5000")
    parser.add_argument("--loader", help="a dataset, decoded beside the steps")
    arguments = parser.parse_args()
    settings = ways_to_wait(arguments.spins)
    network = f"--skeleton small --input 32x32 --batch 32 --threads {arguments.threads}".split()
    bench = str(arguments.bin / "danas_supernet_bench")
    endless = [bench, "--kernels", "fused", *network, "--steps", "1000000"]
    neighbours = {"quiet": lambda way: Neighbour(None, {}), "twin": lambda way: Neighbour(endless, settings[way]),
                  "spinner": lambda way: Neighbour(endless, {})}
    if arguments.loader:
        loader = [str(arguments.bin / "danas_loader_bench"), "--root", arguments.loader, "--workers",
                  str(arguments.threads), "--passes", "1000000"]
        neighbours["loader"] = lambda way: Neighbour(loader, {})
    for kernels in arguments.kernels.split(","):
        command = [bench, "--kernels", kernels, *network, "--warmup", "1", "--steps", "3"]
        taken = {}
        for number in range(arguments.rounds):
            for place, beside in neighbours.items():
                ways = list(settings)
                for way in ways[number % len(ways):] + ways[:number % len(ways)]:
                    with beside(way):
                        taken.setdefault((place, way), []).append(steps(command, settings[way]))
            print(f"{kernels}: round {number + 1} of {arguments.rounds}", file=sys.stderr)
        quiet = statistics.median(taken["quiet", "default"])
        print(f"{kernels}, {arguments.threads} threads: both steps, ms (of quiet with the default)")
        print("| waiting | " + " | ".join(neighbours) + " |\n|---|" + "---|" * len(neighbours))
        for way in settings:
            cells = [statistics.median(taken[place, way]) for place in neighbours]
            print(f"| {way} | " + " | ".join(f"{cell:.0f} ({cell / quiet:.2f})" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
