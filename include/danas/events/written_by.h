// Which danas writes a run's log, and on what: results are the same to the bit where these are.
#pragma once

#include <array>

#include "danas/events/describe.h"

namespace danas::events {

// Of a process. A run that is resumed by a like one has it once.
struct WrittenBy {
  using DescribedSection = void;
  static constexpr std::array kNames = {"written_by"};
  std::string danas;
  std::optional<std::string> commit;
  std::string torch, kernels, machine;

  bool operator==(const WrittenBy&) const = default;

  template <typename Self, typename Fields>
  static void Describe(Self& self, Fields& fields) {
    fields.Field("danas", self.danas, {"the version that `danas --version` prints"});
    fields.Field("commit", self.commit,
                 {"the commit that it was built of, with `-changed` where files had changed since; absent where it was "
                  "built outside a repository"});
    fields.Field("torch", self.torch, {"torch's version"});
    fields.Field("kernels", self.kernels, {"what computes the layers: `nn.kernels` and the processor's instructions"});
    fields.Field("machine", self.machine, {"the processor, and how many of its cores danas may use"});
  }
};

}  // namespace danas::events
