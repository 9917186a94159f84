"""A folder of generated images that exists whole or not at all, for the scripts that make such images."""

import os
import pathlib
import secrets
import shutil
import signal
import sys


def write_folder(out, fill, program):
    """`fill(folder)` writes into a new folder, which then takes the name `out`; ends the script if that fails.
    Killed outright (SIGKILL) it leaves the new folder, whose name has an extra dot and some letters."""
    out = pathlib.Path(out)
    if out.exists():
        sys.exit(f"{program}: error: {out} already exists; choose another folder with --out")
    new = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of `finally`
    try:
        if not out.parent.exists():
            out.parent.mkdir(parents=True)
        new = out.with_name(f"{out.name}.{secrets.token_hex(4)}")  # before it is created: a signal may come in between
        new.mkdir(0o700)
        fill(new)
        new.chmod(0o755)
        os.replace(new, out)
    except KeyboardInterrupt:
        sys.exit(f"{program}: stopped; nothing was written")
    except OSError as error:
        sys.exit(f"{program}: error: {error.filename or out}: {error.strerror}; nothing was written. Fix this, or "
                 "choose another folder with --out")
    finally:
        if new is not None and new.exists():
            shutil.rmtree(new, ignore_errors=True)
