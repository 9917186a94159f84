#!/usr/bin/env python3
"""Makes checkpoint-v3/: the search of checkpoint_v2.py, with checkpoints of format version 3 (hashes by XXH3).

Usage: checkpoint_v3.py FOLDER (of danas, danas-engine and libdanas_fault.so)
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import checkpoint_v2  # noqa: E402

if __name__ == "__main__":
    search = checkpoint_v2.make_config()
    search["search"]["final_source"] = "best"  # α, which is no longer trained where nothing uses it
    checkpoint_v2.make(3, sys.argv[1], search)
