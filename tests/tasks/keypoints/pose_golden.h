// The golden numbers of tests/golden/pose.py as tensors.
#pragma once

#include "danas/core/json.h"
#include "tests/data/person_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {

// Nested lists of numbers, in double.
inline at::Tensor TensorOf(const Json& json) {
  if (!json.is_array()) return at::scalar_tensor(json.get<double>(), at::kDouble);
  std::vector<at::Tensor> parts;
  for (const Json& part : json) parts.push_back(TensorOf(part));
  return at::stack(parts);
}

}  // namespace danas::test
