#include "danas/export/onnx_runtime.h"

#include <cstring>

#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/file.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostAnswerBytes = size_t{1} << 30;

fs::path ScriptFile() {
  const fs::path name = fs::path("runtimes") / "onnx.py";
  for (const fs::path& folder : ShippedFolders()) {
    if (fs::exists(folder / name)) return folder / name;
  }
  throw FileError("danas's " + name.string() + " is not there. It is installed with the configs; install danas again");
}

std::string TextOf(const Json& answer, const char* key) {
  return answer.contains(key) && answer.at(key).is_string() ? answer.at(key).get<std::string>() : "";
}

}  // namespace

OnnxRuntime::OnnxRuntime(const std::string& python)
    : python_(python),
      process_({python, ScriptFile().string()}, "--python FILE names a Python 3 that has ONNX Runtime") {
  const Json hello = Json::parse(process_.Read(), nullptr, /*allow_exceptions=*/false);
  if (const std::string missing = TextOf(hello, "missing"); !missing.empty()) {
    throw DeviceError(python_ + " has no ONNX Runtime (" + missing + "): " + python_ +
                      " -m pip install onnxruntime, or name another interpreter with --python FILE");
  }
  name_ = TextOf(hello, "runtime");
  folder_ = TextOf(hello, "folder");
  if (name_.empty() || !folder_.is_absolute()) throw PeerError(python_ + " did not say which ONNX Runtime it has");
}

OnnxRuntime::~OnnxRuntime() {
  std::error_code ignored;  // what is left of a folder for temporary files is nobody's loss
  fs::remove_all(folder_, ignored);
}

Json OnnxRuntime::Ask(const Json& question) {
  Json answer = Json::parse(process_.Ask(JsonText(question)), nullptr, /*allow_exceptions=*/false);
  if (const std::string error = TextOf(answer, "error"); !error.empty()) {
    throw PeerError(name_ + " cannot run a network: " + error);
  }
  return answer;
}

std::vector<float> OnnxRuntime::Answers(const fs::path& model, std::span<const float> image_nchw,
                                        const std::vector<int64_t>& shape, int threads) {
  const fs::path images = folder_ / "images.f32", answers = folder_ / "answers.f32";
  const auto bytes = std::as_bytes(image_nchw);
  WriteFileAtomically(images, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Ask({{"model", fs::absolute(model).string()},
       {"shape", shape},
       {"threads", threads},
       {"images", images.string()},
       {"answers", answers.string()}});
  const std::string text = ReadFile(answers, kMostAnswerBytes);
  const auto count = static_cast<size_t>(shape.at(0));
  if (text.empty() || count == 0 || text.size() % (count * sizeof(float)) != 0) {
    throw PeerError(python_ + " did not answer for " + std::to_string(count) + " images");
  }
  std::vector<float> values(text.size() / sizeof(float));
  std::memcpy(values.data(), text.data(), text.size());
  return values;
}

}  // namespace danas
