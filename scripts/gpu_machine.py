"""The machine that scripts/gpu-session runs on: GPUs, driver, torch, what is built and whether it starts."""

import ctypes
import dataclasses
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

from step_session import Skip, Step

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ["danas_train_cuda_test", "danas_tools_cuda_test"]
PROGRAMS = ["danas", "danas-engine", "libdanas_cuda.so", *TESTS]
OLDEST_TORCH = "2.14"  # that CMakeLists.txt takes by itself


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def gpus_of_driver():
    """Names of the GPUs that NVIDIA's driver shows this process."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return []
    count, name, names = ctypes.c_int(), ctypes.create_string_buffer(100), []
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    for device in range(count.value):
        driver.cuDeviceGetName(name, len(name), device)
        names.append(name.value.decode())
    return names


def driver_version():
    try:
        return pathlib.Path("/sys/module/nvidia/version").read_text(encoding="utf-8").strip()
    except OSError:
        return "none"


def find_torch(named):
    """The folder of the torch that CMake uses, or None."""
    for folder in (named, os.environ.get("LibTorch_ROOT")):
        if folder:
            return pathlib.Path(folder).absolute()
    pythons = [ROOT / ".venv/bin/python3", "python3"]
    if "VIRTUAL_ENV" in os.environ:
        pythons.insert(1, pathlib.Path(os.environ["VIRTUAL_ENV"]) / "bin/python3")
    for python in pythons:
        try:
            done = run(python, "-c", "import importlib.util as u; print(u.find_spec('torch').origin)")
        except OSError:
            continue
        if done.returncode == 0:
            return pathlib.Path(done.stdout.strip()).parent
    return None


def version_of(torch):
    """"2.14.1", or "" if there is none."""
    try:
        text = (torch / "include/torch/headeronly/version.h").read_text(encoding="utf-8")
        parts = ("MAJOR", "MINOR", "PATCH")
        return ".".join(re.search(rf"define TORCH_VERSION_{part} (\d+)", text)[1] for part in parts)
    except (AttributeError, OSError, TypeError):
        return ""


def is_older(version, other):
    return [int(part) for part in version.split(".")] < [int(part) for part in other.split(".")]


@dataclasses.dataclass
class Machine:
    device: str  # that is asked for: cuda, cpu
    build: pathlib.Path
    data: pathlib.Path
    torch: "pathlib.Path | None"
    gpus: list
    versions: dict = dataclasses.field(default_factory=dict)  # of danas version
    missing: list = dataclasses.field(default_factory=list)  # of PROGRAMS
    problem: str = ""  # why danas cannot run, and what to do

    @property
    def danas(self):
        return str(self.build / "bin/danas")

    def look(self):
        """Checks the build. Takes some seconds on a GPU."""
        self.missing = [name for name in PROGRAMS if not (self.build / "bin" / name).exists()]
        reason = self.why_not()
        self.problem = f"{reason}. {self.advice()}" if reason else ""

    def why_not(self):
        """Why danas cannot compute on the device, or ""."""
        if not {"danas", "danas-engine"}.isdisjoint(self.missing):
            return f"{self.build}/bin lacks {', '.join(self.missing)}"
        try:
            plain, full = run(self.danas, "version", "--json"), run(self.danas, "version", "--full", "--json")
        except OSError as error:
            return f"danas does not start: {error}"
        self.versions = json.loads(plain.stdout) if plain.returncode == 0 else {}
        if full.returncode != 0:
            last = ([f"exit code {full.returncode}"] + (full.stderr or plain.stderr).strip().splitlines())[-1]
            return f"danas, built for torch {self.versions.get('torch', 'unknown')}, does not start: {last}"
        self.versions = json.loads(full.stdout)
        self.versions.pop("torch_build", None)
        if self.device == "cpu":
            return ""
        if not self.gpus:
            return "NVIDIA's driver shows no GPU"
        if "libdanas_cuda.so" in self.missing or not self.versions["cuda_parts"].startswith("built"):
            return "danas was built without its CUDA parts"
        if not self.versions["device"].startswith("cuda"):
            return f"danas uses {self.versions['device']}: {full.stderr.strip()}"
        return ""

    def advice(self):
        if self.device == "cuda" and not self.gpus:
            return "--device cpu tests the script without one"
        tools = [name for name in ("cmake", "ninja", "c++") if not shutil.which(name)]
        version = version_of(self.torch)
        if tools:
            return (f"{', '.join(tools)} is missing: run scripts/setup to install it; or build on another machine, in "
                    f"a checkout at the same path, for torch {version or OLDEST_TORCH}, and copy {self.build}/bin here")
        if not version:
            return ("No torch was found to build with: install one with scripts/setup --cuda, or give one with --torch "
                    "FOLDER")
        return (f"scripts/gpu-session --compile builds it for torch {version} in {self.torch}; if CMake does not "
                "find CUDA's headers, scripts/setup --cuda installs them. To build with and load another torch, give "
                "--torch FOLDER")

    def identity(self):
        """What results depend on."""
        digest = hashlib.sha256()
        for name in PROGRAMS:
            path = self.build / "bin" / name
            digest.update(path.read_bytes() if path.exists() else b"none")
        return f"{digest.hexdigest()[:12]} on {self.versions.get('device', self.device)}"

    def lines(self):
        """Of the summary: names and values."""
        commit = run("git", "-C", ROOT, "describe", "--always", "--dirty").stdout.strip() if shutil.which("git") else ""
        torch = f"{version_of(self.torch) or 'unknown version'} in {self.torch}" if self.torch else "none found"
        versions = [(name.replace("_", " "), value) for name, value in self.versions.items()]
        return [("GPUs", ", ".join(self.gpus) or "none"), ("driver", driver_version()),
                ("commit", commit or "unknown"),
                ("built", f"all but {', '.join(self.missing)}" if self.missing else "all"), *versions,
                ("torch to build with", torch), ("problem", self.problem or "none")]

    # Each raises Skip with the reason if a step cannot run.

    def need_danas(self):
        if self.problem:
            raise Skip("danas cannot run here: see the problem above")

    def need_tests(self):
        if self.device == "cpu" or not self.gpus:
            raise Skip("needs a GPU")
        self.need_danas()
        if not set(TESTS).isdisjoint(self.missing):
            raise Skip("the tests are not built: scripts/gpu-session --compile")

    def need_ctest(self):
        self.need_tests()
        if not shutil.which("ctest"):
            raise Skip("ctest is missing: scripts/setup installs it with cmake")

    def need_two(self):
        if self.device == "cpu" or len(self.gpus) < 2:
            raise Skip("needs two GPUs")
        self.need_danas()

    def need_data(self):
        self.need_danas()
        if not (self.data / "train-images-idx3-ubyte.gz").exists():
            raise Skip(f"{self.data} lacks Fashion-MNIST: apt-get install dataset-fashion-mnist, or --data FOLDER")

    def need_torch_for_python(self):
        if self.device == "cpu" or not self.gpus:
            raise Skip("needs a GPU")
        found = importlib.util.find_spec("torch")
        if not found or not (pathlib.Path(found.origin).parent / "lib/libtorch_cuda.so").exists():
            raise Skip(f"{sys.executable} has no torch built for CUDA: run scripts/gpu-session with one that has")

    def compile_step(self):
        version = version_of(self.torch)
        configure = ["cmake", "-S", str(ROOT), "-B", str(self.build), "--preset", "dev",
                     f"-DDANAS_CUDA={'AUTO' if self.device == 'cpu' else 'ON'}"]
        if self.torch:
            configure.append(f"-DLibTorch_ROOT={self.torch}")
        if version and is_older(version, OLDEST_TORCH):
            configure.append(f"-DDANAS_OLDEST_TORCH={version}")
        gibibytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30
        jobs = max(1, min(os.cpu_count() or 1, gibibytes // 2))
        make = ["cmake", "--build", str(self.build), "--parallel", str(jobs),
                "--target", "danas", "danas-engine"] + TESTS
        return Step("compile", 3600, 20, ["bash", "-c", f"{shlex.join(configure)} && {shlex.join(make)}"],
                    "does danas build here", lambda log: f"for torch {version or 'as CMake found it'}", always=True)
