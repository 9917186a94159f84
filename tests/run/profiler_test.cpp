#include "danas/run/profiler.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace danas {
namespace {

int64_t CountOf(const std::vector<ProfiledEvent>& events, const std::string& name) {
  return std::count_if(events.begin(), events.end(), [&](const ProfiledEvent& event) { return event.name == name; });
}

TEST(Profiler, RecordsTheOperatorsOfForwardAndBackward) {
  const at::Tensor a = at::randn({64, 64}).requires_grad_(true);
  const at::Tensor b = at::randn({64, 64});
  const std::vector<ProfiledEvent> events = RecordEvents(at::kCPU, [&] {
    for (int i = 0; i < 3; ++i) at::mm(a, b).sum().backward();
  });
  EXPECT_EQ(CountOf(events, "aten::mm"), 6);  // one more each in backward
  for (const ProfiledEvent& event : events) {
    EXPECT_FALSE(event.on_gpu);
    EXPECT_LE(event.start, event.end) << event.name;
  }
  const StepProfile profile = FoldEvents(events);
  EXPECT_GT(profile.operator_seconds, 0);
}

TEST(Profiler, CanBeUsedAgainAfterWorkThatThrew) {
  EXPECT_THROW(RecordEvents(at::kCPU, [] { throw std::runtime_error("no"); }), std::runtime_error);
  const at::Tensor a = at::ones({2, 2});
  EXPECT_EQ(CountOf(RecordEvents(at::kCPU, [&] { at::mm(a, a); }), "aten::mm"), 1);
}

}  // namespace
}  // namespace danas
