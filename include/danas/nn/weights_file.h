// Trained weights from a file, whichever of the formats it has: safetensors, or what torch.save wrote.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/nn/state.h"

namespace danas {

struct WeightsFile {
  NamedTensors tensors;  // on the CPU; not to be written to
  std::vector<std::string> notes;
};

// The format is told by the content, not by the name. Throws as ReadSafetensors and ReadTorchFile do.
WeightsFile ReadWeightsFile(const std::filesystem::path& path);

}  // namespace danas
