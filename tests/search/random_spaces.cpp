#include "tests/search/random_spaces.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/generated/Functions.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/run/device.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/budgets.h"
#include "danas/search/memory_estimate.h"
#include "danas/search/trial_steps.h"
#include "danas/train/class_loss.h"
#include "tests/nn/nn_support.h"
#include "tests/search/random_blocks.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

constexpr double kTolerance = 1e-9;

// A space file. Some candidates stand nowhere, some files are refused as a whole.
class SpaceDraw {
 public:
  explicit SpaceDraw(uint64_t seed) : random_(seed, "spaces") {}

  Json Space() {
    Json space = {{"name", "drawn"}, {"classes", Pick({1, 2, 3, 7})}};
    channels_ = Pick({1, 3});
    space["input"] = {{"channels", channels_}, {"height", Side()}, {"width", Side()}};
    space["norm"] = {{"momentum", Chance(4) ? 1.0 : 0.1}, {"epsilon", Chance(2) ? 1e-5 : 1e-3}};
    space["init"] = {{"convolution", Chance(2) ? "he_fan_out" : "fan_in"},
                     {"fully_connected", Chance(2) ? "normal" : "fan_in"}};
    const int channels = Pick({0, 1, 3, 4, 8, 8, 13});
    space["stem"] = {{"channels", channels},
                     {"kernel", Kernel()},
                     {"stride", channels == 0 ? 1 : Stride()},
                     {"activation", ActivationName()}};
    if (channels > 0) channels_ = channels;
    space["stages"] = Json::array();
    for (int stages = Pick({1, 1, 2, 3}); stages > 0; --stages) space["stages"].push_back(Stage());
    space["head"] = {{"channels", Pick({0, 0, 1, 6})},
                     {"activation", ActivationName()},
                     {"pool", Pick({1, 1, 1, 2, 7})},
                     {"dropout", Chance(3) ? 0.3 : 0},
                     {"bias", Chance(2)}};
    // Not right behind a block: normalised maps have a mean of 0, and rounding alone would tell which side of an
    // activation's kink one image lies on.
    if (space["head"]["channels"] > 0 && Chance(2)) space["head"]["hidden"] = Chance(2) ? Json{5} : Json{4, 3};
    return space;
  }

  // A layer or more with a kind of block that the file defines, and a shipped one that fits everywhere.
  Json SpaceOfOwnBlock() {
    Json space = {{"name", "drawn"}, {"classes", Pick({2, 3})}};
    const Size size{Pick({4, 5, 8, 9}), Pick({4, 5, 8})};
    space["input"] = {{"height", size.height}, {"width", size.width}};
    space["norm"] = {{"momentum", 0.1}, {"epsilon", Chance(2) ? 1e-5 : 1e-3}};
    space["init"] = {{"convolution", Chance(2) ? "he_fan_out" : "fan_in"}};
    const int channels = Pick({0, 4, 6, 8});
    space["stem"] = {{"channels", channels}, {"stride", 1}, {"activation", ActivationName()}};
    const int in = channels > 0 ? channels : 3;
    const LayerShape shape{in, Chance(2) ? in : Pick({4, 6, 8, 12}), Pick({1, 1, 2, 3}), size};
    DefinitionDraw draw(random_, shape);
    space["blocks"] = {{"own", draw.Definition()}};
    const Json shipped = {
        {"block", "inverted_residual"}, {"expand", Pick({1, 2})}, {"operator", {{"kind", "depthwise"}, {"kernel", 3}}}};
    const Json candidates = Json::array({draw.Candidate("own"), shipped});
    space["stages"] = Json::array(
        {{{"channels", shape.out}, {"repeat", Pick({1, 1, 2})}, {"stride", shape.stride}, {"candidates", candidates}}});
    if (Chance(2)) {
      space["stages"].push_back(
          {{"channels", Pick({4, 6, 12})}, {"repeat", 1}, {"stride", Pick({1, 2})}, {"candidates", candidates}});
    }
    space["head"] = {{"channels", Pick({0, 6})}};
    return space;
  }

  // Of a batch.
  int64_t Images() { return Pick({1, 2, 2, 3, 5}); }
  int64_t SeveralImages() { return Pick({2, 3, 5}); }

  RelaxationConfig Relaxation() {
    return {.hard = Chance(2), .hard_alpha = Chance(2) ? HardAlpha::kOne : HardAlpha::kAll};
  }

  std::vector<size_t> Choice(const SearchSpace& space) {
    std::vector<size_t> choice;
    for (const LayerSpec& layer : space.layers()) choice.push_back(random_.UniformInt(layer.candidates.size()));
    return choice;
  }

  // Of the file's own blocks, which come first, where the layer has some.
  std::vector<size_t> OwnChoice(const SearchSpace& space) {
    std::vector<size_t> choice;
    for (const LayerSpec& layer : space.layers()) {
      const auto own = std::ranges::count(layer.candidates, BlockKind::kDefined, &BlockSpec::kind);
      choice.push_back(own > 0 ? random_.UniformInt(static_cast<uint64_t>(own)) : 0);
    }
    return choice;
  }

 private:
  int Pick(const std::vector<int>& from) { return from[random_.UniformInt(from.size())]; }
  bool Chance(uint64_t one_in) { return random_.UniformInt(one_in) == 0; }
  int Side() { return Pick({1, 1, 2, 3, 5, 8, 13, 17}); }
  int Kernel() { return Pick({1, 3, 3, 3, 5, 5, 7, 9, 31}); }
  int Stride() { return Pick({1, 1, 1, 2, 2, 2, 3, 4, 5, 7, 16}); }

  template <typename Enum>
  std::string Name() {
    return EnumNames<Enum>::kNames[random_.UniformInt(EnumNames<Enum>::kNames.size())];
  }
  // Those of the fused kernels as often as all others.
  std::string ActivationName() { return Chance(2) ? Name<Activation>() : Chance(2) ? "relu" : "relu6"; }

  Json Stage() {
    if (Chance(2)) channels_ = Pick({1, 2, 3, 4, 6, 8, 8, 12, 16});
    const bool enlarges = Chance(6);
    Json stage = {{"channels", channels_}, {"repeat", enlarges ? 1 : Pick({1, 1, 2})}};
    if (enlarges) {
      stage["upsample"] = Pick({2, 2, 3});
    } else {
      stage["stride"] = Stride();
    }
    stage["candidates"] = Json::array();
    for (int candidates = Pick({1, 2, 3, 4}); candidates > 0; --candidates) {
      const Json drawn = enlarges ? Deconvolution() : Candidate(stage["stride"]);
      if (std::ranges::find(stage["candidates"], drawn) == stage["candidates"].end()) {
        stage["candidates"].push_back(drawn);
      }
    }
    return stage;
  }

  Json Deconvolution() {
    return {{"block", "deconvolution"},
            {"groups", Pick({1, 1, 2, 3})},
            {"kernel", Pick({2, 3, 4, 4, 5})},
            {"activation", ActivationName()}};
  }

  // Of a layer that does not enlarge.
  Json Candidate(int stride) {
    // More often than other kinds: it stands nearly anywhere.
    const std::string drawn = Chance(3) ? "inverted_residual" : Name<BlockKind>();
    const std::string kind = drawn == "deconvolution" ? "convolution" : drawn;
    Json block = {{"block", kind}};
    if (kind == "identity") return {{"block", kind}, {"project", Chance(2)}};
    if (kind == "max_pool") return {{"block", kind}, {"kernel", Chance(2) ? Kernel() : stride}};
    bool dense = kind == "basic" || kind == "convolution";
    if (kind == "inverted_residual") {
      block["expand"] = std::vector<double>{0.3, 1, 1, 1.19, 3, 6}[random_.UniformInt(6)];
      block["squeeze_excite"] = Chance(5);
      block["fused"] = dense = Chance(6);
    }
    if (kind == "shuffle_v1") {
      block["groups"] = Pick({1, 1, 2, 3});
      block["dense_entry"] = Chance(2);
    }
    if (kind == "residual") block["reduction"] = Pick({1, 2, 2, 4});
    block["operator"] = {{"kind", dense || Chance(5) ? "normal" : "depthwise"}, {"kernel", Kernel()}};
    block["activation"] = ActivationName();
    return block;
  }

  RandomStream random_;
  int channels_ = 0;  // of the maps so far
};

// As `danas space check` reads it.
std::optional<SearchSpace> ReadIfValid(const Json& file) {
  const TempDir folder;
  try {
    return LoadSpace(WriteText(folder / "space.json", file.dump()).string()).space;
  } catch (const ConfigError&) {
    return std::nullopt;
  }
}

struct DrawnSpace {
  SearchSpace space;
  SearchSpace network;  // one of the space's
  int64_t images = 0;
  RelaxationConfig relaxation;
  uint64_t seed = 0;
};

Config ConfigFor(const DrawnSpace& drawn, KernelChoice kernels, Precision precision) {
  Config config;
  config.nn.kernels = kernels;
  config.runtime.precision = precision;
  config.search.relaxation = drawn.relaxation;
  config.search.budget.value = MakeCostTable(*MakeMacsModel(), drawn.space).Mean();
  return config;
}

Batch MakeBatch(const DrawnSpace& drawn) {
  const Size size = drawn.space.input();
  return {RandomImages({drawn.images, drawn.space.input_channels(), size.height, size.width}, drawn.seed, at::kDouble),
          at::arange(drawn.images, at::kLong).remainder(drawn.space.classes())};
}

using Results = NamedTensors;

void Add(Results& results, const std::string& name, const at::Tensor& tensor) {
  if (tensor.defined()) results.emplace_back(name, tensor.detach().clone());
}

SearchState MakeState(const DrawnSpace& drawn, const Config& config) {
  SearchState state{
      .supernet = std::make_shared<Supernet>(drawn.space, SupernetOptions{.how = config.nn}),
      .costs = MakeCostTable(*MakeMacsModel(), drawn.space),
      .branches = {},
      .training = WeightTraining(config.train, config.runtime, 0, CosineSchedule(config.train, 0, 10), at::kCPU)};
  state.branches.push_back(WholeBranch("", state.supernet, state.costs, at::kDouble));
  InitializeWeights(*state.supernet, static_cast<int64_t>(drawn.seed));
  MoveTo(*state.supernet, at::kCPU, config.runtime);
  state.training.Bind(*state.supernet);
  return state;
}

// One step of the weights, without moving them, then one of α, in double.
Results Steps(const DrawnSpace& drawn, KernelChoice kernels) {
  const Config config = ConfigFor(drawn, kernels, Precision::kFloat64);
  SearchState state = MakeState(drawn, config);
  const Batch batch = MakeBatch(drawn);
  const int64_t classes = drawn.space.classes();
  Results results;
  SetNormMode(*state.supernet, NormMode::kBatch);
  SeedGenerator(at::kCPU, 0, drawn.seed);  // of dropout
  const Draw draw =
      DrawChoices(state.branches[0].alpha, drawn.relaxation, danas::Pass::kWeights, NextDraw(config, state), at::kCPU);
  const at::Tensor logits = state.supernet->forward(batch.images, draw.choices);
  const at::Tensor loss = ClassLossSum(logits, batch.targets, classes, /*smoothing=*/0.1);
  loss.backward();
  Add(results, "logits", logits);
  Add(results, "weight loss", loss);
  for (const auto& parameter : state.supernet->named_parameters()) {
    Add(results, "gradient of " + parameter.key(), parameter.value().grad());
  }
  state.training.sgd.ZeroGradients();
  for (const auto& buffer : state.supernet->named_buffers()) Add(results, buffer.key(), buffer.value());

  const ArchitectureScope scope(state, state.branches[0]);
  ArchitectureTotals totals;
  ArchitectureStep step(state, state.branches[0], config, classes, totals);
  Add(results, "architecture loss", step.Compute(batch).loss_sum);
  for (size_t l = 0; l < state.branches[0].alpha.layers(); ++l) {
    Add(results, "gradient of alpha " + std::to_string(l), state.branches[0].alpha.alpha(l).grad());
  }
  step.Apply();
  return results;
}

// True where they differ at all. Through batch norm over two or three values next to no gradient passes, but all of the
// rounding: errors are measured by the largest result.
bool ExpectNear(const Results& actual, const Results& expected) {
  bool differ = false;
  double size = 0;
  for (const auto& [name, tensor] : expected) {
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
    size = std::max(size, tensor.norm().item<double>());
  }
  EXPECT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
    EXPECT_EQ(actual[i].first, expected[i].first);
    const double error = (actual[i].second - expected[i].second).norm().item<double>();
    EXPECT_LE(error, kTolerance * size) << expected[i].first << " of size " << expected[i].second.norm().item<double>();
    differ |= error > 0;
  }
  return differ;
}

// How often a convolution, as autograd keeps it, uses each weight: at every element of a channel of its result, or of
// its input where it is transposed.
double Uses(const torch::autograd::generated::ConvolutionBackward0& node, const at::Tensor& weight) {
  const auto shape = node.input_metadata(0).shape_as_dim_vector();  // of the result
  double uses = static_cast<double>(shape[0].expect_int());
  for (size_t side = 0; side < 2; ++side) {
    int64_t size = shape[2 + side].expect_int();
    if (node.transposed) {
      const auto of = [side](const std::vector<c10::SymInt>& values) { return values[side].expect_int(); };
      const int64_t kernel = weight.size(2 + static_cast<int64_t>(side));
      size = (size - kernel - of(node.output_padding) + 2 * of(node.padding)) / of(node.stride) + 1;
    }
    uses *= static_cast<double>(size);
  }
  return uses;
}

// Multiply-accumulates of the convolutions that `output` was computed by: their weights and results, as autograd keeps
// them.
double MacsOfConvolutions(const at::Tensor& output) {
  std::vector<torch::autograd::Node*> open = {output.grad_fn().get()};
  std::set<torch::autograd::Node*> seen(open.begin(), open.end());
  double macs = 0;
  while (!open.empty()) {
    torch::autograd::Node* node = open.back();
    open.pop_back();
    if (node->name() == "ConvolutionBackward0") {
      const auto& leaf = dynamic_cast<torch::autograd::AccumulateGrad&>(*node->next_edge(1).function);
      const auto& convolution = dynamic_cast<torch::autograd::generated::ConvolutionBackward0&>(*node);
      macs += Uses(convolution, leaf.variable) * static_cast<double>(leaf.variable.numel());
    }
    for (const torch::autograd::Edge& edge : node->next_edges()) {
      if (edge.function && seen.insert(edge.function.get()).second) open.push_back(edge.function.get());
    }
  }
  return macs;
}

void ExpectCostsOfModules(const DrawnSpace& drawn) {
  const auto network = MakeNetwork(drawn.network, {.kernels = KernelChoice::kAten});
  InitializeWeights(*network, 0);
  int64_t parameters = 0;
  double fully_connected = 0;  // each weight once for an image
  for (const at::Tensor& parameter : network->parameters()) {
    parameters += parameter.numel();
    if (parameter.dim() == 2) fully_connected += static_cast<double>(parameter.numel());
  }
  EXPECT_EQ(parameters, CountParameters(drawn.network));
  SetNormMode(*network, NormMode::kRunning);
  const at::Tensor logits = network->forward(MakeBatch(drawn).images.to(at::kFloat));
  const double convolutions = MacsOfConvolutions(logits) / static_cast<double>(drawn.images);
  EXPECT_EQ(convolutions + fully_connected, static_cast<double>(CountMacs(drawn.network)));
}

// A network that was found: a step of its training, and its evaluation.
void ExpectNetworkTrains(const DrawnSpace& drawn) {
  const auto network = MakeNetwork(drawn.network);
  InitializeWeights(*network, 0);
  const Batch batch = MakeBatch(drawn);
  const at::Tensor images = batch.images.to(at::kFloat);
  SetNormMode(*network, NormMode::kBatch);
  const at::Tensor loss = ClassLossSum(network->forward(images), batch.targets, drawn.space.classes(), 0);
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  SetNormMode(*network, NormMode::kRunning);
  const at::Tensor plain = network->forward(images);
  const c10::InferenceMode inference;
  ExpectClose(network->forward(images), plain, 1e-3, 1e-3);
}

void ExpectEstimates(const SearchSpace& space) {
  std::vector<double> candidates_l;
  for (const LayerSpec& layer : space.layers()) candidates_l.push_back(static_cast<double>(layer.candidates.size()));
  for (const bool keeps_outputs : {false, true}) {
    for (const Computation how : {Computation{}, Computation{.fused = true}, Computation{.recomputes = true}}) {
      const double elements = PeakElements(space, candidates_l, keeps_outputs, how);
      EXPECT_TRUE(std::isfinite(elements) && elements > 0) << elements;
    }
  }
}

// The search's own steps, as `danas bench supernet` and the plan's probe take them.
void TakeTrialSteps(const DrawnSpace& drawn) {
  const Config config = ConfigFor(drawn, KernelChoice::kAuto, Precision::kFloat32);
  TrialSteps trial(config, drawn.space, *MakeMacsModel(), at::kCPU, drawn.images);
  trial.StepWeights();
  trial.StepArchitecture();
}

// One value a channel somewhere, which has no variance.
bool LacksVariance(const std::function<void()>& steps) {
  try {
    steps();
    return false;
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("no variance"), std::string::npos) << error.what();
    return true;
  }
}

void CheckSpace(const DrawnSpace& drawn, RandomSpacesCounts& counts) {
  EXPECT_EQ(SpaceFromJson(ToJson(drawn.space), "written"), drawn.space);
  ExpectEstimates(drawn.space);
  ExpectCostsOfModules(drawn);
  Results aten, fused;
  const bool lacks = LacksVariance([&] { aten = Steps(drawn, KernelChoice::kAten); });
  EXPECT_EQ(LacksVariance([&] { fused = Steps(drawn, KernelChoice::kFused); }), lacks);
  if (lacks) {
    EXPECT_EQ(drawn.images, 1);
    ++counts.without_variance;
    return;
  }
  counts.fused += ExpectNear(fused, aten) ? 1 : 0;
  ++counts.ran;
  // Another path may meet a map of 1x1 that the drawn one did not.
  const bool network_lacks = LacksVariance([&] { ExpectNetworkTrains(drawn); });
  const bool trial_lacks = LacksVariance([&] { TakeTrialSteps(drawn); });
  EXPECT_TRUE(drawn.images == 1 || !(network_lacks || trial_lacks));
}

bool HasOwnBlock(const SearchSpace& space) {
  return std::ranges::any_of(space.layers(), [](const LayerSpec& layer) {
    return std::ranges::count(layer.candidates, BlockKind::kDefined, &BlockSpec::kind) > 0;
  });
}

RandomSpacesCounts Check(uint64_t first, uint64_t count, bool own_block) {
  RandomSpacesCounts counts;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SpaceDraw draw(seed);
    const Json file = own_block ? draw.SpaceOfOwnBlock() : draw.Space();
    const std::optional<SearchSpace> space = ReadIfValid(file);
    if (!space || (own_block && !HasOwnBlock(*space))) {
      ++counts.refused;
      continue;
    }
    // Of one image, a norm's mean over the map is 0 but for rounding, which then says on which side of a kink it lies.
    const DrawnSpace drawn{.space = *space,
                           .network = space->Select(own_block ? draw.OwnChoice(*space) : draw.Choice(*space)),
                           .images = own_block ? draw.SeveralImages() : draw.Images(),
                           .relaxation = draw.Relaxation(),
                           .seed = seed};
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(drawn.images) + " images: " + file.dump());
    CheckSpace(drawn, counts);
    if (testing::Test::HasFailure()) break;
  }
  return counts;
}

}  // namespace

RandomSpacesCounts CheckRandomSpaces(uint64_t first, uint64_t count) { return Check(first, count, false); }

RandomSpacesCounts CheckRandomBlocks(uint64_t first, uint64_t count) { return Check(first, count, true); }

}  // namespace danas::test
