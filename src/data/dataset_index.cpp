#include "danas/data/dataset_index.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/json.h"
#include "danas/core/text_file.h"
#include "danas/core/text_list.h"
#include "src/data/formats.h"
#include "src/data/place.h"

namespace danas {
namespace {

constexpr size_t kNamesShown = 10;

namespace fs = std::filesystem;

// "folder text": the first word of a line is the id, the rest what to show.
void NameClasses(const std::string& class_names, ClassList& classes) {
  if (classes.labels.empty()) classes.labels = classes.ids;  // packed sets bring theirs
  if (class_names.empty()) return;
  std::error_code unreadable;
  const bool given = fs::exists(class_names, unreadable) && !fs::is_directory(class_names, unreadable);
  const std::string file = given ? class_names : ShippedFile("class_names", class_names).string();
  std::unordered_map<std::string, size_t> positions;
  for (size_t i = 0; i < classes.ids.size(); ++i) positions.emplace(classes.ids[i], i);
  std::vector<bool> named(classes.ids.size(), false);
  for (const std::string& line : ReadLines(file)) {
    const size_t end = line.find_first_of(" \t");
    const size_t text = line.find_first_not_of(" \t", end);
    if (text == std::string::npos) throw DataError(file + ": no text follows the class in '" + line + "'");
    const auto found = positions.find(line.substr(0, end));
    if (found == positions.end()) continue;  // a list may name more classes than this dataset has
    classes.labels[found->second] = line.substr(text);
    named[found->second] = true;
  }
  for (size_t i = 0; i < named.size(); ++i) {
    if (!named[i])
      throw DataError(file + " (data.class_names) does not name the class '" + classes.ids[i] +
                      "'. With --set data.class_names= classes are shown as the dataset names them");
  }
}

// Rankings, networks and logs name the classes in JSON, which is UTF-8.
void CheckNamesAreUtf8(const DatasetIndex& index, const std::string& class_names) {
  for (const std::string& id : index.classes.ids) {
    if (IsUtf8(id)) continue;
    throw DataError(index.name + ": the class name '" + id + "' is not UTF-8; rename it (convmv can rename folders)");
  }
  for (const std::string& label : index.classes.labels) {
    if (!IsUtf8(label)) throw DataError(class_names + " (data.class_names): '" + label + "' is not UTF-8");
  }
}

void RequireNoCocoKeys(const DataConfig& config, const fs::path& path) {
  const std::pair<const char*, const std::string*> keys[] = {
      {"data.images", &config.images}, {"data.test_images", &config.test_images}, {"data.category", &config.category}};
  for (const auto& [key, value] : keys) {
    if (value->empty()) continue;
    throw ConfigError(std::string(key) + " is for COCO's annotations, which " + path.string() +
                      " is not; leave it out");
  }
}

DatasetIndex OpenSet(const DataConfig& config, SetRole role) {
  const Place place = FindSet(config, role);
  if (place.format != DataFormat::kCoco && place.format != DataFormat::kPacked) RequireNoCocoKeys(config, place.path);
  DatasetIndex index;
  switch (place.format) {
    case DataFormat::kCifar10:
    case DataFormat::kCifar100:
      index = OpenCifar(place.path, place.format, role);
      break;
    case DataFormat::kIdx:
      index = OpenIdx(place.path, role);
      break;
    case DataFormat::kManifest:
      index = OpenManifest(place.path, config);
      break;
    case DataFormat::kCoco:
      index = OpenCoco(place.path, config, role);
      break;
    case DataFormat::kPacked:
      index = OpenPacked(place.path, config);
      break;
    case DataFormat::kAuto:  // Recognize() never answers so
    case DataFormat::kFolder:
      index = OpenFolder(place.path, config);
      break;
  }
  NameClasses(config.class_names, index.classes);
  CheckNamesAreUtf8(index, config.class_names);
  if (config.on_error == OnBadImage::kSkip) {
    index.bad = std::make_shared<BadImages>(index.name, index.size(), config.most_bad);
  }
  return index;
}

void RequireSameKeypoints(const DatasetIndex& train, const DatasetIndex& test) {
  if ((train.persons == nullptr) != (test.persons == nullptr)) {
    const DatasetIndex& with = train.persons != nullptr ? train : test;
    const DatasetIndex& without = train.persons != nullptr ? test : train;
    throw DataError(with.name + " has persons with key-points, " + without.name + " has images of classes");
  }
  if (train.persons == nullptr || train.persons->layout.names == test.persons->layout.names) return;
  throw DataError("the key-points of the test set " + test.name + " (" +
                  FirstQuotedOf(test.persons->layout.names, kNamesShown) + ") differ from those of the training set " +
                  train.name + " (" + FirstQuotedOf(train.persons->layout.names, kNamesShown) + ")");
}

}  // namespace

void RequireSameClasses(const DatasetIndex& train, const DatasetIndex& test) {
  RequireSameKeypoints(train, test);
  if (train.classes.ids == test.classes.ids) return;
  const auto missing_from = [](const ClassList& from, const ClassList& in) {
    std::vector<std::string> missing;
    for (const std::string& id : in.ids) {
      if (std::find(from.ids.begin(), from.ids.end(), id) == from.ids.end()) missing.push_back(id);
    }
    return missing;
  };
  const std::vector<std::string> only_train = missing_from(test.classes, train.classes);
  const std::vector<std::string> only_test = missing_from(train.classes, test.classes);
  std::string message =
      "the classes of the test set " + test.name + " differ from those of the training set " + train.name;
  if (!only_train.empty()) message += "; only in the training set: " + FirstQuotedOf(only_train, kNamesShown);
  if (!only_test.empty()) message += "; only in the test set: " + FirstQuotedOf(only_test, kNamesShown);
  if (only_train.empty() && only_test.empty()) message += ": the same names in a different order";
  throw DataError(message);
}

std::vector<NamedSet> OpenSetsAt(const fs::path& path, DataConfig config) {
  if (!IsThere(path)) throw DataError("there is no " + path.string() + "; give the path of a dataset");
  config.root = config.train = config.test = "";
  std::optional<DataFormat> own_format;
  if (fs::is_directory(path) && !RecognizePacked(path)) own_format = OwnFormat(path);
  if (!own_format && !HasTrainBelow(path)) {
    config.train = path.string();
    std::vector<NamedSet> alone;
    alone.push_back({.name = "", .set = OpenSet(config, SetRole::kTrain)});
    return alone;
  }
  config.root = path.string();
  std::vector<NamedSet> sets;
  sets.push_back({.name = "train", .set = OpenSet(config, SetRole::kTrain)});
  const std::string test = TestSetOf(path, own_format.value_or(DataFormat::kFolder));
  if (!test.empty()) {
    sets.push_back({.name = test, .set = OpenSet(config, SetRole::kTest)});
    RequireSameClasses(sets[0].set, sets[1].set);
  }
  return sets;
}

std::string ReadText(const fs::path& path) {
  try {
    return ReadTextFile<DataError>(path);
  } catch (const FileError& error) {
    throw DataError(error.what());
  }
}

std::vector<std::string> ReadLines(const fs::path& path) {
  std::vector<std::string> lines = LinesOf(ReadText(path));
  for (std::string& line : lines) line.erase(line.find_last_not_of(" \t\r") + 1);
  std::erase(lines, "");
  return lines;
}

uint64_t Fingerprint(DataFormat format, std::vector<SampleKey> samples) {
  std::sort(samples.begin(), samples.end(), [](const SampleKey& a, const SampleKey& b) { return a.name < b.name; });
  uint64_t hash = HashText(NameOf(format));
  for (const SampleKey& sample : samples) {
    hash = HashWords(hash, {HashText(sample.name), sample.size, static_cast<uint64_t>(sample.label)});
  }
  return hash;
}

DatasetIndex OpenTrainingSet(const DataConfig& config) { return OpenSet(config, SetRole::kTrain); }

DatasetIndex OpenTestSet(const DataConfig& config) { return OpenSet(config, SetRole::kTest); }

DataFormat FormatOfTrainingSet(const DataConfig& config) {
  const Place place = FindSet(config, SetRole::kTrain);
  return place.format == DataFormat::kPacked ? SourceFormatOfPacked(place.path) : place.format;
}

Dataset OpenBothSets(const DataConfig& config) {
  return {.train = OpenSet(config, SetRole::kTrain), .test = OpenSet(config, SetRole::kTest)};
}

Dataset OpenDataset(const DataConfig& config) {
  Dataset dataset = OpenBothSets(config);
  RequireSameClasses(dataset.train, dataset.test);
  return dataset;
}

ClassList DatasetIndex::outputs() const {
  if (!persons) return classes;
  return {.ids = persons->layout.names, .labels = persons->layout.names};
}

std::vector<int64_t> ImagesPerClass(const DatasetIndex& dataset) {
  std::vector<int64_t> counts(dataset.classes.ids.size(), 0);
  for (const int label : dataset.labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

}  // namespace danas
