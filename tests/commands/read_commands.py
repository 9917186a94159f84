"""The command lines and options that danas's documents, scripts, help texts and manual page show.

A command line is a line of a code block, or a span of inline code, that begins with one of PROGRAMS, or any line of a
block marked `sh`. Comments go, lines continued with a backslash are joined, and NAME=VALUE lines of a block are filled
in below.
"""

import collections
import dataclasses
import re

PROGRAMS = re.compile(
    r"(danas(-engine|_\w+)?|(\./)?((scripts|tests)/[\w./-]+|build/\w+/bin/[\w<>-]+)|cmake|ctest|torchrun|srun|sbatch|"
    r"docker|pip|python3?|tensorboard|apt-get|sudo|git|ninja|source|bash|/usr/bin/time)(?= |$)")
ASSIGNMENTS = re.compile(r"(?:\w+=\S* +)*")  # in front of a command
OPTION = re.compile(r"(?<![\w/<-])--[a-z][a-z0-9_-]*")
SHELLS = ("sh", "bash", "shell", "console")


@dataclasses.dataclass(frozen=True)
class Found:
    """A command line, or an option in running text."""

    text: str
    place: str  # FILE:LINE, or "danas search --help"
    inline: bool = False  # in running text, where a command may stand for itself without what it needs


class Reading:
    """What one document shows."""

    def __init__(self):
        self.commands: "list[Found]" = []
        self.options: "list[Found]" = []

    def add(self, other: "Reading") -> None:
        self.commands += other.commands
        self.options += other.options

    def add_options(self, text: str, place: str) -> None:
        self.options += [Found(option, place) for option in OPTION.findall(text)]


def is_command(text: str) -> bool:
    return bool(PROGRAMS.match(text, ASSIGNMENTS.match(text).end()))


def without_comment(line: str) -> "tuple[str, str]":
    """The command with single blanks between its words, and the comment behind it."""
    quote = ""
    for i, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#" and (i == 0 or line[i - 1].isspace()):
            return " ".join(line[:i].split()), line[i + 1 :].strip()
    return " ".join(line.split()), ""


def read_block(lines: "list[tuple[int, str]]", path: str, shell: bool) -> Reading:
    """Of numbered lines without their indentation."""
    reading, values, joined, begin = Reading(), {}, "", 0
    for number, line in lines:
        begin = number if not joined else begin
        joined += line.strip()
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        text, comment = without_comment(joined)
        text = text.removeprefix("$ ")
        joined = ""
        place = f"{path}:{begin}"
        if assignment := re.fullmatch(r"(\w+)=(\S+)", text):
            values[assignment[1]] = assignment[2]
            continue
        for name, value in values.items():
            text = re.sub(rf"\${name}\b", value.replace("\\", r"\\"), text)
        if text and (shell or is_command(text)):
            reading.commands.append(Found(text, place))
            reading.add_options(comment, place)
            alternative = re.match(r"or: (.*)", comment)
            if alternative and is_command(alternative[1]):
                reading.commands.append(Found(alternative[1], place))
    return reading


def read_prose(lines: "list[tuple[int, str]]", path: str) -> Reading:
    """Of the numbered lines of one paragraph."""
    reading = Reading()
    text = "\n".join(line for _, line in lines)
    for span in re.finditer(r"`([^`]+)`", text):
        words = " ".join(span[1].split())
        if is_command(words):
            place = f"{path}:{lines[text.count(chr(10), 0, span.start())][0]}"
            reading.commands.append(Found(words, place, inline=True))
    # The options of commands are looked at with their commands.
    rest = re.sub(r"`([^`]+)`", lambda span: re.sub(r"[^\n]", " ", span[0]) if is_command(span[1]) else span[0], text)
    for number, line in zip((number for number, _ in lines), rest.split("\n")):
        reading.add_options(line, f"{path}:{number}")
    return reading


def read_markdown(text: str, path: str) -> Reading:
    reading, paragraph, block, fence = Reading(), [], [], None

    def end() -> None:
        if paragraph:
            reading.add(read_prose(paragraph, path))
        if block:
            reading.add(read_block(block, path, shell=fence in SHELLS))
        paragraph.clear(), block.clear()

    for number, line in enumerate(text.split("\n"), 1):
        opening = re.match(r"\s*(?:```|~~~)\s*(\w*)", line)
        if opening:
            end()
            fence = opening[1] if fence is None else None
        elif fence is not None:
            block.append((number, line))
        elif line.startswith("    ") and not paragraph and "`" not in line:  # with spans it is a list's text
            block.append((number, line))
        elif not line.strip():
            end()
        else:
            if block:
                end()
            paragraph.append((number, line))
    if fence is not None:
        raise ValueError(f"{path}: its last code block has no end")
    end()
    return reading


def read_comments(text: str, path: str) -> Reading:
    """Of a script, a config or a Dockerfile: the comments at its head, and here-documents of what to type."""
    lines, document = [], ""
    for number, line in enumerate(text.split("\n"), 1):
        if document:
            document = "" if line == document else document
            shown = line
        else:
            opening = re.search(r"<<'?([A-Z]+)'?$", line)
            document = opening[1] if opening and line.startswith("cat ") else ""
            shown = line[1:] if line.startswith("#") and not line.startswith(("#!", "#SBATCH")) else ""
        lines.append((number, shown))
    reading = Reading()
    reading.add(read_block([(number, line) for number, line in lines if line.startswith("  ")], path, shell=False))
    for number, line in lines:
        if line and not is_command(line.strip()):
            reading.add_options(line, f"{path}:{number}")
    return reading


def read_help(text: str, place: str) -> Reading:
    """Of `danas COMMAND --help`, or a part of the manual page: examples are indented by two blanks."""
    reading = Reading()
    for line in text.split("\n"):
        if re.match(r"  \S", line) and is_command(line.strip()):
            reading.commands.append(Found(without_comment(line)[0], place))
        elif not line.startswith(" "):
            reading.add_options(line, place)
    return reading


def read_manual(text: str) -> "dict[str, tuple[set[str], str]]":
    """Of each command, "danas" and "danas data pack" among them: its options, and the text below them."""
    text = re.sub(r"\\(.)", lambda escape: {"e": "\\", "&": ""}.get(escape[1], escape[1]), text)
    commands = collections.OrderedDict({"danas": (set(), "")})
    name, notes = "danas", []
    for line in text.split("\n"):
        if line.startswith(".SS "):
            name, notes = line[4:], []
            commands[name] = (set(), "")
        elif line.startswith(".SH NOTES"):
            name, notes = "danas", []
        elif line.startswith(".B -"):
            commands[name][0].update(line[3:].split(" ")[0].split(","))
        elif not line.startswith("."):
            notes.append(line)
            commands[name] = (commands[name][0], "\n".join(notes))
    return commands
