// The bytes of an image file to the picture that Pillow's Image.open(file).convert("RGB") gives. The content decides
// what a file is, never its name (ImageNet holds a PNG named .JPEG). EXIF orientation is ignored, as torchvision does.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "danas/data/image.h"

namespace danas {

// JPEG, PNG, WebP, GIF, BMP, PNM and TIFF; the first frame of an animation. Alpha is dropped, not blended.
// Of 16-bit colours the high byte counts; 16-bit grey is cut off at 255, as Pillow does. `choose` picks the part to
// return: JPEGs decode no more than that. The size is read from the header and compared with `max_pixels` before memory
// is taken. Throws DataError that opens with `name`: not a picture, damaged, cut short, or too large.
Image DecodeImage(std::span<const uint8_t> file, const std::string& name, int64_t max_pixels,
                  const ChooseBox& choose = WholeBox);

}  // namespace danas
