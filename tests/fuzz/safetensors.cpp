// Tensors in a safetensors file: what is read and written again is the same, to the bit. Their names are cleaned, and
// whatever is no such file is looked at for what it is.
#include "danas/nn/safetensors.h"

#include <ATen/ATen.h>

#include <cstring>

#include "fuzz.h"
#include "src/nn/foreign_file.h"
#include "src/nn/weight_names.h"

namespace {

using namespace danas;

bool SameBytes(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         (a.nbytes() == 0 || std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::Folder folder;
  SafetensorsFile file;
  const std::filesystem::path path = folder.Write("some.safetensors", fuzz::Text(data, size));
  static_cast<void>(DescribeForeignFile({data, size}));
  if (!fuzz::Accepts([&] { file = ReadSafetensors(path); })) return 0;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  fuzz::Accepts([&] {
    fuzz::Require(CleanWeightNames(names, "w").names.size() == names.size(), "every name is cleaned");
  });
  const std::filesystem::path again_path = folder.path() / "again.safetensors";
  WriteSafetensors(again_path, file.tensors, file.metadata);
  const SafetensorsFile again = ReadSafetensors(again_path);
  fuzz::Require(again.metadata == file.metadata, "metadata that is written reads as the same");
  fuzz::Require(again.tensors.size() == file.tensors.size(), "as many tensors are read as were written");
  const std::map<std::string, at::Tensor> by_name(again.tensors.begin(), again.tensors.end());
  for (const auto& [name, tensor] : file.tensors) {
    fuzz::Require(by_name.contains(name) && SameBytes(by_name.at(name), tensor), "a tensor comes back to the bit");
  }
  return 0;
}
