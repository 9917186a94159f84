#!/usr/bin/env python3
"""Runs benchmarks in turn and compares them.

    interleave.py [--rounds N] [--key median_ms] NAME=COMMAND NAME=COMMAND ...

Every command prints JSON lines with `measure` (left out: load) and the key, one line per measure. A round runs each
command once, in an order that moves on by one each round, so that a machine's slow minutes fall on all of them. Printed
for every measure: the median over rounds of each command, and its ratio to the first command's as the ratio of medians,
with an interval that holds 95 % of the ratios of 10,000 resamplings of the rounds (bootstrap, seed 0). `growth_mib` and
`peak_rss_mib`, where printed, are compared the same way.
"""

import argparse
import json
import random
import shlex
import statistics
import subprocess
import sys


def run(command, key):
    """{(measure, key): value} of one run."""
    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"interleave: error: cannot run {command}: {error.strerror}")
    if done.returncode != 0:
        sys.exit(f"interleave: error: exit code {done.returncode} from: {command}")
    values = {}
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        measure = event.get("measure", "load")
        for name in (key, "growth_mib", "peak_rss_mib"):
            if name in event:
                values[measure, name] = event[name]
    return values


def ratio_interval(a, b):
    """Ratio of medians b/a and its 95 % interval; rounds are resampled in pairs."""
    draws = random.Random(0)
    rounds = range(len(a))
    ratios = []
    for _ in range(10000):
        sample = [draws.choice(rounds) for _ in rounds]
        ratios.append(statistics.median(b[i] for i in sample) / statistics.median(a[i] for i in sample))
    ratios.sort()
    return statistics.median(b) / statistics.median(a), ratios[250], ratios[9749]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--key", default="median_ms")
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    if unnamed := [text for text in arguments.commands if "=" not in text]:
        parser.error(f"'{unnamed[0]}' has no name; write NAME=COMMAND")
    commands = dict(text.split("=", 1) for text in arguments.commands)
    names = list(commands)
    rounds = []
    for number in range(arguments.rounds):
        turn = number % len(names)
        rounds.append({name: run(commands[name], arguments.key) for name in names[turn:] + names[:turn]})
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    first = names[0]
    for key in rounds[0][first]:
        series = {name: [one[name][key] for one in rounds] for name in names if key in rounds[0][name]}
        print(f"{key[0]}, {key[1]}")
        for name, values in series.items():
            line = f"  {name:24} {statistics.median(values):10.1f}   least {min(values):.1f}"
            if name != first:
                line += "   ratio to {} {:.3f} [{:.3f}, {:.3f}]".format(first, *ratio_interval(series[first], values))
            print(line)


if __name__ == "__main__":
    main()
