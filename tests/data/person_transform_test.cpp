#include "danas/data/person_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "tests/data/person_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::GreatestDifference;
using test::OnePerson;
using test::PoseGolden;
using test::PoseImage;

PersonTransform Transformer(const FrameShape& shape, ImageUse use = ImageUse::kTrain, int64_t seed = 1) {
  return {KeypointsConfig(), DataConfig(), test::CocoLayout(), shape, use, seed};
}

Person Someone() { return test::PersonOf(PoseGolden("frames.json").at(1)); }

std::vector<float> Truth(const PersonTransform& transform, const Person& person, const PersonImage& image,
                         const PersonFraming& framing) {
  std::vector<float> truth(static_cast<size_t>(transform.truth_floats()), -1);
  transform.WriteTruth(person, image, framing, truth);
  return truth;
}

TEST(PersonTransform, EqualsSimpleBaselinesFrames) {
  const Json cases = PoseGolden("frames.json");
  ASSERT_EQ(cases.size(), 8U);
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    const Json& golden = cases[i];
    const Image picture = PoseImage("picture-" + std::to_string(golden.at("picture").get<int>()) + ".png");
    const DatasetIndex dataset = OnePerson(picture, test::PersonOf(golden));
    const Person& person = dataset.persons->persons[0];
    const PersonImage& image = dataset.persons->images[0];
    const PersonTransform transform = Transformer({.height = golden["frame"][0], .width = golden["frame"][1]});

    const PersonFraming framing = transform.Place(person, image, test::DrawsOf(golden), "picture");
    for (size_t k = 0; k < 6; ++k) EXPECT_NEAR(framing.to_frame.m[k], golden["matrix"][k].get<double>(), 1e-9) << k;
    EXPECT_LE(
        GreatestDifference(transform.FrameOf(dataset, 0, framing), PoseImage("frame-" + std::to_string(i) + ".png")),
        1);
    const std::vector<float> truth = Truth(transform, person, image, framing);
    ASSERT_EQ(truth.size(), 17U * 3);
    for (size_t k = 0; k < truth.size(); ++k) {
      const auto expected = golden["truth"][k / 3][k % 3].get<double>();
      EXPECT_NEAR(truth[k], expected, 1e-6 * std::max(1.0, std::abs(expected))) << k;
    }
  }
}

TEST(PersonTransform, DrawsFollowSeedEpochAndPositionAlone) {
  const FrameShape shape = {.height = 16, .width = 12};
  const PersonTransform transform = Transformer(shape);
  EXPECT_EQ(transform.Draw(2, 3), transform.Draw(2, 3));
  EXPECT_NE(transform.Draw(2, 3), transform.Draw(2, 4));
  EXPECT_NE(transform.Draw(2, 3), transform.Draw(3, 3));
  EXPECT_NE(transform.Draw(2, 3), Transformer(shape, ImageUse::kTrain, 2).Draw(2, 3));
  EXPECT_EQ(Transformer(shape, ImageUse::kTest).Draw(2, 3), PersonDraws());
}

TEST(PersonTransform, DrawsAreSimpleBaselines) {
  KeypointAugmentConfig config;
  config.half_body = 0.3;
  constexpr int kDraws = 20000;
  int turned = 0, mirrored = 0, half = 0, upper = 0, greatest = 0, furthest = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    RandomStream stream(5, "test", {static_cast<uint64_t>(i)});
    const PersonDraws draws = DrawPerson(config, stream);
    ASSERT_GE(draws.scale, 0.7);
    ASSERT_LE(draws.scale, 1.3);
    ASSERT_LE(std::abs(draws.rotation), 80);
    turned += draws.rotation != 0;
    mirrored += draws.mirror;
    half += draws.half_body;
    upper += draws.upper_body;
    greatest += draws.scale == 1.3;
    furthest += std::abs(draws.rotation) == 80;
    squares += draws.rotation * draws.rotation;
  }
  EXPECT_NEAR(turned, 0.6 * kDraws, 300);
  EXPECT_NEAR(mirrored, 0.5 * kDraws, 300);
  EXPECT_NEAR(half, 0.3 * kDraws, 300);
  EXPECT_NEAR(upper, 0.6915 * kDraws, 300);     // a normal number below 0.5
  EXPECT_NEAR(greatest, 0.1587 * kDraws, 300);  // one above its deviation
  EXPECT_NEAR(furthest, 0.6 * 0.0455 * kDraws, 150);
  EXPECT_NEAR(std::sqrt(squares / turned), 38.4, 0.8);  // of a normal number clipped at two deviations, 0.96 of 40
}

TEST(PersonTransform, ADrawIsTheSameWhateverTheSettingsOfOthers) {
  KeypointAugmentConfig other;
  other.half_body = 1;
  other.rotation_probability = 0;
  RandomStream stream(5, "test");
  const PersonDraws draws = DrawPerson({}, stream);
  RandomStream again(5, "test");
  const PersonDraws others = DrawPerson(other, again);
  EXPECT_EQ(draws.scale, others.scale);
  EXPECT_EQ(draws.mirror, others.mirror);
  EXPECT_EQ(others.rotation, 0);
}

TEST(PersonTransform, MakesANormalizedFrameWithItsTruth) {
  const Image picture = PoseImage("picture-0.png");
  const DatasetIndex dataset = OnePerson(picture, Someone());
  const Person& person = dataset.persons->persons[0];
  const PersonImage& image = dataset.persons->images[0];
  const PersonTransform transform = Transformer({.height = 16, .width = 12}, ImageUse::kTest);
  std::vector<float> pixels(16 * 12 * 3), truth(51);
  transform.Make(dataset, 0, 0, pixels, truth);
  const PersonFraming framing = transform.Place(person, image, {}, "picture");
  const Image frame = transform.FrameOf(dataset, 0, framing);
  for (const size_t i : {0U, 100U, 301U, 575U}) {
    const DataConfig data;
    EXPECT_FLOAT_EQ(pixels[i], (static_cast<float>(frame.rgb[i]) / 255 - static_cast<float>(data.mean[i % 3])) /
                                   static_cast<float>(data.std[i % 3]));
  }
  EXPECT_EQ(truth, Truth(transform, person, image, framing));
}

TEST(PersonTransform, LoadsNoMoreThanTheFrameShows) {
  Person person = Someone();
  person.box = {.left = 5, .top = 6, .width = 9, .height = 12};
  const DatasetIndex dataset = OnePerson(PoseImage("picture-0.png"), person);
  const auto& source = dynamic_cast<const test::PictureSource&>(*dataset.images);
  const PersonTransform transform = Transformer({.height = 16, .width = 12});
  for (const bool mirror : {false, true}) {
    const PersonFraming framing = transform.Place(person, dataset.persons->images[0], {.mirror = mirror}, "picture");
    transform.FrameOf(dataset, 0, framing);
    EXPECT_LE(source.loaded().width, 16);
    EXPECT_LE(source.loaded().height, 20);
    EXPECT_LE(source.loaded().left, 5);  // of the picture itself, also where its mirror image is shown
  }
}

TEST(PersonTransform, GreyFramesHaveOneChannel) {
  const Image picture = PoseImage("picture-0.png");
  const DatasetIndex dataset = OnePerson(picture, Someone());
  const PersonTransform transform = Transformer({.height = 16, .width = 12, .channels = 1}, ImageUse::kTest);
  std::vector<float> pixels(16 * 12), truth(51);
  transform.Make(dataset, 0, 0, pixels, truth);
  const Image frame = transform.FrameOf(
      dataset, 0, transform.Place(dataset.persons->persons[0], dataset.persons->images[0], {}, "picture"));
  EXPECT_EQ(frame.rgb[30], frame.rgb[31]);
  const double mean = 0.299 * 0.485 + 0.587 * 0.456 + 0.114 * 0.406;
  const double deviation = 0.299 * 0.229 + 0.587 * 0.224 + 0.114 * 0.225;
  EXPECT_NEAR(pixels[10], (frame.rgb[30] / 255.0 - mean) / deviation, 1e-3);
}

TEST(PersonTransform, WeightsStayWithTheKeypointThatTheFrameShows) {
  KeypointsConfig config;
  config.joint_weights.assign(17, 1);
  config.joint_weights[9] = 1.5;  // left wrist
  const PersonTransform transform(config, {}, test::CocoLayout(), {.height = 16, .width = 12}, ImageUse::kTrain, 1);
  Person person = Someone();
  for (Keypoint& point : person.keypoints) point.visibility = 1;
  person.keypoints[10].visibility = 0;  // right wrist
  const std::vector<float> plain =
      Truth(transform, person, {.id = 1, .file = "picture", .height = 60, .width = 80}, {});
  EXPECT_EQ(plain[3 * 9 + 2], 1.5F);
  EXPECT_EQ(plain[3 * 10 + 2], 0);
  EXPECT_EQ(plain[3 * 10], 0);
  const std::vector<float> mirrored = Truth(transform, person, {.id = 1, .file = "picture", .height = 60, .width = 80},
                                            {.to_frame = {}, .mirror = true});
  EXPECT_EQ(mirrored[3 * 9 + 2], 0);
  EXPECT_EQ(mirrored[3 * 10 + 2], 1);
  EXPECT_FLOAT_EQ(mirrored[3 * 10], static_cast<float>(79 - person.keypoints[9].x));
}

TEST(PersonTransform, HalfBodiesNeedEnoughKeypoints) {
  const std::vector<bool> upper_body = SchemeOf({}, test::CocoLayout()).upper_body;
  Person person = Someone();
  const auto label = [&](std::initializer_list<size_t> labelled) {
    for (Keypoint& point : person.keypoints) point.visibility = 0;
    for (const size_t k : labelled) person.keypoints[k].visibility = 2;
  };
  label({0, 11});
  EXPECT_FALSE(HalfBodyView(person, upper_body, true, 0.75));
  label({0, 1, 11, 12, 13});
  EXPECT_EQ(HalfBodyView(person, upper_body, true, 0.75), HalfBodyView(person, upper_body, false, 0.75));  // the lower
  label({0, 1, 2, 11, 12, 13});
  EXPECT_NE(HalfBodyView(person, upper_body, true, 0.75), HalfBodyView(person, upper_body, false, 0.75));
  label({0, 1, 11, 12});
  const auto upper = HalfBodyView(person, upper_body, false, 0.75);  // neither has three: the upper
  ASSERT_TRUE(upper);
  EXPECT_FLOAT_EQ(upper->centre_x, static_cast<float>((person.keypoints[0].x + person.keypoints[1].x) / 2));
  person.keypoints[1] = person.keypoints[0];
  EXPECT_FALSE(HalfBodyView(person, upper_body, false, 0.75));  // two in one place have no size
}

TEST(PersonTransform, DetectorsBoxesAreNotClipped) {
  Person person = Someone();
  person.box = {.left = -10, .top = 0, .width = 30, .height = 30};
  const PersonImage image = {.id = 1, .file = "picture", .height = 60, .width = 80};
  EXPECT_EQ(ViewOfPerson(person, image, 1, 1, "").centre_x, 14.5);  // what is cut off on the left stays in the width
  person.keypoints.assign(17, {});
  EXPECT_EQ(ViewOfPerson(person, image, 1, 1, "").centre_x, 5);
  person.keypoints[3].x = 1;  // a place without a label is of an annotation
  EXPECT_EQ(ViewOfPerson(person, image, 1, 1, "").centre_x, 14.5);
}

TEST(PersonTransform, SaysWhichBoxOrPictureDoesNotFit) {
  const Image picture = PoseImage("picture-0.png");
  const PersonTransform transform = Transformer({.height = 16, .width = 12});
  std::vector<float> pixels(16 * 12 * 3), truth(51);
  Person person = Someone();
  person.id = 77;
  person.box = {.left = 5, .top = 6, .width = 1, .height = 1};
  ExpectErrorContains<DataError>([&] { transform.Make(OnePerson(picture, person), 0, 0, pixels, truth); },
                                 {"picture", "person 77", "left 5, top 6, width 1, height 1", "80 x 60 pixels"});
  person.box = {.left = 90, .top = 6, .width = 20, .height = 20};
  ExpectErrorContains<DataError>([&] { transform.Make(OnePerson(picture, person), 0, 0, pixels, truth); },
                                 {"person 77", "left 90"});
  DatasetIndex dataset = OnePerson(picture, Someone());
  PersonSet other = *dataset.persons;
  other.images[0].width = 81;
  dataset.persons = std::make_shared<const PersonSet>(other);
  ExpectErrorContains<DataError>([&] { transform.Make(dataset, 0, 0, pixels, truth); },
                                 {"picture: 80 x 60 pixels, but the annotations say 81 x 60 pixels"});
  other.images[0].width = 32767;
  dataset.images = std::make_shared<test::PictureSource>(BlackImage(1, 32767));
  dataset.persons = std::make_shared<const PersonSet>(other);
  ExpectErrorContains<DataError>([&] { transform.Make(dataset, 0, 0, pixels, truth); }, {"32767 x 1", "at most 32766"});
  dataset.persons = nullptr;
  ExpectErrorContains<DataError>([&] { transform.Make(dataset, 0, 0, pixels, truth); }, {"one person", "no persons"});
}

}  // namespace
}  // namespace danas
