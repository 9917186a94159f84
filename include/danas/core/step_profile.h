// What a profiler saw of one step of a search: operators or kernels by time, and how much of the step had none. Plain
// values: `danas bench supernet --profile` records them with torch's profiler.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace danas {

// One operator on a thread of the processor, or one kernel or copy in a stream of a GPU.
struct ProfiledEvent {
  std::string name;
  int64_t start = 0;  // nanoseconds; one clock for all events
  int64_t end = 0;
  int64_t lane = 0;  // its thread or stream
  bool on_gpu = false;
};

// All events of one name. An operator's time is its own, without that of the operators that it calls.
struct ProfileRow {
  std::string name;
  int64_t count = 0;
  double seconds = 0;
};

struct StepProfile {
  std::string step = {};                 // "w step"
  double plain_seconds = 0;              // the same step without a profiler
  double wall_seconds = 0;               // the profiled one
  bool on_gpu = false;                   // whether a GPU was to work
  double kernel_seconds = 0;             // in which at least one kernel or copy ran
  double operator_seconds = 0;           // in which at least one operator ran
  std::vector<ProfileRow> kernels = {};  // the longest first
  std::vector<ProfileRow> operators = {};

  // Share of `seconds`, of the profiled step or the plain one, in which the GPU had no kernel and no copy.
  double IdleShare(double seconds) const;
};

// Sums up the events of one profiled step: kernels, operators and how long each kind ran. Sets nothing else.
StepProfile FoldEvents(const std::vector<ProfiledEvent>& events);

}  // namespace danas
