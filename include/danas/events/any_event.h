// An event that was read, whichever it is.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "danas/events/ranking_events.h"
#include "danas/events/search_events.h"
#include "danas/events/training_events.h"
#include "danas/events/written_by.h"

namespace danas::events {

// std::monostate: one that this danas does not know.
using AnyEvent = std::variant<std::monostate, DataMoved, SearchStart, SearchEpoch, Alpha, Pruning, SupernetPruned,
                              FinalScores, SearchEnd, TrainingStart, TrainingEpoch, ClassAccuracy, TrainingEnd,
                              EasinessStart, NetworkJudged, EasinessEnd, WrittenBy>;

struct ReadEvent {
  AnyEvent event;
  std::vector<std::string> faults;  // FieldReader::faults()
};

ReadEvent ReadAny(const Event& event);

// Calls one of several functions, the one that takes the event: std::visit(Overloaded{...}, event).
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// Markdown: a table of fields for each event, with those of their parts. docs/events.md holds it.
std::string EventReference();

}  // namespace danas::events
