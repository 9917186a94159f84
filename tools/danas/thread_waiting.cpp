#include "thread_waiting.h"

#include <array>
#include <cstdlib>

namespace danas {
namespace {

// Of every runtime; GNU's; Intel's and LLVM's, in milliseconds.
constexpr std::array kVariables = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"};

}  // namespace

std::string ThreadWaiting() {
  std::string text;
  for (const char* name : kVariables) {
    const char* value = std::getenv(name);
    if (value != nullptr) text += (text.empty() ? "" : ", ") + std::string(name) + "=" + value;
  }
  return text;
}

void LetThreadsSleep() {
  if (!ThreadWaiting().empty()) return;
  ::setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/1);
  ::setenv("KMP_BLOCKTIME", "0", /*overwrite=*/1);
}

}  // namespace danas
