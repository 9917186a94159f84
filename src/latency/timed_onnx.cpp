#include "danas/latency/timed_onnx.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/statistics.h"
#include "danas/export/onnx.h"
#include "danas/nn/plain_weights.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRunsOfPass = 5;  // a profile knows whole microseconds: some passes' mean tells parts of them

fs::path ScriptFile() {
  const fs::path name = fs::path("runtimes") / "onnx.py";
  for (const fs::path& folder : ShippedFolders()) {
    if (fs::exists(folder / name)) return folder / name;
  }
  throw FileError("danas's " + name.string() + " is not there. It is installed with the configs; install danas again");
}

// The part that a node with an exported name belongs to.
std::optional<size_t> PartOfNode(const std::string& name, size_t layers) {
  constexpr std::string_view kLayers = "layers.";
  if (name.starts_with(kLayers)) {
    size_t layer = 0;
    const auto [end, error] = std::from_chars(name.data() + kLayers.size(), name.data() + name.size(), layer);
    if (error == std::errc() && layer < layers) return layer + 1;
  }
  if (name.starts_with("stem")) return 0;
  for (const char* classifies : {"head.pool", "head.features", "head.hidden", "logits", "heat_maps"}) {
    if (name.starts_with(classifies)) return layers + 2;
  }
  if (name.starts_with("head.")) return layers + 1;
  return std::nullopt;
}

// [node]. All passes have the same nodes.
std::vector<size_t> PartsOfNodes(const std::vector<OnnxPass::Node>& nodes, size_t layers) {
  std::vector<size_t> parts;
  for (const OnnxPass::Node& node : nodes) {
    parts.push_back(PartOfNode(node.name, layers).value_or(parts.empty() ? 0 : parts.back()));
  }
  return parts;
}

// What a node takes beside what its profile says.
double BetweenNodes(const std::vector<OnnxPass>& passes) {
  const size_t nodes = passes.front().nodes.size();
  std::vector<double> wholes;
  for (const OnnxPass& pass : passes) wholes.push_back(pass.milliseconds);
  double rest = Median(wholes);
  for (size_t n = 0; n < nodes; ++n) {
    std::vector<double> of_node;
    for (const OnnxPass& pass : passes) of_node.push_back(pass.nodes.at(n).milliseconds);
    rest -= Median(of_node);
  }
  return nodes == 0 ? 0 : rest / static_cast<double>(nodes);
}

void WriteRunnable(const fs::path& path, const SearchSpace& network, const TimingSetup& setup) {
  const std::shared_ptr<Supernet> made = MakeNetwork(network, setup.how);
  MakeRunnable(*made, {{}}, setup);
  WriteOnnx(path, {.network = made->space(), .weights = PlainWeightsOf(*made)}, {});
}

std::string TextOf(const Json& answer, const char* key) {
  return answer.contains(key) && answer.at(key).is_string() ? answer.at(key).get<std::string>() : "";
}

OnnxPass PassFrom(const Json& answer) {
  OnnxPass pass{.milliseconds = answer.at("ms").get<double>()};
  for (const Json& node : answer.at("nodes")) {
    pass.nodes.push_back({node.at(0).get<std::string>(), node.at(1).get<double>()});
  }
  return pass;
}

}  // namespace

std::vector<std::vector<double>> PartsOf(const std::vector<OnnxPass>& passes, size_t layers) {
  if (passes.empty()) return {};
  const std::vector<size_t> part_of_node = PartsOfNodes(passes.front().nodes, layers);
  const double between = BetweenNodes(passes);
  std::vector<std::vector<double>> milliseconds;
  for (const OnnxPass& pass : passes) {
    std::vector<double>& parts = milliseconds.emplace_back(layers + 3);
    for (size_t n = 0; n < part_of_node.size(); ++n) parts[part_of_node[n]] += pass.nodes[n].milliseconds + between;
    for (double& part : parts) part = std::max(part, 0.0);
  }
  return milliseconds;
}

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
    throw PeerError(name_ + " cannot time a network: " + error);
  }
  return answer;
}

std::vector<OnnxPass> OnnxRuntime::Time(const SearchSpace& network, const TimingSetup& setup, int64_t count,
                                        bool with_nodes) {
  const fs::path model = folder_ / "model.onnx";
  WriteRunnable(model, network, setup);
  const Json answer =
      Ask({{"model", model.string()},
           {"shape", {setup.batch, network.input_channels(), network.input().height, network.input().width}},
           {"threads", at::get_num_threads()},
           {"seed", setup.seed},
           {"passes", count},
           {"runs", kRunsOfPass},
           {"nodes", with_nodes}});
  std::vector<OnnxPass> passes;
  try {
    for (const Json& pass : answer.at("passes")) passes.push_back(PassFrom(pass));
  } catch (const Json::exception& error) {
    throw PeerError(python_ + " answered something else than times: " + error.what());
  }
  const size_t nodes = passes.empty() ? 0 : passes.front().nodes.size();
  const bool whole = std::ssize(passes) == count && (nodes > 0 || !with_nodes) &&
                     std::ranges::all_of(passes, [&](const OnnxPass& pass) { return pass.nodes.size() == nodes; });
  if (!whole) throw PeerError(python_ + " did not answer the times of " + std::to_string(count) + " passes");
  return passes;
}

std::vector<std::vector<double>> TimedOnnx::Passes(const std::vector<size_t>& choice, int64_t count) {
  return PartsOf(runtime_.Time(space_.Select(choice), setup_, count, /*with_nodes=*/true), choice.size());
}

std::vector<double> OnnxWholes::Passes(int64_t count) {
  std::vector<double> milliseconds;
  for (const OnnxPass& pass : runtime_.Time(networks_.at(network_), setup_, count, /*with_nodes=*/false)) {
    milliseconds.push_back(pass.milliseconds);
  }
  return milliseconds;
}

}  // namespace danas
