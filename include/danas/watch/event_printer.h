// What a person who follows a run sees: a line for each epoch, for how far the architecture weights moved, for each
// pruning. Of events that it does not know it says nothing.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "danas/events/any_event.h"
#include "danas/events/task_words.h"
#include "danas/watch/screen.h"

namespace danas {

class EventPrinter : public MetricSink {
 public:
  // `words`: of a run whose first event is not shown, because an earlier process reported it.
  explicit EventPrinter(Screen& screen, events::TaskWords words = {}) : screen_(screen), words_(std::move(words)) {}
  void Record(const Event& event) override;
  void PrintAny(const events::AnyEvent& event);

 private:
  // α of a layer's candidates by name, at the end of the last epoch.
  using LayerAlpha = std::map<std::string, double>;

  void Print(const events::SearchStart& start);
  void Print(const events::SearchEpoch& epoch);
  void Print(const events::Alpha& event);
  void Print(const events::Pruning& pruning);
  void Print(const events::SupernetPruned& pruned);
  void Print(const events::FinalScores& scores);
  void Print(const events::SearchEnd& end);
  void Print(const events::TrainingStart& start);
  void Print(const events::TrainingEpoch& epoch);
  void Print(const events::ClassAccuracy& event);
  void Print(const events::NetworkJudged& judged);
  void Print(const events::DataMoved& moved);
  std::string Mix(const events::AlphaFields& alpha) const;
  std::string Found(const events::FoundFields& found) const;
  std::string Cost(double cost) const;
  std::string Loss(double loss, double accuracy) const;
  std::string ValidationOf(const events::ArchitectureFields& pass) const;

  Screen& screen_;
  events::TaskWords words_;
  std::string unit_ = "MACs";
  std::map<std::string, std::vector<LayerAlpha>> alpha_of_;  // of each budget; "" where there is one
  std::vector<std::string> class_ids_;
};

}  // namespace danas
