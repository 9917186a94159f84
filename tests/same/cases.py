"""What same_results.py runs with both programs: small data, configs, and command lines on them."""

import copy
import json
import pathlib
import shutil
import sys
import typing

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "faults"))
import small_search  # noqa: E402

CONFIG = copy.deepcopy(small_search.CONFIG)
CONFIG["schedule"].update(warmup_epochs=1, epochs_per_step=1)
CONFIG["finetune"] = {"epochs": 2, "dropout": 0.2, "train": {"batch": 10, "lr": 0.05, "lr_warmup_epochs": 1}}
CONFIG["zoo"] = {"epochs": 2, "train": {"batch": 10, "lr": 0.05, "lr_warmup_epochs": 0.5}}
CONFIG["easiness"] = {"models": ["mobilenetv1_0.25", "mobilenetv2_0.25"]}
del CONFIG["checkpoint"]  # by the clock: two runs never have the same ones

AUGMENTED = {"data.augment": {"crop": "pad", "padding": 2, "flip": 0.5, "brightness": 0.2, "contrast": 0.2}}
SEARCH = "search --config config.json --no-probe --run run"
ROBUST = {"search.preset": "robust", "search.pruning.paths": 12, "search.scoring.images": 30}


def depthwise(block, *kernels, **more):
    return {"block": block, "operator": {"kind": "depthwise", "kernel": list(kernels)}, **more}


def normal(block, kernel=3, **more):
    return {"block": block, "operator": {"kind": "normal", "kernel": kernel}, **more}


# Every kind of block, in the layers that it can stand in.
KINDS = {
    "inverted": [depthwise("inverted_residual", 3, 5, expand=[1, 3]),
                 depthwise("inverted_residual", 3, expand=4, squeeze_excite=True, activation="hard_swish"),
                 normal("inverted_residual", expand=2, fused=True), {"block": "identity", "project": True}],
    "shuffle": [depthwise("shuffle_a", 3, 5), depthwise("shuffle_x", 3), depthwise("shuffle_v2", 3)],
    "grouped": [depthwise("shuffle_v1", 3, groups=2), depthwise("depthwise_separable", 3, activation="swish")],
    "dense": [normal("residual"), normal("basic"), normal("convolution"), {"block": "max_pool", "kernel": 3}],
}


def space_of(kind, order="shuffled"):
    space = copy.deepcopy(small_search.SPACE)
    space["candidates"] = {"mobile": KINDS[kind]}
    for stage in space["stages"]:
        stage["repeat"] = 2
    if order != "shuffled":
        space["channel_order"] = order
    return space


Step = typing.Union[str, "typing.Callable[[pathlib.Path, pathlib.Path], None]"]


class Case(typing.NamedTuple):
    """Steps in a folder with data/, config.json and space.json: words for danas, or a function of the folder and of the
    one where the old program has done its steps."""
    name: str
    steps: "list[Step]"
    config: dict = {}  # keys with dots; None takes one out
    space: dict = small_search.SPACE


def cut(folder, old):
    """`run`: what the old program's search left, as it was before the last phase. Both programs resume it."""
    shutil.copytree(old / "whole" if old.exists() else folder / "whole", folder / "run")
    (folder / "run/best.json").unlink()
    newest = max((folder / "run/checkpoints").glob("*.json"))
    newest.unlink(), newest.with_suffix(".safetensors").unlink()


def write_study(folder, _):
    (folder / "study.json").write_text(json.dumps({
        "name": "small", "config": "config.json", "seeds": 2, "arms": {"paper": {}, "robust": {"set": ROBUST},
                                                                       "random": {"random": 1}},
        "outcome": {"finetune": {}}}))


def take_version_1(folder, _):
    shutil.copytree(TESTS / "golden/checkpoint-v1/run", folder / "run")


def searches():
    yield Case("search", [SEARCH])
    yield Case("search-augmented", [SEARCH], AUGMENTED)
    yield Case("search-robust", [SEARCH], ROBUST)
    yield Case("search-budgets", [SEARCH], {**ROBUST, "search.budget": None, "search.budgets": ["90k", "120k"]})
    yield Case("search-evolution", [SEARCH], {
        **ROBUST, "search.pruning.ratio": 0.2, "search.final_networks": 4, "search.final_effects": "none",
        "search.finalists": 2, "search.finalist_images": 30,
        "search.evolution": {"generations": 3, "population": 6, "parents": 3, "mutants": 2, "crossovers": 2}})
    yield Case("search-masks", [SEARCH], {"search.pruning.score": "perturbation", "search.final": "sampled"})
    yield Case("search-pairs", [SEARCH], {**ROBUST, "search.pruning.effects": "pairs", "search.final_effects": "pairs"})
    yield Case("search-relaxation", [SEARCH], {
        "search.relaxation": {"hard": True, "draws": "micro_batch", "temperature_end": 0.5},
        "search.alpha_batch": 10, "search.alpha_micro_batch": 5, "search.pruning.budget": "aware"})
    yield Case("search-uniform", [SEARCH], {"search.paths": "uniform", "search.loss.kind": "literal"})
    yield Case("search-ema", [SEARCH], {"search.scoring.ema": 0.9, "search.final": "scored"})
    yield Case("search-training", [SEARCH], {
        "train": {"batch": 12, "micro_batch": 4, "lr": 0.05, "clip_norm": 1, "nesterov": True, "label_smoothing": 0.1,
                  "bn_groups": 2}})
    yield Case("search-every-k", [SEARCH], {"search.alpha_pass": "every_k", "search.alpha_every": 2})
    yield Case("search-nonfinite-skip", [SEARCH], {"train.on_nonfinite": "skip"})
    yield Case("search-average", [SEARCH], {"train.ema_decay": 0.9})
    yield Case("search-bf16", [SEARCH], {"runtime.amp": "bf16"})
    yield Case("search-double", [SEARCH], {"runtime.precision": "float64"})
    yield Case("search-recompute", [SEARCH], {"nn.recompute": "layer"})
    for kind in KINDS:
        for kernels in ("fused", "aten"):
            yield Case(f"blocks-{kind}-{kernels}", [SEARCH, "finetune --arch run/best.json --run final"],
                       {"nn.kernels": kernels, "search.budget": "200k"}, space_of(kind))
    yield Case("blocks-kept", [SEARCH], {"search.budget": "200k"}, space_of("shuffle", "kept"))


def others():
    yield Case("finetune", [SEARCH, "finetune --arch run/best.json --run final", "evaluate --run final",
                            "finetune --arch run/best.json --run again --set finetune.init=supernet",
                            "cost --arch run/best.json --json"], AUGMENTED)
    yield Case("train", ["train --model mobilenetv2_0.25 --config config.json --run trained", "evaluate --run trained"])
    yield Case("easiness", ["easiness --config config.json --set easiness.networks=networks --out easiness",
                            SEARCH + " --set schedule.ranking=easiness/ranking.json"])
    yield Case("ranks", [SEARCH + " --ranks 2", "finetune --arch run/best.json --run final --ranks 2"],
               {"train.batch": 12, "ranks.timeout": 60})
    yield Case("ranks-sync", [SEARCH + " --ranks 2"], {**ROBUST, "train.batch": 12, "train.sync_bn": True})
    whole = SEARCH.replace("--run run", "--run whole")
    yield Case("resume", [whole, cut, "search --resume run"])
    yield Case("resume-robust", [whole, cut, "search --resume run"], ROBUST)
    yield Case("resume-version-1", [take_version_1, "search --resume run"], {"schedule.epochs_per_step": 2})
    scores = ("supernet", "macs", "parameters", "naswot", "zico")
    yield Case("rank", [SEARCH] + [f"rank --run run --all --json --score {score}" for score in scores] +
               ["choose --run run --budget 100k --out choice.json"], ROBUST)
    yield Case("rank-alpha", [SEARCH, "rank --run run --all --json --score alpha"])
    yield Case("study", [write_study, "study study.json --run study --data data --json"])
    yield Case("tables", ["space show space.json --json", "config show --config config.json",
                          "cost --space space.json --json",
                          "space sample --config config.json --count 3 --seed 1 --out sampled",
                          "data info --data data --json", "models --json", "config schema", "config reference"])


ALL = [*searches(), *others()]
