// danas's options behind torchrun, whose parser looks for its own in the whole line: `torchrun ... danas search --run
// DIR` is an error of torchrun, since --run begins like its --run-path and --run_path. Launchers that stop looking at
// the program's name (srun, mpirun) or take no abbreviations (accelerate) claim nothing.
#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kNotBehindTorchrun = "--run";

// Every option of every command, and every letter that could be one.
std::set<std::string> Options() {
  const std::string completion = RunDanas(std::filesystem::temp_directory_path(), {"completion", "zsh"}).out;
  const std::regex option("--[a-z][-a-z0-9]*");
  std::set<std::string> options(std::sregex_token_iterator(completion.begin(), completion.end(), option),
                                std::sregex_token_iterator());
  for (char letter = 'a'; letter <= 'z'; ++letter) options.insert(std::string("-") + letter);
  return options;
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

// Names of torchrun that an option abbreviates. One alone is an error only for some versions of Python, but torchrun
// has each of its longer options twice, with - and with _.
std::vector<std::string> Abbreviated(const std::string& option, const std::vector<std::string>& names) {
  std::vector<std::string> abbreviated;
  for (const std::string& name : names) {
    if (name == option) return {};  // taken as it is, and handed on
    if (option.starts_with("--") && name.starts_with(option)) abbreviated.push_back(name);
  }
  return abbreviated;
}

TEST(LauncherOptions, NoneButRunAbbreviatesOneOfTorchrun) {
  const std::vector<std::string> names = Words(ReadText(SourcePath("tests/tools/torchrun_options.txt")));
  ASSERT_THAT(names, Contains("--run-path"));
  const std::set<std::string> options = Options();
  ASSERT_THAT(options, Contains("--latency-table"));
  ASSERT_THAT(options, Contains("--run-folder"));
  for (const std::string& option : options) {
    if (option == kNotBehindTorchrun) continue;
    EXPECT_THAT(Abbreviated(option, names), ElementsAre()) << option;
  }
  EXPECT_THAT(Abbreviated(kNotBehindTorchrun, names), ElementsAre("--run-path", "--run_path"));
}

TEST(LauncherOptions, AllNamesOfTheRunFolderDo) {
  SmallProject project;
  for (const char* name : {"-r", "--run", "--run-folder"}) {
    const std::string folder = std::string("run") + name;
    const Outcome outcome = project.Run({"search", "--quiet", "--no-probe", "--config", "config.json", name, folder});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(std::filesystem::exists(project / folder / "best.json")) << name;
  }
}

// Lines of a text, those that end in a backslash joined with the next.
std::vector<std::string> JoinedLines(std::string text) {
  for (size_t at = text.find("\\\n"); at != std::string::npos; at = text.find("\\\n", at)) text.replace(at, 2, " ");
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(LauncherOptions, WhatIsWrittenBehindTorchrunReachesDanas) {
  int found = 0;
  for (const char* folder : {".", "docs", "scripts", "scripts/cluster"}) {
    for (const auto& entry : std::filesystem::directory_iterator(SourcePath(folder))) {
      if (!entry.is_regular_file()) continue;
      for (const std::string& line : JoinedLines(ReadText(entry.path()))) {
        const size_t start = line.find("torchrun --");
        if (start == std::string::npos) continue;
        ++found;
        if (line.find(" -- danas") != std::string::npos) continue;
        EXPECT_THAT(line.substr(start), Not(testing::ContainsRegex(" --run[ =]"))) << entry.path();
      }
    }
  }
  EXPECT_GE(found, 2);
}

// With the whole wheel set of torch alone (scripts/setup --cuda).
class TorchrunParser : public testing::Test {
 protected:
  // Standard output of the script beside this file, by words.
  static std::vector<std::string> Asked(const std::string& arguments) {
    const TempDir folder;
    const std::string out = (folder / "out").string();
    const int status = std::system((kPython + " " + Quoted(SourcePath("tests/tools/torchrun_options.py").string()) +
                                    " " + arguments + " >" + Quoted(out) + " 2>" + Quoted((folder / "err").string()))
                                       .c_str());
    EXPECT_EQ(status, 0) << ReadText(folder / "err");
    return Words(ReadText(out));
  }

  void SetUp() override {
    if (std::system((kPython + " -c 'import torch.distributed.run' >/dev/null 2>&1").c_str()) != 0) {
      GTEST_SKIP() << "torchrun needs the wheels of scripts/setup --cuda";
    }
  }

  static inline const std::string kPython = Quoted(std::string(DANAS_SOURCE_DIR) + "/.venv/bin/python");
};

TEST_F(TorchrunParser, HandsOnEveryOptionButRun) {
  std::string arguments;
  for (const std::string& option : Options()) arguments += " " + option;
  // Newer versions of Python hand on that one as well.
  for (const std::string& option : Asked(arguments)) EXPECT_EQ(option, kNotBehindTorchrun);
}

TEST_F(TorchrunParser, KnowsWhatTheListSays) {
  const std::vector<std::string> known = Asked("--list");
  for (const std::string& name : Words(ReadText(SourcePath("tests/tools/torchrun_options.txt")))) {
    EXPECT_THAT(known, Contains(name)) << "write the list again: torchrun_options.py --list";
  }
}

}  // namespace
}  // namespace danas::test
