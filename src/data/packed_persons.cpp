#include "src/data/packed_persons.h"

#include <unordered_map>

#include "danas/core/error.h"
#include "danas/core/units.h"
#include "danas/data/coco_persons.h"
#include "danas/data/person_dataset.h"

namespace danas {
namespace {

// The pictures of PersonSet::images, of which bad ones may not have been packed.
class PackedPictures : public ImageSource {
 public:
  PackedPictures(std::shared_ptr<const ImageSource> packed, int64_t count, const std::vector<PersonImage>& images)
      : packed_(std::move(packed)) {
    std::unordered_map<std::string, int64_t> positions;
    for (int64_t i = 0; i < count; ++i) positions.emplace(packed_->Stored(i).name, i);
    for (const PersonImage& image : images) {
      const auto found = positions.find(image.file);
      at_.push_back(found == positions.end() ? -1 : found->second);
    }
  }

  bool Has(int64_t index) const { return at_[static_cast<size_t>(index)] >= 0; }

  Image LoadPart(int64_t index, const ChooseBox& choose) const override { return packed_->LoadPart(At(index), choose); }
  std::string Name(int64_t index) const override { return packed_->Name(At(index)); }
  StoredImage Stored(int64_t index) const override { return packed_->Stored(At(index)); }
  uint64_t ContentHash(int64_t index) const override { return packed_->ContentHash(At(index)); }
  std::optional<std::vector<uint8_t>> EncodedBytes(int64_t index) const override {
    return packed_->EncodedBytes(At(index));
  }
  std::vector<std::string> FindDamage() const override { return packed_->FindDamage(); }

 private:
  int64_t At(int64_t index) const {
    if (!Has(index)) throw DataError("a picture that was bad when the set was packed, and was left out");
    return at_[static_cast<size_t>(index)];
  }

  std::shared_ptr<const ImageSource> packed_;
  std::vector<int64_t> at_;  // -1: not packed
};

}  // namespace

void AddPackedPersons(std::string_view annotations, DatasetIndex& index) {
  const auto annotated = std::make_shared<const PersonSet>(ReadCocoPersons(annotations, index.name, ""));
  const auto pictures = std::make_shared<const PackedPictures>(index.images, index.size(), annotated->images);
  PersonSelection chosen = SelectPersons(*annotated);
  const size_t gone =
      std::erase_if(chosen.set.persons, [&](const Person& person) { return !pictures->Has(person.image); });
  if (gone > 0) {
    index.passed_over.push_back("left out: " + FormatThousands(static_cast<int64_t>(gone)) +
                                " of pictures that are not packed");
  }
  TakePersons(std::move(chosen), annotated, pictures, index);
}

}  // namespace danas
