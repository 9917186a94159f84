#include "danas/run/agreement_check.h"

#include <ATen/ATen.h>

#include "danas/core/hash.h"

namespace danas {
namespace {

uint64_t HashOf(const at::Tensor& tensor) {
  const at::Tensor values = tensor.cpu().contiguous();
  return HashText({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
}

}  // namespace

void CheckAgreement(const Ranks& ranks, const NamedTensors& tensors, const std::string& decision,
                    const std::string& when) {
  if (ranks.alone()) return;
  std::string own = HexText(HashText(decision));
  for (const auto& [name, tensor] : tensors) own += HexText(HashOf(tensor));
  const std::vector<std::string> hashes = ranks.Gather(own);
  const size_t digits = HexText(0).size();
  for (size_t r = 1; r < hashes.size(); ++r) {
    if (hashes[r] == hashes[0]) continue;
    const std::string who = "rank " + std::to_string(r);
    std::string what = "a different number of tensors";
    for (size_t i = 0; hashes[r].size() == hashes[0].size() && i <= tensors.size(); ++i) {
      if (hashes[r].compare(i * digits, digits, hashes[0], i * digits, digits) == 0) continue;
      what = i == 0 ? "a different search space" : "different values in '" + tensors[i - 1].first + "'";
      break;
    }
    throw PeerError(
        who + " has " + what + " than rank 0 " + when +
        ". The processes must not continue with two networks: look for faulty memory or different programs, "
        "and continue from the last checkpoint with --resume");
  }
}

}  // namespace danas
