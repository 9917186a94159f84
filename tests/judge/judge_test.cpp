#include "danas/judge/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/data/transform.h"
#include "danas/easiness/class_easiness.h"
#include "danas/easiness/neuron_relevance.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/run/memory.h"
#include "tests/support/sanitizer.h"
#include "tests/train/train_support.h"

namespace danas::test {
namespace {

constexpr int kClasses = 5;

std::shared_ptr<Supernet> MakeJudge() {
  auto network = MakeNetwork(StripeSpace({InvertedResidual(3, 3)}, kClasses));
  InitializeWeights(*network, 7);
  return network;
}

Subset Images(int images) { return WholeSet(std::make_shared<const DatasetIndex>(StripeSet(images, kClasses, 3))); }

Loader InOrderLoader(const Subset& subset, int64_t batch, int64_t workers = 1) {
  return Loader(subset, std::make_shared<const Transform>(StripeData(), ImageUse::kTest, 0),
                {.batch = batch, .shuffle = false, .least_last = 1, .workers = workers});
}

NetworkJudgement Judge(Supernet& network, const Subset& subset, int64_t batch, int64_t workers = 1) {
  JudgementTally tally("judge", subset.dataset->classes.ids, 50);
  Loader loader = InOrderLoader(subset, batch, workers);
  for (const JudgedBatch& images : JudgePass(network, loader, {.label = "judge"})) {
    for (size_t i = 0; i < images.size(); ++i) tally.Add(static_cast<int>(images.targets[i]), images.LogitsOf(i));
  }
  return tally.Finish();
}

std::vector<int> RankOf(const NetworkJudgement& judgement, EasinessKind kind = EasinessKind::kEntropyHistogram) {
  EasinessConfig config;
  config.kind = kind;
  std::vector<std::string> ids;
  for (int c = 0; c < kClasses; ++c) ids.push_back("row" + std::to_string(c));
  return RankClasses({judgement}, ids, config).order;
}

TEST(Judge, HandsOutWhatTheNetworkSays) {
  const auto network = MakeJudge();
  const Subset subset = Images(17);
  Loader loader = InOrderLoader(subset, 6);
  std::vector<float> logits, features;
  std::vector<int64_t> targets, entries, sizes;
  for (const JudgedBatch& images : JudgePass(*network, loader, {.label = "judge"})) {
    sizes.push_back(static_cast<int64_t>(images.size()));
    entries.insert(entries.end(), images.entries.begin(), images.entries.end());
    for (size_t i = 0; i < images.size(); ++i) {
      const auto row = images.LogitsOf(i), neurons = images.FeaturesOf(i);
      logits.insert(logits.end(), row.begin(), row.end());
      features.insert(features.end(), neurons.begin(), neurons.end());
    }
    targets.insert(targets.end(), images.targets.begin(), images.targets.end());
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{6, 6, 5}));
  for (int64_t i = 0; i < 17; ++i) EXPECT_EQ(entries[static_cast<size_t>(i)], i);
  EXPECT_EQ(targets, (std::vector<int64_t>(subset.targets.begin(), subset.targets.end())));
  EXPECT_FALSE(network->is_training());

  Loader whole = InOrderLoader(subset, 17);
  whole.Start(0);
  const at::Tensor image_nchw = whole.Next()->images;
  ExpectClose(at::tensor(logits).reshape({17, kClasses}), network->forward(image_nchw), 1e-5);
  ExpectClose(at::tensor(features).reshape({17, 16}), network->Features(image_nchw), 1e-5);
}

TEST(Judge, RankingDoesNotDependOnBatchThreadsOrOrder) {
  const auto network = MakeJudge();
  Subset subset = Images(100);
  const NetworkJudgement first = Judge(*network, subset, 50);
  for (const int64_t batch : {1, 7, 100}) EXPECT_EQ(RankOf(Judge(*network, subset, batch)), RankOf(first)) << batch;
  EXPECT_EQ(Judge(*network, subset, 50, 4).histogram_cb, first.histogram_cb);

  std::vector<size_t> order(subset.images.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  RandomStream(1, "order").Shuffle(order);
  Subset shuffled = subset;
  for (size_t i = 0; i < order.size(); ++i) {
    shuffled.images[i] = subset.images[order[i]];
    shuffled.targets[i] = subset.targets[order[i]];
  }
  for (const EasinessKind kind : {EasinessKind::kEntropyHistogram, EasinessKind::kMeanEntropy,
                                  EasinessKind::kMedianEntropy, EasinessKind::kCrossEntropy}) {
    EXPECT_EQ(RankOf(Judge(*network, shuffled, 50), kind), RankOf(first, kind)) << NameOf(kind);
  }
}

TEST(Judge, LrpAddsUpToTheMeanLogit) {
  const auto network = MakeJudge();
  const Subset subset = Images(60);
  ActivationTally tally(kClasses, 16);
  std::vector<double> logit_sum_c(kClasses);
  Loader loader = InOrderLoader(subset, 13);
  for (const JudgedBatch& images : JudgePass(*network, loader, {.label = "judge"})) {
    for (size_t i = 0; i < images.size(); ++i) {
      const auto c = static_cast<size_t>(images.targets[i]);
      tally.Add(static_cast<int>(c), images.FeaturesOf(i));
      logit_sum_c[c] += images.LogitsOf(i)[c];
    }
  }
  const Classifier classifier = ReadClassifier(*network);
  const Matrix relevance_ck = LayerwiseRelevance(tally.Means(), classifier.weight_ck);
  for (size_t c = 0; c < kClasses; ++c) {
    double sum = classifier.bias_c[c];
    for (const double value : relevance_ck[c]) sum += value;
    EXPECT_NEAR(sum, logit_sum_c[c] / 12, 1e-5) << c;
  }
}

TEST(Judge, BrokenWeightsAreAnError) {
  const auto network = MakeJudge();
  const at::NoGradGuard no_gradient;
  StateOf(*network).back().second.fill_(std::numeric_limits<float>::quiet_NaN());
  ExpectErrorContains<NumericError>([&] { Judge(*network, Images(10), 5); }, {"judge", "not a finite number"});
}

TEST(Judge, MemoryDoesNotGrowWithTheImages) {
  if (kAddressSanitizer) GTEST_SKIP() << "measures memory, which the address sanitizer changes";
  const auto network = MakeJudge();
  Judge(*network, Images(500), 50);
  const int64_t before = PeakResidentBytes();
  Judge(*network, Images(8000), 50);
  // Kept as tensors they would take 6 MB.
  EXPECT_LT(PeakResidentBytes() - before, int64_t{3} << 20);
}

TEST(HashWeights, TellsWeightsApart) {
  const auto a = MakeJudge(), b = MakeJudge();
  EXPECT_EQ(HashWeights(*a), HashWeights(*b));
  const at::NoGradGuard no_gradient;
  StateOf(*b).front().second.add_(1e-3);
  EXPECT_NE(HashWeights(*a), HashWeights(*b));
}

}  // namespace
}  // namespace danas::test
