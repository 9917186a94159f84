"""What can be said about a command line without running it: whether what it names is there."""

import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import made_project
import read_commands

CHECKOUT = made_project.CHECKOUT


def run(*words, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)


def options_of(words: "list[str]") -> "list[str]":
    return [word.split("=")[0] for word in words if word.startswith("--") and word != "--"]


def torchrun_source() -> "pathlib.Path | None":
    return next(CHECKOUT.glob(".venv/lib/python3*/site-packages/torch/distributed/run.py"), None)


class Look:
    """Of one build; `folder` is a folder for its own use."""

    def __init__(self, build: pathlib.Path, binaries: pathlib.Path, folder: pathlib.Path):
        self.build, self.binaries, self.folder = build, binaries, folder
        # Without danas-engine beside it a danas reads its command line, and says that it cannot go on.
        (folder / "parser").mkdir(parents=True)
        shutil.copy(binaries / "danas", folder / "parser/danas")
        # ctest keeps its logs in the folder that it is asked about, which may be at work: hence another one.
        (folder / "CTestTestfile.cmake").write_text(f'subdirs("{build}")\n')
        self.manual = read_commands.read_manual(self.danas("man").stdout)

    def danas(self, *words: str) -> subprocess.CompletedProcess:
        return run(self.binaries / "danas", *words, cwd=self.folder)

    @functools.cached_property
    def presets(self) -> "set[str]":
        return set(re.findall(r'^ +"([\w-]+)"', run("cmake", "--list-presets=all", cwd=CHECKOUT).stdout, re.MULTILINE))

    @functools.cached_property
    def targets(self) -> "set[str]":
        shown = run("cmake", "--build", self.build, "--", "-t", "targets", "all").stdout  # Ninja then builds nothing
        return set(re.findall(r"^([\w.-]+): ", shown, re.MULTILINE))

    @functools.cached_property
    def tests(self) -> "set[str]":
        return set(self.tests_of())

    def tests_of(self, *words: str) -> "list[str]":
        return re.findall(r"^ *Test +#\d+: (\S+)", run("ctest", "--test-dir", self.folder, "-N", *words).stdout,
                          re.MULTILINE)

    def command_in(self, words: "list[str]") -> str:
        """The longest name of a command that the words begin with, such as "danas data pack"; "" where none is."""
        names = [" ".join(words[:count]) for count in (3, 2, 1)]
        return next((name for name in names if name in self.manual), "")

    def mention(self, text: str) -> "list[str] | None":
        """Faults of an inline mention: a program, a file, or a command of danas with options. None: it is more."""
        if any(name.startswith(f"{text} ") for name in self.manual):
            return []  # commands of one kind: `danas data`
        words = text.replace(" …", "").split()
        words = words[next(i for i, word in enumerate(words) if not re.match(r"\w+=", word)) :]
        if len(words) == 1 and "/" in words[0]:
            return [] if (CHECKOUT / words[0]).exists() else [f"there is no {words[0]}"]
        if len(words) == 1:
            return []
        name = self.command_in(words)
        rest = words[len(name.split()) :]
        if not name or any(not word.startswith("-") or "=" in word for word in rest):
            return None
        if name == "danas" or rest == ["--help"]:
            return None
        return [f"{name} has no option {word}" for word in rest if word not in self.manual[name][0]]

    def of_danas(self, words: "list[str]") -> "list[str]":
        """Faults of a command of danas: read by its own parser; the keys of its settings."""
        done = run(self.folder / "parser/danas", *words[1:], cwd=self.folder / "parser",
                   env=made_project.environment(self.folder, self.binaries))
        faults = [done.stdout.strip()] if done.returncode == 2 else []
        settings = [b for a, b in zip(words, words[1:]) if a in ("-s", "--set")]
        if settings and not faults:
            done = self.danas("config", "show", *(word for text in settings for word in ("--set", text)))
            faults += [done.stdout.strip()] if done.returncode != 0 else []
        return faults

    def of_torchrun(self, words: "list[str]") -> "list[str]":
        """Faults by torchrun's own parser, where .venv has torch: it must take all words of danas as danas's."""
        place = words.index("danas")
        source = torchrun_source()
        if source is None:
            print("torchrun's command lines are not looked at, since .venv has no torch", file=sys.stderr)
            return []
        done = run(CHECKOUT / ".venv/bin/python3", "-B", pathlib.Path(__file__).parent / "torchrun_words.py", source,
                   *words[1:])
        if done.returncode != 0:
            return [done.stdout.strip().split("\n")[-1]]
        given = json.loads(done.stdout)
        return [] if given == words[place:] else [f"torchrun starts {given}, expected {words[place:]}"]

    def of_file(self, path: str, words: "list[str]", executable: bool = True) -> "list[str]":
        """Faults of a script's command: it is there, has no fault of syntax, and holds each option's name."""
        file = CHECKOUT / path
        if not file.is_file():
            return []  # told already
        text = file.read_text(encoding="utf-8")
        if executable and not os.access(file, os.X_OK):
            return [f"{path} is not executable"]
        faults = []
        if "python" in text.split("\n", 1)[0]:
            compile(text, path, "exec")
        else:
            done = run("bash", "-n", file)
            faults += [done.stdout.strip()] if done.returncode != 0 else []
        if path.startswith("scripts/") and path.count("/") == 1:
            done = run(file, "--help", cwd=self.folder)
            faults += [f"{path} --help: exit code {done.returncode}: {done.stdout}"] if done.returncode != 0 else []
            if file.name not in done.stdout.split("\n", 1)[0]:
                faults.append(f"{path} --help does not begin with its usage")
        known = {*read_commands.OPTION.findall(text), "--help"}
        return faults + [f"{path} has no option {option}" for option in options_of(words) if option not in known]

    def of_cmake(self, words: "list[str]") -> "list[str]":
        faults = []
        caches = "".join((CHECKOUT / path).read_text() for path in ("CMakeLists.txt", "third_party/FindLibTorch.cmake"))
        for i, word in enumerate(words):
            if word == "--preset" and words[i + 1] not in self.presets:
                faults.append(f"there is no preset {words[i + 1]}")
            if word.startswith("-D") and not re.search(rf"\b{word[2:].split('=')[0]}\b", caches):
                faults.append(f"CMake knows no {word[2:].split('=')[0]}")
            if re.match(r"build/", word) and word.split("/")[1] not in self.presets:
                faults.append(f"no preset builds in {word}")
        if "--target" in words:
            named = words[words.index("--target") + 1 :]
            faults += [f"there is no target {target}" for target in named if target not in self.targets]
        return faults

    def of_ctest(self, words: "list[str]") -> "list[str]":
        faults, chosen = self.of_cmake([word for word in words if not word.startswith("-D")]), []
        for option, value in zip(words, words[1:]):
            if option in ("-L", "-R") and value != "NAME":
                chosen += [option, value]
        return faults if self.tests_of(*chosen) else [*faults, f"no test fits {' '.join(chosen)}"]

    def of_gtest(self, words: "list[str]") -> "list[str]":
        program = self.binaries / pathlib.Path(words[0]).name
        if not program.is_file():
            return [f"there is no {program}"]
        patterns = [pattern for word in words[1:] if word.startswith("--gtest_filter=")
                    for pattern in word.split("=", 1)[1].split(":")]
        return [f"no test of {program.name} fits {pattern}" for pattern in patterns
                if "  " not in run(program, f"--gtest_filter={pattern}", "--gtest_list_tests").stdout]

    def at(self, text: str) -> "list[str]":
        """Faults of each command of the line, those that `&&` joins and those that it hands on as NAME=COMMAND."""
        faults, words = [], []
        for word in [*shlex.split(text), "&&"]:
            if word != "&&":
                words.append(word)
                continue
            while re.match(r"\w+=", words[0]):
                words.pop(0)
            faults += self.at_words(words)
            for handed in (word.partition("=")[2] for word in words):
                faults += self.at(handed) if " " in handed and read_commands.is_command(handed) else []
            words = []
        return faults

    def at_words(self, words: "list[str]") -> "list[str]":
        words = [word.removeprefix("./") for word in words]
        program = pathlib.Path(words[0]).name
        faults = [f"there is no {word}" for word in words
                  if word.startswith(("scripts/", "tests/", "configs/")) and not (CHECKOUT / word).exists()]
        if program in ("python", "python3") and len(words) > 1 and words[1] != "-c":
            words = words[1:]
            program = words[0]
        if program == "cmake":
            faults += self.of_cmake(words)
        elif program == "ctest":
            faults += self.of_ctest(words)
        elif program == "torchrun":
            faults += self.of_torchrun(words)
        elif program == "sbatch":
            faults += self.of_file(words[1], [], executable=False)
            words = ["danas", "search", *words[2:]]  # as the script does
        elif words[0].startswith(("scripts/", "tests/")):
            faults += self.of_file(words[0], words[1:])
        elif words[0].startswith("build/") and program.endswith("_test"):
            faults += self.of_gtest(words)
        commands = [i for i, word in enumerate(words) if word == "danas" and self.command_in(words[i:]) > "danas"]
        return faults + self.of_danas(words[commands[0] :]) if commands else faults
