// State dicts that torch.save wrote, read without Python: its zip archives (since PyTorch 1.6), and the files before
// them, which torchvision still offers for several networks. Nothing in a file can name code to run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/nn/state.h"

namespace danas {

struct TorchFile {
  NamedTensors tensors;            // on the CPU, in the file's order and types; may share memory: not to be written to
  std::vector<std::string> notes;  // what a user should know of how it was read, each one clause
};

// Whether the file begins as torch.save's do. Throws FileError where it cannot be read.
bool IsTorchFile(const std::filesystem::path& path);

// The state dict is the file's root, or lies in it under "state_dict", "model" or another key of checkpoints
// (src/nn/weight_names.h), the first of these. Names are cleaned as that header says.
// Tensors, dicts, lists, tuples, texts and numbers are read. Throws FileError where the file cannot be read,
// CheckpointError for any other global, which it names, before any tensor is made, and for a file that is damaged or in
// which a tensor does not lie within its record. Takes time and memory in proportion to the file's size, whatever its
// bytes.
TorchFile ReadTorchFile(const std::filesystem::path& path);

}  // namespace danas
