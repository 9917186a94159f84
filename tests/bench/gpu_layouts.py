#!/usr/bin/env python3
"""What a convolution costs on a GPU in each memory layout, and how long its first call takes.

    gpu_layouts.py [--images N]

For operators of the mobile spaces: milliseconds forward / backward, means of eight after the first, and in brackets the
first call's, in which cuDNN looks for an algorithm: once for each shape, batch size and process. In float32 and
bfloat16, with cuDNN's deterministic algorithms (as runtime.deterministic), its own choice, and its benchmark mode (as
runtime.deterministic: false). Needs torch and a GPU. docs/benchmarks.md, "On a GPU", has its output.
"""

import argparse
import itertools
import sys
import time

# name, channels in, channels out, kernel, stride, groups, side; no kernel: batch norm
OPERATORS = [
    ("stem3_s2", 3, 32, 3, 2, 1, 224),
    ("pw24-144", 24, 144, 1, 1, 1, 56),
    ("pw144-24", 144, 24, 1, 1, 1, 56),
    ("dw3_144", 144, 144, 3, 1, 144, 56),
    ("dw7_144", 144, 144, 7, 1, 144, 56),
    ("dw5_s2_144", 144, 144, 5, 2, 144, 56),
    ("dw3_576", 576, 576, 3, 1, 576, 14),
    ("pw576-96", 576, 96, 1, 1, 1, 14),
    ("norm144", 144, 144, 0, 1, 1, 56),
]
REPEATS = 8


def measure(torch, operator, images, layout, dtype):
    _, inputs, outputs, kernel, stride, groups, side = operator
    new = dict(device="cuda", dtype=dtype)
    x = torch.randn(images, inputs, side, side, **new).contiguous(memory_format=layout).requires_grad_(True)
    if kernel:
        weight = torch.randn(outputs, inputs // groups, kernel, kernel, **new)
        weight = torch.empty_like(weight, memory_format=layout).copy_(weight).requires_grad_(True)

    def forward():
        if not kernel:
            return torch.nn.functional.batch_norm(x, None, None, None, None, True)
        return torch.nn.functional.conv2d(x, weight, None, stride, kernel // 2, 1, groups)

    def seconds(action):
        torch.cuda.synchronize()
        start = time.perf_counter()
        result = action()
        torch.cuda.synchronize()
        return time.perf_counter() - start, result

    first_forward, y = seconds(forward)
    gradient = torch.randn_like(y)
    first_backward, _ = seconds(lambda: y.backward(gradient))
    begin, middle, end = (torch.cuda.Event(enable_timing=True) for _ in range(3))
    forward_ms = backward_ms = 0
    for _ in range(REPEATS):
        begin.record()
        y = forward()
        middle.record()
        y.backward(gradient)
        end.record()
        torch.cuda.synchronize()
        forward_ms += begin.elapsed_time(middle) / REPEATS
        backward_ms += middle.elapsed_time(end) / REPEATS
    return f"{forward_ms:6.2f} /{backward_ms:6.2f} ({first_forward * 1e3:4.0f} /{first_backward * 1e3:5.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64)
    images = parser.parse_args().images
    try:
        import torch
    except ImportError:
        sys.exit("gpu_layouts: error: needs torch for Python, built for CUDA")
    if not torch.cuda.is_available():
        sys.exit("gpu_layouts: error: torch sees no GPU")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}, "
          f"{images} images")
    layouts = (("contiguous", torch.contiguous_format), ("channels_last", torch.channels_last))
    ways = (("deterministic", True, False), ("cuDNN's choice", False, False), ("benchmark", False, True))
    for dtype, (name, deterministic, benchmark) in itertools.product((torch.float32, torch.bfloat16), ways):
        torch.backends.cudnn.deterministic = deterministic
        torch.backends.cudnn.benchmark = benchmark
        print(f"{dtype}, {name}", flush=True)
        for operator in OPERATORS:
            columns = (f"{layout}{measure(torch, operator, images, layout_format, dtype)}"
                       for layout, layout_format in layouts)
            print(f"  {operator[0]:<11}", "  ".join(columns), flush=True)


if __name__ == "__main__":
    main()
