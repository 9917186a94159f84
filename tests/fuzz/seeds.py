#!/usr/bin/env python3
"""Writes the small valid inputs of tests/fuzz/corpus that are not in the tree already. How the bytes of a target are
cut into files stands at the top of its source file. Python's own library is enough.

Usage: seeds.py    (writes beside itself)
"""

import gzip
import json
import pathlib
import struct
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = ROOT / "tests/golden"


def write(target: str, name: str, content: "bytes | str") -> None:
    path = HERE / "corpus" / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def lines(*objects: dict) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in objects)


def configs() -> None:
    write("config_yaml", "image_folder.yaml", (ROOT / "configs/image_folder.yaml").read_bytes())
    write("config_yaml", "extends.yaml", "extends: quickstart\nseed: 3\nsearch: {budget: 2M}\n")
    write("config_yaml", "with_mark.yaml", b"\xef\xbb\xbfseed: 3\r\nsearch: {budget: 2M}\r\n")
    write("config_json", "with_mark.json", b'\xef\xbb\xbf{"seed": 3}\r\n')
    write("config_yaml", "alias.yaml",
          "schedule: {classes: &a [3, 5, 10], class_order: ['1', \"2\", x y]}\n"
          "train: {epochs: 1e1}\ndata:\n  root: |\n    some\n    where\n")


def faulty_texts() -> None:
    for name, text in (("comment", "// c\n{}"), ("comma", '{\n"seed": 1,\n}'),
                       ("python", "{'seed': None, \"a\": True}"),
                       ("open", '{"data": [1, {"a": "b\n'), ("numbers", "[01, +1, .5, 5., 1e999, NaN, -Infinity, 0x1]"),
                       ("escapes", '["\\ud83d\\ude00", "\\ud83d", "C:\\Users"]'), ("yaml", "seed: 1\n"),
                       ("missing", '{"a" 1 "b": 2]')):
        write("config_json", f"faulty_{name}.json", text)
    for name, text in (("tab", "a:\n\tb: 1\n"), ("space", "seed: 1\nlr:3\ntrain:\n  batch:2\n  epochs: 1\n"),
                       ("indent", "a:\n  b: 1\n c: 2\n"), ("merge", "a: &x {b: 1}\nc:\n  <<: *x\n"),
                       ("quotes", "a: 'it's'\nb: \"C:\\data\"\nc: 'open\n"), ("brackets", "a: [1, {b: 2 c: 3}\nd: ]\n"),
                       ("documents", "a: 1\n---\nb: 2\n...\nc\n"), ("folded", "a: |\n   x\n  y\n- z\n? q\n")):
        write("config_yaml", f"faulty_{name}.yaml", text)
    write("manifest_jsonl", "faulty", "{'path': 'a.ppm'}\n{\"path\": \"a.ppm\",}\n")


def coco() -> None:
    image = {"id": 1, "file_name": "a.jpg", "height": 50, "width": 80}
    person = {"id": 7, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 9.5, "bbox": [1, 2, 30.5, 20],
              "segmentation": [[1, 2, 3, 4]], "num_keypoints": 1, "keypoints": [5, 6, 2, 0, 0, 0]}
    crowd = {**person, "id": 8, "iscrowd": 1, "segmentation": {"counts": [3], "size": [5, 8]}}
    unsized = {**person, "id": 9, "bbox": [1, 2, 0, 0]}
    other = {"id": 10, "image_id": 1, "category_id": 2, "area": 1, "bbox": [0, 0, 1, 1]}
    hand = {"id": 1, "name": "hand", "keypoints": ["left", "right"], "skeleton": [[1, 2]]}
    write("coco_persons", "annotations", "\0" + json.dumps(
        {"info": {"year": 2017}, "images": [image], "annotations": [person, crowd, unsized, other],
         "categories": [hand, {"id": 2, "name": "bag"}]}))
    box = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}
    write("coco_persons", "boxes", "\1" + json.dumps([box, {**box, "category_id": 2}]))
    found = {"image_id": 1, "category_id": 1, "keypoints": [1, 2, 0.5, 3, 4, 0.25], "score": 0.5}
    write("coco_persons", "results", "\2" + json.dumps([found, {**found, "score": 1e-3}]))


BLOCK = {"block": "inverted_residual", "expand": 3, "operator": {"kind": "depthwise", "kernel": 3}}


def network(candidates: "list[dict]") -> dict:
    return {
        "format_version": 1, "name": "tiny", "input": {"channels": 3, "height": 8, "width": 6}, "classes": 2,
        "norm": {"momentum": 0.1, "epsilon": 0.001},
        "stem": {"channels": 8, "kernel": 3, "stride": 2, "activation": "relu6"},
        "layers": [{"in": 8, "out": 16, "stride": 2, "height": 4, "width": 3, "candidates": candidates}],
        "head": {"channels": 0, "activation": "relu6", "pool": 1, "hidden": [4], "dropout": 0.5, "bias": True},
    }


def defined_blocks() -> dict:
    return {"own": {
        "parameters": {"expand": {"default": 2, "label": "e"}, "flag": False, "act": "relu", "kernel": 3},
        "needs": ["in * expand >= 4"],
        "steps": [
            {"step": "convolution", "name": "a", "channels": "make_divisible(in * expand, 4)", "activation": "act"},
            {"step": "convolution", "name": "b", "kernel": "kernel", "stride": "stride", "groups": "channels",
             "padding": "same", "norm": "none"},
            {"step": "norm", "name": "n", "kind": "layer", "when": "flag"},
            {"step": "convolution", "name": "c", "channels": "out"},
            {"step": "add", "from": ["c", "input"], "when": "in == out and stride == 1"}]}}


# A block with each kind of step.
ALL_STEPS = """name: all_steps
input: {height: 8, width: 8}
classes: 2
blocks:
  every:
    parameters: {expand: {default: 6, label: e}, flag: false, act: hard_swish, kernel: 3}
    needs: [in * expand >= 8, not (stride > 2)]
    steps:
      - {step: convolution, name: a, channels: "round(in * min(expand, 4))", activation: act, when: expand != 1}
      - {step: mix, groups: "2"}
      - {step: take, name: left, part: first_half}
      - {step: take, name: right, from: a, part: odd}
      - {step: norm, name: n, kind: layer, epsilon: 1e-5}
      - {step: join, name: both, from: [left, n], in_turn: true}
      - {step: convolution, name: b, kernel: kernel, stride: stride, groups: channels, padding: same, norm: none}
      - {step: squeeze_excite, name: se, channels: "max(1, floor(channels / 4))", gate: hard_sigmoid, when: flag}
      - {step: convolution, name: down, channels: out, bias: true}
      - {step: pool, name: small, kind: average}
      - {step: deconvolution, name: up, kernel: 4}
      - {step: scale, name: s, from: down, initial: 0.1}
      - {step: activation, name: gate, kind: sigmoid}
      - {step: multiply, name: gated, from: [up, gate]}
      - {step: pool, name: mean, from: small, kind: global_average}
      - {step: multiply, name: product, from: [gated, mean]}
      - {step: add, from: [product, input], when: in == out and stride == 1}
  simple: {steps: [{step: norm, name: n}, {step: add, from: [n, input]}]}
candidates:
  all:
    - {block: every, expand: [1, 2.5], kernel: [3, 5], flag: [false, true], act: [relu, gelu]}
    - {block: [simple, identity]}
stem: {channels: 8, stride: 1}
stages: [{channels: 8, repeat: 2, stride: 1, candidates: all}, {channels: 12, repeat: 1, stride: 2, candidates: all}]
head: {}
"""


def genotype() -> dict:
    return {"format_version": 1, "network": network([BLOCK]), "class_ids": ["a", "b"], "class_labels": ["A", "B"],
            "origin": {"seed": 1, "config": {"seed": 1}}}


def architectures() -> None:
    blocks = [BLOCK, {"block": "basic", "operator": {"kind": "normal", "kernel": 3}},
              {"block": "shuffle_v1", "groups": 2, "operator": {"kind": "depthwise", "kernel": 3}},
              {"block": "max_pool", "kernel": 3}, {"block": "identity", "project": True}]
    write("space", "layers.json", json.dumps(network(blocks)))
    write("space", "stages.yaml", """name: my_space
input: {height: 16, width: 16}
classes: 4
init: {convolution: fan_in, fully_connected: normal}
stem: {channels: 0, stride: 1}
candidates:
  light:
    - {block: inverted_residual, expand: [1, 3], operator: {kind: depthwise, kernel: [3, 5]}}
  mixed: [light, {block: identity}]
stages:
  - {channels: 8, repeat: 2, stride: 1, candidates: mixed}
  - channels: 12
    stride: 2
    layers: [light, [{block: residual, reduction: 4, operator: {kind: normal, kernel: 3}}]]
head: {channels: 16, activation: swish, dropout: 0.25, bias: false}
""")
    own = defined_blocks()
    block = {"block": "own", "expand": 1.5, "flag": True, "act": "gelu", "kernel": 5}
    with_blocks = {"blocks": own, **network([block, {**block, "flag": False}, BLOCK])}
    write("space", "blocks_layers.json", json.dumps(with_blocks))
    write("space", "blocks_all_steps.yaml", ALL_STEPS)
    write("space", "blocks_faulty.yaml", ALL_STEPS.replace("from: [up, gate]", "from: [up, later]"))
    write("space", "blocks_growing.json", json.dumps({**network([{"block": "own"}]), "blocks": {"own": {"steps": [
        {"step": "deconvolution", "name": f"s{i}", "kernel": 16, "stride": 16} for i in range(8)] + [
        {"step": "join", "name": f"j{i}", "from": [f"j{i - 1}" if i else "s7"] * 9} for i in range(8)]}}}))
    write("genotype", "with_blocks.json", json.dumps(
        {**genotype(), "network": {**network([block]), "blocks": own}}))
    write("genotype", "best.json", json.dumps(genotype()))
    write("genotype", "with_mark.json", b"\xef\xbb\xbf" +
          json.dumps(genotype(), indent=1).replace("\n", "\r\n").encode())
    trained = genotype()
    trained["origin"] = {"model": "resnet18"}
    sampled = genotype()
    sampled["origin"] = {"sampled": {"near": "runs/a/best.json", "band_percent": 5}}
    result = {"kind": "train", "epochs": 2, "seconds": 3.5, "test_last_epoch": {"top1": 0.75},
              "test_ema": {"top1": 0.5}}
    config = {"seed": 0, "data": {"root": "x"}, "zoo": {"epochs": 2}, "finetune": {"epochs": 2, "steps": [1, 2]}}
    for name, net in (("train", trained), ("random", sampled), ("found", genotype())):
        if name != "train":
            result = {**result, "kind": "finetune"}
        write("trained_run", name, "#\n".join(json.dumps(part) + "\n" for part in (net, result, config)))


def tables() -> None:
    write("latency_table", "small.yaml", (ROOT / "tests/cost/latency_small.yaml").read_bytes())
    write("latency_table", "stem.yaml",
          "Conv-input:28x28x3-output:14x14x16: {mean: 1.5, count: 10}\n"
          "expanded_conv-input:14x14x16-output:14x14x16-expand:1-kernel:3-stride:1-idskip:1:\n  mean: 2e-1\n")
    write("latency_part", "two_rounds.json", json.dumps(
        {"subject": "0123456789abcdef",
         "conditions": {"machine": "a processor, 2 cores", "device": "cpu", "threads": 2, "batch": 1,
                        "kernels": "fused (avx2)", "danas": "danas 0.1.0", "date": "2026-01-31T12:00:00Z"},
         "rounds": 2, "reference_ms": [1.5, 1.25, 1.375, 9],
         "blocks": {"Conv-input:28x28x3-output:14x14x16": [[0, 0.25], [1, 0.5], [2, 0.375], [3, 4]],
                    "Logits-input:7x7x64-output:10": [[0, 0.125], [3, 1e-3]]}}))
    write("ranking", "by_hand.json", '{"format": 1, "classes": ["2", "cat", "0", "1"]}\n')
    mark = b"\xef\xbb\xbf"
    write("latency_table", "with_mark.yaml", mark + b"Conv-input:28x28x3-output:14x14x16: {mean: 1.5, count: 10}\r\n")
    write("ranking", "with_mark.json", mark + b'{"format": 1, "classes": ["2", "cat", "0", "1"]}\r\n')
    write("truth_table", "three.csv",
          "# danas: 0.1\n# layer 0: ir_e1_k3 ir_e1_k5 ir_e3_k3 ir_e3_k5 ir_e6_k3 ir_e6_k5\n"
          "network,macs,parameters,seed,loss,accuracy,class_0,class_1\n"
          "2-1-0-5-4,1000,10,0,0.5,0.8,0.7,0.9\n2-1-0-5-4,1000,10,1,0.4,0.84,0.8,0.88\n"
          "0-0-0-0-0,900,9,0,0.6,0.7,0.6,0.8\n")
    write("truth_table", "any_order.csv", "accuracy,loss,network\r\n0.5,1,1-1-1-1-1\r\n")
    write("study", "small.json", json.dumps(
        {"name": "small", "config": "fashion_mnist_short.json", "seeds": [0, 3], "budgets": ["1.5M", 1800000],
         "set": {"runtime": {"threads": 1}}, "prepare": {"judges": {"set": {"easiness.bins": 20}}},
         "arms": {"a": {"set": {"schedule.ranking": "${judges}/ranking.json"}}, "b": {"random": 12, "near": "a"}},
         "outcome": {"set": {"finetune.epochs": 1}}, "against": "a"}))
    write("ranking", "written.json", json.dumps(
        {"format": 1, "classes": ["0", "1", "2", "cat"], "fingerprint": "0000000000000001",
         "scores": [0.1, 0.2, 0.3, 1],
         "kind": "entropy", "networks": [{"network": "a", "images": [1, 2, 3, 4], "histograms": [[1, 0], [0, 2]]}]}))


def weights() -> None:
    write("safetensors", "written_by_python.safetensors", (GOLDEN / "nn/written_by_python.safetensors").read_bytes())
    header = json.dumps({"__metadata__": {"class_order": "[\"a\"]"},
                         "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
                         "b": {"dtype": "BOOL", "shape": [1], "data_offsets": [8, 9]},
                         "c": {"dtype": "I64", "shape": [0, 3], "data_offsets": [9, 9]}}).encode()
    header += b" " * (-len(header) % 8)
    write("safetensors", "small.safetensors", struct.pack("<Q", len(header)) + header +
          struct.pack("<2f?", 1.5, -2, True))
    for name in ("module.a", "_orig_mod.model.a", "model_ema.a"):
        entries = {name: {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
                   name + ".num_batches_tracked": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}}
        header = json.dumps(entries).encode()
        write("safetensors", f"named_{name.replace('.', '_')}.safetensors",
              struct.pack("<Q", len(header)) + header + bytes(8) + struct.pack("<f", 0.5))
    for name, content in (("empty", ""), ("page.html", "<!DOCTYPE html><html>"), ("text", "Entry not found"),
                          ("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n"),
                          ("index.json", '{"metadata": {}, "weight_map": {"a": "b"}}'),
                          ("onnx", b"\x08\x08\x12\x07pytorch\x1a\x052.1.0\x3a\x02\x0a\x00"),
                          ("tar", bytes(257) + b"ustar")):
        write("safetensors", f"foreign_{name}", content)
    for name in ("torchscript.pt", "exported.pt2", "whole_model.pth"):
        write("torch_file", name, (GOLDEN / "nn" / name).read_bytes())
    for name in ("state_dict", "checkpoint"):
        write("torch_file", f"{name}_before_1_6.pth", (GOLDEN / f"nn/{name}_before_1_6.pth").read_bytes())
        path = GOLDEN / f"nn/{name}.pth"
        write("torch_file", f"{name}.pth", path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            pickled = [entry for entry in archive.namelist() if entry.endswith("/data.pkl")]
            write("torch_file", f"{name}.pkl", archive.read(pickled[0]))

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def tensor(key: str, kind: str, elements: int, sizes: bytes, strides: bytes) -> bytes:
        storage = (b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + b"K" +
                   bytes([elements]) + b"tQ")
        return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0" + sizes + strides +
                b"\x89ccollections\nOrderedDict\n)RtR")

    # The archive's records have 24, 16 and 0 bytes.
    first = tensor("0", "FloatStorage", 6, b"K\2K\3\x86", b"K\3K\1\x86")
    second = tensor("1", "LongStorage", 2, b"K\2\x85", b"K\1\x85")
    third = tensor("2", "BoolStorage", 0, b"K\0\x85", b"K\1\x85")
    write("torch_file", "small.pkl", b"\x80\2}(" + text("a") + first + text("b") + second + text("c") + third + b"u.")
    write("torch_file", "within.pkl", b"\x80\4}" + text("state_dict") + b"\x94}" + text("module.a") + first + b"ss.")


def checkpoints() -> None:
    values = {"step": 3, "loss": 0.1, "warm": True, "phase": "step1", "alpha": [[0.5, -1], [2]],
              "space": {"a": [1, {"b": None}]}, "sum.defined": True}
    manifest = {"format_version": 1, "milestone": False, "logs": {"log.jsonl": 10, "alpha.jsonl": 0}, "values": values,
                "tensors_hash": "", "hash": ""}
    write("checkpoint", "manifest", json.dumps(manifest) + "\n")
    write("checkpoint", "manifest_v3", json.dumps(manifest | {"format_version": 3}) + "\n")
    header = json.dumps({"network.weights": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]},
                         "sum": {"dtype": "F64", "shape": [1], "data_offsets": [24, 32]}}).encode()
    write("checkpoint", "with_tensors", json.dumps(manifest).encode() + b"\n" + struct.pack("<Q", len(header)) +
          header + bytes(32))


def datasets() -> None:
    record = bytes(range(256)) * 12
    mark = b"\xef\xbb\xbf"
    write("image_listing", "two_sets",
          '{"format_version": 1}\n'
          '{"set": "training set", "place": "/data/train", "format": "folder", "fingerprint": "0000000000000001", '
          '"classes": ["a", "b c"], "images": 3}\n'
          "0 17 0123456789abcdef a/1.png\n1 18 - b c/x y.png\n1 0 00000000000000ff b c/new\\nline\\\\.png\n"
          '{"set": "test set", "place": "/data/val", "format": "lmdb", "fingerprint": "", "classes": [], '
          '"images": 0}\n')
    write("cifar", "ten", b"\0" + b"\3" + record + b"\7" + record)
    write("cifar", "hundred", b"\1" + b"\2\x45" + record)
    write("cifar", "named_with_mark",
          b"\2" + mark + "\r\n".join(f"class {i}" for i in range(10)).encode() + b"\r\n\0" +
          gzip.compress(b"\1" + record, mtime=0))
    write("cifar", "ten_named", b"\2" + "\n".join(f"class {i}" for i in range(10)).encode() + b"\n\0" + b"\1" + record)
    images = struct.pack(">4I", 0x803, 2, 3, 4) + bytes(range(24))
    labels = struct.pack(">2I", 0x801, 2) + b"\1\7"
    for packed in range(4):
        first = gzip.compress(images, mtime=0) if packed & 1 else images
        second = gzip.compress(labels, mtime=0) if packed & 2 else labels
        write("idx", f"packed{packed}", bytes([packed]) + struct.pack("<H", len(first)) + first + second)
    write("manifest_csv", "plain", "path,label\na.ppm,cat\nb/c.ppm,dog\n")
    write("manifest_csv", "quoted", 'id,label,path\r\n7,"a, ""b""",a.ppm\r\n8,x,text.png\r\n\r\n')
    write("manifest_csv", "with_mark", mark + b'"path","label"\r\na.ppm,cat\r\n')
    write("manifest_csv", "cr_only", "path,label\ra.ppm,cat\rb/c.ppm,dog\r")
    write("manifest_csv", "utf16", "\ufeffpath,label\na.ppm,cat\n".encode("utf-16-le"))
    write("manifest_jsonl", "with_mark", mark + b'{"path": "a.ppm", "label": "cat"}\r\n')
    write("manifest_jsonl", "plain", lines({"path": "a.ppm", "label": "cat"},
                                           {"path": "b/c.ppm", "label": "\u00e9", "x": [1]}))
    write("manifest_jsonl", "no_picture", lines({"path": "text.png", "label": "a"}))
    for name in ("meta_plain.mat", "meta_packed.mat"):
        write("devkit", name, b"1\n2\n\0" + (GOLDEN / "devkit" / name).read_bytes())
    write("devkit", "with_mark", mark + b"2\r\n1\r\n\0" + mark + b"n01440764 tench\r\nn02119789\tkit fox\r\n")
    write("devkit", "text", b"2\n1\n\0" + b"n01440764 tench, Tinca tinca\nn02119789\tkit fox\n")


def lmdb_file(entries: "dict[str, bytes]", page_bytes: int = 256) -> bytes:
    """A database as liblmdb would write it, with small pages: values above a quarter of a page have their own pages."""
    pages = []  # without the two heads

    def add(flags: int, body: bytes, lower_upper: "tuple[int, int]") -> int:
        pages.append(struct.pack("<QHHHH", len(pages) + 2, 0, flags, *lower_upper) + body)
        return len(pages) + 1

    def add_nodes(flags: int, nodes: "list[bytes]") -> int:
        offsets, at = [], page_bytes
        for node in nodes:
            at -= len(node)
            offsets.append(at)
        body = struct.pack(f"<{len(nodes)}H", *offsets)
        gap = bytes(at - 16 - len(body))
        return add(flags, body + gap + b"".join(reversed(nodes)), (16 + len(body), at))

    def add_level(flags: int, nodes: "list[tuple[bytes, bytes]]") -> "list[tuple[bytes, int]]":
        """Nodes with their keys, cut into pages: each page's first key and number."""
        made, taken = [], []
        for key, node in [*nodes, (b"", bytes(page_bytes))]:
            if taken and 16 + sum(2 + len(other) for _, other in taken) + 2 + len(node) > page_bytes:
                made.append((taken[0][0], add_nodes(flags, [other for _, other in taken])))
                taken = []
            taken.append((key, node))
        return made

    nodes = []
    for key, value in sorted((key.encode(), value) for key, value in entries.items()):
        stored, is_big = value, len(value) > page_bytes // 4
        if is_big:
            count = -(-(16 + len(value)) // page_bytes)
            number = add(4, value + bytes(count * page_bytes - 16 - len(value)), (count & 0xffff, count >> 16))
            pages.extend([b""] * (count - 1))  # counted, but written with the first
            stored = struct.pack("<Q", number)
        nodes.append((key, struct.pack("<IHH", len(value), is_big, len(key)) + key + stored))
    level = add_level(2, nodes)
    while len(level) > 1:
        level = add_level(1, [(key, struct.pack("<IHH", number, 0, len(key)) + key) for key, number in level])
    heads = b""
    for number in range(2):
        main = struct.pack("<IHHQQQQQ", 0, 0, 1, 0, 0, 0, len(entries), level[0][1])
        meta = struct.pack("<IIQQ", 0xBEEFC0DE, 1, 0, 0) + struct.pack("<I", page_bytes) + bytes(44) + main
        head = struct.pack("<QHHHH", number, 0, 8, 0, 0) + meta + struct.pack("<QQ", len(pages) + 1, number)
        heads += head.ljust(page_bytes, b"\0")
    return heads + b"".join(pages)


def packed_sets() -> None:
    images = [b"P6 1 1 255\nRGB", (GOLDEN / "images/decode/grey.png").read_bytes()]
    names = ["a/1.ppm", "b/2.png"]
    about = {"format_version": 1, "finished": True,
             "source": {"name": "in", "format": "folder", "fingerprint": "0000000000000001", "images": 3},
             "settings": {"keep_bytes": False, "resize_short": 256, "quality": 90},
             "classes": [{"id": "a", "label": "A"}, {"id": "b", "label": "b"}], "images": 2, "left_out": 1,
             "fingerprint": "0000000000000002", "parts": {".labels": "", ".hashes": "", ".name_ends": "", ".names": ""}}
    labels, name_ends = struct.pack("<2i", 0, 1), struct.pack("<2Q", 7, 14)
    parts = [labels, name_ends, "".join(names).encode(), *images]
    begun = {key: about[key] for key in ("format_version", "source", "settings", "classes")}
    for name, written in (("whole", about), ("kept", {**about, "settings": {"keep_bytes": True}}),
                          ("unfinished", {**begun, "finished": False})):
        write("packed", name, b"#\n".join([json.dumps(written).encode(), *parts]))
    entries = {".about": json.dumps(about).encode() + b"\n" + b"0" * 16, ".labels": labels, ".name_ends": name_ends,
               ".names": parts[2], ".hashes": bytes(16)}
    entries |= {f"{i:012}": image for i, image in enumerate(images)}
    write("lmdb", "small", lmdb_file(entries))
    write("lmdb", "deep", lmdb_file(entries | {f"{i:012}": bytes([i]) * (i % 80) for i in range(2, 60)}))
    write("lmdb", "one_leaf", lmdb_file({"000000000000": b"a", ".about": b"{}"}))


def logs() -> None:
    def event(name: str, second: int, /, **fields: object) -> dict:
        return {"event": name, "time": f"2027-01-15T07:59:{second:02d}Z", **fields}

    phases = [{"phase": name, "classes": classes, "epochs": 1, "searches": True, "weight_images": 100,
               "architecture_images": images, "macs_per_image": 1000} for name, classes, images in
              (("warmup", 2, 0), ("step1", 3, 50))]
    start = event("search_start", 1, seed=0, device="cpu", space="tiny", dataset="d", ranking="listed",
                  class_order=["a", "b", "c"], unit="MACs", budget=2e6, budget_max=2.04e6, weight_steps=20,
                  alpha_steps=5, phases=phases)
    epochs = [event("epoch", 10, phase="warmup", epoch=1, epochs=1, classes=2, train_loss=0.5, train_accuracy=0.75,
                    expected_cost=2.5e6, timing={"seconds": 3.5}),
              event("epoch", 20, phase="step1", epoch=1, epochs=1, classes=3, train_loss=0.5, train_accuracy=0.75,
                    validation_loss=0.7, validation_accuracy=0.6, expected_cost=2.5e6, alpha_entropy=0.9,
                    timing={"seconds": 3.5})]
    pruning = event("pruning", 21, phase="step1", candidates_before=4, candidates_after=3, layers=[
        {"layer": 0, "dropped": ["b"], "kept": ["a"], "last_kept": "a", "first_dropped": "b", "gap": 0.1,
         "standard_error": 0.01}])
    end = event("search_end", 30, network=["a", "a"], bounded_by_budget=True, unit="MACs", cost=2e6, argmax_cost=3e6,
                parameters=1000, weight_images=200, weight_steps=20, alpha_images=50, alpha_steps=5,
                timing={"seconds": 60.5})
    alpha = event("alpha", 20, phase="step1", epoch=1, alpha_steps=5, layers=[
        {"candidates": ["a", "b"], "alpha": [0.1, -0.1]}, {"candidates": ["a", "c"], "alpha": [0, 1e-3]}])
    progress = {"time": "2027-01-15T07:59:25Z", "label": "step1, epoch 1/1, weights", "done": 5, "total": 10,
                "loss": 1.5, "accuracy": 0.5, "images_per_second": 99.5, "share_done": 0.4, "seconds_left": None}
    messages = ("2027-01-15T07:59:05Z info: hello\n2027-01-15T07:59:06Z warning: slow\n"
                "2027-01-15T07:59:26Z error: gone\n")
    checkpoint = {"format_version": 1, "hash": "0000000000000000"}
    parts = [lines(start, *epochs, pruning), lines(alpha), json.dumps(progress) + "\n", messages,
             json.dumps(checkpoint)]
    write("log", "search", "#\n".join(parts))
    write("log", "search_end", "#\n".join([lines(start, *epochs, pruning, end), lines(alpha)]))
    training = [event("train_start", 1, model="resnet18", seed=3, device="cpu", epochs=2, train_images=1200,
                      class_ids=["a", "b"]),
                event("epoch", 9, epoch=1, train_loss=1.5, train_accuracy=0.25, seconds=2.5),
                event("class_accuracy", 9, epoch=1, images=20, loss=0.5, top1=0.75, accuracy=[0.5, 1]),
                event("train_end", 20, seconds=61.5, test_last_epoch={"top1": 0.875}, test_ema={"top1": 0.75})]
    write("log", "training", lines(*training))
    ranking = [event("easiness_start", 1, classes=2, judges=[{"name": "a"}, {"name": "b"}]),
               event("network_judged", 5, name="a", images=100, top1=0.5,
                     timing={"seconds": 1.5, "images_per_second": 60.5}),
               event("easiness_end", 9, class_order=["b", "a"])]
    write("log", "ranking", lines(*ranking))


if __name__ == "__main__":
    for make in (configs, faulty_texts, architectures, tables, weights, checkpoints, datasets, coco, packed_sets, logs):
        make()
