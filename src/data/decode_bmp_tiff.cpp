// BMP and TIFF by OpenCV. It gives a picture's size only after decoding, hence the small header readers.
#include <algorithm>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <optional>
#include <utility>

#include "src/data/decoders.h"

namespace danas {
namespace {

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
  bool big_endian() const { return big_endian_; }

 private:
  FileBytes file_;
  bool big_endian_;
};

cv::Mat Decode(FileBytes file, int flags) {
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8UC1, const_cast<uint8_t*>(file.data()));
  cv::Mat decoded;
  try {
    decoded = cv::imdecode(bytes, flags);
  } catch (const cv::Exception& error) {
    throw BrokenImage(error.err);
  }
  if (decoded.empty()) throw BrokenImage("the image is damaged or cut short");
  return decoded;
}

// The part `box` of a decoded picture of `height` x `width`, of the kinds OpenCV gives: 8-bit BGR or 16-bit grey.
Image TakeOver(const cv::Mat& decoded, int64_t height, int64_t width, const Box& box) {
  if (decoded.rows != height || decoded.cols != width) throw BrokenImage("the header contradicts the image data");
  Image image = BlackImage(box.height, box.width);
  for (int y = 0; y < box.height; ++y) {
    uint8_t* to = image.Row(y);
    for (int x = 0; x < box.width; ++x, to += 3) {
      if (decoded.type() == CV_16UC1) {  // Pillow cuts 16-bit grey off at 255
        std::fill_n(to, 3, static_cast<uint8_t>(std::min<int>(255, decoded.at<uint16_t>(box.top + y, box.left + x))));
      } else {
        const auto& bgr = decoded.at<cv::Vec3b>(box.top + y, box.left + x);
        to[0] = bgr[2], to[1] = bgr[1], to[2] = bgr[0];
      }
    }
  }
  return image;
}

// What matters of the first directory of a TIFF or a BigTIFF.
struct TiffHeader {
  int64_t height = 0;
  int64_t width = 0;
  uint64_t bits = 1;
  uint64_t samples = 1;
  uint64_t orientation = 1;
  uint64_t alpha = 0;        // ExtraSamples
  uint64_t alpha_place = 0;  // where it stands in the file
};

TiffHeader ReadTiffHeader(const HeaderReader& file) {
  const bool big = file.Unsigned(2, 2) == 43;
  const uint64_t directory = big ? file.Unsigned(8, 8) : file.Unsigned(4, 4);
  const uint64_t entries = file.Unsigned(directory, big ? 8 : 2);
  TiffHeader header;
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t entry = directory + (big ? 8 : 2) + i * (big ? 20 : 12);
    const uint64_t tag = file.Unsigned(entry, 2);
    const bool is_short = file.Unsigned(entry + 2, 2) == 3;
    const uint64_t count = file.Unsigned(entry + 4, 4);
    const uint64_t place = entry + (big ? 12 : 8);
    const uint64_t value = file.Unsigned(place, is_short ? 2 : 4);
    if (tag == 256) header.width = static_cast<int64_t>(value);
    if (tag == 257) header.height = static_cast<int64_t>(value);
    if (tag == 258)
      header.bits = count > (big ? 4U : 2U) && is_short ? file.Unsigned(file.Unsigned(place, 4), 2) : value;
    if (tag == 274) header.orientation = value;
    if (tag == 277) header.samples = value;
    if (tag == 338 && count == 1) header.alpha = value, header.alpha_place = place;
  }
  return header;
}

}  // namespace

Image DecodeBmp(FileBytes file, const SizeCheck& size) {
  const HeaderReader header(file, false);
  const bool old = header.Unsigned(14, 4) == 12;  // OS/2's short header
  const auto width = static_cast<int64_t>(old ? header.Unsigned(18, 2) : header.Unsigned(18, 4));
  // A negative height: rows from top to bottom.
  const auto height = old ? static_cast<int64_t>(header.Unsigned(20, 2))
                          : std::abs(int64_t{static_cast<int32_t>(header.Unsigned(22, 4))});
  const Box box = size(height, width);
  return TakeOver(Decode(file, cv::IMREAD_COLOR), height, width, box);
}

Image DecodeTiff(FileBytes file, const SizeCheck& size) {
  const HeaderReader reader(file, file[0] == 'M');
  TiffHeader header = ReadTiffHeader(reader);
  // As in Pillow, and unlike EXIF's elsewhere, the orientation of a TIFF is part of the picture.
  if (header.orientation >= 5) std::swap(header.height, header.width);
  const Box box = size(header.height, header.width);
  const bool deep_grey = header.samples == 1 && header.bits == 16;
  if (header.bits > 16 || (header.bits == 16 && !deep_grey)) {
    throw BrokenImage("a TIFF with " + std::to_string(header.samples) + " x " + std::to_string(header.bits) +
                      " bits per pixel; save it with 8 bits per sample");
  }
  std::vector<uint8_t> opaque;
  if (header.alpha == 2) {
    // libtiff multiplies colours with such an alpha; called "associated" it leaves them as they are.
    opaque.assign(file.begin(), file.end());
    opaque[header.alpha_place + (reader.big_endian() ? 1 : 0)] = 1;
    file = opaque;
  }
  const int flags = deep_grey ? cv::IMREAD_UNCHANGED : cv::IMREAD_COLOR;
  return TakeOver(Decode(file, flags), header.height, header.width, box);
}

}  // namespace danas
