// The progress of a command that processes one image after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace danas {

// A function to call with how many of `images` are done; every ten seconds it logs a message with the speed since its
// first call. `what` begins the message.
std::function<void(int64_t done)> ImageProgress(std::string what, int64_t images);

// As asked for, or as many as this process has cores.
int64_t ThreadsFor(int64_t asked);

}  // namespace danas
