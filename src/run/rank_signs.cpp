#include "rank_signs.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <utility>

#include "danas/core/await.h"
#include "danas/core/hash.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "rank_pulse.h"

namespace danas {
namespace {

using std::chrono::seconds;
using Clock = RankPulse::Clock;
using SharedPulse = std::shared_ptr<RankPulse>;

constexpr seconds kBetweenSigns{1};
constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr seconds kForAnAnswer{6};   // of the store, to what takes it a moment
constexpr seconds kAfterSignal{60};  // for rank 0 to get done
constexpr seconds kForOthersToLeave{5};
constexpr double kUntilTold = 2;

constexpr const char* kStoreGone = "rank 0, or the launcher that serves the ranks' store, is gone";
constexpr const char* kStoreSilent = "rank 0, or the launcher that serves the ranks' store, does not answer";

std::string Key(const char* kind, int rank) { return RankPulse::Key(kind, rank); }

// A rank that is gone after a signal has most likely got it, too.
[[noreturn]] void ThrowPeerError(const std::string& text) {
  if (InterruptRequested()) throw InterruptedWait("stopped by a signal; " + text);
  throw PeerError(text);
}

// Looks that give up where the store does not answer within some seconds.
std::function<void(double waited)> For(seconds limit, const std::string& text) {
  return [limit, text](double waited) {
    if (waited > static_cast<double>(limit.count())) ThrowPeerError(text);
  };
}

// The ranks that have not left `key` in the store.
std::vector<int> Without(const char* key, const RankPulse& pulse) {
  std::vector<int> ranks;
  for (int r = 0; r < pulse.count(); ++r) {
    if (!pulse.store()->check({Key(key, r)})) ranks.push_back(r);
  }
  return ranks;
}

// Ranks without a sign of life for some seconds from now: killed or stopped, and those of them that had ended in order.
struct Missing {
  std::string gone;
  std::string ended;
};

Missing FindMissing(const RankPulse& pulse, const std::stop_token& stop) {
  const std::vector<int64_t> before = pulse.SignsSoFar();
  for (const auto start = Clock::now(); Clock::now() - start < RankPulse::kUntilGone && !stop.stop_requested();) {
    pulse.ThrowIfOneFailed();
    std::this_thread::sleep_for(kBetweenLooks);
  }
  const std::vector<int64_t> after = pulse.SignsSoFar();
  Missing missing;
  for (int r = 0; r < pulse.count(); ++r) {
    const auto i = static_cast<size_t>(r);
    if (r == pulse.rank() || after[i] > before[i]) continue;
    std::string& list = pulse.store()->check({Key("left", r)}) ? missing.ended : missing.gone;
    list += (list.empty() ? "" : ", ") + pulse.Who(r);
  }
  return missing;
}

// What rank 0 is to put, and its signs of life meanwhile.
struct Expected {
  std::string value;
  std::mutex mutex;
  std::string who = "rank 0";
  Clock::time_point last_sign = Clock::now();
};

void Expect(const RankPulse& pulse, const std::string& key, const std::stop_token& stop, Expected& expected) {
  int64_t signs = -1;
  while (!stop.stop_requested()) {
    try {
      pulse.store()->wait({key}, kBetweenSigns);
      expected.value = pulse.store()->get_to_str(key);
      return;
    } catch (const std::exception&) {  // not there yet; or the store is gone, as the next line will show
    }
    pulse.ThrowIfOneFailed();
    const int64_t now = pulse.store()->add(Key("sign", 0), 0);
    const std::string who = pulse.Who(0);
    const std::lock_guard lock(expected.mutex);
    expected.who = who;
    if (now > signs) expected.last_sign = Clock::now();
    signs = now;
  }
}

}  // namespace

RankSigns::RankSigns(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count)
    : pulse_(std::make_shared<RankPulse>(store, rank, count)), thread_([pulse = pulse_] { pulse->Beat(); }) {}

RankSigns::~RankSigns() { Stop(); }

void RankSigns::Stop() {
  pulse_->Stop();
  if (thread_.joinable()) thread_.join();
}

void RankSigns::AwaitKeys(const char* key, const std::function<void()>& say, const MeetingStep& step,
                          MeetingClock& clock) const {
  struct Missed {
    std::mutex mutex;
    std::vector<int> ranks;
  };
  const auto missed = std::make_shared<Missed>();
  try {
    Await(
        [pulse = pulse_, missed, key, say](const std::stop_token& stop) {
          say();
          while (!stop.stop_requested()) {
            std::vector<int> ranks = Without(key, *pulse);
            if (ranks.empty()) return;
            pulse->ThrowIfOneFailed();
            {
              const std::lock_guard lock(missed->mutex);
              missed->ranks = std::move(ranks);
            }
            std::this_thread::sleep_for(kBetweenLooks);
          }
        },
        [&](double) {
          const std::lock_guard lock(missed->mutex);
          const std::string who = (missed->ranks.empty() ? "the other ranks" : RanksText(missed->ranks)) + " of " +
                                  std::to_string(pulse_->count());
          clock.Look({.whom = who + step.whom, .failed = who + step.failed, .advice = step.advice});
        });
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    ThrowPeerError(kStoreGone);
  }
}

void RankSigns::MeetAll(const std::string& where, MeetingClock& clock) const {
  AwaitKeys(
      "who", [pulse = pulse_] { pulse->Introduce(); },
      {.whom = " at " + where,
       .failed = " at " + where + " did not arrive",
       .advice = "Was each rank started, with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE? Did one end with a "
                 "message of its own? Does a firewall block that port?"},
      clock);
}

void RankSigns::AwaitConnections(MeetingClock& clock) const {
  constexpr const char* kConnected = "connected";
  AwaitKeys(
      kConnected, [pulse = pulse_] { pulse->store()->set(Key(kConnected, pulse->rank()), "1"); },
      {.whom = " to connect to all others",
       .failed = " could not connect to all others",
       .advice = kConnectionAdvice},
      clock);
}

void RankSigns::ThrowCause(const std::string& reason) const {
  const std::string because = " (" + reason + ")";
  const auto missing = std::make_shared<Missing>();
  try {
    Await([pulse = pulse_, missing](const std::stop_token& stop) { *missing = FindMissing(*pulse, stop); },
          For(RankPulse::kUntilGone + kForAnAnswer, kStoreSilent + because));
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    ThrowPeerError(kStoreGone + because);
  }
  const auto& [gone, ended] = *missing;
  if (!gone.empty()) ThrowPeerError(gone + " does not respond: it was killed, stopped or cut off" + because);
  if (!ended.empty()) ThrowPeerError(ended + " has ended, but this rank has not" + because);
  ThrowPeerError("the ranks are alive, but one did not get to where the others are: " + reason +
                 ". If it is only slow, raise ranks.timeout");
}

std::string RankSigns::WaitFor(const std::string& key, double timeout) const {
  const auto expected = std::make_shared<Expected>();
  std::optional<Clock::time_point> signalled;
  const auto look = [&](double) {
    const std::lock_guard lock(expected->mutex);
    const double silent = SecondsSince(expected->last_sign);
    if (silent > timeout) ThrowPeerError(expected->who + " does not respond: it was killed, stopped or cut off");
    if (!InterruptRequested()) return;
    if (!signalled) signalled = Clock::now();
    const std::string text = "stopped by a signal while waiting for " + expected->who;
    if (silent > RankPulse::kUntilGone.count()) throw InterruptedWait(text + ", which does not respond");
    if (Clock::now() - *signalled > kAfterSignal) throw InterruptedWait(text + ", still busy after a minute");
  };
  try {
    Await([pulse = pulse_, key, expected](const std::stop_token& stop) { Expect(*pulse, key, stop, *expected); }, look);
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    ThrowPeerError(kStoreGone);
  }
  return expected->value;
}

void RankSigns::BeginWait() const { pulse_->BeginWait(); }
void RankSigns::EndWait() const { pulse_->EndWait(); }

void RankSigns::Look() const {
  if (const auto whom = pulse_->Hopeless()) throw InterruptedWait("stopped by a signal while waiting for " + *whom);
  if (const auto whom = pulse_->TakeWord()) log::info("waiting for {} to get to where this rank is", *whom);
}

bool RankSigns::Fail(ExitCode code, const std::string& message) const {
  const auto first = std::make_shared<std::atomic<bool>>(true);
  try {
    Await(
        [pulse = pulse_, code, message, first](const std::stop_token&) {
          c10d::Store& store = *pulse->store();
          store.set(Key("error", pulse->rank()), std::to_string(static_cast<int>(code)) + " " + message);
          store.add("failed", 1);
          *first = store.add("told/" + HexText(HashText(message)), 1) == 1;
        },
        For(kForAnAnswer, kStoreSilent));
  } catch (const std::exception&) {
    return true;  // no one is left to report it to
  }
  return *first;
}

void RankSigns::Leave() {
  const auto left = std::make_shared<std::atomic<int>>(0);
  bool told = false;
  try {
    Await(
        [pulse = pulse_, left](const std::stop_token& stop) {
          c10d::Store& store = *pulse->store();
          store.set(Key("left", pulse->rank()), "1");
          while (pulse->rank() == 0 && !stop.stop_requested()) {
            int ranks = 0;
            for (int r = 0; r < pulse->count(); ++r) ranks += store.check({Key("left", r)}) ? 1 : 0;
            *left = ranks;
            if (ranks == pulse->count()) return;
            std::this_thread::sleep_for(kBetweenLooks);
          }
        },
        [&](double waited) {
          if (waited > static_cast<double>(kForOthersToLeave.count()))
            throw PeerError("the other ranks are slow to end");
          ThrowIfInterrupted();
          if (waited < kUntilTold || std::exchange(told, true)) return;
          log::info("waiting for {} of {} ranks to end", pulse_->count() - *left, pulse_->count());
        });
  } catch (const std::exception& error) {
    log::debug("rank {} left last: {}", pulse_->rank(), error.what());
  }
  Stop();
}

}  // namespace danas
