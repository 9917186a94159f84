#include "danas/cost/latency_agreement.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace danas {
namespace {

constexpr int64_t kResamples = 2000;

using Drawn = std::vector<size_t>;

double MeanOver(const Drawn& drawn, const std::function<double(size_t)>& value) {
  double sum = 0;
  for (const size_t i : drawn) sum += value(i);
  return sum / static_cast<double>(drawn.size());
}

double OffsetOf(const MeasuredNetworks& networks, const Drawn& drawn) {
  return MeanOver(drawn, [&](size_t i) { return networks.measured[i] - networks.predicted[i]; });
}

double ErrorOf(const MeasuredNetworks& networks, const Drawn& drawn) {
  const double offset = OffsetOf(networks, drawn);
  return MeanOver(drawn, [&](size_t i) { return std::abs(networks.predicted[i] + offset - networks.measured[i]); });
}

double RepeatErrorOf(const std::vector<double>& repeats, const Drawn& drawn) {
  const double mean = MeanOver(drawn, [&](size_t i) { return repeats[i]; });
  return MeanOver(drawn, [&](size_t i) { return std::abs(repeats[i] - mean); });
}

struct Pairs {
  int64_t in_order = 0, against = 0, tied = 0;

  int64_t all() const { return in_order + against + tied; }
  double Correlation() const {
    return all() == 0 ? kUndefined : static_cast<double>(in_order - against) / static_cast<double>(all());
  }
};

Pairs PairsApart(const MeasuredNetworks& networks, const Drawn& drawn, double apart) {
  Pairs pairs;
  for (size_t i = 0; i < drawn.size(); ++i) {
    for (size_t j = i + 1; j < drawn.size(); ++j) {
      const double measured = networks.measured[drawn[i]] - networks.measured[drawn[j]];
      const double predicted = networks.predicted[drawn[i]] - networks.predicted[drawn[j]];
      if (std::abs(measured) <= apart) continue;
      ++(predicted == 0 ? pairs.tied : (measured > 0) == (predicted > 0) ? pairs.in_order : pairs.against);
    }
  }
  return pairs;
}

// Of one list with the networks first.
struct Parts {
  Drawn networks, repeats;
};

}  // namespace

LatencyAgreement AgreementOf(const MeasuredNetworks& networks) {
  const size_t count = networks.measured.size(), repeats = networks.repeats.size();
  if (count < 2 || repeats < 2 || networks.predicted.size() != count) {
    throw std::invalid_argument("agreement needs two networks and two repeats at least");
  }
  const Bootstrap of_networks(count, kResamples, 0), of_repeats(repeats, kResamples, 1);
  LatencyAgreement agreement;
  agreement.offset = of_networks.Of([&](const Drawn& drawn) { return OffsetOf(networks, drawn); });
  agreement.mean_error = of_networks.Of([&](const Drawn& drawn) { return ErrorOf(networks, drawn); });
  agreement.repeat_error = of_repeats.Of([&](const Drawn& drawn) { return RepeatErrorOf(networks.repeats, drawn); });
  // Both kinds are resampled in one list, so that the interval of their ratio has the chance of both in it.
  const Bootstrap of_both(count + repeats, kResamples, 2);
  agreement.ratio = of_both.Of([&](const Drawn& drawn) {
    Parts parts;
    for (const size_t i : drawn) (i < count ? parts.networks : parts.repeats).push_back(i < count ? i : i - count);
    if (parts.networks.empty() || parts.repeats.empty()) return kUndefined;
    const double error = RepeatErrorOf(networks.repeats, parts.repeats);
    return error > 0 ? ErrorOf(networks, parts.networks) / error : kUndefined;
  });
  const double apart = agreement.repeat_error.value;
  agreement.rank_correlation =
      of_networks.Of([&](const Drawn& drawn) { return PairsApart(networks, drawn, apart).Correlation(); });
  Drawn all;
  for (size_t i = 0; i < count; ++i) all.push_back(i);
  agreement.pairs = PairsApart(networks, all, apart).all();
  agreement.mean_measured = MeanOver(all, [&](size_t i) { return networks.measured[i]; });
  agreement.least_measured = std::ranges::min(networks.measured);
  agreement.most_measured = std::ranges::max(networks.measured);
  return agreement;
}

}  // namespace danas
