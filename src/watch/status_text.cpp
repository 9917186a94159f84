#include "danas/watch/status_text.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/core/utc_time.h"
#include "danas/events/task_words.h"
#include "danas/report/plan_text.h"
#include "danas/report/text_table.h"
#include "spent_text.h"

namespace danas {
namespace {

using Optional = std::optional<double>;

events::TaskWords WordsOf(const RunStatus& status) { return events::WordsOf(status.task); }

// To the second: times in files are no finer.
std::string Rounded(double seconds) {
  return seconds < 10 ? FormatDecimals(seconds, 0) + " s" : FormatDuration(std::round(seconds));
}

std::string Ago(double seconds) { return seconds < 1 ? "now" : Rounded(seconds) + " ago"; }

std::string LossAndAccuracy(const RunStatus& status, const Optional& loss, const Optional& accuracy) {
  const events::TaskWords words = WordsOf(status);
  return JoinedNotEmpty({loss ? "loss " + events::LossText(words, *loss) : "",
                         accuracy ? words.accuracy + " " + FormatPercent(*accuracy, 1) : ""});
}

bool Unfinished(const RunStatus& status) { return status.life != RunLife::kFinished; }

// The pass under way counts where the run is not over; then the last epoch.
Optional LossNow(const RunStatus& status) {
  return status.pass && status.pass->done > 0 ? status.pass->loss : status.train_loss;
}

Optional AccuracyNow(const RunStatus& status) {
  if (status.test_accuracy) return status.test_accuracy;
  return status.pass && status.pass->done > 0 ? status.pass->accuracy : status.train_accuracy;
}

Optional CostNow(const RunStatus& status) { return status.cost ? status.cost : status.expected_cost; }

// "loss 1.234, top-1 56.7 %", of a training for key-points that is over "loss 0.412e-3, AP 0.684, PCK 71.20 %".
std::string ResultNow(const RunStatus& status) {
  const Optional loss = LossNow(status);
  if (!status.test_keypoints) return LossAndAccuracy(status, loss, AccuracyNow(status));
  return JoinedNotEmpty({LossAndAccuracy(status, loss, std::nullopt),
                         events::TestText(AccuracyNow(status).value_or(events::kNotKnown), status.test_keypoints)});
}

std::string Epoch(const RunPosition& at) { return std::to_string(at.epoch) + "/" + std::to_string(at.epochs); }

// "step2 3/4", "epoch 3/60", "2/4 evaluated"
std::string ShortPosition(const RunStatus& status) {
  const RunPosition& at = status.at;
  if (status.kind == RunKind::kEasiness || at.phase == "ranking") {
    return std::to_string(status.judged) + "/" + std::to_string(status.judges) + " evaluated";
  }
  if (at.epochs == 0) return "";
  return (at.phase.empty() ? "epoch" : at.phase) + " " + Epoch(at);
}

std::string Life(const RunStatus& status) {
  const std::string last = status.last_sign_seconds ? Ago(*status.last_sign_seconds) : "never";
  switch (status.life) {
    case RunLife::kRunning:
      return "running, " + status.holder;
    case RunLife::kFinished:
      return "finished " + last + (status.seconds_taken ? ", took " + FormatDuration(*status.seconds_taken) : "");
    case RunLife::kStopped:
      return "stopped " + last + ": " + status.stopped_by;
    case RunLife::kDied:
      return "died; last activity " + last + " (" + status.holder + ")";
    case RunLife::kUnknown:
      break;
  }
  return (status.holder.empty() ? "not known which process runs it"
                                : "started by " + status.holder + ", which cannot be seen from here") +
         "; last activity " + last;
}

class Lines {
 public:
  void Add(const std::string& name, const std::string& text) {
    if (text.empty()) return;
    text_ += "  " + name + std::string(12 - std::min<size_t>(12, DisplayWidth(name)), ' ') + text + "\n";
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

std::string Position(const RunStatus& status) {
  const RunPosition& at = status.at;
  if (at.phases == 0) return ShortPosition(status);
  return at.phase + " (phase " + std::to_string(at.phase_number) + " of " + std::to_string(at.phases) + "), " +
         (WordsOf(status).classes ? std::to_string(at.classes) + " classes, " : "") + "epoch " + Epoch(at);
}

std::string Progress(const RunStatus& status) {
  return JoinedNotEmpty({status.share_done ? FormatPercentDone(*status.share_done) + " done" : "",
                         status.seconds_left ? "about " + Rounded(*status.seconds_left) + " left" : "",
                         status.begun ? "started " + FormatUtc(*status.begun) : ""});
}

std::string Pass(const PassProgress& pass) {
  return pass.label + ", batch " + FormatThousands(pass.done) + " of " + FormatThousands(pass.total);
}

std::string Now(const RunStatus& status, const PassProgress& pass) {
  return JoinedNotEmpty({LossAndAccuracy(status, pass.loss, pass.accuracy),
                         FormatThousands(std::llround(pass.images_per_second)) + " images/s", Ago(pass.age_seconds)});
}

std::string LastEpoch(const RunStatus& status) {
  const std::string validation = LossAndAccuracy(status, status.validation_loss, status.validation_accuracy);
  const std::string waited = status.share_waited ? "waiting for data " + FormatPercent(*status.share_waited, 0) : "";
  return LossAndAccuracy(status, status.train_loss, status.train_accuracy) +
         (validation.empty() ? "" : "; validation " + validation) + (waited.empty() ? "" : "; " + waited);
}

std::string BudgetCosts(const RunStatus& status) {
  std::string text = "budgets";
  for (const BudgetStatus& budget : status.budgets) {
    text += (&budget == &status.budgets.front() ? " " : ", ") + budget.name;
    if (budget.cost) text += " (found " + FormatCost(*budget.cost, status.unit) + ")";
  }
  return text;
}

std::string Costs(const RunStatus& status) {
  if (!status.budgets.empty()) return BudgetCosts(status);
  const std::string& unit = status.unit;
  std::string text;
  if (status.cost) text = "found " + FormatCost(*status.cost, unit);
  if (!status.cost && status.expected_cost) text = "expected " + FormatCost(*status.expected_cost, unit);
  return JoinedNotEmpty({text, status.budget ? "budget " + FormatCost(*status.budget, unit) : "",
                         status.budget_max ? "at most " + FormatCost(*status.budget_max, unit) : ""});
}

std::string Candidates(const RunStatus& status) {
  if (status.candidates.empty()) return "";
  int64_t all = 0;
  std::string layers;
  for (const int64_t count : status.candidates) {
    all += count;
    layers += " " + std::to_string(count);
  }
  return std::to_string(all) + " left; by layer" + layers;
}

std::string LastPruning(const RunStatus& status) {
  return JoinedNotEmpty({status.networks_in_band ? NetworksText(*status.networks_in_band) +
                                                       (*status.networks_in_band == 1 ? " network" : " networks") +
                                                       " left within the budget"
                                                 : "",
                         status.unclear_cuts && status.cuts.value_or(0) > 0
                             ? std::to_string(*status.unclear_cuts) + " of " + std::to_string(*status.cuts) +
                                   " cuts below 2 standard errors"
                             : ""});
}

std::string Checkpoint(const RunStatus& status) {
  if (!status.checkpoint) return Unfinished(status) && status.kind != RunKind::kEasiness ? "none yet" : "";
  return "number " + std::to_string(status.checkpoint->number) + ", " + Ago(status.checkpoint->age_seconds);
}

Json Number(const Optional& number) { return number ? Json(*number) : Json(); }

Json PositionJson(const RunPosition& at) {
  Json json = Json::object();
  if (!at.phase.empty()) json["phase"] = at.phase;
  if (at.phases > 0) {
    json.update({{"phase_number", at.phase_number}, {"phases", at.phases}, {"classes", at.classes}});
  }
  if (at.epochs > 0) json.update({{"epoch", at.epoch}, {"epochs", at.epochs}});
  return json;
}

Json RunJson(const RunStatus& status) {
  Json json = {{"folder", status.folder.string()},
               {"kind", NameOf(status.kind)},
               {"state", NameOf(status.life)},
               {"task", status.task.value_or("")},
               {"what", status.what},
               {"process", status.holder},
               {"stopped_by", status.stopped_by},
               {"begun", status.begun ? Json(FormatUtc(*status.begun)) : Json()},
               {"last_sign_seconds", Number(status.last_sign_seconds)},
               {"at", PositionJson(status.at)},
               {"share_done", Number(status.share_done)},
               {"seconds_left", Number(status.seconds_left)},
               {"seconds_taken", Number(status.seconds_taken)}};
  if (status.pass) {
    json["pass"] = events::ToJson<events::PassNow>(*status.pass);
    json["pass"]["age_seconds"] = status.pass->age_seconds;
  }
  json["share_waited"] = Number(status.share_waited);
  json["train_loss"] = Number(status.train_loss);
  json["train_accuracy"] = Number(status.train_accuracy);
  json["validation_loss"] = Number(status.validation_loss);
  json["validation_accuracy"] = Number(status.validation_accuracy);
  json["test_accuracy"] = Number(status.test_accuracy);
  if (status.test_keypoints) json["test_keypoints"] = events::ToJson(*status.test_keypoints);
  json["unit"] = status.unit.empty() ? Json() : Json(status.unit);
  json["expected_cost"] = Number(status.expected_cost);
  json["budget"] = Number(status.budget);
  json["budget_max"] = Number(status.budget_max);
  json["cost"] = Number(status.cost);
  for (const BudgetStatus& budget : status.budgets) {
    json["budgets"].push_back({{"budget", budget.name}, {"cost", Number(budget.cost)}});
  }
  for (const auto& [part, share] : status.spent) json["spent"][part] = share;
  json["macs_passed"] = Number(status.macs_passed);
  if (!status.candidates.empty()) json["candidates"] = status.candidates;
  json["networks_in_band"] = Number(status.networks_in_band);
  if (status.unclear_cuts) json.update({{"cuts", *status.cuts}, {"unclear_cuts", *status.unclear_cuts}});
  if (status.judges > 0) json.update({{"judged", status.judged}, {"judges", status.judges}});
  if (status.checkpoint) {
    json["checkpoint"] = {{"number", status.checkpoint->number}, {"age_seconds", status.checkpoint->age_seconds}};
  }
  json["warnings"] = status.warnings;
  Json known = Json::object();
  for (auto& [key, value] : json.items()) {
    const bool empty = value.is_null() || value == "" || (value.is_object() && value.empty());
    if (!empty) known[key] = std::move(value);
  }
  return known;
}

// What all runs call their accuracy; of several tasks each cell says it.
std::optional<std::string> AccuracyOfAll(const std::vector<RunStatus>& runs) {
  std::set<std::string> names;
  for (const RunStatus& status : runs) names.insert(WordsOf(status).accuracy);
  return names.size() == 1 ? std::optional(*names.begin()) : std::nullopt;
}

std::string AccuracyCell(const RunStatus& status, bool named) {
  const Optional accuracy = AccuracyNow(status);
  if (!accuracy) return "";
  return (named ? "" : WordsOf(status).accuracy + " ") + FormatPercent(*accuracy, 1);
}

}  // namespace

std::string StatusText(const RunStatus& status) {
  const std::string what = status.what.empty() ? "" : " of " + status.what;
  std::string text = status.folder.string() + ": " + NameOf(status.kind) + what + "\n";
  Lines lines;
  lines.Add("state", Life(status));
  if (status.kind == RunKind::kUnknown) lines.Add("at", "nothing yet: it is being set up, or ended before it started");
  if (Unfinished(status)) lines.Add("at", Position(status));
  lines.Add("progress", Progress(status));
  if (status.pass) {
    lines.Add("pass", Pass(*status.pass));
    lines.Add("now", Now(status, *status.pass));
  }
  lines.Add("last epoch", LastEpoch(status));
  if (status.test_accuracy) lines.Add("test", events::TestText(*status.test_accuracy, status.test_keypoints));
  lines.Add("time", SpentText(status.spent, status.macs_passed));
  lines.Add("cost", Costs(status));
  lines.Add("candidates", Candidates(status));
  lines.Add("pruning", LastPruning(status));
  if (status.kind != RunKind::kUnknown) lines.Add("checkpoint", Checkpoint(status));
  for (const std::string& warning : status.warnings) lines.Add("warning", warning);
  return text + lines.text();
}

std::string StatusTable(const std::vector<RunStatus>& runs) {
  const std::optional<std::string> accuracy = AccuracyOfAll(runs);
  const bool precise = std::ranges::any_of(runs, [](const RunStatus& run) { return run.test_keypoints.has_value(); });
  std::vector<Column> columns = {{"run"}, {"kind"}, {"state"}, {"at"}};
  for (const char* name : {"done", "left", "loss"}) columns.push_back({name, Align::kRight});
  if (precise) columns.push_back({"AP", Align::kRight});
  columns.push_back({accuracy.value_or("accuracy"), Align::kRight});
  for (const char* name : {"cost", "last activity"}) columns.push_back({name, Align::kRight});
  TextTable table(columns);
  for (const RunStatus& status : runs) {
    const Optional loss = LossNow(status), cost = CostNow(status);
    std::vector<std::string> cells = {status.folder.string(),
                                      NameOf(status.kind),
                                      NameOf(status.life),
                                      Unfinished(status) ? ShortPosition(status) : "",
                                      status.share_done ? FormatPercentDone(*status.share_done) : "",
                                      status.seconds_left ? Rounded(*status.seconds_left) : "",
                                      loss ? events::LossText(WordsOf(status), *loss) : ""};
    if (precise) cells.push_back(status.test_keypoints ? events::PrecisionText(status.test_keypoints->ap) : "");
    cells.push_back(AccuracyCell(status, accuracy.has_value()));
    cells.push_back(cost ? FormatCost(*cost, status.unit) : "");
    cells.push_back(status.last_sign_seconds ? Ago(*status.last_sign_seconds) : "");
    table.AddRow(cells);
  }
  return table.Text();
}

std::string StatusLine(const RunStatus& status) {
  return status.folder.string() + ": " +
         JoinedNotEmpty({std::string(NameOf(status.kind)) + " " + NameOf(status.life),
                         Unfinished(status) ? ShortPosition(status) : "",
                         status.share_done ? FormatPercentDone(*status.share_done) + " done" : "",
                         status.seconds_left ? Rounded(*status.seconds_left) + " left" : "", ResultNow(status)});
}

Json StatusJson(const std::vector<RunStatus>& runs) {
  Json list = Json::array();
  for (const RunStatus& status : runs) list.push_back(RunJson(status));
  return {{"runs", std::move(list)}};
}

}  // namespace danas
