// Ranks whose others do not come, started by hand with a launcher's variables: each says whom it waits for, ends after
// ranks.timeout with what to look at, and at the first signal. Limits are generous: no test depends on how long things
// take.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kLimit{60};

// Of a socket that is bound, so that nobody else takes it, and does not listen.
class HeldPort {
 public:
  HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, any, size) != 0 || ::getsockname(socket_, any, &size) != 0) ADD_FAILURE() << "no free port";
    number_ = ntohs(address.sin_port);
  }
  ~HeldPort() { Release(); }
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;

  void Listen() const { EXPECT_EQ(::listen(socket_, 8), 0); }
  void Release() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  std::string number() const { return std::to_string(number_); }

 private:
  int socket_;
  uint16_t number_ = 0;
};

// `danas` in the background.
class Rank {
 public:
  Rank(const SmallProject& project, int rank, int ranks, const std::string& address, const std::string& port,
       const std::vector<std::string>& arguments)
      : out_(project / ("out" + std::to_string(rank))), err_(project / ("err" + std::to_string(rank))) {
    std::string command = "cd " + Quoted(project.path().string()) + " && exec env RANK=" + std::to_string(rank) +
                          " WORLD_SIZE=" + std::to_string(ranks) + " LOCAL_RANK=" + std::to_string(rank) +
                          " MASTER_ADDR=" + address + " MASTER_PORT=" + port + " " + Quoted(DANAS_PROGRAM);
    for (const std::string& argument : arguments) command += " " + Quoted(argument);
    command += " >" + Quoted(out_.string()) + " 2>" + Quoted(err_.string());
    std::filesystem::remove(err_);  // of a rank before
    process_ = ::fork();
    if (process_ == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Rank() {
    if (running_) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }
  Rank(const Rank&) = delete;
  Rank& operator=(const Rank&) = delete;

  void Signal(int signal) const { EXPECT_EQ(::kill(process_, signal), 0); }

  std::string Said() const { return std::filesystem::exists(err_) ? ReadText(err_) : ""; }

  // Returns when its messages hold `text`.
  void AwaitWords(const std::string& text) const {
    for (const auto end = steady_clock::now() + kLimit; steady_clock::now() < end;) {
      if (Said().find(text) != std::string::npos) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "no '" << text << "' in: " << Said();
  }

  // As a shell would say it; -1 where it does not end.
  int Code() {
    int status = 0;
    for (const auto end = steady_clock::now() + kLimit; steady_clock::now() < end;) {
      if (::waitpid(process_, &status, WNOHANG) == process_) {
        running_ = false;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return -1;
  }

 private:
  std::filesystem::path out_, err_;
  pid_t process_ = 0;
  bool running_ = true;
};

class RankWaits : public testing::Test {
 protected:
  std::unique_ptr<Rank> Start(int rank, const std::string& address, const std::vector<std::string>& more = {},
                              int ranks = 2) {
    std::vector<std::string> line = {"search", "--config", "config.json", "--no-probe"};
    line.insert(line.end(), more.begin(), more.end());
    return std::make_unique<Rank>(project_, rank, ranks, address, port_.number(), line);
  }

  static constexpr const char* kHere = "127.0.0.1";
  static constexpr const char* kNowhere = "nohost.invalid";  // RFC 6761: never resolved
  static inline const std::vector<std::string> kThreeSeconds = {"--set", "ranks.timeout=3"};

  SmallProject project_;
  HeldPort port_;
};

TEST_F(RankWaits, APeerThatNeverComesIsNamed) {
  port_.Release();
  const auto rank = Start(0, kHere, kThreeSeconds, 3);
  EXPECT_EQ(rank->Code(), 9);
  const std::string where = " of 3 at 127.0.0.1:" + port_.number();
  EXPECT_THAT(rank->Said(),
              AllOf(HasSubstr("info: waiting for ranks 1 and 2" + where),
                    HasSubstr("error: ranks 1 and 2" + where + " did not arrive within 3 s (ranks.timeout)"),
                    HasSubstr("MASTER_ADDR"), Not(HasSubstr("report it"))));
}

TEST_F(RankWaits, TheTimeoutIsTheConfigs) {
  port_.Release();
  project_.config()["ranks"]["timeout"] = 3;
  project_.WriteConfig();
  const auto rank = Start(0, kHere);
  EXPECT_EQ(rank->Code(), 9);
  EXPECT_THAT(rank->Said(), HasSubstr("within 3 s (ranks.timeout)"));
}

TEST_F(RankWaits, ARankWithoutRank0) {
  const auto rank = Start(1, kHere, kThreeSeconds);
  EXPECT_EQ(rank->Code(), 9);
  EXPECT_THAT(rank->Said(),
              AllOf(HasSubstr("info: waiting for rank 0 of 2 at 127.0.0.1:" + port_.number()),
                    HasSubstr("error: rank 0 of 2 did not answer at 127.0.0.1:" + port_.number() + " within 3 s"),
                    HasSubstr("firewall")));
}

TEST_F(RankWaits, APortBehindWhichSomebodyElseListens) {
  port_.Listen();  // and never says a word
  const auto rank = Start(1, kHere, kThreeSeconds);
  EXPECT_EQ(rank->Code(), 9);
  EXPECT_THAT(rank->Said(), HasSubstr("rank 0 of 2 did not answer at 127.0.0.1:" + port_.number()));
}

TEST_F(RankWaits, APortThatIsTaken) {
  port_.Listen();
  const auto rank = Start(0, kHere);
  EXPECT_EQ(rank->Code(), 9);
  EXPECT_THAT(rank->Said(), AllOf(HasSubstr("Is the port taken?"), HasSubstr("127.0.0.1:" + port_.number())));
}

TEST_F(RankWaits, ANameThatCannotBeResolved) {
  for (const int number : {0, 1}) {
    const auto rank = Start(number, kNowhere, kThreeSeconds);
    EXPECT_EQ(rank->Code(), 9);
    EXPECT_THAT(rank->Said(),
                AllOf(HasSubstr("info: waiting for the name of rank 0's machine to be resolved: nohost.invalid"),
                      HasSubstr("error: the name of rank 0's machine could not be resolved: nohost.invalid"),
                      HasSubstr("within 3 s"), HasSubstr("MASTER_ADDR")));
  }
}

TEST_F(RankWaits, TheFirstSignalEndsEach) {
  port_.Release();
  for (const int signal : {SIGINT, SIGTERM}) {
    for (const auto& [number, address, whom] :
         {std::tuple(0, kHere, "rank 1 of 2 at 127.0.0.1"), std::tuple(1, kHere, "rank 0 of 2 at 127.0.0.1"),
          std::tuple(0, kNowhere, "nohost.invalid"), std::tuple(1, kNowhere, "nohost.invalid")}) {
      SCOPED_TRACE(std::string(whom) + ", signal " + std::to_string(signal));
      const auto rank = Start(number, address);  // with the default timeout of ten minutes
      rank->AwaitWords("waiting for ");
      rank->Signal(signal);
      EXPECT_EQ(rank->Code(), 130);
      EXPECT_THAT(rank->Said(), AllOf(HasSubstr("error: stopped by a signal while waiting for "), HasSubstr(whom)));
    }
  }
}

TEST_F(RankWaits, AllAreToldWhoIsMissing) {
  port_.Release();
  const auto first = Start(0, kHere, kThreeSeconds, 3), second = Start(1, kHere, kThreeSeconds, 3);
  EXPECT_EQ(first->Code(), 9);
  EXPECT_EQ(second->Code(), 9);
  EXPECT_THAT(first->Said() + second->Said(),
              HasSubstr("rank 2 of 3 at 127.0.0.1:" + port_.number() + " did not arrive"));
  EXPECT_FALSE(std::filesystem::exists(project_ / "runs"));
}

// A run under way whose rank `stopped` hangs: after a signal the other does not wait for ranks.timeout.
void ExpectTheOtherEnds(SmallProject& project, HeldPort& port, int stopped) {
  project.config()["schedule"]["epochs_per_step"] = 4000;
  project.WriteConfig();
  port.Release();
  const std::vector<std::string> line = {"search", "--config", "config.json", "--no-probe", "--run", "run"};
  Rank first(project, 0, 2, "127.0.0.1", port.number(), line), second(project, 1, 2, "127.0.0.1", port.number(), line);
  const std::filesystem::path log = project / "run/log.jsonl";
  for (const auto end = steady_clock::now() + kLimit; steady_clock::now() < end;) {
    if (std::filesystem::exists(log) && ReadText(log).find("\"epoch\"") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  Rank& hangs = stopped == 0 ? first : second;
  Rank& other = stopped == 0 ? second : first;
  hangs.Signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  other.Signal(SIGTERM);
  EXPECT_EQ(other.Code(), 130) << other.Said();
  EXPECT_THAT(other.Said(), HasSubstr("stopped by a signal while waiting for rank " + std::to_string(stopped)));
}

TEST_F(RankWaits, ASignalWhileRank1Hangs) { ExpectTheOtherEnds(project_, port_, 1); }

TEST_F(RankWaits, ASignalWhileRank0HangsWithTheStore) { ExpectTheOtherEnds(project_, port_, 0); }

}  // namespace
}  // namespace danas::test
