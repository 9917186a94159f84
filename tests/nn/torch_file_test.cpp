#include "danas/nn/torch_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <map>

#include "danas/core/error.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/weights_file.h"
#include "tests/nn/torch_file_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

using test::DictPickle;
using test::ExpectErrorContains;
using test::ExpectSameBits;
using test::Protocol2;
using test::TempDir;
using test::TensorPickle;
using testing::ElementsAre;
using testing::IsEmpty;

// As tests/golden/torch_file.py makes them.
NamedTensors GoldenTensors() {
  const at::Tensor steps = at::arange(24, at::kDouble);
  const at::Tensor f32 = (steps / 7).to(at::kFloat).view({2, 3, 2, 2});
  const at::Tensor shared = (steps / 5).to(at::kFloat);
  return {{"f32", f32},
          {"channels_last", f32},
          {"f64", (steps / 7).view({4, 6})},
          {"f16", (steps / 3).to(at::kHalf)},
          {"bf16", (steps / 3).to(at::kBFloat16)},
          {"i64", at::tensor({-(int64_t{1} << 62), int64_t{0}, (int64_t{1} << 62) + 1})},
          {"u8", at::arange(12, at::kByte)},
          {"bool", steps > 5},
          {"scalar", at::scalar_tensor(0.25F)},
          {"empty", at::zeros({0, 4})},
          {"slice", shared.slice(0, 3, 19, 3)},
          {"transposed", shared.view({4, 6}).t()},
          {"parameter", at::tensor({1.5F, -2.5F})},
          {"norm.weight", at::ones({2})},
          {"norm.bias", at::zeros({2})},
          {"norm.running_mean", at::tensor({0.25F, -4.0F})},
          {"norm.running_var", at::ones({2})}};
}

class TorchFileOfBothForms : public testing::TestWithParam<const char*> {
 protected:
  static TorchFile Read(const std::string& name) {
    return ReadTorchFile(test::SourcePath("tests/golden/nn/" + name + GetParam() + ".pth"));
  }
};
INSTANTIATE_TEST_SUITE_P(Forms, TorchFileOfBothForms, testing::Values("", "_before_1_6"),
                         [](const auto& form) { return *form.param == '\0' ? "Zip" : "Old"; });

TEST_P(TorchFileOfBothForms, EveryTensorIsReadToTheBit) {
  const TorchFile file = Read("state_dict");
  const NamedTensors expected = GoldenTensors();
  ASSERT_EQ(file.tensors.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(expected[i].first);
    EXPECT_EQ(file.tensors[i].first, expected[i].first);
    ExpectSameBits(file.tensors[i].second, expected[i].second);
  }
  EXPECT_THAT(file.notes, IsEmpty());
}

TEST_P(TorchFileOfBothForms, TheWeightsOfACheckpointAreFound) {
  const TorchFile file = Read("checkpoint");
  ASSERT_EQ(file.tensors.size(), 2);
  EXPECT_EQ(file.tensors[0].first, "weight");
  ExpectSameBits(file.tensors[0].second, at::tensor({0.4F, -0.6F}).view({2, 1, 1, 1}));
  EXPECT_EQ(file.tensors[1].first, "bias");
  ExpectSameBits(file.tensors[1].second, at::tensor({1.0F, 2.0F}));
  EXPECT_THAT(file.notes, ElementsAre("the weights are those under \"state_dict\""));
}

TorchFile ReadBytes(const std::string& bytes) {
  const TempDir folder;
  return ReadTorchFile(test::WriteText(folder / "file.pth", bytes));
}

std::vector<std::string> Names(const TorchFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  return names;
}

TEST(TorchFile, TheFirstOfSeveralWrappersIsTaken) {
  const std::string tensor = TensorPickle().Bytes();
  const std::string model = DictPickle({{"module.a", tensor}}), average = DictPickle({{"b", tensor}});
  const TorchFile both = ReadBytes(test::TorchZip(Protocol2(DictPickle({{"model_ema", average}, {"model", model}}))));
  EXPECT_THAT(Names(both), ElementsAre("a"));
  EXPECT_THAT(both.notes, ElementsAre("the weights are those under \"model\", not those under \"model_ema\""));
  EXPECT_THAT(Names(ReadBytes(test::TorchZip(Protocol2(DictPickle({{"model_ema", average}}))))), ElementsAre("b"));
  const std::string nested =
      DictPickle({{"model", DictPickle({{"state_dict", DictPickle({{"_orig_mod.a", tensor}})}})}});
  EXPECT_THAT(Names(ReadBytes(test::TorchZip(Protocol2(nested)))), ElementsAre("a"));
  const std::string trained = DictPickle({{"epoch", test::Integer(3)}, {"model_state_dict", model}});
  EXPECT_THAT(Names(ReadBytes(test::TorchZip(Protocol2(trained)))), ElementsAre("a"));
}

TEST(TorchFile, ThePrefixGoesOnlyWhereEveryNameHasIt) {
  const std::string tensor = TensorPickle().Bytes();
  const auto names = [&](const std::string& dict) { return Names(ReadBytes(test::TorchZip(Protocol2(dict)))); };
  EXPECT_THAT(names(DictPickle({{"module.a", tensor}, {"n_averaged", tensor}, {"module.b", tensor}})),
              ElementsAre("a", "b"));
  EXPECT_THAT(names(DictPickle({{"module.a", tensor}, {"b", tensor}})), ElementsAre("module.a", "b"));
  EXPECT_THAT(names(DictPickle({{"module.module.a", tensor}})), ElementsAre("a"));
  EXPECT_THAT(names(DictPickle({{"_orig_mod.a", tensor}, {"_orig_mod.b", tensor}})), ElementsAre("a", "b"));
}

TEST(TorchFile, Zip64IsRead) {
  const std::string pickle = Protocol2(DictPickle({{"a", TensorPickle().Bytes()}}));
  const TorchFile file = ReadBytes(test::Zip({{"a/data.pkl", pickle}, {"a/data/0", std::string(24, '\0')}}, true));
  ASSERT_THAT(Names(file), ElementsAre("a"));
  ExpectSameBits(file.tensors[0].second, at::zeros({2, 3}));
}

// Older and newer ways to write the same: short texts of Python 2, frames and numbered memos of protocol 4.
TEST(TorchFile, OtherProtocolsAreRead) {
  const std::string tensor = TensorPickle().Bytes();
  EXPECT_THAT(Names(ReadBytes(test::TorchZip("\x80\x02}U\x01"
                                             "a" +
                                             tensor + "s."))),
              ElementsAre("a"));
  const std::string frame = "\x95" + test::LittleEndian<uint64_t>(7);
  EXPECT_THAT(Names(ReadBytes(test::TorchZip("\x80\x04" + frame +
                                             "}\x94\x8c\x01"
                                             "a\x94" +
                                             tensor + "s."))),
              ElementsAre("a"));
  const std::string rebuild = "\x8c\x0ctorch._utils\x8c\x12_rebuild_tensor_v2\x93";
  const std::string by_stack = rebuild + tensor.substr(test::Global("torch._utils", "_rebuild_tensor_v2").size());
  EXPECT_THAT(Names(ReadBytes(test::TorchZip("\x80\x04}\x8c\x01"
                                             "a" +
                                             by_stack + "s."))),
              ElementsAre("a"));
}

// However many tensors share a storage, it is there once.
TEST(TorchFile, SharedStoragesStayShared) {
  std::string dict = "}(";
  for (int i = 0; i < 1000; ++i) dict += test::Text("t" + std::to_string(i)) + TensorPickle().Bytes();
  const TorchFile file = ReadBytes(test::TorchZip(Protocol2(dict + "u")));
  ASSERT_EQ(file.tensors.size(), 1000);
  for (const auto& [name, tensor] : file.tensors) {
    ASSERT_EQ(tensor.const_data_ptr(), file.tensors[0].second.const_data_ptr()) << name;
  }
}

TEST(TorchFile, BooleansBecomeZeroOrOne) {
  const TensorPickle tensor{
      .elements = 4, .sizes = test::Tuple({4}), .strides = test::Tuple({1}), .type = "BoolStorage"};
  const std::string data("\x00\x01\x02\xff", 4);
  const TorchFile file = ReadBytes(test::TorchZip(Protocol2(DictPickle({{"a", tensor.Bytes()}})), data));
  const auto* byte = static_cast<const unsigned char*>(file.tensors.at(0).second.const_data_ptr());
  EXPECT_THAT(std::vector<int>(byte, byte + 4), ElementsAre(0, 1, 1, 1));
}

TEST(WeightsFile, TheContentTellsTheFormat) {
  const TempDir folder;
  WriteSafetensors(folder / "a.pth", {{"a", at::ones({2})}});
  const WeightsFile safetensors = ReadWeightsFile(folder / "a.pth");
  ASSERT_EQ(safetensors.tensors.size(), 1);
  ExpectSameBits(safetensors.tensors[0].second, at::ones({2}));
  EXPECT_THAT(safetensors.notes, IsEmpty());

  test::WriteText(folder / "b.safetensors", test::TorchZip(Protocol2(DictPickle({{"b", TensorPickle().Bytes()}}))));
  const WeightsFile torch_file = ReadWeightsFile(folder / "b.safetensors");
  ASSERT_EQ(torch_file.tensors.size(), 1);
  EXPECT_EQ(torch_file.tensors[0].first, "b");
}

}  // namespace
}  // namespace danas
