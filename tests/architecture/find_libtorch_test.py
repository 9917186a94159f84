#!/usr/bin/env python3
"""FindLibTorch takes and refuses what third_party/README.md says, shown on trees of files with little in them."""

import os
import pathlib
import subprocess
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(find CXX)
list(APPEND CMAKE_MODULE_PATH "{modules}")
find_package(LibTorch 2.14...<3 REQUIRED)
message(STATUS "version=${{LibTorch_VERSION}} missing=${{LibTorch_CUDA_MISSING}}")
get_target_property(options LibTorch::LibTorch INTERFACE_COMPILE_OPTIONS)
message(STATUS "openmp=${{LibTorch_OPENMP_LIBRARY}} no_openmp=${{LibTorch_OPENMP_MISSING}} options=${{options}}")
if(TARGET LibTorch::CUDA)
  get_target_property(dirs LibTorch::CUDA INTERFACE_INCLUDE_DIRECTORIES)
  message(STATUS "cuda=${{dirs}}")
endif()
"""

CUDA_HEADERS = ["cuda_runtime_api.h", "crt/host_config.h", "nv/target", "cublas_v2.h", "cusparse.h", "cusolverDn.h"]


class FindLibTorch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.top = pathlib.Path(cls.folder.name)
        cls.write("project/CMakeLists.txt", PROJECT.format(modules=CHECKOUT / "third_party"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def write(cls, name, text=""):
        path = cls.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def wheels(self, name, torch="2.14.1", nccl="2.30.7", without=()):
        """A site-packages folder as pip leaves it; returns torch's folder in it."""
        major, minor, patch = torch.split(".")
        self.write(f"{name}/torch/include/torch/csrc/api/include/torch/torch.h")
        self.write(
            f"{name}/torch/include/torch/headeronly/version.h",
            f"#define TORCH_VERSION_MAJOR {major}\n#define TORCH_VERSION_MINOR {minor}\n"
            f"#define TORCH_VERSION_PATCH {patch}\n",
        )
        for library in ("torch_cpu", "c10", "torch_cuda", "c10_cuda"):
            self.write(f"{name}/torch/lib/lib{library}.so")
        self.write(f"{name}/torch-{torch}.dist-info/METADATA", 'Requires-Dist: nvidia-nccl-cu13==2.30.7; x == "y"\n')
        for header in CUDA_HEADERS:
            if header not in without:
                self.write(f"{name}/nvidia/cu13/include/{header}")
        major, minor, patch = nccl.split(".")
        self.write(
            f"{name}/nvidia/nccl/include/nccl.h",
            f"#define NCCL_MAJOR {major}\n#define NCCL_MINOR {minor}\n#define NCCL_PATCH {patch}\n"
            '#define NCCL_SUFFIX ""\n',
        )
        return self.top / name / "torch"

    def openmp(self, torch, runtime, functions=("GOMP_parallel",)):
        """Gives torch's library an OpenMP runtime of this name that has these functions."""
        lib = torch / "lib"
        code = "".join(f'extern "C" void {name}() {{}}\n' for name in functions) + "int version;\n"
        self.write("runtime.cpp", code)
        self.write("torch.cpp", "extern int version; int torch() { return version; }\n")
        for source, name, more in (("runtime", runtime, []), ("torch", "libtorch_cpu.so", [lib / runtime])):
            subprocess.run(
                ["c++", "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{name}", "-o", lib / name,
                 self.top / f"{source}.cpp", *more],
                check=True,
            )
        return torch

    def configure(self, build, root):
        """CMake's status and its output, lines joined."""
        run = subprocess.run(
            ["cmake", "-G", "Ninja", "-S", self.top / "project", "-B", self.top / build, f"-DLibTorch_ROOT={root}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env={**os.environ, "COLUMNS": "200"},
        )
        return run.returncode, " ".join(run.stdout.split())

    def test_all_wheels_give_the_cuda_parts_with_their_headers_alone(self):
        status, output = self.configure("all", self.wheels("all-wheels"))
        self.assertEqual(status, 0, output)
        self.assertIn("version=2.14.1 missing= ", output)
        dirs = output.split("cuda=")[1].split()[0].split(";")
        for folder in dirs:
            self.assertTrue(folder.startswith(str(self.top / "all-wheels")), dirs)

    def test_openmp_is_the_one_that_torch_loads(self):
        for runtime in ("libgomp.so.1", "libgomp-a34b3233.so.1", "libiomp5.so", "libomp.so"):
            name = runtime.split(".")[0]
            root = self.openmp(self.wheels(name), runtime)
            status, output = self.configure(f"build-{name}", root)
            self.assertEqual(status, 0, output)
            self.assertIn(f"openmp={root}/lib/{runtime} no_openmp= options=", output)
            self.assertIn("-fopenmp", output.split("options=")[1])

    def test_openmp_that_the_compiler_cannot_use_is_refused_with_a_reason(self):
        root = self.openmp(self.wheels("foreign"), "libomp.so", functions=["__kmpc_fork_call"])
        status, output = self.configure("build-foreign", root)
        self.assertEqual(status, 0, output)
        self.assertIn(f"-fopenmp does not link with {root}/lib/libomp.so", output)
        self.assertNotIn("-fopenmp>", output.split("options=")[1])

    def test_a_torch_without_openmp_is_refused_with_a_reason(self):
        status, output = self.configure("build-serial", self.wheels("serial"))
        self.assertEqual(status, 0, output)
        self.assertIn("loads no OpenMP runtime that is known", output)
        self.assertNotIn("-fopenmp>", output.split("options=")[1])

    def test_a_missing_header_names_its_wheel(self):
        status, output = self.configure("header", self.wheels("no-crt", without=["crt/host_config.h"]))
        self.assertEqual(status, 0, output)
        self.assertIn("no crt/host_config.h (wheel nvidia-cuda-crt)", output)
        self.assertNotIn("cuda=", output)

    def test_another_nccl_is_refused(self):
        status, output = self.configure("nccl", self.wheels("other-nccl", nccl="2.29.3"))
        self.assertEqual(status, 0, output)
        self.assertIn("nccl.h is of version '2.29.3', but torch pins '2.30.7'", output)
        self.assertNotIn("cuda=", output)

    def test_a_torch_outside_the_range_is_refused(self):
        status, output = self.configure("old", self.wheels("old-torch", torch="2.5.0"))
        self.assertNotEqual(status, 0)
        self.assertIn('Found unsuitable version "2.5.0"', output)

    def test_a_root_without_torch_says_what_to_do(self):
        status, output = self.configure("none", self.top / "project")
        self.assertNotEqual(status, 0)
        self.assertIn("scripts/setup", output)
        self.assertIn("-DLibTorch_ROOT", output)

    def test_a_new_root_replaces_what_the_old_one_left_in_the_cache(self):
        self.configure("moved", self.wheels("first"))
        status, output = self.configure("moved", self.wheels("second", torch="2.15.0"))
        self.assertEqual(status, 0, output)
        self.assertIn("version=2.15.0", output)
        cache = (self.top / "moved/CMakeCache.txt").read_text(encoding="utf-8")
        self.assertNotIn(str(self.top / "first"), cache)


if __name__ == "__main__":
    unittest.main()
