#include <gmock/gmock.h>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Outcome Danas(const std::vector<std::string>& arguments, const std::string& before = "") {
  return RunDanas(std::filesystem::temp_directory_path(), arguments, before);
}

TEST(CommandLine, HelpNamesEveryCommandAndEachHasExamples) {
  const Outcome help = Danas({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* name :
       {"search", "finetune", "evaluate", "cost", "compare", "space", "config", "data", "bench", "version"}) {
    EXPECT_THAT(help.out, HasSubstr(std::string("\n  ") + name + " ")) << name;
  }
  for (const char* name : {"search", "finetune", "evaluate", "cost"}) {
    const Outcome command = Danas({name, "--help"});
    EXPECT_EQ(command.code, 0);
    EXPECT_THAT(command.out, HasSubstr(std::string("danas ") + name)) << name;
    EXPECT_THAT(command.out, HasSubstr("Example")) << name;
    EXPECT_EQ(Danas({"help", name}).out, command.out);
  }
}

TEST(CommandLine, WithoutACommandTheHelpIsAnError) {
  const Outcome outcome = Danas({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("search"));
}

TEST(CommandLine, MistypedWordsGetTheOneThatWasMeant) {
  const struct {
    std::vector<std::string> arguments;
    const char* expected;
  } cases[] = {
      {{"serch"}, "did you mean search?"},
      {{"space", "lst"}, "did you mean list?"},
      {{"search", "--confg", "x.json"}, "did you mean --config?"},
      {{"search", "--confg=x.json"}, "did you mean --config?"},
      {{"space"}, "danas space --help"},
      {{"finetune"}, "--arch is required"},
      {{"evaluate"}, "--run, --arch and --model"},
      {{"cost"}, "--space and --arch"},
      {{"cost", "--space", "mobile", "--size", "big"}, "--size"},
      {{"space", "show", "mobile", "--graph", "mobile.png"},
       "--graph 'mobile.png': expected a file whose name ends in .svg"},
      {{"space", "show", "mobile", "--graph", ""}, ".svg"},
      {{"completion", "fish"}, "fish"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Outcome outcome = Danas(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(expected));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST(CommandLine, HelpIsNoAnswerToAWordThatIsWrong) {
  const struct {
    std::vector<std::string> arguments;
    const char* expected;
  } cases[] = {
      {{"serch", "--help"}, "unexpected argument 'serch' (did you mean search?). See danas --help"},
      {{"help", "serch"}, "did you mean search?"},
      {{"--help", "serch"}, "did you mean search?"},
      {{"serch", "--version"}, "did you mean search?"},
      {{"data", "inof", "--help"}, "unexpected argument 'inof' (did you mean info?). See danas data --help"},
      {{"data", "info", "data", "more", "--help"}, "unexpected argument 'more'"},
      {{"--versoin", "--help"}, "unknown option '--versoin' (did you mean --version?)"},
      {{"search", "--confg", "x", "-h"}, "did you mean --config?"},
      {{"search", "-qz", "--help"}, "unknown option '-z'"},
      {{"NOSUCH", "--help"}, "unexpected argument 'NOSUCH'"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Outcome outcome = Danas(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(expected));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST(CommandLine, Versions) {
  EXPECT_THAT(Danas({"--version"}).out, StartsWith("danas "));
  const Json built = Json::parse(Danas({"version", "--json"}).out);
  for (const char* key : {"danas", "commit", "torch", "opencv", "cuda_parts", "build_type", "compiler"}) {
    EXPECT_TRUE(built.contains(key)) << key;
  }
  const Json full = Json::parse(Danas({"version", "--full", "--json"}).out);
  EXPECT_EQ(full["torch"], built["torch"]);
  EXPECT_THAT(full["torch_build"].get<std::string>(), HasSubstr("PyTorch"));
}

// What bash offers for these words, the last of them still being typed.
std::string BashOffers(const std::string& words) {
  const TempDir folder;
  WriteText(folder / "completion", Danas({"completion", "bash"}).out);
  const std::string script = "source " + Quoted((folder / "completion").string()) + "; COMP_WORDS=(" + words +
                             "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _danas; echo \"${COMPREPLY[@]}\"";
  const std::string command = "bash -c " + Quoted(script) + " >" + Quoted((folder / "offers").string());
  EXPECT_EQ(std::system(command.c_str()), 0);
  return ReadText(folder / "offers");
}

TEST(CommandLine, CompletionKnowsCommandsAndOptions) {
  EXPECT_EQ(BashOffers("danas sp"), "space\n");
  EXPECT_EQ(BashOffers("danas space sa"), "sample\n");
  EXPECT_EQ(BashOffers("danas space sample --ba"), "--band\n");
  EXPECT_EQ(BashOffers("danas search --config x --dr"), "--dry-run\n");
  const Outcome zsh = Danas({"completion", "zsh"});
  EXPECT_THAT(zsh.out, StartsWith("#compdef danas"));
  EXPECT_THAT(zsh.out, HasSubstr("--latency-table:"));
}

TEST(CommandLine, ManPageHasEveryCommand) {
  const Outcome man = Danas({"man"});
  EXPECT_THAT(man.out, StartsWith(".TH DANAS 1"));
  for (const char* title : {".SS danas search", ".SS danas space sample", ".SS danas data info"}) {
    EXPECT_THAT(man.out, HasSubstr(title));
  }
}

TEST(CommandLine, ColoursNeverReachAFile) {
  for (const char* before : {"", "NO_COLOR=1"}) {
    EXPECT_THAT(Danas({"cost", "--space", "nonsense"}, before).err, Not(HasSubstr("\x1b")));
  }
}

TEST(CommandLine, AFullDeviceOnStandardOutputIsAnError) {
  const TempDir folder;
  const std::string command = Quoted(DANAS_PROGRAM) + std::string(" config schema >/dev/full 2>") +
                              Quoted((folder / "err").string());
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_THAT(ReadText(folder / "err"), HasSubstr("standard output"));
}

TEST(CommandLine, ShippedSpacesAndConfigsAreListed) {
  EXPECT_THAT(Danas({"config", "list"}).out, HasSubstr("imagenet_shuffle_mobile\n"));
  const Json spaces = Json::parse(Danas({"space", "list", "--json"}).out);
  EXPECT_GE(spaces.size(), 12u);
  EXPECT_EQ(Danas({"space", "list"}).err, "");
  EXPECT_THAT(Danas({"space", "show", "mobile"}).out, HasSubstr("ir_e6_k5"));
}

TEST(CommandLine, ASpaceIsDrawnBesideWhatIsShown) {
  const TempDir folder;
  for (const std::vector<std::string>& show : std::vector<std::vector<std::string>>{
           {"space", "show", "mobile_tiny"}, {"space", "show", "mobile_tiny", "--json"}}) {
    const std::string file = (folder / (std::to_string(show.size()) + ".svg")).string();
    std::vector<std::string> draw = show;
    draw.insert(draw.end(), {"--graph", file});
    const Outcome drawn = Danas(draw);
    EXPECT_EQ(drawn.code, 0) << drawn.err;
    EXPECT_EQ(drawn.out, Danas(show).out);
    EXPECT_THAT(drawn.err, HasSubstr("graph written to " + file));
    EXPECT_THAT(ReadText(file), StartsWith("<svg"));
  }
  EXPECT_THAT(Danas({"space", "show", "mobile_tiny"}).err, Not(HasSubstr("graph")));
}

TEST(CommandLine, ACheckDrawsTheBlocksThatAFileDefines) {
  const std::string spaces = DANAS_SOURCE_DIR "/configs/spaces/";
  const std::string shipped = spaces + "mobile_tiny.json", defined = spaces + "defined_small.json";
  EXPECT_EQ(Danas({"space", "check", shipped}).out, shipped + ": valid\n");
  const std::string drawn = Danas({"space", "check", defined}).out;
  EXPECT_THAT(drawn, StartsWith(defined + ": valid\n\n"));
  EXPECT_THAT(drawn, HasSubstr(" in layers[0] (3 -> 8, stride 2):\ninput  "));
  EXPECT_THAT(drawn, Not(HasSubstr("ir_e3")));  // a shipped one
}

}  // namespace
}  // namespace danas::test
