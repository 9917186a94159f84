// PNG by libpng. Palettes and grey become RGB, 16-bit colours become their high byte, alpha is dropped without
// blending.
#include <png.h>
#include <setjmp.h>

#include <algorithm>
#include <cstring>

#include "src/data/decoders.h"

namespace danas {
namespace {

struct PngState {
  FileBytes rest;
  jmp_buf jump;
  char reason[128];
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  auto* state = static_cast<PngState*>(png_get_error_ptr(png));
  std::strncpy(state->reason, message, sizeof state->reason - 1);
  longjmp(state->jump, 1);
}

void OnWarning(png_structp, png_const_charp) {}

void ReadBytes(png_structp png, png_bytep to, size_t count) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  if (state->rest.size() < count) png_error(png, "the file is cut short");
  std::memcpy(to, state->rest.data(), count);
  state->rest = state->rest.subspan(count);
}

class PngReader {
 public:
  explicit PngReader(FileBytes file) {
    state_.rest = file;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state_, OnError, OnWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) throw BrokenImage("not enough memory for libpng");
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  void ReadHeader() {
    Guarded([this] {
      png_set_read_fn(png_, &state_, ReadBytes);
      png_set_user_limits(png_, INT32_MAX, INT32_MAX);  // data.max_pixels is the limit
      png_read_info(png_, info_);
    });
  }
  int64_t height() const { return png_get_image_height(png_, info_); }
  int64_t width() const { return png_get_image_width(png_, info_); }

  Image Read() {
    const bool deep_grey =
        png_get_bit_depth(png_, info_) == 16 && png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY;
    Guarded([&] {
      png_set_expand(png_);  // palette to RGB, grey of 1, 2 and 4 bits to 8
      if (!deep_grey) png_set_strip_16(png_);
      png_set_strip_alpha(png_);
      png_set_gray_to_rgb(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    Image image = BlackImage(static_cast<int>(height()), static_cast<int>(width()));
    const size_t row_bytes = png_get_rowbytes(png_, info_);
    if (row_bytes != (deep_grey ? 6U : 3U) * static_cast<size_t>(image.width))
      throw BrokenImage("an unknown kind of PNG");
    std::vector<uint8_t> deep(deep_grey ? row_bytes * static_cast<size_t>(image.height) : 0);
    std::vector<png_bytep> rows;
    for (int y = 0; y < image.height; ++y) {
      rows.push_back(deep_grey ? deep.data() + static_cast<size_t>(y) * row_bytes : image.Row(y));
    }
    Guarded([&] { png_read_image(png_, rows.data()); });
    // Pillow cuts 16-bit grey off at 255: only a value without a high byte keeps its low one.
    for (size_t i = 0; i < deep.size(); i += 2) image.rgb[i / 2] = deep[i] == 0 ? deep[i + 1] : 255;
    return image;
  }

 private:
  // `calls` runs under setjmp: nothing in it may own memory.
  template <typename Calls>
  void Guarded(const Calls& calls) {
    if (setjmp(state_.jump) != 0) throw BrokenImage(std::string("the PNG is damaged: ") + state_.reason);
    calls();
  }

  PngState state_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

Image DecodePng(FileBytes file, const SizeCheck& size) {
  PngReader reader(file);
  reader.ReadHeader();
  const Box box = size(reader.height(), reader.width());
  return CutOut(reader.Read(), box);
}

}  // namespace danas
