// One decoder for each family of image files, behind DecodeImage. Each reads the size first and calls `choose` with it;
// a failure is thrown as BrokenImage with the reason alone, to which DecodeImage adds the file's name.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "danas/data/image.h"

namespace danas {

using FileBytes = std::span<const uint8_t>;

struct BrokenImage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Checks the size a header gives and asks `choose` for the part that is wanted.
class SizeCheck {
 public:
  SizeCheck(int64_t max_pixels, const ChooseBox& choose) : max_pixels_(max_pixels), choose_(choose) {}
  // Throws BrokenImage where height or width is not positive or their product is above the limit.
  Part operator()(int64_t height, int64_t width) const;

 private:
  int64_t max_pixels_;
  const ChooseBox& choose_;
};

Image DecodeJpeg(FileBytes file, const SizeCheck& size);
Image DecodeWebp(FileBytes file, const SizeCheck& size);
Image DecodeGif(FileBytes file, const SizeCheck& size);
Image DecodePng(FileBytes file, const SizeCheck& size);
Image DecodePnm(FileBytes file, const SizeCheck& size);
Image DecodeBmp(FileBytes file, const SizeCheck& size);
Image DecodeTiff(FileBytes file, const SizeCheck& size);

Image CutOut(const Image& image, const Box& box);

}  // namespace danas
