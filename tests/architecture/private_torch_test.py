#!/usr/bin/env python3
"""The list of torch's private parts is compared with the sources, and CMake names them for an untested torch."""

import pathlib
import subprocess
import tempfile
import unittest

import private_torch

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def differences(listed, files):
    """Of a checkout whose list has these lines and that holds `files`: name to text."""
    with tempfile.TemporaryDirectory() as folder:
        entries = "\n".join(f'    "{line}"' for line in listed)
        for name, text in {private_torch.LIST: f"set(PrivateTorch_USES\n{entries})\n", **files}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return private_torch.differences(pathlib.Path(folder))


def configure(version):
    """Exit code and output of the list for this torch, words with single spaces."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "configure.cmake")
        script.write_text(f"cmake_minimum_required(VERSION 3.25)\nset(LibTorch_VERSION {version})\n"
                          f'include("{CHECKOUT / private_torch.LIST}")\n', encoding="utf-8")
        run = subprocess.run(["cmake", "-P", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False)
    return run.returncode, " ".join(run.stdout.split())


class PrivateTorch(unittest.TestCase):
    def test_a_list_of_what_is_used_passes(self):
        found = differences(
            ["at::_add_: src/nn/a.cpp src/nn/b.cpp", "c10::impl::Guard: src/nn/a.cpp", "<kineto/K.h>: tools/t.cpp"],
            {"src/nn/a.cpp": "at::_add_(x); c10::impl::Guard g; at::add(x, at::kFloat);\n",
             "src/nn/b.cpp": "// at::_old_ did that\nx = at::_add_(y); log(\"at::_text\");\n",
             "tools/t.cpp": "#include <kineto/K.h>\n#include <ATen/ATen.h>\n"})
        self.assertEqual(found, [])

    def test_a_use_that_is_not_listed(self):
        for text, name in [
            ("auto y = at::_fused_adam_(x);", "at::_fused_adam_"),
            ("torch::autograd::_f();", "torch::autograd::_f"),
            ("at::native::relu(x);", "at::native::relu"),
            ("torch::jit::detail::F::g();", "torch::jit::detail::F::g"),
            ("#include <torch/csrc/distributed/c10d/reducer.hpp>", "<torch/csrc/distributed/c10d/reducer.hpp>"),
            ("#include <ATen/native/cpu/Loops.h>", "<ATen/native/cpu/Loops.h>"),
        ]:
            with self.subTest(text=text):
                found = differences([], {"src/nn/x.cpp": text + "\n"})
                self.assertEqual(found, [f"src/nn/x.cpp: {name} is private to torch: list it in {private_torch.LIST}"])

    def test_an_entry_that_is_used_no_more_or_elsewhere(self):
        found = differences(["at::_f: src/nn/x.cpp src/nn/y.cpp"],
                            {"src/nn/x.cpp": "at::_f();\n", "src/nn/y.cpp": "\n"})
        self.assertEqual(found, [f"{private_torch.LIST}: at::_f is not used in src/nn/y.cpp any more"])

    def test_cmake_is_silent_for_a_tested_torch(self):
        self.assertEqual(configure("2.14.7"), (0, ""))

    def test_cmake_names_all_of_them_for_another_torch(self):
        status, output = configure("2.15.0")
        self.assertEqual(status, 0, output)
        self.assertIn("torch 2.15.0", output)
        for name, path in private_torch.listed(CHECKOUT):
            self.assertIn(f"{name}: ", output)
            self.assertIn(path, output)


if __name__ == "__main__":
    unittest.main()
