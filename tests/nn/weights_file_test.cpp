#include "danas/nn/weights_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "danas/arch/space_file.h"
#include "danas/arch/zoo.h"
#include "danas/core/error.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/torchvision_names.h"
#include "tests/nn/nn_support.h"
#include "tests/nn/torch_file_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;

// Rows of a classifier mean what the file says they mean: loaded for other classes they would be silently wrong.
TEST(LoadWeights, RefusesOtherClasses) {
  const TempDir folder;
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
    ExpectErrorContains<CheckpointError>([&] { LoadWeights(*network, folder / "w.safetensors", ids); }, words);
  };
  fails({"cat", "owl", "dog"}, {"w.safetensors", "class 1 is 'dog' in the first, 'owl' in the second"});
  fails({"cat", "dog", "owl", "rat"}, {"distinguish 3 classes, the dataset has 4", "class 3 is ''"});
  write("cat, dog");
  fails({"cat"}, {"'class_order' is not a list of class ids"});
  WriteSafetensors(folder / "w.safetensors", StateOf(*network));
  LoadWeights(*network, folder / "w.safetensors", {"a", "b", "c"});
}

// What an exported module was trained to, in Python: its names have no candidate in them, so that the file says which.
TEST(LoadWeights, TakesTheNamesOfAnExportedModule) {
  const TempDir folder;
  const SearchSpace space = LoadSpace("mobile_plus_small").space;
  const auto made = [&](size_t candidate, int64_t seed) {
    const auto network = MakeNetwork(space.Select(std::vector<size_t>(space.layers().size(), candidate)));
    InitializeWeights(*network, seed);
    return network;
  };
  const auto written = made(1, 1), read = made(1, 2);
  const NamedTensors exported = ByExportedNames(written->space(), StateOf(*written));
  WriteSafetensors(folder / "w.safetensors", exported);
  LoadWeights(*read, folder / "w.safetensors");
  const NamedTensors expected = StateOf(*written), found = StateOf(*read);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(at::equal(found[i].second, expected[i].second)) << expected[i].first;
  }
  WriteSafetensors(folder / "w.safetensors", exported, BlocksMetadata(written->space()));
  LoadWeights(*read, folder / "w.safetensors");
  ExpectErrorContains<CheckpointError>([&] { LoadWeights(*made(0, 1), folder / "w.safetensors"); },
                                       {"w.safetensors", "of another network: its layer 0 is"});
}

std::shared_ptr<Supernet> SmallNetwork(uint64_t seed) {
  const auto network = MakeNetwork(MakeZooNetwork("mobilenetv2_0.25", {32, 32}, 3));
  InitializeWeights(*network, seed);
  return network;
}

// As torchvision's model.state_dict() has them, each name after `prefix`, with the counters of batch norm.
NamedTensors StateDict(const Supernet& network, const std::string& prefix) {
  const auto names = TorchvisionNames(network.space());
  NamedTensors state;
  for (const auto& [name, tensor] : StateOf(network)) {
    const std::string& theirs = names->at(name);
    state.emplace_back(prefix + theirs, tensor);
    constexpr std::string_view kMean = "running_mean";
    if (!theirs.ends_with(kMean)) continue;
    state.emplace_back(prefix + theirs.substr(0, theirs.size() - kMean.size()) + "num_batches_tracked", at::tensor(7));
  }
  return state;
}

TEST(LoadWeights, TakesAStateDictUnderTheNamesThatTrainingsGive) {
  const TempDir folder;
  const auto written = SmallNetwork(1);
  for (const char* prefix : {"", "module.", "_orig_mod.", "_orig_mod.module.", "model.", "state_dict.model."}) {
    SCOPED_TRACE(prefix);
    WriteSafetensors(folder / "w.safetensors", StateDict(*written, prefix), {{"format", "pt"}});
    const auto read = SmallNetwork(2);
    LoadWeights(*read, folder / "w.safetensors");
    const NamedTensors expected = StateOf(*written), actual = StateOf(*read);
    for (size_t i = 0; i < expected.size(); ++i) test::ExpectSameBits(actual[i].second, expected[i].second);
  }
}

// What is no weight has no type that could be wrong; what is one has.
TEST(LoadWeights, IntegersAreRefusedWhereWeightsStand) {
  const TempDir folder;
  const auto network = SmallNetwork(1);
  NamedTensors state = StateDict(*network, "");
  state[0].second = state[0].second.to(at::kLong);
  WriteSafetensors(folder / "w.safetensors", state);
  ExpectErrorContains<CheckpointError>([&] { LoadWeights(*network, folder / "w.safetensors"); },
                                       {"1 with a different type: features.0.0.weight is int64 instead of float32"});
}

TEST(LoadWeights, NumbersThatAreNotFiniteAreCounted) {
  const TempDir folder;
  const auto network = SmallNetwork(1);
  const at::Tensor before = StateOf(*network)[0].second.clone();
  const auto fails = [&](const NamedTensors& state, std::initializer_list<std::string_view> words) {
    WriteSafetensors(folder / "w.safetensors", state);
    ExpectErrorContains<CheckpointError>([&] { LoadWeights(*network, folder / "w.safetensors"); }, words);
    test::ExpectSameBits(StateOf(*network)[0].second, before);
  };
  NamedTensors state = StateDict(*network, "");
  for (auto& [name, tensor] : state) tensor = tensor.contiguous().clone();
  at::Tensor first = state[0].second.view(-1);
  ASSERT_EQ(first.numel(), 216);
  first[3] = NAN, first[5] = NAN, first[7] = -INFINITY;
  fails(state, {"w.safetensors: these weights cannot be used: features.0.0.weight has 2 NaN and 1 infinite of 216 "
                "numbers. The training that wrote them diverged"});
  state[1].second.fill_(NAN);
  fails(state, {"of 216 numbers, and so do 1 more tensors"});
  first.fill_(INFINITY);
  fails({state[0]}, {"features.0.0.weight has 216 infinite of 216 numbers. The"});
  state[0].second = state[0].second.to(at::kDouble).fill_(1e300);
  fails({state[0]}, {"features.0.0.weight has numbers too large for float32"});
}

TEST(LoadWeights, OtherFloatingTypesAreConvertedAndSaidSo) {
  const TempDir folder;
  const auto network = SmallNetwork(1);
  const auto messages = [&](at::ScalarType type) {
    NamedTensors state = StateOf(*network);
    for (auto& [name, tensor] : state) tensor = tensor.to(type);
    WriteSafetensors(folder / "w.safetensors", state);
    testing::internal::CaptureStdout();
    LoadWeights(*network, folder / "w.safetensors");
    return testing::internal::GetCapturedStdout();
  };
  const std::string count = std::to_string(StateOf(*network).size());
  EXPECT_THAT(messages(at::kHalf),
              testing::HasSubstr(count + " tensors of float16 (about 3 digits) are converted to float32"));
  EXPECT_THAT(messages(at::kBFloat16), testing::HasSubstr("tensors of bfloat16 (about 2 digits) are converted"));
  EXPECT_THAT(messages(at::kDouble), testing::HasSubstr("tensors of float64 are rounded to float32"));
  EXPECT_THAT(messages(at::kFloat), testing::Not(testing::HasSubstr("tensors of")));
}

// --- What people hand over by mistake ---

void ExpectNamed(std::string_view bytes, std::string_view words) {
  const TempDir folder;
  const auto path = test::WriteText(folder / "weights.pth", bytes);
  SCOPED_TRACE(std::string(words));
  ExpectErrorContains<CheckpointError>([&] { ReadWeightsFile(path); }, {path.string() + " " + std::string(words)});
}

TEST(ForeignFile, FilesOfOtherKindsAreNamed) {
  ExpectNamed("", "is empty. Fetch or copy the file again");
  ExpectNamed("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n", "is a Git LFS pointer");
  ExpectNamed("<!DOCTYPE html><html>", "is an HTML page");
  ExpectNamed("\xEF\xBB\xBF\r\n  <HTML lang=\"en\">", "is an HTML page");
  ExpectNamed("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", "is an XML document");
  ExpectNamed("{\"metadata\": {}, \"weight_map\": {\"a\": \"model-1.safetensors\"}}",
              "is the index of weights in several");
  ExpectNamed("Entry not found", "is text that starts with \"Entry not found\", not weights");
  ExpectNamed(std::string("\x08\x08\x12\x07pytorch\x1a\x05"
                          "2.1.0\x3a\x90\x01\x0a",
                          21),
              "is an ONNX model");
  ExpectNamed(std::string(5000, '\0'), "starts with nothing but zeros");
  ExpectNamed("\x1f\x8b\x08", "is compressed with gzip");
  ExpectNamed(std::string(257, '\1') + "ustar" + std::string(250, '\0'), "is a tar archive");
  ExpectNamed("\x89HDF\r\n\x1a\n", "is an HDF5 file");
  ExpectNamed("\x93NUMPY\1", "is a NumPy array");
  ExpectNamed(test::Protocol2(test::DictPickle({})), "is a bare pickle");
  ExpectNamed(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12), "contains no readable weights");
  ExpectNamed(std::string("\x01\x02\x03PK", 5), "contains no readable weights");
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { ReadWeightsFile(folder.path()); }, {" is a folder; expected a weights file"});
  ExpectErrorContains<FileError>([&] { ReadWeightsFile(folder / "absent"); }, {"absent", "No such file"});
}

TEST(ForeignFile, ArchivesOfOtherKindsAreNamed) {
  const auto zip = [](std::initializer_list<const char*> names) {
    std::vector<test::ZipRecord> records;
    for (const char* name : names) records.push_back({.name = name, .bytes = "x", .method = 8});
    return test::Zip(records);
  };
  ExpectNamed(zip({"word/document.xml"}),
              "is a zip archive, but not one written by torch.save: it contains \"word/document.xml\"");
  ExpectNamed(zip({"arr_0.npy"}), "is a NumPy archive");
  ExpectNamed(zip({"run/best.pth", "run/log"}), "is a zip archive that contains \"run/best.pth\". Unpack it");
  ExpectNamed(zip({"a/data.pkl", "a/code/x.py", "a/constants.pkl"}), "is a TorchScript program");
  ExpectNamed(zip({"a/model.json", "a/tensors/0"}), "is a TorchScript program");
}

// As torch 2.14 writes them: tests/golden/torch_file.py.
TEST(ForeignFile, ProgramsAndWholeModelsOfTorchAreNamed) {
  const auto golden = [](const char* name) { return test::ReadText(test::SourcePath("tests/golden/nn") / name); };
  ExpectNamed(golden("torchscript.pt"),
              "is a TorchScript program (torch.jit.save), not a state dict. In Python: "
              "torch.save(torch.jit.load(FILE).state_dict(), NEW)");
  ExpectNamed(golden("exported.pt2"), "is a torch.export program, not a state dict");
  ExpectNamed(golden("whole_model.pth"),
              "is rejected: it names \"torch.nn.modules.container.Sequential\", but only tensors in dicts are read; "
              "nothing was run. It looks like a whole model, not its weights");
}

// Cut anywhere, a file of either kind is refused, and where there is enough of it to tell, as cut short.
TEST(ForeignFile, FilesThatWereCutShortAreRefused) {
  const TempDir folder;
  WriteSafetensors(folder / "w", {{"a", at::ones({64})}});
  const auto golden = [](const char* name) { return test::ReadText(test::SourcePath("tests/golden/nn") / name); };
  for (const std::string& whole :
       {test::ReadText(folder / "w"), golden("state_dict.pth"), golden("state_dict_before_1_6.pth")}) {
    for (size_t size = 1; size < whole.size(); size += 37) {
      const auto path = test::WriteText(folder / "cut", whole.substr(0, size));
      ExpectErrorContains<CheckpointError>([&] { ReadWeightsFile(path); }, {});
    }
    ExpectNamed(whole.substr(0, whole.size() - 3), "");
  }
  const std::string tensors = test::ReadText(folder / "w");
  ExpectNamed(tensors.substr(0, tensors.size() - 3),
              "is not a complete safetensors file: a has the data_offsets [0,256] in 253 "
              "bytes of data. It was cut short: fetch or copy it again");
  ExpectNamed(golden("state_dict.pth").substr(0, 3000),
              "is not a complete zip archive as torch.save writes it: it has no "
              "directory at its end. It was cut short");
  const std::string old = golden("state_dict_before_1_6.pth");
  ExpectNamed(old.substr(0, old.size() - 3), "does not contain a readable state dict: it ends early. It was cut short");
}

}  // namespace
}  // namespace danas
