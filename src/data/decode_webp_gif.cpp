// WebP and GIF, of animations the first frame: OpenCV 4.6 reads no GIF and no animated WebP.
#include <gif_lib.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "src/data/decoders.h"

namespace danas {
namespace {

Image DecodeAnimatedWebp(FileBytes file, int height, int width) {
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  const WebPData data = {.bytes = file.data(), .size = file.size()};
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                             WebPAnimDecoderDelete);
  uint8_t* rgba = nullptr;
  int milliseconds = 0;
  if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &rgba, &milliseconds)) {
    throw BrokenImage("the WebP animation is damaged or cut short");
  }
  Image image = BlackImage(height, width);
  for (size_t i = 0; i < image.rgb.size() / 3; ++i) std::copy_n(rgba + 4 * i, 3, image.rgb.data() + 3 * i);
  return image;
}

struct ByteReader {
  FileBytes rest;
};

int ReadGifBytes(GifFileType* gif, GifByteType* to, int count) {
  auto* reader = static_cast<ByteReader*>(gif->UserData);
  const size_t given = std::min(reader->rest.size(), static_cast<size_t>(count));
  std::memcpy(to, reader->rest.data(), given);
  reader->rest = reader->rest.subspan(given);
  return static_cast<int>(given);
}

class GifReader {
 public:
  explicit GifReader(FileBytes file) : reader_{file}, gif_(DGifOpen(&reader_, ReadGifBytes, &error_)) {
    if (gif_ == nullptr) Fail(error_);
  }
  ~GifReader() { DGifCloseFile(gif_, &error_); }
  GifReader(const GifReader&) = delete;
  GifReader& operator=(const GifReader&) = delete;

  int height() const { return gif_->SHeight; }
  int width() const { return gif_->SWidth; }

  Image FirstFrame();

 private:
  [[noreturn]] static void Fail(int error) {
    const char* reason = GifErrorString(error);
    throw BrokenImage(std::string("the GIF is damaged or cut short (") + (reason ? reason : "unknown reason") + ")");
  }
  void Check(int result) const {
    if (result == GIF_ERROR) Fail(gif_->Error);
  }
  // Skips extensions up to the first frame; returns its transparent colour, or -1.
  int FindFrame();

  ByteReader reader_;
  int error_ = 0;
  GifFileType* gif_;
};

int GifReader::FindFrame() {
  int transparent = NO_TRANSPARENT_COLOR;
  for (GifRecordType type = UNDEFINED_RECORD_TYPE;;) {
    Check(DGifGetRecordType(gif_, &type));
    if (type == IMAGE_DESC_RECORD_TYPE) return transparent;
    if (type != EXTENSION_RECORD_TYPE) throw BrokenImage("the GIF contains no image");
    int code = 0;
    GifByteType* block = nullptr;
    Check(DGifGetExtension(gif_, &code, &block));
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr && block[0] == 4) {
      GraphicsControlBlock control;
      DGifExtensionToGCB(block[0], block + 1, &control);
      transparent = control.TransparentColor;
    }
    while (block != nullptr) Check(DGifGetExtensionNext(gif_, &block));
  }
}

Image GifReader::FirstFrame() {
  const int transparent = FindFrame();
  Check(DGifGetImageDesc(gif_));
  const GifImageDesc& frame = gif_->Image;
  const ColorMapObject* colours = frame.ColorMap != nullptr ? frame.ColorMap : gif_->SColorMap;
  const auto paint = [&](int index, uint8_t* to) {
    if (colours == nullptr) {  // Pillow takes it for a scale of grey
      std::fill_n(to, 3, static_cast<uint8_t>(index));
    } else if (index < colours->ColorCount) {
      const GifColorType& colour = colours->Colors[index];
      to[0] = colour.Red, to[1] = colour.Green, to[2] = colour.Blue;
    } else {
      std::fill_n(to, 3, uint8_t{0});
    }
  };
  Image image = BlackImage(height(), width());
  // Around a frame smaller than the picture Pillow paints the transparent colour, or colour 0.
  for (size_t i = 0; i < image.rgb.size(); i += 3) paint(std::max(0, transparent), image.rgb.data() + i);
  std::vector<GifByteType> line(static_cast<size_t>(frame.Width));
  const auto read_line = [&](int y) {
    Check(DGifGetLine(gif_, line.data(), frame.Width));
    for (int x = 0; x < frame.Width; ++x) {
      const bool inside = frame.Top + y < image.height && frame.Left + x < image.width;
      if (inside) paint(line[static_cast<size_t>(x)], image.Row(frame.Top + y) + 3 * (frame.Left + x));
    }
  };
  constexpr int kFirstLine[] = {0, 4, 2, 1};
  constexpr int kLineStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (frame.Interlace ? 4 : 1); ++pass) {
    const int step = frame.Interlace ? kLineStep[pass] : 1;
    for (int y = frame.Interlace ? kFirstLine[pass] : 0; y < frame.Height; y += step) read_line(y);
  }
  return image;
}

}  // namespace

Image DecodeWebp(FileBytes file, const SizeCheck& size) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(file.data(), file.size(), &features) != VP8_STATUS_OK) {
    throw BrokenImage("the WebP's header is damaged or cut short");
  }
  const Box box = size(features.height, features.width);
  if (features.has_animation) return CutOut(DecodeAnimatedWebp(file, features.height, features.width), box);
  Image image = BlackImage(features.height, features.width);
  if (WebPDecodeRGBInto(file.data(), file.size(), image.rgb.data(), image.rgb.size(), 3 * image.width) == nullptr) {
    throw BrokenImage("the WebP is damaged or cut short");
  }
  return CutOut(image, box);
}

Image DecodeGif(FileBytes file, const SizeCheck& size) {
  GifReader reader(file);
  const Box box = size(reader.height(), reader.width());
  return CutOut(reader.FirstFrame(), box);
}

}  // namespace danas
