// Signs of life of a run's ranks, whom a rank waits for, and what they tell each other when one of them fails: through
// the store, outside of any collective. The store may stop answering: nothing here waits for it without end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "danas/run/ranks.h"
#include "rank_meeting.h"

namespace danas {

class RankPulse;

class RankSigns {
 public:
  // Begins to give signs of life, once a second, from a thread of its own.
  RankSigns(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count);
  ~RankSigns();
  RankSigns(const RankSigns&) = delete;
  RankSigns& operator=(const RankSigns&) = delete;

  // Returns when every rank has called it. `where` they meet, for messages. Throws PeerError that names those who did
  // not come in time, Interrupted after a signal.
  void MeetAll(const std::string& where, MeetingClock& clock) const;

  // The same for ranks that have connected themselves with all others: one that ends before the others have done so
  // would break their connections.
  void AwaitConnections(MeetingClock& clock) const;

  // Something that the ranks do together went wrong here, by this reason. Throws PeerError that names the rank that
  // failed or gives no sign of life; after a signal, InterruptedWait.
  [[noreturn]] void ThrowCause(const std::string& reason) const;

  // What rank 0 puts under `key`, sooner or later. Throws PeerError where it fails, or gives no sign of life for
  // `timeout` seconds; after a signal InterruptedWait where it gives none for a few seconds, or is still at work after
  // a minute.
  std::string WaitFor(const std::string& key, double timeout) const;

  // Around what the ranks do together, in which this rank waits for the others. After a signal a process that still
  // waits there for a rank without signs of life, or longer than a minute for one that has not come, is ended (exit
  // code 130), unless it calls Look() meanwhile.
  void BeginWait() const;
  void EndWait() const;

  // Called by a rank that waits. After ten seconds says whom for; throws InterruptedWait where the process would be
  // ended.
  void Look() const;

  // Leaves word that this rank ends with an error. False where another has left the same message.
  bool Fail(ExitCode code, const std::string& message) const;

  // This rank ends in order. Rank 0 waits a little for the others, which may need its store.
  void Leave();

 private:
  // Returns when each rank has left `key` in the store, as this one does by `say`. The words of `step` follow
  // the ranks'.
  void AwaitKeys(const char* key, const std::function<void()>& say, const MeetingStep& step, MeetingClock& clock) const;
  void Stop();

  std::shared_ptr<RankPulse> pulse_;  // shared with the threads that talk to the store, which may be left behind
  std::thread thread_;
};

}  // namespace danas
