#include "danas/easiness/truth_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "danas/arch/network_name.h"
#include "danas/core/error.h"
#include "danas/core/file.h"

namespace danas {
namespace {

std::vector<std::string> Split(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, separator);) cells.push_back(cell);
  if (line.ends_with(separator)) cells.emplace_back();
  return cells;
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class TruthReader {
 public:
  TruthReader(std::string path, const SearchSpace& space) : path_(std::move(path)), space_(space) {}

  void Take(std::string line) {
    ++number_;
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("# layer ")) return CheckLayer(line.substr(8));
    if (line.empty() || line.front() == '#') return;
    if (columns_.empty()) return TakeTitles(Split(line, ','));
    TakeTraining(Split(line, ','));
  }

  std::vector<TrainedNetwork> Finish() {
    if (networks_.empty()) throw ConfigError(path_ + ": it has no trained networks");
    return std::move(networks_);
  }

 private:
  std::string Here() const { return path_ + ", line " + std::to_string(number_); }
  [[noreturn]] void Fail(const std::string& what) const { throw ConfigError(Here() + ": " + what); }

  // "3: identity ir_e4_k5"
  void CheckLayer(const std::string& text) const {
    const size_t colon = text.find(':');
    const auto layer = ParseWhole<size_t>(std::string_view(text).substr(0, colon));
    if (colon == std::string::npos || !layer) Fail("expected '# layer N: NAMES'");
    if (*layer >= space_.layers().size()) {
      Fail("a layer " + std::to_string(*layer) + "; the space " + space_.name() + " has " +
           std::to_string(space_.layers().size()) + " layers");
    }
    std::string names;
    for (const BlockSpec& block : space_.layers()[*layer].candidates) names += " " + CandidateName(block);
    if (text.substr(colon + 1) != names) {
      Fail("layer " + std::to_string(*layer) + " has the candidates" + text.substr(colon + 1) + " here and" + names +
           " in the space " + space_.name() + ": the table belongs to another space");
    }
  }

  void TakeTitles(const std::vector<std::string>& titles) {
    for (size_t i = 0; i < titles.size(); ++i) columns_[titles[i]] = i;
    for (const char* needed : {"network", "accuracy", "loss"}) {
      if (!columns_.contains(needed)) Fail(std::string("no column '") + needed + "' in the header");
    }
    count_ = titles.size();
  }

  double Number(const std::vector<std::string>& cells, const char* column, double most) const {
    const std::string& text = cells[columns_.at(column)];
    const auto value = ParseWhole<double>(text);
    if (!value || !std::isfinite(*value) || *value < 0 || *value > most) {
      Fail(std::string("the ") + column + " is '" + text + "', expected a number from 0" +
           (std::isfinite(most) ? " to 1" : " upwards"));
    }
    return *value;
  }

  void TakeTraining(const std::vector<std::string>& cells) {
    if (cells.size() != count_) {
      Fail(std::to_string(cells.size()) + " cells under " + std::to_string(count_) + " column titles");
    }
    const std::vector<size_t> network = ParseNetworkName(cells[columns_.at("network")], space_, Here());
    const auto [place, fresh] = places_.try_emplace(network, networks_.size());
    if (fresh) networks_.push_back({.network = network, .accuracies = {}, .losses = {}});
    networks_[place->second].accuracies.push_back(Number(cells, "accuracy", 1));
    networks_[place->second].losses.push_back(Number(cells, "loss", HUGE_VAL));
  }

  std::string path_;
  const SearchSpace& space_;
  int64_t number_ = 0;
  std::map<std::string, size_t> columns_;
  size_t count_ = 0;
  std::map<std::vector<size_t>, size_t> places_;
  std::vector<TrainedNetwork> networks_;
};

}  // namespace

double TrainedNetwork::accuracy() const {
  return std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / static_cast<double>(accuracies.size());
}

std::vector<TrainedNetwork> ReadTruthTable(const std::filesystem::path& path, const SearchSpace& space) {
  TruthReader reader(path.string(), space);
  std::istringstream lines(ReadFile(path));
  for (std::string line; std::getline(lines, line);) reader.Take(std::move(line));
  return reader.Finish();
}

}  // namespace danas
