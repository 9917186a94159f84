// An image file: a part of the picture is the part of the whole. Not so of JPEGs, where libjpeg makes up what is
// damaged. JPEGs are decoded at reduced size, too.
#include <algorithm>
#include <span>

#include "danas/data/decode.h"
#include "fuzz.h"

namespace {

using namespace danas;

constexpr int64_t kMostPixels = 1 << 16;

Box Middle(int height, int width) {
  return {.top = height / 3, .left = width / 3, .height = (height + 2) / 3, .width = (width + 2) / 3};
}

Part ReducedMiddle(int height, int width, int reduction) {
  return {Middle(height, width), reduction, Middle((height - 1) / reduction + 1, (width - 1) / reduction + 1)};
}

bool IsPartOf(const Image& part, const Image& whole) {
  const Box box = Middle(whole.height, whole.width);
  if (part.height != box.height || part.width != box.width) return false;
  for (int y = 0; y < box.height; ++y) {
    const uint8_t* expected = whole.Row(box.top + y) + 3 * static_cast<size_t>(box.left);
    if (!std::equal(part.Row(y), part.Row(y) + 3 * static_cast<size_t>(box.width), expected)) return false;
  }
  return true;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> file(data, size);
  Image whole, part;
  const bool accepted = fuzz::Accepts([&] { whole = DecodeImage(file, "some image", kMostPixels); });
  if (fuzz::Accepts([&] { part = DecodeImage(file, "some image", kMostPixels, Middle); }) && accepted) {
    const bool is_jpeg = data[0] == 0xff;
    fuzz::Require(is_jpeg || IsPartOf(part, whole), "a part of a picture is the part of the whole");
  }
  for (const int reduction : {2, 4, 8}) {
    if (size == 0 || data[0] != 0xff) break;
    const auto choose = [&](int height, int width) { return ReducedMiddle(height, width, reduction); };
    fuzz::Accepts([&] {
      const Image image = DecodeImage(file, "some image", kMostPixels, choose);
      fuzz::Require(image.reduction == reduction, "a JPEG is reduced");
    });
  }
  return 0;
}
