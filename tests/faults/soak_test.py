#!/usr/bin/env python3
"""A search of many tiny steps, with phases, prunings and a checkpoint every few of them: its memory, open files and
threads, sampled from /proc, must not grow. Prints a table, as Markdown.

Growth is looked for within each phase, after its first quarter (the first passes allocate what the later ones use
again): memory by the median of the last quarter of samples over that of the second one, files and threads by their
largest number.
"""

import argparse
import copy
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import small_search

PHASES = ["warmup", "step1", "step2", "step3"]
MEMORY_SLACK_KB = 4096  # of allocators, in which a leak of 100 bytes a step would show after 40,000 steps


def config_of(steps):
    """Epochs are chosen so that weight and α steps are about `steps` in all."""
    config = copy.deepcopy(small_search.CONFIG)
    config["train"]["batch"] = 2
    config["checkpoint"]["every"] = 0.002
    # Of 50 images of a class 30 train weights, 20 move α; classes of the phases: 2, 2, 3, 3.
    per_epoch = {"warmup": 30, "searching": (50 + 75 + 75) / 3}
    epochs = max(1, round(steps / (per_epoch["warmup"] + 3 * per_epoch["searching"])))
    config["schedule"].update(warmup_epochs=epochs, epochs_per_step=epochs)
    return config


def sample(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    value = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
    return {"rss": int(value["VmRSS"]), "threads": int(value["Threads"]), "files": len(os.listdir(f"/proc/{pid}/fd"))}


def phase_of(run, epochs):
    """The number of the phase under way, from the epochs and prunings that are logged."""
    log = (run / "log.jsonl").read_text()
    if log.count('{"event":"epoch"') < epochs:
        return 0
    return min(log.count('{"event":"pruning"') + 1, 3)


def watch(process, run, epochs, interval):
    """Samples of the training, each with the phase's number."""
    samples = []
    while process.poll() is None:
        time.sleep(interval)
        if not (run / "checkpoints/000001.json").exists():
            continue
        try:
            samples.append(sample(process.pid) | {"phase": phase_of(run, epochs)})
        except (OSError, KeyError):
            break  # it has just ended
    return samples


def quarters(samples, key):
    """Medians of the second and the last quarter."""
    n = len(samples) // 4
    return (statistics.median(s[key] for s in samples[n:2 * n]), statistics.median(s[key] for s in samples[-n:]))


def judge(samples):
    """Rows of the table, and what grew."""
    rows, grown = [], []
    for number, name in enumerate(PHASES):
        of_phase = [s for s in samples if s["phase"] == number]
        if len(of_phase) < 8:
            grown.append(f"{name}: only {len(of_phase)} samples; more --steps are needed")
            continue
        early, late = quarters(of_phase, "rss")
        half = len(of_phase) // 2
        row = [name, len(of_phase), f"{early / 1024:.1f}", f"{late / 1024:.1f}"]
        if late - early > MEMORY_SLACK_KB:
            grown.append(f"{name}: memory grew by {(late - early) / 1024:.1f} MiB")
        for key in ("files", "threads"):
            before, after = (max(s[key] for s in part) for part in (of_phase[:half], of_phase[half:]))
            row.append(f"{before}, {after}")
            if after > before + 1:
                grown.append(f"{name}: {key} grew from {before} to {after}")
        rows.append(row)
    return rows, grown


def check_itself():
    """What grows is found: a leak of 2 KiB a sample, a file that stays open every tenth."""
    flat = [{"rss": 180000, "files": 8, "threads": 4, "phase": i // 8000} for i in range(32000)]
    assert judge(flat)[1] == []
    assert len(judge([s | {"rss": s["rss"] + 2 * i} for i, s in enumerate(flat)])[1]) == 4
    assert len(judge([s | {"files": 8 + i // 10} for i, s in enumerate(flat)])[1]) == 4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", required=True, metavar="FOLDER", help="of danas and libdanas_fault.so")
    parser.add_argument("--steps", type=int, default=6000, metavar="N")
    arguments = parser.parse_args()
    programs = small_search.Programs(arguments.binaries)
    check_itself()
    with tempfile.TemporaryDirectory(prefix="danas-soak-") as temporary:
        project = pathlib.Path(temporary)
        config = config_of(arguments.steps)
        small_search.write_project(project, config)
        process = programs.start(project, [*small_search.COMMAND, "--quiet"])
        begin = time.monotonic()
        samples = watch(process, project / "run", config["schedule"]["warmup_epochs"],
                        0.01 if arguments.steps < 10000 else 0.1)
        _, said = process.communicate()
        if process.returncode != 0:
            sys.exit(f"error: exit code {process.returncode}: {said}")
        end = small_search.events(project / "run/log.jsonl")[-1]
        checkpoints = int(small_search.manifests(project / "run")[-1]["stem"])
    rows, grown = judge(samples)
    print(f"{end['weight_steps']} weight steps, {end['alpha_steps']} α steps, {checkpoints} checkpoints, 3 prunings, "
          f"{time.monotonic() - begin:.0f} s\n")
    print("| phase | samples | memory early, MiB | memory late, MiB | open files: first half, second half | threads |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    if grown:
        sys.exit("error: " + "; ".join(grown))


if __name__ == "__main__":
    main()
