#!/usr/bin/env python3
"""Do two builds of danas compute the same? See scripts/same-results.

Usage: same_results.py OLD NEW [--work FOLDER] [--case NAME]... [--expect REGEX]... [--jobs N] [--list]
"""

import argparse
import concurrent.futures
import copy
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cases  # noqa: E402
import event_records  # noqa: E402
import small_search  # noqa: E402

SECONDS = 600  # of one command
PROGRAM = "written_by"  # the event that says which build it was
SHOWN = 5  # differences of one case

# What two runs of one program do not share: names of files, then keys.
FILES_OF_THE_MOMENT = ("lock", "progress.json", "report.html", "run.log")
KEYS_OF_THE_MOMENT = re.compile(r"time|timing|hash|logs|peak_resident_bytes|(.*[._])?(seconds?|hours)(_.*)?")


def config_of(case):
    config = copy.deepcopy(cases.CONFIG)
    for key, value in case.config.items():
        *sections, last = key.split(".")
        node = config
        for section in sections:
            node = node.setdefault(section, {})
        if value is None:
            node.pop(last, None)
        elif isinstance(value, dict) and isinstance(node.get(last), dict):
            node[last].update(value)
        else:
            node[last] = value
    return config


def environment():
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("DANAS_", "SLURM_", "TORCHELASTIC_"))}
    return {**kept, "OMP_NUM_THREADS": "1", "NO_COLOR": "1", "CUDA_VISIBLE_DEVICES": "",
            "DANAS_CONFIG_PATH": str(cases.TESTS.parent / "configs")}


def carry_out(case, program, folder, old):
    """All steps of a case. What each command printed is kept in commands/."""
    folder.mkdir(parents=True)
    small_search.write_project(folder, config_of(case))
    (folder / "space.json").write_text(json.dumps(case.space, indent=1))
    (folder / "commands").mkdir()
    for number, step in enumerate(case.steps, 1):
        if callable(step):
            step(folder, old)
            continue
        done = subprocess.run([program, *step.split()], cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        (folder / f"commands/{number}.out").write_text(done.stdout)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {step}: exit code {done.returncode}: {done.stderr.strip()[-500:]}")


def without_moments(value):
    if isinstance(value, dict):
        return {key: without_moments(part) for key, part in value.items()
                if not KEYS_OF_THE_MOMENT.fullmatch(key)}
    if not isinstance(value, list):
        return value
    return [without_moments(part) for part in value if not (isinstance(part, dict) and part.get("event") == PROGRAM)]


def parsed(text):
    """JSON of a file, of one value a line, or None where it is neither."""
    try:
        return without_moments(json.loads(text))
    except ValueError:
        pass
    try:
        return without_moments([json.loads(line) for line in text.splitlines()])
    except ValueError:
        return None


DURATION = re.compile(r"\d+ h \d\d min|\d+ min \d\d s|\d+(\.\d+)? (s|ms|min|h)\b|[\d,]+ (images|img)/s|"
                      r"\d+(\.\d+)? % (weights|α|scoring|finalists)")


def content(path):
    """Of a file, as far as two runs should share it: bytes, or values."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.name.startswith("events.out.tfevents"):
        return without_moments(event_records.events(data))
    if path.suffix in (".json", ".jsonl", ".out", ".txt"):
        text = data.decode()
        values = parsed(text)
        return DURATION.sub("…", text).splitlines() if values is None else values
    return data


def files(folder):
    """By their names; the event files, whose names hold a time and a process, by their order."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in FILES_OF_THE_MOMENT:
            name = str(path.relative_to(folder))
            if "events.out.tfevents" in name:
                name = f"{path.parent.relative_to(folder)}/events {sum('events' in n for n in found)}"
            found[name] = path
    return found


def first_difference(old, new, expected=None, where=""):
    """In words; None where there is none, or only in places that `expected` matches."""
    if expected and expected.search(where):
        return None
    if type(old) is not type(new):
        return f"{where}: {old!r}, now {new!r}"
    if isinstance(old, dict):
        old, new = ({key: value for key, value in part.items() if not expected or not expected.search(f"{where}.{key}")}
                    for part in (old, new))
        if list(old) != list(new):
            gone, come = [k for k in old if k not in new], [k for k in new if k not in old]
            return f"{where}: keys gone {gone}, come {come}" if gone or come else f"{where}: keys in another order"
        pairs = ((f"{where}.{key}", old[key], new[key]) for key in old)
    elif isinstance(old, (list, tuple)):
        if len(old) != len(new):
            return f"{where}: {len(old)} entries, now {len(new)}"
        pairs = ((f"{where}[{i}]", a, b) for i, (a, b) in enumerate(zip(old, new)))
    elif isinstance(old, bytes):
        if old == new:
            return None
        at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
        return f"{where}: byte {at} of {len(old)} differs; now {len(new)} bytes"
    else:
        # repr: NaN is as good as NaN, 0.0 is not −0.0
        return None if repr(old) == repr(new) else f"{where}: {old!r}, now {new!r}"
    return next((text for name, a, b in pairs if (text := first_difference(a, b, expected, name))), None)


def differences(old, new, expected=None):
    a, b = files(old), files(new)
    found = [f"{name}: {'gone' if name in a else 'new'}" for name in sorted(a.keys() ^ b.keys())]
    for name in sorted(a.keys() & b.keys()):
        text = first_difference(content(a[name]), content(b[name]), expected, f"{name} ")
        if text:
            found.append(text)
    return found


def compare(case, old, new, work, expected=None):
    """What differs, in words."""
    shutil.rmtree(work / case.name, ignore_errors=True)
    try:
        for program, name in ((old, "old"), (new, "new")):
            # Both in one place: runs remember where their images are.
            carry_out(case, program, work / case.name / "now", work / case.name / "old")
            (work / case.name / "now").rename(work / case.name / name)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return [str(error)]
    return differences(work / case.name / "old", work / case.name / "new", expected)


def program_of(path):
    """danas itself, or a build's folder."""
    path = pathlib.Path(path).resolve()
    for file in (path, path / "danas", path / "bin/danas"):
        if file.is_file():
            return file
    sys.exit(f"same-results: error: {path} is no danas and holds none")


def arguments():
    parser = argparse.ArgumentParser(prog="same-results", usage=argparse.SUPPRESS)
    parser.add_argument("programs", nargs="*")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--expect", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    names = [case.name for case in cases.ALL]
    if asked.list:
        print("\n".join(names))
        sys.exit()
    unknown = [name for name in asked.case if name not in names]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(names)}")
    if len(asked.programs) != 2:
        parser.error("name two programs. See scripts/same-results --help")
    try:
        asked.expected = re.compile("|".join(f"(?:{regex})" for regex in asked.expect)) if asked.expect else None
    except re.error as error:
        parser.error(f"--expect: not a regular expression: {error}")
    return asked


def main():
    asked = arguments()
    old, new = map(program_of, asked.programs)
    chosen = [case for case in cases.ALL if not asked.case or case.name in asked.case]
    different = 0
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        work = (asked.work or pathlib.Path(temporary)).resolve()
        results = [(case, pool.submit(compare, case, old, new, work, asked.expected)) for case in chosen]
        for case, result in results:
            found = result.result()
            different += bool(found)
            print(f"{case.name}: {'differs' if found else 'the same'}", flush=True)
            for text in found[:SHOWN]:
                print(f"  {text}")
            if len(found) > SHOWN:
                print(f"  and {len(found) - SHOWN} more")
    print(f"{len(chosen) - different} of {len(chosen)} cases are the same")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
