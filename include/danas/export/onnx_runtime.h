// ONNX Runtime as a Python interpreter imports it: configs/runtimes/onnx.py runs in one, and is asked. See
// docs/adr/0024.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "danas/core/asked_process.h"
#include "danas/core/json.h"

namespace danas {

// The interpreter with ONNX Runtime. What it was given to run goes with it.
class OnnxRuntime {
 public:
  // `python`: the interpreter. Throws FileError where it cannot be started, DeviceError where it has no onnxruntime,
  // and PeerError where it ends early.
  explicit OnnxRuntime(const std::string& python);
  ~OnnxRuntime();
  OnnxRuntime(const OnnxRuntime&) = delete;
  OnnxRuntime& operator=(const OnnxRuntime&) = delete;

  const std::string& name() const { return name_; }                // "ONNX Runtime 1.20.1 (CPU)"
  const std::string& python() const { return python_; }            // the interpreter
  const std::filesystem::path& folder() const { return folder_; }  // for models

  // Throws PeerError where the answer is an error, or none.
  Json Ask(const Json& question);

  // What the model's first result is for images of this shape, [image][value], by so many threads. Throws PeerError.
  std::vector<float> Answers(const std::filesystem::path& model, std::span<const float> image_nchw,
                             const std::vector<int64_t>& shape, int threads);

 private:
  std::string python_;
  AskedProcess process_;
  std::string name_;
  std::filesystem::path folder_;
};

}  // namespace danas
