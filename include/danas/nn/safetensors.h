// Weights in files that PyTorch, timm and Hugging Face's safetensors read: names to tensors, little-endian, one header
// (the format of github.com/huggingface/safetensors).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "danas/nn/state.h"

namespace danas {

// Written whole or not at all. Tensors are stored contiguous (NCHW) whatever their layout in memory, those of wider
// types first, so that each lies at a multiple of its elements' size. Throws FileError, and std::invalid_argument for a
// name used twice, the name "__metadata__" or a type the format does not have.
void WriteSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata = {});

struct SafetensorsFile {
  NamedTensors tensors;  // on the CPU, in the header's order
  std::map<std::string, std::string> metadata;
};

// Throws FileError where the file cannot be read, CheckpointError where it is not as the format says: truncated or too
// long, a header larger than 25 MB or no JSON, doubled names, overlapping, out-of-range or misfitting offsets, holes,
// an unknown type. Memory stays within a small multiple of the file's size, whatever its bytes.
SafetensorsFile ReadSafetensors(const std::filesystem::path& path);

}  // namespace danas
