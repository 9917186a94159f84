#include "danas/data/imagenet_devkit.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "src/data/file_bytes.h"
#include "src/data/formats.h"
#include "src/data/mat_file.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr double kLargestId = 1e9;

struct Synset {
  std::string wordnet_id;
  std::string words;
};

// By ILSVRC2012_ID; meta.mat also lists inner nodes of the hierarchy, with IDs above the classes'.
std::map<int64_t, Synset> ReadMeta(const fs::path& path) {
  const auto file = MapFile(path);
  std::map<int64_t, Synset> synsets;
  for (const auto& element : ReadMatStruct(file->bytes(), "synsets", path.string())) {
    const auto id = element.find("ILSVRC2012_ID");
    const auto wordnet_id = element.find("WNID");
    if (id == element.end() || wordnet_id == element.end() || !std::holds_alternative<double>(id->second) ||
        !std::holds_alternative<std::string>(wordnet_id->second)) {
      throw DataError(path.string() + ": its synsets lack ILSVRC2012_ID or WNID");
    }
    const auto words = element.find("words");
    const bool has_words = words != element.end() && std::holds_alternative<std::string>(words->second);
    const double number = std::get<double>(id->second);
    if (!(std::abs(number) <= kLargestId)) {
      throw DataError(path.string() + ": an ILSVRC2012_ID is " + std::to_string(number));
    }
    synsets[static_cast<int64_t>(number)] = {
        .wordnet_id = std::get<std::string>(wordnet_id->second),
        .words = has_words ? std::get<std::string>(words->second) : ""};
  }
  return synsets;
}

std::map<int64_t, Synset> ReadSynsets(const fs::path& path) {
  if (path.extension() == ".mat") return ReadMeta(path);
  std::map<int64_t, Synset> synsets;
  int64_t id = 0;
  for (const std::string& line : ReadLines(path)) {
    const size_t end = line.find_first_of(" \t,");
    const size_t words = line.find_first_not_of(" \t,", end);
    synsets[++id] = {.wordnet_id = line.substr(0, end), .words = words == std::string::npos ? "" : line.substr(words)};
  }
  return synsets;
}

std::vector<int64_t> ReadGroundTruth(const fs::path& path) {
  std::vector<int64_t> ids;
  for (const std::string& line : ReadLines(path)) {
    int64_t id = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), id);
    if (error != std::errc() || end != line.data() + line.size()) {
      throw DataError(path.string() + ": '" + line + "' is not an ILSVRC2012_ID (entry " +
                      std::to_string(ids.size() + 1) + ")");
    }
    ids.push_back(id);
  }
  return ids;
}

// In order of their names, which is the order of the ground truth.
std::vector<std::string> ListFlat(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("ILSVRC2012_val_")) names.push_back(name);
  }
  if (error) throw DataError(folder.string() + ": cannot be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::string Quoted(const std::string& field) {
  if (field.find_first_of(",\"") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace

DevkitManifest MakeDevkitManifest(const DevkitFiles& files, const fs::path& manifest_folder) {
  for (const fs::path& root : {files.images, files.images.parent_path()}) {
    if (!root.empty() && RecognizeCoco(root)) {
      throw DataError(root.string() + " has COCO's annotations, which need no manifest: set data.root (--data) to it");
    }
  }
  const std::map<int64_t, Synset> synsets = ReadSynsets(files.synsets);
  const std::vector<int64_t> ids = ReadGroundTruth(files.ground_truth);
  const std::vector<std::string> names = ListFlat(files.images);
  if (names.size() != ids.size()) {
    throw DataError(files.images.string() + " holds " + std::to_string(names.size()) +
                    " images ILSVRC2012_val_*, but " + files.ground_truth.string() + " has " +
                    std::to_string(ids.size()) + " lines");
  }
  const fs::path prefix = fs::relative(files.images, manifest_folder.empty() ? "." : manifest_folder);
  std::set<std::pair<std::string, std::string>> classes;
  DevkitManifest manifest{.csv = "path,label\n", .class_names = {}};
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto synset = synsets.find(ids[i]);
    if (synset == synsets.end()) {
      throw DataError(files.ground_truth.string() + ": entry " + std::to_string(i + 1) + " is ID " +
                      std::to_string(ids[i]) + ", which " + files.synsets.string() + " does not list");
    }
    manifest.csv += Quoted((prefix / names[i]).string()) + "," + Quoted(synset->second.wordnet_id) + "\n";
    classes.emplace(synset->second.wordnet_id, synset->second.words);
  }
  for (const auto& [wordnet_id, words] : classes) {
    if (!words.empty()) manifest.class_names += wordnet_id + " " + words + "\n";
  }
  manifest.images = static_cast<int64_t>(ids.size());
  manifest.classes = static_cast<int64_t>(classes.size());
  return manifest;
}

}  // namespace danas
