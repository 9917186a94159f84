#!/usr/bin/env python3
"""The include rules find what they are for, in a small tree that breaks each of them once."""

import pathlib
import tempfile
import unittest

import include_rules


def broken(files):
    """The broken includes of a checkout that holds `files`: name to text."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return include_rules.broken_includes(pathlib.Path(folder))


class IncludeRules(unittest.TestCase):
    def test_a_clean_tree_passes(self):
        files = {
            "include/danas/core/log.h": "#include <string>\n#include <sys/stat.h>\n",
            "src/core/log.cpp": '#include "danas/core/log.h"\n#include <spdlog/spdlog.h>\n#include "private.h"\n',
            "src/core/private.h": "#pragma once\n",
            "src/search/loop.cpp": '#include "danas/train/epoch.h"\n#include <torch/csrc/autograd/variable.h>\n',
            "src/data/decode.cpp": "#include <opencv2/imgcodecs.hpp>\n",
            "src/run/cuda/parts.cpp": "#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>\n",
            "tools/danas/main.cpp": '#include <CLI/CLI.hpp>\n#include "danas/search/search.h"\n',
        }
        self.assertEqual(broken(files), [])

    def expect_one(self, name, text, *words):
        found = broken({name: text})
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_an_arrow_that_points_back(self):
        self.expect_one("include/danas/core/x.h", '\n#include "danas/config/y.h"\n', "core/x.h:2", "danas/config/y.h")
        self.expect_one("src/train/x.cpp", '#  include <danas/search/y.h>\n', "train may not include search")
        self.expect_one("src/report/x.cpp", '#include "danas/nn/y.h"\n', "report may not include nn")
        self.expect_one("src/arch/x.cpp", '#include "src/nn/y.h"\n', "arch may not include nn")
        self.expect_one("src/arch/x.cpp", '#include "../nn/y.h"\n', "leaves its folder")

    def test_a_loop_that_may_be_serial(self):
        self.expect_one("src/nn/x.cpp", "\nat::parallel_for(0, 8, 1, f);\n", "src/nn/x.cpp:2", "src/nn/thread_pool.cpp")
        self.assertEqual(broken({"src/nn/thread_pool.cpp": "at::parallel_for(0, 8, 1, f);\n"}), [])

    def test_a_library_outside_its_room(self):
        for room, header in [
            ("arch", "yaml-cpp/yaml.h"),
            ("nn", "opencv2/core.hpp"),
            ("nn", "jpeglib.h"),
            ("config", "CLI/CLI.hpp"),
            ("train", "spdlog/spdlog.h"),
            ("arch", "nlohmann/json.hpp"),
            ("cost", "ATen/ATen.h"),
            ("data", "torch/nn/module.h"),
            ("train", "c10/cuda/CUDAStream.h"),
            ("train", "torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp"),
            ("train", "nccl.h"),
            ("run", "xxhash.h"),
            ("search", "torch/torch.h"),
        ]:
            with self.subTest(room=room, header=header):
                self.expect_one(f"src/{room}/x.cpp", f"#include <{header}>\n", header, f"not allowed in {room}")

    def test_an_unknown_library_or_room(self):
        self.expect_one("src/core/x.cpp", "#include <boost/any.hpp>\n", "does not know")
        self.expect_one("src/extra/x.cpp", "", "lies in no room")
        self.expect_one("src/core/x.cpp", '#include "danas/extra/y.h"\n', "no such room as extra")


if __name__ == "__main__":
    unittest.main()
