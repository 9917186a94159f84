// What a person who follows a run is told: a line for each epoch, for how far the architecture weights moved, for each
// pruning. Reads events as log.jsonl and alpha.jsonl hold them (docs/file-formats.md); others it leaves out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "danas/core/metrics.h"
#include "danas/watch/screen.h"

namespace danas {

class EventPrinter : public MetricSink {
 public:
  explicit EventPrinter(Screen& screen) : screen_(screen) {}
  void Record(const Event& event) override;

 private:
  // α of a layer's candidates by name, at the end of the last epoch.
  using LayerAlpha = std::map<std::string, double>;

  std::string SearchEpoch(const Json& fields) const;
  std::string Mix(const Json& fields) const;
  void BudgetsOfEpoch(const Json& fields) const;
  std::string AlphaMovement(const Json& fields);
  std::string FinalScores(const Json& fields) const;
  static std::string FitOf(const Json& fields);
  std::string Found(const Json& fields) const;
  std::string SearchEnd(const Json& fields) const;
  std::string ClassAccuracy(const Json& fields) const;
  std::string Cost(double cost) const;

  Screen& screen_;
  std::string unit_ = "MACs";
  std::map<std::string, std::vector<LayerAlpha>> alpha_of_;  // of each budget; "" where there is one
  std::vector<std::string> class_ids_;
};

}  // namespace danas
