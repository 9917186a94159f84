// A run's log: log.jsonl and alpha.jsonl in its folder, one event a line (docs/events.md). Its writer, and how it is
// read.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "danas/core/file.h"
#include "danas/core/run_folder.h"
#include "danas/events/describe.h"

namespace danas {

// One line for people and programs, {"event": name, "time": "2026-01-31T12:00:00Z", ...fields}, at the end of
// log.jsonl, or of alpha.jsonl for the events of α. Numbers are written so that reading gives the same double.
class JsonlSink : public MetricSink {
 public:
  explicit JsonlSink(const RunFolder& folder);
  void Record(const Event& event) override;  // throws FileError when the disk is full

 private:
  AppendFile log_;
  AppendFile alpha_;
};

namespace events {

// The event of a line; null where it is none: no object, or without a name.
Json ParseLine(std::string_view line);

// Its name and its time, which ParseLine() gave; empty where it has none.
std::string NameOfLine(const Json& event);
std::string TimeOfLine(const Json& event);

template <EventSection T>
bool IsNameOf(std::string_view name) {
  return std::ranges::any_of(T::kNames, [&](std::string_view known) { return known == name; });
}

template <EventSection T>
bool Is(const Json& event) {
  return IsNameOf<T>(NameOfLine(event));
}

struct LogLine {
  size_t begin = 0;  // in the text
  Json event;
};

// All whole lines that are events.
std::vector<LogLine> ParseLog(std::string_view text);

// Records those of `notes` that are not the last of their name in `log` already: what a process says of itself or of
// its data when it starts or resumes a run. `sink` may be null.
void RecordNews(MetricSink* sink, const std::filesystem::path& log, const std::vector<Event>& notes);

// Of a log; null where it holds none. The last line may be half written: it does not count.
Json LastEvent(const std::filesystem::path& log);

template <EventSection T>
bool EndsWith(const std::filesystem::path& log) {
  return Is<T>(LastEvent(log));
}

}  // namespace events
}  // namespace danas
