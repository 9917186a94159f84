#include "danas/core/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "danas/core/error.h"

namespace danas {
namespace {

class ActionSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void SetAction(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    action_ = std::move(action);
  }

 private:
  void sink_it_(const spdlog::details::log_msg&) override {
    if (action_) action_();
  }
  void flush_() override {}

  std::function<void()> action_;
};

using FileSink = spdlog::sinks::rotating_file_sink_mt;

constexpr size_t kMessagesKept = 1000;

spdlog::level::level_enum LevelOf(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::kErrors:
      return spdlog::level::err;
    case Verbosity::kQuiet:
      return spdlog::level::warn;
    case Verbosity::kNormal:
      return spdlog::level::info;
    case Verbosity::kVerbose:
      return spdlog::level::debug;
  }
  throw std::logic_error("not a verbosity");
}

// Messages are for people: a full disk takes nothing else of a run with them. Said once, past the log.
void TellNotKept(const std::string& path, const std::string& error) {
  static std::once_flag told;
  std::call_once(
      told, [&] { std::fprintf(stderr, "warning: messages are not saved in %s: %s\n", path.c_str(), error.c_str()); });
}

void Transfer(spdlog::sinks::ringbuffer_sink_mt& kept, FileSink& file, const std::string& path) {
  try {
    for (const spdlog::details::log_msg_buffer& message : kept.last_raw()) file.log(message);
    file.flush();
  } catch (const spdlog::spdlog_ex& error) {
    TellNotKept(path, error.what());
  }
}

}  // namespace

void SetUpLog(Verbosity verbosity) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  const auto action = std::make_shared<ActionSink>();
  const auto terminal = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(plain ? spdlog::color_mode::never
                                                                                    : spdlog::color_mode::automatic);
  terminal->set_pattern("%^%l%$: %v");
  const spdlog::level::level_enum shown = LevelOf(verbosity);
  action->set_level(shown);
  terminal->set_level(shown);
  // Until there is a folder to keep them in.
  const auto kept = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kMessagesKept);
  auto logger = std::make_shared<spdlog::logger>("danas", spdlog::sinks_init_list{action, terminal, kept});
  logger->set_level(std::min(shown, spdlog::level::info));
  spdlog::set_default_logger(logger);
}

void BeforeEachMessage(std::function<void()> action) {
  const auto first = std::dynamic_pointer_cast<ActionSink>(spdlog::default_logger()->sinks().front());
  if (first) first->SetAction(std::move(action));
}

void LogToFileAsWell(const std::filesystem::path& path) {
  const std::shared_ptr<spdlog::logger> logger = spdlog::default_logger();
  spdlog::sink_ptr& last = logger->sinks().back();
  const auto before = std::dynamic_pointer_cast<FileSink>(last);
  if (before && before->filename() == path.string()) return;
  std::shared_ptr<FileSink> file;
  try {
    file = std::make_shared<FileSink>(path.string(), kLogFileBytes, kOldLogFiles);
  } catch (const spdlog::spdlog_ex& error) {
    throw FileError(std::string("cannot write ") + path.string() + ": " + error.what());
  }
  logger->set_error_handler([path = path.string()](const std::string& error) { TellNotKept(path, error); });
  file->set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%SZ %l: %v", spdlog::pattern_time_type::utc));
  if (const auto kept = std::dynamic_pointer_cast<spdlog::sinks::ringbuffer_sink_mt>(last)) {
    Transfer(*kept, *file, path.string());
  }
  logger->flush_on(spdlog::level::debug);
  last = std::move(file);
}

}  // namespace danas
