#include "danas/arch/genotype.h"

#include <algorithm>
#include <set>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/text_list.h"
#include "space_reader.h"

namespace danas {
namespace {

std::vector<std::string> ReadTexts(const Node& node) {
  std::vector<std::string> texts;
  for (const Node& item : node.Items()) texts.push_back(item.AsText());
  return texts;
}

void CheckClasses(const Node& node, const Genotype& genotype) {
  const auto classes = static_cast<size_t>(genotype.network.classes());
  for (const auto& [key, texts] :
       {std::pair{"class_ids", &genotype.class_ids}, {"class_labels", &genotype.class_labels}}) {
    if (!texts->empty() && texts->size() != classes) {
      node.Key(key).Fail(std::to_string(texts->size()) + " classes, but the network distinguishes " +
                         std::to_string(classes));
    }
  }
  const std::set<std::string> ids(genotype.class_ids.begin(), genotype.class_ids.end());
  if (ids.size() != genotype.class_ids.size()) node.Key("class_ids").Fail("lists a class twice");
}

void CheckMap(const Node& node) {
  if (!node.IsMap()) node.Fail("found " + node.Found() + ", expected a map of keys and values");
}

// What commands read of it; the rest is a record that no one reads.
void CheckOrigin(const Node& origin) {
  CheckMap(origin);
  for (const char* key : {"model", "fingerprint"}) {
    if (const auto text = origin.Find(key)) text->AsText();
  }
  if (const auto cost = origin.Find("cost")) {
    CheckMap(*cost);
    cost->Key("value").AsDouble();
  }
  if (const auto config = origin.Find("config")) {
    CheckMap(*config);
    if (const auto space = config->Find("space")) space->AsText();
  }
}

Genotype FromDocument(const Document& document) {
  const Node root = document.Root();
  CheckFormatVersion(root, Genotype::kFormatVersion);
  const Node network = root.Key("network");
  LoadedSpace loaded = ReadSpace(network, "", {}, 0);
  RejectNotes(network, loaded);
  for (size_t i = 0; i < loaded.space.layers().size(); ++i) {
    const LayerSpec& layer = loaded.space.layers()[i];
    if (layer.candidates.size() > 1) {
      network.Fail(DescribeLayer(i, layer.shape) + " has " + std::to_string(layer.candidates.size()) +
                   " candidates; a network has one in every layer");
    }
  }
  Genotype genotype{std::move(loaded.space), {}, {}};
  if (const auto ids = root.Find("class_ids")) genotype.class_ids = ReadTexts(*ids);
  if (const auto labels = root.Find("class_labels")) genotype.class_labels = ReadTexts(*labels);
  if (const auto origin = root.Find("origin"); origin && !origin->IsNull()) {
    CheckOrigin(*origin);
    genotype.origin = origin->ToJson();
  }
  document.RejectUnreadKeys();
  CheckClasses(root, genotype);
  return genotype;
}

// A folder, or a file that is not there, is often that of a search: says which networks the search left.
void RequireFile(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  if (!is_folder && std::filesystem::exists(path, error)) return;
  const std::filesystem::path folder = is_folder ? path : path.parent_path();
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("best") && name.ends_with(".json")) found.push_back((folder / name).string());
  }
  if (found.empty()) return;  // the reader says what is wrong
  std::ranges::sort(found);
  throw FileError((is_folder ? path.string() + " is a folder" : "there is no " + path.string()) +
                  "; networks in it: " + Joined(found));
}

}  // namespace

Json ToJson(const Genotype& genotype) {
  return {{"format_version", Genotype::kFormatVersion},
          {"network", ToJson(genotype.network)},
          {"class_ids", genotype.class_ids},
          {"class_labels", genotype.class_labels},
          {"origin", genotype.origin}};
}

Genotype ReadGenotype(const std::filesystem::path& path) {
  RequireFile(path);
  return FromDocument(Document::Read(path));
}

Genotype GenotypeFromJson(const Json& json, const std::string& where) {
  return FromDocument(Document::FromJson(json, where));
}

}  // namespace danas
