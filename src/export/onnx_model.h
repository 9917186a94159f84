// A whole network as ONNX's message, in memory.
#pragma once

#include "danas/export/onnx.h"
#include "onnx/onnx.pb.h"

namespace danas {

// Weights inside. Float32, whatever `options` says of int8.
onnx::ModelProto MakeFloatModel(const ExportedNetwork& exported, const OnnxOptions& options);

}  // namespace danas
