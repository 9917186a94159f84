#include "danas/data/affine_warp.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/data/person_support.h"

namespace danas {
namespace {

using test::GreatestDifference;
using test::PartOf;
using test::PoseImage;

TEST(AffineWarp, BoxesTakeTheFramesAspect) {
  const PersonView wide = ViewOfBox({.left = 10, .top = 20, .width = 90, .height = 30}, 0.75, 1.25);
  EXPECT_EQ(wide.centre_x, 55);
  EXPECT_EQ(wide.centre_y, 35);
  EXPECT_FLOAT_EQ(wide.scale_x, 90 * 1.25 / 200);
  EXPECT_FLOAT_EQ(wide.scale_y, 120 * 1.25 / 200);
  const PersonView high = ViewOfBox({.left = 0, .top = 0, .width = 30, .height = 100}, 0.75, 1);
  EXPECT_FLOAT_EQ(high.scale_x, 75.0 / 200);
  EXPECT_FLOAT_EQ(high.scale_y, 100.0 / 200);
}

TEST(AffineWarp, BoxesAreClippedAsSimpleBaselineDoes) {
  constexpr PixelSize kSmall = {.height = 20, .width = 10};
  const PersonBox inside = {.left = 2, .top = 3, .width = 5, .height = 6};
  EXPECT_EQ(ClipToPicture(inside, kSmall), (PersonBox{.left = 2, .top = 3, .width = 4, .height = 5}));
  const PersonBox beyond = {.left = -2, .top = 15, .width = 50, .height = 6};
  EXPECT_EQ(ClipToPicture(beyond, kSmall), (PersonBox{.left = 0, .top = 15, .width = 9, .height = 4}));
  EXPECT_LT(ClipToPicture({.left = 11, .top = 0, .width = 5, .height = 5}, kSmall).width, 0);
}

TEST(AffineWarp, FromFrameUndoesToFrame) {
  constexpr PixelSize kFrame = {.height = 256, .width = 192};
  const PersonView view = ViewOfBox({.left = 10.5, .top = 20.25, .width = 333.3, .height = 99.9}, 0.75, 1.25);
  const Affine there = ToFrame(view, 37.5, kFrame);
  const Affine back = FromFrame(view, 37.5, kFrame);
  const Point at = back(there({.x = 123.4, .y = -56.7}));
  EXPECT_NEAR(at.x, 123.4, 1e-4);  // the points of both are rounded to float32
  EXPECT_NEAR(at.y, -56.7, 1e-4);
  const Point middle = there({.x = view.centre_x, .y = view.centre_y});
  EXPECT_NEAR(middle.x, 96, 1e-9);
  EXPECT_NEAR(middle.y, 128, 1e-9);
}

PixelSize SizeOf(const Image& image) { return {.height = image.height, .width = image.width}; }

TEST(AffineWarp, APartGivesTheBitsOfTheWholePicture) {
  constexpr PixelSize kFrame = {.height = 32, .width = 24};
  const Image picture = PoseImage("picture-0.png");
  const PersonBox boxes[] = {{.left = 30, .top = 20, .width = 12, .height = 9},
                             {.left = -5, .top = 41, .width = 20, .height = 30},
                             {.left = 61.3, .top = 2.2, .width = 33, .height = 8}};
  for (const PersonBox& box : boxes) {
    for (const double rotation : {0.0, 25.0, -80.0, 170.0}) {
      const Affine affine = ToFrame(ViewOfBox(box, 0.75, 1.25), rotation, kFrame);
      const Box part = SourceOf(affine, kFrame, SizeOf(picture));
      EXPECT_LT(part.height * part.width, picture.height * picture.width);
      EXPECT_EQ(WarpAffine(PartOf(picture, part), part, SizeOf(picture), affine, kFrame),
                WarpAffine(picture, WholeBox(picture.height, picture.width), SizeOf(picture), affine, kFrame));
    }
  }
}

// A map whose samples lie exactly between two of OpenCV's 1/32 pixels in many places, as maps do whose points were
// rounded to float32.
TEST(AffineWarp, APartGivesTheBitsOfTheWholeAlsoOnTies) {
  constexpr PixelSize kFrame = {.height = 256, .width = 192};
  Image picture = BlackImage(427, 640);
  for (size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = static_cast<uint8_t>(i * i / 7 + 13 * i);
  PersonView view = ViewOfBox({.left = 261.7, .top = 2.1, .width = 42.42, .height = 90.13}, 0.75, 1.25);
  view.scale_x *= 0.8088567919968259F;
  const Affine affine = ToFrame(view, 14.226920206635613, kFrame);
  const Box part = SourceOf(affine, kFrame, SizeOf(picture));
  EXPECT_EQ(WarpAffine(PartOf(picture, part), part, SizeOf(picture), affine, kFrame),
            WarpAffine(picture, WholeBox(picture.height, picture.width), SizeOf(picture), affine, kFrame));
}

TEST(AffineWarp, AFrameBesideThePictureIsBlack) {
  constexpr PixelSize kFrame = {.height = 8, .width = 8};
  const Image picture = PoseImage("picture-0.png");
  const Affine affine = ToFrame(ViewOfBox({.left = 1e4, .top = -1e4, .width = 10, .height = 10}, 1, 1), 0, kFrame);
  const Box part = SourceOf(affine, kFrame, SizeOf(picture));
  EXPECT_EQ(part, (Box{.top = 0, .left = picture.width - 1, .height = 1, .width = 1}));
  EXPECT_EQ(WarpAffine(PartOf(picture, part), part, SizeOf(picture), affine, kFrame), BlackImage(8, 8));
}

TEST(AffineWarp, MirrorTurnsColumnsAround) {
  const Image picture = PoseImage("picture-1.png");
  const Image mirrored = Mirrored(picture);
  EXPECT_EQ(mirrored.Row(3)[0], picture.Row(3)[3 * (picture.width - 1)]);
  EXPECT_GT(GreatestDifference(mirrored, picture), 100);
  EXPECT_EQ(Mirrored(mirrored), picture);
}

}  // namespace
}  // namespace danas
