#include "danas/config/resume_policy.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "tests/config/config_support.h"

namespace danas::test {
namespace {

using Keys = std::set<std::string>;

Keys KeysWith(OnResume policy) {
  Keys keys;
  for (const FieldCase& field : AllFields()) {
    if (ResumePolicy(field.path) == policy) keys.insert(field.path);
  }
  return keys;
}

// A key that moves from one of these lists to another changes what old runs may be resumed with.
TEST(ResumePolicy, OfEveryKey) {
  EXPECT_EQ(KeysWith(OnResume::kMayChange),
            (Keys{"checkpoint.before_pruning", "checkpoint.every", "checkpoint.keep", "checkpoint.min_seconds",
                  "checkpoint.required", "data.most_bad", "data.queue", "data.workers", "keypoints.pictures",
                  "log.report", "log.tensorboard", "ranks.timeout", "runtime.ask_above", "runtime.device"}));
  EXPECT_EQ(KeysWith(OnResume::kPlace), (Keys{"data.class_names", "data.format", "data.images", "data.root",
                                              "data.test", "data.test_images", "data.train"}));
  EXPECT_EQ(KeysWith(OnResume::kFixed), (Keys{"data.category",
                                              "data.image_size",
                                              "data.image_width",
                                              "data.search_images_per_class",
                                              "data.validation_fraction",
                                              "data.validation_images",
                                              "data.validation_per_class",
                                              "easiness.aggregation",
                                              "easiness.batch",
                                              "easiness.bins",
                                              "easiness.early_share",
                                              "easiness.kind",
                                              "easiness.models",
                                              "easiness.networks",
                                              "easiness.relevance",
                                              "easiness.resamples",
                                              "easiness.split",
                                              "keypoints.flip_pairs",
                                              "keypoints.head.channels",
                                              "keypoints.head.fixed",
                                              "keypoints.head.groups",
                                              "keypoints.head.kernel",
                                              "keypoints.head.layers",
                                              "keypoints.names",
                                              "keypoints.sigma",
                                              "schedule.class_order",
                                              "schedule.classes",
                                              "schedule.difficulty",
                                              "schedule.ranking",
                                              "schedule.reverse",
                                              "search.budgets",
                                              "search.learner",
                                              "search.paths",
                                              "seed",
                                              "space",
                                              "task"}));
  EXPECT_EQ(KeysWith(OnResume::kAsSection), Keys());
  // All others: a fork may.
  EXPECT_EQ(ResumePolicy("train.lr"), OnResume::kForkMay);
  EXPECT_EQ(ResumePolicy("data.augment.flip"), OnResume::kForkMay);
  EXPECT_EQ(ResumePolicy("search.loss.paper_log.exponent"), OnResume::kForkMay);
}

TEST(ResumePolicy, OfWhatIsNoKeyIsAnError) {
  for (const char* key : {"data", "data.", "data.workres", ""}) EXPECT_THROW(ResumePolicy(key), std::out_of_range);
}

struct Inner {
  bool silent = false;
  bool fixed = false;
  void Describe(ConfigVisitor& v) {
    v.Field("silent", silent, {});
    v.Field("fixed", fixed, {.resume = OnResume::kFixed});
  }
};

struct Middle {
  int64_t silent = 0;
  Inner inner;
  Inner forked;
  void Describe(ConfigVisitor& v) {
    v.Field("silent", silent, {});
    v.Nested("inner", inner, "");
    v.Nested("forked", forked, "", OnResume::kForkMay);
  }
};

struct Outer {
  std::string silent;
  Middle quiet;
  Middle free;
  void Describe(ConfigVisitor& v) {
    v.Nested("free", free, "", OnResume::kMayChange);
    v.Field("silent", silent, {});
    v.Nested("quiet", quiet, "");
  }
};

TEST(ResumePolicy, OfAKeyThatSaysNothingIsThatOfItsSectionOrAForksAlone) {
  Outer outer;
  const std::map<std::string, OnResume> expected = {
      {"free.forked.fixed", OnResume::kFixed},
      {"free.forked.silent", OnResume::kForkMay},
      {"free.inner.fixed", OnResume::kFixed},
      {"free.inner.silent", OnResume::kMayChange},
      {"free.silent", OnResume::kMayChange},
      {"quiet.forked.fixed", OnResume::kFixed},
      {"quiet.forked.silent", OnResume::kForkMay},
      {"quiet.inner.fixed", OnResume::kFixed},
      {"quiet.inner.silent", OnResume::kForkMay},
      {"quiet.silent", OnResume::kForkMay},
      {"silent", OnResume::kForkMay},
  };
  EXPECT_EQ(ResumePolicies([&](ConfigVisitor& v) { outer.Describe(v); }), expected);
}

}  // namespace
}  // namespace danas::test
