// The processes of one run: they compute the same network on different images of each batch. One c10d process group,
// Gloo for the CPU and small messages, NCCL for tensors on GPUs.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/rank_place.h"

namespace c10d {
class ProcessGroup;
class Store;
}  // namespace c10d

namespace danas {

// Another rank failed, and has reported why itself: nothing is left to say here. The exit code is that of its error.
class ToldPeerError : public Error {
 public:
  using Error::Error;
};

// A signal ended a wait for other ranks, of which they may not know yet. Where all ranks stop together it is a plain
// Interrupted.
class InterruptedWait : public Interrupted {
 public:
  explicit InterruptedWait(const std::string& message) : Interrupted(message) {}
};

// A handle, cheap to copy. Made without arguments it is a process alone, for which everything below is free. Every rank
// must make the same calls in the same order. All throw where another rank ended, failed or did not answer within the
// timeout: ToldPeerError, or PeerError, which names that rank. After a signal a wait continues for ranks that are
// alive, as they are about to stop too; for others it ends within seconds: InterruptedWait.
class Ranks {
 public:
  Ranks() = default;

  // Meets the others, and says whom it waits for. Throws PeerError that names those who do not come within `timeout`
  // seconds, Interrupted after a signal.
  static Ranks Join(const RankPlace& place, double timeout);

  // Of one rank of `count` that share this store; for tests, where ranks are threads.
  static Ranks Of(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count, double timeout);

  int rank() const;
  int count() const;
  const RankPlace& place() const;
  bool alone() const { return count() == 1; }
  bool first() const { return rank() == 0; }

  // From now on tensors on `device` may be summed and sent too: NCCL joins the group for a GPU.
  void UseDevice(at::Device device);
  void SetTimeout(double seconds);

  // The sum over all ranks, in place; for tensors on the CPU or the device, of the same shape everywhere. The order of
  // the terms depends on the number of ranks and the tensor's size alone.
  void Sum(const at::Tensor& tensor) const;

  // Of several tensors of any shapes and one type as one message.
  void Sum(const std::vector<at::Tensor>& tensors) const;

  // Rank 0's contents, in place; of one type.
  void TakeFirst(const std::vector<at::Tensor>& tensors) const;

  // Every rank's text, in the order of the ranks, on every rank.
  std::vector<std::string> Gather(const std::string& text) const;

  // Rows [n_r, ...] of every rank, one below the other, on rank 0; nothing elsewhere. On the CPU.
  at::Tensor GatherRows(const at::Tensor& rows) const;

  // True on every rank where it is on one. On the CPU, a few dozen microseconds.
  std::vector<bool> Any(const std::vector<bool>& flags) const;

  // What `work` returns on rank 0, which alone calls it; the others wait for as long as rank 0 lives, outside of any
  // collective: for what takes long, reads files or decides.
  std::string FromFirst(const std::function<std::string()>& work) const;

  // Tells the others that this rank ends with an error. True where no one has reported the same error before, so that
  // it is shown once.
  bool Fail(ExitCode code, const std::string& message) const;

  // Ends the group in order, on every way out; a rank that does not is taken for one that died.
  void Leave();

  // Calls `work`, which uses the group by other ways than the above; throws as they do.
  void Try(const std::function<void()>& work) const;

  const c10::intrusive_ptr<c10d::ProcessGroup>& group() const;  // null alone

 private:
  class Group;
  std::shared_ptr<Group> group_;
};

}  // namespace danas
