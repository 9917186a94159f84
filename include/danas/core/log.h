// Messages to the person at the terminal, on standard error, and of a run also in its folder. What a program should
// read goes to standard output or log.jsonl.
#pragma once

#include <spdlog/spdlog.h>

#include <filesystem>
#include <functional>

namespace danas {

enum class Verbosity { kErrors, kQuiet, kNormal, kVerbose };

// Errors always show; kQuiet adds warnings, kNormal adds what a user wants to follow, kVerbose what a developer does.
// Colour only on a terminal and only without NO_COLOR in the environment.
void SetUpLog(Verbosity verbosity);

// `action` runs before every message that shows: a line that is drawn again and again must leave the screen first. An
// empty function ends that.
void BeforeEachMessage(std::function<void()> action);

// From now on messages go to this file as well, and first those that this process has shown before:
// "2026-01-31T12:00:00Z warning: text". Infos are among them even with kQuiet. A file of kLogFileBytes becomes
// <stem>.1.<extension>, that one .2, and so on up to kOldLogFiles. Throws FileError where the file cannot be opened.
// Asked for the same file again, nothing happens; another one takes its place. To be called before other threads log.
constexpr size_t kLogFileBytes = size_t{1} << 20;
constexpr size_t kOldLogFiles = 3;
void LogToFileAsWell(const std::filesystem::path& path);

namespace log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;
}  // namespace log

}  // namespace danas
