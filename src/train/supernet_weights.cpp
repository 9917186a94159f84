#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/weights_file.h"
#include "danas/train/finetune.h"

namespace danas {
namespace {

constexpr std::string_view kClassifier = "head.classifier.";

// For each of `class_ids` the row of the file's classifier; nothing where the file is about other classes.
std::optional<std::vector<int64_t>> ClassifierRows(const SafetensorsFile& file, const std::filesystem::path& path,
                                                   const std::vector<std::string>& class_ids) {
  const auto found = file.metadata.find("class_order");
  const Json order = found == file.metadata.end() ? Json() : ParseJson(found->second);
  const auto is_text = [](const Json& id) { return id.is_string(); };
  if (!order.is_array() || !std::all_of(order.begin(), order.end(), is_text)) {
    throw CheckpointError(path.string() +
                          ": the metadata 'class_order' is missing or not a list of class ids; only weights "
                          "that `danas search` wrote can start the training");
  }
  std::map<std::string, int64_t> rows;
  for (const Json& id : order) rows.emplace(id.get<std::string>(), static_cast<int64_t>(rows.size()));
  std::vector<int64_t> row_of_class;
  for (const std::string& id : class_ids) {
    if (rows.contains(id)) row_of_class.push_back(rows.at(id));
  }
  if (row_of_class.size() != class_ids.size() || rows.size() != class_ids.size()) return std::nullopt;
  return row_of_class;
}

}  // namespace

void LoadSupernetWeights(Supernet& network, const std::filesystem::path& path,
                         const std::vector<std::string>& class_ids) {
  const SafetensorsFile file = ReadSafetensors(path);
  const std::map<std::string, at::Tensor> stored(file.tensors.begin(), file.tensors.end());
  const auto rows = ClassifierRows(file, path, class_ids);
  RequireChannelOrder(network.space(), file.metadata, path);
  if (!rows) log::info("{}: trained on other classes; the classifier is initialised again", path.string());

  const NamedTensors own = StateOf(network);
  std::set<std::string> names;
  for (const auto& [name, tensor] : own) names.insert(name);
  // A norm's weight or bias has running statistics beside it.
  const auto is_norm = [&](const std::string& name) {
    return names.contains(name.substr(0, name.rfind('.') + 1) + "running_mean");
  };
  NamedTensors state;
  for (const auto& [name, tensor] : own) {
    const bool is_classifier = name.starts_with(kClassifier);
    const auto found = stored.find(name);
    if ((is_classifier && !rows) || (found == stored.end() && is_norm(name))) {
      state.emplace_back(name, tensor);
    } else if (found != stored.end()) {
      const bool reorder = is_classifier && found->second.size(0) == static_cast<int64_t>(rows->size());
      state.emplace_back(name, reorder ? found->second.index_select(0, at::tensor(*rows)) : found->second);
    }
  }
  RequireFinite(state, own.at(0).second.scalar_type(), path.string());
  LoadState(network, state, path.string());
}

}  // namespace danas
