#include "program.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string_view>
#include <system_error>

#include "danas/core/error.h"
#include "danas/core/log.h"

namespace danas {
namespace {

int Run(int argc, const char* const* argv, const std::vector<DescribedCommand>& commands) {
  const CommandLine line = ParseCommandLine(argc, argv, commands);
  if (line.missing) return static_cast<int>(ExitCode::kUsage);
  SetUpLog(line.call.verbosity());
  const int code = line.run ? line.run(line.call) : 0;
  WriteOut("");
  return code;
}

// Names and values given by a user may contain line breaks and terminal control characters.
std::string OnOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < ' ' || byte == 0x7f) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      line += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      line += c;
    }
  }
  return line;
}

int Report(const Error& error) {
  std::cout.flush();
  log::error("{}", OnOneLine(error.what()));
  return static_cast<int>(error.exit_code());
}

std::string FirstLine(const std::string& message) {
  log::debug("{}", message);
  return message.substr(0, message.find('\n'));
}

// Torch's allocators, and oneDNN, whose primitives take memory when they are made.
bool MeansLackOfMemory(const std::string& message) {
  constexpr std::array kSigns = {"out of memory", "allocate memory", "could not create a primitive",
                                 "could not create a memory"};
  return std::ranges::any_of(kSigns, [&](const char* sign) { return message.find(sign) != std::string::npos; });
}

// For contexts in which nothing may allocate memory or take a lock.
[[noreturn]] void EndAtOnce(std::string_view line, ExitCode code) {
  static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  ::_exit(static_cast<int>(code));
}

// Datasets are mapped; reading what is no longer there raises SIGBUS.
constexpr std::string_view kLostFile =
    "error: a dataset file was truncated while in use, or its disk cannot be read. Work finished so far is kept\n";

// Functions of libraries that are declared noexcept run out of memory too.
[[noreturn]] void ReportLastException() {
  try {
    std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    EndAtOnce("error: out of memory. Work finished so far is kept\n", ExitCode::kDevice);
  } catch (...) {
    std::abort();
  }
}

bool MeansLackOfThreads(const std::error_code& code) {
  return code == std::errc::resource_unavailable_try_again || code == std::errc::not_enough_memory;
}

}  // namespace

Error AsError(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return *error;
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return DeviceError("out of memory");
  if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception)) {
    return FileError(error->path1().string() + ": " + error->code().message());
  }
  const std::string message = FirstLine(exception.what());
  if (const auto* error = dynamic_cast<const std::system_error*>(&exception);
      error && MeansLackOfThreads(error->code())) {
    return DeviceError("out of memory or threads: " + message);
  }
  if (MeansLackOfMemory(message)) return DeviceError("out of memory: " + message);
  return {ExitCode::kInternal, "internal error, please report it: " + message};
}

void WriteOut(std::string_view text) {
  std::cout << text << std::flush;
  if (std::cout) return;
  pollfd out{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  const bool unread = ::poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
  if (unread) throw QuietEnd{static_cast<ExitCode>(128 + SIGPIPE)};
  throw FileError("cannot write to standard output");
}

void FailElsewhere(const char* program, const char* command) {
  throw UsageError(std::string(program) + " does not run `" + command + "`: run `danas " + command + "` instead");
}

int RunProgram(int argc, const char* const* argv, const std::vector<DescribedCommand>& commands) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file past the shell's limit is an error that can be reported
  std::signal(SIGBUS, [](int) { EndAtOnce(kLostFile, ExitCode::kData); });
  std::set_terminate(ReportLastException);
  SetUpLog(Verbosity::kNormal);
  try {
    return Run(argc, argv, commands);
  } catch (const QuietEnd& end) {
    return static_cast<int>(end.code);
  } catch (const std::exception& exception) {
    return Report(AsError(exception));
  }
}

}  // namespace danas
