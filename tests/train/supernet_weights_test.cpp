#include "danas/core/error.h"
#include "danas/nn/safetensors.h"
#include "danas/train/finetune.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

const std::vector<BlockSpec> kCandidates = {InvertedResidual(1, 3), InvertedResidual(3, 3), InvertedResidual(3, 5)};

// A supernet's weights in a file, and the network of its second candidates.
struct Saved {
  Saved(const TempDir& folder, const std::string& class_order) : path(folder / "weights.safetensors") {
    supernet = std::make_shared<Supernet>(StripeSpace(kCandidates, 3), SupernetOptions{});
    InitializeWeights(*supernet, 5);
    supernet->named_buffers()["stem.norm.running_mean"].fill_(0.25);
    std::map<std::string, std::string> metadata;
    if (!class_order.empty()) metadata["class_order"] = class_order;
    WriteSafetensors(path, StateOf(*supernet), metadata);
    network = MakeNetwork(supernet->space().Select({1, 1}));
    InitializeWeights(*network, 99);
  }

  std::filesystem::path path;
  std::shared_ptr<Supernet> supernet, network;
};

at::Tensor Named(const Supernet& network, const std::string& name) {
  for (const auto& [own, tensor] : StateOf(network)) {
    if (own == name) return tensor;
  }
  ADD_FAILURE() << "no " << name;
  return {};
}

TEST(LoadSupernetWeights, TakesTheChosenCandidatesAndBringsClassesIntoOrder) {
  const TempDir folder;
  const Saved saved(folder, R"(["row2", "row0", "row1"])");
  LoadSupernetWeights(*saved.network, saved.path, {"row0", "row1", "row2"});
  const at::Tensor easiest_first = Named(*saved.supernet, "head.classifier.weight");
  const at::Tensor own_order = Named(*saved.network, "head.classifier.weight");
  ExpectSameBits(own_order[0], easiest_first[1]);
  ExpectSameBits(own_order[1], easiest_first[2]);
  ExpectSameBits(own_order[2], easiest_first[0]);

  int copied = 0;
  for (const auto& [name, tensor] : StateOf(*saved.supernet)) {
    if (!saved.network->named_parameters().contains(name) || name.starts_with("head.classifier")) continue;
    ExpectSameBits(Named(*saved.network, name), tensor);
    ++copied;
  }
  EXPECT_GT(copied, 5);
  EXPECT_EQ(Named(*saved.network, "stem.norm.running_mean")[0].item<float>(), 0.25);
  EXPECT_EQ(Named(*saved.network, "stem.norm.weight")[0].item<float>(), 1);
}

TEST(LoadSupernetWeights, AnotherDatasetKeepsItsFreshClassifier) {
  const TempDir folder;
  const Saved saved(folder, R"(["cat", "dog", "cow"])");
  const at::Tensor before = Named(*saved.network, "head.classifier.weight").clone();
  LoadSupernetWeights(*saved.network, saved.path, {"row0", "row1", "row2"});
  ExpectSameBits(Named(*saved.network, "head.classifier.weight"), before);
  ExpectSameBits(Named(*saved.network, "stem.conv.weight"), Named(*saved.supernet, "stem.conv.weight"));
}

TEST(LoadSupernetWeights, RefusesAFileWithoutClassOrder) {
  const TempDir folder;
  for (const char* order : {"", "{}", "[1, 2]", "[\"row0\""}) {
    const Saved saved(folder, order);
    ExpectErrorContains<CheckpointError>(
        [&] {
          LoadSupernetWeights(*saved.network, saved.path, {"row0", "row1", "row2"});
        },
        {"class_order", "danas search"});
  }
}

// Only what the network takes over: a candidate that was not chosen may have gone astray.
TEST(LoadSupernetWeights, NumbersThatAreNotFiniteAreRefused) {
  const TempDir folder;
  const Saved saved(folder, R"(["row2", "row0", "row1"])");
  const auto write = [&](const std::string& broken) {
    NamedTensors state = StateOf(*saved.supernet);
    for (auto& [name, tensor] : state) {
      if (name == broken) tensor = at::full_like(tensor, NAN);
    }
    WriteSafetensors(saved.path, state, {{"class_order", R"(["row2", "row0", "row1"])"}});
  };
  const auto load = [&] { LoadSupernetWeights(*saved.network, saved.path, {"row0", "row1", "row2"}); };
  write("layers.0.ir_e3_k5.op.conv.weight");
  load();
  write("stem.conv.weight");
  ExpectErrorContains<CheckpointError>(load, {"these weights cannot be used: stem.conv.weight has ", " NaN of "});
}

TEST(LoadSupernetWeights, NamesWhatIsMissing) {
  const TempDir folder;
  const Saved saved(folder, R"(["row2", "row0", "row1"])");
  const auto other = MakeNetwork(StripeSpace({InvertedResidual(6, 5)}, 3));
  InitializeWeights(*other, 1);
  ExpectErrorContains<CheckpointError>(
      [&] {
        LoadSupernetWeights(*other, saved.path, {"row0", "row1", "row2"});
      },
      {"ir_e6_k5"});
}

}  // namespace
}  // namespace danas::test
