#pragma once

namespace danas::kernels {

// Before a dispatched call: sees to it that a level is chosen. Throws std::logic_error where there is none.
void RequireLevel();

}  // namespace danas::kernels
