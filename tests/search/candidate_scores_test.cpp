#include "danas/search/candidate_scores.h"

#include <gmock/gmock.h>

#include <cmath>

#include "danas/core/random.h"
#include "tests/search/path_support.h"

namespace danas {
namespace {

using test::DrawNetworks;
using test::LossPn;
using test::Networks;

// Losses of networks whose candidates add their effects, of images that add their own, with what is neither.
struct Additive {
  std::vector<std::vector<double>> effect_lc;
  double image_noise = 0.3;    // of an image in all networks
  double effect_noise = 0;     // of an image's effect of a candidate
  double network_noise = 0.1;  // of a network on all images: what is not additive
  double both_noise = 0;       // of a network on an image

  LossPn Losses(const Networks& networks, size_t images, RandomStream& random) const {
    std::vector<double> image_n;
    for (size_t n = 0; n < images; ++n) image_n.push_back(image_noise * random.Normal());
    std::vector<std::vector<std::vector<double>>> own_lcn;
    for (const std::vector<double>& effect_c : effect_lc) {
      own_lcn.emplace_back();
      for (size_t c = 0; c < effect_c.size(); ++c) {
        own_lcn.back().emplace_back();
        for (size_t n = 0; n < images; ++n) own_lcn.back().back().push_back(effect_noise * random.Normal());
      }
    }
    LossPn loss_pn;
    for (const std::vector<size_t>& network : networks) {
      double of_network = 2 + network_noise * random.Normal();
      for (size_t l = 0; l < network.size(); ++l) of_network += effect_lc[l][network[l]];
      loss_pn.emplace_back();
      for (size_t n = 0; n < images; ++n) {
        double loss = of_network + image_n[n] + both_noise * random.Normal();
        for (size_t l = 0; l < network.size(); ++l) loss += own_lcn[l][network[l]][n];
        loss_pn.back().push_back(static_cast<float>(loss));
      }
    }
    return loss_pn;
  }
};

struct Moments {
  double sum = 0, squares = 0;
  int count = 0;
  void Add(double value) { sum += value, squares += value * value, ++count; }
  double mean() const { return sum / count; }
  double deviation() const { return std::sqrt(squares / count - mean() * mean()); }
};

TEST(ScoresOfAlpha, AreAlphaAndItsGradients) {
  GradientTrace evidence;
  evidence.Record({{1, 3}});
  const CandidateScores scores = ScoresOfAlpha({{0, std::log(3.0)}}, evidence);
  EXPECT_EQ(scores.kind, PruningScore::kAlpha);
  EXPECT_DOUBLE_EQ(scores.value_lc[0][1], std::log(3.0));
  EXPECT_NEAR(scores.Terms()[0][0], std::log(0.25), 1e-15);
  EXPECT_EQ(scores.z({{0, 0, 1}}), evidence.Z({0, 0, 1}));
}

TEST(ScoresOfMasking, AreRisesOfTheLossWithPairedErrors) {
  // Of three images; layer 1 has no choice.
  const std::vector<float> whole = {1, 2, 3};
  const CandidateScores scores = ScoresOfMasking({{{1.5F, 3, 3}, {1, 2, 3.25F}}, {whole}}, whole);
  EXPECT_EQ(scores.kind, PruningScore::kPerturbation);
  EXPECT_NEAR(scores.value_lc[0][0], 0.5, 1e-12);
  EXPECT_NEAR(scores.value_lc[0][1], 0.25 / 3, 1e-12);
  EXPECT_EQ(scores.value_lc[1][0], 0);
  EXPECT_EQ(scores.Terms(), scores.value_lc);
  // Differences 0.5, 1 and -0.25: mean 5/12, deviation √(0.390625 + ...).
  const double mean = 1.25 / 3;
  const double variance = (std::pow(0.5 - mean, 2) + std::pow(1 - mean, 2) + std::pow(-0.25 - mean, 2)) / 2;
  EXPECT_NEAR(scores.z({{0, 0, 1}}), mean / std::sqrt(variance / 3), 1e-9);
  EXPECT_NEAR(scores.z({{0, 1, 0}}), -mean / std::sqrt(variance / 3), 1e-9);
  EXPECT_EQ(scores.z({{0, 0, 0}}), 0);
  EXPECT_EQ(scores.z({}), 0);
}

TEST(ScoresOfPaths, FindTheEffects) {
  const Additive truth{.effect_lc = {{-0.3, 0.1, 0.2}, {0}, {0.05, -0.05}}, .network_noise = 0.02};
  RandomStream random(1, "paths");
  const Networks networks = DrawNetworks({3, 1, 2}, 60, random);
  const CandidateScores scores = ScoresOfPaths({3, 1, 2}, networks, truth.Losses(networks, 20, random));
  EXPECT_EQ(scores.kind, PruningScore::kPaths);
  for (size_t l = 0; l < truth.effect_lc.size(); ++l) {
    for (size_t c = 0; c < truth.effect_lc[l].size(); ++c) {
      EXPECT_NEAR(scores.value_lc[l][c], -truth.effect_lc[l][c], 0.015) << l << " " << c;
    }
  }
  EXPECT_GT(scores.z({{0, 0, 1}}), 10);
  EXPECT_LT(scores.z({{0, 1, 0}}), -10);
  EXPECT_GT(scores.z({{0, 0, 2}, {2, 1, 0}}), 10);
}

TEST(ScoresOfPaths, AreExactOfAnAdditiveLossWithoutNoise) {
  const Additive truth{.effect_lc = {{-0.5, 0.5}, {0.25, -0.25}}, .image_noise = 0, .network_noise = 0};
  RandomStream random(2, "paths");
  const Networks networks = DrawNetworks({2, 2}, 12, random);
  const CandidateScores scores = ScoresOfPaths({2, 2}, networks, truth.Losses(networks, 3, random));
  EXPECT_NEAR(scores.value_lc[0][0], 0.5, 1e-6);
  EXPECT_NEAR(scores.value_lc[1][1], 0.25, 1e-6);
}

// Where no candidate is better z is standard normal, whether networks or images make the noise.
TEST(ScoresOfPaths, HaveHonestErrors) {
  Additive of_networks{.effect_lc = {{0, 0, 0}, {0, 0}, {0, 0, 0, 0}}}, of_images = of_networks, of_both = of_networks;
  of_images.effect_noise = 0.5;
  of_images.network_noise = 0.01;
  of_both.both_noise = 0.5;
  of_both.network_noise = 0.01;
  for (const Additive& null : {of_networks, of_images, of_both}) {
    Moments z, z_of_networks;
    for (uint64_t seed = 0; seed < 150; ++seed) {
      RandomStream random(seed, "null paths");
      const Networks networks = DrawNetworks({3, 2, 4}, 60, random);
      const CandidateScores scores = ScoresOfPaths({3, 2, 4}, networks, null.Losses(networks, 40, random));
      z.Add(scores.z({{0, 0, 1}}));
      z.Add(scores.z({{1, 1, 0}}));
      z.Add(scores.z({{2, 3, 1}}));
      z_of_networks.Add(scores.z({{0, 2, 0}, {1, 0, 1}, {2, 0, 3}}));
    }
    EXPECT_NEAR(z.mean(), 0, 0.15) << null.effect_noise << " " << null.both_noise;
    EXPECT_NEAR(z.deviation(), 1, 0.12) << null.effect_noise << " " << null.both_noise;
    EXPECT_NEAR(z_of_networks.deviation(), 1, 0.2) << null.effect_noise << " " << null.both_noise;
  }
}

TEST(ScoresOfPaths, KnowNothingOfWhatNoNetworkHas) {
  RandomStream random(3, "paths");
  Networks networks = DrawNetworks({2, 2}, 20, random);  // candidate 2 of layer 0 is in none
  const Additive truth{.effect_lc = {{-1, 1, 0}, {-1, 1}}};
  const CandidateScores scores = ScoresOfPaths({3, 2}, networks, truth.Losses(networks, 10, random));
  EXPECT_EQ(scores.z({{0, 0, 2}}), 0);
  EXPECT_EQ(scores.z({{0, 2, 1}}), 0);
  EXPECT_GT(scores.z({{0, 0, 1}}), 5);
  EXPECT_GT(scores.z({{1, 0, 1}}), 5);
}

TEST(ScoresOfPaths, OfTooFewNetworksAreNoEvidence) {
  RandomStream random(4, "paths");
  const Networks networks = {{0, 0}, {1, 0}, {2, 0}, {0, 1}, {0, 2}};  // as many as a mean and four effects
  const Additive truth{.effect_lc = {{-1, 0, 1}, {-1, 0, 1}}};
  const CandidateScores scores = ScoresOfPaths({3, 3}, networks, truth.Losses(networks, 10, random));
  for (size_t l = 0; l < 2; ++l) EXPECT_EQ(scores.z({{l, 0, 2}}), 0);
  EXPECT_EQ(scores.RootMeanSquareZ(), 0);
}

TEST(CandidateScores, HaveARootMeanSquareOfZ) {
  CandidateScores scores{.kind = PruningScore::kPaths, .value_lc = {{0, 1, 2}, {0}}, .z = {}};
  scores.z = [](const std::vector<Claim>& claims) {
    return claims.front().worse == 2 ? 3.0 * static_cast<double>(claims.front().better) : 4.0;
  };
  EXPECT_DOUBLE_EQ(scores.RootMeanSquareZ(), std::sqrt((16.0 + 9.0) / 2));  // (0, 2) is not told apart
}

}  // namespace
}  // namespace danas
