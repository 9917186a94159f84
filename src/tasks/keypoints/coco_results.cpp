#include "danas/tasks/keypoints/coco_results.h"

#include <optional>

#include "danas/core/file.h"
#include "danas/core/json_records.h"
#include "danas/data/coco_record.h"

namespace danas {

std::vector<FoundPerson> ReadKeypointResults(const std::filesystem::path& path, const PersonSet& set) {
  CocoImageIds images(set);
  std::vector<FoundPerson> found;
  std::optional<bool> boxes;  // whether results have them
  const JsonRecordPlan plan{.lists = {""}, .passed_over = {"segmentation"}};
  ReadJsonRecords(path, plan, [&](JsonRecord&& line) {
    const CocoRecord record(line.value, path.string() + ": result " + std::to_string(line.place + 1));
    FoundPerson person{
        .image = images.Find(record.Whole("image_id")), .score = record.Number("score"), .keypoints = {}};
    if (record.Whole("category_id") != set.layout.category_id) return;
    const std::vector<double> numbers = record.Numbers("keypoints", 3 * set.layout.names.size());
    for (size_t i = 0; i < numbers.size(); i += 3) {
      person.keypoints.push_back({.x = numbers[i], .y = numbers[i + 1], .score = numbers[i + 2]});
    }
    // An empty 'bbox' is none, to loadRes() too.
    const bool has_box = record.Has("bbox") && !record.At("bbox").empty();
    if (boxes.value_or(has_box) != has_box) {
      record.Fail(has_box ? "has a 'bbox', which the results before it have not" : "has no 'bbox', unlike the others");
    }
    boxes = has_box;
    person.area = AreaOfKeypoints(person.keypoints);
    if (has_box) {
      const PersonBox box = record.Box();
      person.area = box.width * box.height;
    }
    person.box_area = person.area;
    found.push_back(std::move(person));
  });
  images.RequireKnown(path.string());
  return found;
}

void WriteKeypointResults(const std::filesystem::path& path, const PersonSet& set, std::span<const FoundPerson> found) {
  WriteFileAtomically(path, [&](const AppendBytes& append) {
    std::string text = "[";
    for (const FoundPerson& person : found) {
      Json keypoints = Json::array();
      for (const FoundKeypoint& keypoint : person.keypoints) {
        keypoints.insert(keypoints.end(), {keypoint.x, keypoint.y, keypoint.score});
      }
      text += (text == "[" ? "\n" : ",\n") + JsonText({{"image_id", set.images[static_cast<size_t>(person.image)].id},
                                                       {"category_id", set.layout.category_id},
                                                       {"keypoints", std::move(keypoints)},
                                                       {"score", person.score}});
      if (text.size() > size_t{1} << 20) {
        append(text.data(), text.size());
        text.clear();
      }
    }
    text += "\n]\n";
    append(text.data(), text.size());
  });
}

}  // namespace danas
