#include "danas/data/draw_skeleton.h"

#include <gtest/gtest.h>

#include <limits>

#include "danas/core/error.h"
#include "danas/data/decode.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using Colour = std::array<int, 3>;
constexpr Colour kBlack = {0, 0, 0};
constexpr Colour kBlue = {0, 114, 178};
constexpr Colour kVermilion = {213, 94, 0};
constexpr Colour kYellow = {240, 228, 66};

Colour At(const Image& image, int x, int y) {
  const uint8_t* pixel = image.Row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

// A head above two hands, each of which is joined to it and to the other.
const KeypointLayout kLayout = {.names = {"head", "left", "right"}, .skeleton = {{0, 1}, {0, 2}, {1, 2}}};
const std::vector<std::array<int, 2>> kPairs = {{1, 2}};

Image Drawn(const std::vector<DrawnKeypoint>& keypoints, double threshold = 0.2) {
  Image picture = BlackImage(200, 300);
  DrawSkeleton(kLayout, kPairs, keypoints, threshold, picture);
  return picture;
}

std::vector<DrawnKeypoint> Triangle(double confidence = 1) {
  return {{150, 20, confidence}, {250, 160, confidence}, {50, 160, confidence}};
}

// Rows that a vertical cut through the line between the hands colours.
int WidthOfLine(const Image& picture) {
  int width = 0;
  for (int y = 140; y < 180; ++y) width += At(picture, 150, y) != kBlack;
  return width;
}

TEST(DrawSkeleton, ColoursTellTheSides) {
  const Image picture = Drawn(Triangle());
  EXPECT_EQ(At(picture, 150, 20), kYellow);
  EXPECT_EQ(At(picture, 250, 160), kBlue);
  EXPECT_EQ(At(picture, 50, 160), kVermilion);
  EXPECT_EQ(At(picture, 200, 90), kBlue);
  EXPECT_EQ(At(picture, 100, 90), kVermilion);
  EXPECT_EQ(At(picture, 150, 160), kYellow);  // from one side to the other
  EXPECT_EQ(At(picture, 20, 20), kBlack);
}

TEST(DrawSkeleton, WidthTellsTheConfidence) {
  const int sure = WidthOfLine(Drawn(Triangle(1)));
  EXPECT_GT(sure, WidthOfLine(Drawn(Triangle(0.3))));
  EXPECT_GT(WidthOfLine(Drawn(Triangle(0.3))), 0);
  EXPECT_EQ(WidthOfLine(Drawn(Triangle(7))), sure);
}

TEST(DrawSkeleton, LeavesOutWhatIsNotAboveTheThreshold) {
  std::vector<DrawnKeypoint> keypoints = Triangle();
  keypoints[2].confidence = 0.2;
  const Image picture = Drawn(keypoints);
  EXPECT_EQ(At(picture, 50, 160), kBlack);
  EXPECT_EQ(At(picture, 150, 160), kBlack);
  EXPECT_EQ(At(picture, 200, 90), kBlue);
}

TEST(DrawSkeleton, TakesPlacesOutsideOfThePicture) {
  std::vector<DrawnKeypoint> keypoints = Triangle();
  keypoints[1] = {1e30, 160, 1};
  keypoints[2] = {std::numeric_limits<double>::quiet_NaN(), 0, 1};
  const Image picture = Drawn(keypoints);
  EXPECT_EQ(At(picture, 150, 20), kYellow);
  EXPECT_EQ(At(picture, 50, 160), kBlack);
}

TEST(ShrunkBy, MeansOverAreas) {
  Image picture = BlackImage(4, 6);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 3; ++x) picture.Row(y)[3 * x] = 200;  // the left half is red
  }
  const Image half = ShrunkBy(1.0 / 2, picture);
  EXPECT_EQ(half.height, 2);
  EXPECT_EQ(half.width, 3);
  EXPECT_EQ(At(half, 0, 1), (Colour{200, 0, 0}));
  EXPECT_EQ(At(half, 1, 0), (Colour{100, 0, 0}));
  EXPECT_EQ(At(half, 2, 1), kBlack);
  EXPECT_EQ(ShrunkBy(0.01, picture).rgb.size(), 3U);
}

TEST(DrawBox, StaysInThePicture) {
  Image picture = BlackImage(40, 60);
  DrawBox({.left = 10, .top = 5, .width = 20, .height = 30}, "", picture);
  EXPECT_GT(At(picture, 10, 20)[0], 200);  // nearly white: its edges are smooth
  EXPECT_EQ(At(picture, 20, 20), kBlack);
  const Image without = picture;
  DrawBox({.left = 10, .top = -1e30, .width = 1e30, .height = 30}, "0.93", picture);
  EXPECT_NE(picture, without);
}

TEST(JpegBytes, AreAPicture) {
  const Image picture = Drawn(Triangle());
  const Image back = DecodeImage(JpegBytes(picture), "drawn", 1 << 20);
  EXPECT_EQ(back.height, 200);
  EXPECT_EQ(back.width, 300);
  test::ExpectErrorContains<DataError>([] { JpegBytes(BlackImage(1, 65501)); }, {"65501 x 1"});
}

}  // namespace
}  // namespace danas
