// Events of log.jsonl and alpha.jsonl as TensorBoard shows them: the fields that have a tag in their description, and
// what is made of others (docs/file-formats.md, "TensorBoard").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "danas/core/json.h"
#include "danas/events/any_event.h"
#include "src/watch/summary.h"

namespace danas {

class LogTranslator {
 public:
  // `config` is the text of config.json; empty where there is none.
  explicit LogTranslator(std::string config) : config_(std::move(config)) {}

  // The records of this event, which may be none; before those of the first one the file's own. Events of a log
  // come in its order, an `alpha` event after the `epoch` that it belongs to. What is missing or of another type is
  // left out.
  std::string Records(const Json& event);

 private:
  using Place = std::pair<std::string, int64_t>;  // phase and epoch

  std::string Header() const;
  std::string AlphaRecords(const events::Alpha& event);
  // Moves to the step that the event belongs to, and adds what its description alone does not give.
  void Add(const events::SearchStart& start, const Json& event, Summary& summary);
  void Add(const events::SearchEpoch& epoch, const Json& event, Summary& summary);
  void Add(const events::TrainingEpoch& epoch, const Json& event, Summary& summary);
  void Add(const events::Pruning& pruning, const Json& event, Summary& summary);
  void Add(const events::NetworkJudged& judged, const Json& event, Summary& summary);
  std::vector<double> OverAllCandidates(size_t layer, const std::vector<std::string>& names,
                                        const std::vector<double>& probabilities);

  std::string config_;
  bool begun_ = false;
  double wall_time_ = 0;
  int64_t step_ = 0;
  std::map<std::string, double> targets_;  // of each budget; of "" where there is one
  std::map<Place, int64_t> step_of_epoch_;
  // Names in every layer as the first α event lists them, so that a candidate keeps its number when others are pruned.
  std::vector<std::vector<std::string>> candidates_lc_;
};

}  // namespace danas
