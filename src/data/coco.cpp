// COCO's key-point annotations as a dataset of persons.
#include <algorithm>
#include <bit>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/data/coco_persons.h"
#include "danas/data/person_dataset.h"
#include "danas/data/person_selection.h"
#include "src/data/formats.h"
#include "src/data/place.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

fs::path AnnotationsBelow(const fs::path& root, SetRole role) {
  return root / "annotations" /
         (role == SetRole::kTrain ? "person_keypoints_train2017.json" : "person_keypoints_val2017.json");
}

// COCO has annotations/person_keypoints_val2017.json beside val2017/.
fs::path FolderOfImages(const fs::path& annotations, const DataConfig& config, SetRole role) {
  const bool train = role == SetRole::kTrain;
  const std::string& given = train ? config.images : config.test_images;
  const char* key = train ? "data.images" : "data.test_images";
  if (!given.empty()) {
    if (!fs::is_directory(given)) throw DataError(std::string(key) + ": there is no folder " + given);
    return given;
  }
  const std::string stem = annotations.stem().string();
  const std::string name = stem.substr(stem.find_last_of('_') + 1);
  const fs::path above = fs::absolute(annotations).parent_path().parent_path();
  const std::vector<fs::path> places = {above / name, above / "images" / name};
  for (const fs::path& place : places) {
    if (fs::is_directory(place)) return place;
  }
  throw DataError(annotations.string() + ": annotations without images: there is neither " + places[0].string() +
                  " nor " + places[1].string() + "; set " + key + " to the folder of the images");
}

// Bytes of the images that have persons; 0 of the others, and with OnBadImage::kSkip of what is not there.
std::vector<StoredImage> StoredImagesOf(const fs::path& folder, const PersonSet& set, const fs::path& annotations,
                                        OnBadImage on_error) {
  std::vector<StoredImage> stored;
  for (const PersonImage& image : set.images) stored.push_back({.name = image.file, .bytes = 0});
  std::vector<bool> used(set.images.size(), false);
  for (const Person& person : set.persons) used[static_cast<size_t>(person.image)] = true;
  int64_t missing = 0;
  std::string first;
  for (size_t i = 0; i < stored.size(); ++i) {
    if (!used[i]) continue;
    ThrowIfInterrupted();  // a file server answers each question late
    if (IsThere(folder / stored[i].name)) {
      stored[i].bytes = ImageFileSize(folder / stored[i].name, on_error);
    } else if (missing++ == 0) {
      first = stored[i].name;
    }
  }
  const int64_t images = std::count(used.begin(), used.end(), true);
  if (missing > 0 && (on_error == OnBadImage::kStop || missing == images)) {
    throw DataError(annotations.string() + ": annotations without images: " + FormatThousands(missing) + " of the " +
                    FormatThousands(images) + " images with persons are not in " + folder.string() + ", the first " +
                    first + "; set data.images (of a test set data.test_images) to the folder that has them" +
                    (missing < images ? ". With data.on_error 'skip' a run continues without them" : ""));
  }
  return stored;
}

uint64_t HashPersons(uint64_t hash, const PersonSet& set) {
  for (const std::string& name : set.layout.names) hash = HashWords(hash, {HashText(name)});
  for (const Person& person : set.persons) {
    const PersonBox& box = person.box;
    hash = HashWords(hash, {static_cast<uint64_t>(person.id),
                            static_cast<uint64_t>(set.images[static_cast<size_t>(person.image)].id),
                            static_cast<uint64_t>(person.labelled), static_cast<uint64_t>(person.crowd)});
    for (const double value : {box.left, box.top, box.width, box.height, person.area}) {
      hash = HashWords(hash, {std::bit_cast<uint64_t>(value)});
    }
    for (const Keypoint& keypoint : person.keypoints) {
      hash = HashWords(hash, {std::bit_cast<uint64_t>(keypoint.x), std::bit_cast<uint64_t>(keypoint.y),
                              static_cast<uint64_t>(keypoint.visibility)});
    }
  }
  return hash;
}

// Boxes of zero size end a run unless bad images are skipped: they are mistakes in the file.
void TakeUnsized(const PersonSelection& chosen, const fs::path& file, OnBadImage on_error) {
  if (chosen.unsized.empty()) return;
  const std::string what = file.string() + ": boxes of zero size: " + FirstClausesOf(chosen.unsized, 3);
  if (on_error == OnBadImage::kSkip) {
    log::warn("{}; these persons are left out", what);
    return;
  }
  throw DataError(what + ". Correct them; with data.on_error 'skip' a run leaves them out");
}

}  // namespace

bool RecognizeCoco(const fs::path& path) {
  if (fs::is_directory(path))
    return fs::is_regular_file(AnnotationsBelow(path, SetRole::kTrain)) || HasCocoTestSet(path);
  return fs::is_regular_file(path) && path.extension() == ".json";
}

bool HasCocoTestSet(const fs::path& folder) { return fs::is_regular_file(AnnotationsBelow(folder, SetRole::kTest)); }

DatasetIndex OpenCoco(const fs::path& path, const DataConfig& config, SetRole role) {
  const fs::path file = fs::is_directory(path) ? AnnotationsBelow(path, role) : path;
  const auto all = std::make_shared<PersonSet>(ReadCocoPersons(file, config.category));
  PersonSelection chosen = SelectPersons(*all);
  TakeUnsized(chosen, file, config.on_error);
  if (chosen.set.persons.empty()) {
    const std::vector<std::string> left_out = chosen.left_out.Lines();
    throw DataError(file.string() + ": no person with key-points is left" +
                    (left_out.empty() ? "" : "; left out: " + Joined(left_out)));
  }
  const fs::path folder = FolderOfImages(file, config, role);
  std::vector<StoredImage> stored = StoredImagesOf(folder, chosen.set, file, config.on_error);

  DatasetIndex index;
  index.name = file.string();
  index.format = DataFormat::kCoco;
  std::vector<SampleKey> keys;
  for (const StoredImage& image : stored) keys.push_back({.name = image.name, .size = image.bytes});
  index.fingerprint = HashPersons(Fingerprint(DataFormat::kCoco, std::move(keys)), *all);
  TakePersons(std::move(chosen), all, MakeFileSource(folder, std::move(stored), config.max_pixels), index);
  return index;
}

}  // namespace danas
