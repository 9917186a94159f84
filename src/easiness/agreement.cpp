#include "danas/easiness/agreement.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "danas/easiness/class_easiness.h"

namespace danas {
namespace {

void RequireSameLength(const Scores& x, const Scores& y) {
  if (x.size() != y.size()) throw std::invalid_argument("scores of two networks over different numbers of classes");
}

// Σ f(t) over the groups of equal neighbours in a sorted range, t their sizes.
template <typename Iterator, typename Equal, typename Function>
double SumOverTies(Iterator begin, Iterator end, const Equal& equal, const Function& function) {
  double sum = 0;
  for (Iterator first = begin; first != end;) {
    Iterator next = std::find_if(first, end, [&](const auto& value) { return !equal(*first, value); });
    sum += function(static_cast<double>(next - first));
    first = next;
  }
  return sum;
}

double Pairs(double t) { return t * (t - 1) / 2; }

// Sorts and counts the pairs that stood the wrong way round.
double SortCountingSwaps(std::vector<double>& values, std::vector<double>& spare, size_t begin, size_t end) {
  if (end - begin < 2) return 0;
  const size_t middle = begin + (end - begin) / 2;
  double swaps = SortCountingSwaps(values, spare, begin, middle) + SortCountingSwaps(values, spare, middle, end);
  size_t left = begin, right = middle;
  for (size_t i = begin; i < end; ++i) {
    if (left < middle && (right == end || values[left] <= values[right])) {
      spare[i] = values[left++];
    } else {
      swaps += static_cast<double>(middle - left);
      spare[i] = values[right++];
    }
  }
  std::copy(spare.begin() + static_cast<ptrdiff_t>(begin), spare.begin() + static_cast<ptrdiff_t>(end),
            values.begin() + static_cast<ptrdiff_t>(begin));
  return swaps;
}

std::vector<bool> Easiest(const Scores& scores, size_t count) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  std::vector<bool> easiest(scores.size());
  for (size_t i = 0; i < count; ++i) easiest[order[i]] = true;
  return easiest;
}

Scores Select(const Scores& scores, const std::vector<size_t>& classes) {
  Scores selected;
  selected.reserve(classes.size());
  for (const size_t c : classes) selected.push_back(scores[c]);
  return selected;
}

template <typename Measure>
Estimate EstimateOfPair(const Bootstrap& bootstrap, const Scores& x, const Scores& y, const Measure& measure) {
  return bootstrap.Of(
      [&](const std::vector<size_t>& classes) { return measure(Select(x, classes), Select(y, classes)); });
}

}  // namespace

Json ToJson(const Estimate& estimate) {
  const auto number = [](double value) { return std::isnan(value) ? Json(nullptr) : Json(value); };
  return {{"value", number(estimate.value)}, {"low", number(estimate.low)}, {"high", number(estimate.high)}};
}

double Pearson(const Scores& x, const Scores& y) {
  RequireSameLength(x, y);
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (!(xx > 0) || !(yy > 0)) return kUndefined;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

double Spearman(const Scores& x, const Scores& y) {
  RequireSameLength(x, y);
  return Pearson(AverageRanks(x), AverageRanks(y));
}

double KendallTauB(const Scores& x, const Scores& y) {
  RequireSameLength(x, y);
  std::vector<std::pair<double, double>> points;
  for (size_t i = 0; i < x.size(); ++i) points.emplace_back(x[i], y[i]);
  std::sort(points.begin(), points.end());
  const double tied_both = SumOverTies(points.begin(), points.end(), std::equal_to<>(), Pairs);
  const double tied_x = SumOverTies(
      points.begin(), points.end(), [](const auto& a, const auto& b) { return a.first == b.first; }, Pairs);
  std::vector<double> ys, spare(points.size());
  for (const auto& point : points) ys.push_back(point.second);
  const double swaps = SortCountingSwaps(ys, spare, 0, ys.size());
  const double tied_y = SumOverTies(ys.begin(), ys.end(), std::equal_to<>(), Pairs);
  const double all = Pairs(static_cast<double>(points.size()));
  if (tied_x == all || tied_y == all) return kUndefined;
  const double concordant_less_discordant = all - tied_x - tied_y + tied_both - 2 * swaps;
  return std::clamp(concordant_less_discordant / std::sqrt((all - tied_x) * (all - tied_y)), -1.0, 1.0);
}

double KendallW(const std::vector<Scores>& score_nc) {
  if (score_nc.empty()) return kUndefined;
  const auto m = static_cast<double>(score_nc.size());
  const auto n = static_cast<double>(score_nc.front().size());
  std::vector<double> rank_sum(score_nc.front().size());
  double ties = 0;
  for (const Scores& score_c : score_nc) {
    RequireSameLength(score_c, score_nc.front());
    std::vector<double> ranks = AverageRanks(score_c);
    for (size_t c = 0; c < ranks.size(); ++c) rank_sum[c] += ranks[c];
    std::sort(ranks.begin(), ranks.end());
    ties += SumOverTies(ranks.begin(), ranks.end(), std::equal_to<>(), [](double t) { return t * t * t - t; });
  }
  double spread = 0;
  for (const double sum : rank_sum) spread += std::pow(sum - m * (n + 1) / 2, 2);
  const double most = m * m * (n * n * n - n) - m * ties;
  return most > 0 ? 12 * spread / most : kUndefined;
}

double EasiestOverlap(const Scores& x, const Scores& y, double share) {
  RequireSameLength(x, y);
  const auto count = static_cast<size_t>(std::max<int64_t>(1, std::llround(share * static_cast<double>(x.size()))));
  const std::vector<bool> of_x = Easiest(x, count), of_y = Easiest(y, count);
  size_t both = 0;
  for (size_t c = 0; c < x.size(); ++c) both += of_x[c] && of_y[c];
  return static_cast<double>(both) / static_cast<double>(count);
}

Agreement MeasureAgreement(const std::vector<std::string>& networks, const std::vector<Scores>& score_nc,
                           const std::vector<Scores>& error_nc, int64_t resamples, int64_t seed) {
  const size_t classes = score_nc.at(0).size();
  Agreement agreement{.networks = networks, .classes = static_cast<int64_t>(classes), .resamples = resamples};
  const Bootstrap bootstrap(classes, resamples, seed);
  for (size_t a = 0; a < score_nc.size(); ++a) {
    for (size_t b = a + 1; b < score_nc.size(); ++b) {
      PairAgreement pair{.first = a, .second = b};
      pair.spearman = EstimateOfPair(bootstrap, score_nc[a], score_nc[b], Spearman);
      pair.kendall = EstimateOfPair(bootstrap, score_nc[a], score_nc[b], KendallTauB);
      for (size_t s = 0; s < kOverlapShares.size(); ++s) {
        pair.overlap[s] = EstimateOfPair(bootstrap, score_nc[a], score_nc[b], [&](const Scores& x, const Scores& y) {
          return EasiestOverlap(x, y, kOverlapShares[s]);
        });
      }
      agreement.pairs.push_back(pair);
    }
  }
  agreement.concordance = bootstrap.Of([&](const std::vector<size_t>& drawn) {
    if (score_nc.size() < 2) return kUndefined;
    std::vector<Scores> selected_nc;
    for (const Scores& score_c : score_nc) selected_nc.push_back(Select(score_c, drawn));
    return KendallW(selected_nc);
  });
  for (size_t n = 0; n < score_nc.size(); ++n) {
    agreement.score_error.push_back(EstimateOfPair(bootstrap, score_nc[n], error_nc.at(n), Spearman));
  }
  return agreement;
}

Json ToJson(const Agreement& agreement) {
  Json pairs = Json::array(), score_error = Json::array();
  for (const PairAgreement& pair : agreement.pairs) {
    Json overlaps = Json::array();
    for (size_t s = 0; s < kOverlapShares.size(); ++s) {
      Json overlap = ToJson(pair.overlap[s]);
      overlap["share"] = kOverlapShares[s];
      overlaps.push_back(std::move(overlap));
    }
    pairs.push_back({{"networks", {agreement.networks[pair.first], agreement.networks[pair.second]}},
                     {"spearman", ToJson(pair.spearman)},
                     {"kendall_tau_b", ToJson(pair.kendall)},
                     {"overlap", std::move(overlaps)}});
  }
  for (size_t n = 0; n < agreement.networks.size(); ++n) {
    Json estimate = ToJson(agreement.score_error[n]);
    estimate["network"] = agreement.networks[n];
    score_error.push_back(std::move(estimate));
  }
  return {{"networks", agreement.networks},
          {"classes", agreement.classes},
          {"resamples", agreement.resamples},
          {"pairs", std::move(pairs)},
          {"kendall_w", ToJson(agreement.concordance)},
          {"score_and_error", std::move(score_error)}};
}

}  // namespace danas
