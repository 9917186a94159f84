#include "danas/watch/status_text.h"

#include <cmath>

#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/core/utc_time.h"
#include "danas/report/plan_text.h"
#include "danas/report/text_table.h"
#include "spent_text.h"

namespace danas {
namespace {

using Optional = std::optional<double>;

// To the second: times in files are no finer.
std::string Rounded(double seconds) {
  return seconds < 10 ? FormatDecimals(seconds, 0) + " s" : FormatDuration(std::round(seconds));
}

std::string Ago(double seconds) { return seconds < 1 ? "now" : Rounded(seconds) + " ago"; }

std::string LossAndAccuracy(const Optional& loss, const Optional& accuracy) {
  return JoinedNotEmpty(
      {loss ? "loss " + FormatDecimals(*loss, 3) : "", accuracy ? "top-1 " + FormatPercent(*accuracy, 1) : ""});
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
         std::to_string(at.classes) + " classes, epoch " + Epoch(at);
}

std::string Progress(const RunStatus& status) {
  return JoinedNotEmpty({status.share_done ? FormatPercentDone(*status.share_done) + " done" : "",
                         status.seconds_left ? "about " + Rounded(*status.seconds_left) + " left" : "",
                         status.begun ? "started " + FormatUtc(*status.begun) : ""});
}

std::string Pass(const PassProgress& pass) {
  return pass.label + ", batch " + FormatThousands(pass.done) + " of " + FormatThousands(pass.total);
}

std::string Now(const PassProgress& pass) {
  return JoinedNotEmpty({LossAndAccuracy(pass.loss, pass.accuracy),
                         FormatThousands(std::llround(pass.images_per_second)) + " images/s", Ago(pass.age_seconds)});
}

std::string LastEpoch(const RunStatus& status) {
  const std::string validation = LossAndAccuracy(status.validation_loss, status.validation_accuracy);
  const std::string waited = status.share_waited ? "waiting for data " + FormatPercent(*status.share_waited, 0) : "";
  return LossAndAccuracy(status.train_loss, status.train_accuracy) +
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
    lines.Add("now", Now(*status.pass));
  }
  lines.Add("last epoch", LastEpoch(status));
  if (status.test_accuracy) lines.Add("test", "top-1 " + FormatPercent(*status.test_accuracy, 2));
  lines.Add("time", SpentText(status.spent, status.macs_passed));
  lines.Add("cost", Costs(status));
  lines.Add("candidates", Candidates(status));
  lines.Add("pruning", LastPruning(status));
  if (status.kind != RunKind::kUnknown) lines.Add("checkpoint", Checkpoint(status));
  for (const std::string& warning : status.warnings) lines.Add("warning", warning);
  return text + lines.text();
}

std::string StatusTable(const std::vector<RunStatus>& runs) {
  TextTable table({{"run"},
                   {"kind"},
                   {"state"},
                   {"at"},
                   {"done", Align::kRight},
                   {"left", Align::kRight},
                   {"loss", Align::kRight},
                   {"top-1", Align::kRight},
                   {"cost", Align::kRight},
                   {"last activity", Align::kRight}});
  for (const RunStatus& status : runs) {
    const Optional loss = LossNow(status), accuracy = AccuracyNow(status), cost = CostNow(status);
    table.AddRow({status.folder.string(), NameOf(status.kind), NameOf(status.life),
                  Unfinished(status) ? ShortPosition(status) : "",
                  status.share_done ? FormatPercentDone(*status.share_done) : "",
                  status.seconds_left ? Rounded(*status.seconds_left) : "", loss ? FormatDecimals(*loss, 3) : "",
                  accuracy ? FormatPercent(*accuracy, 1) : "", cost ? FormatCost(*cost, status.unit) : "",
                  status.last_sign_seconds ? Ago(*status.last_sign_seconds) : ""});
  }
  return table.Text();
}

std::string StatusLine(const RunStatus& status) {
  return status.folder.string() + ": " +
         JoinedNotEmpty({std::string(NameOf(status.kind)) + " " + NameOf(status.life),
                         Unfinished(status) ? ShortPosition(status) : "",
                         status.share_done ? FormatPercentDone(*status.share_done) + " done" : "",
                         status.seconds_left ? Rounded(*status.seconds_left) + " left" : "",
                         LossAndAccuracy(LossNow(status), AccuracyNow(status))});
}

Json StatusJson(const std::vector<RunStatus>& runs) {
  Json list = Json::array();
  for (const RunStatus& status : runs) list.push_back(RunJson(status));
  return {{"runs", std::move(list)}};
}

}  // namespace danas
