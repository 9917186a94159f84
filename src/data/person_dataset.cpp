#include "danas/data/person_dataset.h"

#include <algorithm>

#include "danas/core/error.h"
#include "danas/data/coco_persons.h"

namespace danas {
namespace {

class PersonSource : public ImageSource {
 public:
  PersonSource(std::shared_ptr<const ImageSource> pictures, std::shared_ptr<const PersonSet> set)
      : pictures_(std::move(pictures)), set_(std::move(set)) {}

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    return pictures_->LoadPart(Of(index).image, choose);
  }
  std::string Name(int64_t index) const override { return pictures_->Name(Of(index).image) + Suffix(index); }
  std::optional<std::vector<uint8_t>> EncodedBytes(int64_t index) const override {
    return pictures_->EncodedBytes(Of(index).image);
  }
  StoredImage Stored(int64_t index) const override {
    StoredImage stored = pictures_->Stored(Of(index).image);
    stored.name += Suffix(index);
    return stored;
  }
  uint64_t ContentHash(int64_t index) const override { return pictures_->ContentHash(Of(index).image); }
  std::vector<std::string> FindDamage() const override { return pictures_->FindDamage(); }

 private:
  const Person& Of(int64_t index) const { return set_->persons[static_cast<size_t>(index)]; }
  std::string Suffix(int64_t index) const { return ", person " + std::to_string(Of(index).id); }

  std::shared_ptr<const ImageSource> pictures_;
  std::shared_ptr<const PersonSet> set_;
};

}  // namespace

std::shared_ptr<const ImageSource> PicturesOfPersons(std::shared_ptr<const ImageSource> pictures,
                                                     std::shared_ptr<const PersonSet> set) {
  return std::make_shared<PersonSource>(std::move(pictures), std::move(set));
}

void TakePersons(PersonSelection chosen, std::shared_ptr<const PersonSet> annotated,
                 std::shared_ptr<const ImageSource> pictures, DatasetIndex& index) {
  const auto set = std::make_shared<const PersonSet>(std::move(chosen.set));
  for (const std::string& line : chosen.left_out.Lines()) index.passed_over.push_back("left out: " + line);
  index.classes.ids = {set->layout.category};
  index.labels.assign(set->persons.size(), 0);
  index.persons = set;
  index.annotated = std::move(annotated);
  index.images = PicturesOfPersons(pictures, set);
  index.pictures = std::move(pictures);
}

DatasetIndex WithDetectedPersons(const DatasetIndex& truth, const std::filesystem::path& boxes) {
  const auto detected = std::make_shared<const PersonSet>(ReadDetectedPersons(boxes, *truth.persons));
  if (detected->persons.empty()) {
    throw DataError(boxes.string() + ": holds no box of the category '" + detected->layout.category + "' (id " +
                    std::to_string(detected->layout.category_id) + ")");
  }
  DatasetIndex index = truth;
  index.labels.assign(detected->persons.size(), 0);
  index.persons = detected;
  index.images = PicturesOfPersons(truth.pictures, detected);
  index.passed_over.clear();
  return index;
}

PersonCounts CountPersons(const PersonSet& set) {
  PersonCounts counts{.persons = std::ssize(set.persons), .listed_images = std::ssize(set.images), .labelled = {}};
  counts.labelled.assign(set.layout.names.size(), 0);
  std::vector<bool> used(set.images.size(), false);
  for (const Person& person : set.persons) {
    used[static_cast<size_t>(person.image)] = true;
    int64_t& size = person.area < 32 * 32 ? counts.small : person.area > 96 * 96 ? counts.large : counts.medium;
    ++size;
    for (size_t i = 0; i < person.keypoints.size(); ++i) counts.labelled[i] += person.keypoints[i].visibility > 0;
  }
  counts.images = std::count(used.begin(), used.end(), true);
  return counts;
}

}  // namespace danas
