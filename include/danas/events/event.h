// What a run reports. The loops know this interface only; files, terminals and TensorBoard are sinks behind it. The
// events themselves are structs: events/search_events.h, events/training_events.h, events/ranking_events.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "danas/core/json.h"

namespace danas {

// One event as the log has it, for example {"epoch", {"phase": "step1", "train_loss": 1.9, ...}}. ToEvent() makes it.
struct Event {
  std::string name;
  Json fields;
};

class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void Record(const Event& event) = 0;
};

// In their order; `sink` may be null.
inline void RecordAll(MetricSink* sink, const std::vector<Event>& events) {
  if (sink == nullptr) return;
  for (const Event& event : events) sink->Record(event);
}

// Hands each event to every sink in turn.
class MetricFan : public MetricSink {
 public:
  explicit MetricFan(std::vector<std::shared_ptr<MetricSink>> sinks) : sinks_(std::move(sinks)) {}
  void Record(const Event& event) override {
    for (const auto& sink : sinks_) sink->Record(event);
  }

 private:
  std::vector<std::shared_ptr<MetricSink>> sinks_;
};

}  // namespace danas
