#include "writer.h"

#include <ATen/Version.h>

#include <string>

#include "build_commit.h"
#include "build_info.h"
#include "danas/core/machine.h"
#include "danas/events/written_by.h"
#include "danas/kernels/level.h"

namespace danas {

std::vector<Event> WithWriter(std::vector<Event> notes) {
  const std::string commit = build_info::kCommit;
  const std::string level = kernels::Level();
  const events::WrittenBy writer{.danas = build_info::kVersion,
                                 .commit = commit.empty() ? std::nullopt : std::optional(commit),
                                 .torch = build_info::kTorch,
                                 .kernels = (level.empty() ? "none" : level) + ", ATen's " + at::get_cpu_capability(),
                                 .machine = DescribeMachine()};
  notes.insert(notes.begin(), events::ToEvent(writer));
  return notes;
}

}  // namespace danas
