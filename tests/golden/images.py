#!/usr/bin/env python3
"""Makes tests/golden/images/: picture files of every kind with what Pillow decodes them to, and resized and colour-
jittered pictures as torchvision's PIL backend makes them. Run with pillow 13.0.0, torchvision 0.29.2, numpy.

Usage: images.py    (writes beside itself)
decode/NAME and decode/NAME.ppm: a file, and Image.open(NAME).convert("RGB")
reduced/NAME and reduced/NAME.R.ppm: a JPEG, and what Image.draft makes of it at 1/R of its size
images.json: the parameters of every resize and jitter; the results are resize/N.ppm and jitter/N.ppm; of the same
cases on grey pictures, Image.convert("L") of the coloured ones, grey/resize-N.pgm and grey/jitter-N.pgm
"""

import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageEnhance
from torchvision.transforms.v2 import functional as F

OUT = pathlib.Path(__file__).resolve().parent / "images"


def picture(height: int, width: int, seed: int) -> Image.Image:
    """Smooth colours, hard edges and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    wave = np.stack([np.sin(x / 9 + c) + np.cos(y / (7 + c)) for c in range(3)], -1)
    rgb = 127 + 50 * wave + rng.normal(0, 6, wave.shape)
    rgb[(x - width / 2) ** 2 + (y - height / 3) ** 2 < (height / 5) ** 2] = (250, 20, 60)
    rgb[(x + y) % 23 == 0] = (10, 240, 30)
    rgb[height * 3 // 4 :, : width // 4] = 128  # no colour: hue is undefined
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def png16(colour_type: int, channels: int, height: int, width: int) -> bytes:
    """A PNG of 16 bits a sample, which Pillow cannot write in colour."""
    samples = np.random.default_rng(5).integers(0, 65536, (height, width * channels)).astype(">u2")
    samples[0] %= 256

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_decode(folder: pathlib.Path) -> None:
    rgb = picture(13, 17, 1)
    grey, one, other = rgb.convert("L"), Image.new("RGB", (1, 1), (10, 20, 30)), picture(13, 17, 2)
    rgba = rgb.copy()
    rgba.putalpha(Image.linear_gradient("L").resize(rgb.size))
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 5)
    turned = Image.Exif()
    turned[274] = 6
    save = {
        **{f"rgb_{name}.jpg": (rgb, {"subsampling": s}) for s, name in enumerate(("444", "422", "420"))},
        "progressive.jpg": (rgb, {"progressive": True}),
        "grey.jpg": (grey, {}),
        "cmyk.jpg": (rgb.convert("CMYK"), {}),
        "exif_turned.jpg": (rgb, {"exif": turned}),
        "rgb.png": (rgb, {}),
        "grey.png": (grey, {}),
        "bits.png": (grey.convert("1"), {}),
        "palette.png": (rgb.quantize(100), {}),
        "palette16.png": (rgb.quantize(16), {}),
        "palette_transparent.png": (rgb.quantize(100), {"transparency": 3}),
        "alpha.png": (rgba, {}),
        "grey_alpha.png": (rgba.convert("LA"), {}),
        "grey16.png": (deep, {}),
        "animated.png": (rgb, {"save_all": True, "append_images": [other]}),
        "exif_turned.png": (rgb, {"exif": turned}),
        "lossy.webp": (rgb, {}),
        "alpha.webp": (rgba, {"lossless": True}),
        "animated.webp": (rgb, {"save_all": True, "append_images": [other], "lossless": True}),
        "palette.gif": (rgb.quantize(100), {}),
        "animated.gif": (rgb.quantize(64), {"save_all": True, "append_images": [other.quantize(64)]}),
        "transparent.gif": (rgb.quantize(64), {"transparency": 5}),
        "rgb.bmp": (rgb, {}),
        "palette.bmp": (rgb.quantize(256), {}),
        "bits.bmp": (grey.convert("1"), {}),
        "rgb.ppm": (rgb, {}),
        "grey.pgm": (grey, {}),
        "grey16.pgm": (deep, {}),
        "bits.pbm": (grey.convert("1"), {}),
        "rgb_lzw.tif": (rgb, {"compression": "tiff_lzw"}),
        "grey.tif": (grey, {}),
        "grey16.tif": (deep, {}),
        "palette.tif": (rgb.quantize(256), {}),
        "alpha.tif": (rgba, {}),
        "cmyk.tif": (rgb.convert("CMYK"), {}),
        **{f"one.{e}": (one, {}) for e in ("jpg", "png", "webp", "gif", "bmp", "ppm", "tif")},
    }
    for name, (image, options) in save.items():
        image.save(folder / name, **options)
    (folder / "colour16.png").write_bytes(png16(2, 3, 5, 7))
    (folder / "alpha16.png").write_bytes(png16(6, 4, 5, 7))
    (folder / "text.ppm").write_text("P3\n# a comment\n2 2\n100\n1 2 3 40 50 60 7 8 9 100 0 50\n")
    (folder / "text.pgm").write_text("P2 2 2 15 1 2 3 15\n")
    (folder / "text.pbm").write_text("P1\n2 2\n1 0 0 1\n")
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            image.convert("RGB").save(folder / (path.name + ".ppm"))


def write_reduced(folder: pathlib.Path) -> None:
    rgb = picture(67, 83, 4)
    save = {
        **{f"rgb_{name}.jpg": (rgb, {"subsampling": s}) for s, name in enumerate(("444", "422", "420"))},
        "progressive.jpg": (rgb, {"progressive": True}),
        "restarts.jpg": (rgb, {"restart_marker_rows": 1}),
        "grey.jpg": (rgb.convert("L"), {}),
        "cmyk.jpg": (rgb.convert("CMYK"), {}),
    }
    for name, (image, options) in save.items():
        image.save(folder / name, **options)
        for reduction in (2, 4, 8):
            with Image.open(folder / name) as jpeg:
                jpeg.draft(None, (jpeg.width // reduction, jpeg.height // reduction))
                jpeg.convert("RGB").save(folder / f"{name}.{reduction}.ppm")


RESIZES = [  # top, left, height, width of the crop; height, width of the result
    (10, 20, 80, 100, 64, 64),
    (0, 0, 113, 150, 40, 40),
    (5, 5, 20, 17, 64, 64),
    (0, 0, 113, 150, 7, 90),
    (30, 40, 1, 1, 8, 8),
    (30, 40, 3, 70, 48, 31),
    (0, 0, 113, 150, 113, 150),
]
CENTRE_CROPS = [(72, 64), (113, 96), (48, 64)]  # resize of the shorter side, size of the crop
JITTERS = [  # steps in their order
    *([["brightness", f]] for f in (0.6, 1.4)),
    *([["contrast", f]] for f in (0.6, 1.4)),
    *([["saturation", f]] for f in (0.0, 0.6, 1.4)),
    *([["hue", f]] for f in (-0.1, 0.0, 0.1, 0.5)),
    [["brightness", 1.3], ["contrast", 0.7], ["saturation", 1.2], ["hue", -0.07]],
    [["hue", 0.09], ["saturation", 1.35], ["brightness", 0.8], ["contrast", 1.25]],
    [["contrast", 1.4], ["hue", 0.03], ["brightness", 1.1], ["saturation", 0.65]],
]


GREY_RESIZES = (0, 1, 3, 5)  # of RESIZES
GREY_ENHANCERS = {"brightness": ImageEnhance.Brightness, "contrast": ImageEnhance.Contrast,
                  "saturation": ImageEnhance.Color}


def write_grey(folder: pathlib.Path, source: Image.Image, small: Image.Image) -> None:
    """Pillow's own operations, on mode L. Hue is left as it is: such a picture has none."""
    grey = source.convert("L")
    for i in GREY_RESIZES:
        top, left, h, w, height, width = RESIZES[i]
        cropped = grey.crop((left, top, left + w, top + h))
        cropped.resize((width, height), Image.Resampling.BILINEAR).save(folder / f"resize-{i}.pgm")
    for i, steps in enumerate(JITTERS):
        image = small.convert("L")
        for name, factor in steps:
            if name != "hue":
                image = GREY_ENHANCERS[name](image).enhance(factor)
        image.save(folder / f"jitter-{i}.pgm")


def main() -> None:
    for folder in ("decode", "reduced", "resize", "jitter", "grey"):
        (OUT / folder).mkdir(parents=True, exist_ok=True)
        for old in (OUT / folder).iterdir():
            old.unlink()
    write_decode(OUT / "decode")
    write_reduced(OUT / "reduced")
    source = picture(113, 150, 3)
    source.save(OUT / "picture.png", optimize=True)
    results = [F.resize(F.crop(source, t, l, h, w), [height, width]) for t, l, h, w, height, width in RESIZES]
    results += [F.center_crop(F.resize(source, [resize]), [size]) for resize, size in CENTRE_CROPS]
    for i, image in enumerate(results):
        image.save(OUT / "resize" / f"{i}.ppm")
    small = F.resize(source, [36, 36])
    small.save(OUT / "small.png", optimize=True)
    for i, steps in enumerate(JITTERS):
        image = small
        for name, factor in steps:
            image = getattr(F, f"adjust_{name}")(image, factor)
        image.save(OUT / "jitter" / f"{i}.ppm")
    write_grey(OUT / "grey", source, small)
    cases = {"resizes": RESIZES, "centre_crops": CENTRE_CROPS, "jitters": JITTERS, "grey_resizes": GREY_RESIZES}
    (OUT / "images.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
