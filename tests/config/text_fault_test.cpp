// What a file's writer can get wrong, and the words for it: none of them a library's.
#include <gtest/gtest.h>

#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "danas/core/error.h"
#include "src/config/yaml_lines.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

std::string ErrorOf(std::string_view text, TextFormat format) {
  return ExpectErrorContains<ConfigError>([&] { Document::Parse(text, format, "f"); }, {});
}

struct Case {
  std::string text;
  std::string error;
};

void ExpectYamlErrors(std::initializer_list<Case> cases) {
  for (const auto& [text, error] : cases) EXPECT_EQ(ErrorOf(text, TextFormat::kYaml), "f:" + error) << text;
}

TEST(YamlFault, Indentation) {
  const std::string tab = ": a tab in the indentation; YAML allows only spaces";
  ExpectYamlErrors({
      {"a: 1\n\tb: 2\n", "2:1" + tab},
      {"a:\n\tb: 2\n", "2:1" + tab},
      {"a:\n  b: 1\n\tc: 2\n", "3:1" + tab},
      {"a:\n  b: 1\n  \tc: 2\n", "3:3" + tab},
      {"a: |\n\ttext\n", "2:1" + tab},
      {"a: 1\n  b: 2\n", "2:3: this line is indented to belong to line 1, which has a value already"},
      {"a:\n  b: 1\n    c: 2\n", "3:5: this line is indented to belong to line 2, which has a value already"},
      {"a:\nb: 'x'\n c: 2\n", "3:2: this line is indented to belong to line 2, which has a value already"},
      {"a:\n  - {x: 1}\n   - {y: 1}\n", "3:4: this line is indented to belong to line 2, which has a value already"},
      {"a:\n  b: 1\n c: 2\n", "3:2: an indentation of 1 space matches no line above; 0 spaces would belong to line 1"},
      {"a:\n  - b: 1\n    c: 2\n   d: 3\n",
       "4:4: an indentation of 3 spaces matches no line above; 2 spaces would belong to line 2"},
      {" a: 1\nb: 2\n", "2:1: an indentation of 0 spaces matches no line above; the first has more"},
      {"a: |\n  x\n y\n", "3:2: an indentation of 1 space in text that begins with 2 spaces"},
      {"b: 1\n- a\n", "2:1: a list item among the keys that begin on line 1"},
      {"a:\n  - b\n  c: 1\n", "3:3: a key among the list items that begin on line 2"},
  });
}

TEST(YamlFault, KeysAndValues) {
  ExpectYamlErrors({
      {"seed:3\nb: 4\n", "1:1: a space is missing after the colon: 'seed: 3'"},
      {"b: 4\nseed:3\nc: 5\n", "2:1: a space is missing after the colon: 'seed: 3'"},
      {"train:\n  batch:32\n  epochs: 5\n", "2:3: a space is missing after the colon: 'batch: 32'"},
      {"l:\n- a\n- b\nother:4\nmore: 5\n", "4:1: a space is missing after the colon: 'other: 4'"},
      {"t: |\n  x:y\nb:1\nc: 2\n", "3:1: a space is missing after the colon: 'b: 1'"},
      {"\"a\":1\n\"b\":2\n", "1:5: a space is missing after the colon"},
      {"a: 1\nb\nc: 2\n", "2:1: this line has no 'key: value'; is a colon missing?"},
      {"a: 1\nb = 2\nc: 3\n",
       "2:1: YAML separates key and value with a colon and a space ('key: value'), not with '='"},
      {"// c\na: 1\n", "1:1: comments begin with '#' in YAML"},
      {"a: b: c\n", "1:5: a second colon on one line; text that contains a colon and a space needs quotes"},
      {"a: - b\n", "1:4: a list begins on a line of its own or is written in brackets: [a, b]"},
      {"a: ,\n", "1:4: a value is missing before the comma"},
      {"[section]\na: 1\n", "2:1: text after the closing bracket; is the first line meant as a key with a colon?"},
      {std::string(1100, 'k') + ": 1\n", "1:1101: a key of more than 1024 characters, which YAML does not allow"},
      {"? [1, 2]\n: 3\n", "1:1: a key after '?'; write it as 'key: value'"},
      {"[1, 2]: 3\n", "1:7: a key must be text, not a list or map"},
  });
}

TEST(YamlFault, BracketsAndQuotes) {
  ExpectYamlErrors({
      {"a: 1\nb: [1, 2\nc: 3\n", "2:4: this '[' is not closed; a ']' is missing"},
      {"a: {b: 1\n", "1:4: this '{' is not closed; a '}' is missing"},
      {"{a: 1,\nb: 2\n", "1:1: this '{' is not closed; a '}' is missing"},
      {"a: [1,\n  2}\n", "2:4: this '}' does not close the '[' of line 1"},
      {"a: {b: 1 c: 2}\n", "1:11: a comma is missing before this key"},
      {"a: [1, 2]]\n", "1:10: this bracket closes nothing; leave it out"},
      {"a: [1, 2] x\n", "1:11: text after the closing bracket"},
      {"a: 'open\nb: 3\n", "1:4: the quote that opens here is not closed"},
      {"a: \"open\nb: \"x\"\n", "1:4: the quote that opens here is not closed on its line"},
      {"a: 'it's'\n", "1:8: text after the closing quote; within single quotes a quote is doubled: 'it''s'"},
      {"a: \"x\" y\n", "1:8: text after the closing quote; within double quotes a quote is written \\\""},
      {"a: \"C:\\data\"\n",
       "1:7: '\\d' is not an escape; a backslash is written \\\\ in double quotes and \\ in single quotes"},
      {"a: \"\\ud83d\\ude00\"\n", "1:5: '\\ud83d' is one half of a character; write the character itself"},
  });
}

TEST(YamlFault, WhatIsMoreThanTextKeysAndLists) {
  const std::string tag = ": tags ('!') are not supported; text that begins with '!' needs quotes";
  ExpectYamlErrors({
      {"base: &b {x: 1}\nhere:\n  <<: *b\n  y: 2\n",
       "3: here: merge keys ('<<') are not supported; write out the keys, or use an alias for the whole map"},
      {"a: *.jpg\n", "1:4: no anchor of this name is defined above; text that begins with '*' needs quotes"},
      {"a: &\n", "1:5: a name is missing after '&'; text that begins with '&' needs quotes"},
      {"a: &x &y 1\n", "1:7: a value can have only one anchor"},
      {"a: @x\n", "1:4: text cannot begin with this character; put it in quotes"},
      {"a: !<x 1\n", "1:7" + tag},
      {"a: |x\n  x\n", "1:5: the line must end after '|' or '>'; the text begins on the next one"},
      {"%YAML 9.2\n---\na: 1\n", "1:1: unknown YAML version; leave the line out"},
      {"a: 1\n---\nb: 2\n", "2:1: a second document begins here; a file may contain only one"},
      {"a: 1\n...\nb: 2\n", "3:1: text after the end of the document; a file may contain only one"},
  });
}

// A key of that name is a text in quotes, or in JSON.
TEST(YamlFault, QuotedMergeKeysAreKeys) {
  EXPECT_EQ(Document::Parse("'<<': 1", TextFormat::kYaml, "f").Root().Key("<<").AsInt(), 1);
  EXPECT_EQ(Document::Parse("{\"<<\": 1}", TextFormat::kJson, "f").Root().Key("<<").AsInt(), 1);
}

// What yaml-cpp takes for a text or a key: the reader that wanted something else says why.
TEST(YamlFault, MissingSpacesThatAreNoError) {
  const auto parse = [](std::string_view text) { return Document::Parse(text, TextFormat::kYaml, "f"); };
  ExpectErrorContains<ConfigError>(
      [&] { parse("train:\n  batch:32\n").Root().Key("train").Find("batch"); },
      {"f:2: train: found the text 'batch:32', expected a map; a space is missing after the colon: 'batch: 32'"});
  const Document last = parse("seed: 1\nlr:3\n");
  last.Root().Find("seed");
  ExpectErrorContains<ConfigError>([&] { last.RejectUnreadKeys(); },
                                   {"f:2: lr:3: unknown key; a space is missing after the colon: 'lr: 3'"});
  ExpectErrorContains<ConfigError>([&] { parse("a: https://x.y").Root().Key("a").Find("b"); },
                                   {"found the text 'https://x.y', expected a map"});
}

// The search for a fault is only as good as its silence on sound texts.
TEST(YamlFault, IsNoneInShippedFiles) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::SourcePath("configs"))) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const auto fault = FindMisleadingLine(test::ReadText(entry.path()), INT64_MAX);
    EXPECT_FALSE(fault) << FaultText(entry.path().string(), *fault);
  }
  EXPECT_GT(files, 0U);
}

TEST(YamlFault, IsNoneInSoundTexts) {
  for (const char* text : {"a: 1\n", "a:\n- b\n- c: 1\n  d: [1,\n  2]\ne: {x: 'it''s', y: \"q\\\"\"}\n",
                           "a: |\n  x: y\n\n   z\nb: >-\n  t\n", "a: some text\n  that goes on\nb: 'one\n  two'\n",
                           "- - 1\n  - 2\n- - 3\n", "# c\n---\na: b # c\n...\n", "a: &x [1]\nb: *x\nc: http://x\n",
                           "{\n  \"a\": 1,\n  \"b\": [\n1\n]\n}\n", "a:\n  text alone\nb: 2\n",
                           "a: [x, {b: 1}, 'y: z', # c\n  \"q\"]\n"}) {
    const auto fault = FindMisleadingLine(text, INT64_MAX);
    EXPECT_FALSE(fault) << text << FaultText("", *fault);
  }
}

// Bytes that look like much and are nothing: in time, and without a stack that grows.
TEST(YamlFault, LargeTextsAreNoTrouble) {
  std::string dashes = "a: ]\n";
  for (int i = 0; i < 1'000'000; ++i) dashes += "- ";
  EXPECT_EQ(ErrorOf(dashes, TextFormat::kYaml), "f:1:4: this bracket closes nothing; leave it out");
  std::string keys;
  for (int i = 0; i < 100'000; ++i) keys += "k" + std::to_string(i) + ": [1, 'x']\n";
  EXPECT_EQ(ErrorOf(keys + "a: ]\n", TextFormat::kYaml), "f:100001:4: this bracket closes nothing; leave it out");
}

TEST(JsonReader, NamesFaultAndPlace) {
  EXPECT_EQ(ErrorOf("{\n\"a\": 1,\n}", TextFormat::kJson), "f:2:7: a comma before the closing '}'; leave it out");
  EXPECT_EQ(ErrorOf("{\n  \"a\": True\n}", TextFormat::kJson), "f:2:8: JSON writes true, not 'True'");
  EXPECT_EQ(ErrorOf(" \n", TextFormat::kJson), "f: the file is empty");
  EXPECT_EQ(ErrorOf(std::string_view("{}\0{}", 5), TextFormat::kJson),
            "f:1:3: a control character (byte 0); text files contain none");
  EXPECT_EQ(ErrorOf("\x89PNG\r\n\x1a", TextFormat::kJson),
            "f:1:1: bytes that are not UTF-8; save the file in that encoding");
}

TEST(FormatsByName, TheOtherOneIsNamed) {
  const std::string yaml = "f: this is YAML, but the file is named as JSON; rename it to end in .yaml";
  for (const char* text : {"a: 1\nb: 2\n", "# c\n\n---\na: 1\n", "- a\n",
                           "\xEF\xBB\xBF"
                           "train:\n  batch: 1\n"}) {
    EXPECT_EQ(ErrorOf(text, TextFormat::kJson), yaml) << text;
  }
  EXPECT_EQ(ErrorOf("# c\n{}", TextFormat::kJson), "f:1:1: JSON does not allow comments; leave this one out");
  EXPECT_EQ(ErrorOf("{\"a\": \"\\ud83d\\ude00\"}", TextFormat::kYaml),
            "f:1:14: this is JSON that contains something YAML does not allow; rename the file to end in .json");
}

TEST(FormatsByName, YmlIsYaml) {
  const TempDir folder;
  EXPECT_EQ(LoadConfig(WriteText(folder / "c.yml", "seed: 7\n").string()).seed, 7);
  ExpectErrorContains<ConfigError>([&] { LoadConfig(WriteText(folder / "c.yml", "").string()); },
                                   {"c.yml: the file is empty"});
  ExpectErrorContains<FileError>([&] { Document::Read(folder.path()); },
                                 {folder.path().string() + " is a folder, expected a JSON or YAML file"});
}

}  // namespace
}  // namespace danas
