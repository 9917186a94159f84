#include "danas/core/asked_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"

extern char** environ;

namespace danas {
namespace {

constexpr int kMillisecondsBetweenLooks = 100;  // for an interrupt
constexpr long kMostOfErrors = 2000;            // bytes

std::string EndOf(std::FILE* file) {
  std::fseek(file, 0, SEEK_END);
  const long size = std::ftell(file);
  std::fseek(file, std::max(0L, size - kMostOfErrors), SEEK_SET);
  std::string text(static_cast<size_t>(std::min(size, kMostOfErrors)), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

AskedProcess::AskedProcess(std::vector<std::string> command, const std::string& advice)
    : name_(command.at(0)), errors_(std::tmpfile()) {
  const auto fail = [&](int error) {
    if (errors_ != nullptr) std::fclose(errors_);
    throw FileError("cannot start " + name_ + ": " + std::strerror(error) + ". " + advice);
  };
  std::array<int, 2> ends{};
  if (errors_ == nullptr || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail(errno);
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(errors_), STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error = ::posix_spawnp(&process_, name_.c_str(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  socket_ = ends[0];
  if (error != 0) {
    ::close(socket_);
    fail(error);
  }
}

AskedProcess::~AskedProcess() {
  ::close(socket_);
  if (process_ != 0) {
    ::kill(process_, SIGTERM);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  std::fclose(errors_);
}

std::string AskedProcess::Read() {
  std::array<char, 1 << 16> buffer{};
  while (true) {
    if (const size_t end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    ThrowIfInterrupted();
    pollfd waited{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&waited, 1, kMillisecondsBetweenLooks) <= 0) continue;
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) FailAtEnd();
    unread_.append(buffer.data(), static_cast<size_t>(count));
  }
}

std::string AskedProcess::Ask(const std::string& line) {
  const std::string text = line + "\n";
  // Where it has ended, Read() says how.
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    sent += static_cast<size_t>(count);
  }
  return Read();
}

void AskedProcess::FailAtEnd() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
  process_ = 0;
  const std::string how = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                            : "signal " + std::to_string(WTERMSIG(status));
  const std::string said = EndOf(errors_);
  throw PeerError(name_ + " ended early (" + how + ")" + (said.empty() ? ", and said nothing" : ": " + said));
}

}  // namespace danas
