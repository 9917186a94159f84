#include "danas/events/run_log.h"

#include <ctime>
#include <map>

#include "danas/core/utc_time.h"
#include "danas/events/line_reader.h"
#include "danas/events/log_excerpt.h"
#include "danas/events/search_events.h"

namespace danas {
namespace {

constexpr const char* kName = "event";
constexpr const char* kTime = "time";

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

JsonlSink::JsonlSink(const RunFolder& folder) : log_(folder / kLogFile), alpha_(folder / kAlphaFile) {}

void JsonlSink::Record(const Event& event) {
  Json line = {{kName, event.name}, {kTime, FormatUtc(std::time(nullptr))}};
  line.update(event.fields);
  (events::IsNameOf<events::Alpha>(event.name) ? alpha_ : log_).Append(JsonText(line) + "\n");
}

namespace events {

Json ParseLine(std::string_view line) {
  Json event = ParseJson(line);
  const auto name = event.is_object() ? event.find(kName) : event.end();
  return event.is_object() && name != event.end() && name->is_string() ? event : Json();
}

std::string NameOfLine(const Json& event) { return TextAt(event, kName); }

std::string TimeOfLine(const Json& event) { return TextAt(event, kTime); }

std::vector<LogLine> ParseLog(std::string_view text) {
  std::vector<LogLine> lines;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    if (Json event = ParseLine(text.substr(begin, end - begin)); !event.is_null()) {
      lines.push_back({.begin = begin, .event = std::move(event)});
    }
  }
  return lines;
}

void RecordNews(MetricSink* sink, const std::filesystem::path& log, const std::vector<Event>& notes) {
  if (sink == nullptr || notes.empty()) return;
  std::map<std::string, Json> last;
  LineReader reader(log);
  for (LineReader::Lines read = reader.Read(); !read.lines.empty(); read = reader.Read()) {
    for (const std::string& line : read.lines) {
      Json event = ParseLine(line);
      if (event.is_null()) continue;
      const std::string name = NameOfLine(event);
      event.erase(kName);
      event.erase(kTime);
      last.insert_or_assign(name, std::move(event));
    }
  }
  for (const Event& note : notes) {
    if (last[note.name] != note.fields) sink->Record(note);
  }
}

Json LastEvent(const std::filesystem::path& log) {
  LogExcerpt excerpt = ReadLogExcerpt(log, 0, kLogTailBytes);
  return excerpt.events.empty() ? Json() : std::move(excerpt.events.back());
}

}  // namespace events
}  // namespace danas
