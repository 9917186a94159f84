// The errors danas throws on purpose. Each kind has its own exit code; `main` catches them once and prints one line.
// A message says where (file, key or line), what was found, what was expected and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace danas {

// Process exit codes, documented in the README.
enum class ExitCode {
  kSuccess = 0,
  kInternal = 1,  // a bug, or an exception danas does not know
  kUsage = 2,     // the command line
  kConfig = 3,    // a config, search space, genotype or ranking file
  kData = 4,      // images, labels, dataset folders
  kFile = 5,      // a file or folder cannot be read or written
  kCheckpoint = 6,
  kDevice = 7,     // the device asked for is not there, or out of memory
  kNumeric = 8,    // a loss or gradient that is not finite
  kPeer = 9,       // another process of the run ended or does not answer
  kInterrupted = 130,
};

class Error : public std::runtime_error {
 public:
  Error(ExitCode exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}
  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

template <ExitCode kCode>
class ErrorOf : public Error {
 public:
  explicit ErrorOf(const std::string& message) : Error(kCode, message) {}
};

using UsageError = ErrorOf<ExitCode::kUsage>;
using ConfigError = ErrorOf<ExitCode::kConfig>;
using DataError = ErrorOf<ExitCode::kData>;
using FileError = ErrorOf<ExitCode::kFile>;
using CheckpointError = ErrorOf<ExitCode::kCheckpoint>;
using DeviceError = ErrorOf<ExitCode::kDevice>;
using NumericError = ErrorOf<ExitCode::kNumeric>;
using PeerError = ErrorOf<ExitCode::kPeer>;
using Interrupted = ErrorOf<ExitCode::kInterrupted>;

}  // namespace danas
