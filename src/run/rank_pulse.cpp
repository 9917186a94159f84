#include "rank_pulse.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>

#include "danas/core/await.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/run/ranks.h"
#include "rank_meeting.h"

namespace danas {
namespace {

using std::chrono::seconds;

constexpr seconds kBetweenSigns{1};
constexpr seconds kGrace{20};         // for a rank to end by itself after another has failed
constexpr seconds kUntilTold{10};     // that this rank waits
constexpr seconds kAfterSignal{60};   // for ranks that live to come, or rank 0 to get done
constexpr seconds kToEndByItself{3};  // for a rank that waits in vain
constexpr size_t kProcessesNamed = 4;

std::string Process() {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(::getpid()) + " on " + host.data();
}

// Ends Beat() while the store does not answer.
struct Stopped {};

}  // namespace

RankPulse::RankPulse(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count)
    : store_(store), rank_(rank), count_(count), others_(static_cast<size_t>(count)) {}

void RankPulse::Introduce() const { store_->set(Key("who", rank_), Process()); }

bool RankPulse::Stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void RankPulse::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void RankPulse::BeginWait() {
  ++place_;
  wait_began_ = Clock::now().time_since_epoch().count();
}

void RankPulse::EndWait() { wait_began_ = 0; }

double RankPulse::SecondsWaited() const {
  const int64_t began = wait_began_;
  if (began == 0) return 0;
  return SecondsSince(Clock::time_point(Clock::duration(began)));
}

void RankPulse::Beat() {
  std::optional<Clock::time_point> failed;
  try {
    while (!Stopping()) {
      const bool examine = wait_began_ != 0 && (InterruptRequested() || SecondsWaited() > kUntilTold.count());
      const auto look = [this](double waited) {
        if (Stopping()) throw Stopped();
        unanswered_ = waited > kUntilGone.count();
        EndWhereHopeless();
      };
      Await([self = shared_from_this(), examine](const std::stop_token&) { self->Exchange(examine); }, look);
      unanswered_ = false;
      if (!failed && failed_) failed = Clock::now();
      if (failed && Clock::now() - *failed > kGrace) {
        log::error("rank {}: another rank failed, and this one did not end by itself", rank_);
        std::_Exit(static_cast<int>(ExitCode::kPeer));
      }
      EndWhereHopeless();
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kBetweenSigns, [this] { return stopping_; });
    }
  } catch (const Stopped&) {
    log::debug("rank {}: the ranks' store does not answer", rank_);
  } catch (const std::exception& error) {
    log::debug("rank {}: no more signs of life: {}", rank_, error.what());  // the store is gone, and rank 0 with it
  }
}

void RankPulse::Exchange(bool examine) {
  if (!own_) own_ = store_->clone();
  own_->add(Key("sign", rank_), 1);
  failed_ = own_->add("failed", 0) > 0;
  own_->set(Key("place", rank_), std::to_string(place_));
  if (examine) Examine();
}

void RankPulse::Examine() {
  const int64_t wait = wait_began_;
  for (int r = 0; r < count_; ++r) {
    if (r == rank_) continue;
    Other now;
    now.signs = own_->add(Key("sign", r), 0);
    if (own_->check({Key("place", r)})) now.place = std::atoll(own_->get_to_str(Key("place", r)).c_str());
    if (own_->check({Key("who", r)})) now.who = own_->get_to_str(Key("who", r));
    const std::lock_guard lock(mutex_);
    Other& before = others_[static_cast<size_t>(r)];
    now.changed = now.signs == before.signs && wait == examined_ ? before.changed : Clock::now();
    before = now;
  }
  const std::lock_guard lock(mutex_);
  examined_ = wait;
}

template <typename Predicate>
std::string RankPulse::OthersWhere(const Predicate& is_meant) const {
  std::vector<int> ranks;
  std::string text;
  for (int r = 0; r < count_; ++r) {
    const Other& other = others_[static_cast<size_t>(r)];
    if (r == rank_ || !is_meant(other)) continue;
    ranks.push_back(r);
    text +=
        (text.empty() ? "rank " : ", rank ") + std::to_string(r) + (other.who.empty() ? "" : " (" + other.who + ")");
  }
  if (ranks.size() > kProcessesNamed) return RanksText(ranks);
  return text;
}

std::optional<std::string> RankPulse::TakeWord() {
  if (SecondsWaited() < kUntilTold.count()) return std::nullopt;
  const int64_t wait = wait_began_, place = place_;
  const std::lock_guard lock(mutex_);
  if (wait == 0 || examined_ != wait || told_ == wait) return std::nullopt;
  const std::string text = OthersWhere([place](const Other& other) { return other.place < place; });
  if (text.empty()) return std::nullopt;
  told_ = wait;
  return text;
}

std::optional<std::string> RankPulse::Hopeless() const {
  const int64_t wait = wait_began_, place = place_;
  if (wait == 0 || !InterruptRequested()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!signalled_) return std::nullopt;
  if (unanswered_) return "rank 0, or the launcher that serves the ranks' store, which does not answer";
  if (examined_ != wait) return std::nullopt;
  const auto now = Clock::now();
  const std::string silent = OthersWhere([now](const Other& other) { return now - other.changed > kUntilGone; });
  if (!silent.empty()) return silent + ", which does not respond";
  if (now - std::max(*signalled_, Clock::time_point(Clock::duration(wait))) < kAfterSignal) return std::nullopt;
  const std::string behind = OthersWhere([place](const Other& other) { return other.place < place; });
  if (behind.empty()) return std::nullopt;  // all are at work on the same
  return behind + " for more than a minute";
}

// A signal that comes before a wait counts from when this thread first sees both.
void RankPulse::EndWhereHopeless() {
  if (InterruptRequested()) {
    const std::lock_guard lock(mutex_);
    if (!signalled_) signalled_ = Clock::now();
  }
  const std::optional<std::string> whom = Hopeless();
  if (!whom) {
    hopeless_.reset();
    return;
  }
  if (!hopeless_) hopeless_ = Clock::now();
  if (Clock::now() - *hopeless_ < kToEndByItself) return;
  log::error("rank {}: stopped by a signal while waiting for {}", rank_, *whom);
  std::_Exit(static_cast<int>(ExitCode::kInterrupted));
}

std::string RankPulse::Who(int rank) const {
  const std::string name = "rank " + std::to_string(rank);
  const std::string key = Key("who", rank);
  return store_->check({key}) ? name + " (" + store_->get_to_str(key) + ")" : name;
}

std::vector<int64_t> RankPulse::SignsSoFar() const {
  std::vector<int64_t> counts;
  for (int r = 0; r < count_; ++r) counts.push_back(store_->add(Key("sign", r), 0));
  return counts;
}

void RankPulse::ThrowIfOneFailed() const {
  if (store_->add("failed", 0) == 0) return;
  for (int r = 0; r < count_; ++r) {
    const std::string key = Key("error", r);
    if (r == rank_ || !store_->check({key})) continue;
    const std::string text = store_->get_to_str(key);
    const size_t space = text.find(' ');
    throw ToldPeerError(static_cast<ExitCode>(std::atoi(text.c_str())), Who(r) + ": " + text.substr(space + 1));
  }
}

}  // namespace danas
