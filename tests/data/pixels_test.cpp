#include "danas/data/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "danas/core/json.h"
#include "danas/data/transform.h"
#include "tests/data/golden_images.h"

namespace danas {
namespace {

using test::PartOf;

Json Cases() { return Json::parse(test::ReadText(test::SourcePath("tests/golden/images/images.json"))); }

Image FrameWhole(const Image& image, const Framing& framing) {
  return ToImage(Frame(PartOf(image, SourceOf(framing)), framing));
}

void ExpectResizeEqualsGolden(const Framing& framing, size_t number) {
  const Image source = test::GoldenImage("picture.png");
  const Image golden = test::GoldenImage("resize/" + std::to_string(number) + ".ppm");
  EXPECT_EQ(test::GreatestDifference(FrameWhole(source, framing), golden), 0) << "case " << number;
}

TEST(Resize, EqualsPillowsBilinear) {
  const Json cases = Cases().at("resizes");
  ASSERT_EQ(cases.size(), 7U);
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto n = cases[i].get<std::vector<int>>();
    ExpectResizeEqualsGolden({.source = {.top = n[0], .left = n[1], .height = n[2], .width = n[3]},
                              .height = n[4],
                              .width = n[5],
                              .window = WholeBox(n[4], n[5])},
                             i);
  }
}

TEST(Resize, ShorterSideThenCentreCropEqualsTorchvision) {
  const size_t before = Cases().at("resizes").size();
  const Json cases = Cases().at("centre_crops");
  for (size_t i = 0; i < cases.size(); ++i) {
    ExpectResizeEqualsGolden(CentreCrop(113, 150, cases[i][0].get<int>(), cases[i][1].get<int>()), before + i);
  }
}

TEST(Resize, AWindowEqualsThatPartOfTheWholeResult) {
  const Image source = test::GoldenImage("picture.png");
  const Framing whole{.source = {.top = 3, .left = 7, .height = 90, .width = 120},
                      .height = 50,
                      .width = 61,
                      .window = WholeBox(50, 61)};
  const Image resized = FrameWhole(source, whole);
  Framing framing = whole;
  framing.window = {.top = 20, .left = 13, .height = 17, .width = 30};
  EXPECT_LT(SourceOf(framing).height, SourceOf(whole).height);
  EXPECT_EQ(FrameWhole(source, framing), PartOf(resized, framing.window));
  framing.mirror = true;
  const Image mirrored = FrameWhole(source, framing);
  for (int y = 0; y < 17; ++y) {
    for (int x = 0; x < 30; ++x) {
      EXPECT_EQ(mirrored.Row(y)[3 * x + 1], resized.Row(20 + y)[3 * (13 + 29 - x) + 1]);
    }
  }
}

TEST(Resize, OutsideThePictureIsBlack) {
  const Image source = test::GoldenImage("small.png");
  const Framing framing{.source = WholeBox(36, 36),
                        .height = 36,
                        .width = 36,
                        .window = {.top = -3, .left = 20, .height = 30, .width = 30}};
  const Image padded = FrameWhole(source, framing);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 30; ++x) {
      const bool inside = y >= 3 && x < 16;
      EXPECT_EQ(padded.Row(y)[3 * x], inside ? source.Row(y - 3)[3 * (x + 20)] : 0) << y << ", " << x;
    }
  }
  Framing beside = framing;
  beside.window = {.top = 40, .left = 0, .height = 4, .width = 4};
  EXPECT_EQ(FrameWhole(source, beside), BlackImage(4, 4));
}

Planes ToPlanes(const Image& image, int channels = 3) {
  const Framing framing{.source = WholeBox(image.height, image.width),
                        .height = image.height,
                        .width = image.width,
                        .window = WholeBox(image.height, image.width)};
  return Frame(image, framing, channels);
}

// [["brightness", 0.6], ["hue", 0.1]]
ColourJitter JitterOf(const Json& steps) {
  const std::vector<std::string> names = {"brightness", "contrast", "saturation", "hue"};
  ColourJitter jitter;
  std::array<std::optional<double>*, 4> factors = {&jitter.brightness, &jitter.contrast, &jitter.saturation,
                                                   &jitter.hue};
  for (size_t step = 0; step < steps.size(); ++step) {
    const auto name = steps[step][0].get<std::string>();
    const int which = static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
    *factors.at(static_cast<size_t>(which)) = steps[step][1].get<double>();
    // A step that comes earlier moves the others back; those left out do nothing wherever they are.
    std::rotate(jitter.order.begin() + step, std::find(jitter.order.begin(), jitter.order.end(), which),
                std::find(jitter.order.begin(), jitter.order.end(), which) + 1);
  }
  return jitter;
}

TEST(ColourJitter, EveryStepEqualsTorchvisions) {
  const Json cases = Cases().at("jitters");
  ASSERT_EQ(cases.size(), 14U);
  for (size_t i = 0; i < cases.size(); ++i) {
    Planes planes = ToPlanes(test::GoldenImage("small.png"));
    ApplyColourJitter(JitterOf(cases[i]), planes);
    const Image golden = test::GoldenImage("jitter/" + std::to_string(i) + ".ppm");
    EXPECT_EQ(test::GreatestDifference(ToImage(planes), golden), 0) << cases[i].dump();
  }
}

Image GoldenGrey(const std::string& name) {
  Image image = test::GoldenImage(name);
  MakeGrey(image);
  return image;
}

TEST(GreyPictures, ResizeAsPillowsModeL) {
  const Image grey = GoldenGrey("picture.png");
  const Json cases = Cases().at("resizes"), chosen = Cases().at("grey_resizes");
  ASSERT_EQ(chosen.size(), 4U);
  for (const auto& number : chosen.get<std::vector<size_t>>()) {
    const auto n = cases[number].get<std::vector<int>>();
    const Framing framing{.source = {.top = n[0], .left = n[1], .height = n[2], .width = n[3]},
                          .height = n[4],
                          .width = n[5],
                          .window = WholeBox(n[4], n[5])};
    const Planes planes = Frame(PartOf(grey, SourceOf(framing)), framing, /*channels=*/1);
    EXPECT_EQ(planes.values.size(), planes.area());
    const Image golden = test::GoldenImage("grey/resize-" + std::to_string(number) + ".pgm");
    EXPECT_EQ(test::GreatestDifference(ToImage(planes), golden), 0) << number;
  }
}

TEST(GreyPictures, JitterAsPillowsModeL) {
  const Image grey = GoldenGrey("small.png");
  const Json cases = Cases().at("jitters");
  for (size_t i = 0; i < cases.size(); ++i) {
    Planes planes = ToPlanes(grey, /*channels=*/1);
    ApplyColourJitter(JitterOf(cases[i]), planes);
    const Image golden = test::GoldenImage("grey/jitter-" + std::to_string(i) + ".pgm");
    EXPECT_EQ(test::GreatestDifference(ToImage(planes), golden), 0) << cases[i].dump();
  }
}

TEST(GreyPictures, OfGreyValuesAreThoseValues) {
  Image image = BlackImage(16, 16);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = static_cast<uint8_t>(i / 3);
  const Image before = image;
  MakeGrey(image);
  EXPECT_EQ(image, before);
}

TEST(Normalize, ScalesSubtractsAndDivides) {
  Image image = BlackImage(1, 2);
  image.rgb = {0, 51, 255, 102, 204, 153};
  const NormalizeTable table = MakeNormalizeTable({0.5, 0.25, 0}, {0.5, 0.25, 2});
  std::vector<float> out(6);
  Normalize(ToPlanes(image), table, out);
  const std::vector<float> expected = {-1.0F, -0.2F, 0.5F, -0.2F, 2.2F, 0.3F};
  for (size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-6) << i;
}

}  // namespace
}  // namespace danas
