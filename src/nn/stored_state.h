// A state dict as torch.save pickles it: which tensors it holds and where their elements are. Torch-free; the tensors
// are made in torch_file.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/nn/pickle_reader.h"

namespace danas {

// What torch calls a FloatStorage, say: elements of one type in a row.
struct StoredType {
  std::string_view name;  // "torch.FloatStorage"
  uint64_t bytes = 0;     // an element
};

struct StorageClaim {
  const StoredType* type = nullptr;  // of kStoredTypes
  uint64_t elements = 0;

  uint64_t bytes() const { return elements * type->bytes; }  // does not overflow
};

struct StoredTensor {
  std::string name = {};
  std::string_view storage = {};                  // its key
  int64_t offset = 0;                             // of the first element, in elements
  std::vector<int64_t> sizes = {}, strides = {};  // as many of each; strides in elements
};

struct StoredState {
  std::vector<StoredTensor> tensors;                  // in the file's order; each is within its storage
  std::map<std::string_view, StorageClaim> storages;  // by key: all that the pickle names
  std::vector<std::string> notes;                     // what a user should know of how it was read
};

// The names that a pickle of torch.save may hold.
std::span<const std::string_view> TorchGlobals();

// The state dict is the pickle's root, or what lies in it under the first of WeightKeys() that is there, up to three
// dicts deep; its names are cleaned (weight_names.h). Throws CheckpointError beginning with `where` for everything else
// that is not a dict of names to tensors, and for a tensor that is not within its storage or has more elements than
// it.
StoredState ReadStoredState(const Pickle& pickle, const std::string& where);

}  // namespace danas
