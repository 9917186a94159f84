#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>

#include "danas/latency/timed_supernet.h"

namespace danas {

class Stopwatch::Marks {
 public:
  virtual ~Marks() = default;
  virtual void Start() = 0;
  virtual void Mark() = 0;
  virtual std::vector<double> Milliseconds() = 0;
};

class Stopwatch::ProcessorMarks : public Stopwatch::Marks {
 public:
  explicit ProcessorMarks(size_t marks) { times_.reserve(marks); }

  void Start() override {
    times_.clear();
    Mark();
  }
  void Mark() override { times_.push_back(std::chrono::steady_clock::now()); }
  std::vector<double> Milliseconds() override {
    std::vector<double> between;
    for (size_t i = 1; i < times_.size(); ++i) {
      between.push_back(std::chrono::duration<double, std::milli>(times_[i] - times_[i - 1]).count());
    }
    return between;
  }

 private:
  std::vector<std::chrono::steady_clock::time_point> times_;
};

// Events of the device's stream: what it waits for between two kernels counts for the part that it waits in.
class Stopwatch::DeviceMarks : public Stopwatch::Marks {
 public:
  DeviceMarks(at::Device device, size_t marks) : device_(device), guard_(device.type()) {
    for (size_t i = 0; i < marks; ++i) events_.emplace_back(device.type(), c10::EventFlag::BACKEND_DEFAULT);
  }

  void Start() override {
    guard_.getStream(device_).synchronize();
    next_ = 0;
    Mark();
  }
  void Mark() override { events_.at(next_++).record(guard_.getStream(device_)); }
  std::vector<double> Milliseconds() override {
    events_.at(next_ - 1).synchronize();
    std::vector<double> between;
    for (size_t i = 1; i < next_; ++i) between.push_back(events_[i - 1].elapsedTime(events_[i]));
    return between;
  }

 private:
  at::Device device_;
  c10::impl::VirtualGuardImpl guard_;
  std::vector<c10::Event> events_;
  size_t next_ = 0;
};

Stopwatch::Stopwatch(at::Device device, size_t marks) {
  if (device.is_cpu()) marks_ = std::make_unique<ProcessorMarks>(marks);
  if (!device.is_cpu()) marks_ = std::make_unique<DeviceMarks>(device, marks);
}

Stopwatch::~Stopwatch() = default;

void Stopwatch::Start() { marks_->Start(); }
void Stopwatch::Mark() { marks_->Mark(); }
std::vector<double> Stopwatch::Milliseconds() { return marks_->Milliseconds(); }

}  // namespace danas
