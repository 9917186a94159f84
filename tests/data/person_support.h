// Persons for tests: COCO's layout, the golden frames of tests/golden/pose.py, and a dataset of pictures in memory.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "danas/core/json.h"
#include "danas/data/dataset_index.h"
#include "danas/data/keypoint_scheme.h"
#include "danas/data/person_transform.h"
#include "tests/data/golden_images.h"

namespace danas::test {

inline Json PoseGolden(const std::string& file) {
  return Json::parse(ReadText(SourcePath("tests/golden/pose/" + file)));
}

inline Image PoseImage(const std::string& file) {
  return DecodeText(ReadText(SourcePath("tests/golden/pose/" + file)), file);
}

inline KeypointLayout CocoLayout() { return {.names = CocoKeypointNames(), .skeleton = {}}; }

inline PersonBox BoxOf(const Json& json) {
  const auto n = json.get<std::vector<double>>();
  return {.left = n[0], .top = n[1], .width = n[2], .height = n[3]};
}

inline Person PersonOf(const Json& golden) {
  Person person;
  person.box = BoxOf(golden.at("box"));
  for (const Json& point : golden.at("keypoints")) {
    person.keypoints.push_back({.x = point[0], .y = point[1], .visibility = point[2].get<int>()});
  }
  return person;
}

inline PersonDraws DrawsOf(const Json& golden) {
  return {.half_body = golden.at("half_body"),
          .upper_body = golden.at("upper_body"),
          .scale = golden.at("scale"),
          .rotation = golden.at("rotation"),
          .mirror = golden.at("mirror")};
}

class PictureSource : public ImageSource {
 public:
  explicit PictureSource(Image picture) : picture_(std::move(picture)) {}
  Image LoadPart(int64_t, const ChooseBox& choose) const override {
    loaded_ = choose(picture_.height, picture_.width);
    return PartOf(picture_, loaded_);
  }
  std::string Name(int64_t) const override { return "picture"; }
  const Box& loaded() const { return loaded_; }  // by the last call

 private:
  Image picture_;
  mutable Box loaded_;
};

// One person, in one picture.
inline DatasetIndex OnePerson(const Image& picture, const Person& person) {
  PersonSet set;
  set.layout = CocoLayout();
  set.images = {{.id = 1, .file = "picture", .height = picture.height, .width = picture.width}};
  set.persons = {person};
  DatasetIndex dataset;
  dataset.name = "one person";
  dataset.labels = {0};
  dataset.images = std::make_shared<PictureSource>(picture);
  dataset.persons = std::make_shared<const PersonSet>(std::move(set));
  return dataset;
}

}  // namespace danas::test
