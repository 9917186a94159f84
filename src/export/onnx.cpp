#include "danas/export/onnx.h"

#include <string>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/json.h"
#include "onnx_block.h"
#include "onnx_model.h"
#include "onnx_quantize.h"

namespace danas {
namespace {

constexpr uint64_t kMostInside = 2'000'000'000;  // a protobuf message takes at most 2 GiB
constexpr uint64_t kPage = 4096;                 // where tensors outside begin, so that they can be mapped
constexpr size_t kSmallTensor = 1024;            // stays inside in any case

void SetMap(onnx::ValueInfoProto& value, const std::string& name, const std::vector<int64_t>& extents) {
  value.set_name(name);
  onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("batch");
  for (const int64_t extent : extents) type.mutable_shape()->add_dim()->set_dim_value(extent);
}

// Averages of `size` numbers to `results`, as adaptive_avg_pool2d takes them: [results, size].
std::vector<float> AverageMatrix(int64_t size, int64_t results) {
  std::vector<float> matrix(static_cast<size_t>(size * results), 0);
  for (int64_t r = 0; r < results; ++r) {
    const int64_t begin = r * size / results, end = ((r + 1) * size + results - 1) / results;
    for (int64_t i = begin; i < end; ++i) {
      matrix[static_cast<size_t>(r * size + i)] = 1.0F / static_cast<float>(end - begin);
    }
  }
  return matrix;
}

// [batch, channels, height, width] -> [batch, channels * pool * pool].
Value AppendPool(OnnxGraph& graph, Size size, int64_t pool, const Value& x) {
  if (pool == 1) {
    return graph.Node("Flatten", "head.features", {graph.Node("GlobalAveragePool", "head.pool", {x})});
  }
  const std::vector<float> rows = AverageMatrix(size.height, pool), across = AverageMatrix(size.width, pool);
  std::vector<float> columns(across.size());  // transposed
  for (int64_t i = 0; i < size.width; ++i) {
    for (int64_t r = 0; r < pool; ++r) {
      columns[static_cast<size_t>(i * pool + r)] = across[static_cast<size_t>(r * size.width + i)];
    }
  }
  const Value by_rows =
      graph.Node("MatMul", "head.pool.rows", {graph.Floats("head.pool.row_weights", {pool, size.height}, rows), x});
  const Value pooled = graph.Node("MatMul", "head.pool",
                                  {by_rows, graph.Floats("head.pool.column_weights", {size.width, pool}, columns)});
  return graph.Node("Flatten", "head.features", {pooled});
}

// A node `op` of these weights and, where there is one, their bias.
Value AppendWithWeights(const OnnxFold& fold, const char* op, const std::string& weights, const std::string& name,
                        const Value& x, const std::vector<OnnxAttribute>& attributes) {
  std::vector<Value> inputs = {x};
  for (const char* part : {".weight", ".bias"}) {
    const auto found = fold.exported.weights.find(weights + part);
    if (found != fold.exported.weights.end()) {
      inputs.push_back(fold.graph.Floats(weights + part, found->second.shape, found->second.values));
    }
  }
  return fold.graph.Node(op, name, inputs, attributes);
}

Value AppendFullyConnected(const OnnxFold& fold, const std::string& weights, const std::string& name, const Value& x) {
  return AppendWithWeights(fold, "Gemm", weights, name, x, {{"transB", int64_t{1}}});
}

Value AppendHead(const OnnxFold& fold, const SearchSpace& network, const Value& x) {
  if (network.has_heat_maps()) {
    return AppendWithWeights(fold, "Conv", "head.heat_maps", "heat_maps", x,
                             {{"kernel_shape", std::vector<int64_t>{1, 1}}});
  }
  const HeadSpec& head = network.head();
  Value y = x;
  if (head.channels > 0) {
    y = AppendConvolution(fold, {.out = head.channels}, {network.feature_channels(), network.feature_size()},
                          "head.expand", y);
    y = AppendActivation(fold.graph, head.activation, "head." + std::string(NameOf(head.activation)), y);
  }
  y = AppendPool(fold.graph, network.feature_size(), head.pool, y);
  for (size_t i = 0; i < head.hidden.size(); ++i) {
    const std::string name = "head.hidden." + std::to_string(i);
    y = AppendActivation(fold.graph, head.activation, name + "." + NameOf(head.activation),
                         AppendFullyConnected(fold, name, name, y));
  }
  return AppendFullyConnected(fold, "head.classifier", "logits", y);
}

Value AppendNetwork(const OnnxFold& fold, const SearchSpace& network, const Value& image) {
  Value y = image;
  if (const StemSpec& stem = network.stem(); stem.channels > 0) {
    y = AppendConvolution(fold, {.out = stem.channels, .kernel = stem.kernel, .stride = stem.stride},
                          {network.input_channels(), network.input()}, "stem", y);
    y = AppendActivation(fold.graph, stem.activation, "stem." + std::string(NameOf(stem.activation)), y);
  }
  for (size_t l = 0; l < network.layers().size(); ++l) {
    const LayerSpec& layer = network.layers()[l];
    const BlockSpec& block = layer.candidates.at(0);
    y = AppendBlock(fold, GraphOf(block, layer.shape, network.StagePlace(l)),
                    "layers." + std::to_string(l) + "." + CandidateName(block), y);
  }
  return AppendHead(fold, network, y);
}

void AddMetadata(onnx::ModelProto& model, const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

}  // namespace

onnx::ModelProto MakeFloatModel(const ExportedNetwork& exported, const OnnxOptions& options) {
  const SearchSpace& network = exported.network;
  onnx::ModelProto model;
  model.set_ir_version(8);  // of onnx 1.12, the first with opset 17
  model.set_producer_name("danas");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(options.opset);
  onnx::GraphProto& proto = *model.mutable_graph();
  proto.set_name(network.name().empty() ? "network" : network.name());
  SetMap(*proto.add_input(), "image", {network.input_channels(), network.input().height, network.input().width});
  OnnxGraph graph(proto);
  Value result = AppendNetwork({graph, exported, options.keep_batch_norm}, network, "image");
  if (network.has_heat_maps() && options.softmax) throw UsageError("probabilities of heat maps: there are no classes");
  if (options.softmax) result = graph.Node("Softmax", "probabilities", {result}, {{"axis", int64_t{1}}});
  const Size maps = network.feature_size();
  SetMap(*proto.add_output(), result,
         network.has_heat_maps() ? std::vector<int64_t>{network.classes(), maps.height, maps.width}
                                 : std::vector<int64_t>{network.classes()});

  if (!network.has_heat_maps()) {
    if (!exported.class_ids.empty()) AddMetadata(model, "class_ids", JsonText(exported.class_ids));
    if (!exported.class_labels.empty()) AddMetadata(model, "class_labels", JsonText(exported.class_labels));
  }
  const Json preprocessing = PreprocessingJson(exported);
  for (const auto& [key, value] : preprocessing.items()) {
    AddMetadata(model, key, value.is_string() ? value.get<std::string>() : JsonText(value));
  }
  return model;
}

namespace {

uint64_t WeightBytes(const onnx::ModelProto& model) {
  uint64_t bytes = 0;
  for (const onnx::TensorProto& tensor : model.graph().initializer()) bytes += tensor.raw_data().size();
  return bytes;
}

// Moves the large tensors to a file beside, which is written first: a model without its weights is no model.
void MoveWeightsBeside(onnx::ModelProto& model, const std::filesystem::path& path) {
  const std::filesystem::path beside = path.string() + ".data";
  WriteFileAtomically(beside, [&](const AppendBytes& append) {
    uint64_t at = 0;
    for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
      if (tensor.raw_data().size() < kSmallTensor) continue;
      const std::string bytes = std::move(*tensor.mutable_raw_data());
      tensor.clear_raw_data();
      const std::string gap((kPage - at % kPage) % kPage, '\0');
      append(gap.data(), gap.size());
      append(bytes.data(), bytes.size());
      at += gap.size();
      tensor.set_data_location(onnx::TensorProto::EXTERNAL);
      for (const auto& [key, value] : {std::pair{"location", beside.filename().string()},
                                       {"offset", std::to_string(at)},
                                       {"length", std::to_string(bytes.size())}}) {
        onnx::StringStringEntryProto& entry = *tensor.add_external_data();
        entry.set_key(key);
        entry.set_value(value);
      }
      at += bytes.size();
    }
  });
}

}  // namespace

void RequireOpset(int64_t opset) {
  if (opset >= kOldestOpset && opset <= kNewestOpset) return;
  throw UsageError("opset " + std::to_string(opset) + ": danas writes " + std::to_string(kOldestOpset) + " to " +
                   std::to_string(kNewestOpset) +
                   "; opset 17 is the first with LayerNormalization, and ONNX Runtime 1.12 or later reads it");
}

bool WriteOnnx(const std::filesystem::path& path, const ExportedNetwork& exported, const OnnxOptions& options) {
  RequireOpset(options.opset);
  if (options.keep_batch_norm && !options.int8_ranges.empty()) {
    throw UsageError("int8 wants batch norms as part of the convolutions: leave out --keep-batch-norm or --quantize");
  }
  onnx::ModelProto model = MakeFloatModel(exported, options);
  if (!options.int8_ranges.empty()) Quantize(*model.mutable_graph(), options.int8_ranges);
  const bool beside = options.weights_beside || WeightBytes(model) > kMostInside;
  if (beside) MoveWeightsBeside(model, path);
  std::string bytes;
  if (!model.SerializeToString(&bytes)) throw FileError("cannot write " + path.string() + ": the model is too large");
  WriteFileAtomically(path, bytes);
  return beside;
}

}  // namespace danas
