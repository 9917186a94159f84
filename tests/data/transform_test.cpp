#include "danas/data/transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "tests/data/data_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ColourDataset;
using test::ExpectErrorContains;
using test::SmallImages;

std::vector<float> Pixels(const Transform& transform, int64_t epoch, int64_t position) {
  std::vector<float> out(static_cast<size_t>(transform.shape().floats()));
  transform.Apply(*ColourDataset(10, 2)->images, epoch, position, out);
  return out;
}

TEST(Transform, DrawsFollowSeedEpochAndImageAlone) {
  const Transform transform(SmallImages(), ImageUse::kTrain, 1);
  const std::vector<float> expected = Pixels(transform, 2, 3);
  Pixels(transform, 0, 0);  // what came before does not matter
  EXPECT_EQ(Pixels(transform, 2, 3), expected);
  EXPECT_NE(Pixels(transform, 3, 3), expected);
  EXPECT_NE(Pixels(Transform(SmallImages(), ImageUse::kTrain, 2), 2, 3), expected);
}

TEST(Transform, TestingDrawsNothing) {
  const Transform transform(SmallImages(), ImageUse::kTest, 1);
  EXPECT_EQ(Pixels(transform, 0, 3), Pixels(transform, 1, 3));
  const Augmentation draws = transform.Draw(12, 30, 0, 0);
  EXPECT_EQ(draws.framing, CentreCrop(12, 30, 10, 8));
  EXPECT_FALSE(draws.jitter.brightness || draws.jitter.contrast || draws.jitter.saturation || draws.jitter.hue);
}

TEST(Transform, ResizedCropsStayWithinTheirRanges) {
  AugmentConfig config;
  config.scale = {0.2, 0.6};
  RandomStream stream(0, "test");
  double sum = 0;
  constexpr int kDraws = 2000;
  for (int i = 0; i < kDraws; ++i) {
    const Box box = DrawResizedCrop(config, 300, 400, stream);
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_LE(box.top + box.height, 300);
    ASSERT_LE(box.left + box.width, 400);
    const double share = box.height * box.width / 120000.0;
    EXPECT_GT(share, 0.195);
    EXPECT_LT(share, 0.605);
    EXPECT_NEAR(std::log(static_cast<double>(box.width) / box.height), 0, std::log(4.0 / 3) + 0.02);
    sum += share;
  }
  EXPECT_NEAR(sum / kDraws, 0.4, 0.01);  // uniform over the range
}

// No crop of these shapes fits in ten tries: the largest centred one within the ratios is taken.
TEST(Transform, ResizedCropFallsBackToTheCentre) {
  AugmentConfig config;
  config.scale = {1, 1};
  RandomStream stream(0, "test");
  EXPECT_EQ(DrawResizedCrop(config, 30, 300, stream), (Box{.top = 0, .left = 130, .height = 30, .width = 40}));
  EXPECT_EQ(DrawResizedCrop(config, 300, 30, stream), (Box{.top = 130, .left = 0, .height = 40, .width = 30}));
}

TEST(Transform, CentreCropRoundsAsTorchvisionDoes) {
  const auto window = [](int height, int width, int resize, int size) {
    const Framing framing = CentreCrop(height, width, resize, size);
    return std::vector<int>{framing.height, framing.width, framing.window.top, framing.window.left};
  };
  EXPECT_EQ(window(375, 500, 256, 224), (std::vector<int>{256, 341, 16, 58}));  // 58.5 to the even 58
  EXPECT_EQ(window(500, 375, 256, 224), (std::vector<int>{341, 256, 58, 16}));
  EXPECT_EQ(window(10, 11, 10, 8), (std::vector<int>{10, 11, 1, 2}));     // 1.5 to the even 2
  EXPECT_EQ(window(28, 28, 28, 31), (std::vector<int>{28, 28, -1, -1}));  // one row above, two below
}

TEST(Transform, PadCropMovesThePicture) {
  DataConfig config = SmallImages();
  config.image_size = 12;
  config.augment = {
      .crop = CropKind::kPad, .padding = 2, .flip = 0, .brightness = 0, .contrast = 0, .saturation = 0, .hue = 0};
  const Transform transform(config, ImageUse::kTrain, 0);
  std::set<std::pair<int, int>> corners;
  for (int64_t epoch = 0; epoch < 400; ++epoch) {
    const Box window = transform.Draw(12, 12, epoch, 5).framing.window;
    corners.emplace(window.top, window.left);
    const Image image = transform.Augment(*ColourDataset(10, 2)->images, epoch, 5);
    for (int y = 0; y < 12; ++y) {
      const int source = y + window.top;
      const bool inside = source >= 0 && source < 12;
      EXPECT_EQ(image.Row(y)[3 * 5 + 1], inside ? 20 * source : 0);
    }
  }
  EXPECT_EQ(corners.size(), 25U);  // -2 ... 2 both ways
  config.image_size = 17;
  ExpectErrorContains<DataError>([&] { Transform(config, ImageUse::kTrain, 0).Draw(12, 12, 0, 0); },
                                 {"12 x 12", "data.augment.padding = 2", "data.image_size = 17"});
}

TEST(Transform, FlipsAndJittersInEveryOrder) {
  const DataConfig config = SmallImages();
  const Transform transform(config, ImageUse::kTrain, 0);
  std::set<std::array<int, 4>> orders;
  int mirrored = 0;
  constexpr int kDraws = 2000;
  for (int64_t epoch = 0; epoch < kDraws; ++epoch) {
    const Augmentation draws = transform.Draw(12, 12, epoch, 0);
    mirrored += draws.framing.mirror;
    orders.insert(draws.jitter.order);
    EXPECT_NEAR(draws.jitter.brightness.value(), 1, 0.4);
    EXPECT_NEAR(draws.jitter.contrast.value(), 1, 0.4);
    EXPECT_NEAR(draws.jitter.saturation.value(), 1, 0.4);
    EXPECT_NEAR(draws.jitter.hue.value(), 0, 0.1);
  }
  EXPECT_EQ(orders.size(), 24U);
  EXPECT_NEAR(mirrored, kDraws / 2, 4 * std::sqrt(kDraws / 4.0));
}

TEST(Transform, AStepThatIsOffLeavesTheOtherDrawsAlone) {
  DataConfig config = SmallImages();
  const Augmentation all = Transform(config, ImageUse::kTrain, 0).Draw(12, 12, 1, 2);
  config.augment.contrast = 0;
  const Augmentation some = Transform(config, ImageUse::kTrain, 0).Draw(12, 12, 1, 2);
  EXPECT_FALSE(some.jitter.contrast.has_value());
  EXPECT_EQ(some.framing, all.framing);
  EXPECT_EQ(some.jitter.hue, all.jitter.hue);
}

DataConfig WholeGreyPictures() {
  DataConfig config = SmallImages();
  config.image_size = 12;
  config.test_resize = 12;
  config.mean = {0.5};
  config.std = {0.25};
  return config;
}

TEST(Transform, OneChannelIsTheLumaOfThePicture) {
  const std::vector<float> pixels = Pixels(Transform(WholeGreyPictures(), ImageUse::kTest, 0, 1), 0, 7);
  ASSERT_EQ(pixels.size(), 144U);
  for (int y = 0; y < 12; ++y) {
    for (int x = 0; x < 12; ++x) {
      const double luma = std::floor(0.299 * 7 + 0.587 * 20 * y + 0.114 * 20 * x + 0.5);
      EXPECT_NEAR(pixels[static_cast<size_t>(12 * y + x)], (luma / 255 - 0.5) / 0.25, 1e-6) << y << ", " << x;
    }
  }
}

// The draws are the same, and what they do to three equal channels.
TEST(Transform, OneChannelOfAGreyPictureIsEachOfItsThree) {
  const test::GreySource images;
  DataConfig config = SmallImages();
  config.mean = {0.3};
  config.std = {0.2};
  const Transform three(config, ImageUse::kTrain, 1), one(config, ImageUse::kTrain, 1, 1);
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    std::vector<float> of_three(3 * 64), of_one(64);
    three.Apply(images, epoch, 4, of_three);
    one.Apply(images, epoch, 4, of_one);
    for (size_t i = 0; i < of_one.size(); ++i) {
      for (size_t c = 0; c < 3; ++c) ASSERT_EQ(of_three[3 * i + c], of_one[i]) << epoch << ": " << i;
    }
  }
}

TEST(Transform, ThreeMeansBecomeOneByTheirLuma) {
  DataConfig three = WholeGreyPictures();
  three.mean = {0.485, 0.456, 0.406};
  three.std = {0.229, 0.224, 0.225};
  DataConfig one = three;
  one.mean = {0.299 * 0.485 + 0.587 * 0.456 + 0.114 * 0.406};
  one.std = {0.299 * 0.229 + 0.587 * 0.224 + 0.114 * 0.225};
  const std::vector<float> expected = Pixels(Transform(one, ImageUse::kTest, 0, 1), 0, 7);
  const std::vector<float> actual = Pixels(Transform(three, ImageUse::kTest, 0, 1), 0, 7);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-4) << i;
}

TEST(Transform, OneMeanHoldsForAllChannels) {
  const DataConfig one = WholeGreyPictures();
  DataConfig three = one;
  three.mean = {0.5, 0.5, 0.5};
  three.std = {0.25, 0.25, 0.25};
  EXPECT_EQ(Pixels(Transform(one, ImageUse::kTest, 0), 0, 7), Pixels(Transform(three, ImageUse::kTest, 0), 0, 7));
}

TEST(Transform, RefusesListsOfTheWrongForm) {
  DataConfig config;
  config.mean = {0.5, 0.5};
  ExpectErrorContains<ConfigError>([&] { Transform(config, ImageUse::kTest, 0); },
                                   {"data.mean", "2 numbers", "3 or 1 expected"});
  config = {};
  config.std.clear();
  ExpectErrorContains<ConfigError>([&] { Transform(config, ImageUse::kTest, 0, 1); }, {"data.std", "0 numbers"});
  config = {};
  config.augment.scale = {1, 0.08};
  ExpectErrorContains<ConfigError>([&] { Transform(config, ImageUse::kTrain, 0); }, {"data.augment.scale"});
}

}  // namespace
}  // namespace danas
