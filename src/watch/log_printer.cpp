#include "danas/watch/log_printer.h"

#include <stdexcept>

#include "danas/core/units.h"
#include "danas/events/run_log.h"
#include "danas/report/text_table.h"

namespace danas {
namespace {

std::string StartText(const events::SearchStart& start) {
  return "search of " + start.space + " on " + start.dataset + ", seed " + std::to_string(start.seed) + ", " +
         start.device + ": " + FormatThousands(start.weight_steps) + " weight steps, " +
         FormatThousands(start.alpha_steps) + " α steps";
}

std::string StartText(const events::TrainingStart& start) {
  return "training of " + start.model.value_or("a given network") + ", seed " + std::to_string(start.seed) + ", " +
         start.device + ": " + FormatThousands(start.epochs) + " epochs, " + FormatThousands(start.train_images) + " " +
         events::WordsOf(start.task).sample + "s";
}

std::string EndText(const events::TrainingEnd& end) {
  const events::TestFields& last = end.test_last_epoch;
  std::string text = "tested: " + events::TestText(last.top1, last.keypoints);
  if (const auto& ema = end.test_ema) {
    text += " (average of the weights: " +
            (ema->keypoints ? events::TestText(ema->top1, ema->keypoints) : FormatPercent(ema->top1, 2)) + ")";
  }
  return text + ", " + FormatDuration(end.seconds);
}

std::string StartText(const events::EasinessStart& start) {
  std::string text = "ranking " + FormatThousands(start.classes) + " classes by";
  for (const events::JudgeFields& judge : start.judges) text += " " + judge.name;
  return text;
}

std::string EndText(const events::EasinessEnd& end) {
  std::string text = "ranked, easiest first:";
  for (const std::string& id : end.class_order) text += " " + id;
  return text;
}

std::string FaultText(const std::string& event, const std::string& field) {
  return event + ": '" + field + "' is missing or of the wrong type";
}

}  // namespace

LogPrinter::LogPrinter(const std::filesystem::path& run_folder, Write write)
    : write_(std::move(write)),
      log_(run_folder / kLogFile),
      alpha_(run_folder / kAlphaFile),
      screen_({.redraws = false, .columns = 80, .write = [this](std::string_view text) { printed_ += text; }}),
      events_(screen_) {}

bool LogPrinter::PrintNew() {
  const LineReader::Lines log = log_.Read();
  if (log.cut_back) {
    epoch_.reset();
    alpha_events_.clear();
    write_("--- the run was resumed from a checkpoint: some of the lines above are repeated\n");
    return true;
  }
  PrintAlpha();
  for (const std::string& line : log.lines) PrintLine(line);
  return !log.lines.empty();
}

void LogPrinter::PrintLine(const std::string& line) {
  if (line.empty()) return;
  const Json event = events::ParseLine(line);
  if (event.is_null()) {
    PrintText("", "(a line that is not an event: " + CutToWidth(line, 40) + ")");
    return;
  }
  const events::AnyEvent read = PrintEvent(event);
  const auto* epoch = std::get_if<events::SearchEpoch>(&read);
  if (epoch == nullptr) return;
  epoch_ = {.phase = epoch->phase, .epoch = epoch->epoch, .time = events::TimeOfLine(event)};
  PrintAlpha();
}

// The α event of the epoch that was printed last. One that is older belongs to no epoch here.
void LogPrinter::PrintAlpha() {
  while (epoch_) {
    if (alpha_events_.empty()) {
      for (const std::string& line : alpha_.Read().lines) {
        if (Json event = events::ParseLine(line); !event.is_null()) alpha_events_.push_back(std::move(event));
      }
    }
    if (alpha_events_.empty()) return;
    const Json& line = alpha_events_.front();
    const events::Alpha alpha = events::Read<events::Alpha>(line).value;
    const bool is_its = alpha.phase == epoch_->phase && alpha.epoch == epoch_->epoch;
    if (!is_its && events::TimeOfLine(line) >= epoch_->time) {
      epoch_.reset();
      return;
    }
    if (is_its) {
      PrintEvent(line);
      epoch_.reset();
    }
    alpha_events_.pop_front();
  }
}

events::AnyEvent LogPrinter::PrintEvent(const Json& line) {
  const std::string name = events::NameOfLine(line);
  auto [event, faults] = events::ReadAny({name, line});
  std::string text;
  try {
    text = faults.empty() ? TextOf(event) : FaultText(name, faults.front());
  } catch (const std::out_of_range&) {
    text = name + ": a list is too short";
  }
  if (std::holds_alternative<std::monostate>(event)) text = name + ": " + CutToWidth(JsonText(line), 200);
  if (!text.empty()) PrintText(events::TimeOfLine(line), text);
  return std::move(event);
}

std::string LogPrinter::TextOf(const events::AnyEvent& event) {
  printed_.clear();
  events_.PrintAny(event);
  return std::visit(
      events::Overloaded{[&](const events::SearchStart& start) { return StartText(start) + "\n" + printed_; },
                         [](const events::TrainingStart& start) { return StartText(start); },
                         [](const events::EasinessStart& start) { return StartText(start); },
                         [](const events::TrainingEnd& end) { return EndText(end); },
                         [](const events::EasinessEnd& end) { return EndText(end); },
                         [&](const auto&) { return printed_; }},
      event);
}

// "12:00:00  text", with the day in a line of its own where it is another one; further lines are below the text.
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
