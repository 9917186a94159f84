#!/usr/bin/env python3
"""Prints, as JSON, the program and the arguments that torchrun would start: torchrun_words.py RUN_PY WORD...

RUN_PY is torch/distributed/run.py. Its parser is taken out of the source, since torch itself loads only with all the
wheels that it asks for. An argument that torchrun refuses ends this with torchrun's own message and exit code 2.
"""

import argparse
import ast
import importlib.util
import json
import pathlib
import sys


def parser_of(run_py: pathlib.Path) -> argparse.ArgumentParser:
    spec = importlib.util.spec_from_file_location("argparse_util", run_py.with_name("argparse_util.py"))
    actions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(actions)
    tree = ast.parse(run_py.read_text(encoding="utf-8"))
    # Its classes are actions of the parser; annotations could name what only torch brings.
    wanted = [node for node in tree.body if isinstance(node, ast.ClassDef)
              or (isinstance(node, ast.FunctionDef) and node.name == "get_args_parser")]
    future = ast.parse("from __future__ import annotations").body
    names = {"_Action": argparse.Action, "ArgumentParser": argparse.ArgumentParser, "REMAINDER": argparse.REMAINDER,
             "env": actions.env, "check_env": actions.check_env, "_AffinityMode": ()}
    exec(compile(ast.Module(body=future + wanted, type_ignores=[]), str(run_py), "exec"), names)
    return names["get_args_parser"]()


def main() -> None:
    given = parser_of(pathlib.Path(sys.argv[1])).parse_args(sys.argv[2:])
    rest = given.training_script_args
    print(json.dumps([given.training_script, *(rest[1:] if rest[:1] == ["--"] else rest)]))


if __name__ == "__main__":
    main()
