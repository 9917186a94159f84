#include "danas/nn/weights_file.h"

#include "danas/core/error.h"
#include "danas/core/mapped_file.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/torch_file.h"

namespace danas {
namespace {

// Eight bytes that say how long it is, then a JSON object.
bool IsSafetensorsFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  return file.bytes().size() > 8 && file.bytes()[8] == '{';
}

}  // namespace

WeightsFile ReadWeightsFile(const std::filesystem::path& path) {
  if (IsTorchFile(path)) {
    TorchFile file = ReadTorchFile(path);
    return {std::move(file.tensors), std::move(file.notes)};
  }
  if (IsSafetensorsFile(path)) return {ReadSafetensors(path).tensors, {}};
  throw CheckpointError(path.string() +
                        " holds no weights that can be read: it is neither a safetensors file nor one of torch.save. "
                        "Weights in any other form (a tar archive of PyTorch 0.1, a bare pickle) can be loaded in "
                        "Python and saved with torch.save(model.state_dict(), FILE)");
}

}  // namespace danas
