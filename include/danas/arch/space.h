// The search space: an immutable value. Pruning makes a smaller one; a space with one candidate in every layer is a
// network.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "danas/arch/channel_order.h"
#include "danas/arch/spec.h"

namespace danas {

// Everything a space is made from. Layers are in order; each starts where the one before ends.
struct SpaceParts {
  std::string name;
  int input_channels = 3;  // 3, or 1: images are grey
  Size input;
  int classes = 0;
  StemSpec stem;
  std::vector<LayerSpec> layers;
  HeadSpec head;
  NormSpec norm;
  InitSpec init = {};
  ChannelOrder channel_order = ChannelOrder::kShuffled;
  bool operator==(const SpaceParts&) const = default;
};

class SearchSpace;

// Whether a candidate of the space computes something else with another channel_order.
bool ShufflesChannels(const SearchSpace& space);

// "layers[3] (16 -> 24, stride 2)", or "upsample 2" in place of the stride, as errors and logs name a layer.
std::string DescribeLayer(size_t index, const LayerShape& shape);

class SearchSpace {
 public:
  // Throws ConfigError where channels or sizes do not chain, a candidate is used where it cannot be, a layer is empty
  // or names a candidate twice, a number is out of range. Blocks are made canonical (arch/spec.h).
  explicit SearchSpace(SpaceParts parts);

  const std::string& name() const { return parts_.name; }
  int input_channels() const { return parts_.input_channels; }
  Size input() const { return parts_.input; }
  int classes() const { return parts_.classes; }
  const StemSpec& stem() const { return parts_.stem; }
  const std::vector<LayerSpec>& layers() const { return parts_.layers; }
  const HeadSpec& head() const { return parts_.head; }
  const NormSpec& norm() const { return parts_.norm; }
  const InitSpec& init() const { return parts_.init; }
  ChannelOrder channel_order() const { return parts_.channel_order; }
  const SpaceParts& parts() const { return parts_; }

  // Channels and size that reach the head.
  int feature_channels() const;
  Size feature_size() const;

  // Of a classifier: channels after its 1x1 (without one those that reach it, as in any head); features after its
  // pooling; and the features that its last layer sees. The last two throw std::logic_error for heat maps.
  int head_channels() const;
  int pooled_features() const;
  int classifier_channels() const;

  // A head of heat maps; std::logic_error for a classifier's.
  bool has_heat_maps() const { return head().kind == HeadKind::kHeatMaps; }
  MapShape heat_maps() const;

  // With ChannelOrder::kKept how many layers in a row, the last of them this one, keep channels and size; nothing with
  // ChannelOrder::kShuffled. Candidates make no difference, so that pruning moves no layer.
  std::optional<int> StagePlace(size_t layer) const;

  size_t CandidateCount() const;    // over all layers
  size_t SearchableLayers() const;  // those with more than one candidate
  bool IsNetwork() const { return SearchableLayers() == 0; }
  double NetworkCount() const;  // product of the candidate counts

  // The space without the candidates `dropped[layer]` (indices; ones the layer has not are ignored). Throws ConfigError
  // if a layer would be left empty, std::out_of_range for a layer the space has not.
  SearchSpace Without(const std::map<size_t, std::set<size_t>>& dropped) const;

  // The network that takes candidate `choice[layer]` everywhere. Throws ConfigError where the choice does not fit.
  SearchSpace Select(const std::vector<size_t>& choice) const;

  // The same space for other images or another task. Candidates keep their places; sizes are recomputed.
  SearchSpace WithInput(Size input) const;
  SearchSpace WithClasses(int classes) const;
  SearchSpace WithDropout(double dropout) const;  // of a classifier; heat maps have none, and nothing changes
  SearchSpace WithName(std::string name) const;

  bool operator==(const SearchSpace&) const = default;

 private:
  SpaceParts parts_;
};

}  // namespace danas
