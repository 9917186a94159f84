#include "danas/run/ranks.h"

#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <stdlib.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <utility>

#include "c10d_error.h"
#include "danas/core/await.h"
#include "danas/core/log.h"
#include "gpu.h"
#include "rank_meeting.h"
#include "rank_signs.h"

namespace danas {
namespace {

using c10d::ProcessGroup;
using c10d::ProcessGroupGloo;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kBetweenLooks{200};

Milliseconds InMilliseconds(double seconds) { return Milliseconds(static_cast<int64_t>(1000 * seconds)); }

bool IsThisMachine(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

// Where Gloo listens: the interface that GLOO_SOCKET_IFNAME names, as PyTorch has it; without a network the machine
// itself.
auto MakeGlooDevice(bool one_machine) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0') return ProcessGroupGloo::createDeviceForInterface(interface);
  if (one_machine) return ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return ProcessGroupGloo::createDefaultDevice();
}

c10::intrusive_ptr<ProcessGroup> MakeGroup(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count,
                                           double timeout, bool one_machine) {
  auto options = ProcessGroupGloo::Options::create(InMilliseconds(timeout));
  options->devices.push_back(MakeGlooDevice(one_machine));
  auto group = c10::make_intrusive<ProcessGroup>(store, rank, count);
  group->setBackend(c10::kCPU, ProcessGroup::GLOO, c10::make_intrusive<ProcessGroupGloo>(store, rank, count, options));
  group->setDefaultBackend(ProcessGroup::GLOO);
  return group;
}

// torch notes at its first call whether there is CUDA.
void LoadCudaPartsFirst() {
  if (VisibleGpus() == 0) return;
  try {
    LoadCudaParts();
  } catch (const DeviceError& error) {
    log::debug("{}", error.what());  // the run may want the CPU
  }
}

// Where a rank is gone, c10d warns at length of each connection; danas says it in one line.
void QuietenConnections() {
  ::setenv("TORCH_CPP_LOG_LEVEL", "ERROR", /*overwrite=*/0);
  c10::initLogging();
}

at::Tensor Bytes(const std::string& text) {
  const at::Tensor bytes = at::empty({static_cast<int64_t>(text.size())}, at::kByte);
  if (!text.empty()) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());  // an empty tensor has no address
  return bytes;
}

std::string Text(const at::Tensor& bytes, int64_t size) {
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<size_t>(size)};
}

constexpr int64_t kMessageElements = int64_t{16} << 20;

// Many tensors as few messages: `send` changes each message in place, and the tensors get what it holds then.
void AsMessages(const std::vector<at::Tensor>& tensors, const std::function<void(const at::Tensor& message)>& send) {
  const at::NoGradGuard no_grad;
  for (size_t first = 0, last = 0; first < tensors.size(); first = last) {
    std::vector<at::Tensor> flat;
    int64_t elements = 0;
    for (; last < tensors.size() && (flat.empty() || elements < kMessageElements); ++last) {
      flat.push_back(tensors[last].detach().reshape({-1}));
      elements += flat.back().numel();
    }
    const at::Tensor message = at::cat(flat);
    send(message);
    int64_t at = 0;
    for (size_t i = first; i < last; ++i) {
      tensors[i].detach().copy_(message.narrow(0, at, tensors[i].numel()).view_as(tensors[i]));
      at += tensors[i].numel();
    }
  }
}

}  // namespace

// What the handles share.
class Ranks::Group {
 public:
  // Returns when all ranks have come and are connected. `where` they meet, for messages.
  Group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count, const std::string& where, bool one_machine,
        MeetingClock& clock)
      : signs_(store, rank, count), store_(store), rank_(rank), count_(count), timeout_(clock.timeout()) {
    try {
      signs_.MeetAll(where, clock);
      Connect(one_machine, clock);
      signs_.AwaitConnections(clock);
    } catch (const ToldPeerError&) {
      throw;
    } catch (const Error& error) {
      const bool first = signs_.Fail(error.exit_code(), error.what());
      if (rank == 0)
        std::this_thread::sleep_for(2 * kBetweenLooks);  // the store ends with rank 0: the others read it first
      if (!first) throw ToldPeerError(error.exit_code(), error.what());
      throw;
    }
  }

  // Gloo's destructor waits for what its threads still do, up to ranks.timeout: where this rank has given that up, the
  // process group stays as it is.
  ~Group() {
    if (!given_up_) return;
    LeaveThreadBehind();
    group_.release();
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Calls `work`; where it throws, finds out which rank is to blame.
  template <typename Work>
  void Try(const Work& work) const {
    signs_.BeginWait();
    try {
      work();
    } catch (const Error&) {
      signs_.EndWait();
      throw;
    } catch (const std::exception& error) {
      signs_.EndWait();
      signs_.ThrowCause(FirstSentenceOf(error));
    }
    signs_.EndWait();
  }

  // Waits for what the ranks do together: Gloo's in pieces, to look up meanwhile; NCCL's runs on the GPU's stream.
  void Finish(const c10::intrusive_ptr<c10d::Work>& work, const at::Tensor& of) {
    while (of.is_cpu() && !work->isCompleted()) {
      try {
        work->wait(kBetweenLooks);
      } catch (const std::exception&) {
        if (work->isCompleted()) break;
      }
      try {
        signs_.Look();
      } catch (const Error&) {
        given_up_ = true;
        throw;
      }
    }
    work->wait();
  }

  void SumOne(const at::Tensor& tensor) {
    Try([&] {
      std::vector<at::Tensor> tensors = {tensor};
      Finish(group_->allreduce(tensors), tensor);
    });
  }

  RankSigns signs_;
  c10::intrusive_ptr<c10d::Store> store_;
  int rank_;
  int count_;
  double timeout_;
  c10::intrusive_ptr<ProcessGroup> group_;
  RankPlace place_;
  int64_t asked_first_ = 0;  // calls of FromFirst()

 private:
  bool given_up_ = false;  // what Gloo still does

  // Gloo connects every rank with every other, through ports of their own.
  void Connect(bool one_machine, MeetingClock& clock) {
    const auto group = std::make_shared<c10::intrusive_ptr<ProcessGroup>>();
    const MeetingStep step = {
        .whom = "connections with all of " + std::to_string(count_) + " ranks",
        .failed = "not all of " + std::to_string(count_) + " ranks could be connected",
        .advice = kConnectionAdvice};
    try {
      Await([group, store = store_, rank = rank_, count = count_, timeout = timeout_,
             one_machine](const std::stop_token&) { *group = MakeGroup(store, rank, count, timeout, one_machine); },
            [&](double) { clock.Look(step); });
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      signs_.ThrowCause(FirstSentenceOf(error));
    }
    group_ = *group;
  }
};

Ranks Ranks::Join(const RankPlace& place, double timeout) {
  if (place.alone()) return {};
  LoadCudaPartsFirst();
  QuietenConnections();
  MeetingClock clock(timeout);
  const c10::intrusive_ptr<c10d::Store> store = ReachStore(place, clock);
  // torchrun's store lives on when it starts the ranks again; what they left there is not for those after them.
  const std::string name = "danas/start" + std::to_string(place.restarts);
  Ranks ranks;
  ranks.group_ =
      std::make_shared<Group>(c10::make_intrusive<c10d::PrefixStore>(name, store), place.rank, place.ranks,
                              place.address + ":" + std::to_string(place.port), IsThisMachine(place.address), clock);
  ranks.group_->place_ = place;
  return ranks;
}

Ranks Ranks::Of(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count, double timeout) {
  Ranks ranks;
  MeetingClock clock(timeout);
  if (count > 1) ranks.group_ = std::make_shared<Group>(store, rank, count, "one store", /*one_machine=*/true, clock);
  return ranks;
}

const RankPlace& Ranks::place() const {
  static const RankPlace alone;
  return group_ ? group_->place_ : alone;
}

int Ranks::rank() const { return group_ ? group_->rank_ : 0; }
int Ranks::count() const { return group_ ? group_->count_ : 1; }

const c10::intrusive_ptr<ProcessGroup>& Ranks::group() const {
  static const c10::intrusive_ptr<ProcessGroup> none;
  return group_ ? group_->group_ : none;
}

void Ranks::UseDevice(at::Device device) {
  if (alone() || device.is_cpu()) return;
  group_->Try([&] {
    LoadCudaParts().add_nccl(*group_->group_, group_->store_, rank(), count(), device.index(),
                             InMilliseconds(group_->timeout_).count());
  });
}

void Ranks::SetTimeout(double seconds) {
  if (alone()) return;
  group_->timeout_ = seconds;
  group_->group_->setTimeout(InMilliseconds(seconds));
}

void Ranks::Sum(const at::Tensor& tensor) const {
  if (alone()) return;
  if (tensor.is_non_overlapping_and_dense()) return group_->SumOne(tensor.detach());
  const at::Tensor dense = tensor.detach().contiguous();
  group_->SumOne(dense);
  tensor.detach().copy_(dense);
}

void Ranks::Sum(const std::vector<at::Tensor>& tensors) const {
  if (alone()) return;
  AsMessages(tensors, [this](const at::Tensor& message) { group_->SumOne(message); });
}

void Ranks::TakeFirst(const std::vector<at::Tensor>& tensors) const {
  if (alone()) return;
  AsMessages(tensors, [this](const at::Tensor& message) {
    group_->Try([&] {
      std::vector<at::Tensor> whole = {message};
      group_->Finish(group_->group_->broadcast(whole), message);
    });
  });
}

void Ranks::Try(const std::function<void()>& work) const { alone() ? work() : group_->Try(work); }

std::vector<std::string> Ranks::Gather(const std::string& text) const {
  if (alone()) return {text};
  const at::Tensor sizes = at::zeros({count()}, at::kLong);
  sizes[rank()] = static_cast<int64_t>(text.size());
  Sum(sizes);
  const int64_t most = sizes.max().item<int64_t>();
  std::vector<std::vector<at::Tensor>> gathered(1);
  for (int r = 0; r < count(); ++r) gathered[0].push_back(at::empty({most}, at::kByte));
  std::vector<at::Tensor> own = {at::zeros({most}, at::kByte)};
  own[0].narrow(0, 0, static_cast<int64_t>(text.size())).copy_(Bytes(text));
  if (most > 0) group_->Try([&] { group_->Finish(group_->group_->allgather(gathered, own), own[0]); });
  std::vector<std::string> texts;
  for (int r = 0; r < count(); ++r) texts.push_back(Text(gathered[0][r], sizes[r].item<int64_t>()));
  return texts;
}

at::Tensor Ranks::GatherRows(const at::Tensor& rows) const {
  if (alone()) return rows;
  const at::Tensor sizes = at::zeros({count()}, at::kLong);
  sizes[rank()] = rows.size(0);
  Sum(sizes);
  std::vector<int64_t> shape = rows.sizes().vec();
  shape[0] = sizes.max().item<int64_t>();
  std::vector<std::vector<at::Tensor>> gathered(1);
  for (int r = 0; r < count(); ++r) gathered[0].push_back(at::empty(shape, rows.options()));
  std::vector<at::Tensor> own = {at::zeros(shape, rows.options())};
  own[0].narrow(0, 0, rows.size(0)).copy_(rows);
  if (shape[0] > 0) group_->Try([&] { group_->Finish(group_->group_->allgather(gathered, own), own[0]); });
  if (!first()) return {};
  std::vector<at::Tensor> parts;
  for (int r = 0; r < count(); ++r) parts.push_back(gathered[0][r].narrow(0, 0, sizes[r].item<int64_t>()));
  return at::cat(parts);
}

std::vector<bool> Ranks::Any(const std::vector<bool>& flags) const {
  if (alone()) return flags;
  const at::Tensor counts = at::zeros({static_cast<int64_t>(flags.size())}, at::kInt);
  for (size_t i = 0; i < flags.size(); ++i) counts.mutable_data_ptr<int>()[i] = flags[i];
  Sum(counts);
  std::vector<bool> any;
  for (size_t i = 0; i < flags.size(); ++i) any.push_back(counts.const_data_ptr<int>()[i] > 0);
  return any;
}

std::string Ranks::FromFirst(const std::function<std::string()>& work) const {
  if (alone()) return work();
  const std::string key = "first/" + std::to_string(group_->asked_first_++);
  if (!first()) return group_->signs_.WaitFor(key, group_->timeout_);
  const std::string value = work();
  group_->Try([&] { group_->store_->set(key, value); });
  return value;
}

bool Ranks::Fail(ExitCode code, const std::string& message) const {
  return alone() || group_->signs_.Fail(code, message);
}

void Ranks::Leave() {
  if (alone()) return;
  group_->signs_.Leave();
  try {
    group_->group_->shutdown();
  } catch (const std::exception& error) {
    log::debug("the process group's end: {}", error.what());
  }
  group_.reset();
}

}  // namespace danas
