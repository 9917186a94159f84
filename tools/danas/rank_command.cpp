#include "rank_command.h"

#include "danas/config/config_file.h"
#include "danas/core/log.h"
#include "danas/train/device.h"
#include "danas/train/memory.h"
#include "program.h"

namespace danas {
namespace {

// Until a config says otherwise.
const double kMeetingSeconds = RanksConfig().timeout;

// Never returns to what called the command: a rank whose peers are gone may not be able to end in order.
[[noreturn]] void EndWith(const Ranks& ranks, const Error& error) {
  const std::string rank = ranks.first() ? "" : "rank " + std::to_string(ranks.rank()) + ": ";
  const bool known = error.exit_code() == ExitCode::kInterrupted;  // the ranks stop together, and the first says so
  if (known ? ranks.first() : ranks.Fail(error.exit_code(), error.what())) {
    throw Error(error.exit_code(), rank + error.what());
  }
  throw QuietEnd{error.exit_code()};
}

}  // namespace

Error AsEngineError(const std::exception& exception) {
  const std::string text = OutOfMemoryText(exception);
  return text.empty() ? AsError(exception) : DeviceError(text);
}

int OnRanks(const std::function<int(Ranks& ranks)>& work) {
  const RankPlace place = FindRankPlace();
  Ranks ranks = Ranks::Join(place, kMeetingSeconds);
  if (ranks.alone()) return work(ranks);
  if (!ranks.first()) SetUpLog(Verbosity::kErrors);
  log::info("rank {} of {}, started by {}", ranks.rank(), ranks.count(), place.launcher);
  try {
    const int code = work(ranks);
    ranks.Leave();
    return code;
  } catch (const ToldPeerError& error) {
    log::debug("{}", error.what());
    throw QuietEnd{error.exit_code()};
  } catch (const std::exception& exception) {
    EndWith(ranks, AsEngineError(exception));
  }
}

bool FirstDecides(const Ranks& ranks, const std::function<bool()>& decide) {
  return ranks.FromFirst([&] { return decide() ? "yes" : "no"; }) == "yes";
}

std::filesystem::path FirstChooses(const Ranks& ranks, const std::function<std::filesystem::path()>& choose) {
  return ranks.FromFirst([&] { return choose().string(); });
}

Config FirstReads(Ranks& ranks, const std::function<Config()>& read) {
  if (ranks.alone()) return read();
  const std::string text = ranks.FromFirst([&] { return JsonText(ToJson(read())); });
  Config config = ConfigFromJson(Json::parse(text), "rank 0's config");
  ranks.SetTimeout(config.ranks.timeout);
  return config;
}

std::optional<RunFolder> FirstOpens(const Ranks& ranks, const std::function<RunFolder()>& open) {
  if (!ranks.first()) return std::nullopt;
  return open();
}

at::Device OpenRankDevice(const Config& config, Ranks& ranks) {
  const at::Device device = OpenDevice(config.runtime, config.seed, ranks.place());
  ranks.UseDevice(device);
  return device;
}

}  // namespace danas
