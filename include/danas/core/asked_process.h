// A program that is started here and asked: a line of text to its standard input, a line back from its standard output.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace danas {

// Ends with its owner: a program that reads to the end of its input ends also where the owner was killed. It is in a
// process group of its own, so that Ctrl-C reaches the owner alone.
class AskedProcess {
 public:
  // The first word is looked up on the PATH. Throws FileError, with `advice` behind it, where it cannot be started.
  AskedProcess(std::vector<std::string> command, const std::string& advice);
  ~AskedProcess();
  AskedProcess(const AskedProcess&) = delete;
  AskedProcess& operator=(const AskedProcess&) = delete;

  // What it says next, without the end of the line. Throws PeerError with how it ended and the last that it wrote to
  // its standard error where it says no more, and Interrupted.
  std::string Read();

  std::string Ask(const std::string& line);

 private:
  [[noreturn]] void FailAtEnd();

  std::string name_;
  pid_t process_ = 0;  // 0: over
  int socket_ = -1;    // its standard input and output
  std::FILE* errors_;  // its standard error
  std::string unread_;
};

}  // namespace danas
