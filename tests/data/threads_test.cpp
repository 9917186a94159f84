// What is told to use two threads has two at work at once: pictures that wait for each other are all read.
#include <gtest/gtest.h>

#include <memory>

#include "danas/data/check_images.h"
#include "danas/data/frame_queue.h"
#include "danas/data/pack.h"
#include "danas/data/transform.h"
#include "tests/data/data_support.h"
#include "tests/support/rendezvous.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

// Nobody's picture comes before two threads ask for one.
class MeetingSource : public test::ColourSource {
 public:
  MeetingSource() : ColourSource(-1) {}
  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    rendezvous_.Arrive();
    return ColourSource::LoadPart(index, choose);
  }
  bool Met() const { return rendezvous_.Met(); }

 private:
  mutable test::Rendezvous rendezvous_{2};
};

struct Meeting {
  std::shared_ptr<const MeetingSource> source = std::make_shared<MeetingSource>();
  DatasetIndex set = [this] {
    DatasetIndex colours = *test::ColourDataset(8, 2);
    colours.images = source;
    return colours;
  }();
};

TEST(TwoThreads, DecodeForTheQueue) {
  const Meeting meeting;
  FrameQueue loader(WholeSet(std::make_shared<const DatasetIndex>(meeting.set)),
                std::make_shared<const Transform>(test::SmallImages(), ImageUse::kTest, 0), {.batch = 8, .workers = 2});
  loader.Start(0);
  ASSERT_TRUE(loader.Next());
  EXPECT_TRUE(meeting.source->Met());
}

TEST(TwoThreads, CheckImages) {
  const Meeting meeting;
  EXPECT_TRUE(FindBrokenImages(meeting.set, 2, [](int64_t) {}).empty());
  EXPECT_TRUE(meeting.source->Met());
}

TEST(TwoThreads, PackImages) {
  const Meeting meeting;
  const test::TempDir folder;
  EXPECT_EQ(PackDataset(meeting.set, folder.path() / "packed", {.threads = 2}, [](int64_t) {}).images, 8);
  EXPECT_TRUE(meeting.source->Met());
}

}  // namespace
}  // namespace danas
