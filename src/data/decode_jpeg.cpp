// JPEG by libjpeg-turbo with the settings Pillow leaves at their defaults (accurate integer DCT, smooth chroma
// upsampling). Only the rows and columns of the wanted box go through the inverse DCT; a reduced picture is the inverse
// DCT of each block's lowest frequencies (libjpeg's scaling).
#include <jerror.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "src/data/decoders.h"
#include "src/data/jpeg_errors.h"

namespace danas {
namespace {

// Smooth upsampling looks at the neighbouring columns and rows: pixels this near to a cut may differ.
constexpr int kMargin = 8;

// Warnings are let pass, as Pillow does, but for the one about missing bytes: libjpeg would paint the rest grey.
void OnMessage(j_common_ptr info, int level) {
  if (level != -1 || info->err->msg_code != JWRN_JPEG_EOF) return;
  JpegErrors* state = JpegErrors::Of(info);
  std::strcpy(state->reason, "the JPEG is cut short");
  longjmp(state->jump, 1);
}

class Decompressor {
 public:
  explicit Decompressor(FileBytes file) : Decompressor() {
    Guarded([&] {
      jpeg_mem_src(&info_, file.data(), file.size());
      jpeg_read_header(&info_, TRUE);
    });
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  int height() const { return static_cast<int>(info_.image_height); }
  int width() const { return static_cast<int>(info_.image_width); }

  Image Decode(const Part& part);

 private:
  Decompressor() {
    info_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = JpegErrors::JumpBack;
    errors_.manager.emit_message = OnMessage;
    Guarded([&] { jpeg_create_decompress(&info_); });
  }
  // `calls` runs under setjmp: nothing in it may own memory.
  template <typename Calls>
  void Guarded(const Calls& calls) {
    if (setjmp(errors_.jump) != 0) throw BrokenImage(errors_.reason);
    calls();
  }
  bool EndIsThere() const;

  jpeg_decompress_struct info_{};
  JpegErrors errors_{};
};

// Copies `count` pixels of a decoded row. Four components are Adobe's inverted CMYK (Pillow takes all as such).
void CopyPixels(const uint8_t* from, bool cmyk, int count, uint8_t* to) {
  if (!cmyk) {
    std::memcpy(to, from, static_cast<size_t>(count) * 3);
    return;
  }
  for (int i = 0; i < count; ++i) {
    for (int c = 0; c < 3; ++c) {
      const int ink = 255 - from[4 * i + c];
      const int white = from[4 * i + 3];
      const int product = ink * white + 128;
      to[3 * i + c] = static_cast<uint8_t>(std::max(0, white - (((product >> 8) + product) >> 8)));
    }
  }
}

Image Decompressor::Decode(const Part& part) {
  const bool cmyk = info_.num_components == 4;
  info_.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  info_.scale_num = 1;
  info_.scale_denom = static_cast<unsigned>(part.reduction);
  const Box& box = part.reduction > 1 ? part.reduced : part;
  JDIMENSION left = std::max(0, box.left - kMargin);
  JDIMENSION columns = 0;
  const int first_row = std::max(0, box.top - kMargin);
  Guarded([&] {
    jpeg_start_decompress(&info_);
    columns = std::min<JDIMENSION>(info_.output_width, box.left + box.width + kMargin) - left;
    if (columns < info_.output_width) jpeg_crop_scanline(&info_, &left, &columns);
    if (first_row > 0) jpeg_skip_scanlines(&info_, first_row);
  });
  Image image = BlackImage(box.height, box.width);
  image.reduction = part.reduction;
  std::vector<uint8_t> row(static_cast<size_t>(columns) * info_.output_components);
  Guarded([&] {
    JSAMPROW rows[] = {row.data()};
    while (static_cast<int>(info_.output_scanline) < box.top + box.height) {
      const int y = static_cast<int>(info_.output_scanline) - box.top;
      jpeg_read_scanlines(&info_, rows, 1);
      if (y < 0) continue;
      CopyPixels(row.data() + static_cast<size_t>(box.left - left) * info_.output_components, cmyk, box.width,
                 image.Row(y));
    }
    // A file cut below the box is an error all the same, else it would depend on the box whether a pass fails. A skip
    // to the end would read nothing.
    const JDIMENSION rest = info_.output_height - info_.output_scanline;
    if (rest > 0 && !EndIsThere()) {
      jpeg_skip_scanlines(&info_, rest - 1);
      jpeg_read_scanlines(&info_, rows, 1);
    }
  });
  return image;
}

// True when the end-of-image marker lies ahead: within coded data 0xFF is always followed by 0 or a restart marker.
bool Decompressor::EndIsThere() const {
  const uint8_t* begin = info_.src->next_input_byte;
  for (const uint8_t* p = begin + info_.src->bytes_in_buffer; p - begin >= 2; --p) {
    if (p[-2] == 0xFF && p[-1] == JPEG_EOI) return true;
  }
  return false;
}

}  // namespace

Image DecodeJpeg(FileBytes file, const SizeCheck& size) {
  Decompressor decompressor(file);
  return decompressor.Decode(size(decompressor.height(), decompressor.width()));
}

}  // namespace danas
