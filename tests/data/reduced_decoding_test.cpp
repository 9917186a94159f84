// JPEGs decoded at 1/2, 1/4 or 1/8 of their size: the pixels are Pillow's, any part is the part of the whole, and after
// the resize nearly what it is without the reduction.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/data/transform.h"
#include "src/data/encode.h"
#include "tests/data/golden_images.h"

namespace danas {
namespace {

using test::DecodeText;
using test::GoldenImage;
using test::ReadText;
using test::SourcePath;

constexpr const char* kFiles[] = {"rgb_444.jpg",  "rgb_422.jpg", "rgb_420.jpg", "progressive.jpg",
                                  "restarts.jpg", "grey.jpg",    "cmyk.jpg"};

std::string Bytes(const std::string& name) { return ReadText(SourcePath("tests/golden/images/reduced/" + name)); }

int Reduced(int length, int reduction) { return (length + reduction - 1) / reduction; }

Image DecodeReduced(const std::string& bytes, int reduction, const std::optional<Box>& box = std::nullopt) {
  return DecodeText(bytes, "file", test::kManyPixels, [&](int height, int width) -> Part {
    return {WholeBox(height, width), reduction,
            box ? *box : WholeBox(Reduced(height, reduction), Reduced(width, reduction))};
  });
}

Box DrawBox(RandomStream& stream, int height, int width) {
  Box box;
  box.height = 1 + static_cast<int>(stream.UniformInt(static_cast<uint64_t>(height)));
  box.width = 1 + static_cast<int>(stream.UniformInt(static_cast<uint64_t>(width)));
  box.top = static_cast<int>(stream.UniformInt(static_cast<uint64_t>(height - box.height) + 1));
  box.left = static_cast<int>(stream.UniformInt(static_cast<uint64_t>(width - box.width) + 1));
  return box;
}

// One picture in memory, as the file that it is.
class OneFile : public ImageSource {
 public:
  explicit OneFile(std::string bytes) : bytes_(std::move(bytes)) {}
  Image LoadPart(int64_t, const ChooseBox& choose) const override {
    return DecodeText(bytes_, "file", test::kManyPixels, choose);
  }
  std::string Name(int64_t) const override { return "file"; }

 private:
  std::string bytes_;
};

std::string Jpeg(const Image& image, int quality) {
  const std::vector<uint8_t> bytes = EncodeJpeg(image, quality);
  return {bytes.begin(), bytes.end()};
}

// The golden picture eight times as large, with noise as sensors have it.
Image Photograph() {
  const Image small = GoldenImage("picture.png");
  const Framing framing{.source = WholeBox(small.height, small.width),
                        .height = 8 * small.height - 3,
                        .width = 8 * small.width + 5,
                        .window = WholeBox(8 * small.height - 3, 8 * small.width + 5)};
  Image large = ToImage(Frame(small, framing));
  RandomStream stream(0, "noise");
  for (uint8_t& value : large.rgb) {
    value = static_cast<uint8_t>(std::clamp(value + static_cast<int>(stream.UniformInt(17)) - 8, 0, 255));
  }
  return large;
}

struct Difference {
  double mean = 0;
  int greatest = 0;
};
Difference Compare(const Image& a, const Image& b) {
  Difference difference{.mean = 0, .greatest = test::GreatestDifference(a, b)};
  for (size_t i = 0; i < a.rgb.size(); ++i) difference.mean += std::abs(a.rgb[i] - b.rgb[i]);
  difference.mean /= static_cast<double>(a.rgb.size());
  return difference;
}

DataConfig Config(JpegDecode decode, int64_t size) {
  DataConfig config;
  config.decode = decode;
  config.image_size = size;
  config.test_resize = size * 8 / 7;
  return config;
}

TEST(ReducedDecoding, EqualsPillowsDraft) {
  for (const char* name : kFiles) {
    for (const int reduction : {2, 4, 8}) {
      SCOPED_TRACE(name + std::string(" 1/") + std::to_string(reduction));
      const Image image = DecodeReduced(Bytes(name), reduction);
      EXPECT_EQ(image.reduction, reduction);
      const std::string golden = "reduced/" + std::string(name) + "." + std::to_string(reduction) + ".ppm";
      EXPECT_EQ(test::GreatestDifference(image, GoldenImage(golden)), 0);
    }
  }
}

TEST(ReducedDecoding, APartEqualsTheSamePartOfTheWhole) {
  RandomStream stream(0, "parts");
  std::vector<std::string> files(std::begin(kFiles), std::end(kFiles));
  std::transform(files.begin(), files.end(), files.begin(), Bytes);
  files.push_back(Jpeg(Photograph(), 90));
  for (const std::string& bytes : files) {
    for (const int reduction : {2, 4, 8}) {
      const Image whole = DecodeReduced(bytes, reduction);
      for (int i = 0; i < 20; ++i) {
        const Box box = DrawBox(stream, whole.height, whole.width);
        const Image part = DecodeReduced(bytes, reduction, box);
        ASSERT_EQ(part.height, box.height);
        for (int y = 0; y < box.height; ++y) {
          const uint8_t* expected = whole.Row(box.top + y) + 3 * box.left;
          ASSERT_TRUE(std::equal(part.Row(y), part.Row(y) + 3 * box.width, expected))
              << "file " << &bytes - files.data() << " at 1/" << reduction << ", row " << y;
        }
      }
    }
  }
}

TEST(ReducedDecoding, OtherFilesAreDecodedWhole) {
  const std::string bytes = ReadText(SourcePath("tests/golden/images/picture.png"));
  EXPECT_EQ(DecodeReduced(bytes, 4), DecodeText(bytes, "picture.png"));
}

TEST(ReducedDecoding, ACutFileIsAnErrorAtEverySize) {
  const std::string bytes = Bytes("rgb_420.jpg");
  for (const int reduction : {2, 4, 8}) {
    EXPECT_THROW(DecodeReduced(bytes.substr(0, bytes.size() - 12), reduction, Box{.height = 1, .width = 1}), DataError);
  }
}

TEST(ReducedDecoding, LeavesAQuarterOrMoreToTheResize) {
  const auto reduction = [](int height, int width, int to) {
    return ReductionOf({.source = WholeBox(height, width), .height = to, .width = to, .window = WholeBox(to, to)});
  };
  EXPECT_EQ(reduction(249, 400, 100), 1);
  EXPECT_EQ(reduction(250, 250, 100), 2);
  EXPECT_EQ(reduction(4000, 250, 100), 2);
  EXPECT_EQ(reduction(499, 500, 100), 2);
  EXPECT_EQ(reduction(500, 500, 100), 4);
  EXPECT_EQ(reduction(999, 1000, 100), 4);
  EXPECT_EQ(reduction(1000, 1000, 100), 8);
  EXPECT_EQ(reduction(9000, 9000, 100), 8);
  EXPECT_EQ(reduction(50, 50, 100), 1);
}

// A grey slope tells where each pixel was taken from: a box of the reduced picture that were moved by half a pixel
// would show. The boxes begin and end anywhere, also at the borders.
TEST(ReducedDecoding, KeepsPlaces) {
  constexpr int kHeight = 203, kWidth = 251;
  const auto value = [](double y, double x) { return 0.43 * (x - 0.5) + 0.37 * (y - 0.5); };  // at this place
  Image slope = BlackImage(kHeight, kWidth);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      std::fill_n(slope.Row(y) + 3 * x, 3, static_cast<uint8_t>(std::lround(value(y + 0.5, x + 0.5))));
    }
  }
  const std::string bytes = Jpeg(slope, 98);
  RandomStream stream(0, "boxes");
  std::map<int, std::vector<double>> errors;  // of each reduction, away from the box's edge
  for (int i = 0; i < 400; ++i) {
    Box box = DrawBox(stream, kHeight, kWidth);
    if (i % 4 == 1) box.top = kHeight - box.height;
    if (i % 4 == 2) box.left = kWidth - box.width;
    if (i % 4 == 3) box.top = box.left = 0;
    const Framing framing{.source = box, .height = 9, .width = 7, .window = WholeBox(9, 7)};
    const int reduction = ReductionOf(framing);
    const Image part = DecodeText(bytes, "slope", test::kManyPixels, [&](int, int) -> Part {
      return {SourceOf(framing), reduction, SourceOf(framing, reduction)};
    });
    const Image image = ToImage(Frame(part, framing));
    for (int y = 0; y < 9; ++y) {
      for (int x = 0; x < 7; ++x) {
        const double error =
            image.Row(y)[3 * x] - value(box.top + (y + 0.5) * box.height / 9, box.left + (x + 0.5) * box.width / 7);
        const bool inside = y > 0 && y < 8 && x > 0 && x < 6;  // at the box's edge the filter has one side alone
        ASSERT_NEAR(error, 0, inside ? 2.5 : 6) << "case " << i << " at 1/" << reduction << ", " << y << " " << x;
        if (inside) errors[reduction].push_back(error);
      }
    }
  }
  for (const int reduction : {1, 2, 4, 8}) {
    const std::vector<double>& of = errors[reduction];
    ASSERT_GT(of.size(), 500U) << "1/" << reduction;
    // Half a pixel of the reduced picture would be 0.8, 1.6 or 3.2.
    EXPECT_NEAR(std::accumulate(of.begin(), of.end(), 0.0) / static_cast<double>(of.size()), 0, 0.2)
        << "1/" << reduction;
  }
}

TEST(ReducedDecoding, IsNearTheExactPicture) {
  const OneFile file(Jpeg(Photograph(), 92));
  for (const ImageUse use : {ImageUse::kTrain, ImageUse::kTest}) {
    for (const int64_t size : {40, 64, 100, 224}) {
      const Transform exact(Config(JpegDecode::kExact, size), use, 1),
          reduced(Config(JpegDecode::kReduced, size), use, 1);
      for (int64_t epoch = 0; epoch < 6; ++epoch) {
        const Difference difference = Compare(reduced.Augment(file, epoch, 0), exact.Augment(file, epoch, 0));
        EXPECT_LT(difference.mean, 2) << "size " << size;
        EXPECT_LT(difference.greatest, 70) << "size " << size;
      }
    }
  }
}

TEST(ReducedDecoding, ChangesNothingWhereNothingIsReduced) {
  const OneFile jpeg(Jpeg(Photograph(), 92)), png(ReadText(SourcePath("tests/golden/images/picture.png")));
  const auto pictures = [](JpegDecode decode, const OneFile& file, int64_t size) {
    const Transform transform(Config(decode, size), ImageUse::kTrain, 1);
    std::vector<Image> images;
    for (int64_t epoch = 0; epoch < 6; ++epoch) images.push_back(transform.Augment(file, epoch, 0));
    return images;
  };
  EXPECT_EQ(pictures(JpegDecode::kReduced, jpeg, 800), pictures(JpegDecode::kExact, jpeg, 800));
  EXPECT_EQ(pictures(JpegDecode::kReduced, png, 16), pictures(JpegDecode::kExact, png, 16));
  EXPECT_NE(pictures(JpegDecode::kReduced, jpeg, 64), pictures(JpegDecode::kExact, jpeg, 64));
}

}  // namespace
}  // namespace danas
