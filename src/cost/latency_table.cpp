#include "danas/cost/latency_table.h"

#include <set>

#include "danas/config/document.h"
#include "danas/core/json.h"
#include "latency_keys.h"

namespace danas {
namespace {

constexpr const char* kMeasuredOn = "measured_on";

LatencyConditions ReadConditions(const Node& node) {
  LatencyConditions conditions{.machine = node.Key("machine").AsText(),
                               .device = node.Key("device").AsText(),
                               .threads = node.Key("threads").AsInt(0),
                               .batch = node.Key("batch").AsInt(1),
                               .kernels = node.Key("kernels").AsText(),
                               .danas = node.Key("danas").AsText(),
                               .date = node.Key("date").AsText()};
  node.RejectUnreadKeys();
  return conditions;
}

double NotNegative(const Node& number) {
  const double value = number.AsDouble();
  if (value < 0) number.Fail("found " + std::to_string(value) + "; a latency is not negative");
  return value;
}

// What other tools write beside the mean may be of any form, and says nothing to danas.
LatencyEntry ReadEntry(const Node& node, bool measured_by_danas) {
  LatencyEntry entry{.mean = NotNegative(node.Key("mean"))};
  if (!measured_by_danas) return entry;
  entry.count = node.Key("count").AsInt(1);
  entry.var = NotNegative(node.Key("var"));
  entry.low = NotNegative(node.Key("low"));
  entry.high = NotNegative(node.Key("high"));
  entry.outliers = node.Key("outliers").AsInt(0);
  return entry;
}

LatencyTable TableFrom(const Document& document) {
  LatencyTable table;
  const Node root = document.Root();
  if (const auto on = root.IsMap() ? root.Find(kMeasuredOn) : std::nullopt) table.measured_on = ReadConditions(*on);
  for (const auto& [key, entry] : root.Entries()) {
    if (key != kMeasuredOn) table.entries[key] = ReadEntry(entry, table.measured_on.has_value());
  }
  if (table.entries.empty()) root.Fail("an empty latency table");
  return table;
}

void AddLine(std::string& text, const char* name, const Json& value) {
  text += std::string("  ") + name + ": " + JsonText(value) + "\n";
}

}  // namespace

Json LatencyConditionsJson(const LatencyConditions& on) {
  return {{"machine", on.machine}, {"device", on.device}, {"threads", on.threads}, {"batch", on.batch},
          {"kernels", on.kernels}, {"danas", on.danas},   {"date", on.date}};
}

std::vector<std::string> DifferencesFrom(const LatencyConditions& table, const LatencyConditions& here) {
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& what, const std::string& there, const std::string& now) {
    if (there != now) differences.push_back("the " + what + " is " + now + ", not " + there);
  };
  compare("machine", table.machine, here.machine);
  compare("device", table.device, here.device);
  compare("number of threads", std::to_string(table.threads), std::to_string(here.threads));
  compare("batch", std::to_string(table.batch), std::to_string(here.batch));
  compare("choice of kernels", table.kernels, here.kernels);
  return differences;
}

LatencyTable ReadLatencyTable(const std::filesystem::path& table) { return TableFrom(Document::Read(table)); }

LatencyTable ParseLatencyTable(std::string_view yaml, const std::string& name) {
  return TableFrom(Document::Parse(yaml, TextFormat::kYaml, name));
}

std::string LatencyTableText(const LatencyTable& table) {
  std::string text;
  if (table.measured_on) {
    text += std::string(kMeasuredOn) + ":\n";
    const Json on = LatencyConditionsJson(*table.measured_on);
    for (const auto& [name, value] : on.items()) AddLine(text, name.c_str(), value);
  }
  for (const auto& [key, entry] : table.entries) {
    text += JsonText(key) + ":\n";
    AddLine(text, "count", entry.count);
    AddLine(text, "mean", entry.mean);
    AddLine(text, "var", entry.var);
    AddLine(text, "low", entry.low);
    AddLine(text, "high", entry.high);
    AddLine(text, "outliers", entry.outliers);
  }
  return text;
}

std::vector<std::string> LatencyKeys::OfNetwork(const std::vector<size_t>& choice) const {
  std::vector<std::string> keys = {stem};
  for (size_t l = 0; l < choice.size(); ++l) keys.push_back(candidates_lc.at(l).at(choice[l]));
  keys.push_back(expand);
  keys.push_back(logits);
  return keys;
}

std::vector<std::string> LatencyKeys::Distinct() const {
  std::set<std::string> keys = {stem, expand, logits};
  for (const std::vector<std::string>& of_layer : candidates_lc) keys.insert(of_layer.begin(), of_layer.end());
  keys.erase("");
  return {keys.begin(), keys.end()};
}

LatencyKeys LatencyKeysOf(const SearchSpace& space) {
  LatencyKeys keys{.stem = StemKey(space), .candidates_lc = {}, .expand = {}, .logits = HeadKeys(space).back()};
  for (const LayerSpec& layer : space.layers()) {
    std::vector<std::string>& of_layer = keys.candidates_lc.emplace_back();
    for (const BlockSpec& block : layer.candidates) of_layer.push_back(BlockKey(block, layer.shape));
  }
  if (space.head().channels > 0) keys.expand = HeadKeys(space).front();
  return keys;
}

}  // namespace danas
