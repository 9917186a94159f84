#!/usr/bin/env python3
"""Makes checkpoint-v2/: as checkpoint_v1.py, of a search with all that checkpoints of format version 2 may hold: paths
of its own, an average of the weights, gradients of α, what was passed.

Usage: checkpoint_v2.py FOLDER (of danas, danas-engine and libdanas_fault.so)
run/ is the folder of a search that was killed in a weight pass of its second schedule step, with its newest checkpoint
alone; expected.json is the best.json of the search that nothing disturbed.
"""

import copy
import shutil
import sys
import tempfile
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "faults"))
import checkpoint_v1  # noqa: E402
import small_search  # noqa: E402


def make_config():
    config = copy.deepcopy(small_search.CONFIG)
    config["schedule"].update(warmup_epochs=1, epochs_per_step=2)
    config["search"].update(budget_min="90k", budget_max="150k", paths="uniform", final="scored", finalists=2,
                            finalist_images=30, scoring={"images": 30, "ema": 0.9},
                            pruning={"score": "paths", "paths": 30, "budget": "aware"})
    config["checkpoint"].update(every=1e-9, keep=10000)
    return config


def middle_of_step2(run):
    """The number of a checkpoint written between two batches of step 2's second weight pass."""
    for manifest in small_search.manifests(run):
        values = manifest["values"]
        if (values["position.phase"], values["position.epoch"], values["position.weights_done"]) == (2, 2, False):
            if values["position.totals.steps"] >= 3:
                return int(manifest["stem"])
    raise SystemExit("error: no checkpoint lies in that pass")


def make(version, binaries, config):
    """The folder checkpoint-v<version>, by a danas that writes this version."""
    programs = small_search.Programs(binaries)
    target = HERE / f"checkpoint-v{version}"
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        project = pathlib.Path(temporary)
        small_search.write_project(project, config)
        code, said = programs.run(project, small_search.COMMAND, "path=/run/;nosync=1")
        assert code == 0, said
        number = middle_of_step2(project / "run")
        target.mkdir()
        shutil.copy(project / "run/best.json", target / "expected.json")
        shutil.rmtree(project / "run")
        code, said = programs.run(project, small_search.COMMAND, "path=/run/;nosync=1;on=/checkpoints/;calls=rename;"
                                  f"at={2 * number};do=kill-after")
        assert code == -9, said
        newest = small_search.manifests(project / "run")[-1]
        assert int(newest["stem"]) == number
        assert newest["format_version"] == version, f"this danas writes version {newest['format_version']}"
        checkpoint_v1.copy_run(project / "run", target / "run")


if __name__ == "__main__":
    make(2, sys.argv[1], make_config())
