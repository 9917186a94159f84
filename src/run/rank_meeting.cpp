#include "rank_meeting.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "c10d_error.h"
#include "danas/core/await.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr std::chrono::seconds kBetweenWords{60};
constexpr std::chrono::milliseconds kBetweenTries{500};
constexpr size_t kRanksNamed = 8;

std::string OfRanks(const RankPlace& place) { return " of " + std::to_string(place.ranks); }

std::string Where(const RankPlace& place) { return place.address + ":" + std::to_string(place.port); }

// Why the name cannot be resolved now; empty where it can.
std::string WhyNotResolved(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error == 0) {
    ::freeaddrinfo(found);
    return "";
  }
  return error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
}

class SharedText {
 public:
  void Set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::string Get() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// A name may be known only some time after its machine has started.
void AwaitName(const RankPlace& place, MeetingClock& clock) {
  const auto reason = std::make_shared<SharedText>();
  Await(
      [name = place.address, reason](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const std::string why = WhyNotResolved(name);
          if (why.empty()) return;
          reason->Set(why);
          std::this_thread::sleep_for(kBetweenTries);
        }
      },
      [&](double) {
        const std::string why = reason->Get();
        const std::string text = place.address + (why.empty() ? "" : " (" + why + ")");
        clock.Look({.whom = "the name of rank 0's machine to be resolved: " + text,
                    .failed = "the name of rank 0's machine could not be resolved: " + text,
                    .advice = "Is MASTER_ADDR right, and does this machine know that name (getent hosts " +
                              place.address + ")? An IP address also works"});
      });
}

MeetingStep StepToStore(const RankPlace& place) {
  const std::string who = place.agent_serves ? "the launcher's store" : "rank 0" + OfRanks(place);
  const std::string at = " at " + Where(place);
  if (place.rank == 0 && !place.agent_serves) {
    return {.whom = "this rank's own store" + at,
            .failed = "rank 0 did not reach its own store" + at,
            .advice = "Is MASTER_ADDR this machine's address?"};
  }
  return {.whom = who + at,
          .failed = who + " did not answer" + at,
          .advice =
              "Was it started, with the same MASTER_ADDR and MASTER_PORT as this rank? Can its machine be reached "
              "from here, or does a firewall block that port?"};
}

}  // namespace

void MeetingClock::Look(const MeetingStep& step) {
  if (InterruptRequested()) throw Interrupted("stopped by a signal while waiting for " + step.whom);
  const auto now = Clock::now();
  if (SecondsBetween(start_, now) > timeout_) {
    throw PeerError(step.failed + " within " + FormatDecimals(timeout_, 0) + " s (ranks.timeout). " + step.advice);
  }
  if (now < next_word_) return;
  next_word_ = now + kBetweenWords;
  log::info("waiting for {}", step.whom);
}

std::string RanksText(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  const size_t named = std::min(ranks.size(), kRanksNamed);
  for (size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == ranks.size() && i > 0;
    text += (i == 0 ? "" : last ? " and " : ", ") + std::to_string(ranks[i]);
  }
  return ranks.size() > named ? text + " and " + std::to_string(ranks.size() - named) + " more" : text;
}

c10::intrusive_ptr<c10d::Store> ReachStore(const RankPlace& place, MeetingClock& clock) {
  AwaitName(place, clock);
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.rank == 0 && !place.agent_serves;
  options.numWorkers = place.ranks;
  options.waitWorkers = false;
  options.timeout = std::chrono::milliseconds(static_cast<int64_t>(1000 * clock.timeout()));
  const MeetingStep step = StepToStore(place);
  const auto reached = std::make_shared<c10::intrusive_ptr<c10d::Store>>();
  try {
    Await([address = place.address, options,
           reached](const std::stop_token&) { *reached = c10::make_intrusive<c10d::TCPStore>(address, options); },
          [&](double) { clock.Look(step); });
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw PeerError("the ranks' store at " + Where(place) + " cannot be " +
                    (options.isServer ? "served: " : "reached: ") + FirstSentenceOf(error) + ". " +
                    (options.isServer ? "Is the port taken? Set MASTER_PORT to another" : step.advice));
  }
  return *reached;
}

}  // namespace danas
