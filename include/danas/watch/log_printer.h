// A run's log for people: each event of log.jsonl, and of alpha.jsonl behind its epoch, as one or a few lines with the
// time.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "danas/events/line_reader.h"
#include "danas/watch/event_printer.h"

namespace danas {

class LogPrinter {
 public:
  using Write = std::function<void(std::string_view)>;

  LogPrinter(const std::filesystem::path& run_folder, Write write);

  // Prints what is new; false where nothing was.
  bool PrintNew();

 private:
  void PrintLine(const std::string& line);
  void PrintAlpha();
  events::AnyEvent PrintEvent(const Json& line);  // and what it was
  void PrintText(const std::string& time, std::string_view text);
  std::string TextOf(const events::AnyEvent& event);

  struct Place {
    std::string phase;
    int64_t epoch = 0;
    std::string time;
  };

  Write write_;
  LineReader log_, alpha_;
  std::deque<Json> alpha_events_;  // read, not printed yet
  std::optional<Place> epoch_;     // printed, and its α is not
  std::string printed_;            // by events_
  Screen screen_;
  EventPrinter events_;
  std::string day_;
};

}  // namespace danas
