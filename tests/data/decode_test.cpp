#include "danas/data/decode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "tests/data/golden_images.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::DecodeText;
using test::ExpectErrorContains;
using test::ReadText;
using test::SourcePath;

std::vector<std::string> DecodeCases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SourcePath("tests/golden/images/decode"))) {
    const std::string name = entry.path().filename().string();
    if (std::filesystem::exists(entry.path().string() + ".ppm")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string GoldenBytes(const std::string& name) { return ReadText(SourcePath("tests/golden/images/decode/" + name)); }

TEST(Decode, EveryKindOfFileEqualsPillow) {
  const std::vector<std::string> names = DecodeCases();
  ASSERT_GE(names.size(), 45U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    EXPECT_EQ(
        test::GreatestDifference(DecodeText(GoldenBytes(name), name), test::GoldenImage("decode/" + name + ".ppm")), 0);
  }
}

TEST(Decode, APartEqualsTheSamePartOfTheWhole) {
  RandomStream stream(0, "parts");
  for (const std::string& name : DecodeCases()) {
    SCOPED_TRACE(name);
    const std::string bytes = GoldenBytes(name);
    const Image whole = DecodeText(bytes, name);
    for (int i = 0; i < 20; ++i) {
      Box box;
      box.height = 1 + static_cast<int>(stream.UniformInt(static_cast<uint64_t>(whole.height)));
      box.width = 1 + static_cast<int>(stream.UniformInt(static_cast<uint64_t>(whole.width)));
      box.top = static_cast<int>(stream.UniformInt(static_cast<uint64_t>(whole.height - box.height) + 1));
      box.left = static_cast<int>(stream.UniformInt(static_cast<uint64_t>(whole.width - box.width) + 1));
      const Image part = DecodeText(bytes, name, test::kManyPixels, [&](int, int) { return box; });
      for (int y = 0; y < box.height; ++y) {
        const uint8_t* expected = whole.Row(box.top + y) + 3 * box.left;
        ASSERT_TRUE(std::equal(part.Row(y), part.Row(y) + 3 * box.width, expected)) << "row " << y;
      }
    }
  }
}

TEST(Decode, EveryTruncatedFileIsAnError) {
  // Without their last bytes these are still whole pictures: what is cut is behind the pixels.
  const auto harmless = [](const std::string& name) {
    return name.ends_with(".tif") || name.starts_with("animated") || name.ends_with(".gif");
  };
  for (const std::string& name : DecodeCases()) {
    SCOPED_TRACE(name);
    const std::string bytes = GoldenBytes(name);
    const size_t last = harmless(name) ? bytes.size() / 3 : bytes.size() * 3 / 4;
    for (size_t length = 0; length <= last; length += std::max<size_t>(1, bytes.size() / 40)) {
      ExpectErrorContains<DataError>([&] { DecodeText(bytes.substr(0, length), "some/" + name); }, {"some/" + name});
    }
  }
}

TEST(Decode, ATruncatedJpegIsAnErrorEvenWhenTheWantedPartIsThere) {
  const std::string bytes = ReadText(SourcePath("tests/golden/images/reduced/rgb_420.jpg"));  // of many rows of blocks
  const auto first_row = [](int, int width) { return Box{.top = 0, .left = 0, .height = 1, .width = width}; };
  EXPECT_EQ(DecodeText(bytes, "a.jpg", test::kManyPixels, first_row).height, 1);
  for (const size_t missing : {12, 300, 1000}) {
    const std::string cut = bytes.substr(0, bytes.size() - missing);
    ExpectErrorContains<DataError>([&] { DecodeText(cut, "a.jpg", test::kManyPixels, first_row); },
                                   {"a.jpg", "cut short", "Replace the file"});
  }
}

TEST(Decode, WhatIsNoPictureIsSaid) {
  ExpectErrorContains<DataError>([] { DecodeText("", "a.jpg"); }, {"a.jpg", "empty (0 bytes)"});
  ExpectErrorContains<DataError>([] { DecodeText("<html>not found", "a.jpg"); }, {"a.jpg", "not an image", "<html>no"});
  ExpectErrorContains<DataError>([] { DecodeText(std::string(100, '\0'), "a.jpg"); }, {"not an image", "\\x00"});
}

std::string BigEndian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// Headers that promise 30,000 x 30,000 pixels (2.7 GB) in a few bytes.
TEST(Decode, TheSizeIsCheckedBeforeMemoryIsTaken) {
  const auto refuse = [](const std::string& bytes) {
    ExpectErrorContains<DataError>([&] { DecodeText(bytes, "bomb", 178956970); },
                                   {"bomb", "30000 x 30000", "178,956,970", "data.max_pixels"});
  };
  std::string png = GoldenBytes("rgb.png");
  png.replace(16, 8, BigEndian(30000) + BigEndian(30000));
  png.replace(29, 4, BigEndian(0xE9456FED));  // the header's checksum
  refuse(png);
  std::string jpeg = GoldenBytes("rgb_444.jpg");
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, {0x75, 0x30, 0x75, 0x30});
  refuse(jpeg);
  std::string bmp = GoldenBytes("rgb.bmp");
  bmp.replace(18, 8, {0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0});
  refuse(bmp);
  std::string gif = GoldenBytes("palette.gif");
  gif.replace(6, 4, {0x30, 0x75, 0x30, 0x75});
  refuse(gif);
  refuse("P6 30000 30000 255\n");
  refuse("P1 # a comment\n30000\n30000\n");
  const std::string tiff = std::string("II*\0\x08\0\0\0\x02\0", 10) +
                           std::string("\x00\x01\x03\0\x01\0\0\0\x30\x75\0\0", 12) +
                           std::string("\x01\x01\x03\0\x01\0\0\0\x30\x75\0\0", 12) + std::string(4, '\0');
  refuse(tiff);
}

TEST(Decode, AnAllowedHeaderWithoutPixelsIsAnError) {
  ExpectErrorContains<DataError>([] { DecodeText("P6 9000 9000 255\nxx", "a.ppm"); }, {"a.ppm", "cut short"});
  ExpectErrorContains<DataError>([] { DecodeText("P6 0 5 255\n", "a.ppm"); }, {"a.ppm", "0 x 5"});
}

// Every file with bytes changed here and there: a picture or a DataError, nothing else.
TEST(Decode, DamageNeverDoesMoreThanThrow) {
  RandomStream stream(1, "damage");
  for (const std::string& name : DecodeCases()) {
    const std::string bytes = GoldenBytes(name);
    for (int round = 0; round < 30; ++round) {
      std::string damaged = bytes;
      for (uint64_t i = 0; i < 1 + stream.UniformInt(4); ++i) {
        damaged[stream.UniformInt(damaged.size())] = static_cast<char>(stream.NextWord());
      }
      try {
        const Image image = DecodeText(damaged, name, 1 << 20);
        ASSERT_EQ(image.rgb.size(), size_t{3} * image.height * image.width) << name;
      } catch (const DataError& error) {
        ASSERT_TRUE(std::string(error.what()).starts_with(name + ": ")) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace danas
