// What a run tells the outside. The loops know this interface only; files, terminals and TensorBoard are sinks behind it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "danas/core/json.h"

namespace danas {

// One event of a run, for example {"epoch", {"phase": 1, "train_loss": 1.9, ...}}. Names and fields: docs/file-formats.md.
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
