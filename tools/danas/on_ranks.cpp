#include "on_ranks.h"

#include "danas/arch/genotype.h"
#include "danas/config/config_file.h"
#include "danas/core/log.h"
#include "danas/run/device.h"
#include "danas/run/memory.h"
#include "program.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

Config ConfigForMeeting(const ConfigSources& sources) {
  if (!sources.config.config.empty()) return LoadConfig(sources.config.config, {});
  for (const std::string& run : sources.runs) {
    if (!run.empty() && fs::exists(fs::path(run) / "config.json")) return LoadConfig(fs::path(run) / "config.json", {});
  }
  if (!sources.arch.empty()) {
    const Json origin = ReadGenotype(sources.arch).origin;
    if (origin.contains("config")) return ConfigFromJson(origin.at("config"), sources.arch);
  }
  return {};
}

// ranks.timeout; its default if the config cannot be read: the command itself will report why.
double MeetingSeconds(const ConfigSources& sources) {
  Config config;
  try {
    config = ConfigForMeeting(sources);
  } catch (const Error& error) {
    log::debug("until the ranks have connected, ranks.timeout is the default: {}", error.what());
  }
  try {
    for (const std::string& setting : sources.config.settings) {
      if (setting.starts_with("ranks.timeout=")) Assign(config, {setting});
    }
  } catch (const Error& error) {
    log::debug("until the ranks have connected, ranks.timeout is {} s: {}", config.ranks.timeout, error.what());
  }
  return config.ranks.timeout;
}

// Never returns to the caller of the command: a rank whose peers are gone may not be able to shut down cleanly.
// `known`: all ranks end this way, without notifying each other.
[[noreturn]] void EndWith(const Ranks& ranks, const Error& error, bool known) {
  const std::string rank = ranks.first() ? "" : "rank " + std::to_string(ranks.rank()) + ": ";
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

int OnRanks(const ConfigSources& sources, const std::function<int(Ranks& ranks)>& work) {
  const RankPlace place = FindRankPlace();
  Ranks ranks;
  if (place.alone()) return work(ranks);
  try {
    ranks = Ranks::Join(place, MeetingSeconds(sources));
    if (!ranks.first()) SetUpLog(Verbosity::kErrors);
    log::info("rank {} of {}, started by {}", ranks.rank(), ranks.count(), place.launcher);
    const int code = work(ranks);
    ranks.Leave();
    return code;
  } catch (const ToldPeerError& error) {
    log::debug("{}", error.what());
    throw QuietEnd{error.exit_code()};
  } catch (const InterruptedWait& error) {
    EndWith(ranks, error, /*known=*/false);
  } catch (const std::exception& exception) {
    const Error error = AsEngineError(exception);
    // The ranks stop together, and the first reports it.
    EndWith(ranks, error, /*known=*/error.exit_code() == ExitCode::kInterrupted);
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
