"""Run folders of searches that never ran: the logs, config and network of a large one, in a second.

Usage: made_run.py --binaries FOLDER OUT [--space S] [--classes N] [--epochs N] [--seed N]
"""

import argparse
import json
import math
import pathlib
import random
import subprocess

TIME = "2026-01-31T12:00:00Z"


def candidate_name(block: dict) -> str:
    """As CandidateName() of the kinds that the test's spaces have."""
    op = block.get("operator", {})
    kernel = {"depthwise": "k", "normal": "n"}.get(op.get("kind"), "") + str(op.get("kernel", ""))
    if block["block"] == "inverted_residual":
        se = "_se" if block.get("squeeze_excite") else ""
        return f"ir{se}_e{block['expand']}_{kernel}"
    return "identity" if block["block"] == "identity" else f"{block['block']}_{kernel}"


class MadeSearch:
    """Logs of a search over `space` (the JSON of `danas space show`) that learns α by a random walk."""

    def __init__(self, space: dict, config: dict, classes: "list[str]", seed: int = 0, epochs: int = 4):
        self.random = random.Random(seed)
        self.space, self.config, self.seed, self.epochs = space, config, seed, epochs
        self.classes = classes
        self.layers = [[candidate_name(block) for block in layer["candidates"]] for layer in space["layers"]]
        self.phases = [("warmup", 0.3), ("step1", 0.5), ("step2", 0.8), ("step3", 1.0)]
        self.log, self.alphas = [], []

    def run(self) -> "MadeSearch":
        sizes = [max(1, round(share * len(self.classes))) for _, share in self.phases]
        networks = math.prod(len(names) for names in self.layers)
        self.add(event="search_start", seed=self.seed, device="cpu, 2 threads", space=self.space["name"],
                 dataset="data/images", fingerprint="00ff00ff00ff00ff", ranking="listed", class_order=self.classes,
                 layers=len(self.layers), searchable_layers=sum(len(names) > 1 for names in self.layers),
                 networks=float(networks), unit="MACs", least=65e6, most=527e6, budget=323e6, budget_max=329.46e6,
                 batch=64, alpha_batch=64, paths="gumbel", weight_steps=1000, alpha_steps=300, images=64000,
                 memory_bytes=3e9, final_macs=0.0,
                 phases=[{"phase": phase, "classes": size, "epochs": self.epochs, "searches": phase != "warmup",
                          "weight_images": 100, "architecture_images": 50, "weight_steps": 10, "alpha_steps": 5,
                          "candidates": 6.0, "macs_per_image": 1e8, "parameters": 1e7}
                         for (phase, _), size in zip(self.phases, sizes)])
        left = [list(names) for names in self.layers]
        alpha = [{name: 0.0 for name in names} for names in self.layers]
        steps = 0
        for (phase, _), size in zip(self.phases, sizes):
            for epoch in range(1, self.epochs + 1):
                steps += 10
                self.epoch(phase, epoch, size, steps, left, alpha)
            if phase != "warmup":
                left = self.prune(phase, left, alpha)
        self.end(left, alpha)
        return self

    def add(self, **event) -> None:
        event["time"] = TIME
        self.log.append(event)

    def epoch(self, phase, epoch, size, steps, left, alpha) -> None:
        searches = phase != "warmup"
        for layer, names in enumerate(left):
            for place, name in enumerate(names):
                alpha[layer][name] += searches * self.random.gauss(0.08 * (place % 4), 0.25)
        loss = 7 * math.exp(-steps / 150) + 0.02 * self.random.random() + math.log(size) / 10
        event = {"event": "epoch", "phase": phase, "epoch": epoch, "epochs": self.epochs, "classes": size,
                 "lr": 0.05 * (1 + math.cos(math.pi * steps / (40 * self.epochs))) / 2, "train_loss": loss,
                 "train_accuracy": 1 / (1 + loss), "images": 6400, "skipped": 0, "temperature": 1.0,
                 "expected_cost": 290e6 + 2e5 * steps, "alpha_entropy": max(0.2, 1 - steps / 300),
                 "alpha_steps": steps, "weight_steps": steps,
                 "timing": {"seconds": 100 + self.random.random(), "images_per_second": 64.0, "share_waited": 0.04,
                            "peak_resident_bytes": 2 * 2**30}}
        if searches:
            event.update(validation_loss=loss + 0.1, validation_accuracy=0.9 / (1 + loss), validation_images=3200,
                         architecture_loss=loss + 0.3, sampled_cost=300e6, z_rms=1.4)
        self.add(**event)
        self.alphas.append({"event": "alpha", "time": TIME, "phase": phase, "epoch": epoch, "alpha_steps": steps,
                            "layers": [{"candidates": names, "alpha": [alpha[layer][name] for name in names]}
                                       for layer, names in enumerate(left)]})

    def prune(self, phase, left, alpha) -> "list[list[str]]":
        after, layers = [], []
        for layer, names in enumerate(left):
            order = sorted(names, key=lambda name: -alpha[layer][name])
            keep = max(1, len(names) - round(0.4 * len(names)))
            after.append([name for name in names if name in order[:keep]])
            if keep == len(names):
                continue
            gap = alpha[layer][order[keep - 1]] - alpha[layer][order[keep]]
            layers.append({"layer": layer, "dropped": order[keep:], "kept": order[:keep], "last_kept": order[keep - 1],
                           "first_dropped": order[keep], "gap": gap, "z": abs(self.random.gauss(2, 1.5)),
                           "conflict": False})
        self.add(event="pruning", phase=phase, score="alpha", candidates_before=sum(map(len, left)),
                 candidates_after=sum(map(len, after)), networks_in_band=1e9, cuts=len(layers),
                 unclear_cuts=sum(cut["z"] < 2 for cut in layers), above_noise=True, evidence_steps=50,
                 evidence_missed=0, z_rms=1.5, layers=layers, kept_for_budget=[], put_off=[])
        return after

    def end(self, left, alpha) -> None:
        self.network = [max(names, key=lambda name: alpha[layer][name]) for layer, names in enumerate(left)]
        self.add(event="search_end", network=self.network, argmax=self.network, bounded_by_budget=False,
                 chosen_by="alpha", unit="MACs", cost=318e6, argmax_cost=318e6, macs=318000000, parameters=3900000,
                 alpha_steps=300, weight_steps=1000, weight_images=64000, alpha_images=19200,
                 timing={"seconds": 3600.0, "device_hours": 1.0, "peak_resident_bytes": 2 * 2**30})

    def best(self) -> dict:
        network = json.loads(json.dumps(self.space))
        for layer, name in zip(network["layers"], self.network):
            layer["candidates"] = [block for block in layer["candidates"] if candidate_name(block) == name]
        network["classes"] = len(self.classes)
        return {"format_version": 1, "network": network, "class_ids": self.classes,
                "class_labels": [f"label of {name}" for name in self.classes], "origin": {}}

    def write(self, folder: pathlib.Path, lines: "int | None" = None, tail: str = "", best: bool = True) -> pathlib.Path:
        """All of it, or a run that came as far as `lines` events and then wrote `tail`."""
        folder.mkdir(parents=True)
        whole = lines is None
        log = self.log if whole else self.log[:lines]
        epochs = sum(event["event"] == "epoch" for event in log)
        (folder / "config.json").write_text(json.dumps(self.config))
        (folder / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in log) + tail)
        (folder / "alpha.jsonl").write_text("".join(json.dumps(event) + "\n" for event in self.alphas[:epochs]))
        if whole and best:
            (folder / "best.json").write_text(json.dumps(self.best()))
        return folder


def ask(binaries: pathlib.Path, *words: str) -> dict:
    """The JSON that a command prints."""
    return json.loads(subprocess.run([binaries / "danas", *words], check=True, capture_output=True, text=True).stdout)


def made_search(binaries: pathlib.Path, space: str, classes: "list[str]", image_size: int, **more) -> MadeSearch:
    config = ask(binaries, "config", "show", "--set", f"space={space}", "--set", f"data.image_size={image_size}",
                 "--set", f"data.test_resize={image_size}", "--seed", str(more.get("seed", 0)))
    return MadeSearch(ask(binaries, "space", "show", space, "--json"), config, classes, **more).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--space", default="shuffle_mobile")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    classes = [f"n{number:08}" for number in range(options.classes)]
    made_search(options.binaries, options.space, classes, options.image_size, seed=options.seed,
                epochs=options.epochs).write(options.out)


if __name__ == "__main__":
    main()
