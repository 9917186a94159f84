#include "launch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/log.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kToEndAlone{8};  // ranks notice within seconds that one is gone

// Free at this moment; rank 0 takes it a moment later.
int FreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool found = listener >= 0 && ::bind(listener, any, size) == 0 && ::getsockname(listener, any, &size) == 0;
  const int error = errno;
  if (listener >= 0) ::close(listener);
  if (!found) throw FileError(std::string("no free port for the ranks to connect to: ") + std::strerror(error));
  return ntohs(address.sin_port);
}

struct Rank {
  pid_t process = 0;
  bool running = true;
};

class Launch {
 public:
  Launch(int count, const std::filesystem::path& engine, char** argv) : engine_(engine), argv_(argv) {
    sigemptyset(&watched_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD}) sigaddset(&watched_, signal);
    ::sigprocmask(SIG_BLOCK, &watched_, &before_);
    const int port = FreePort();
    for (int rank = 0; rank < count; ++rank) ranks_.push_back({Start(rank, count, port)});
  }
  ~Launch() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  int Wait() {
    while (std::any_of(ranks_.begin(), ranks_.end(), [](const Rank& rank) { return rank.running; })) {
      const timespec second{.tv_sec = 1, .tv_nsec = 0};
      const int signal = ::sigtimedwait(&watched_, nullptr, &second);
      if (signal > 0 && signal != SIGCHLD) SendToAll(signal);
      Reap();
      if (deadline_ && Clock::now() > *deadline_) SendToAll(SIGKILL);
    }
    return code_;
  }

 private:
  pid_t Start(int rank, int count, int port) const {
    const pid_t launcher = ::getpid();
    const pid_t process = ::fork();
    if (process < 0) throw FileError(std::string("cannot start a rank: ") + std::strerror(errno));
    if (process > 0) return process;
    // A group of its own: Ctrl-C at the terminal comes from the launcher, once.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launcher) ::_exit(1);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
    set("RANK", std::to_string(rank));
    set("LOCAL_RANK", std::to_string(rank));
    set("WORLD_SIZE", std::to_string(count));
    set("LOCAL_WORLD_SIZE", std::to_string(count));
    set("MASTER_ADDR", "127.0.0.1");
    set("MASTER_PORT", std::to_string(port));
    ::execv(engine_.c_str(), argv_);
    std::perror("danas-engine");
    ::_exit(127);
  }

  void SendToAll(int signal) const {
    for (const Rank& rank : ranks_) {
      if (rank.running) ::kill(rank.process, signal);
    }
  }

  void Reap() {
    for (size_t r = 0; r < ranks_.size(); ++r) {
      int status = 0;
      if (!ranks_[r].running || ::waitpid(ranks_[r].process, &status, WNOHANG) != ranks_[r].process) continue;
      ranks_[r].running = false;
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      if (code == 0 || code_ != 0) continue;
      code_ = code;
      deadline_ = Clock::now() + kToEndAlone;
      if (WIFSIGNALED(status)) {
        log::error("rank {} (process {}) was killed by signal {} ({})", r, ranks_[r].process, WTERMSIG(status),
                   ::strsignal(WTERMSIG(status)));
      }
    }
  }

  const std::filesystem::path& engine_;
  char** argv_;
  sigset_t watched_{}, before_{};
  std::vector<Rank> ranks_;
  int code_ = 0;  // of the first that failed
  std::optional<Clock::time_point> deadline_;
};

}  // namespace

int LaunchRanks(int count, const std::filesystem::path& engine, char** argv) {
  return Launch(count, engine, argv).Wait();
}

}  // namespace danas
