#include "danas/data/person_groups.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/data/subset.h"
#include "danas/easiness/class_schedule.h"

namespace danas {
namespace {

// A person's place in the order: less comes in earlier.
using Place = std::pair<double, int64_t>;

std::vector<int64_t> IdsOf(const PersonSet& set) {
  std::vector<int64_t> ids;
  for (const Person& person : set.persons) ids.push_back(person.id);
  return ids;
}

std::vector<Place> PlacesOf(const DatasetIndex& set, const PersonDifficulty& difficulty, bool reverse) {
  const std::vector<int64_t> ids = IdsOf(*set.persons);
  const std::vector<double> errors = ErrorsOf(difficulty, ids, IdsOf(*set.annotated), set.fingerprint);
  std::vector<Place> places;
  for (size_t i = 0; i < ids.size(); ++i) {
    places.push_back(reverse ? Place(-errors[i], -ids[i]) : Place(errors[i], ids[i]));
  }
  return places;
}

// The last place of each group, among the persons for the weights.
std::vector<Place> LastPlaces(const std::vector<Place>& places, const Subset& weights,
                              const std::vector<double>& shares) {
  std::vector<Place> sorted;
  for (const int64_t sample : weights.images) sorted.push_back(places[static_cast<size_t>(sample)]);
  std::ranges::sort(sorted);
  std::vector<Place> last;
  for (const int64_t count : PersonsInShares(shares, std::ssize(sorted))) {
    last.push_back(sorted[static_cast<size_t>(count - 1)]);
  }
  return last;
}

std::string ShortNumber(const char* format, double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

std::string LabelOf(double from, double to, const Place& last, bool reverse) {
  return ShortNumber("%.4g", 100 * from) + "-" + ShortNumber("%.4g", 100 * to) + " % (error " +
         (reverse ? "≥ " : "≤ ") + ShortNumber("%.3g", reverse ? -last.first : last.first) + ")";
}

// Persons of each group.
std::vector<int64_t> CountGroups(const std::vector<int>& labels, size_t groups, const Subset& subset) {
  std::vector<int64_t> counts(groups, 0);
  for (const int64_t sample : subset.images) ++counts[static_cast<size_t>(labels[static_cast<size_t>(sample)])];
  return counts;
}

}  // namespace

GroupedPersons GroupPersons(const std::shared_ptr<const DatasetIndex>& set, const Config& config,
                            const PersonDifficulty& difficulty) {
  const bool reverse = config.schedule.reverse;
  const std::vector<double> shares = GroupShares(config.schedule);
  const std::vector<Place> places = PlacesOf(*set, difficulty, reverse);
  const Split split = SplitTrainingSet(set, config.data, config.seed);
  const std::vector<Place> last = LastPlaces(places, split.weights, shares);

  DatasetIndex grouped = *set;
  grouped.classes = {};
  for (size_t g = 0; g < shares.size(); ++g) {
    grouped.classes.ids.push_back("group" + std::to_string(g + 1));
    grouped.classes.labels.push_back(LabelOf(g == 0 ? 0 : shares[g - 1], shares[g], last[g], reverse));
  }
  for (size_t i = 0; i < places.size(); ++i) {
    // Who is harder than all persons for the weights is in the last group.
    const auto group = std::lower_bound(last.begin(), last.end() - 1, places[i]) - last.begin();
    grouped.labels[i] = static_cast<int>(group);
  }
  EasinessRanking ranking{.source = difficulty.source + (reverse ? ", reversed" : ""), .order = grouped.classes.ids};
  return {.set = std::make_shared<const DatasetIndex>(std::move(grouped)), .ranking = std::move(ranking)};
}

std::string GroupsText(const std::shared_ptr<const DatasetIndex>& grouped, const Config& config) {
  if (config.schedule.difficulty.empty()) return "";
  const Split split = SplitTrainingSet(grouped, config.data, config.seed);
  const std::vector<std::string>& names = grouped->classes.labels;
  const std::vector<int64_t> weights = CountGroups(grouped->labels, names.size(), split.weights);
  const std::vector<int64_t> architecture = CountGroups(grouped->labels, names.size(), split.architecture);
  std::vector<std::string> texts;
  for (size_t g = 0; g < names.size(); ++g) {
    texts.push_back(names[g] + ": " + FormatThousands(weights[g]) + " and " + FormatThousands(architecture[g]));
  }
  return std::string("persons from ") + (config.schedule.reverse ? "hard to easy" : "easy to hard") + " by " +
         config.schedule.difficulty + ", for the weights and for α: " + Joined(texts, "; ");
}

}  // namespace danas
