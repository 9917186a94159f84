#include "danas/core/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>
#include <mutex>
#include <utility>

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

}  // namespace

void SetUpLog(Verbosity verbosity) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = no_color != nullptr && *no_color != '\0';
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(plain ? spdlog::color_mode::never
                                                                          : spdlog::color_mode::automatic);
  auto logger = std::make_shared<spdlog::logger>(
      "danas", spdlog::sinks_init_list{std::make_shared<ActionSink>(), std::move(sink)});
  logger->set_pattern("%^%l%$: %v");
  switch (verbosity) {
    case Verbosity::kQuiet:
      logger->set_level(spdlog::level::warn);
      break;
    case Verbosity::kNormal:
      logger->set_level(spdlog::level::info);
      break;
    case Verbosity::kVerbose:
      logger->set_level(spdlog::level::debug);
      break;
  }
  spdlog::set_default_logger(logger);
}

void BeforeEachMessage(std::function<void()> action) {
  const auto first = std::dynamic_pointer_cast<ActionSink>(spdlog::default_logger()->sinks().front());
  if (first) first->SetAction(std::move(action));
}

}  // namespace danas
