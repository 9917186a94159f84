"""How each documented command line is tried: run on something small (RUN), or looked at only (LOOKED_AT), and why.

A key is the command as it is written, without its comment and with single blanks; a compiled pattern stands for each
command that it fits from end to end. Inline mentions without values, such as `danas log --follow`, need no line here:
their commands and options are looked up.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Run:
    """In a copy of the made project (made_project.py), by bash, to its end."""

    put: "dict[str, str]" = dataclasses.field(default_factory=dict)  # what is replaced, in this order
    add: str = ""  # behind the command
    before: str = ""  # commands that make what it needs
    says: str = ""  # what its output must hold
    needs: str = ""  # a Python package of .venv, without which it is looked at only


@dataclasses.dataclass(frozen=True)
class Look:
    """Not run. Options, presets, targets, files and config keys that it names must be there."""

    why: str  # a key of REASONS
    put: "dict[str, str]" = dataclasses.field(default_factory=dict)
    run_by: str = ""  # the test of ctest that runs what it stands for


REASONS = {
    "cluster": "wants several machines, or Slurm",
    "container": "wants a container engine",
    "gpu": "wants GPUs",
    "network": "downloads",
    "python": "wants Python packages that scripts/setup does not install",
    "peers": "compares with programs that are not part of danas",
    "long": "builds danas, or takes minutes to hours",
}

# Everywhere, before what a line of the table puts.
EVERYWHERE = {"/data/": "data/"}

SMALL_IMAGES = "--set data.image_size=16 --set data.test_resize=16"
SMALL_SEARCH = (f"--no-probe {SMALL_IMAGES} --set space=my_space.json --set search.budget=120k --set train.batch=10 "
                "--set train.micro_batch=0 --set schedule.warmup_epochs=1 --set schedule.epochs_per_step=1")
SMALL_JUDGES = "--set data.search_images_per_class=0 --set zoo.epochs=1 --set zoo.train.batch=20"
SMALL_TRAINING = ("--set data.image_size=32 --set data.test_resize=32 --set zoo.epochs=1 --set zoo.train.batch=8 "
                  "--set zoo.train.micro_batch=0 --set data.validation_per_class=2")
PLAN = "--dry-run --no-probe"
BENCH = "--rounds 1 --steps 1"
SMALL_STEPS = "--input 16x16 --batch 2 --steps 1 --warmup 0"
TRAIN_JUDGE = f"danas train --model mobilenetv1_0.25 --data data/imagenet {SMALL_TRAINING} --run runs/judge"
JUDGE = {"resnet34-b627a593.pth": "runs/judge/weights.safetensors", "resnet34": "mobilenetv1_0.25"}
QUICK_EASINESS = f"danas easiness --config quickstart.json --data data/fashion {SMALL_JUDGES}"

LATENCY = {"mobile_small": "my_space.json", "shuffle_small": "my_space.json"}
MEASURE = "danas latency --space my_space.json --device cpu --threads 1 --rounds 1 --out table.yaml"

# Made up: as good as a network is dear.
TRUTH = ("danas rank --run runs/mine --all --score macs --json | python3 -c 'import json, sys; "
         "print(\"network,loss,accuracy\"); [print(n[\"network\"], 1, n[\"cost\"] / 1e9, sep=\",\") "
         "for n in json.load(sys.stdin)[\"networks\"]]' > table.csv")

# Planned without the dataset.
TABLES = [f"{table}{size}" for table in ("table1", "table2", "table3", "table4", "table5", "table6", "tau")
          for size in ("", "_small")]

RUN = {
    # docs/tables.md
    **{f"danas study {table} --dry-run": Run(says="planned cost, forward and backward") for table in TABLES},
    # README: a first search
    "danas easiness --config quickstart.json --data IMAGES --seed 0": Run({"IMAGES": "data/fashion"}, add=SMALL_JUDGES),
    "danas search --config quickstart.json --data IMAGES --seed 0 --set schedule.ranking=FOLDER/ranking.json "
    "--dry-run": Run(
        {"IMAGES": "data/fashion"}, before=f"{QUICK_EASINESS} --out FOLDER", add="--no-probe", says="step3"),
    # docs/training-paths.md
    "danas search --config fashion_mnist_short.json --set 'search.budgets=[1.5M, 1.8M, 2.1M]' "
    "--set schedule.ranking=random --dry-run": Run(add="--data data/fashion --no-probe",
                                                   says="budgets: 1.5M, 1.8M, 2.1M MACs"),
    # docs/strategies.md
    "danas search --config fashion_mnist.json --strategy spos --dry-run": Run(
        add="--data data/fashion --no-probe", says="final choice: at most 1,000 networks"),
    # README: your own search; scripts/quickstart says some of them again
    "danas COMMAND --help": Run({"COMMAND": "search"}, says="Examples:"),
    "danas search --config imagenet_shuffle_mobile.json --data /data/imagenet --dry-run": Run(
        add="--no-probe --set schedule.classes=[2,2,3,3] --set data.validation_per_class=2", says="not known yet"),
    "danas search --config imagenet_shuffle_mobile.json --data FOLDER --dry-run": Run(
        {"FOLDER": "data/imagenet"},
        add="--no-probe --set schedule.classes=[2,2,3,3] --set data.validation_per_class=2"),
    "danas search --config cifar10.json --data FOLDER": Run({"FOLDER": "data/cifar10"}, add=SMALL_SEARCH),
    "danas search --config image_folder.yaml --data FOLDER": Run(
        {"FOLDER": "data/photos"}, add=f"{SMALL_SEARCH} --set schedule.classes=[2,2,3,3]"),
    "danas finetune --arch runs/RUN/best.json": Run(),
    "danas easiness --models resnet18,mobilenetv2_0.5 --config fashion_mnist.json": Run(
        add=f"--data data/fashion {PLAN}"),
    "danas train --model resnet18 --data FOLDER": Run({"FOLDER": "data/photos"}, add=SMALL_TRAINING),
    "danas evaluate --run $out/found": Run({"$out/found": "runs/final"}),
    "danas export --run $out/found --to onnx": Run({"$out/found": "runs/final"}, says="model.onnx"),
    "danas rank --run $out/search --sample 20 --band 10%": Run({"$out/search": "runs/mine"}),
    "danas choose --run $out/search --budget 0.2M": Run({"$out/search": "runs/mine", "0.2M": "100k"}),
    "danas search --config fashion_mnist.json": Run(add=f"--data data/fashion {SMALL_SEARCH}"),
    # README: when a run ends early
    "danas search --resume runs/RUN": Run({"runs/RUN": "runs/stopped"}, says="runs/stopped/best.json"),
    "danas search --config C --run runs/mine --resume auto": Run(
        {"runs/mine": "runs/new"}, add="--no-probe && danas search --config C --run runs/new --resume auto",
        says="already finished"),
    "danas status runs/": Run(says="stopped"),
    "danas status RUN --watch": Run(says="finished"),
    "danas log RUN --follow": Run(),
    # README: many processes
    "danas search --config C --ranks 2 --device cpu": Run(add="--no-probe"),
    # docs/architecture.md, docs/file-formats.md
    "danas space check FILE": Run({"FILE": "my_space.json"}),
    "danas space show SPACE --graph FILE.svg": Run({"SPACE": "my_space.json", "FILE.svg": "my_space.svg"},
                                                   says="graph written to my_space.svg"),
    "python3 -c \"import torch; torch.save(torch.load('old.pth', map_location='cpu')['net'], 'new.pth')\"": Run(
        before="python3 -c \"import torch; torch.save({'net': {}}, 'old.pth')\"", needs="torch"),
    # docs/benchmarks.md
    'tests/bench/interleave.py --rounds 7 "one=build/release/bin/danas_supernet_bench --skeleton small" '
    '"two=COMMAND"': Run(
        {"--rounds 7": "--rounds 1", "--skeleton small": f"--skeleton small {SMALL_STEPS}",
         "COMMAND": f"build/release/bin/danas_supernet_bench {SMALL_STEPS}"},
        says="ratio to one"),
    "build/release/bin/danas_pass_bench --threads 1 --steps 10": Run(
        {"--steps 10": "--steps 1 --warmup 0 --batch 2"}, says="backward input"),
    "build/release/bin/danas_loader_bench --root FOLDER --workers 1": Run(
        {"FOLDER": "data/photos/train"}, add="--batch 4 --passes 1"),
    "danas search --config CONFIG --no-probe --run RUN --set search.budget=100M": Run(
        {"CONFIG": "my.json", "RUN": "runs/small"}, add=SMALL_SEARCH.replace("--no-probe ", "")),
    "danas bench supernet --space shuffle --batch 8 --profile FILE": Run(
        {"--batch 8": "--batch 2", "FILE": "steps.txt"}, add=BENCH),
    "danas bench supernet --space mobile_small --kernels fused,aten --threads 2": Run(
        {"--threads 2": "--threads 1"}, add=f"{BENCH} --batch 2"),
    "/usr/bin/time -v danas easiness --config cifar100.json --data FOLDER --models mobilenetv1_0.25,mobilenetv2_0.25 "
    "--weights mobilenetv1_0.25=FILE --weights mobilenetv2_0.25=FILE --no-probe --set runtime.threads=2 "
    "--set data.validation_fraction=0 --set data.validation_per_class=1": Run(
        {"/usr/bin/time -v ": "", "FOLDER": "data/cifar100", "v1_0.25=FILE": "v1_0.25=runs/v1/weights.safetensors",
         "v2_0.25=FILE": "v2_0.25=runs/v2/weights.safetensors", "threads=2": "threads=1"},
        before=" && ".join(
            f"danas train --model mobilenet{version}_0.25 --config cifar100.json --data data/cifar100 "
            f"--set zoo.epochs=1 --set zoo.train.batch=50 --run runs/{version}" for version in ("v1", "v2"))),
    # docs/checkpoints.md
    "danas search --resume runs/mine": Run({"runs/mine": "runs/stopped"}, says="runs/stopped/best.json"),
    "danas search --resume runs/mine --data /scratch/imagenet": Run(
        {"runs/mine": "runs/stopped", "/scratch/imagenet": "moved"}, before="mv data/photos moved",
        says="runs/stopped/best.json"),
    "danas finetune --resume runs/final": Run(says="already finished"),
    # docs/data.md
    "danas data info FOLDER": Run({"FOLDER": "data/photos"}, says="dog"),
    "danas data check PATH": Run({"PATH": "data/photos"}),
    "danas data manifest --devkit ILSVRC2012_devkit_t12 --data imagenet/val --out imagenet/val.csv": Run(
        add="&& cat imagenet/val.csv", says="val/ILSVRC2012_val_00000001.JPEG,n01440764"),
    "danas data pack imagenet imagenet-256 --resize-short 256 --quality 90": Run(
        before="danas data manifest --devkit ILSVRC2012_devkit_t12 --data imagenet/val --out imagenet/val.csv",
        add="&& ls imagenet-256/train/data.mdb imagenet-256/val/data.mdb"),
    "danas data pack photos/train packed": Run({"photos/train": "data/photos/train"}, add="&& ls packed/data.mdb"),
    "danas_loader_bench --root DATASET --workers 1 2 --batch 32 --passes 5 --decode reduced": Run(
        {"DATASET": "data/photos/train", "--batch 32 --passes 5": "--batch 4 --passes 1"}),
    # docs/fuzzing.md
    "build/dev/bin/danas_fuzz_space tests/fuzz/corpus/space configs/spaces --seconds 60 --seed 7": Run(
        {"--seconds 60": "--seconds 1"}),
    "build/fuzz/bin/danas_fuzz_<target> FILE": Run(
        {"<target>": "space", "FILE": "tests/fuzz/corpus/space"}, add="--seconds 1"),
    # docs/scaling.md
    "danas search --config imagenet_shuffle.json --images 1281167 --dry-run --predict 4xv100": Run(
        says="predicted for 4 V100 by a model"),
    "danas search --config my.json --images 50000 --dry-run --predict 2xh100 --predict-set memory_share=0.25": Run(
        says="predicted for 2 H100"),
    "scripts/scaling-model --config imagenet_shuffle.json --gpu a100 --gpus 1,4,8,32 --achieved-share 0.4": Run(),
    "scripts/scaling-model --paper": Run(),
    "scripts/scaling-model --constants": Run(),
    "danas bench supernet --config C --batch N": Run({"N": "2"}, add=BENCH),
    # CONTRIBUTING.md
    "build/dev/bin/danas --help": Run(says="search"),
    # configs/image_folder.yaml
    "danas search --config my.yaml --dry-run": Run(add="--no-probe"),
    "danas search --config my.yaml": Run(add="--no-probe"),
    # danas COMMAND --help
    "danas search --config my.json --set search.budget=200M --run runs/mine": Run(
        {"200M": "100k", "runs/mine": "runs/new"}, add="--no-probe"),
    "danas search --config my.json --strategy spos": Run(add=PLAN, says="final choice"),
    "danas search --resume runs/mine --fork runs/other --set search.budget=150M": Run(
        {"runs/mine": "runs/stopped", "150M": "130k"}, says="runs/other/best.json"),
    "danas finetune --arch runs/mine/best.json": Run(),
    "danas finetune --arch best.json --data /data/cifar10 --set finetune.epochs=100": Run(
        {"/data/cifar10": "data/photos", "epochs=100": "epochs=1"}),
    "danas train --model resnet18 --data /data/cifar10": Run(add=SMALL_TRAINING),
    "danas train --model mobilenetv2_0.5 --config fashion_mnist.json --set zoo.epochs=20": Run(
        {"epochs=20": "epochs=1"}, add="--data data/fashion --set zoo.train.batch=20"),
    "danas easiness --models resnet18,mobilenetv2_0.5": Run(add=f"--data data/photos {PLAN}"),
    "danas easiness --config cifar10.json --data /data/cifar10 --set zoo.epochs=30": Run(add=PLAN),
    "danas easiness --models resnet34 --weights resnet34=resnet34-b627a593.pth --data /data/imagenet": Run(
        JUDGE, before=TRAIN_JUDGE, add=SMALL_TRAINING),
    "danas export --run RUN --to onnx": Run({"RUN": "runs/final"}, says="model.onnx"),
    "danas export --run runs/final --to onnx": Run(says="model.onnx"),
    "danas export --run runs/final --to onnx --quantize int8": Run(says="model-int8.onnx"),
    "danas export --arch best.json --weights weights.safetensors --to pytorch --out mine": Run(
        {"best.json": "runs/final/network.json", "--weights ": "--weights runs/final/"}, says="mine/model.py"),
    "danas export --arch best.json --to timm --name my_network": Run(says="config.json"),
    "danas finetune --arch best.json --init trained_in_python.safetensors": Run(
        {"best.json": "runs/final/network.json", "trained_in_python": "runs/final/weights"}),
    "danas evaluate --run runs/final": Run(),
    "danas evaluate --arch best.json --weights weights.safetensors --data /data/cifar10": Run(
        {"/data/cifar10": "data/photos"}, add=SMALL_IMAGES),
    "danas evaluate --model resnet34 --weights resnet34-b627a593.pth --data /data/imagenet": Run(
        JUDGE, before=TRAIN_JUDGE, add=SMALL_TRAINING),
    "danas rank --run runs/mine --sample 100 --band 5%": Run({"5%": "40%"}, says="before the pruning of step1"),
    "danas rank --run runs/mine --archs best.json --json": Run(says="weight_steps"),
    "danas rank --run runs/mine --truth table.csv --budget 300M --budget 400M": Run(
        before=TRUTH, says="τ-b over all pairs"),
    # docs/latency.md
    "danas latency --space SPACE": Run({"SPACE": "my_space.json"}, add="--rounds 1", says="latency-tiny.yaml"),
    "danas latency --space mobile_small --threads 1 --out table.yaml": Run(LATENCY, add="--rounds 1", says="keys"),
    "danas latency --space mobile_small --threads 1 --runtime onnx --out onnx.yaml": Run(
        LATENCY, add="--rounds 1", says="ONNX Runtime", needs="onnxruntime"),
    "danas latency --space mobile_small --threads 1 --runtime onnx --out onnx.yaml --check 30": Run(
        {**LATENCY, "--check 30": "--check 2"}, add="--rounds 1", says="rank correlation", needs="onnxruntime"),
    "danas latency --space mobile_small --threads 1 --out table.yaml --check 30": Run(
        {**LATENCY, "--check 30": "--check 2"}, add="--rounds 1", says="rank correlation"),
    "danas latency --space shuffle_small --threads 1 --out table.yaml --check 30": Run(
        {**LATENCY, "--check 30": "--check 2"}, add="--rounds 1", says="rank correlation"),
    "danas latency --space mobile_small --table table.yaml --check 30": Run(
        {**LATENCY, "--check 30": "--check 2"}, before=MEASURE, add="--rounds 1", says="rank correlation"),
    "danas latency --arch runs/mine/best.json --device cuda --batch 32": Run(
        {"--device cuda": "--device cpu"}, add="--rounds 1", says="latency-"),
    "danas cost --space mobile_small --latency-table table.yaml": Run(LATENCY, before=MEASURE, says="ms"),
    "danas choose --run runs/mine --limit latency=12ms --limit memory=4M --latency-table table.yaml": Run(
        {"12ms": "12000ms"}, before=MEASURE, says="latency at most"),
    "danas choose --run runs/mine --budget 300M": Run({"300M": "120k"}, says="runs/mine/chosen.json"),
    "danas choose --run runs/mine --budget 300M --limit parameters=4M --out small.json": Run(
        {"300M": "120k"}, says="those within the other limits"),
    "danas study my_study.json --dry-run": Run(says="0 of 4 steps are done"),
    "danas study my_study.json --jobs 2": Run(says="arm − mine"),
    "danas study my_study.json --report --markdown": Run(before="danas study my_study.json", says="| drawn |"),
    "danas study my_study.json --report --against drawn": Run(before="danas study my_study.json", says="arm − drawn"),
    "danas cost --space mobile --size 64 --json": Run(says="parameters"),
    "danas cost --space shuffle --target 325M": Run(),
    "danas cost --arch runs/mine/best.json": Run(),
    "danas cost --space shuffle_mobile --size 256x192 --key-points 17": Run(says="counting each deconvolution"),
    "danas cost --arch configs/networks/simple_baseline_resnet50.json": Run(says="5,426,380,800 MACs, 33,999,697"),
    "danas --version": Run(says="danas "),
    "danas models": Run(),
    "danas models --size 64 --classes 200 --json": Run(),
    "danas compare runs/final runs/random-1 runs/random-2": Run(),
    "danas report runs/mine": Run(says="runs/mine/report.html"),
    "danas report runs/search runs/found runs/random-1 --out report.html --figures figures": Run(
        {"runs/search": "runs/mine", "runs/found": "runs/final"}, says="report.html"),
    "danas report runs --out all.html": Run(says="all.html"),
    "danas report RUN": Run({"RUN": "runs/mine"}, says="runs/mine/report.html"),
    "danas report runs/quickstart/search --figures figures": Run(
        {"runs/quickstart/search": "runs/mine"}, says="report.html"),
    "danas status runs/mine": Run(says="finished"),
    "danas status runs --watch": Run(),
    "danas log runs/mine": Run(),
    "danas log runs/mine --follow": Run(),
    "danas space show mobile_plus": Run(),
    "danas space show shuffle_mobile --size 256x192 --key-points 17": Run(says="17 x 64 x 48"),
    "danas space show mobile_plus --graph mobile_plus.svg": Run(says="graph written to mobile_plus.svg"),
    "danas space check my_space.json": Run(),
    "danas space sample --arch best.json --band 5% --count 2 --out runs/random": Run({"5%": "40%"}),
    "danas space sample --config my.json --set search.budget=200M --out runs/random": Run({"200M": "90k"}),
    "danas config show --config cifar10.json --set train.lr=0.05": Run(),
    "danas config check my.json": Run(),
    "danas data pack /data/imagenet /data/imagenet-256 --resize-short 256 --quality 90": Run(),
    "danas data pack /data/photos /data/photos-packed --keep-bytes": Run(),
    "danas data pack /data/imagenet/val.csv /data/imagenet-256/val": Run(),
    "danas data check /data/photos": Run(),
    "danas data check /data/imagenet-256 --threads 8": Run({"--threads 8": "--threads 1"},
                                                         before="danas data pack data/imagenet data/imagenet-256"),
    "danas data info /data/cifar10": Run(),
    "danas data info --config fashion_mnist": Run(add="--data data/fashion", says="sneaker"),
    "danas data info /data/coco": Run(says="left_eye"),
    "danas search --config coco_keypoints.json --data /data/coco --dry-run": Run(
        add="--no-probe --set data.validation_images=1 --set keypoints.sigmas=[0.1,0.1,0.1] "
            "--set keypoints.flip_pairs='[left_eye,right_eye]'", says="at most 2.2G"),
    "danas search --config coco_keypoints.json --images 149813 --dry-run --predict 4xv100": Run(
        says="parameters: 1.9M to 36.7M"),
    "danas data info /data/packed": Run(before="danas data pack data/photos data/packed"),
    "danas bench supernet --config fashion_mnist_short.json": Run(add=f"{BENCH} --batch 2 --images 1000"),
    "danas bench supernet --space mobile_small --batch 32 --kernels fused,aten --threads 2": Run(
        {"--batch 32": "--batch 2", "--threads 2": "--threads 1"}, add=BENCH),
    "danas bench supernet --config imagenet_mobile.json --images 1231167 --batch 8": Run(
        {"--batch 8": "--batch 2"}, add=f"{BENCH} --set data.image_size=32"),
    "danas bench loader --data /data/imagenet --set data.image_size=224 --workers 1,2,4": Run(
        {"224": "32", "1,2,4": "1"}, add="--batch 4 --passes 1"),
    "source <(danas completion bash)": Run(add="&& complete -p danas"),
    "danas completion zsh > ~/.zfunc/_danas": Run(),
    "danas man > danas.1; man ./danas.1": Run({"man ./danas.1": "grep '^.TH DANAS' danas.1"}),
}

LOOKED_AT = {
    re.compile(r"torchrun .*--nnodes=.*"): Look("cluster"),
    "python3 docs/examples/accuracy_onnx.py --data DATA export-onnx/model.onnx export-onnx/model-int8.onnx": Look(
        "python", run_by="export.int8"),
    re.compile(r"python3 docs/examples/run_keypoints\.py .*"): Look("python", run_by="export.examples"),
    "torchrun --no-python --nproc_per_node=4 danas search --config C": Look("python", run_by="tools.TorchrunTest"),
    re.compile(r"srun .*"): Look("cluster"),
    re.compile(r"sbatch .*"): Look("cluster"),
    re.compile(r"docker .*"): Look("container"),
    re.compile(r"danas search --config (C|my\.json) --gpus 4"): Look("gpu"),
    re.compile(r"danas bench supernet .*--device cuda.*"): Look("gpu"),
    "python tests/bench/gpu_layouts.py": Look("gpu"),
    "danas search --config coco_keypoints.json --data /data/coco --run runs/pose": Look(
        "long", run_by="tools.KeypointsCommandTest"),
    "danas finetune --arch runs/pose/best.json --run runs/pose-final": Look(
        "long", run_by="tools.KeypointsCommandTest"),
    re.compile(r"danas evaluate --run runs/pose(-final)? --boxes detections.json --results found.json --draw 20 --out "
               r"pictures"): Look("long", run_by="tools.KeypointsCommandTest"),
    re.compile(r"danas evaluate --run runs/pose(-final)? --difficulty difficulty.json"): Look(
        "long", run_by="tools.OrderedPersonsTest"),
    "danas search --config ordered.json --data /data/coco --run runs/ordered": Look(
        "long", run_by="tools.OrderedPersonsTest"),
    "danas export --run runs/pose-final --to onnx": Look("long", run_by="tools.KeypointsCommandTest"),
    "danas search --config coco_mini.json --data /data/coco --run runs/mini": Look(
        "long", run_by="tools.KeypointsCommandTest"),
    re.compile(r"danas finetune --arch runs/mini/best.json --run runs/(mini-final|ten).*"): Look(
        "long", run_by="tools.KeypointsCommandTest"),
    re.compile(r"danas evaluate --run runs/mini-final .*"): Look("long", run_by="tools.KeypointsCommandTest"),
    "tensorboard --logdir runs": Look("python", run_by="tools.TensorBoardTest"),
    re.compile(r"apt-get install .*"): Look("network"),
    re.compile(r"scripts/(setup|test|quickstart)( --\w+)?"): Look("long"),
    re.compile(r"scripts/(fuzz|gpu-session|kill-test|rank-kill-test|same-results|soak|truth-table|planted-task|"
               r"two-garments)( .*)?"): Look("long"),
    re.compile(r"danas study (table\d|tau) --data IMAGENET"): Look("long"),
    re.compile(r"danas study (table\d|tau)_small --jobs 2"): Look("long"),
    re.compile(r"danas study (planted_2|search_(a|a_parts|b)|easiness_\w+)( .*)?"): Look("long"),
    re.compile(r"danas (search --config truth_a\.json|rank) --run RUN .*"): Look("long"),
    re.compile(r"danas search --config truth_a\.json --data IMAGES .*"): Look("long"),
    re.compile(r"cmake .*"): Look("long", {"<folder>": "prefix"}),
    re.compile(r"ctest .*"): Look("long"),
    re.compile(r"tests/golden/\w+\.py --save"): Look("python"),
    'tests/bench/interleave.py --rounds 7 "plain=python plain_pytorch.py $N --malloc keep" '
    '"danas=build/release/bin/danas_supernet_bench $N" '
    '"nni=python nni_gumbel.py $N --layout channels_last --malloc keep"': Look("peers"),
    "BIN=build/dev/bin tests/bench/fused_table.sh PYTHON PLAIN.py": Look("peers"),
    re.compile(r"tests/bench/shared_machine\.py .*"): Look("long"),
    re.compile(r"danas train --model mobilenetv2_0\.25 --config fashion_mnist_short\.json .*"): Look("long"),
    "git lfs pull": Look("network"),
    "tests/bench/loader_table.sh PYTHON PHOTOGRAPHS torchvision=SCRIPT dali=SCRIPT": Look("peers"),
    re.compile(r"tests/bench/interleave\.py --rounds 5 --key images_per_s .*plain_persons\.py.*"): Look("peers"),
    "python tests/bench/score_images.py make FOLDER PHOTOGRAPHS --images 240": Look("python"),
    re.compile(r"tests/bench/interleave\.py --rounds 4 .*score_images\.py.*"): Look("peers"),
    re.compile(r"(\w+=\w+ )?build/\w+/bin/danas_\w+_test( --gtest_filter=\S+)?"): Look("long"),
    re.compile(r"tests/bench/checkpoint_cost\.py .*"): Look("long", {" -- ": " && danas search "}),
    "tests/bench/ranks_rounds.sh 7 > rounds.jsonl": Look("long", run_by="bench.ranks_bench_test"),
    "scripts/scaling-model --check rounds.jsonl": Look("long", run_by="bench.ranks_bench_test"),
}

# Options in running text that are no program's of this project.
FOREIGN_OPTIONS = {
    "--no-deps": "pip",
    "--no-as-needed": "ld",
    "--run-path": "torchrun",
}
