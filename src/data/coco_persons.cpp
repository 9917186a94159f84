#include "danas/data/coco_persons.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "danas/core/error.h"
#include "danas/core/json_records.h"
#include "danas/core/text_list.h"
#include "danas/data/coco_record.h"
#include "danas/data/person_selection.h"

namespace danas {
namespace {

// COCO files have the categories at their end, so every annotation is kept until it is known whose are wanted.
struct Annotation {
  int64_t category = 0;
  Person person;  // `image` is the image's id
};

// Everything that a file says of images, annotations and categories with key-points.
class CocoReader {
 public:
  CocoReader(std::string file, std::string category) : file_(std::move(file)), category_(std::move(category)) {}

  // `read` is ReadJsonRecords() but for the file.
  template <typename ReadRecords>
  PersonSet Read(const ReadRecords& read) {
    const JsonRecordPlan plan{.lists = {"images", "annotations", "categories"}, .passed_over = {"segmentation"}};
    const std::vector<std::string> found = read(plan, [this](JsonRecord&& record) { Take(record); });
    for (const std::string& list : plan.lists) {
      if (std::find(found.begin(), found.end(), list) == found.end()) {
        throw DataError(file_ + ": has no '" + list + "'; COCO's annotations are expected, with " +
                        Joined({"'images'", "'annotations'", "'categories'"}));
      }
    }
    set_.layout = ChooseLayout();
    TakePersons();
    return std::move(set_);
  }

 private:
  void Take(const JsonRecord& record) {
    const std::string noun = record.list == "categories" ? "category" : record.list.substr(0, record.list.size() - 1);
    const std::string place = file_ + ": " + noun + " in place " + std::to_string(record.place + 1);
    const int64_t id = CocoRecord(record.value, place).Whole("id");
    const CocoRecord named(record.value, file_ + ": " + noun + " " + std::to_string(id));
    if (record.list == "images") {
      TakeImage(named, id);
    } else if (record.list == "annotations") {
      TakeAnnotation(named, id);
    } else {
      TakeCategory(named, id);
    }
  }

  void TakeImage(const CocoRecord& record, int64_t id) {
    PersonImage image{.id = id, .file = record.Text("file_name")};
    image.height = Side(record, "height");
    image.width = Side(record, "width");
    if (image.file.empty()) record.Fail("'file_name' is empty");
    if (!positions_.emplace(id, std::ssize(set_.images)).second) record.Fail("the id is there twice");
    set_.images.push_back(std::move(image));
  }

  static int Side(const CocoRecord& record, const char* key) {
    constexpr int64_t kMost = 1 << 24;
    const int64_t side = record.Whole(key);
    if (side < 1 || side > kMost) {
      record.Fail("'" + std::string(key) + "' is " + std::to_string(side) + ", expected 1 to " + std::to_string(kMost) +
                  " pixels");
    }
    return static_cast<int>(side);
  }

  // What is wrong with an annotation matters only if its category is the one that is wanted.
  void TakeAnnotation(const CocoRecord& record, int64_t id) {
    Annotation annotation{.category = record.Whole("category_id"), .person = {}};
    annotation.person.id = id;
    try {
      ReadPerson(record, annotation.person);
    } catch (const DataError& error) {
      faults_.emplace(annotation.category, error.what());
    }
    annotations_.push_back(std::move(annotation));
  }

  static void ReadPerson(const CocoRecord& record, Person& person) {
    person.image = record.Whole("image_id");
    person.crowd = record.Has("iscrowd") && record.Whole("iscrowd") != 0;
    person.box = record.Box();
    person.area = record.Number("area");
    if (person.area < 0) record.Fail("'area' is below 0");
    const size_t values = record.At("keypoints").size();
    const std::vector<double> numbers = record.Numbers("keypoints", values);
    if (values % 3 != 0) {
      record.Fail("'keypoints' is " + std::to_string(values) + " values, expected x, y and visibility of each");
    }
    person.keypoints.reserve(values / 3);
    for (size_t i = 0; i < values; i += 3) {
      const double visibility = numbers[i + 2];
      if (visibility != 0 && visibility != 1 && visibility != 2) {
        record.Fail("the visibility of key-point " + std::to_string(i / 3 + 1) + " is " + JsonText(Json(visibility)) +
                    ", expected 0 (not labelled), 1 (hidden) or 2 (seen)");
      }
      person.keypoints.push_back({.x = numbers[i], .y = numbers[i + 1], .visibility = static_cast<int>(visibility)});
    }
    person.labelled = record.Has("num_keypoints")
                          ? record.Whole("num_keypoints")
                          : std::count_if(person.keypoints.begin(), person.keypoints.end(),
                                          [](const Keypoint& keypoint) { return keypoint.visibility > 0; });
  }

  void TakeCategory(const CocoRecord& record, int64_t id) {
    KeypointLayout layout{.category = record.Text("name"), .category_id = id, .names = {}, .skeleton = {}};
    if (!category_ids_.insert(id).second) record.Fail("the id is there twice");
    category_names_.push_back(layout.category);
    if (!record.Has("keypoints")) return;
    const Json& names = record.At("keypoints");
    if (!names.is_array()) record.Fail("'keypoints' is no list of names");
    for (const Json& name : names) {
      if (!name.is_string()) record.Fail("'keypoints' holds what is no name");
      const std::string text = name.get<std::string>();
      if (std::find(layout.names.begin(), layout.names.end(), text) != layout.names.end()) {
        record.Fail("the key-point '" + text + "' is there twice");
      }
      layout.names.push_back(text);
    }
    if (record.Has("skeleton")) ReadSkeleton(record, layout);
    if (!layout.names.empty()) layouts_.push_back(std::move(layout));
  }

  // COCO counts key-points from 1.
  static void ReadSkeleton(const CocoRecord& record, KeypointLayout& layout) {
    for (const Json& line : record.At("skeleton")) {
      std::array<int, 2> ends{};
      for (size_t end = 0; end < 2; ++end) {
        const bool pair = line.is_array() && line.size() == 2 && line[end].is_number_integer();
        const int64_t place = pair ? line[end].get<int64_t>() : 0;
        if (place < 1 || place > std::ssize(layout.names)) {
          record.Fail("'skeleton' holds " + JsonText(line) + ", expected two numbers from 1 to " +
                      std::to_string(layout.names.size()));
        }
        ends[end] = static_cast<int>(place - 1);
      }
      layout.skeleton.push_back(ends);
    }
  }

  KeypointLayout ChooseLayout() const {
    std::vector<std::string> names;
    for (const KeypointLayout& layout : layouts_) {
      if (layout.category == category_) return layout;
      names.push_back(layout.category);
    }
    if (!category_.empty()) {
      const bool known = std::find(category_names_.begin(), category_names_.end(), category_) != category_names_.end();
      throw DataError(
          file_ + ": " +
          (known ? "the category '" + category_ + "' has no key-points" : "has no category '" + category_ + "'") +
          "; with key-points: " + (names.empty() ? "none" : FirstQuotedOf(names, 10)) + " (data.category)");
    }
    if (layouts_.empty()) {
      throw DataError(file_ + ": no category has key-points (categories: " +
                      (category_names_.empty() ? "none" : FirstQuotedOf(category_names_, 10)) +
                      "); key-point annotations are expected, such as person_keypoints_train2017.json");
    }
    if (layouts_.size() > 1) {
      throw DataError(file_ + ": several categories have key-points (" + FirstQuotedOf(names, 10) +
                      "); set data.category to one");
    }
    return layouts_.front();
  }

  void TakePersons() {
    const KeypointLayout& layout = set_.layout;
    if (const auto fault = faults_.find(layout.category_id); fault != faults_.end()) throw DataError(fault->second);
    std::unordered_set<int64_t> ids;
    for (Annotation& annotation : annotations_) {
      if (annotation.category != layout.category_id) {
        ++set_.other_annotations;
        continue;
      }
      Person& person = annotation.person;
      const std::string where = file_ + ": annotation " + std::to_string(person.id) + ": ";
      if (!ids.insert(person.id).second) throw DataError(where + "the id is there twice");
      const auto image = positions_.find(person.image);
      if (image == positions_.end()) {
        throw DataError(where + "of image " + std::to_string(person.image) + ", which 'images' does not list");
      }
      if (person.keypoints.size() != layout.names.size()) {
        throw DataError(where + "'keypoints' is " + std::to_string(3 * person.keypoints.size()) + " values, expected " +
                        std::to_string(3 * layout.names.size()) + ": x, y and visibility of the " +
                        std::to_string(layout.names.size()) + " key-points of '" + layout.category + "'");
      }
      person.image = image->second;
      set_.persons.push_back(std::move(person));
    }
  }

  std::string file_;
  std::string category_;
  PersonSet set_;
  std::unordered_map<int64_t, int64_t> positions_;  // of images, by id
  std::vector<Annotation> annotations_;
  std::map<int64_t, std::string> faults_;  // the first of each category
  std::vector<KeypointLayout> layouts_;
  std::vector<std::string> category_names_;
  std::unordered_set<int64_t> category_ids_;
};

}  // namespace

PersonSet ReadCocoPersons(const std::filesystem::path& path, const std::string& category) {
  return CocoReader(path.string(), category).Read([&](const JsonRecordPlan& plan, const auto& visit) {
    return ReadJsonRecords(path, plan, visit);
  });
}

PersonSet ReadCocoPersons(std::string_view text, const std::string& name, const std::string& category) {
  return CocoReader(name, category).Read([&](const JsonRecordPlan& plan, const auto& visit) {
    return ReadJsonRecords(text, name, plan, visit);
  });
}

std::string CocoText(const PersonSet& set) {
  std::string text = "{\"images\": [";
  const auto add = [&](const Json& record) { text += (text.back() == '[' ? "\n" : ",\n") + JsonText(record); };
  for (const PersonImage& image : set.images) {
    add({{"id", image.id}, {"file_name", image.file}, {"height", image.height}, {"width", image.width}});
  }
  text += "],\n\"annotations\": [";
  for (const Person& person : set.persons) {
    Json keypoints = Json::array();
    for (const Keypoint& keypoint : person.keypoints) {
      keypoints.insert(keypoints.end(), {keypoint.x, keypoint.y, keypoint.visibility});
    }
    add({{"id", person.id},
         {"image_id", set.images[static_cast<size_t>(person.image)].id},
         {"category_id", set.layout.category_id},
         {"iscrowd", person.crowd ? 1 : 0},
         {"area", person.area},
         {"bbox", {person.box.left, person.box.top, person.box.width, person.box.height}},
         {"num_keypoints", person.labelled},
         {"keypoints", std::move(keypoints)}});
  }
  text += "],\n\"categories\": [";
  Json skeleton = Json::array();
  for (const auto& [from, to] : set.layout.skeleton) skeleton.push_back({from + 1, to + 1});
  add({{"id", set.layout.category_id},
       {"name", set.layout.category},
       {"keypoints", set.layout.names},
       {"skeleton", std::move(skeleton)}});
  return text + "]}\n";
}

PersonSet ReadDetectedPersons(const std::filesystem::path& path, const PersonSet& set) {
  PersonSet detected{.layout = set.layout, .images = set.images, .persons = {}};
  CocoImageIds images(set);
  const JsonRecordPlan plan{.lists = {""}, .passed_over = {"segmentation"}};
  ReadJsonRecords(path, plan, [&](JsonRecord&& line) {
    const CocoRecord record(line.value, path.string() + ": result " + std::to_string(line.place + 1));
    Person person;
    person.id = line.place + 1;
    person.image = images.Find(record.Whole("image_id"));
    person.score = record.Number("score");
    if (record.Whole("category_id") != set.layout.category_id) {
      ++detected.other_annotations;
      return;
    }
    person.box = record.Box();
    if (person.box.width + person.box.height == 0) record.Fail("the box (" + BoxText(person.box) + ") has no size");
    person.area = person.box.width * person.box.height;
    person.keypoints.resize(set.layout.names.size());
    detected.persons.push_back(std::move(person));
  });
  images.RequireKnown(path.string());
  return detected;
}

}  // namespace danas
