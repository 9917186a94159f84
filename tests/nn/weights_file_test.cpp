#include "danas/nn/weights_file.h"

#include "danas/arch/zoo.h"
#include "danas/core/error.h"
#include "danas/nn/safetensors.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

// Rows of a classifier mean what the file says they mean: loaded for other classes they would be silently wrong.
TEST(LoadWeights, RefusesOtherClasses) {
  const test::TempDir folder;
  const auto network = MakeNetwork(MakeZooNetwork("mobilenetv2_0.25", {32, 32}, 3));
  InitializeWeights(*network, 1);
  const auto write = [&](const char* order) {
    WriteSafetensors(folder / "w.safetensors", StateOf(*network), {{"class_order", order}});
  };
  write(R"(["cat", "dog", "owl"])");
  LoadWeights(*network, folder / "w.safetensors");
  LoadWeights(*network, folder / "w.safetensors", {"cat", "dog", "owl"});
  EXPECT_EQ(ReadWeightsFile(folder / "w.safetensors").class_ids, (std::vector<std::string>{"cat", "dog", "owl"}));
  const auto fails = [&](const std::vector<std::string>& ids, std::initializer_list<std::string_view> words) {
    test::ExpectErrorContains<CheckpointError>([&] { LoadWeights(*network, folder / "w.safetensors", ids); }, words);
  };
  fails({"cat", "owl", "dog"}, {"w.safetensors", "class 1 is 'dog' in the first, 'owl' in the second"});
  fails({"cat", "dog", "owl", "rat"}, {"tell 3 classes apart, the dataset has 4", "class 3 is ''"});
  write("cat, dog");
  fails({"cat"}, {"'class_order' is no list of class ids"});
  WriteSafetensors(folder / "w.safetensors", StateOf(*network));
  LoadWeights(*network, folder / "w.safetensors", {"a", "b", "c"});
}

}  // namespace
}  // namespace danas
