// PBM, PGM and PPM in text (P1-P3) and binary (P4-P6) form.
#include <algorithm>
#include <cctype>

#include "src/data/decoders.h"

namespace danas {
namespace {

class PnmReader {
 public:
  explicit PnmReader(FileBytes file) : file_(file), at_(2) {}

  // The next decimal number, after white space and '#' comments.
  int64_t Number() {
    SkipSpace();
    return Digits(10);
  }
  int64_t Bit() {
    SkipSpace();
    return Digits(1);
  }
  // One white-space byte ends the header of the binary forms.
  FileBytes Rest() const { return file_.subspan(std::min(file_.size(), at_ + 1)); }

 private:
  void SkipSpace() {
    while (at_ < file_.size() && (std::isspace(file_[at_]) || file_[at_] == '#')) {
      if (file_[at_] == '#')
        at_ = static_cast<size_t>(std::find(file_.begin() + at_, file_.end(), '\n') - file_.begin());
      if (at_ < file_.size()) ++at_;
    }
  }
  int64_t Digits(size_t most) {
    int64_t number = 0;
    const size_t start = at_;
    for (; at_ < file_.size() && std::isdigit(file_[at_]) && at_ - start < most; ++at_) {
      number = 10 * number + (file_[at_] - '0');
    }
    if (at_ == start) throw BrokenImage("the PNM is damaged or cut short");
    return number;
  }

  FileBytes file_;
  size_t at_;
};

// Pillow stretches samples to 8 bits, but takes 16-bit grey as it is and cuts it off at 255.
uint8_t ToByte(int64_t sample, int64_t most, bool grey) {
  if (most == 255 || (grey && most > 255)) return static_cast<uint8_t>(std::min<int64_t>(255, sample));
  return static_cast<uint8_t>((2 * std::min(sample, most) * 255 + most) / (2 * most));
}

}  // namespace

Image DecodePnm(FileBytes file, const SizeCheck& size) {
  PnmReader reader(file);
  const char kind = static_cast<char>(file[1]);
  const bool text = kind <= '3';
  const bool bitmap = kind == '1' || kind == '4';
  const bool colour = kind == '3' || kind == '6';
  const int64_t width = reader.Number();
  const int64_t height = reader.Number();
  const int64_t most = bitmap ? 1 : reader.Number();
  if (most < 1 || most > 65535) throw BrokenImage("the PNM's largest value must be between 1 and 65535");
  const Box box = size(height, width);
  const int channels = colour ? 3 : 1;
  const int64_t row_bytes = bitmap ? (width + 7) / 8 : width * channels * (most > 255 ? 2 : 1);
  const FileBytes data = reader.Rest();
  // The text forms need two bytes a sample at least (P1 one), so that a header alone never takes much memory.
  const int64_t least = text ? height * width * channels : height * row_bytes;
  if (static_cast<int64_t>(data.size()) < least - 1) throw BrokenImage("the PNM is cut short");
  if (!text && static_cast<int64_t>(data.size()) < least) throw BrokenImage("the PNM is cut short");
  Image image = BlackImage(static_cast<int>(height), static_cast<int>(width));
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* row = data.data() + (text ? 0 : y * row_bytes);
    uint8_t* out = image.Row(static_cast<int>(y));
    for (int64_t i = 0; i < width * channels; ++i) {
      int64_t sample = 0;
      if (bitmap) {  // 1 is black
        sample = 1 - (text ? reader.Bit() : row[i / 8] >> (7 - i % 8) & 1);
      } else if (text) {
        sample = reader.Number();
      } else {
        sample = most > 255 ? row[2 * i] << 8 | row[2 * i + 1] : row[i];
      }
      const uint8_t byte = ToByte(sample, most, channels == 1);
      if (colour) {
        out[i] = byte;
      } else {
        std::fill_n(out + 3 * i, 3, byte);
      }
    }
  }
  return CutOut(image, box);
}

}  // namespace danas
