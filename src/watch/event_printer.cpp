#include "danas/watch/event_printer.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"
#include "danas/report/plan_text.h"
#include "src/watch/json_value.h"
#include "spent_text.h"

namespace danas {
namespace {

// "323M: ", of a search for several budgets.
std::string BudgetOf(const Json& fields) {
  return fields.contains("budget") && fields.at("budget").is_string() ? fields.at("budget").get<std::string>() + ": "
                                                                      : "";
}

std::string Place(const Json& fields) {
  return std::to_string(WholeAt(fields, "epoch")) + "/" + std::to_string(WholeAt(fields, "epochs"));
}

std::string Loss(const Json& fields, const char* loss, const char* accuracy) {
  return "loss " + FormatDecimals(fields.at(loss).get<double>(), 3) + ", top-1 " +
         FormatPercent(fields.at(accuracy).get<double>());
}

std::string SearchStart(const Json& fields) {
  std::string text = "classes, easiest first (" + fields.at("ranking").get<std::string>() + "):";
  const Json& order = fields.at("class_order");
  constexpr size_t kShown = 10;
  for (size_t c = 0; c < std::min(kShown, order.size()); ++c) text += " " + order[c].get<std::string>();
  return text + (order.size() > kShown ? " ..." : "");
}

std::string TrainingEpoch(const Json& fields) {
  return "epoch " + std::to_string(WholeAt(fields, "epoch")) + ": " + Loss(fields, "train_loss", "train_accuracy") +
         ", " + FormatDuration(fields.at("seconds").get<double>());
}

// "resnet18: judged 48,000 images, top-1 on them 95.3 %, 12 s, 4,000 images/s"
std::string NetworkJudged(const Json& fields) {
  const Json& timing = fields.at("timing");
  return fields.at("name").get<std::string>() + ": judged " + FormatThousands(WholeAt(fields, "images")) +
         " images, top-1 on them " + FormatPercent(fields.at("top1").get<double>()) + ", " +
         FormatDuration(timing.at("seconds").get<double>()) + ", " +
         FormatThousands(std::llround(timing.at("images_per_second").get<double>())) + " images/s";
}

// "the training set lies in /new/train now, before in /old/train: the same 60,000 images (contents of 60,000 compared)"
std::string DataMoved(const Json& fields) {
  return "the " + fields.at("set").get<std::string>() + " lies in " + fields.at("to").get<std::string>() +
         " now, before in " + fields.at("from").get<std::string>() + ": the same " +
         FormatThousands(WholeAt(fields, "images")) + " images (contents of " +
         FormatThousands(WholeAt(fields, "contents")) + " compared)";
}

// A cut of the least evidence; logs of earlier versions tell the gap in α alone.
double Sureness(const Json& cut) {
  if (!cut.contains("z")) return cut.at("gap").get<double>();
  return cut.at("z").is_null() ? INFINITY : cut.at("z").get<double>();
}

// "layer 3: ir_e3_k5 stays, ir_e1_k3 goes, z 0.4, 0.010 apart in α"
std::string Cut(const Json& cut, bool by_alpha) {
  std::string text = "layer " + cut.at("layer").dump() + ": " + cut.at("last_kept").get<std::string>() + " stays, " +
                     cut.at("first_dropped").get<std::string>() + " goes, ";
  if (std::isfinite(Sureness(cut)) && cut.contains("z")) text += "z " + FormatDecimals(Sureness(cut), 1) + ", ";
  return text + FormatDecimals(cut.at("gap").get<double>(), 3) + (by_alpha ? " apart in α" : " nats apart");
}

// "5 of 8 cuts below 2 standard errors, 1 against the evidence", or that they are no evidence at all
std::string Evidence(const Json& fields) {
  const Json& layers = fields.at("layers");
  const auto against = std::ranges::count_if(layers, [](const Json& cut) { return cut.at("conflict").get<bool>(); });
  std::string text = std::to_string(WholeAt(fields, "unclear_cuts")) + " of " + std::to_string(layers.size()) +
                     " cuts below 2 standard errors";
  if (against > 0) text += ", " + std::to_string(against) + " against the evidence";
  if (!fields.at("above_noise").get<bool>()) text += ": no evidence, noise alone would cut so";
  return text;
}

// What is left, what was put off, how sure the cuts are, and the least sure of them.
std::string Pruning(const Json& fields) {
  std::string text = BudgetOf(fields) + fields.at("phase").get<std::string>() +
                     " pruned: " + fields.at("candidates_before").dump() + " → " +
                     fields.at("candidates_after").dump() + " candidates";
  if (fields.contains("networks_in_band")) {
    const auto networks = fields.at("networks_in_band").get<double>();
    text += ", " + NetworksText(networks) + (networks == 1 ? " network" : " networks") + " of the budget";
  }
  if (fields.contains("put_off") && !fields.at("put_off").empty()) {
    const size_t count = fields.at("put_off").size();
    text += "; cuts of " + std::to_string(count) + (count == 1 ? " candidate" : " candidates") + " put off";
  }
  const Json& layers = fields.at("layers");
  if (layers.empty()) return text;
  if (fields.contains("unclear_cuts")) text += "\n  " + Evidence(fields);
  const auto closest = std::ranges::min_element(layers, {}, [](const Json& cut) { return Sureness(cut); });
  return text + (fields.contains("unclear_cuts") ? "\n  least sure in " : "; closest in ") +
         Cut(*closest, fields.value("score", "alpha") == "alpha");
}

// What the branches of several budgets leave of the supernet.
std::string SupernetPruned(const Json& fields) {
  return fields.at("phase").get<std::string>() + ": the supernet keeps what any budget keeps, " +
         fields.at("candidates_before").dump() + " → " + fields.at("candidates_after").dump() + " candidates";
}

}  // namespace

std::string EventPrinter::Cost(double cost) const {
  return unit_ == "ms" ? FormatDecimals(cost, 2) + " ms" : FormatCount(cost) + " " + unit_;
}

std::string EventPrinter::SearchEpoch(const Json& fields) const {
  std::string text = fields.at("phase").get<std::string>() + ", epoch " + Place(fields) + ", " +
                     fields.at("classes").dump() + " classes: " + Loss(fields, "train_loss", "train_accuracy");
  if (fields.contains("validation_loss")) {
    text += "; validation " + Loss(fields, "validation_loss", "validation_accuracy");
  }
  if (fields.contains("paths")) {
    const Json& paths = fields.at("paths");
    text += "; paths of " + Cost(paths.at("least_cost").get<double>()) + " to " +
            Cost(paths.at("most_cost").get<double>()) + ", mean " + Cost(paths.at("mean_cost").get<double>());
  }
  return text + ", " + FormatDuration(fields.at("timing").at("seconds").get<double>());
}

// What the mix costs, and whether α's gradients tell candidates apart: their differences in standard errors.
std::string EventPrinter::Mix(const Json& fields) const {
  std::string text = "  the mix costs " + Cost(fields.at("expected_cost").get<double>());
  if (fields.contains("z_rms")) {
    text += "; candidates differ by " + FormatDecimals(fields.at("z_rms").get<double>(), 1) +
            " standard errors (rms; noise alone: 1.0)";
  }
  return text;
}

// Of each of several budgets what Mix() says of one.
void EventPrinter::BudgetsOfEpoch(const Json& fields) const {
  for (const Json& budget : fields.at("budgets")) {
    screen_.Line("  " + BudgetOf(budget) + "validation " + Loss(budget, "validation_loss", "validation_accuracy"));
    screen_.Line("  " + Mix(budget));
  }
}

// How far α went since the last epoch, how many layers changed their mind, and what the mix now costs.
std::string EventPrinter::AlphaMovement(const Json& fields) {
  const std::string budget = BudgetOf(fields);
  std::vector<LayerAlpha>& before_l = alpha_of_[budget];
  std::vector<LayerAlpha> now;
  double furthest = 0;
  size_t changed = 0;
  for (const Json& layer : fields.at("layers")) {
    LayerAlpha alpha;
    const LayerAlpha before = now.size() < before_l.size() ? before_l[now.size()] : LayerAlpha{};
    std::string leader, leader_before;
    double most = -INFINITY, most_before = -INFINITY;
    for (size_t c = 0; c < layer.at("candidates").size(); ++c) {
      const std::string name = layer.at("candidates").at(c).get<std::string>();
      const double value = layer.at("alpha").at(c).get<double>();
      const auto found = before.find(name);
      const double value_before = found == before.end() ? 0 : found->second;
      furthest = std::max(furthest, std::abs(value - value_before));
      if (value > most) leader = name, most = value;
      if (value_before > most_before) leader_before = name, most_before = value_before;
      alpha[name] = value;
    }
    if (leader != leader_before) ++changed;
    now.push_back(std::move(alpha));
  }
  before_l = std::move(now);
  return "  " + budget + "α moved by up to " + FormatDecimals(furthest, 3) + "; " + std::to_string(changed) + " of " +
         std::to_string(before_l.size()) + " layers have another leader; " +
         std::to_string(WholeAt(fields, "alpha_steps")) + " α steps so far";
}

std::string EventPrinter::FinalScores(const Json& fields) const {
  const Json& finalists = fields.at("finalists");
  std::string text = BudgetOf(fields) + "scored: " + FormatThousands(WholeAt(fields, "scored")) + " networks of " +
                     FormatCount(fields.at("networks_in_band").get<double>());
  const auto low = fields.at("band").at(0).get<double>(), high = fields.at("band").at(1).get<double>();
  const bool bounded_below = low > high / 100;  // in any unit: search.budget_min 1 stands for none
  text += bounded_below ? " between " + Cost(low) + " and " + Cost(high) : " of at most " + Cost(high);
  if (fields.at("source") == "evolution") text += ", by evolution";
  if (fields.at("source") == "best") text += ", the likeliest by α";
  text += "; " + std::to_string(finalists.size()) + (finalists.size() == 1 ? " finalist on " : " finalists on ") +
          FormatThousands(WholeAt(fields, "finalist_scoring_images")) + " images";
  text += "\n  best: validation " + Loss(finalists.at(0), "loss", "accuracy");
  if (finalists.size() > 1) {
    const auto margin = fields.at("margin").get<double>(), error = fields.at("standard_error").get<double>();
    text += "; ahead of the next by " + FormatDecimals(margin, 4) + " ± " + FormatDecimals(error, 4);
    if (margin < 2 * error) text += ": less than two standard errors, a toss-up between the two";
  }
  return text + FitOf(fields);
}

// What ranked the networks before their finalists were scored.
std::string EventPrinter::FitOf(const Json& fields) {
  const std::string effects = fields.value("effects", "none");
  if (effects == "none") return "";
  const std::string fit = effects == "pairs" ? "a fit of main effects and pairs" : "a fit of main effects";
  if (fields.at("finalists").size() > 1) return "\n  the finalists are the best by " + fit + " to all losses";
  const auto z = fields.at("z").get<double>();
  const bool toss_up = std::abs(z) < 2;
  return "\n  it is the best by " + fit + " to all losses, ahead of the next by " + FormatDecimals(z, 1) +
         " standard errors" + (toss_up ? ": a toss-up between the two" : "");
}

std::string EventPrinter::Found(const Json& fields) const {
  std::string text = BudgetOf(fields) + "found: " + Cost(fields.at("cost").get<double>()) + ", " +
                     FormatCount(fields.at("parameters").get<double>()) + " parameters:";
  for (const Json& name : fields.at("network")) text += " " + name.get<std::string>();
  if (fields.at("bounded_by_budget").get<bool>()) {
    text += "\n(the argmax of α costs " + Cost(fields.at("argmax_cost").get<double>()) +
            ", more than search.budget_max; this is the most probable network within it)";
  }
  if (fields.value("chosen_by", "") == "sample") {
    text += "\n(drawn from softmax(α) within search.budget_max; the argmax of α costs " +
            Cost(fields.at("argmax_cost").get<double>()) + ")";
  }
  return text;
}

std::string EventPrinter::SearchEnd(const Json& fields) const {
  std::string text;
  if (fields.contains("found")) {
    for (const Json& found : fields.at("found")) text += (text.empty() ? "" : "\n") + Found(found);
  } else {
    text = Found(fields);
  }
  text += "\nseen: " + FormatThousands(WholeAt(fields, "weight_images")) + " training images in " +
          FormatThousands(WholeAt(fields, "weight_steps")) + " weight steps, " +
          FormatThousands(WholeAt(fields, "alpha_images")) + " validation images in " +
          FormatThousands(WholeAt(fields, "alpha_steps")) + " α steps; " +
          FormatDuration(fields.at("timing").at("seconds").get<double>());
  const Json* passed = ObjectAt(fields, "macs_passed");
  const std::string spent =
      SpentText(SharesOfTime(fields), passed != nullptr ? NumberAt(*passed, "total") : std::nullopt);
  return spent.empty() ? text : text + "\ntime: " + spent;
}

// Over all validation images, and of the classes known least and best.
std::string EventPrinter::ClassAccuracy(const Json& fields) const {
  const auto shares = fields.at("accuracy").get<std::vector<double>>();
  if (shares.empty()) return "  validation " + Loss(fields, "loss", "top1");
  const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
  const auto name = [&](auto share) {
    const auto c = static_cast<size_t>(share - shares.begin());
    return c < class_ids_.size() ? class_ids_[c] : "class " + std::to_string(c);
  };
  return "  validation " + Loss(fields, "loss", "top1") + "; from " + FormatPercent(*least) + " (" + name(least) + ") to " +
         FormatPercent(*most) + " (" + name(most) + ")";
}

void EventPrinter::Record(const Event& event) {
  const Json& fields = event.fields;
  if (event.name == "search_start") {
    unit_ = fields.at("unit").get<std::string>();
    screen_.Line(SearchStart(fields));
  } else if (event.name == "train_start") {
    class_ids_ = fields.at("class_ids").get<std::vector<std::string>>();
  } else if (event.name == "data_moved") {
    screen_.Line(DataMoved(fields));
  } else if (event.name == "network_judged") {
    screen_.Line(NetworkJudged(fields));
  } else if (event.name == "class_accuracy") {
    screen_.Line(ClassAccuracy(fields));
  } else if (event.name == "epoch") {
    screen_.Line(fields.contains("phase") ? SearchEpoch(fields) : TrainingEpoch(fields));
    if (fields.contains("validation_loss")) {
      screen_.Line(Mix(fields));
    }
    if (fields.contains("budgets")) BudgetsOfEpoch(fields);
  } else if (event.name == "alpha" && WholeAt(fields, "alpha_steps") > 0) {
    screen_.Line(AlphaMovement(fields));
  } else if (event.name == "pruning") {
    screen_.Line(Pruning(fields));
  } else if (event.name == "supernet_pruned") {
    screen_.Line(SupernetPruned(fields));
  } else if (event.name == "final_scores") {
    screen_.Line(FinalScores(fields));
  } else if (event.name == "search_end") {
    screen_.Line(SearchEnd(fields));
  }
}

}  // namespace danas
