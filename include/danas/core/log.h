// Messages to the person at the terminal, on standard error. What a program should read goes to standard output or log.jsonl.
#pragma once

#include <spdlog/spdlog.h>

#include <functional>

namespace danas {

enum class Verbosity { kQuiet, kNormal, kVerbose };

// Warnings and errors always show; kNormal adds what a user wants to follow, kVerbose what a developer does.
// Colour only on a terminal and only without NO_COLOR in the environment.
void SetUpLog(Verbosity verbosity);

// `action` runs before every message that shows: a line that is drawn again and again must leave the screen first. An empty
// function ends that.
void BeforeEachMessage(std::function<void()> action);

namespace log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;
}  // namespace log

}  // namespace danas
