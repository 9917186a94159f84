// A state dict of torch.save. What begins as one of its files is read as it is; anything else is taken for the pickle
// of an archive whose checksums are right, so that they stop nobody.
#include "danas/nn/torch_file.h"

#include <ATen/ATen.h>

#include "fuzz.h"
#include "tests/nn/torch_file_support.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::string bytes(fuzz::Text(data, size));
  const std::filesystem::path path = folder.Write("some.pth", bytes);
  if (!IsTorchFile(path)) {
    folder.Write("some.pth", test::Zip({{"a/data.pkl", bytes},
                                        {"a/byteorder", "little"},
                                        {"a/data/0", std::string(24, '\1')},
                                        {"a/data/1", std::string(16, '\2')},
                                        {"a/data/2", ""}}));
  }
  fuzz::Accepts([&] {
    for (const auto& [name, tensor] : ReadTorchFile(path).tensors) {
      fuzz::Require(!name.empty() || tensor.defined(), "a tensor has a value");
      fuzz::Require(tensor.clone().defined(), "a tensor's elements can be read");
    }
  });
  return 0;
}
