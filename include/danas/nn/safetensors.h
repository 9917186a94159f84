// Weights in files that PyTorch, timm and Hugging Face's safetensors read: names to tensors, little-endian, one header.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace danas {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Written whole or not at all. Tensors are stored contiguous (NCHW) whatever their layout in memory.
void WriteSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata = {});

struct SafetensorsFile {
  NamedTensors tensors;  // on the CPU, in the file's order
  std::map<std::string, std::string> metadata;
};

// Throws CheckpointError: truncated, overlapping or out-of-range offsets, header too large, unknown type.
SafetensorsFile ReadSafetensors(const std::filesystem::path& path);

// Parameters and buffers of a module by name.
NamedTensors StateOf(const torch::nn::Module& module);

// Copies into the module. Throws CheckpointError listing the first missing, unexpected and wrongly shaped names.
void LoadState(torch::nn::Module& module, const NamedTensors& state, const std::string& where);

}  // namespace danas
