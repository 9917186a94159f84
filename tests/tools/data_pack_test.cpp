// `danas data pack`, `check` and `info`, as a user runs them; and searches on what was packed.
#include <gmock/gmock.h>

#include <future>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class DataPack : public testing::Test {
 protected:
  Outcome Pack(const std::vector<std::string>& options = {"--keep-bytes"}, const std::string& before = "") const {
    std::vector<std::string> arguments = {"data", "pack", "data", "packed", "--threads", "2"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return project_.Run(arguments, before);
  }
  Outcome Check(const std::string& path) const { return project_.Run({"data", "check", path, "--threads", "2"}); }
  Outcome Search(const std::string& data, const std::string& run) const {
    return project_.Run({"search", "--quiet", "--no-probe", "--config", "config.json", "--data", data, "--run", run});
  }
  Json Info(const std::string& data) const {
    const Outcome outcome = project_.Run({"data", "info", "--json", "--data", data});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return Json::parse(outcome.out);
  }

  SmallProject project_;
};

TEST_F(DataPack, ASearchOnKeptBytesIsTheSame) {
  const Outcome packed = Pack();
  ASSERT_EQ(packed.code, 0) << packed.err;
  EXPECT_THAT(packed.out, AllOf(HasSubstr("packed/test: 60 images"), HasSubstr("packed/train: 150 images")));
  ASSERT_EQ(Search("data", "folder").code, 0);
  const Outcome search = Search("packed", "packed-run");
  ASSERT_EQ(search.code, 0) << search.err;
  EXPECT_EQ(ReadText(project_ / "folder/weights.safetensors"), ReadText(project_ / "packed-run/weights.safetensors"));
  // But for where the data lies.
  const auto best = [&](const char* run) {
    Json json = Json::parse(ReadText(project_ / run / "best.json"));
    json.at("origin").at("config").at("data").erase("root");
    json.at("origin").erase("dataset");
    return json;
  };
  EXPECT_EQ(best("folder"), best("packed-run"));
  EXPECT_EQ(Events(project_ / "folder/alpha.jsonl"), Events(project_ / "packed-run/alpha.jsonl"));
  // The test set, too.
  const auto evaluate = [&](const char* data) {
    const Outcome outcome =
        project_.Run({"finetune", "--arch", "folder/best.json", "--quiet", "--json", "--data", data, "--run",
                      std::string("tuned-") + data, "--set", "finetune.epochs=1"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return Json::parse(outcome.out).at("test_last_epoch").at("top1");
  };
  EXPECT_EQ(evaluate("data"), evaluate("packed"));
}

TEST_F(DataPack, InfoShowsBothSets) {
  ASSERT_EQ(Pack().code, 0);
  Json folder = Info("data"), packed = Info("packed");
  EXPECT_EQ(folder["classes"], packed["classes"]);
  EXPECT_EQ(packed["classes"][1], Json({{"id", "1"}, {"label", "1"}, {"train", 50}, {"test", 20}}));
  for (const char* set : {"train", "test"}) {
    EXPECT_EQ(packed[set]["format"], "lmdb");
    EXPECT_EQ(packed[set]["images"], folder[set]["images"]);
    EXPECT_EQ(packed[set]["fingerprint"], folder[set]["fingerprint"]);
    EXPECT_THAT(packed[set]["origin"].get<std::string>(), HasSubstr("(idx), bytes kept"));
  }
  const Outcome alone = project_.Run({"data", "info", "--data", "packed/train"});
  EXPECT_EQ(alone.code, 0) << alone.err;
  EXPECT_THAT(alone.out, AllOf(HasSubstr("set: 150 images, lmdb, packed/train"), Not(HasSubstr("test"))));
}

TEST_F(DataPack, SettingsTellSetsApart) {
  ASSERT_EQ(Pack({"--quality", "80"}).code, 0);
  EXPECT_NE(Info("packed")["train"]["fingerprint"], Info("data")["train"]["fingerprint"]);
  const std::string before = ReadText(project_ / "packed/train/data.mdb");
  const Outcome again = Pack({"--quality", "80"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("packed/train: already packed; left unchanged"));
  EXPECT_THAT(again.out, HasSubstr("already packed"));
  const Outcome other = Pack({"--quality", "81"});
  EXPECT_EQ(other.code, 5);
  EXPECT_THAT(other.err, AllOf(HasSubstr("packed differently"), HasSubstr("quality 80 -> 81")));
  EXPECT_EQ(ReadText(project_ / "packed/train/data.mdb"), before);
  EXPECT_EQ(Pack({"--quality", "80", "--keep-bytes"}).code, 2);
  EXPECT_EQ(Pack({"--quality", "101"}).code, 2);
}

TEST_F(DataPack, OnlyANewFolderIsTaken) {
  WriteText(project_ / "packed/notes.txt", "precious");
  const Outcome used = Pack();
  EXPECT_EQ(used.code, 5);
  EXPECT_THAT(used.err, AllOf(HasSubstr("packed contains other files"), HasSubstr("notes.txt")));
  EXPECT_FALSE(fs::exists(project_ / "packed/train"));
  for (const char* name : {"photos/train/a/1.ppm", "photos/train/b/1.ppm"}) {
    WriteText(project_ / name, "P6\n2 1\n255\nabcdef");
  }
  const Outcome within = project_.Run({"data", "pack", "photos", "photos/train/packed"});
  EXPECT_EQ(within.code, 2);
  EXPECT_THAT(within.err, HasSubstr("is inside"));
  EXPECT_EQ(project_.Run({"data", "pack", "nowhere", "new"}).code, 4);
  EXPECT_FALSE(fs::exists(project_ / "new"));
}

TEST_F(DataPack, BadImagesStopItOrAreListed) {
  for (int i = 0; i < 6; ++i) {
    WriteText(project_ / "photos" / (i % 2 == 0 ? "ant" : "bee") / (std::to_string(i) + ".ppm"),
              "P6\n4 4\n255\n" + std::string(i == 3 ? 20 : 48, 'a'));
  }
  const std::vector<std::string> command = {"data", "pack", "photos", "out", "--keep-bytes"};
  const Outcome stopped = project_.Run(command);
  EXPECT_EQ(stopped.code, 4);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("bee/3.ppm"), HasSubstr("--skip-bad")));
  auto skipping = command;
  skipping.insert(skipping.end(), {"--skip-bad"});
  EXPECT_THAT(project_.Run(skipping).err, HasSubstr("data.most_bad"));  // 1 % by default
  skipping.insert(skipping.end(), {"--set", "data.most_bad=0.2"});
  const Outcome skipped = project_.Run(skipping);
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, AllOf(HasSubstr("5 images"), HasSubstr("1 bad images skipped")));
  const std::string listed = ReadText(project_ / "out/bad_files.txt");
  EXPECT_THAT(listed, HasSubstr("bee/3.ppm\t"));
  EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), 1);
  EXPECT_EQ(Check("out").code, 0);
}

// 20,000 images are five transactions.
class LargePack : public DataPack {
 protected:
  LargePack() { WriteBars(project_ / "data", "train", 20'000); }
};

TEST_F(LargePack, KilledAgainAndAgainItEnds) {
  int killed = 0;
  double seconds = 0.02;
  for (; killed < 100; seconds *= 1.2) {
    const Outcome outcome = Pack({"--keep-bytes"}, "timeout -s KILL " + std::to_string(seconds));
    if (outcome.code == 0) break;
    ASSERT_EQ(outcome.code, 128 + 9) << outcome.err;
    ++killed;
    if (killed % 5 != 0) continue;
    const Outcome unfinished = Search("packed", "run");
    if (unfinished.code == 0) {  // killed after the last write, so that the whole is there
      EXPECT_EQ(Info("packed")["train"]["images"], 20'000);
    } else {
      EXPECT_EQ(unfinished.code, 4) << unfinished.err;
      EXPECT_FALSE(fs::exists(project_ / "run/best.json"));
    }
    fs::remove_all(project_ / "run");
  }
  EXPECT_GT(killed, 0);
  EXPECT_EQ(Check("packed").code, 0);
  EXPECT_EQ(Info("packed")["train"]["images"], 20'000);
}

TEST_F(LargePack, AFullDiskIsToldAndItGoesOn) {
  const Outcome full = Pack({"--keep-bytes"}, "ulimit -f 4000;");  // 2 MB of about 8
  EXPECT_EQ(full.code, 5);
  EXPECT_THAT(full.err, AllOf(HasSubstr("cannot write packed/train/data.mdb"), HasSubstr("make room and run")));
  EXPECT_EQ(Search("packed", "run").code, 4);
  const Outcome again = Pack();
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("packed/train: continuing after"));
  EXPECT_EQ(Check("packed").code, 0);
}

TEST_F(LargePack, ProcessesReadOneSetAtOnce) {
  ASSERT_EQ(Pack().code, 0);
  auto other = std::async(std::launch::async, [&] { return Check("packed"); });
  const Outcome one = Check("packed"), two = other.get();
  for (const Outcome* outcome : {&one, &two}) {
    EXPECT_EQ(outcome->code, 0) << outcome->err;
    EXPECT_THAT(outcome->out, AllOf(HasSubstr("packed/train: 20,000 images, no errors"),
                                    HasSubstr("packed/test: 60 images, no errors")));
  }
}

class DamagedPack : public DataPack {
 protected:
  DamagedPack() { EXPECT_EQ(Pack().code, 0); }

  // In its last images, which lie where they were written first.
  void FlipOneBit() const {
    const std::string pixels = ReadText(project_ / "data/train-images-idx3-ubyte");
    std::string bytes = ReadText(project_ / "packed/train/data.mdb");
    const size_t at = bytes.find(pixels.substr(16 + 140 * 256, 256));
    ASSERT_NE(at, std::string::npos);
    bytes[at + 100] ^= 1;
    WriteText(project_ / "packed/train/data.mdb", bytes);
  }
};

TEST_F(DamagedPack, AFlippedBitIsFoundWithTheImagesName) {
  FlipOneBit();
  const std::string name = "packed/train, image 140 (train-images-idx3-ubyte, record 140)";
  const Outcome check = Check("packed");
  EXPECT_EQ(check.code, 4);
  EXPECT_THAT(check.out, AllOf(HasSubstr(name + ": damaged"), HasSubstr("packed/train: 150 images, errors: 1\n"),
                               HasSubstr("packed/test: 60 images, no errors\n")));
  const Outcome search = Search("packed", "run");
  EXPECT_EQ(search.code, 4);
  EXPECT_THAT(search.err, HasSubstr(name));
  const Outcome skipping = project_.Run({"search", "--quiet", "--no-probe", "--config", "config.json", "--data",
                                         "packed", "--set", "data.on_error=skip", "--run", "skipping"});
  EXPECT_EQ(skipping.code, 0) << skipping.err;
  EXPECT_THAT(ReadText(project_ / "skipping/bad_files.txt"), HasSubstr(name + "\t"));
}

TEST_F(DamagedPack, ATruncatedFileIsAnErrorNeverACrash) {
  const fs::path file = project_ / "packed/train/data.mdb";
  const std::string whole = ReadText(file);
  for (const double share : {0.7, 0.4, 0.1, 0.0}) {
    WriteText(file, whole.substr(0, static_cast<size_t>(share * static_cast<double>(whole.size()))));
    EXPECT_EQ(Check("packed").code, 4) << share;
    const Outcome search = Search("packed", "run");
    EXPECT_EQ(search.code, 4) << share << ": " << search.err;
    EXPECT_THAT(search.err, HasSubstr("packed/train"));
    fs::remove_all(project_ / "run");
  }
}

TEST_F(DataPack, CheckKnowsEveryFormat) {
  EXPECT_EQ(Check("data").code, 0);
  for (const char* name :
       {"photos/train/a/1.ppm", "photos/train/b/1.ppm", "photos/val/a/1.ppm", "photos/val/b/1.ppm"}) {
    WriteText(project_ / name, "P6\n2 1\n255\nabcdef");
  }
  WriteText(project_ / "photos/list.csv", "path,label\ntrain/a/1.ppm,x\nval/b/1.ppm,y\n");
  WriteText(project_ / "photos/val/b/1.ppm", "P6\n2 1\n255\nabc");
  fs::create_symlink("nowhere", project_ / "photos/train/a/2.jpg");
  const Outcome root = Check("photos");
  EXPECT_EQ(root.code, 4);
  EXPECT_THAT(root.out, AllOf(HasSubstr("photos/val/b/1.ppm: "), HasSubstr("photos/train/a/2.jpg: a link to nowhere"),
                              HasSubstr("photos/train: 3 images, errors: 1\n")));
  const Outcome manifest = project_.Run({"data", "check", "photos/list.csv", "--json"});
  EXPECT_EQ(manifest.code, 4);
  const Json json = Json::parse(manifest.out);
  EXPECT_EQ(json[0]["images"], 2);
  EXPECT_EQ(json[0]["broken"].size(), 1U);
  EXPECT_EQ(Check("nowhere").code, 4);
}

}  // namespace
}  // namespace danas::test
