#include "danas/figures/easiness_figures.h"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>

#include "danas/core/file.h"
#include "danas/figures/colour.h"
#include "danas/figures/easiness_text.h"
#include "danas/figures/plot.h"
#include "danas/figures/svg.h"
#include "tests/figures/made_up_networks.h"
#include "tests/figures/well_formed.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::WhyNotWellFormed;

TEST(Svg, EscapesWhatXmlReserves) {
  Svg svg(10, 10, "a \"title\" <&>", "text\x01 \xFF");
  svg.Text({1, 2}, "x < y & z > \"w\"");
  const std::string document = svg.Document();
  EXPECT_EQ(WhyNotWellFormed(document), "");
  EXPECT_NE(document.find("x &lt; y &amp; z &gt; &quot;w&quot;"), std::string::npos);
  EXPECT_EQ(document.find('\x01'), std::string::npos);
  EXPECT_EQ(document.find('\xFF'), std::string::npos);
  EXPECT_EQ(WhyNotWellFormed("<svg><g></svg></g>"), "</svg> closes another");  // the check itself
}

TEST(Svg, Base64OfEveryLength) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("\xFF\xFE\xFD\xFC"), "//79/A==");
}

TEST(Colour, LightnessRunsEvenly) {
  double before = 2;
  for (int i = 0; i <= 20; ++i) {
    const double lightness = Lightness(Sequential(i / 20.0));
    EXPECT_LT(lightness, before - 0.01) << i;
    before = lightness;
    EXPECT_NEAR(Lightness(Diverging(i / 20.0)), Lightness(Diverging(-i / 20.0)), 0.08) << i;
  }
  EXPECT_EQ(Diverging(0), (Rgb{250, 250, 250}));
  EXPECT_EQ(HexColour({1, 171, 255}), "#01abff");
}

TEST(Colour, PngHoldsThePicture) {
  const std::vector<Rgb> palette = {{250, 250, 250}, {1, 171, 255}, {0, 0, 0}};
  const std::string png = EncodePng(3, 2, {0, 1, 2, 2, 1, 0}, palette);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()), 0) << image.message;
  EXPECT_EQ(image.width, 3u);
  EXPECT_EQ(image.height, 2u);
  image.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> rgb(PNG_IMAGE_SIZE(image));
  ASSERT_NE(png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr), 0) << image.message;
  EXPECT_EQ(rgb, (std::vector<uint8_t>{250, 250, 250, 1, 171, 255, 0, 0, 0, 0, 0, 0, 1, 171, 255, 250, 250, 250}));
}

TEST(Colour, PngRefusesWhatDoesNotFit) {
  EXPECT_THROW(EncodePng(2, 2, {0, 0, 0}, {Rgb{}}), std::invalid_argument);
  EXPECT_THROW(EncodePng(0, 0, {}, {Rgb{}}), std::invalid_argument);
  EXPECT_EQ(EncodePng(1, 1, {0}, {Rgb{}}).substr(1, 3), "PNG");
}

TEST(Plot, TicksAreRoundAndWithin) {
  EXPECT_EQ(RoundTicks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_EQ(RoundTicks(3, 18, 4), (std::vector<double>{5, 10, 15}));
  EXPECT_EQ(RoundTicks(2, 2, 4), (std::vector<double>{2}));
}

class FiguresOf : public testing::TestWithParam<int> {};

TEST_P(FiguresOf, AreWellFormedAndSayWhatIsSeen) {
  const int classes = GetParam();
  const EasinessStudy study = test::MadeUpStudy(classes, classes > 100 ? 8 : 40, 3, 10);
  const std::vector<Figure> figures = EasinessFigures(study);
  EXPECT_EQ(figures.size(), 3U * 2 + 2 + 3);
  std::set<std::string> names;
  for (const Figure& figure : figures) {
    EXPECT_EQ(WhyNotWellFormed(figure.svg), "") << figure.name;
    EXPECT_TRUE(names.insert(figure.name).second) << figure.name;
    EXPECT_NE(figure.finding.find_first_of("0123456789"), std::string::npos) << figure.name;
    EXPECT_FALSE(figure.claim.empty());
    EXPECT_LT(figure.svg.size(), 600'000U) << figure.name;  // big matrices are pictures, not a rectangle a cell
    for (const char* number : {"\"nan", ",nan", " nan", "\"inf", ",inf"}) {
      EXPECT_EQ(figure.svg.find(number), std::string::npos) << figure.name;
    }
  }
  const std::string page = EasinessPage(study, figures);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_NE(page.find("class &lt;0&gt; &amp; friends"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Classes, FiguresOf, testing::Values(2, 3, 10, 100, 300));

TEST(EasinessFigures, TheFindingTellsWhetherTheClaimIsSeen) {
  const EasinessStudy study = test::MadeUpStudy(30, 20, 2, 40);
  EXPECT_NE(RelevanceFigure(study.relevance[0]).finding.find("as claimed"), std::string::npos);
  RelevanceStudy turned = study.relevance[0];
  std::reverse(turned.states[0].convergence.begin(), turned.states[0].convergence.end());
  EXPECT_NE(RelevanceFigure(turned).finding.find("not confirmed here"), std::string::npos);
}

TEST(EasinessFigures, ConfusionRowsAreShares) {
  for (const std::vector<double>& row : MeanConfusion(test::MadeUpStudy(12, 15, 3))) {
    double sum = 0;
    for (const double share : row) sum += share;
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(EasinessText, ShowsTheEndsOfALongRanking) {
  const EasinessStudy study = test::MadeUpStudy(30, 20, 2);
  const std::string text = EasinessText(study, 3);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 + 3 + 1 + 3);
  EXPECT_NE(text.find("\n  30  "), std::string::npos) << text;
  const std::string whole = EasinessText(study, 15);
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 2 + 30);
  const std::string agreement = AgreementText(study.agreement);
  EXPECT_NE(agreement.find("net0, net1"), std::string::npos);
  EXPECT_NE(agreement.find("Kendall's W"), std::string::npos);
}

}  // namespace
}  // namespace danas
