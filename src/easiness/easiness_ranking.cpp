#include "danas/easiness/easiness_ranking.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "danas/config/document.h"
#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/random.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr size_t kNamesShown = 5;

constexpr int64_t kFormat = 1;

struct RankingFile {
  std::vector<std::string> order;
  std::string fingerprint;  // empty: made by hand, for any dataset of these classes
};

// The other keys are the ranking's own record (scores, networks) and not read here.
RankingFile ReadRanking(const std::string& path) {
  const Node root = Document::Read(path).Root();
  const int64_t format = root.Key("format").AsInt(1);
  if (format > kFormat) {
    throw ConfigError(path + ": format " + std::to_string(format) + " is newer than this danas, which reads up to " +
                      std::to_string(kFormat) + "; use a newer danas");
  }
  RankingFile file{.order = {}, .fingerprint = root.KeyOr("fingerprint", std::string())};
  for (const Node& id : root.Key("classes").Items()) file.order.push_back(id.AsText());
  return file;
}

void CheckNamesEveryClass(const std::vector<std::string>& order, const std::vector<std::string>& class_ids,
                          const std::string& source) {
  const std::unordered_set<std::string> known(class_ids.begin(), class_ids.end());
  std::unordered_set<std::string> named;
  std::vector<std::string> unknown;
  std::vector<std::string> doubled;
  for (const std::string& id : order) {
    if (!known.contains(id)) {
      unknown.push_back(id);
    } else if (!named.insert(id).second) {
      doubled.push_back(id);
    }
  }
  std::vector<std::string> missing;
  for (const std::string& id : class_ids) {
    if (!named.contains(id)) missing.push_back(id);
  }
  std::string wrong;
  if (!doubled.empty()) wrong += "; listed twice: " + FirstQuotedOf(doubled, kNamesShown);
  if (!unknown.empty()) {
    wrong += "; not in the dataset: " + FirstQuotedOf(unknown, kNamesShown);
    const std::string nearest = NearestName(unknown.front(), missing);
    if (!nearest.empty()) wrong += " (did you mean '" + nearest + "'?)";
  }
  if (!missing.empty()) wrong += "; missing: " + FirstQuotedOf(missing, kNamesShown);
  if (!wrong.empty()) {
    throw ConfigError(source + " must list each of the dataset's " + std::to_string(class_ids.size()) +
                      " classes exactly once" + wrong);
  }
}

void CheckFingerprint(const std::string& found, uint64_t fingerprint, const std::string& source) {
  const std::string expected = HexText(fingerprint);
  if (found.empty() || found == expected) return;
  throw ConfigError(source + ": fingerprint: " + found + " belongs to a different training set from this one (" +
                    expected +
                    "), although the classes have the same names. Rank this one with danas easiness; to use the order "
                    "anyway, copy the file without its key 'fingerprint'");
}

}  // namespace

std::vector<int> EasinessRanking::Positions(const std::vector<std::string>& class_ids) const {
  std::unordered_map<std::string, int> position;
  for (size_t i = 0; i < class_ids.size(); ++i) position.emplace(class_ids[i], static_cast<int>(i));
  std::vector<int> positions;
  for (const std::string& id : order) positions.push_back(position.at(id));
  return positions;
}

EasinessRanking MakeRanking(const ScheduleConfig& config, int64_t seed, const std::vector<std::string>& class_ids,
                            uint64_t fingerprint) {
  EasinessRanking ranking;
  if (config.ranking == "random") {
    ranking.source = "random(seed " + std::to_string(seed) + ")";
    ranking.order = class_ids;
    RandomStream(static_cast<uint64_t>(seed), "ranking").Shuffle(ranking.order);
  } else if (config.ranking == "listed") {
    ranking.source = "listed";
    ranking.order = config.class_order.empty() ? class_ids : config.class_order;
    CheckNamesEveryClass(ranking.order, class_ids, "schedule.class_order");
  } else {
    ranking.source = config.ranking;
    RankingFile file = ReadRanking(config.ranking);
    CheckNamesEveryClass(file.order, class_ids, config.ranking);
    CheckFingerprint(file.fingerprint, fingerprint, config.ranking);
    ranking.order = std::move(file.order);
  }
  if (config.reverse) {
    ranking.source += ", reversed";
    std::reverse(ranking.order.begin(), ranking.order.end());
  }
  return ranking;
}

}  // namespace danas
