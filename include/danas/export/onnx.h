// A network as an ONNX model (github.com/onnx/onnx, docs/IR.md, docs/Operators.md): a fold over each block's graph.
#pragma once

#include <cstdint>
#include <filesystem>

#include "danas/export/plain_graph.h"

namespace danas {

inline constexpr int64_t kOldestOpset = 17, kNewestOpset = 18;  // 17 has LayerNormalization

struct OnnxOptions {
  int64_t opset = kOldestOpset;
  bool keep_batch_norm = false;  // else it becomes part of the convolution before it
  bool softmax = false;          // the output is "probabilities", not "logits"
  bool weights_beside = false;   // in a file <name>.data; true in any case where they take 2 GB
  ValueRanges int8_ranges = {};  // of all PlainGraph::quantized: weights are int8, these values uint8; empty: float32
};

// Throws UsageError for one outside of [kOldestOpset, kNewestOpset].
void RequireOpset(int64_t opset);

// Writes `path`: input "image" [batch, channels, height, width], which the network's input size fixes but for the
// batch; output "logits" [batch, classes], or "heat_maps" [batch, key-points, height, width]; classes or key-points and
// preprocessing as metadata. Files are whole or not there. Throws UsageError for an opset outside of [kOldestOpset,
// kNewestOpset], for int8 with kept batch norms and for softmax of heat maps, FileError.
// Returns whether there is a <name>.data.
bool WriteOnnx(const std::filesystem::path& path, const ExportedNetwork& exported, const OnnxOptions& options);

}  // namespace danas
