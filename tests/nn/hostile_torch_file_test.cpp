// What a hostile or damaged .pth must not do: run anything, crash, or take more time or memory than its size allows.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "danas/core/error.h"
#include "danas/nn/torch_file.h"
#include "tests/nn/torch_file_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

using test::DictPickle;
using test::ExpectErrorContains;
using test::Global;
using test::Integer;
using test::LittleEndian;
using test::Protocol2;
using test::TempDir;
using test::TensorPickle;
using test::Text;
using test::TorchZip;
using test::Tuple;

void ExpectRefused(const std::string& bytes, std::initializer_list<std::string_view> words) {
  const TempDir folder;
  const auto path = test::WriteText(folder / "hostile.pth", bytes);
  ExpectErrorContains<CheckpointError>([&] { ReadTorchFile(path); }, words);
}

void ExpectPickleRefused(const std::string& pickle, std::initializer_list<std::string_view> words) {
  ExpectRefused(TorchZip(pickle), words);
}

std::string OldStart() { return Protocol2("\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19") + Protocol2("M\xe9\x03"); }

// --- Code ---

// Every way a pickle has to call os.system. The command would leave a file.
TEST(HostileTorchFile, NothingIsEverRun) {
  const TempDir folder;
  const std::string marker = (folder / "was_run").string();
  const std::string command = Text("touch " + marker);
  const std::string arguments = "(" + command + "t";
  for (const std::string module : {"os", "posix", "subprocess", "builtins", "__builtin__", "runpy"}) {
    const std::string name = module == "subprocess" ? "Popen" : "system";
    const std::string full = "\"" + module + "." + name + "\"";
    const std::string system = Global(module, name);
    ExpectPickleRefused(Protocol2(system + arguments + "R"), {"names " + full, "nothing was run"});
    ExpectPickleRefused(Protocol2(DictPickle({{"a", system + arguments + "R"}})), {"names " + full});
    ExpectPickleRefused(Protocol2(Text(module) + Text(name) + "\x93" + arguments + "R"), {"names " + full});
    ExpectPickleRefused(Protocol2(system + arguments + "\x81"), {"names " + full});
    ExpectPickleRefused(Protocol2("(" + system + command + "o"), {"names " + full});
    ExpectPickleRefused(Protocol2("(" + command + "i" + module + "\n" + name + "\n"), {"opcode 0x69"});
    ExpectPickleRefused("(" + command + "i" + module + "\n" + name + "\n.", {"opcode 0x69"});
    // In each of the pickles of the form before PyTorch 1.6, too.
    ExpectRefused(OldStart() + Protocol2(system + arguments + "R"), {"names " + full});
    ExpectRefused(OldStart() + Protocol2(DictPickle({{"little_endian", "\x88"}})) + Protocol2(system + arguments + "R"),
                  {"names " + full});
  }
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST(HostileTorchFile, OtherGlobalsAreRefusedByName) {
  ExpectPickleRefused(Protocol2(Global("torch.nn.modules.conv", "Conv2d")), {"\"torch.nn.modules.conv.Conv2d\""});
  ExpectPickleRefused(Protocol2(Global("argparse", "Namespace")), {"\"argparse.Namespace\"", "torch.save"});
  ExpectPickleRefused(Protocol2(Global("numpy.core.multiarray", "scalar")), {"\"numpy.core.multiarray.scalar\""});
  ExpectPickleRefused(Protocol2(Global("collections", "OrderedDict.fromkeys")), {"OrderedDict.fromkeys"});
  ExpectPickleRefused(Protocol2(Global("", "")), {"names \".\""});
  ExpectPickleRefused(Protocol2(Global("x\x1b[31m", "y")), {"\"x?[31m.y\""});
  ExpectPickleRefused(Protocol2(Global(std::string(1000, 'm'), "y")), {"mmm...\""});
}

TEST(HostileTorchFile, AllowedNamesCannotBeMisused) {
  const std::string ordered = Global("collections", "OrderedDict"),
                    rebuild = Global("torch._utils", "_rebuild_tensor_v2");
  ExpectPickleRefused(Protocol2(ordered + "(" + Text("a") + "tR"), {"made from arguments"});
  ExpectPickleRefused(Protocol2(ordered), {"not a dict"});
  ExpectPickleRefused(Protocol2(ordered + "]R"), {"not a function"});
  ExpectPickleRefused(Protocol2(Text("a") + ")R"), {"not a function"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", rebuild + ")R"}})), {"\"a\"", "tensor of 0 parts"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", rebuild + Tuple({1, 2, 3, 4, 5, 6}) + "R"}})),
                      {"\"a\"", "no storage"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", Global("torch", "FloatStorage") + ")R"}})),
                      {"\"a\" is not a tensor"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", Global("torch._utils", "_rebuild_parameter") + ")R"}})),
                      {"\"a\"", "without a tensor"});
  ExpectPickleRefused(Protocol2("]" + DictPickle({}) + "b"), {"attributes of something that is not a dict"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", Integer(1) + "Q"}})), {"not a storage"});
}

// --- Pickles that are bombs or damaged ---

TEST(HostileTorchFile, DeepNestingIsNoTrouble) {
  ExpectPickleRefused(Protocol2("N" + std::string(900'000, '\x85')), {"it is not a dict"});
  ExpectPickleRefused(Protocol2(std::string(900'000, ']') + std::string(899'999, 'a')), {"it is not a dict"});
  ExpectPickleRefused(Protocol2(std::string(1'100'000, ']')), {"more than a million values"});
  ExpectPickleRefused(Protocol2(std::string(1'100'000, '(')), {"more than a million marks"});
  ExpectPickleRefused(Protocol2("Nq\x01" +
                                [] {
                                  std::string text;
                                  for (int i = 0; i < 1'100'000; ++i) text += "h\x01";
                                  return text;
                                }()),
                      {"stack of more than a million"});
}

TEST(HostileTorchFile, ContainersMayHoldThemselves) {
  ExpectPickleRefused(Protocol2("]q\x01h\x01"
                                "a"),
                      {"it is not a dict"});
  ExpectPickleRefused(Protocol2("}q\x01" + Text("state_dict") + "h\x01s"), {"\"state_dict\" is not a tensor"});
  // A billion laughs: each list holds the one before ten times.
  std::string laughs = "]q\x01";
  for (int i = 0; i < 100; ++i)
    laughs +=
        "0](h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01"
        "eq\x01";
  ExpectPickleRefused(Protocol2(laughs), {"opcode 0x30"});
  std::string nested = "]q\x01";
  for (int i = 0; i < 100; ++i) nested += "(h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01lq\x01";
  ExpectPickleRefused(Protocol2("(" + nested + "l"), {"it is not a dict"});
}

TEST(HostileTorchFile, MemoIsBounded) {
  ExpectPickleRefused(Protocol2("Nr\xff\xff\xff\xff"), {"memoizes a value as 4294967295"});
  ExpectPickleRefused(Protocol2("Nr" + LittleEndian<uint32_t>(1'000'000)), {"memoizes a value as 1000000"});
  ExpectPickleRefused(Protocol2("Nq\x05h\x04"), {"recalls 4"});
  ExpectPickleRefused(Protocol2("j\xff\xff\xff\xff"), {"recalls 4294967295"});
  ExpectPickleRefused(Protocol2("q" + std::string(1, '\0')), {"stack is empty"});
}

TEST(HostileTorchFile, LengthsThatLieAreRefused) {
  ExpectPickleRefused(Protocol2("X\xff\xff\xff\xff"), {"ends early"});
  ExpectPickleRefused(Protocol2("T\xff\xff\xff\x7f"), {"ends early"});
  ExpectPickleRefused(Protocol2("\x8d" + LittleEndian(UINT64_MAX)), {"ends early"});
  ExpectPickleRefused(Protocol2("\x8d" + LittleEndian(uint64_t{1} << 63)), {"ends early"});
  ExpectPickleRefused(Protocol2("\x8a\xff" + std::string(255, '\x01')), {"an integer of 255 bytes"});
  ExpectPickleRefused(Protocol2("\x8b\xff\xff\xff\x7f"), {"opcode 0x8b"});  // LONG4
  ExpectPickleRefused(Protocol2("B\xff\xff\xff\x7f"), {"opcode 0x42"});     // BINBYTES
  ExpectPickleRefused(
      "\x80\x02"
      "cos",
      {"ends early"});
}

TEST(HostileTorchFile, PicklesAreBounded) {
  std::string text(17 << 20, 'x');
  ExpectPickleRefused(Protocol2(Text(text)), {"larger than 16 MiB"});
}

TEST(HostileTorchFile, DamagedPicklesAreRefused) {
  ExpectPickleRefused("", {"ends early"});
  ExpectPickleRefused("\x80", {"ends early"});
  ExpectPickleRefused("\x80\x06N.", {"protocol 6"});
  ExpectPickleRefused("\x80\x01N.", {"protocol 1"});
  ExpectPickleRefused("\x80\x02N", {"ends early"});
  ExpectPickleRefused("\x80\x02.", {"one value"});
  ExpectPickleRefused("\x80\x02NN.", {"one value"});
  ExpectPickleRefused("\x80\x02(N.", {"one value"});
  ExpectPickleRefused(Protocol2("t"), {"mark is missing"});
  ExpectPickleRefused(Protocol2("N(\x85"), {"stack is empty"});  // below the mark
  ExpectPickleRefused(Protocol2("}(Nu"), {"key without a value"});
  ExpectPickleRefused(Protocol2("]NNs"), {"not a dict"});
  ExpectPickleRefused(Protocol2("}Na"), {"not a list"});
  ExpectPickleRefused(Protocol2("NNR"), {"not a function"});
  ExpectPickleRefused(Protocol2("NN\x93"), {"not a string"});
  ExpectPickleRefused(Protocol2("\xff"), {"opcode 0xff"});
}

TEST(HostileTorchFile, WhatIsNoStateDictIsRefused) {
  const std::string tensor = TensorPickle().Bytes();
  ExpectPickleRefused(Protocol2(tensor), {"it is not a dict", "model.state_dict()"});
  ExpectPickleRefused(Protocol2("}"), {"contains no tensor"});
  ExpectPickleRefused(Protocol2(DictPickle({{"epoch", Integer(3)}})),
                      {"\"epoch\" is not a tensor", "state_dict, model"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", tensor}, {"a", tensor}})), {"names \"a\" twice"});
  ExpectPickleRefused(Protocol2("}" + Integer(1) + tensor + "s"), {"a name is not a string"});
  ExpectPickleRefused(Protocol2(DictPickle({{"a\n\x1b", tensor}})), {"\"a??\"", "outside of ASCII"});
}

// --- Tensors that do not fit their records ---

void ExpectTensorRefused(const TensorPickle& tensor, std::initializer_list<std::string_view> words) {
  ExpectPickleRefused(Protocol2(DictPickle({{"a", tensor.Bytes()}})), words);
}

TEST(HostileTorchFile, TensorsLieWithinTheirStorage) {
  const std::string_view outside = "\"a\" is not within its storage of 6 elements";
  const int64_t large = int64_t{1} << 47;
  ExpectTensorRefused({.offset = 1}, {outside});
  ExpectTensorRefused({.offset = large}, {outside});
  ExpectTensorRefused({.sizes = Tuple({3, 3})}, {outside});
  ExpectTensorRefused({.strides = Tuple({4, 1})}, {outside});
  ExpectTensorRefused({.strides = Tuple({large, 1})}, {outside});
  ExpectTensorRefused({.sizes = Tuple({large, large}), .strides = Tuple({large, large})}, {outside});
  ExpectTensorRefused({.sizes = Tuple({large, large, large, large}), .strides = Tuple({0, 0, 0, 0})}, {outside});
  ExpectTensorRefused({.sizes = Tuple({0, large, large}), .strides = Tuple({1, 1, 1})}, {outside});
  ExpectTensorRefused({.offset = 7, .sizes = Tuple({0}), .strides = Tuple({1})}, {outside});
  // An expanded tensor: all its elements lie within, and it would take a terabyte once copied.
  ExpectTensorRefused({.sizes = Tuple({large / 512}), .strides = Tuple({0})}, {outside});
}

TEST(HostileTorchFile, NumbersOfTensorsAreChecked) {
  ExpectTensorRefused({.offset = -1}, {"\"a\": its offset is -1"});
  ExpectTensorRefused({.sizes = Tuple({-2, 3})}, {"\"a\": its size is -2"});
  ExpectTensorRefused({.strides = Tuple({-3, 1})}, {"\"a\": its stride is -3"});
  ExpectTensorRefused({.strides = Tuple({INT64_MIN, 1})}, {"its stride is -9223372036854775808"});
  ExpectTensorRefused({.sizes = Tuple({INT64_MAX, 1})}, {"its size is 9223372036854775807"});
  ExpectTensorRefused({.sizes = Tuple({6})}, {"different numbers of axes"});
  ExpectTensorRefused({.sizes = Tuple({1, 1, 1, 1, 1, 1, 1, 1, 1})}, {"9 axes"});
  ExpectTensorRefused({.sizes = Integer(6)}, {"its size is not a tuple"});
  ExpectTensorRefused({.sizes = "(NNt"}, {"its size is not an integer"});
  ExpectTensorRefused({.elements = -6}, {"its storage \"0\": its size is -6"});
  ExpectTensorRefused({.elements = INT64_MAX}, {"its size is 9223372036854775807"});
}

TEST(HostileTorchFile, StoragesAreWhatTheirRecordsHold) {
  ExpectTensorRefused({.elements = 7}, {"record \"0\" has 24 bytes", "expect 28"});
  ExpectTensorRefused({.elements = 1000}, {"record \"0\" has 24 bytes", "expect 4000"});
  ExpectTensorRefused({.type = "DoubleStorage"}, {"record \"0\" has 24 bytes", "expect 48"});
  ExpectTensorRefused({.key = "1"}, {"no record \"a/data/1\""});
  ExpectTensorRefused({.key = "../../../etc/passwd"}, {"no record \"a/data/../../../etc/passwd\""});
  ExpectTensorRefused({.type = "UntypedStorage"}, {"names \"torch.UntypedStorage\""});
  ExpectPickleRefused(Protocol2(DictPickle({{"a", TensorPickle().Bytes()},
                                            {"b", TensorPickle{.elements = 12, .type = "HalfStorage"}.Bytes()}})),
                      {"storage \"0\" has two types or sizes"});
}

// --- Archives ---

std::string GoodPickle() { return Protocol2(DictPickle({{"a", TensorPickle().Bytes()}})); }

TEST(HostileTorchFile, ArchivesThatAreNotTorchsAreRefused) {
  const std::string data(24, '\0');
  ExpectRefused(test::Zip({{"a/data.pkl", GoodPickle()}, {"a/data/0", data, 0, 8}}), {"\"a/data/0\" is compressed"});
  ExpectRefused(test::Zip({{"a/data.pkl", GoodPickle()}, {"a/data/0", data, 1}}), {"\"a/data/0\" is encrypted"});
  ExpectRefused(test::Zip({{"a/data.pkl", GoodPickle()}, {"a/data/0", data}, {"a/data/0", data}}), {"appears twice"});
  ExpectRefused(test::Zip({{"a/data/0", data}}), {"not one written by torch.save: it contains \"a/data/0\""});
  ExpectRefused(test::Zip({{"a/data.pkl", GoodPickle()}, {"b/data/0", data}}), {"no record \"a/data/0\""});
  ExpectRefused(test::Zip({{"data.pkl", ""}, {"word.xml", ""}}), {"ends early"});
  ExpectRefused(test::Zip({{"a/data.pkl", GoodPickle()}, {"a/byteorder", "big"}, {"a/data/0", data}}),
                {"not little-endian"});
  ExpectRefused(test::Zip({{"a/constants.pkl", ""}, {"a/data.pkl", GoodPickle()}}), {"TorchScript"});
  ExpectRefused("PK\x03\x04" + test::Zip({}), {"empty archive"});
}

TEST(HostileTorchFile, ChangedWeightsAreNoticed) {
  std::string bytes = TorchZip(GoodPickle());
  bytes[bytes.find("a/data/0") + 10] ^= 1;
  ExpectRefused(bytes, {"is damaged", "checksum", "\"data/0\""});
}

// Writes `number` over the directory's entry for `name`, `at` bytes from the entry's start.
template <typename T>
std::string WithDirectory(std::string bytes, const std::string& name, size_t at, T number) {
  const std::string little = LittleEndian(number);
  return bytes.replace(bytes.rfind(name) - 46 + at, little.size(), little);
}

TEST(HostileTorchFile, EntriesThatLieAreRefused) {
  const std::string good = TorchZip(GoodPickle());
  const auto sized = [&](uint32_t size) {
    return WithDirectory(WithDirectory(good, "a/data/0", 20, size), "a/data/0", 24, size);
  };
  ExpectRefused(sized(0), {"\"a/data/0\" is described in two ways"});
  ExpectRefused(sized(25), {"\"a/data/0\" is described in two ways"});
  ExpectRefused(sized(0x7fffffff), {"\"a/data/0\" is outside"});
  ExpectRefused(sized(0xffffffff), {"\"a/data/0\" is outside"});  // without the zip64 number that this announces
  ExpectRefused(WithDirectory(good, "a/data/0", 24, uint32_t{1000}), {"two sizes"});
  ExpectRefused(WithDirectory(good, "a/data/0", 42, uint32_t{0}), {"overlaps another"});
  ExpectRefused(WithDirectory(good, "a/data/0", 42, uint32_t{1}), {"overlaps another"});
  ExpectRefused(WithDirectory(good, "a/data.pkl", 42, uint32_t{1}), {"not where the directory says"});
  ExpectRefused(WithDirectory(good, "a/version", 42, uint32_t{0x7fffffff}), {"is outside"});
  ExpectRefused(WithDirectory(good, "a/data/0", 28, uint16_t{7}), {"damaged"});
  ExpectRefused(WithDirectory(good, "a/data/0", 30, uint16_t{0xffff}), {"damaged"});
  std::string renamed = good;
  renamed[renamed.rfind("a/data/0") + 7] = '1';
  ExpectRefused(renamed, {"\"a/data/1\" is described in two ways"});
}

// Writes `number` into the end record, `at` bytes from its start.
template <typename T>
std::string WithEnd(std::string bytes, size_t at, T number) {
  const std::string little = LittleEndian(number);
  return bytes.replace(bytes.size() - 22 + at, little.size(), little);
}

TEST(HostileTorchFile, DirectoriesThatLieAreRefused) {
  const std::string good = TorchZip(GoodPickle());
  ExpectRefused(WithEnd(good, 4, uint16_t{1}), {"one part of several"});
  ExpectRefused(WithEnd(good, 8, uint16_t{3}), {"one part of several"});
  ExpectRefused(WithEnd(WithEnd(good, 8, uint16_t{3}), 10, uint16_t{3}), {"longer than its entries"});
  ExpectRefused(WithEnd(WithEnd(good, 8, uint16_t{5}), 10, uint16_t{5}), {"too short for its entries"});
  ExpectRefused(WithEnd(WithEnd(good, 8, uint16_t{0xfffe}), 10, uint16_t{0xfffe}), {"too short for its entries"});
  ExpectRefused(WithEnd(WithEnd(good, 8, uint16_t{0xffff}), 10, uint16_t{0xffff}), {"no zip64 record"});
  ExpectRefused(WithEnd(good, 12, uint32_t{0x7fffffff}), {"is outside"});
  ExpectRefused(WithEnd(good, 16, uint32_t{0x7fffffff}), {"is outside"});
  ExpectRefused(WithEnd(good, 16, uint32_t{0xffffffff}), {"no zip64 record"});
  ExpectRefused(good + "more", {"no directory at its end"});

  const std::string large = test::Zip({{"a/data.pkl", GoodPickle()}}, true);
  const auto record = large.rfind("PK\x06\x06"), locator = large.rfind("PK\x06\x07");
  const auto with = [&](size_t at, uint64_t number) { return std::string(large).replace(at, 8, LittleEndian(number)); };
  ExpectRefused(with(locator + 8, UINT64_MAX), {"zip64 record is not where"});
  ExpectRefused(with(locator + 8, 0), {"zip64 record is not where"});
  ExpectRefused(with(record + 48, UINT64_MAX), {"is outside"});
  ExpectRefused(with(record + 40, UINT64_MAX), {"is outside"});
  ExpectRefused(with(record + 32, UINT64_MAX), {"one part of several"});
  ExpectRefused(std::string(with(record + 32, UINT64_MAX)).replace(record + 24, 8, LittleEndian(UINT64_MAX)),
                {"too short for its entries"});
}

// --- Any damage ---

std::string Golden(const std::string& name) { return test::ReadText(test::SourcePath("tests/golden/nn/" + name)); }

TEST(SlowHostileTorchFile, EveryTruncationIsRefused) {
  const TempDir folder;
  for (const std::string name : {"state_dict.pth", "state_dict_before_1_6.pth"}) {
    const std::string whole = Golden(name);
    for (size_t size = 0; size < whole.size(); ++size) {
      const auto path = test::WriteText(folder / "short.pth", whole.substr(0, size));
      EXPECT_THROW(ReadTorchFile(path), CheckpointError) << name << " cut to " << size << " bytes";
    }
  }
}

// Checksums find what changes a weight or the pickle; what they do not cover does not matter.
TEST(SlowHostileTorchFile, AChangedByteIsFoundOrHarmless) {
  const TempDir folder;
  const std::string whole = Golden("state_dict.pth");
  const TorchFile expected = ReadTorchFile(test::SourcePath("tests/golden/nn/state_dict.pth"));
  size_t refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
    const auto path = test::WriteText(folder / "changed.pth", bytes);
    try {
      const TorchFile file = ReadTorchFile(path);
      ASSERT_EQ(file.tensors.size(), expected.tensors.size()) << "byte " << i;
      for (size_t t = 0; t < file.tensors.size(); ++t) {
        ASSERT_EQ(file.tensors[t].first, expected.tensors[t].first) << "byte " << i;
        ASSERT_TRUE(file.tensors[t].second.equal(expected.tensors[t].second)) << "byte " << i;
      }
    } catch (const CheckpointError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size() / 2);
}

// The old form has no checksums: a changed byte may change a weight, but every tensor stays within the file's bytes.
TEST(SlowHostileTorchFile, AChangedByteOfTheOldFormDoesNoHarm) {
  const TempDir folder;
  const std::string whole = Golden("state_dict_before_1_6.pth");
  size_t refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char change : {'\x01', '\x10', '\x80'}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ change);
      const auto path = test::WriteText(folder / "changed.pth", bytes);
      try {
        int64_t elements = 0;
        for (const auto& [name, tensor] : ReadTorchFile(path).tensors) {
          elements += tensor.clone().numel();  // reads every element
        }
        EXPECT_LE(elements, static_cast<int64_t>(whole.size())) << "byte " << i;
      } catch (const CheckpointError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, whole.size() / 2);
}

TEST(HostileTorchFile, WhatIsNoFileIsAFileError) {
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { ReadTorchFile(folder.path()); }, {"not a file"});
  ExpectErrorContains<FileError>([&] { ReadTorchFile(folder / "absent"); }, {"No such file"});
  ExpectErrorContains<FileError>([&] { ReadTorchFile("/dev/null"); }, {"not a file"});
  ExpectRefused("", {"not a torch.save file"});
  ExpectRefused("hello", {"not a torch.save file"});
}

}  // namespace
}  // namespace danas
