#!/usr/bin/env python3
"""Makes checkpoint-v1/: a small search that was killed in the middle of a weight pass of its second schedule step, and
what it finds when it goes on.

Usage: checkpoint_v1.py FOLDER (of danas, danas-engine and libdanas_fault.so; made with danas 0.1.0)
run/ is the run's folder with its newest checkpoint alone; expected.json is the best.json of the search that nothing
disturbed. Its data and space are those of tests/tools/run_danas.h. A checkpoint's format that changes gets a folder of
its own beside this one, which stays: a run that an older danas began goes on.
"""

import copy
import json
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "faults"))
import small_search  # noqa: E402

CHECKPOINT = 55  # of those written after every batch


def main():
    programs = small_search.Programs(sys.argv[1])
    config = copy.deepcopy(small_search.CONFIG)
    config["schedule"].update(warmup_epochs=1, epochs_per_step=2)
    config["checkpoint"]["every"] = 1e-9
    target = HERE / "checkpoint-v1"
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        project = pathlib.Path(temporary)
        small_search.write_project(project, config)
        code, said = programs.run(project, small_search.COMMAND, "path=/run/;nosync=1")
        assert code == 0, said
        target.mkdir()
        shutil.copy(project / "run/best.json", target / "expected.json")
        shutil.rmtree(project / "run")
        code, said = programs.run(project, small_search.COMMAND, "path=/run/;nosync=1;on=/checkpoints/;calls=rename;"
                                  f"at={2 * CHECKPOINT};do=kill-after")
        assert code == -9, said
        position = small_search.manifests(project / "run")[-1]["values"]
        assert position["position.phase"] == 2 and position["position.pass"] >= 0, position
        copy_run(project / "run", target / "run")


def copy_run(run, to):
    for name in ("config.json", "log.jsonl", "alpha.jsonl", "space-step1.json"):
        to.mkdir(exist_ok=True)
        shutil.copy(run / name, to / name)
    (to / "checkpoints").mkdir()
    for file in sorted((run / "checkpoints").glob("*.json"))[-1:]:
        for name in (file, file.with_suffix(".safetensors")):
            shutil.copy(name, to / "checkpoints" / name.name)


if __name__ == "__main__":
    main()
