#include "danas/watch/log_printer.h"

#include "danas/core/units.h"
#include "danas/report/text_table.h"
#include "danas/watch/log_excerpt.h"
#include "src/watch/json_value.h"

namespace danas {
namespace {

std::string Count(const Json& event, const char* key) { return FormatThousands(IntegerAt(event, key)); }

std::string SearchStart(const Json& event) {
  return "search of " + event.at("space").get<std::string>() + " on " + event.at("dataset").get<std::string>() +
         ", seed " + event.at("seed").dump() + ", " + event.at("device").get<std::string>() + ": " +
         Count(event, "weight_steps") + " weight steps, " + Count(event, "alpha_steps") + " α steps";
}

std::string TrainingStart(const Json& event) {
  const std::string model = TextAt(event, "model").value_or("a given network");
  return "training of " + model + ", seed " + event.at("seed").dump() + ", " + event.at("device").get<std::string>() +
         ": " + Count(event, "epochs") + " epochs, " + Count(event, "train_images") + " images";
}

std::string TrainingEnd(const Json& event) {
  const auto percent = [&](const char* key) {
    return FormatPercent(event.at(key).at("top1").get<double>(), 2);
  };
  std::string text = "tested: top-1 " + percent("test_last_epoch");
  if (event.contains("test_ema")) text += " (average of the weights: " + percent("test_ema") + ")";
  return text + ", " + FormatDuration(event.at("seconds").get<double>());
}

std::string RankingStart(const Json& event) {
  std::string text = "ranking " + Count(event, "classes") + " classes by";
  for (const Json& judge : event.at("judges")) text += " " + judge.at("name").get<std::string>();
  return text;
}

std::string RankingEnd(const Json& event) {
  std::string text = "ranked, easiest first:";
  for (const Json& id : event.at("class_order")) text += " " + id.get<std::string>();
  return text;
}

bool SamePlace(const Json& a, const Json& b) {
  return ValueAt(a, "phase") != nullptr && ValueAt(b, "phase") != nullptr && a.at("phase") == b.at("phase") &&
         IntegerAt(a, "epoch") == IntegerAt(b, "epoch");
}

std::string TimeAt(const Json& event) { return TextAt(event, "time").value_or(""); }

}  // namespace

LogPrinter::LogPrinter(const std::filesystem::path& run_folder, Write write)
    : write_(std::move(write)),
      log_(run_folder / "log.jsonl"),
      alpha_(run_folder / "alpha.jsonl"),
      screen_({.redraws = false, .columns = 80, .write = [this](std::string_view text) { printed_ += text; }}),
      events_(screen_) {}

bool LogPrinter::PrintNew() {
  const LineReader::Lines log = log_.Read();
  if (log.cut_back) {
    epoch_.reset();
    alpha_events_.clear();
    write_("--- the run goes on from a checkpoint: some of what stands above comes again\n");
    return true;
  }
  PrintAlpha();
  for (const std::string& line : log.lines) PrintLine(line);
  return !log.lines.empty();
}

void LogPrinter::PrintLine(const std::string& line) {
  if (line.empty()) return;
  const Json event = ParseEvent(line);
  if (event.is_null()) {
    PrintText("", "(a line that is no event: " + CutToWidth(line, 40) + ")");
    return;
  }
  PrintEvent(event);
  if (event.at("event") != "epoch" || !event.contains("phase")) return;
  epoch_ = event;
  PrintAlpha();
}

// The α event of the epoch that was printed last. One that is older belongs to no epoch here.
void LogPrinter::PrintAlpha() {
  while (epoch_) {
    if (alpha_events_.empty()) {
      for (const std::string& line : alpha_.Read().lines) {
        if (Json event = ParseEvent(line); !event.is_null()) alpha_events_.push_back(std::move(event));
      }
    }
    if (alpha_events_.empty()) return;
    const Json& alpha = alpha_events_.front();
    const bool is_its = SamePlace(alpha, *epoch_);
    if (!is_its && TimeAt(alpha) >= TimeAt(*epoch_)) {
      epoch_.reset();
      return;
    }
    if (is_its) {
      PrintEvent(alpha);
      epoch_.reset();
    }
    alpha_events_.pop_front();
  }
}

void LogPrinter::PrintEvent(const Json& event) {
  std::string text;
  try {
    text = TextOf(event);
  } catch (const std::exception&) {  // of a field that is missing or of another type
    text = event.at("event").get<std::string>() + ": its fields are not as danas writes them";
  }
  if (!text.empty()) PrintText(TimeAt(event), text);
}

std::string LogPrinter::TextOf(const Json& event) {
  const auto name = event.at("event").get<std::string>();
  printed_.clear();
  events_.Record({name, event});
  if (name == "alpha") return printed_;  // nothing in warm-up
  if (name == "search_start") return SearchStart(event) + "\n" + printed_;
  if (name == "finetune_start" || name == "train_start") return TrainingStart(event);
  if (name == "finetune_end" || name == "train_end") return TrainingEnd(event);
  if (name == "easiness_start") return RankingStart(event);
  if (name == "easiness_end") return RankingEnd(event);
  return printed_.empty() ? name + ": " + CutToWidth(JsonText(event), 200) : printed_;
}

// "12:00:00  text", with the day in a line of its own where it is another one; further lines stand below the text.
void LogPrinter::PrintText(const std::string& time, std::string_view text) {
  const size_t separator = time.find('T');
  const bool is_time = separator != std::string::npos && time.size() == separator + 10;
  std::string bytes;
  if (is_time && time.substr(0, separator) != day_) {
    day_ = time.substr(0, separator);
    bytes += "--- " + day_ + " (UTC)\n";
  }
  std::string margin = is_time ? time.substr(separator + 1, 8) + "  " : std::string(10, ' ');
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    bytes += margin + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
    margin = std::string(10, ' ');
  }
  write_(bytes);
}

}  // namespace danas
