#include "rank_signs.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>

#include "danas/core/hash.h"
#include "danas/core/log.h"

namespace danas {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr seconds kBetweenSigns{1};
constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr seconds kUntilGone{4};        // without a sign, once something is known to be wrong
constexpr seconds kGrace{20};           // for a rank to end by itself after another has failed
constexpr seconds kForOthersToLeave{5};

std::string Key(const char* kind, int rank) { return std::string(kind) + "/" + std::to_string(rank); }

std::string Process() {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(::getpid()) + " on " + host.data();
}

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

RankSigns::RankSigns(const c10::intrusive_ptr<c10d::Store>& store, int rank, int count)
    : store_(store), rank_(rank), count_(count) {
  store_->set(Key("who", rank_), Process());
  thread_ = std::thread([this] { Beat(); });
}

RankSigns::~RankSigns() { Stop(); }

void RankSigns::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// Also ends this process where it does not end by itself after another rank has failed: it may be waiting on a GPU for
// the one that is gone.
void RankSigns::Beat() {
  std::optional<Clock::time_point> failed;
  try {
    const c10::intrusive_ptr<c10d::Store> store = store_->clone();  // a connection of its own
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      store->add(Key("sign", rank_), 1);
      if (!failed && store->add("failed", 0) > 0) failed = Clock::now();
      if (failed && Clock::now() - *failed > kGrace) {
        log::error("rank {}: another rank failed, and this one did not end by itself", rank_);
        std::_Exit(static_cast<int>(ExitCode::kPeer));
      }
      lock.lock();
      wake_.wait_for(lock, kBetweenSigns, [this] { return stopping_; });
    }
  } catch (const std::exception& error) {
    log::debug("rank {}: no more signs of life: {}", rank_, error.what());  // the store is gone, and rank 0 with it
  }
}

RankSigns::Counts RankSigns::SignsSoFar() const {
  Counts counts;
  for (int r = 0; r < count_; ++r) counts.push_back(store_->add(Key("sign", r), 0));
  return counts;
}

std::string RankSigns::Who(int rank) const {
  const std::string name = "rank " + std::to_string(rank);
  const std::string key = Key("who", rank);
  return store_->check({key}) ? name + " (" + store_->get_to_str(key) + ")" : name;
}

void RankSigns::ThrowIfOneFailed() const {
  if (store_->add("failed", 0) == 0) return;
  for (int r = 0; r < count_; ++r) {
    const std::string key = Key("error", r);
    if (r == rank_ || !store_->check({key})) continue;
    const std::string text = store_->get_to_str(key);
    const size_t space = text.find(' ');
    throw ToldPeerError(static_cast<ExitCode>(std::atoi(text.c_str())), Who(r) + ": " + text.substr(space + 1));
  }
}

void RankSigns::ThrowCause(const std::string& reason) const {
  std::string gone, ended;
  try {
    const Counts before = SignsSoFar();
    for (const auto start = Clock::now(); Clock::now() - start < kUntilGone;) {
      ThrowIfOneFailed();
      std::this_thread::sleep_for(kBetweenLooks);
    }
    const Counts after = SignsSoFar();
    for (int r = 0; r < count_; ++r) {
      if (r == rank_ || after[r] > before[r]) continue;
      std::string& list = store_->check({Key("left", r)}) ? ended : gone;
      list += (list.empty() ? "" : ", ") + Who(r);
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    throw PeerError("rank 0, or the launcher that serves the ranks' store, is gone (" + reason + ")");
  }
  if (!gone.empty()) {
    throw PeerError(gone + " gives no sign of life: it was killed, stopped or cut off (" + reason + ")");
  }
  if (!ended.empty()) throw PeerError(ended + " has ended, but this rank goes on (" + reason + ")");
  throw PeerError("the ranks live, but one did not come to where the others are: " + reason +
                  ". One that is only slow needs a longer ranks.timeout");
}

std::string RankSigns::WaitFor(const std::string& key, double timeout) const {
  auto last_sign = Clock::now();
  int64_t signs = -1;
  while (true) {
    try {
      store_->wait({key}, kBetweenSigns);
      return store_->get_to_str(key);
    } catch (const std::exception&) {  // not there yet; or the store is gone, as the next line will tell
    }
    try {
      ThrowIfOneFailed();
      const int64_t now = store_->add(Key("sign", 0), 0);
      if (now > signs) last_sign = Clock::now();
      signs = now;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw PeerError("rank 0, or the launcher that serves the ranks' store, is gone");
    }
    if (SecondsSince(last_sign) > timeout) {
      throw PeerError(Who(0) + " gives no sign of life: it was killed, stopped or cut off");
    }
  }
}

bool RankSigns::Fail(ExitCode code, const std::string& message) const {
  try {
    store_->set(Key("error", rank_), std::to_string(static_cast<int>(code)) + " " + message);
    store_->add("failed", 1);
    return store_->add("told/" + HexText(HashText(message)), 1) == 1;
  } catch (const std::exception&) {
    return true;  // nobody is left to tell it to
  }
}

void RankSigns::Leave() {
  try {
    store_->set(Key("left", rank_), "1");
    for (const auto start = Clock::now(); rank_ == 0 && Clock::now() - start < kForOthersToLeave;) {
      int left = 0;
      for (int r = 0; r < count_; ++r) left += store_->check({Key("left", r)}) ? 1 : 0;
      if (left == count_) break;
      std::this_thread::sleep_for(kBetweenLooks);
    }
  } catch (const std::exception& error) {
    log::debug("rank {} left last: {}", rank_, error.what());
  }
  Stop();
}

}  // namespace danas
