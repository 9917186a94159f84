#include "danas/nn/safetensors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <map>

#include "danas/core/error.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ExpectSameBits;
using test::TempDir;

// The same name, type, shape and bytes; NaN too.
void ExpectSameTensors(const NamedTensors& actual, const NamedTensors& expected) {
  std::map<std::string, at::Tensor> found(actual.begin(), actual.end());
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(found.contains(name));
    const at::Tensor a = found.at(name).contiguous(), e = tensor.contiguous();
    EXPECT_EQ(a.scalar_type(), e.scalar_type());
    ASSERT_EQ(a.sizes(), e.sizes());
    EXPECT_EQ(std::string_view(static_cast<const char*>(a.const_data_ptr()), a.nbytes()),
              std::string_view(static_cast<const char*>(e.const_data_ptr()), e.nbytes()));
  }
}

at::Tensor Steps() { return at::arange(12, at::kDouble); }

// As tests/golden/safetensors.py makes them.
NamedTensors GoldenTensors() {
  return {{"f64", (Steps() / 7).view({3, 4})},
          {"i64", at::tensor({-(int64_t{1} << 62), int64_t{0}, (int64_t{1} << 62) + 1})},
          {"f32", (Steps() / 7).to(at::kFloat).view({1, 3, 2, 2})},
          {"scalar", at::scalar_tensor(0.25F)},
          {"bf16", (Steps() / 3).to(at::kBFloat16)},
          {"f16", (Steps() / 3).to(at::kHalf)},
          {"bool", Steps() > 5},
          {"empty", at::zeros({0, 4}, at::kByte)},
          {"u8", (Steps() * 23).to(at::kByte)}};
}

TEST(Safetensors, ReadsWhatPythonWrites) {
  const SafetensorsFile file = ReadSafetensors(test::SourcePath("tests/golden/nn/written_by_python.safetensors"));
  ExpectSameTensors(file.tensors, GoldenTensors());
  EXPECT_THAT(file.metadata, testing::UnorderedElementsAre(testing::Pair("format", "pt"),
                                                           testing::Pair("note", "a \"quoted\" word, \u00fc")));
}

// To the byte, given in the order that Python's library takes.
TEST(Safetensors, WritesWhatPythonWrites) {
  const std::filesystem::path golden = test::SourcePath("tests/golden/nn/written_by_python.safetensors");
  const SafetensorsFile file = ReadSafetensors(golden);
  const TempDir folder;
  WriteSafetensors(folder / "own.safetensors", file.tensors, file.metadata);
  EXPECT_EQ(test::ReadText(folder / "own.safetensors"), test::ReadText(golden));
}

TEST(Safetensors, RoundTripsEveryTypeAndLayoutToTheBit) {
  NamedTensors tensors = GoldenTensors();
  const at::Tensor image = test::RandomTensor({2, 3, 4, 5}, 1, at::kFloat);
  tensors.emplace_back("channels_last", image.contiguous(at::MemoryFormat::ChannelsLast));
  tensors.emplace_back("transposed", image.transpose(0, 3));
  tensors.emplace_back("slice", image.slice(1, 0, 3, 2));
  tensors.emplace_back("extremes", at::tensor({NAN, -INFINITY, -0.0F, 1e-45F}));
  for (const at::ScalarType type :
       {at::kChar, at::kShort, at::kInt, at::kUInt16, at::kUInt32, at::kUInt64, at::kFloat8_e4m3fn, at::kFloat8_e5m2}) {
    tensors.emplace_back(c10::toString(type), Steps().to(type));
  }
  tensors.emplace_back("", at::ones({1}));
  tensors.emplace_back("line\nbreak \"ü\"", at::ones({1}));
  const TempDir folder;
  WriteSafetensors(folder / "all.safetensors", tensors);
  const SafetensorsFile file = ReadSafetensors(folder / "all.safetensors");
  ExpectSameTensors(file.tensors, tensors);
  EXPECT_THAT(file.metadata, testing::IsEmpty());
}

TEST(Safetensors, RoundTripsANetworksState) {
  struct Weights : torch::nn::Module {
    Weights() { register_parameter("weight", test::RandomImages({4, 3, 3, 3}, 1)); }
  };
  const Weights written;
  const TempDir folder;
  WriteSafetensors(folder / "weights.safetensors", StateOf(written), {{"class_order", "[\"a\"]"}});
  Weights read;
  at::Tensor weight = read.parameters()[0];
  weight.detach().zero_();
  LoadState(read, ReadSafetensors(folder / "weights.safetensors").tensors, "weights.safetensors");
  ExpectSameBits(weight, written.parameters()[0]);
  EXPECT_TRUE(weight.is_contiguous(at::MemoryFormat::ChannelsLast));
}

// Each tensor at a multiple of its elements' size, whatever the order of names: the library refuses nothing else, but
// readers that map the file want it.
TEST(Safetensors, AlignsEveryTensor) {
  const TempDir folder;
  WriteSafetensors(
      folder / "mixed.safetensors",
      {{"a", at::ones({3}, at::kByte)}, {"b", at::ones({3}, at::kDouble)}, {"c", at::ones({3}, at::kHalf)}});
  const std::string bytes = test::ReadText(folder / "mixed.safetensors");
  const auto length = static_cast<unsigned char>(bytes[0]) + 256 * static_cast<unsigned char>(bytes[1]);
  EXPECT_EQ(length % 8, 0);
  const std::string header = bytes.substr(8, static_cast<size_t>(length));
  EXPECT_THAT(header, testing::HasSubstr(R"("b":{"dtype":"F64","shape":[3],"data_offsets":[0,24]})"));
  EXPECT_THAT(header, testing::HasSubstr(R"("c":{"dtype":"F16","shape":[3],"data_offsets":[24,30]})"));
  EXPECT_THAT(header, testing::HasSubstr(R"("a":{"dtype":"U8","shape":[3],"data_offsets":[30,33]})"));
}

TEST(Safetensors, WriterRefusesWhatTheFormatLacks) {
  const TempDir folder;
  const std::filesystem::path path = folder / "bad.safetensors";
  const at::Tensor one = at::ones({1});
  ExpectErrorContains<std::invalid_argument>([&] { WriteSafetensors(path, {{"a", one}, {"a", one}}); }, {"\"a\""});
  ExpectErrorContains<std::invalid_argument>(
      [&] {
        WriteSafetensors(path, {{"__metadata__", one}});
      },
      {"__metadata__"});
  ExpectErrorContains<std::invalid_argument>(
      [&] {
        WriteSafetensors(path, {{"z", one.to(at::kComplexFloat)}});
      },
      {"z: safetensors has no type"});
  EXPECT_FALSE(std::filesystem::exists(path));
  ExpectErrorContains<FileError>([&] { WriteSafetensors(folder / "no/such/folder", {{"a", one}}); }, {"no/such"});
}

// --- Hostile files ---

std::string FileOf(std::string_view header, size_t data_bytes, std::optional<uint64_t> stated_length = {}) {
  const uint64_t length = stated_length.value_or(header.size());
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += header;
  bytes.append(data_bytes, '\x01');
  return bytes;
}

void ExpectRefused(std::string_view bytes, std::initializer_list<std::string_view> words) {
  const TempDir folder;
  const std::filesystem::path path = test::WriteText(folder / "hostile.safetensors", bytes);
  SCOPED_TRACE(std::string(bytes.substr(0, 120)));
  const std::string message = ExpectErrorContains<CheckpointError>([&] { ReadSafetensors(path); }, words);
  EXPECT_THAT(message, testing::HasSubstr("hostile.safetensors is not a complete safetensors file"));
}

// Two floats in 8 bytes of data, with parts replaced.
std::string OneTensor(const std::string& type = "\"F32\"", const std::string& shape = "[2]",
                      const std::string& offsets = "[0,8]") {
  return R"({"a":{"dtype":)" + type + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

TEST(HostileSafetensors, TheWholeFileIsFine) {
  const TempDir folder;
  const auto path = test::WriteText(folder / "fine.safetensors", FileOf(OneTensor(), 8));
  EXPECT_EQ(ReadSafetensors(path).tensors.at(0).second.numel(), 2);
  test::WriteText(path, FileOf("{}", 0));
  EXPECT_TRUE(ReadSafetensors(path).tensors.empty());
}

TEST(HostileSafetensors, EveryTruncationIsRefused) {
  const std::string whole = FileOf(OneTensor(), 8);
  for (size_t size = 0; size < whole.size(); ++size) ExpectRefused(whole.substr(0, size), {});
  ExpectRefused(whole + "x", {"its tensors end at byte 8 of 9"});
  ExpectRefused("", {"0 bytes"});
}

TEST(HostileSafetensors, HeaderBombsAreRefused) {
  ExpectRefused(FileOf("{}", 0, UINT64_MAX), {"a header of 18446744073709551615 bytes", "at most 25000000"});
  ExpectRefused(FileOf("{}", 0, 25'000'001), {"at most 25000000"});
  ExpectRefused(FileOf("{}", 0, 20'000'000), {"a header of 20000000 bytes in a file of 10"});
  ExpectRefused(FileOf(std::string(1'000'000, '['), 0), {"nested too deeply"});
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  ExpectRefused(FileOf(objects, 0), {"nested too deeply"});
}

TEST(HostileSafetensors, HeadersThatAreNoJsonObjectsAreRefused) {
  ExpectRefused(FileOf("", 0), {"not JSON"});
  ExpectRefused(FileOf("{\"a\":", 0), {"not JSON"});
  ExpectRefused(FileOf("{} {}", 0), {"not JSON"});
  ExpectRefused(FileOf("[]", 0), {"not a JSON object"});
  ExpectRefused(FileOf("3", 0), {"not a JSON object"});
  ExpectRefused(FileOf("{\"\xff\":1}", 0), {"not JSON"});
  ExpectRefused(FileOf(R"({"__metadata__":3})", 0), {"__metadata__ is not an object"});
  ExpectRefused(FileOf(R"({"__metadata__":{"a":3}})", 0), {"__metadata__.a is not a string"});
}

TEST(HostileSafetensors, DoubledNamesAreRefused) {
  const std::string one = OneTensor();
  ExpectRefused(FileOf(one.substr(0, one.size() - 1) + "," + one.substr(1), 8), {"names \"a\" twice"});
  ExpectRefused(FileOf(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8),
                {"names \"dtype\" twice"});
  ExpectRefused(FileOf(R"({"__metadata__":{"a":"1","a":"2"}})", 0), {"names \"a\" twice"});
}

TEST(HostileSafetensors, OtherEntriesAreRefused) {
  ExpectRefused(FileOf(R"({"a":3})", 0), {"a does not have exactly dtype, shape and data_offsets"});
  ExpectRefused(FileOf(R"({"a":{"dtype":"F32","shape":[2]}})", 8), {"not have exactly"});
  ExpectRefused(FileOf(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", 8), {"not have exactly"});
  ExpectRefused(FileOf(OneTensor("\"F33\""), 8), {"a has the unknown type \"F33\""});
  ExpectRefused(FileOf(OneTensor("7"), 8), {"a has the unknown type 7"});
}

TEST(HostileSafetensors, ShapesThatDoNotFitAreRefused) {
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[3]"), 8), {"a needs 12 bytes, its data_offsets give 8"});
  ExpectRefused(FileOf(OneTensor("\"F64\""), 8), {"a needs 16 bytes"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "2"), 8), {"not a list"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[-2]"), 8), {"contains -2"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2.0]"), 8), {"contains 2.0"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[\"2\"]"), 8), {"contains \"2\""});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[9223372036854775808]"), 8), {"contains 9223372036854775808"});
  // 4 * 2^62 * 2 wraps to 0, 2^32 * 2^32 too.
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[4611686018427387904,2]", "[0,0]"), 0), {"a shape that is too large"});
  ExpectRefused(FileOf(OneTensor("\"U8\"", "[4294967296,4294967296]", "[0,0]"), 0), {"a shape that is too large"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[4611686018427387904,4611686018427387904,0]", "[0,0]"), 0), {"too large"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[0,4611686018427387904,4611686018427387904]", "[0,0]"), 0), {"too large"});
}

TEST(HostileSafetensors, OffsetsOutOfRangeAreRefused) {
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2]", "[8,16]"), 8), {"[8,16] in 8 bytes of data"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2]", "[8,0]"), 8), {"[8,0]"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2]", "[0,8,8]"), 8), {"[0,8,8]"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2]", "[0]"), 8), {"[0]"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2]", "[-8,0]"), 8), {"contains -8"});
  ExpectRefused(FileOf(OneTensor("\"F32\"", "[2]", "[0,18446744073709551615]"), 8), {"18446744073709551615"});
}

std::string TwoTensors(const std::string& first_offsets, const std::string& second_offsets) {
  const std::string first = OneTensor("\"F32\"", "[2]", first_offsets);
  return first.substr(0, first.size() - 1) + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":)" + second_offsets +
         "}}";
}

TEST(HostileSafetensors, OverlapsAndHolesAreRefused) {
  ExpectRefused(FileOf(TwoTensors("[0,8]", "[0,8]"), 8), {"b starts at byte 0", "ends at 8"});
  ExpectRefused(FileOf(TwoTensors("[0,8]", "[4,12]"), 12), {"b starts at byte 4", "ends at 8"});
  ExpectRefused(FileOf(TwoTensors("[0,8]", "[12,20]"), 20), {"b starts at byte 12", "ends at 8"});
  ExpectRefused(FileOf(TwoTensors("[8,16]", "[16,24]"), 24), {"a starts at byte 8", "ends at 0"});
  const TempDir folder;  // in any order
  const auto path = test::WriteText(folder / "fine.safetensors", FileOf(TwoTensors("[8,16]", "[0,8]"), 16));
  EXPECT_EQ(ReadSafetensors(path).tensors.size(), 2);
}

TEST(HostileSafetensors, BooleansAreZeroOrOne) {
  std::string bytes = FileOf(OneTensor("\"BOOL\"", "[8]"), 8);
  bytes.back() = '\x02';
  ExpectRefused(bytes, {"a contains booleans that are neither 0 nor 1"});
}

TEST(HostileSafetensors, FilesThatCannotBeReadAreFileErrors) {
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { ReadSafetensors(folder / "absent"); }, {"absent"});
  ExpectErrorContains<FileError>([&] { ReadSafetensors(folder.path()); }, {folder.path().string()});
}

// Any one byte changed gives an error of the known kinds or a whole file, never anything else.
TEST(HostileSafetensors, NoChangedByteDoesHarm) {
  const TempDir folder;
  const std::string whole = FileOf(TwoTensors("[0,8]", "[8,16]"), 16);
  size_t refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char change : {'\x01', '\x10', '\x80'}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ change);
      const auto path = test::WriteText(folder / "changed.safetensors", bytes);
      try {
        EXPECT_EQ(ReadSafetensors(path).tensors.size(), 2) << "byte " << i;
      } catch (const CheckpointError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, whole.size());
}

}  // namespace
}  // namespace danas
