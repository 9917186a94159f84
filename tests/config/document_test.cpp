#include "danas/config/document.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

enum class Colour { kRed, kGreen };

}  // namespace

template <>
struct EnumNames<Colour> {
  static constexpr std::array kNames = {"red", "green"};
};

namespace {

Document ParseJson(std::string_view text) { return Document::Parse(text, TextFormat::kJson, "a.json"); }
Document ParseYaml(std::string_view text) { return Document::Parse(text, TextFormat::kYaml, "a.yaml"); }

void ExpectJsonError(std::string_view text, std::initializer_list<std::string_view> words) {
  SCOPED_TRACE(text.substr(0, 60));
  ExpectErrorContains<ConfigError>([&] { ParseJson(text); }, words);
}
void ExpectYamlError(std::string_view text, std::initializer_list<std::string_view> words) {
  SCOPED_TRACE(text.substr(0, 60));
  ExpectErrorContains<ConfigError>([&] { ParseYaml(text); }, words);
}

constexpr std::string_view kJson = R"({
  "name": "x",
  "flag": true,
  "count": 3,
  "share": 0.25,
  "layers": [
    {"kernel": 3},
    {"kernel": 5}
  ],
  "empty": {},
  "nothing": null
})";

constexpr std::string_view kYaml = R"(# a comment
name: x
flag: true
count: 3
share: 0.25
layers:
  - kernel: 3
  - {kernel: 5}
empty: {}
nothing:
)";

TEST(Document, JsonAndYamlGiveTheSameTree) {
  const Json json = ParseJson(kJson).Root().ToJson();
  EXPECT_EQ(json, Json::parse(kJson));
  EXPECT_EQ(ParseYaml(kYaml).Root().ToJson(), json);
  EXPECT_EQ(Document::FromJson(json, "x").Root().ToJson(), json);
}

TEST(Document, ReadsFilesByTheirEnding) {
  const TempDir folder;
  EXPECT_EQ(Document::Read(WriteText(folder / "a.json", kJson)).Root().Key("count").AsInt(), 3);
  EXPECT_EQ(Document::Read(WriteText(folder / "a.yaml", kYaml)).Root().Key("count").AsInt(), 3);
  EXPECT_EQ(Document::Read(WriteText(folder / "no-ending", kYaml)).Root().Key("count").AsInt(), 3);
  const auto yaml_as_json = WriteText(folder / "b.json", "{name: x}");
  ExpectErrorContains<ConfigError>([&] { Document::Read(yaml_as_json); },
                                   {"b.json:1:2: the key 'name' needs double quotes"});
  ExpectErrorContains<FileError>([&] { Document::Read(folder / "absent.json"); }, {"absent.json", "No such file"});
  ExpectErrorContains<FileError>([&] { Document::Read(folder.path()); }, {"is a folder"});
  ExpectErrorContains<FileError>([] { Document::Read("/dev/zero"); }, {"/dev/zero", "too large"});
}

TEST(Document, KnowsTheLineOfEveryValue) {
  for (const Document& document : {ParseJson(kJson), ParseYaml(kYaml)}) {
    const Node root = document.Root();
    EXPECT_EQ(root.Key("name").line(), 2);
    EXPECT_EQ(root.Key("count").line(), 4);  // a JSON number is only over at the byte after it
    EXPECT_EQ(root.Key("layers").Items()[0].Key("kernel").line(), 7);
    EXPECT_EQ(root.Key("layers").Items()[1].Key("kernel").line(), 8);
  }
  EXPECT_EQ(ParseJson("[1,\n\n2\n,3]").Root().Items()[1].line(), 3);
  EXPECT_EQ(ParseJson("{\"a\":\r\n1\r\n}").Root().Key("a").line(), 2);
  EXPECT_EQ(ParseJson(kJson).Root().Key("layers").Items()[1].Key("kernel").Where(), "a.json:8: layers[1].kernel");
  EXPECT_EQ(Document::FromJson(Json::parse(kJson), "best.json").Root().Key("count").Where(), "best.json: count");
}

TEST(Document, ErrorsSayPlaceFoundAndExpected) {
  const Node root = ParseJson(kJson).Root();
  const auto expect = [](auto read, std::string_view message) {
    EXPECT_EQ(ExpectErrorContains<ConfigError>(read, {}), message);
  };
  expect([&] { root.Key("name").AsBool(); }, "a.json:2: name: found the text 'x', expected true or false");
  expect([&] { root.Key("flag").AsDouble(); }, "a.json:3: flag: found true, expected a finite number");
  expect([&] { root.Key("count").AsText(); }, "a.json:4: count: found 3, expected text; put it in quotes");
  expect([&] { root.Key("share").AsInt(); }, "a.json:5: share: found 0.25, expected a whole number");
  expect([&] { root.Key("count").AsInt(4); }, "a.json:4: count: found 3, expected a whole number of at least 4");
  expect([&] { root.Key("count").AsInt(0, 2); }, "a.json:4: count: found 3, expected a whole number from 0 to 2");
  expect([&] { root.Key("layers").AsText(); }, "a.json:6: layers: found a list, expected text");
  expect([&] { root.Key("empty").Items(); }, "a.json:10: empty: found a map, expected a list");
  expect([&] { root.Key("nothing").AsDouble(); }, "a.json:11: nothing: found nothing (null), expected a finite number");
  expect([&] { root.Key("name").Find("y"); }, "a.json:2: name: found the text 'x', expected a map");
}

TEST(Document, ReadsEveryType) {
  const Node root = ParseYaml("{b: false, i: -7, d: 1e-3, t: text, e: green, big: 1e3, whole: 4.0}").Root();
  EXPECT_EQ(root.KeyOr("b", true), false);
  EXPECT_EQ(root.KeyOr("i", 0), -7);
  EXPECT_EQ(root.KeyOr("d", 0.0), 1e-3);
  EXPECT_EQ(root.KeyOr<std::string>("t", ""), "text");
  EXPECT_EQ(root.KeyOr("e", Colour::kRed), Colour::kGreen);
  EXPECT_EQ(root.KeyOr("absent", Colour::kRed), Colour::kRed);
  EXPECT_EQ(root.Key("big").AsInt(), 1000);
  EXPECT_EQ(root.Key("whole").AsInt(), 4);
  EXPECT_EQ(root.Key("i").AsDouble(), -7);
  ExpectErrorContains<ConfigError>([&] { root.Key("t").AsEnum<Colour>(); }, {"one of red, green"});
  ExpectErrorContains<ConfigError>([] { ParseYaml("gren").Root().AsEnum<Colour>(); }, {"did you mean 'green'?"});
  ExpectErrorContains<ConfigError>([] { ParseYaml("3000000000").Root().As<int>(); },
                                   {"from -2147483648 to 2147483647"});
}

TEST(Document, KeepsTheOrderOfMaps) {
  // As in a latency table, whose keys hold colons.
  const Node root = ParseYaml(
                        "Conv-input:224x224x3-output:112x112x32:\n  mean: 4.1\n"
                        "expanded-kernel:3-stride:2-idskip:0:\n  mean: 6.2\nA:\n  mean: 1\n")
                        .Root();
  const auto entries = root.Entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].first, "Conv-input:224x224x3-output:112x112x32");
  EXPECT_EQ(entries[1].first, "expanded-kernel:3-stride:2-idskip:0");
  EXPECT_EQ(entries[1].second.Key("mean").AsDouble(), 6.2);
  EXPECT_EQ(entries[2].first, "A");
}

TEST(UnreadKeys, AreErrorsWithTheNearestKeyThatIsKnown) {
  const Document document = ParseJson("{\n\"data\": {\n\"augmnet\": 1}}");
  const Node data = document.Root().Key("data");
  data.Find("augment");
  data.Find("root");
  EXPECT_EQ(ExpectErrorContains<ConfigError>([&] { document.RejectUnreadKeys(); }, {}),
            "a.json:3: data.augmnet: unknown key; did you mean 'augment'?");
}

TEST(UnreadKeys, ListTheKnownWhenNoneIsNear) {
  const Document document = ParseYaml("zebra: 1");
  document.Root().Find("augment");
  document.Root().Find("root");
  ExpectErrorContains<ConfigError>([&] { document.RejectUnreadKeys(); }, {"zebra", "valid keys are: augment, root"});
}

TEST(UnreadKeys, AreFoundInListsAndInWholeSectionsThatNobodyRead) {
  const Document list = ParseYaml("layers:\n- kernel: 3\n- kernel: 5\n  kernle: 7\n");
  for (const Node& layer : list.Root().Key("layers").Items()) layer.Find("kernel");
  ExpectErrorContains<ConfigError>([&] { list.RejectUnreadKeys(); }, {"a.yaml:4: layers[1].kernle", "'kernel'"});

  const Document section = ParseYaml("known: 1\nother: {a: 1}\n");
  section.Root().Find("known");
  ExpectErrorContains<ConfigError>([&] { section.RejectUnreadKeys(); }, {"other: unknown key"});

  const Document inner = ParseYaml("section: {a: 1}");
  inner.Root().Find("section");
  ExpectErrorContains<ConfigError>([&] { inner.RejectUnreadKeys(); }, {"section.a", "no keys are allowed here"});
}

TEST(UnreadKeys, AreNoneWhereAllWasRead) {
  const Document document = ParseJson(kJson);
  const Node root = document.Root();
  for (const char* key : {"name", "flag", "count", "share", "empty", "nothing", "absent"}) root.Find(key);
  for (const Node& layer : root.Key("layers").Items()) layer.Find("kernel");
  EXPECT_NO_THROW(document.RejectUnreadKeys());

  const Document free = ParseJson(R"({"origin": {"what": {"ever": [1, {"x": 2}]}}})");
  free.Root().Key("origin").ToJson();
  EXPECT_NO_THROW(free.RejectUnreadKeys());
}

TEST(UnreadKeys, AMissingKeyPointsAtAMistypedOne) {
  const Node root = ParseYaml("layer:\n  chanels: 3\n").Root().Key("layer");
  ExpectErrorContains<ConfigError>([&] { root.Key("channels"); },
                                   {"a.yaml:2: layer: key 'channels' is missing; is 'chanels' a misspelling"});
  ExpectErrorContains<ConfigError>([] { ParseYaml("{}").Root().Key("x"); }, {"a.yaml:1: key 'x' is missing"});
}

TEST(DoubledKeys, AreErrorsWithBothLines) {
  ExpectJsonError("{\"a\": 1,\n\"b\": 2,\n\"a\": 3}", {"a.json:3: a: duplicate key; first given on line 1"});
  ExpectYamlError("a:\n  b: 1\n  c: 2\n  b: 1\n", {"a.yaml:4: a.b: duplicate key; first given on line 2"});
  ExpectYamlError("l: [{x: 1}, {x: 1, x: 2}]", {"l[1].x: duplicate key"});
  EXPECT_NO_THROW(ParseYaml("a: {x: 1}\nb: {x: 1}"));
}

TEST(DocumentFile, AMarkAndOtherLineEndsAreReadOver) {
  const test::TempDir folder;
  const auto read = [&](const char* name, std::string_view text) {
    return Document::Read(test::WriteText(folder / name, text)).Root();
  };
  EXPECT_EQ(read("a.json", "\xEF\xBB\xBF{\r\n\"a\": 1}\r\n").Key("a").AsInt(), 1);
  EXPECT_EQ(read("a.yaml",
                 "\xEF\xBB\xBF"
                 "a: 1\r\nb: |\r\n  c\r\n  d\r\n")
                .Key("b")
                .AsText(),
            "c\nd\n");
  EXPECT_EQ(read("a.yaml", "a: 1\rb: 2\r").Key("b").line(), 2);
  for (const char* name : {"a.json", "a.yaml"}) {
    ExpectErrorContains<ConfigError>([&] { read(name, std::string_view("\xFF\xFE{\0}\0", 6)); },
                                     {name, "UTF-16", "Save it as UTF-8"});
  }
}

TEST(JsonReader, ReadsWhatJsonAllows) {
  EXPECT_EQ(ParseJson(R"("\u00fc \ud83d\ude00 \/ \n")").Root().AsText(), "ü 😀 / \n");
  EXPECT_EQ(ParseJson("\xef\xbb\xbf{\t\"a\"\t:\t1}").Root().Key("a").AsInt(), 1);
  EXPECT_EQ(ParseJson("9223372036854775807").Root().AsInt(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseJson("-9223372036854775808").Root().AsInt(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ParseJson("18446744073709551615").Root().AsDouble(), 18446744073709551615.0);
  ExpectErrorContains<ConfigError>([] { ParseJson("18446744073709551615").Root().AsInt(); }, {"a whole number"});
  // Long keys, which YAML could not hold in one line.
  const std::string key(5000, 'k');
  EXPECT_EQ(ParseJson("{\"" + key + "\": 1}").Root().Key(key).AsInt(), 1);
  // Numbers in quotes are texts.
  ExpectErrorContains<ConfigError>([] { ParseJson("\"3\"").Root().AsInt(); }, {"the text '3'"});
}

TEST(YamlReader, TypesPlainScalarsByTheCoreSchema) {
  for (const char* text : {"yes", "no", "on", "off", "y", "0x10", "0o7", "1_000", "1.2.3", "inf", "nan", "e5", ".",
                           "+-3", "truE", "12 px"}) {
    EXPECT_EQ(ParseYaml(text).Root().AsText(), text);
  }
  for (const char* text : {"'true'", "\"3\"", "'~'", "''"}) EXPECT_TRUE(ParseYaml(text).Root().IsText()) << text;
  for (const char* text : {"a: ~", "a: null", "a:"}) EXPECT_TRUE(ParseYaml(text).Root().Key("a").IsNull()) << text;
  for (const char* text : {"True", "TRUE", "true"}) EXPECT_TRUE(ParseYaml(text).Root().AsBool());
  for (const char* text : {"+3", "3", "3.0", "3e0", "3."}) EXPECT_EQ(ParseYaml(text).Root().AsInt(), 3) << text;
  EXPECT_EQ(ParseYaml(".5").Root().AsDouble(), 0.5);
  EXPECT_EQ(ParseYaml("-.5e-1").Root().AsDouble(), -0.05);
  EXPECT_EQ(ParseYaml("99999999999999999999").Root().AsDouble(), 1e20);
}

TEST(YamlReader, NumbersAreFinite) {
  for (const char* text : {".nan", ".inf", "-.inf", "1e999", "-1e999"}) {
    ExpectErrorContains<ConfigError>([&] { ParseYaml(text).Root().AsDouble(); }, {text, "finite number"});
  }
}

TEST(YamlReader, MarkersOfADocumentAreRead) {
  ExpectYamlError("", {"a.yaml: the file is empty"});
  ExpectYamlError("# nothing\n", {"a.yaml: the file is empty"});
  EXPECT_EQ(ParseYaml("a: 1\n...\n").Root().Key("a").AsInt(), 1);
  EXPECT_EQ(ParseYaml("---\na: |\n  text\n").Root().Key("a").AsText(), "text\n");
}

TEST(YamlReader, RefusesTagsAndStrangeKeys) {
  ExpectYamlError("a: !!python/object:os.system x", {"a.yaml:1: a: YAML tags are not supported"});
  ExpectYamlError("a: !!str 3", {"tags"});
  ExpectYamlError("!thing {a: 1}", {"tags"});
  ExpectYamlError("a: &x 1\n*x : 2\n", {"an alias cannot be a key"});
}

TEST(YamlReader, AliasesAreCopies) {
  const Document document = ParseYaml("a: &x\n  - 1\n  - &y {k: 2}\nb: *x\nc: [*y, *y]\nd: &x 9\ne: *x\n");
  EXPECT_EQ(document.Root().ToJson(),
            Json::parse(R"({"a": [1, {"k": 2}], "b": [1, {"k": 2}], "c": [{"k": 2}, {"k": 2}], "d": 9, "e": 9})"));
  ExpectYamlError("a: &x [1, *x]", {"inside its own anchor"});
  ExpectYamlError("&r {a: {b: *r}}", {"inside its own anchor"});
}

TEST(Limits, NestingIsBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(ParseJson(nested(Document::kMaxDepth)));
  EXPECT_NO_THROW(ParseYaml(nested(Document::kMaxDepth)));
  ExpectJsonError(nested(Document::kMaxDepth + 1), {"a.json:1", "nested deeper than 64"});
  ExpectYamlError(nested(Document::kMaxDepth + 1), {"a.yaml:1", "nested deeper than 64"});
  ExpectJsonError(std::string(1'000'000, '['), {"nested deeper"});
  ExpectYamlError(std::string(1'000'000, '['), {"a.yaml:1"});
  std::string blocks;
  for (int i = 0; i < 100; ++i) blocks += std::string(i, ' ') + "a:\n";
  ExpectYamlError(blocks, {"nested deeper"});
  std::string dashes;
  for (int i = 0; i < 100; ++i) dashes += "- ";
  ExpectYamlError(dashes, {"nested deeper"});
}

TEST(Limits, AliasBombsAreRefused) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    laughs += name + ": &" + name + " [" + last;
    for (int k = 1; k < 10; ++k) laughs += ", " + last;
    laughs += "]\n";
  }
  ExpectYamlError(laughs, {"more than 1000000 values"});

  std::string tower = "a0: &a0 [x]\n";  // deep by aliases alone
  for (int i = 1; i < 80; ++i) {
    tower += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  ExpectYamlError(tower, {"nested deeper"});
}

TEST(Limits, ValuesAndBytesAreCounted) {
  std::string many = "[0";
  for (size_t i = 0; i < Document::kMaxValues; ++i) many += ",0";
  ExpectJsonError(many + "]", {"more than 1000000 values"});
  ExpectJsonError(std::string(Document::kMaxBytes + 1, ' '), {"larger than 16.0 MiB"});
}

TEST(Assignment, SplitsPathAndValue) {
  const Node root = Document::FromAssignment("a.b.c=x=y.z").Root();
  EXPECT_EQ(root.Key("a").Key("b").Key("c").AsText(), "x=y.z");
  EXPECT_EQ(Document::FromAssignment("a=").Root().Key("a").AsText(), "");
  for (const char* text : {"", "=", "a", "=1", ".a=1", "a.=1", "a..b=1"}) {
    ExpectErrorContains<ConfigError>([&] { Document::FromAssignment(text); }, {"section.key=value"});
  }
}

TEST(Assignment, TheReaderDecidesTheType) {
  const auto value = [](const std::string& text) { return Document::FromAssignment("k=" + text).Root().Key("k"); };
  EXPECT_EQ(value("323").AsInt(), 323);
  EXPECT_EQ(value("323").AsDouble(), 323);
  EXPECT_EQ(value("323").AsText(), "323");
  EXPECT_EQ(value("true").AsText(), "true");
  EXPECT_EQ(value("null").AsText(), "null");
  EXPECT_EQ(value(" spaced ").AsText(), " spaced ");
  EXPECT_TRUE(value("true").AsBool());
  ExpectErrorContains<ConfigError>([&] { value("yes").AsBool(); }, {"'k=yes': k: found the text 'yes'"});
  ExpectErrorContains<ConfigError>([&] { value("").AsDouble(); }, {"'k=': k: found nothing"});
  ExpectErrorContains<ConfigError>([] { Document::FromAssignment("k=\xff\xfe"); }, {"UTF-8"});
}

TEST(Assignment, TakesLists) {
  const auto texts = [](const std::string& text) {
    std::vector<std::string> items;
    for (const Node& item : Document::FromAssignment("k=" + text).Root().Key("k").Items())
      items.push_back(item.AsText());
    return items;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("[3, 5, 8]"), (Texts{"3", "5", "8"}));
  EXPECT_EQ(texts("3,5"), (Texts{"3", "5"}));
  EXPECT_EQ(texts("one"), (Texts{"one"}));
  EXPECT_EQ(texts("cat, 'a, b', 007"), (Texts{"cat", "a, b", "007"}));
  EXPECT_EQ(texts("[]"), Texts{});
  EXPECT_EQ(texts(""), Texts{});
  ExpectErrorContains<ConfigError>([&] { texts("[1, 2"); }, {"'k=[1, 2'"});
  ExpectErrorContains<ConfigError>([&] { texts("[1] [2]"); }, {"'k=[1] [2]'"});
  ExpectErrorContains<ConfigError>([&] { texts("{a: 1}, x]"); }, {"k="});
  EXPECT_EQ(Document::FromAssignment("k=1, 2.5").Root().Key("k").Items()[1].AsDouble(), 2.5);
}

}  // namespace
}  // namespace danas
