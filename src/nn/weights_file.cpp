#include "danas/nn/weights_file.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "danas/arch/heat_map_head.h"
#include "danas/arch/module_names.h"
#include "danas/arch/space_limits.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/log.h"
#include "danas/core/mapped_file.h"
#include "danas/core/text_list.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/torch_file.h"
#include "danas/nn/torchvision_names.h"
#include "src/nn/foreign_file.h"
#include "src/nn/weight_names.h"

namespace danas {
namespace {

// Eight bytes that say how long it is, then a JSON object.
bool IsSafetensorsFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  return file.bytes().size() > 8 && file.bytes()[8] == '{';
}

// The state under each of the names that a file may have it by: danas's, the exported module's, torchvision's.
std::vector<NamedTensors> Spellings(const SearchSpace& space, const NamedTensors& state) {
  std::vector<NamedTensors> spellings = {state};
  if (space.IsNetwork()) spellings.push_back(ByExportedNames(space, state));
  if (const auto names = TorchvisionNames(space)) {
    NamedTensors& renamed = spellings.emplace_back();
    for (const auto& [name, tensor] : state) {
      const auto known = names->find(name);
      renamed.emplace_back(known == names->end() ? name : known->second, tensor);
    }
  }
  return spellings;
}

// How many of the tensors have a name that `tensors` has, too.
size_t Shared(const NamedTensors& own, const NamedTensors& tensors) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  return static_cast<size_t>(std::ranges::count_if(own, [&](const auto& item) { return names.contains(item.first); }));
}

// The state by the names that `weights` has most of; danas's where others have no more.
NamedTensors BySharedNames(const SearchSpace& space, const NamedTensors& state, const NamedTensors& weights) {
  std::vector<NamedTensors> spellings = Spellings(space, state);
  return *std::ranges::max_element(spellings, {}, [&](const NamedTensors& named) { return Shared(named, weights); });
}

constexpr size_t kNamesShown = 5;
constexpr char kClassOrder[] = "class_order", kChannelOrder[] = "channel_order", kBlocks[] = "blocks";

// The metadata "class_order", a JSON list of texts; empty where there is none.
std::vector<std::string> ClassesOf(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata.find(kClassOrder);
  if (found == file.metadata.end()) return {};
  const Json order = ParseJson(found->second);
  const auto is_text = [](const Json& id) { return id.is_string(); };
  if (!order.is_array() || !std::ranges::all_of(order, is_text)) {
    throw CheckpointError(path.string() + ": the metadata 'class_order' is not a list of class ids");
  }
  return order.get<std::vector<std::string>>();
}

// Tensors by their clean names, without those that are not weights; and the notes.
std::pair<NamedTensors, std::vector<std::string>> Cleaned(NamedTensors tensors, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  CleanedNames cleaned = CleanWeightNames(names, where);
  for (size_t i = 0; i < names.size(); ++i) tensors[i].first = std::move(cleaned.names[i]);
  std::erase_if(tensors, [](const auto& item) { return item.first.empty(); });
  return {std::move(tensors), std::move(cleaned.notes)};
}

// What conversion to `type` does to the weights, a note for each type that they have.
std::vector<std::string> ConversionNotes(const NamedTensors& tensors, at::ScalarType type) {
  std::map<at::ScalarType, size_t> counts;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point() && tensor.scalar_type() != type) ++counts[tensor.scalar_type()];
  }
  std::vector<std::string> notes;
  for (const auto& [from, count] : counts) {
    const std::string many = std::to_string(count) + (count == 1 ? " tensor of " : " tensors of ") + TypeText(from);
    const std::string verb = count == 1 ? " is " : " are ";
    if (from == at::kDouble) {
      notes.push_back(many + verb + "rounded to " + TypeText(type));
    } else {
      const char* digits = from == at::kHalf ? " (about 3 digits)" : from == at::kBFloat16 ? " (about 2 digits)" : "";
      notes.push_back(many + digits + verb + "converted to " + TypeText(type));
    }
  }
  return notes;
}

void RequireClasses(const std::vector<std::string>& found, const std::vector<std::string>& wanted,
                    const std::filesystem::path& path) {
  if (found.empty() || wanted.empty() || found == wanted) return;
  const auto [ours, theirs] = std::ranges::mismatch(found, wanted);
  throw CheckpointError(path.string() + ": these weights distinguish " + std::to_string(found.size()) +
                        " classes, the dataset has " + std::to_string(wanted.size()) + "; class " +
                        std::to_string(ours - found.begin()) + " is '" + (ours == found.end() ? "" : *ours) +
                        "' in the first, '" + (theirs == wanted.end() ? "" : *theirs) +
                        "' in the second. Use the dataset they were trained on");
}

std::vector<std::string> BlocksOf(const SearchSpace& network) {
  std::vector<std::string> blocks;
  for (const LayerSpec& layer : network.layers()) blocks.push_back(CandidateName(layer.candidates.at(0)));
  return blocks;
}

// Shapes alone would let through a kernel's or an activation's neighbour. Only the first `layers` are compared.
void RequireBlocks(const SearchSpace& network, const std::map<std::string, std::string>& metadata,
                   const std::filesystem::path& path, size_t layers = kMostLayers) {
  const auto found = metadata.find(kBlocks);
  if (found == metadata.end() || !network.IsNetwork()) return;
  const auto first = [layers](Json blocks) {
    if (blocks.is_array() && blocks.size() > layers) {
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(layers), blocks.end());
    }
    return blocks;
  };
  const Json theirs = first(ParseJson(found->second)), ours = first(BlocksOf(network));
  if (theirs == ours) return;
  std::string difference =
      "they are of " + std::to_string(theirs.size()) + " layers, the network has " + std::to_string(ours.size());
  for (size_t l = 0; theirs.is_array() && theirs.size() == ours.size() && l < ours.size(); ++l) {
    if (theirs[l] == ours[l]) continue;
    difference =
        "its layer " + std::to_string(l) + " is " + JsonText(theirs[l]) + ", the network's " + JsonText(ours[l]);
    break;
  }
  throw CheckpointError(path.string() + ": these weights are of another network: " + difference +
                        ". Use the network that they were exported from");
}

// "stem" and the layers before the first that enlarges.
bool IsOfBackbone(const std::string& name, size_t layers) {
  if (name.starts_with("stem.")) return true;
  constexpr std::string_view kLayers = "layers.";
  return name.starts_with(kLayers) && std::stoul(name.substr(kLayers.size())) < layers;
}

// Its notes and what becomes of its numbers in this network, in the log. Throws where they are not finite.
void CheckNumbers(const WeightsFile& file, const Supernet& network, const std::filesystem::path& path) {
  for (const std::string& note : file.notes) log::info("{}: {}", path.string(), note);
  const at::ScalarType type = StateOf(network).at(0).second.scalar_type();
  for (const std::string& note : ConversionNotes(file.tensors, type)) log::info("{}: {}", path.string(), note);
  RequireFinite(file.tensors, type, path.string());
}

std::string CountText(size_t count) { return std::to_string(count) + (count == 1 ? " tensor" : " tensors"); }

}  // namespace

std::map<std::string, std::string> BlocksMetadata(const SearchSpace& network) {
  return {{kBlocks, JsonText(BlocksOf(network))}};
}

NamedTensors ByExportedNames(const SearchSpace& network, const NamedTensors& state) {
  const auto modules = ModuleNames(network);
  NamedTensors renamed;
  for (const auto& [name, tensor] : state) renamed.emplace_back(ExportedName(modules, name), tensor);
  return renamed;
}

std::map<std::string, std::string> WeightsMetadata(const SearchSpace& space,
                                                   const std::vector<std::string>& class_ids) {
  std::map<std::string, std::string> metadata = {{"format", "pt"}, {kClassOrder, JsonText(class_ids)}};
  const bool kept = space.channel_order() == ChannelOrder::kKept;
  if (kept && ShufflesChannels(space)) metadata[kChannelOrder] = NameOf(ChannelOrder::kKept);
  return metadata;
}

void RequireChannelOrder(const SearchSpace& space, const std::map<std::string, std::string>& metadata,
                         const std::filesystem::path& path) {
  const auto found = metadata.find(kChannelOrder);
  if (!ShufflesChannels(space) || (found == metadata.end() && !metadata.contains(kClassOrder))) return;
  const std::string order = found == metadata.end() ? NameOf(ChannelOrder::kShuffled) : found->second;
  if (order == NameOf(space.channel_order())) return;
  throw CheckpointError(path.string() + ": these weights belong to a network with the channel_order '" + order +
                        "'; that of the network " + space.name() + " is '" + NameOf(space.channel_order()) +
                        "', where they would meet other channels. Use the network they were trained in");
}

WeightsFile ReadWeightsFile(const std::filesystem::path& path) {
  if (std::error_code unknown; std::filesystem::is_directory(path, unknown)) {
    throw FileError(path.string() + " is a folder; expected a weights file");
  }
  if (IsTorchFile(path)) {
    TorchFile file = ReadTorchFile(path);
    return {std::move(file.tensors), std::move(file.notes)};
  }
  if (IsSafetensorsFile(path)) {
    SafetensorsFile file = ReadSafetensors(path);
    WeightsFile weights{.tensors = {}, .notes = {}, .class_ids = ClassesOf(file, path), .metadata = file.metadata};
    std::tie(weights.tensors, weights.notes) = Cleaned(std::move(file.tensors), path.string());
    return weights;
  }
  const std::string what = DescribeForeignFile(MappedFile(path).bytes());
  if (!what.empty()) throw CheckpointError(path.string() + " " + what);
  throw CheckpointError(path.string() +
                        " contains no readable weights: it is neither a safetensors file nor one written by "
                        "torch.save. It may be damaged or cut short. Weights in any other form can be loaded in Python "
                        "and saved with torch.save(model.state_dict(), FILE)");
}

void LoadWeights(Supernet& network, const NamedTensors& weights, const std::string& where) {
  CopyState(BySharedNames(network.space(), StateOf(network), weights), weights, where);
}

void LoadWeights(Supernet& network, const std::filesystem::path& path, const std::vector<std::string>& class_ids) {
  const WeightsFile file = ReadWeightsFile(path);
  RequireClasses(file.class_ids, class_ids, path);
  RequireBlocks(network.space(), file.metadata, path);
  RequireChannelOrder(network.space(), file.metadata, path);
  CheckNumbers(file, network, path);
  LoadWeights(network, file.tensors, path.string());
}

void LoadBackboneWeights(Supernet& network, const std::filesystem::path& path) {
  const WeightsFile file = ReadWeightsFile(path);
  const size_t layers = BackboneLayers(network.space());
  RequireBlocks(network.space(), file.metadata, path, layers);
  RequireChannelOrder(network.space(), file.metadata, path);
  CheckNumbers(file, network, path);

  std::map<std::string, at::Tensor> given(file.tensors.begin(), file.tensors.end());
  const NamedTensors own = StateOf(network), spelled = BySharedNames(network.space(), own, file.tensors);
  NamedTensors taken, source;
  std::vector<std::string> missing, unused;
  for (size_t i = 0; i < own.size(); ++i) {
    if (!IsOfBackbone(own[i].first, layers)) continue;
    const auto found = given.find(spelled[i].first);
    if (found == given.end()) {
      missing.push_back(own[i].first);
      continue;
    }
    taken.push_back(spelled[i]);
    source.emplace_back(*found);
    given.erase(found);
  }
  for (const auto& [name, tensor] : given) unused.push_back(name);
  if (taken.empty()) {
    throw CheckpointError(path.string() + ": none of its " + CountText(file.tensors.size()) + " (" +
                          FirstOf(unused, kNamesShown) + ") is one of the backbone of " + network.space().name() +
                          ", which expects " + FirstOf(missing, kNamesShown) + ". Use weights of the same backbone");
  }
  CopyState(taken, source, path.string());
  log::info("{}: {} of the backbone taken; {} as initialised{}", path.string(), CountText(taken.size()),
            CountText(own.size() - taken.size()),
            unused.empty() ? "" : "; not used of the file: " + FirstOf(unused, kNamesShown));
  if (missing.empty()) return;
  log::warn("{} has nothing for {} of the backbone, which are as initialised: {}", path.string(),
            CountText(missing.size()), FirstOf(missing, kNamesShown));
}

}  // namespace danas
