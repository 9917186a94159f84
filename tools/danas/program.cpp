#include "program.h"

#include <csignal>
#include <filesystem>
#include <iostream>

#include "danas/core/error.h"
#include "danas/core/log.h"

namespace danas {
namespace {

int Run(int argc, const char* const* argv, const std::function<int(const CommandLine&)>& command) {
  bool missing = false;
  const CommandLine line = ParseCommandLine(argc, argv, &missing);
  if (missing) return static_cast<int>(ExitCode::kUsage);
  SetUpLog(line.verbosity());
  const int code = line.command == Command::kNone ? 0 : command(line);
  std::cout.flush();
  if (!std::cout) throw FileError("cannot write to standard output");
  return code;
}

int Report(ExitCode code, const std::string& message) {
  std::cout.flush();
  log::error("{}", message);
  return static_cast<int>(code);
}

}  // namespace

std::string FirstLine(const std::string& message) {
  log::debug("{}", message);
  return message.substr(0, message.find('\n'));
}

int RunProgram(int argc, const char* const* argv, const std::function<int(const CommandLine&)>& command) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file past the shell's limit is an error that can be told
  SetUpLog(Verbosity::kNormal);
  try {
    return Run(argc, argv, command);
  } catch (const QuietEnd& end) {
    return static_cast<int>(end.code);
  } catch (const Error& error) {
    return Report(error.exit_code(), error.what());
  } catch (const std::bad_alloc&) {
    return Report(ExitCode::kDevice, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return Report(ExitCode::kFile, error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& error) {
    return Report(ExitCode::kInternal, "unexpected, please report it: " + FirstLine(error.what()));
  }
}

}  // namespace danas
