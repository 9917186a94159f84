#!/usr/bin/env python3
"""Reads the #includes of include/, src/ and tools/ and names each one that breaks the rooms' order.

Usage: include_rules.py CHECKOUT
A room may include itself and the rooms listed for it in ROOMS; a library only where LIBRARIES allows it. A library that
LIBRARIES does not know is an error too: it belongs there and in third_party/README.md.
"""

import pathlib
import re
import sys

# room: the other rooms that it may include
ROOMS = {
    "core": [],
    "config": ["core"],
    "events": ["core"],
    "arch": ["core", "config"],
    "cost": ["core", "config", "arch"],
    "export": ["core", "config", "arch"],
    "easiness": ["core", "config", "events", "arch"],
    "data": ["core", "config", "easiness"],
    "kernels": ["core"],
    "nn": ["core", "config", "arch", "cost", "export", "kernels"],
    "run": ["core", "config", "events", "nn"],
    "latency": ["core", "config", "arch", "cost", "export", "kernels", "nn", "run"],
    "train": ["core", "config", "events", "arch", "easiness", "data", "nn", "run"],
    "tasks": ["core", "config", "events", "arch", "easiness", "data", "nn", "run", "train"],
    "judge": ["core", "config", "events", "arch", "easiness", "data", "nn", "run", "train"],
    "search": ["core", "config", "events", "arch", "cost", "easiness", "data", "kernels", "nn", "run", "train"],
    "report": ["core", "config", "events", "arch", "cost", "easiness"],
    "figures": ["core", "config", "events", "arch", "cost", "easiness", "report"],
    "watch": ["core", "events", "cost", "report"],
    "study": ["core", "config", "events", "arch", "cost", "easiness", "report", "watch"],
}
ROOMS["tools"] = list(ROOMS)

TORCH_ROOMS = ["nn", "run", "latency", "train", "tasks", "judge", "search", "tools"]
CUDA_FOLDER = "src/run/cuda/"

# A pattern of a header's whole name: the rooms that may include it. The first that fits decides.
LIBRARIES = [
    (r"torch/(torch|nn)\.h", []),  # 15 s of compile time for each file; take the single headers
    (r"(ATen|c10)/cuda/.*|cuda.*|cublas.*|nccl\.h|.*NCCL.*", []),  # but for CUDA_FOLDER
    (r"(ATen|c10)/.*", TORCH_ROOMS),
    (r"(torch|caffe2)/.*|kineto/ActivityType\.h", TORCH_ROOMS),
    (r"yaml-cpp/.*", ["config"]),
    (r"hwy/.*", ["kernels"]),
    (r"opencv2/.*|webp/.*|(jpeglib|jerror|turbojpeg|gif_lib|lmdb)\.h", ["data"]),
    (r"png\.h", ["data", "figures"]),
    (r"onnx/.*", ["export"]),
    (r"protozero/.*|rhash\.h", ["watch"]),
    (r"zlib\.h", ["data", "nn"]),
    (r"xxhash\.h", ["core"]),
    (r"CLI/.*", ["tools"]),
    (r"(spdlog|nlohmann)/.*", ["core"]),
    (r"(sys|arpa|linux|netinet)/[a-z_]+\.h", list(ROOMS)),
    (r"[a-z0-9_]+(\.h)?", list(ROOMS)),  # the standard library's and the system's
]

# A call: the one file that may make it, and why.
CALLS = [
    (re.compile(r"\bparallel_for\s*\("), "src/nn/thread_pool.cpp",
     "use kernels::ForEachRange, which a test shows to be parallel"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(path: str) -> "str | None":
    """The room of a file named relative to the checkout, or None for a file in no room's folder."""
    match = re.match(r"(?:include/danas|src)/([^/]+)/|(tools)/", path)
    return match and (match[1] or match[2])


def broken_rule(path: str, room: str, header: str) -> "str | None":
    """What is wrong about `header` in the file `path` of `room`, or None."""
    own = re.match(r"(?:include/)?danas/([^/]+)/|src/([^/]+)/|(tools)/", header)
    if own:
        target = own[1] or own[2] or own[3]
        if target not in ROOMS:
            return f"no such room as {target}"
        if target == room or target in ROOMS[room]:
            return None
        return f"{room} may not include {target}, only: {', '.join(ROOMS[room]) or 'nothing'}"
    if ".." in header.split("/"):
        return "leaves its folder; name the header from include/"
    for pattern, rooms in LIBRARIES:
        if re.fullmatch(pattern, header):
            if room in rooms or path.startswith(CUDA_FOLDER):
                return None
            return f"not allowed in {room}, only in: {', '.join(rooms) or 'no room'}"
    return "a library that tests/architecture/include_rules.py does not know"


def broken_includes(checkout: pathlib.Path) -> "list[str]":
    """One line for each include that breaks a rule: file, line number, header and why."""
    broken = []
    for top in ("include", "src", "tools"):
        for file in sorted((checkout / top).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".cu"):
                continue
            path = file.relative_to(checkout).as_posix()
            room = room_of(path)
            if room not in ROOMS:
                broken.append(f"{path}: lies in no room")
                continue
            text = file.read_text(encoding="utf-8")
            for call, only, why in CALLS:
                if path != only and (match := call.search(text)):
                    line = text.count("\n", 0, match.start()) + 1
                    broken.append(f"{path}:{line}: {match[0]}...): only in {only}; {why}")
            for match in INCLUDE.finditer(text):
                header = match[2]
                if match[1] == '"' and (file.parent / header).exists() and ".." not in header:
                    continue  # a private header beside it, of the same room
                why = broken_rule(path, room, header)
                if why:
                    line = text.count("\n", 0, match.start(2)) + 1
                    broken.append(f"{path}:{line}: {header}: {why}")
    return broken


def main() -> int:
    checkout = pathlib.Path(sys.argv[1])
    if not (checkout / "include/danas").is_dir():
        print(f"{checkout} is no checkout of danas: it has no include/danas", file=sys.stderr)
        return 2
    broken = broken_includes(checkout)
    print("\n".join(broken) if broken else "every include keeps the rooms' order")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
