// Class folders with one file of each kind that datasets from outside hold: odd ones, which are read, and bad ones.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "tests/support/test_support.h"

namespace danas::test {

struct OddImage {
  const char* kind;
  const char* file;
  const char* golden;  // its name in tests/golden/images/decode; null for a bad one
  const char* reason;  // of a bad one: what the message says
};

inline constexpr std::array<OddImage, 14> kOddImages = {{
    {"truncated JPEG", "01_cut.jpg", nullptr, "cut short"},
    {"zero bytes", "02_empty.jpg", nullptr, "the file is empty (0 bytes)"},
    {"header bomb", "03_bomb.png", nullptr, "30000 x 30000 pixels, more than data.max_pixels"},
    {"text file", "04_text.jpg", nullptr, "not an image (it starts with '<html>no')"},
    {"dangling link", "05_link.jpg", nullptr, "a link to gone.jpg, which does not exist"},
    {"unreadable", "06_secret.jpg", nullptr, "cannot be read: Permission denied"},
    {"wrong extension", "07_png.jpg", "rgb.png", nullptr},
    {"CMYK", "08_cmyk.jpg", "cmyk.jpg", nullptr},
    {"16-bit PNG", "09_deep.png", "colour16.png", nullptr},
    {"grey", "10_grey.jpg", "grey.jpg", nullptr},
    {"alpha", "11_alpha.png", "alpha.png", nullptr},
    {"animated", "12_animated.gif", "animated.gif", nullptr},
    {"EXIF-rotated", "13_turned.jpg", "exif_turned.jpg", nullptr},
    {"1 x 1", "14_one.png", "one.png", nullptr},
}};

inline std::string DecodeGolden(const std::string& name) {
  return ReadText(SourcePath("tests/golden/images/decode/" + name));
}

// A PNG's header of 30,000 x 30,000 pixels (2.7 GB), with its checksum.
inline std::string BombPng() {
  std::string png = DecodeGolden("rgb.png");
  png.replace(16, 8, std::string("\0\0\x75\x30\0\0\x75\x30", 8));
  png.replace(29, 4, "\xE9\x45\x6F\xED");
  return png;
}

inline void WriteOddImage(const std::filesystem::path& folder, const OddImage& odd) {
  const std::filesystem::path path = folder / odd.file;
  const std::string kind = odd.kind;
  if (odd.golden != nullptr) {
    WriteText(path, DecodeGolden(odd.golden));
  } else if (kind == "truncated JPEG") {
    WriteText(path, DecodeGolden("rgb_420.jpg").substr(0, 600));
  } else if (kind == "zero bytes") {
    WriteText(path, "");
  } else if (kind == "header bomb") {
    WriteText(path, BombPng());
  } else if (kind == "text file") {
    WriteText(path, "<html>not found</html>");
  } else if (kind == "dangling link") {
    std::filesystem::create_directories(folder);
    std::filesystem::create_symlink("gone.jpg", path);
  } else {
    WriteText(path, DecodeGolden("rgb_444.jpg"));
    std::filesystem::permissions(path, std::filesystem::perms::none);
  }
}

inline void WriteOddImages(const std::filesystem::path& folder) {
  for (const OddImage& odd : kOddImages) WriteOddImage(folder, odd);
}

}  // namespace danas::test
