#include "danas/data/person_dataset.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/units.h"
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

}  // namespace danas
