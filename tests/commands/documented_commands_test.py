#!/usr/bin/env python3
"""Every command line that danas's documents, scripts, help texts and manual page show works, or is looked at.

Usage: documented_commands_test.py --build FOLDER [--binaries FOLDER] [TEST...]
command_table.py says how each is tried. A command that the table does not know fails here with its file and line, as
does a line of the table that no document needs any more.
"""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import command_table
import look
import made_project
import read_commands

CHECKOUT = made_project.CHECKOUT
SECONDS = 300  # of one command, before it counts as hanging
SCRIPTS = ["scripts/quickstart", "scripts/cluster/search.sbatch", "scripts/cluster/Dockerfile",
           "configs/image_folder.yaml"]
BUILD = pathlib.Path()
BINARIES = pathlib.Path()


def documents() -> "list[pathlib.Path]":
    return [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", CHECKOUT / "third_party/README.md",
            *sorted((CHECKOUT / "docs").rglob("*.md"))]


def entry_of(text: str):
    """The line of the table for a command, and its key; None where there is none."""
    for table in (command_table.RUN, command_table.LOOKED_AT):
        if text in table:
            return text, table[text]
    for key, entry in command_table.LOOKED_AT.items():
        if isinstance(key, re.Pattern) and key.fullmatch(text):
            return key, entry
    return None


def replaced(text: str, put: "dict[str, str]") -> str:
    for old, new in {**put, **command_table.EVERYWHERE}.items():
        text = text.replace(old, new)
    return text


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="danas-commands-")
        cls.work = pathlib.Path(cls.temporary.name).resolve()
        cls.look = look.Look(BUILD, BINARIES, cls.work / "look")
        cls.reading = read_commands.Reading()
        for file in documents():
            cls.reading.add(read_commands.read_markdown(file.read_text(encoding="utf-8"),
                                                        str(file.relative_to(CHECKOUT))))
        for path in SCRIPTS:
            cls.reading.add(read_commands.read_comments((CHECKOUT / path).read_text(encoding="utf-8"), path))
        for name, (_, notes) in cls.look.manual.items():
            cls.reading.add_options(notes, f"danas man, {name}")
            shown = cls.look.danas(*name.split()[1:], "--help").stdout
            cls.reading.add(read_commands.read_help(shown, f"{name} --help"))
        cls.found = {}  # each command line once, with all its places
        for command in cls.reading.commands:
            if not command.inline or cls.look.mention(command.text) is None:
                cls.found.setdefault(command.text, []).append(command.place)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def report(self, faults: "list[str]") -> None:
        if faults:
            self.fail("\n" + "\n".join(faults))

    def place(self, text: str) -> str:
        return ", ".join(self.found[text])

    def test_the_table_knows_every_command(self):
        self.assertGreater(len(self.found), 80)
        self.report([f"{self.place(text)}: `{text}` is not in tests/commands/command_table.py"
                     for text in self.found if entry_of(text) is None])

    def test_a_document_shows_each_line_of_the_table(self):
        needed = {entry[0] for text in self.found if (entry := entry_of(text))}
        unused = [key for table in (command_table.RUN, command_table.LOOKED_AT) for key in table if key not in needed]
        self.report([f"command_table.py: no document shows {getattr(key, 'pattern', key)}" for key in unused])
        for key, entry in command_table.LOOKED_AT.items():
            self.assertIn(entry.why, command_table.REASONS, key)

    def test_mentions_name_what_is_there(self):
        self.report([f"{command.place}: `{command.text}`: {fault}" for command in self.reading.commands
                     if command.inline for fault in self.look.mention(command.text) or []])

    def test_options_in_running_text_exist(self):
        known = {option for options, _ in self.look.manual.values() for option in options}
        for folder in ("scripts", "docs/examples", "tests/bench", "tests/golden", "tests/faults", "tests/fuzz"):
            for file in (CHECKOUT / folder).iterdir():
                if file.is_file() and (file.suffix in (".py", ".sh", ".cpp", ".h") or not file.suffix):
                    known.update(read_commands.OPTION.findall(file.read_text(encoding="utf-8")))
        foreign = command_table.FOREIGN_OPTIONS
        self.report([f"{option.place}: no program has the option {option.text}" for option in self.reading.options
                     if option.text not in known and option.text not in foreign])
        shown = {option.text for option in self.reading.options}
        self.report([f"command_table.py: no document names {option}" for option in foreign if option not in shown])

    def test_the_manual_page_has_the_examples_of_the_help(self):
        for name, (_, notes) in self.look.manual.items():
            in_help = [command.text for command in self.reading.commands if command.place == f"{name} --help"]
            in_manual = [command.text for command in read_commands.read_help(notes, name).commands]
            self.assertEqual(in_help, in_manual, name)

    def test_what_is_not_run_names_what_is_there(self):
        faults = []
        for text in self.found:
            entry = (entry_of(text) or (None, None))[1]
            if isinstance(entry, command_table.Look):
                faults += [f"{self.place(text)}: {text}: {fault}" for fault in self.look.at(replaced(text, entry.put))]
                if entry.run_by and entry.run_by not in self.look.tests:
                    faults.append(f"command_table.py: {text}: there is no test {entry.run_by}")
        self.report(faults)

    def test_wrong_commands_are_found(self):
        self.assertIsNone(entry_of("danas search --config C --fast"))
        for text, fault in {"danas space sample --bnd": "no option --bnd", "scripts/nope": "no scripts/nope"}.items():
            self.assertIn(fault, "".join(self.look.mention(text)))
        for text, fault in {
                "cmake --preset nope": "no preset nope",
                "cmake --preset dev -DDANAS_NOPE=1 && cmake --build build/dev --target nope": "no target nope",
                "ctest --preset dev -R NothingOfThis": "no test fits",
                "build/dev/bin/danas_data_test --gtest_filter=*NothingOfThis*": "fits *NothingOfThis*",
                "scripts/fuzz --hours 3": "no option --hours",
                "srun danas search --runn x": "unknown option '--runn'",
                "sbatch scripts/cluster/search.sbatch --set train.lrr=1": "unknown key",
                "docker build -f scripts/nope .": "no scripts/nope",
        }.items():
            self.assertIn(fault, "".join(self.look.at(text)), text)

    @unittest.skipUnless(look.torchrun_source(), "no torch in .venv")
    def test_torchrun_takes_an_option_of_danas_for_its_own(self):
        line = "torchrun --no-python --nproc_per_node=2{} danas search --config C {} runs/mine"
        self.assertIn("ambiguous", "".join(self.look.at(line.format("", "--run"))))
        self.assertEqual(self.look.at(line.format("", "-r")), [])
        self.assertEqual(self.look.at(line.format(" --", "--run")), [])

    def test_the_others_run(self):
        project = made_project.Project(self.work / "project", BINARIES)
        runs = [(text, entry[1]) for text in self.found
                if (entry := entry_of(text)) and isinstance(entry[1], command_table.Run)]

        def run_one(numbered) -> "str | None":
            number, (text, entry) = numbered
            fault = self.fault_of(project.copy(self.work / f"run-{number}"), text, entry)
            return fault and f"{self.place(text)}: {text}\n{fault}\n"

        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            self.report([fault for fault in pool.map(run_one, enumerate(runs)) if fault])

    def fault_of(self, folder: pathlib.Path, text: str, entry) -> "str | None":
        variables = made_project.environment(folder, BINARIES)
        if entry.needs:
            variables["PATH"] = f"{CHECKOUT}/.venv/bin:{variables['PATH']}"
            check = [CHECKOUT / ".venv/bin/python3", "-c", f"import {entry.needs}"]
            if not check[0].exists() or look.run(*check, env=variables).returncode != 0:
                print(f"not run, since .venv lacks {entry.needs}: {text}", file=sys.stderr)
                return None
        command = f"{replaced(text, entry.put)} {entry.add}"
        script = "set -euo pipefail\n" + (f"{replaced(entry.before, {})}\n" if entry.before else "") + command
        process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=variables, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            return f"tried as: {command}\nnot done after {SECONDS} s\n{said}"
        if process.returncode != 0:
            return f"tried as: {command}\nexit code {process.returncode}\n{said}"
        if entry.says not in said:
            return f"tried as: {command}\nit does not say '{entry.says}':\n{said}"
        return None


def take(option: str) -> "str | None":
    """The value of an option that unittest does not know."""
    if option not in sys.argv:
        return None
    place = sys.argv.index(option)
    value = sys.argv[place + 1]
    del sys.argv[place : place + 2]
    return value


if __name__ == "__main__":
    BUILD = pathlib.Path(take("--build")).resolve()
    BINARIES = pathlib.Path(take("--binaries") or BUILD / "bin").resolve()
    unittest.main()
