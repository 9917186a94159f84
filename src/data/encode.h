// Pictures to the bytes of an image file, which DecodeImage reads back.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/data/image.h"

namespace danas {

// Baseline JPEG with libjpeg's tables for `quality` in [1, 100], colours at half resolution (4:2:0), no metadata. A
// grey picture has one channel. Throws BrokenImage for more than 65,500 pixels a side, which no JPEG holds.
std::vector<uint8_t> EncodeJpeg(const Image& image, int quality);

// Without loss: binary PPM, or PGM for a grey picture.
std::vector<uint8_t> EncodePnm(const Image& image);

}  // namespace danas
