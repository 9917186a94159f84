// What this machine calls itself, for results that hold on it alone.
#pragma once

#include <string>

namespace danas {

// "Intel(R) Xeon(R) Platinum 8480+, 2 cores": the processor's model as the system names it ("unknown processor" where
// it does not), and how many cores this process may use.
std::string DescribeMachine();

}  // namespace danas
