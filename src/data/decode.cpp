#include "danas/data/decode.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>

#include "danas/core/error.h"
#include "danas/core/units.h"
#include "src/data/decoders.h"

namespace danas {
namespace {

using Decoder = Image (*)(FileBytes, const SizeCheck&);

// By the first bytes; null for what is not a picture.
Decoder FindDecoder(FileBytes file) {
  using std::string_view_literals::operator""sv;
  const std::string_view start(reinterpret_cast<const char*>(file.data()), std::min<size_t>(file.size(), 16));
  if (start.starts_with("\xFF\xD8\xFF"sv)) return DecodeJpeg;
  if (start.starts_with("\x89PNG\r\n\x1A\n"sv)) return DecodePng;
  if (start.size() >= 12 && start.starts_with("RIFF"sv) && start.substr(8, 4) == "WEBP"sv) return DecodeWebp;
  if (start.starts_with("GIF87a"sv) || start.starts_with("GIF89a"sv)) return DecodeGif;
  if (start.starts_with("BM"sv)) return DecodeBmp;
  if (start.size() > 2 && start[0] == 'P' && start[1] >= '1' && start[1] <= '6' && std::isspace(file[2])) {
    return DecodePnm;
  }
  for (const std::string_view tiff : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (start.starts_with(tiff)) return DecodeTiff;
  }
  return nullptr;
}

std::string FirstBytes(FileBytes file) {
  std::string text;
  for (const uint8_t byte : file.first(std::min<size_t>(file.size(), 8))) {
    constexpr char kDigits[] = "0123456789abcdef";
    if (byte >= ' ' && byte < 127) {
      text += static_cast<char>(byte);
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

}  // namespace

Part SizeCheck::operator()(int64_t height, int64_t width) const {
  if (height < 1 || width < 1 || height > INT32_MAX || width > INT32_MAX) {
    throw BrokenImage("its header claims " + std::to_string(width) + " x " + std::to_string(height) + " pixels");
  }
  if (height > max_pixels_ / width) {
    throw BrokenImage("its header claims " + std::to_string(width) + " x " + std::to_string(height) +
                      " pixels, more than data.max_pixels = " + FormatThousands(max_pixels_) +
                      "; raise data.max_pixels if the image is genuine");
  }
  return choose_(static_cast<int>(height), static_cast<int>(width));
}

Image CutOut(const Image& image, const Box& box) {
  if (box == WholeBox(image.height, image.width)) return image;
  Image part = BlackImage(box.height, box.width);
  for (int y = 0; y < box.height; ++y) {
    std::memcpy(part.Row(y), image.Row(box.top + y) + 3 * static_cast<size_t>(box.left),
                3 * static_cast<size_t>(box.width));
  }
  return part;
}

Image DecodeImage(FileBytes file, const std::string& name, int64_t max_pixels, const ChooseBox& choose) {
  constexpr const char* kAdvice = ". Replace the file; with data.on_error 'skip' a run continues without it";
  if (file.empty()) throw DataError(name + ": the file is empty (0 bytes)" + kAdvice);
  const Decoder decode = FindDecoder(file);
  if (decode == nullptr) {
    throw DataError(name + ": not an image (it starts with '" + FirstBytes(file) +
                    "'); JPEG, PNG, WebP, GIF, BMP, PNM and TIFF are read" + kAdvice);
  }
  try {
    return decode(file, SizeCheck(max_pixels, choose));
  } catch (const BrokenImage& broken) {
    throw DataError(name + ": " + broken.what() + kAdvice);
  }
}

}  // namespace danas
