// BMP, PNM and TIFF by OpenCV. It tells a picture's size only after decoding, hence the small header readers.
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "src/data/decoders.h"

namespace danas {
namespace {

struct Size {
  int64_t height = 0;
  int64_t width = 0;
};

// Integers of either byte order at a place in the file; a place past its end is a damaged header.
class HeaderReader {
 public:
  HeaderReader(FileBytes file, bool big_endian) : file_(file), big_endian_(big_endian) {}

  uint64_t Unsigned(uint64_t offset, int bytes) const {
    if (offset > file_.size() || file_.size() - offset < static_cast<size_t>(bytes)) {
      throw BrokenImage("the header is cut short");
    }
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      const uint64_t byte = file_[offset + static_cast<uint64_t>(big_endian_ ? i : bytes - 1 - i)];
      value = value << 8 | byte;
    }
    return value;
  }

 private:
  FileBytes file_;
  bool big_endian_;
};

Size BmpSize(FileBytes file) {
  const HeaderReader header(file, false);
  if (header.Unsigned(14, 4) == 12) {  // OS/2's short header
    return {.height = static_cast<int64_t>(header.Unsigned(20, 2)),
            .width = static_cast<int64_t>(header.Unsigned(18, 2))};
  }
  const auto height = static_cast<int32_t>(header.Unsigned(22, 4));  // negative: rows from top to bottom
  return {.height = std::abs(static_cast<int64_t>(height)), .width = static_cast<int32_t>(header.Unsigned(18, 4))};
}

// "P6 <width> <height>", with white space and '#' comments between.
Size PnmSize(FileBytes file) {
  size_t at = 2;
  const auto next_number = [&] {
    while (at < file.size() && (std::isspace(file[at]) || file[at] == '#')) {
      if (file[at] == '#') {
        while (at < file.size() && file[at] != '\n') ++at;
      } else {
        ++at;
      }
    }
    int64_t number = 0;
    const size_t start = at;
    for (; at < file.size() && std::isdigit(file[at]) && at - start < 10; ++at) number = 10 * number + file[at] - '0';
    if (at == start) throw BrokenImage("the PNM header is damaged or cut short");
    return number;
  };
  Size size;
  size.width = next_number();
  size.height = next_number();
  return size;
}

// Tags 256 and 257 of the first directory of a TIFF or a BigTIFF.
Size TiffSize(FileBytes file) {
  const HeaderReader header(file, file[0] == 'M');
  const bool big = header.Unsigned(2, 2) == 43;
  const uint64_t directory = big ? header.Unsigned(8, 8) : header.Unsigned(4, 4);
  const uint64_t entries = header.Unsigned(directory, big ? 8 : 2);
  const uint64_t entry_bytes = big ? 20 : 12;
  Size size;
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t entry = directory + (big ? 8 : 2) + i * entry_bytes;
    const uint64_t tag = header.Unsigned(entry, 2);
    if (tag > 257) break;  // tags ascend
    const uint64_t type = header.Unsigned(entry + 2, 2);
    const auto value = static_cast<int64_t>(header.Unsigned(entry + (big ? 12 : 8), type == 3 ? 2 : 4));
    if (tag == 256) size.width = value;
    if (tag == 257) size.height = value;
  }
  return size;
}

Size ReadSize(FileBytes file) {
  switch (file[0]) {
    case 'B':
      return BmpSize(file);
    case 'P':
      return PnmSize(file);
    default:
      return TiffSize(file);
  }
}

}  // namespace

Image DecodeOther(FileBytes file, const SizeCheck& check) {
  const Size size = ReadSize(file);
  const Box box = check(size.height, size.width);
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8UC1, const_cast<uint8_t*>(file.data()));
  cv::Mat bgr;
  try {
    bgr = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& error) {
    throw BrokenImage(error.err);
  }
  if (bgr.empty()) throw BrokenImage("the picture is damaged or cut short");
  if (bgr.rows != size.height || bgr.cols != size.width) throw BrokenImage("the header contradicts the picture");
  Image image = BlackImage(box.height, box.width);
  for (int y = 0; y < box.height; ++y) {
    const uint8_t* from = bgr.ptr<uint8_t>(box.top + y) + 3 * box.left;
    uint8_t* to = image.Row(y);
    for (int x = 0; x < 3 * box.width; x += 3) {
      to[x] = from[x + 2], to[x + 1] = from[x + 1], to[x + 2] = from[x];
    }
  }
  return image;
}

}  // namespace danas
