#include "danas/events/run_log.h"

#include <gmock/gmock.h>

#include <fstream>

#include "danas/events/line_reader.h"
#include "danas/events/log_excerpt.h"
#include "danas/events/search_events.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ReadText;
using test::TempDir;
using test::WriteText;
using testing::ElementsAre;

std::string Line(const std::string& event, Json fields = Json::object()) {
  Json line = {{"event", event}, {"time", "2026-01-31T12:00:00Z"}};
  line.update(fields);
  return line.dump() + "\n";
}

// A process that is killed before its first checkpoint, and one that goes on, say the same of themselves.
TEST(RecordNews, OnlyWhatTheLogDoesNotSayLast) {
  const TempDir folder;
  const RunFolder run(folder / "run");
  JsonlSink sink(run);
  const auto by = [](const std::string& version) { return Event{"written_by", {{"danas", version}, {"n", 0.1}}}; };
  const auto log = run / "log.jsonl";
  events::RecordNews(&sink, log, {by("1"), {"data_moved", {{"to", "a"}}}});
  sink.Record({"epoch", {{"phase", "step1"}}});
  events::RecordNews(&sink, log, {by("1"), {"data_moved", {{"to", "b"}}}});
  events::RecordNews(&sink, log, {by("2")});
  events::RecordNews(&sink, log, {by("1")});
  events::RecordNews(nullptr, log, {by("3")});

  std::vector<std::string> told;
  for (const events::LogLine& line : events::ParseLog(ReadText(log))) {
    told.push_back(events::NameOfLine(line.event) + line.event.value("danas", "") + line.event.value("to", ""));
  }
  EXPECT_THAT(told, ElementsAre("written_by1", "data_moveda", "epoch", "data_movedb", "written_by2", "written_by1"));
}

TEST(JsonlSink, OneWholeLineAnEventAndAlphaApart) {
  const TempDir folder;
  const RunFolder run(folder / "run");
  JsonlSink sink(run);
  sink.Record({"epoch", {{"phase", "step1"}, {"loss", 0.1}}});
  sink.Record({"alpha", {{"values", {0.25, -1e-9}}}});
  sink.Record({"search_end", Json::object()});

  const std::string log = ReadText(run / "log.jsonl");
  ASSERT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  const Json epoch = Json::parse(log.substr(0, log.find('\n')));
  EXPECT_EQ(epoch["event"], "epoch");
  EXPECT_EQ(epoch["phase"], "step1");
  EXPECT_EQ(epoch["loss"].get<double>(), 0.1);
  EXPECT_TRUE(epoch.contains("time"));
  const Json alpha = Json::parse(ReadText(run / "alpha.jsonl"));
  EXPECT_EQ(alpha["values"][1].get<double>(), -1e-9);
}

TEST(JsonlSink, WritesTextThatIsNotUtf8) {
  const TempDir folder;
  const RunFolder run(folder / "run");
  JsonlSink(run).Record({"data", {{"class", "caf\xe9"}}});
  EXPECT_EQ(Json::parse(ReadText(run / "log.jsonl"))["class"], "caf\xEF\xBF\xBD");
}

TEST(ParseLog, NamesPlacesAndLeavesOutWhatIsNoEvent) {
  const std::string text = Line("a") + "no event\n[1]\n{\"event\":5}\n\n" + Line("b") + R"({"event":"half)";
  const std::vector<events::LogLine> lines = events::ParseLog(text);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].begin, 0U);
  EXPECT_EQ(events::NameOfLine(lines[1].event), "b");
  EXPECT_EQ(text.substr(lines[1].begin), Line("b") + R"({"event":"half)");
}

// Whatever the order of its keys, and wherever the words stand.
TEST(EndsWith, LooksAtTheLastEventsName) {
  const TempDir folder;
  const auto ends = [&](const std::string& text) {
    return events::EndsWith<events::SearchEnd>(WriteText(folder / "log.jsonl", text));
  };
  EXPECT_TRUE(ends(Line("epoch") + Line("search_end")));
  EXPECT_TRUE(ends("{\"time\":\"x\",\"event\":\"search_end\"}\n"));
  EXPECT_FALSE(ends(Line("search_end") + Line("epoch")));
  EXPECT_FALSE(ends(Line("epoch", {{"note", "\"event\":\"search_end\""}})));
  EXPECT_FALSE(ends(""));
  EXPECT_FALSE(events::EndsWith<events::SearchEnd>(folder / "none"));
}

TEST(LogExcerpt, OfALargeLogOnlyTheEndsAreRead) {
  const TempDir folder;
  const std::filesystem::path log = WriteText(folder / "log.jsonl", Line("search_start"));
  constexpr uintmax_t kHundredMegabytes = 100'000'000;
  std::filesystem::resize_file(log, kHundredMegabytes);  // a hole, without a single newline
  std::ofstream(log, std::ios::app) << "\n" << Line("epoch");
  const LogExcerpt excerpt = ReadLogExcerpt(log);
  EXPECT_LE(excerpt.bytes_read, kLogHeadBytes + kLogTailBytes);
  ASSERT_EQ(excerpt.events.size(), 2U);
  EXPECT_EQ(excerpt.events[1].at("event"), "epoch");
  EXPECT_EQ(excerpt.broken, 0);
}

TEST(LogExcerpt, NeverReadsALineTwiceOrHalf) {
  const TempDir folder;
  std::string text;
  for (int i = 0; i < 10; ++i) text += Line("epoch", {{"epoch", i}});
  const std::filesystem::path log = WriteText(folder / "log.jsonl", text);
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t head = 0; head <= size; head += 7) {
    for (int64_t tail = 0; head + tail <= size; tail += 11) {
      const LogExcerpt excerpt = ReadLogExcerpt(log, head, tail);
      EXPECT_EQ(excerpt.broken, 0);
      int64_t last = -1;
      for (const Json& event : excerpt.events) {
        EXPECT_GT(event.at("epoch").get<int64_t>(), last) << head << " " << tail;
        last = event.at("epoch").get<int64_t>();
      }
    }
  }
}

TEST(LineReader, ReadsLargeFilesInParts) {
  const TempDir folder;
  const std::string line(700'000, 'x');
  WriteText(folder / "log", line + "\n" + line + line + line + "\n" + "end\nhalf");
  LineReader reader(folder / "log");
  std::vector<size_t> sizes;
  for (LineReader::Lines lines = reader.Read(); !lines.lines.empty(); lines = reader.Read()) {
    for (const std::string& read : lines.lines) sizes.push_back(read.size());
  }
  EXPECT_THAT(sizes, testing::ElementsAre(700'000, 2'100'000, 3));
  EXPECT_TRUE(LineReader(folder / "none").Read().lines.empty());
}

}  // namespace
}  // namespace danas
