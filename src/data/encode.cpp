#include "src/data/encode.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "src/data/decoders.h"
#include "src/data/jpeg_errors.h"

namespace danas {
namespace {

bool IsGrey(const Image& image) {
  for (size_t i = 0; i < image.rgb.size(); i += 3) {
    if (image.rgb[i] != image.rgb[i + 1] || image.rgb[i] != image.rgb[i + 2]) return false;
  }
  return true;
}

std::vector<uint8_t> FirstChannel(const Image& image) {
  std::vector<uint8_t> grey(image.rgb.size() / 3);
  for (size_t i = 0; i < grey.size(); ++i) grey[i] = image.rgb[3 * i];
  return grey;
}

class Compressor {
 public:
  Compressor() {
    info_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = JpegErrors::JumpBack;
  }
  ~Compressor() {
    jpeg_destroy_compress(&info_);
    std::free(buffer_);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::vector<uint8_t> Compress(const uint8_t* samples, int channels, const Image& size, int quality) {
    // Nothing within owns memory.
    if (setjmp(errors_.jump) != 0) {
      buffer_ = nullptr;  // libjpeg may have freed it
      throw BrokenImage(std::string("it cannot be saved as a JPEG: ") + errors_.reason);
    }
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &buffer_, &bytes_);
    info_.image_width = static_cast<JDIMENSION>(size.width);
    info_.image_height = static_cast<JDIMENSION>(size.height);
    info_.input_components = channels;
    info_.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    info_.optimize_coding = TRUE;
    jpeg_start_compress(&info_, TRUE);
    const size_t stride = static_cast<size_t>(size.width) * static_cast<size_t>(channels);
    while (info_.next_scanline < info_.image_height) {
      auto* row = const_cast<JSAMPROW>(samples + info_.next_scanline * stride);
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return {buffer_, buffer_ + bytes_};
  }

 private:
  jpeg_compress_struct info_{};
  JpegErrors errors_{};
  unsigned char* buffer_ = nullptr;
  unsigned long bytes_ = 0;
};

}  // namespace

std::vector<uint8_t> EncodeJpeg(const Image& image, int quality) {
  if (std::max(image.height, image.width) > JPEG_MAX_DIMENSION) {
    throw BrokenImage(std::to_string(image.width) + " x " + std::to_string(image.height) +
                      " pixels are more than a JPEG can hold");
  }
  Compressor compressor;
  if (!IsGrey(image)) return compressor.Compress(image.rgb.data(), 3, image, quality);
  const std::vector<uint8_t> grey = FirstChannel(image);
  return compressor.Compress(grey.data(), 1, image, quality);
}

std::vector<uint8_t> EncodePnm(const Image& image) {
  const bool grey = IsGrey(image);
  const std::string head = std::string(grey ? "P5\n" : "P6\n") + std::to_string(image.width) + " " +
                           std::to_string(image.height) + "\n255\n";
  std::vector<uint8_t> bytes(head.begin(), head.end());
  const std::vector<uint8_t> samples = grey ? FirstChannel(image) : image.rgb;
  bytes.insert(bytes.end(), samples.begin(), samples.end());
  return bytes;
}

}  // namespace danas
