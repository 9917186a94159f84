#include "danas/data/loader.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/data/data_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ColourDataset;
using test::ExpectErrorContains;
using test::SmallImages;

Loader MakeLoader(int64_t images, const LoaderOptions& options, int64_t broken = -1) {
  return Loader(WholeSet(ColourDataset(images, 5, broken)), Transform(SmallImages(), ImageUse::kTrain, 3), options);
}

std::vector<Batch> OnePass(Loader& loader, int64_t epoch) {
  loader.Start(epoch);
  std::vector<Batch> batches;
  while (auto batch = loader.Next()) batches.push_back(*batch);
  return batches;
}

void ExpectSame(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(at::equal(a[i].images, b[i].images)) << "images of batch " << i;
    EXPECT_TRUE(at::equal(a[i].targets, b[i].targets)) << "targets of batch " << i;
  }
}

TEST(Loader, ThreadsAndQueueChangeNothing) {
  LoaderOptions options{.batch = 7, .shuffle = true, .workers = 1, .queue = 1, .seed = 5};
  Loader one = MakeLoader(40, options);
  const std::vector<Batch> expected = OnePass(one, 2);
  for (const int64_t workers : {2, 4}) {
    options.workers = workers;
    options.queue = 3;
    Loader many = MakeLoader(40, options);
    ExpectSame(OnePass(many, 2), expected);
  }
}

TEST(Loader, APassRepeatsToTheBitAndEpochsDiffer) {
  Loader loader = MakeLoader(40, {.batch = 8, .shuffle = true, .workers = 2, .seed = 5});
  const std::vector<Batch> first = OnePass(loader, 0);
  const std::vector<Batch> other = OnePass(loader, 1);
  ExpectSame(OnePass(loader, 0), first);
  EXPECT_FALSE(at::equal(first[0].images, other[0].images));
}

TEST(Loader, EveryImageComesOnce) {
  Loader loader(WholeSet(ColourDataset(23, 23)), Transform(SmallImages(), ImageUse::kTest, 0),
                {.batch = 5, .shuffle = true, .workers = 3});
  std::multiset<int64_t> seen;
  for (const Batch& batch : OnePass(loader, 4)) {
    EXPECT_TRUE(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
    for (int64_t i = 0; i < batch.size(); ++i) seen.insert(batch.targets[i].item<int64_t>());
  }
  EXPECT_EQ(seen.size(), 23u);
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 23u);
}

TEST(Loader, ALoneLastImageJoinsTheBatchBefore) {
  LoaderOptions options{.batch = 5};
  Loader joined = MakeLoader(11, options);
  EXPECT_EQ(joined.BatchesPerPass(), 2);
  EXPECT_EQ(OnePass(joined, 0).back().size(), 6);
  options.join_lone_last = false;
  Loader split = MakeLoader(11, options);
  EXPECT_EQ(split.BatchesPerPass(), 3);
  EXPECT_EQ(OnePass(split, 0).back().size(), 1);
}

TEST(Loader, AnErrorOfAWorkerNamesThePictureAndTheLoaderGoesOn) {
  Loader loader = MakeLoader(30, {.batch = 5, .workers = 3}, 17);
  ExpectErrorContains<DataError>([&] { OnePass(loader, 0); }, {"picture 17"});
  ExpectErrorContains<DataError>([&] { OnePass(loader, 1); }, {"picture 17"});
}

// Every picture is broken: the error is that of the batch's first one, however many workers there are.
class BrokenSource : public ImageSource {
 public:
  Image LoadPart(int64_t index, const ChooseBox&) const override { throw DataError(Name(index) + " is broken"); }
  std::string Name(int64_t index) const override { return "picture " + std::to_string(index); }
};

TEST(Loader, OfSeveralErrorsTheFirstInOrderIsThrown) {
  auto dataset = std::make_shared<DatasetIndex>(*ColourDataset(30, 5));
  dataset->images = std::make_shared<BrokenSource>();
  for (int round = 0; round < 20; ++round) {
    Loader loader(WholeSet(dataset), Transform(SmallImages(), ImageUse::kTest, 0), {.batch = 10, .workers = 4});
    ExpectErrorContains<DataError>([&] { OnePass(loader, 0); }, {"picture 0 is broken"});
    ExpectErrorContains<DataError>([&] { loader.Next(); }, {"picture 0 is broken"});  // until Start() is called
  }
}

TEST(Loader, EndsInEveryState) {
  { Loader never_started = MakeLoader(30, {.batch = 5, .workers = 2}); }
  {
    Loader unread = MakeLoader(30, {.batch = 5, .workers = 2});
    unread.Start(0);
  }
  Loader dropped = MakeLoader(30, {.batch = 5, .workers = 2});
  dropped.Start(0);
  ASSERT_TRUE(dropped.Next().has_value());
  EXPECT_EQ(OnePass(dropped, 1).size(), 6u);
}

}  // namespace
}  // namespace danas
