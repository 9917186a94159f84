#include "danas/train/loader.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "danas/data/transform.h"
#include "tests/data/data_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ColourDataset;
using test::ExpectErrorContains;
using test::SmallImages;

Loader MakeLoader(int64_t images, const LoaderOptions& options, int64_t broken = -1) {
  return Loader(WholeSet(ColourDataset(images, 5, broken)),
                std::make_shared<const Transform>(SmallImages(), ImageUse::kTrain, 3), options);
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

TEST(Loader, BatchesHaveTheTransformsChannels) {
  Loader loader(WholeSet(ColourDataset(10, 5)),
                std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 0, /*channels=*/1),
                {.batch = 4, .workers = 2});
  const std::vector<Batch> batches = OnePass(loader, 0);
  EXPECT_EQ(batches[0].images.sizes(), at::IntArrayRef({4, 1, 8, 8}));
  EXPECT_TRUE(batches[0].images.is_contiguous(at::MemoryFormat::ChannelsLast));
  std::vector<float> third(64);
  Transform(SmallImages(), ImageUse::kTest, 0, 1).Apply(*ColourDataset(10, 5)->images, 0, 2, third);
  EXPECT_TRUE(at::equal(batches[0].images[2].flatten(), at::tensor(third)));
}

TEST(Loader, EveryImageComesOnce) {
  Loader loader(WholeSet(ColourDataset(23, 23)), std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 0),
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
  options.least_last = 1;
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
    Loader loader(WholeSet(dataset), std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 0),
                  {.batch = 10, .workers = 4});
    ExpectErrorContains<DataError>([&] { OnePass(loader, 0); }, {"picture 0 is broken"});
    ExpectErrorContains<DataError>([&] { loader.Next(); }, {"picture 0 is broken"});  // until Start() is called
  }
}

// 30 colours in 5 classes whose picture `broken` is bad, with at most `most` of them skipped.
std::shared_ptr<const DatasetIndex> SkippingDataset(int64_t broken, double most) {
  auto dataset = std::make_shared<DatasetIndex>(*ColourDataset(30, 5, broken));
  dataset->bad = std::make_shared<BadImages>(dataset->name, dataset->size(), most);
  return dataset;
}

TEST(Loader, ABadImageIsReplacedByTheNextOfItsClassForAnyNumberOfThreads) {
  const auto pass = [](int64_t broken, int64_t workers) {
    Loader loader(WholeSet(SkippingDataset(broken, 0.05)),
                  std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 3),
                  {.batch = 7, .workers = workers});
    return OnePass(loader, 0);
  };
  const std::vector<Batch> good = pass(-1, 1), replaced = pass(17, 1);
  ExpectSame(replaced, pass(17, 3));
  ASSERT_EQ(replaced.size(), good.size());
  EXPECT_TRUE(at::equal(replaced[2].images[3], good[3].images[1]));  // 17 is the fourth of 14 ... 20, 22 of 21 ... 27
  EXPECT_EQ(replaced[2].targets[3].item<int64_t>(), 2);
}

TEST(Loader, TestingLeavesBadImagesOut) {
  const std::shared_ptr<const DatasetIndex> dataset = SkippingDataset(17, 0.05);
  Loader loader(WholeSet(dataset), std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 3),
                {.batch = 1, .replace_bad = false, .least_last = 1});
  const std::vector<Batch> batches = OnePass(loader, 0);
  ASSERT_EQ(batches.size(), 29U);
  EXPECT_EQ(batches[17].targets[0].item<int64_t>(), 18 % 5);
  OnePass(loader, 1);
  EXPECT_EQ(dataset->bad->count(), 1);  // met twice
}

TEST(Loader, TooManyBadImagesAreAnError) {
  Loader loader(WholeSet(SkippingDataset(17, 0.03)),
                std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 3), {.batch = 7});
  ExpectErrorContains<DataError>([&] { OnePass(loader, 0); }, {"1 of the 30 images", "data.most_bad", "picture 17"});
}

TEST(Loader, AClassWithoutAGoodImageIsAnError) {
  Subset one_class = EasiestClasses(WholeSet(SkippingDataset(2, 1)), {2, 0, 1, 3, 4}, 1);
  one_class.images = {2};
  one_class.targets = {0};
  Loader loader(std::move(one_class), std::make_shared<const Transform>(SmallImages(), ImageUse::kTest, 3),
                {.batch = 7});
  ExpectErrorContains<DataError>([&] { OnePass(loader, 0); }, {"no image of the class of picture 2"});
}

TEST(BadImages, AreListedOnceAlsoByALaterRun) {
  const test::TempDir folder;
  const std::filesystem::path list = folder / "bad_files.txt";
  {
    BadImages bad("set", 10, 1);
    bad.ListIn(list);
    EXPECT_FALSE(std::filesystem::exists(list));
    bad.Add("a.jpg", "a.jpg: cut\nshort");
    bad.Add("a.jpg", "a.jpg: cut\nshort");
  }
  test::WriteText(list, test::ReadText(list) + "b.jpg\tha");  // killed while it wrote
  BadImages bad("set", 10, 1);
  bad.ListIn(list);
  bad.Add("a.jpg", "a.jpg: cut short");
  bad.Add("b.jpg", "b.jpg: empty");
  EXPECT_EQ(test::ReadText(list), "a.jpg\ta.jpg: cut short\nb.jpg\tb.jpg: empty\n");
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
