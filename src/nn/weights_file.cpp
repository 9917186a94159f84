#include "danas/nn/weights_file.h"

#include <algorithm>
#include <set>

#include "danas/core/error.h"
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

}  // namespace

WeightsFile ReadWeightsFile(const std::filesystem::path& path) {
  if (IsTorchFile(path)) {
    TorchFile file = ReadTorchFile(path);
    return {std::move(file.tensors), std::move(file.notes)};
  }
  if (IsSafetensorsFile(path)) return {ReadSafetensors(path).tensors, {}};
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

void LoadWeights(Supernet& network, const std::filesystem::path& path) {
  const WeightsFile file = ReadWeightsFile(path);
  for (const std::string& note : file.notes) log::info("{}: {}", path.string(), note);
  LoadWeights(network, file.tensors, path.string());
}

}  // namespace danas
