#!/usr/bin/env python3
"""Images scored a second, from JPEG files to a network's answers: danas beside torchvision.

    score_images.py make FOLDER PHOTOGRAPHS [--images N] [--longer L]
        Makes FOLDER: N JPEGs (test/CLASS/*.jpg, ten classes; train/ is a link to test/), cut out of the photographs
        below PHOTOGRAPHS and scaled as ImageNet's pictures are (longer side L = 500, shorter side 256 to 500, quality
        90; another L scales both), and NETWORK.pth: torchvision's networks with seeded weights.
    score_images.py torchvision FOLDER --network NAME [--batch N] [--threads N] [--workers N] [--layout L]
                                 [--fold] [--keep-memory]
        ImageFolder, Resize(256), CenterCrop(224), ToTensor, Normalize, DataLoader; network.eval(), inference_mode.
    score_images.py danas FOLDER --network NAME [--batch N] [--threads N] [--danas FILE]
        `danas evaluate` on the same files with the same weights.

The last two print one JSON line for interleave.py: `median_ms` is the time of one pass over all images, divided by
their number, from the first file opened to the last answer; what comes before (start, network, weights) is left out.
`loss` and `top1` must agree. Needs torch and torchvision (danas needs neither).
"""

import argparse
import ctypes
import json
import pathlib
import random
import subprocess
import sys
import time

MODELS = {"mobilenetv2": "mobilenet_v2", "resnet18": "resnet18", "shufflenetv2": "shufflenet_v2_x1_0"}
CLASSES = 10


def network(name):
    import torch
    import torchvision
    torch.manual_seed(0)
    model = getattr(torchvision.models, MODELS[name])(num_classes=CLASSES)
    for module in model.modules():  # statistics that a trained network could have
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.8, 1.2)
    return model


def make(arguments):
    import torch
    from PIL import Image
    photographs = sorted(path for path in arguments.photographs.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not photographs:
        sys.exit(f"score_images: error: no JPEG below {arguments.photographs}")
    draws = random.Random(0)
    for number in range(arguments.images):
        picture = Image.open(photographs[number % len(photographs)]).convert("RGB")
        shorter = draws.randint(256, 500) * arguments.longer // 500
        width, height = (arguments.longer, shorter) if draws.random() < 0.7 else (shorter, arguments.longer)
        scale = max(width / picture.width, height / picture.height) * draws.uniform(1, 1.3)
        picture = picture.resize((max(width, round(picture.width * scale)), max(height, round(picture.height * scale))))
        left, top = draws.randint(0, picture.width - width), draws.randint(0, picture.height - height)
        to = arguments.folder / "test" / f"class{number % CLASSES}" / f"{number:05}.jpg"
        to.parent.mkdir(parents=True, exist_ok=True)
        picture.crop((left, top, left + width, top + height)).save(to, quality=90)
    (arguments.folder / "train").symlink_to("test")
    for name in MODELS:
        torch.save(network(name).state_dict(), arguments.folder / f"{name}.pth")


def report(program, arguments, images, seconds, loss, top1):
    print(json.dumps({"program": program, "measure": arguments.network, "batch": arguments.batch,
                      "threads": arguments.threads, "images": images, "median_ms": 1000 * seconds / images,
                      "images_per_second": images / seconds, "loss": loss, "top1": top1}))


def run_torchvision(arguments):
    if arguments.keep_memory:
        assert ctypes.CDLL(None).mallopt(-3, 1 << 30) == 1  # M_MMAP_THRESHOLD
        assert ctypes.CDLL(None).mallopt(-1, 2**31 - 1) == 1  # M_TRIM_THRESHOLD
    import torch
    from torchvision import datasets, transforms
    torch.set_num_threads(arguments.threads)
    model = network(arguments.network)
    model.load_state_dict(torch.load(arguments.folder / f"{arguments.network}.pth"))
    model.eval()
    layout = torch.channels_last if arguments.layout == "channels_last" else torch.contiguous_format
    if arguments.fold:
        from torch.fx.experimental.optimization import fuse
        model = fuse(model)
    model = model.to(memory_format=layout)
    transform = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
                                    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    loader = torch.utils.data.DataLoader(datasets.ImageFolder(arguments.folder / "test", transform), arguments.batch,
                                         num_workers=arguments.workers)
    loss_of = torch.nn.CrossEntropyLoss(reduction="sum")
    started, images, right, loss = time.perf_counter(), 0, 0, 0
    with torch.inference_mode():
        for x, target in loader:
            logits = model(x.contiguous(memory_format=layout))
            right += (logits.argmax(1) == target).sum().item()
            loss += loss_of(logits, target).item()
            images += len(x)
    report("torchvision", arguments, images, time.perf_counter() - started, loss / images, right / images)


def run_danas(arguments):
    done = subprocess.run([arguments.danas, "evaluate", "--json", "--model", arguments.network, "--weights",
                           arguments.folder / f"{arguments.network}.pth", "--data", arguments.folder, "--set",
                           f"zoo.train.batch={arguments.batch}", "--set", "zoo.train.micro_batch=0", "--set",
                           f"runtime.threads={arguments.threads}"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        sys.exit(f"score_images: error: exit code {done.returncode} of danas evaluate")
    result = json.loads(done.stdout)
    report("danas", arguments, result["images"], result["seconds"], result["loss"], result["top1"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("make")
    one.add_argument("folder", type=pathlib.Path)
    one.add_argument("photographs", type=pathlib.Path)
    one.add_argument("--images", type=int, default=1000)
    one.add_argument("--longer", type=int, default=500, help="pixels of the longer side")
    one.set_defaults(run=make)
    for name, run in [("torchvision", run_torchvision), ("danas", run_danas)]:
        one = commands.add_parser(name)
        one.add_argument("folder", type=pathlib.Path)
        one.add_argument("--network", choices=MODELS, default="mobilenetv2")
        one.add_argument("--batch", type=int, default=32)
        one.add_argument("--threads", type=int, default=2)
        one.set_defaults(run=run)
        if name == "torchvision":
            one.add_argument("--workers", type=int, default=2)
            one.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
            one.add_argument("--fold", action="store_true", help="batch norm folded into the convolutions")
            one.add_argument("--keep-memory", action="store_true", help="the C library keeps freed memory, as in danas")
        else:
            one.add_argument("--danas", default="build/release/bin/danas")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
