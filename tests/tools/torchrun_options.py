#!/usr/bin/env python3
"""What torchrun's own parser makes of danas's options. Needs torch for Python with its requirements.

Usage: torchrun_options.py OPTION...   names those that torchrun does not hand on to danas, one a line
       torchrun_options.py --list      torchrun's options, for torchrun_options.txt

Python's argparse looks for its own options in the whole line, also behind the name of the program that is started, and
takes one that begins like two of its own for a mistake. Exit code 3 where torch cannot be imported.
"""

import contextlib
import io
import sys

try:
    from torch.distributed.run import get_args_parser
except (ImportError, OSError) as error:
    print(f"no torchrun: {error}", file=sys.stderr)
    sys.exit(3)


def hands_on(words: "list[str]") -> bool:
    """Whether these words behind `danas search` reach danas as they are."""
    line = ["--no-python", "--nproc_per_node=2", "danas", "search", *words]
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            parsed = get_args_parser().parse_args(line)
    except SystemExit:
        return False
    return [parsed.training_script, *parsed.training_script_args] == ["danas", "search", *words]


if sys.argv[1:] == ["--list"]:
    print("\n".join(sorted(get_args_parser()._option_string_actions)))
else:
    for option in sys.argv[1:]:
        joined = option + "=value" if option.startswith("--") else option + "value"
        forms = [[option], [option, "value"], [joined]]
        if not all(hands_on(form) for form in forms):
            print(option)
