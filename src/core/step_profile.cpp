#include "danas/core/step_profile.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace danas {
namespace {

constexpr double kNanosecond = 1e-9;

using Events = std::vector<const ProfiledEvent*>;

// By lane; in each by time, and what encloses others before them.
void Order(Events& events) {
  const auto key = [](const ProfiledEvent* event) { return std::tuple(event->lane, event->start, -event->end); };
  std::stable_sort(events.begin(), events.end(),
                   [&](const ProfiledEvent* a, const ProfiledEvent* b) { return key(a) < key(b); });
}

// Time of each of the ordered events without those that lie within it, in one lane.
std::vector<int64_t> OwnTimes(const Events& events) {
  std::vector<int64_t> own;
  std::vector<size_t> open;  // each within the one before it
  for (size_t i = 0; i < events.size(); ++i) {
    const ProfiledEvent& event = *events[i];
    while (!open.empty() && (events[open.back()]->lane != event.lane || events[open.back()]->end <= event.start)) {
      open.pop_back();
    }
    own.push_back(event.end - event.start);
    if (!open.empty()) own[open.back()] -= std::min(event.end, events[open.back()]->end) - event.start;
    open.push_back(i);
  }
  return own;
}

std::vector<ProfileRow> RowsOf(const Events& events, const std::vector<int64_t>& times) {
  std::map<std::string, ProfileRow> by_name;
  for (size_t i = 0; i < events.size(); ++i) {
    ProfileRow& row = by_name[events[i]->name];
    ++row.count;
    row.seconds += kNanosecond * static_cast<double>(times[i]);
  }
  std::vector<ProfileRow> rows;
  for (auto& [name, row] : by_name) rows.push_back({.name = name, .count = row.count, .seconds = row.seconds});
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
  return rows;
}

// Of the union of the events' intervals, over all lanes.
double CoveredSeconds(Events events) {
  std::sort(events.begin(), events.end(),
            [](const ProfiledEvent* a, const ProfiledEvent* b) { return a->start < b->start; });
  int64_t covered = 0, until = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    const int64_t from = i == 0 ? events[i]->start : std::max(until, events[i]->start);
    covered += std::max<int64_t>(0, events[i]->end - from);
    until = std::max(from, events[i]->end);
  }
  return kNanosecond * static_cast<double>(covered);
}

}  // namespace

double StepProfile::IdleShare(double seconds) const {
  return seconds > 0 ? std::clamp(1 - kernel_seconds / seconds, 0.0, 1.0) : 0;
}

StepProfile FoldEvents(const std::vector<ProfiledEvent>& events) {
  Events kernels, operators;
  for (const ProfiledEvent& event : events) (event.on_gpu ? kernels : operators).push_back(&event);
  Order(operators);
  std::vector<int64_t> kernel_times;
  for (const ProfiledEvent* kernel : kernels) kernel_times.push_back(kernel->end - kernel->start);
  return {.kernel_seconds = CoveredSeconds(kernels),
          .operator_seconds = CoveredSeconds(operators),
          .kernels = RowsOf(kernels, kernel_times),
          .operators = RowsOf(operators, OwnTimes(operators))};
}

}  // namespace danas
