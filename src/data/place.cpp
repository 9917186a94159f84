#include "src/data/place.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <vector>

#include "danas/core/error.h"
#include "src/data/advice.h"
#include "src/data/class_folders.h"
#include "src/data/file_bytes.h"
#include "src/data/long_path.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

std::string WithAdvice(const std::string& message, const fs::path& path) {
  const std::string advice = AdviceFor(path);
  return advice.empty() ? message : message + ". " + advice;
}

DataFormat Recognize(const fs::path& path, const char* key) {
  if (!IsThere(path)) {
    throw DataError(std::string(key) + ": there is no " + path.string() + "; set " + key +
                    " to the path of the dataset");
  }
  if (RecognizePacked(path)) return DataFormat::kPacked;
  if (const auto cifar = RecognizeCifar(path)) return *cifar;
  if (RecognizeIdx(path)) return DataFormat::kIdx;
  if (RecognizeManifest(path)) return DataFormat::kManifest;
  if (RecognizeCoco(path)) return DataFormat::kCoco;
  if (RecognizeFolder(path)) return DataFormat::kFolder;
  throw DataError(WithAdvice(path.string() +
                                 ": no dataset was recognised here; expected CIFAR binary files, IDX files, class "
                                 "folders of images, a packed set, a .csv or .jsonl manifest, or COCO's key-point "
                                 "annotations (.json)",
                             path));
}

Place PlaceAt(const fs::path& path, const char* key, DataFormat format) {
  const DataFormat found = Recognize(path, key);
  const bool packed_from_it = found == DataFormat::kPacked && format == SourceFormatOfPacked(path);
  if (format != DataFormat::kAuto && format != found && !packed_from_it) {
    throw DataError(path.string() + ": data.format says " + NameOf(format) + ", but this is " + NameOf(found));
  }
  return {path, found};
}

// A folder or manifest in `root` that is named like a set of this role, but not as danas names it: "valid", "Train".
std::string SimilarName(const fs::path& root, SetRole role) {
  const std::vector<std::string> starts = role == SetRole::kTrain
                                              ? std::vector<std::string>{"train"}
                                              : std::vector<std::string>{"val", "test", "dev", "eval"};
  for (const FolderEntry& entry : ListFolder(root)) {
    const bool is_folder = entry.kind == EntryKind::kFolder || entry.kind == EntryKind::kLinkToFolder;
    if (!is_folder && !RecognizeManifest(root / entry.name)) continue;
    std::string name = entry.name;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (std::ranges::any_of(starts, [&](const std::string& start) { return name.starts_with(start); })) {
      return entry.name;
    }
  }
  return "";
}

[[noreturn]] void FailWithoutSet(const fs::path& root, SetRole role, const std::string& expected, const char* key) {
  const std::string set = role == SetRole::kTrain ? "training set" : "test set";
  if (const std::string similar = SimilarName(root, role); !similar.empty()) {
    throw DataError(root.string() + ": no " + set + " was found; expected " + expected + ". If " + similar +
                    " is the one, set " + key + " to " + (root / similar).string());
  }
  const bool has_train = role == SetRole::kTest && HasTrainBelow(root);
  if (has_train) {
    throw DataError(root.string() + ": no test set was found beside the training set; expected " + expected +
                    "; or set " + key);
  }
  throw DataError(WithAdvice(root.string() +
                                 ": no dataset was recognised here; expected CIFAR binary files, IDX files, COCO's "
                                 "annotations/person_keypoints_train2017.json, or " +
                                 expected + "; or set " + key,
                             root));
}

// `root`/<name> as a manifest or a folder, for the only one of `names` that is there. A manifest says what is in the
// folder of its name, so it comes first.
Place PlaceBelow(const fs::path& root, SetRole role, const char* key, DataFormat format) {
  const std::vector<std::string> names =
      role == SetRole::kTrain ? std::vector<std::string>{"train"} : std::vector<std::string>{"val", "test"};
  std::vector<fs::path> found;
  for (const std::string& name : names) {
    const size_t before = found.size();
    for (const char* ending : {".csv", ".jsonl"}) {
      if (IsThere(root / (name + ending))) found.push_back(root / (name + ending));
    }
    if (found.size() == before && IsThere(root / name)) found.push_back(root / name);
  }
  if (found.empty()) {
    std::string expected;
    for (const std::string& name : names) expected += (expected.empty() ? "" : " or ") + name + "/";
    FailWithoutSet(root, role, expected + " with class folders (or a manifest " + names.front() + ".csv)", key);
  }
  if (found.size() > 1) {
    throw DataError(root.string() + " contains both " + found[0].filename().string() + " and " +
                    found[1].filename().string() + "; set " + key + " to the one you mean");
  }
  return PlaceAt(found.front(), key, format);
}

bool HasSet(const fs::path& root, const std::string& name) {
  return IsThere(root / name) || IsThere(root / (name + ".csv")) || IsThere(root / (name + ".jsonl"));
}

}  // namespace

bool IsThere(const fs::path& path) {
  struct stat status {};
  if (StatPath(path, status) == 0) return true;
  if (const int error = errno; !LinkTarget(path).empty()) FailToReach(path, error);
  return false;
}

std::optional<DataFormat> OwnFormat(const fs::path& root) {
  if (RecognizePacked(root)) return DataFormat::kPacked;
  if (const auto cifar = RecognizeCifar(root)) return cifar;
  if (RecognizeIdx(root)) return DataFormat::kIdx;
  if (RecognizeCoco(root)) return DataFormat::kCoco;
  return std::nullopt;
}

Place FindSet(const DataConfig& config, SetRole role) {
  const bool train = role == SetRole::kTrain;
  const std::string& own = train ? config.train : config.test;
  const char* key = train ? "data.train" : "data.test";
  if (!own.empty()) return PlaceAt(own, key, config.format);
  if (config.root.empty()) {
    throw DataError(std::string("no dataset is given: set data.root, or data.train and data.test") +
                    (train ? "" : " (data.test is missing)"));
  }
  const fs::path root = config.root;
  if (!IsThere(root)) {
    throw DataError("data.root: there is no folder " + root.string() + "; set data.root to the folder of the dataset");
  }
  if (!fs::is_directory(root)) {
    throw DataError(WithAdvice(
        "data.root: " + root.string() + " is not a folder; set data.root to the folder of the dataset", root));
  }
  if (const auto own_format = OwnFormat(root)) {
    if (!train && own_format == DataFormat::kPacked) {
      throw DataError(root.string() +
                      " is one packed set, without a test set; set data.test to the path of the test set");
    }
    return PlaceAt(root, "data.root", config.format);
  }
  return PlaceBelow(root, role, key, config.format);
}

bool HasTrainBelow(const fs::path& path) {
  if (!fs::is_directory(path) || RecognizePacked(path)) return false;
  const fs::path train = path / "train";
  return fs::exists(path / "train.csv") || fs::exists(path / "train.jsonl") || RecognizePacked(train) ||
         RecognizeFolder(train);
}

std::string TestSetOf(const fs::path& root, DataFormat own_format) {
  switch (own_format) {
    case DataFormat::kCifar10:
    case DataFormat::kCifar100:
      return HasCifarTestSet(root, own_format) ? "test" : "";
    case DataFormat::kIdx:
      return HasIdxTestSet(root) ? "test" : "";
    case DataFormat::kCoco:
      return HasCocoTestSet(root) ? "val" : "";
    default:
      return HasSet(root, "val") ? "val" : HasSet(root, "test") ? "test" : "";
  }
}

}  // namespace danas
