#include "danas/tasks/keypoints/find_persons.h"

#include <gtest/gtest.h>

#include "danas/data/person_dataset.h"
#include "danas/data/person_transform.h"
#include "tests/data/coco_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {
namespace {

class FindPersonsTest : public ::testing::Test {
 protected:
  FindPersonsTest() {
    WriteCocoRoot(folder_.path());
    data_.root = folder_.path().string();
    config_.flip_pairs = {"left", "right"};
    config_.sigmas = {0.1, 0.1};
    config_.test.flip = false;
  }

  // A network whose maps have their maxima at row 4, columns 3 and 5, whatever it sees.
  PersonsFound Find(const DatasetIndex& set) {
    const auto dataset = std::make_shared<const DatasetIndex>(set);
    const auto frames = std::make_shared<const PersonTransform>(
        config_, data_, dataset->persons->layout, FrameShape{.height = 32, .width = 32}, ImageUse::kTest, 0);
    Loader loader(WholeSet(dataset), frames, {.batch = 2});
    const auto network = std::make_shared<torch::nn::Module>();
    const Forward forward = [](const at::Tensor& images) {
      at::Tensor maps = at::zeros({images.size(0), 2, 8, 8});
      maps.select(1, 0).select(1, 4).select(1, 3).fill_(0.5);
      maps.select(1, 1).select(1, 4).select(1, 5).fill_(0.9);
      return maps;
    };
    return FindPersons(*network, forward, loader, {.classes = 1}, config_);
  }

  TempDir folder_;
  DataConfig data_;
  KeypointsConfig config_;
};

TEST_F(FindPersonsTest, EachTrueBoxGetsAPerson) {
  const DatasetIndex set = OpenDataset(data_).test;
  const PersonsFound found = Find(set);
  ASSERT_EQ(found.all.size(), 2U);
  EXPECT_EQ(found.boxes, (std::vector<int64_t>{0, 1}));
  for (const FoundPerson& person : found.all) {
    ASSERT_EQ(person.keypoints.size(), 2U);
    EXPECT_NEAR(person.score, 0.7, 1e-6);
  }
  EXPECT_EQ(found.result.images, 2);
}

TEST_F(FindPersonsTest, ADetectorsBoxGetsAPersonToo) {
  WriteText(folder_ / "boxes.json", R"([{"image_id": 10, "category_id": 7, "bbox": [20, 10, 30, 30], "score": 0.5}])");
  const PersonsFound found = Find(WithDetectedPersons(OpenDataset(data_).test, folder_ / "boxes.json"));
  ASSERT_EQ(found.all.size(), 1U);
  ASSERT_EQ(found.all[0].keypoints.size(), 2U);
  // A pixel of the maps is 30 * 1.25 / 8 of the picture; 4, 4 is the box's middle, 35, 25.
  EXPECT_NEAR(found.all[0].keypoints[0].x, 35 - 4.6875, 1e-4);
  EXPECT_NEAR(found.all[0].keypoints[1].x, 35 + 4.6875, 1e-4);
  EXPECT_NEAR(found.all[0].keypoints[1].y, 25, 1e-4);
  EXPECT_NEAR(found.all[0].score, 0.35, 1e-6);
}

}  // namespace
}  // namespace danas::test
