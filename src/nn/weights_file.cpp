#include "danas/nn/weights_file.h"

#include <algorithm>
#include <set>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/core/log.h"
#include "danas/core/mapped_file.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/torch_file.h"
#include "danas/nn/torchvision_names.h"

namespace danas {
namespace {

// Eight bytes that say how long it is, then a JSON object.
bool IsSafetensorsFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  return file.bytes().size() > 8 && file.bytes()[8] == '{';
}

// How many of the tensors have a name that `tensors` has, too.
size_t Shared(const NamedTensors& own, const NamedTensors& tensors) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : tensors) names.insert(name);
  return static_cast<size_t>(std::ranges::count_if(own, [&](const auto& item) { return names.contains(item.first); }));
}

// The metadata "class_order", a JSON list of texts; empty where there is none.
std::vector<std::string> ClassesOf(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata.find("class_order");
  if (found == file.metadata.end()) return {};
  const Json order = ParseJson(found->second);
  const auto is_text = [](const Json& id) { return id.is_string(); };
  if (!order.is_array() || !std::ranges::all_of(order, is_text)) {
    throw CheckpointError(path.string() + ": the metadata 'class_order' is no list of class ids");
  }
  return order.get<std::vector<std::string>>();
}

void RequireClasses(const std::vector<std::string>& found, const std::vector<std::string>& wanted,
                    const std::filesystem::path& path) {
  if (found.empty() || wanted.empty() || found == wanted) return;
  const auto [ours, theirs] = std::ranges::mismatch(found, wanted);
  throw CheckpointError(path.string() + ": these weights tell " + std::to_string(found.size()) +
                        " classes apart, the dataset has " + std::to_string(wanted.size()) + "; class " +
                        std::to_string(ours - found.begin()) + " is '" + (ours == found.end() ? "" : *ours) +
                        "' in the first, '" + (theirs == wanted.end() ? "" : *theirs) +
                        "' in the second. Give the dataset they were trained on");
}

}  // namespace

WeightsFile ReadWeightsFile(const std::filesystem::path& path) {
  if (IsTorchFile(path)) {
    TorchFile file = ReadTorchFile(path);
    return {std::move(file.tensors), std::move(file.notes)};
  }
  if (IsSafetensorsFile(path)) {
    SafetensorsFile file = ReadSafetensors(path);
    std::vector<std::string> class_ids = ClassesOf(file, path);
    return {std::move(file.tensors), {}, std::move(class_ids)};
  }
  throw CheckpointError(path.string() +
                        " holds no weights that can be read: it is neither a safetensors file nor one of torch.save. "
                        "Weights in any other form (a tar archive of PyTorch 0.1, a bare pickle) can be loaded in "
                        "Python and saved with torch.save(model.state_dict(), FILE)");
}

void LoadWeights(Supernet& network, const NamedTensors& weights, const std::string& where) {
  const NamedTensors own = StateOf(network);
  if (const auto names = TorchvisionNames(network.space())) {
    NamedTensors renamed;
    for (const auto& [name, tensor] : own) {
      const auto known = names->find(name);
      renamed.emplace_back(known == names->end() ? name : known->second, tensor);
    }
    if (Shared(renamed, weights) > Shared(own, weights)) return CopyState(renamed, weights, where);
  }
  CopyState(own, weights, where);
}

void LoadWeights(Supernet& network, const std::filesystem::path& path, const std::vector<std::string>& class_ids) {
  const WeightsFile file = ReadWeightsFile(path);
  RequireClasses(file.class_ids, class_ids, path);
  for (const std::string& note : file.notes) log::info("{}: {}", path.string(), note);
  LoadWeights(network, file.tensors, path.string());
}

}  // namespace danas
