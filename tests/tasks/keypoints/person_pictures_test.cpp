#include "danas/tasks/keypoints/person_pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "danas/core/error.h"
#include "danas/data/decode.h"
#include "danas/data/person_dataset.h"
#include "tests/data/coco_support.h"

namespace danas::test {
namespace {

class PersonPicturesTest : public ::testing::Test {
 protected:
  PersonPicturesTest() {
    WriteCocoRoot(folder_.path());
    DataConfig data;
    data.root = folder_.path().string();
    set_ = std::make_shared<const DatasetIndex>(OpenDataset(data).test);
    config_.flip_pairs = {"left", "right"};
  }

  // Somebody in the picture whose first key-point is sure and whose second is not shown.
  FoundPerson In(const std::string& file) const {
    const auto& images = set_->persons->images;
    const auto found = std::ranges::find(images, file, &PersonImage::file);
    return {.image = found - images.begin(),
            .score = 0.5,
            .area = 0,
            .box_area = 0,
            .keypoints = {{.x = 40, .y = 30, .score = 0.9}, {.x = 10, .y = 10, .score = 0.1}}};
  }

  Image Drawn(const TestPicture& picture) const { return DecodeImage(picture.jpeg(), picture.name, 1 << 20); }

  TempDir folder_;
  std::shared_ptr<const DatasetIndex> set_;
  KeypointsConfig config_;
};

int Difference(const Image& picture, int x, int y, int grey) {
  int most = 0;
  for (int c = 0; c < 3; ++c) most = std::max(most, std::abs(picture.Row(y)[3 * x + c] - grey));
  return most;
}

TEST_F(PersonPicturesTest, TheFirstPicturesWithSomebody) {
  const std::vector<FoundPerson> persons = {In("c.jpg"), In("a.jpg"), In("c.jpg")};
  EXPECT_EQ(PicturesOf(persons, set_, config_, 8).size(), 2U);  // nobody is in b.jpg
  EXPECT_EQ(PicturesOf(persons, set_, config_, 1).size(), 1U);
  EXPECT_TRUE(PicturesOf(persons, set_, config_, 0).empty());
  EXPECT_TRUE(PicturesOf({}, set_, config_, 8).empty());
}

TEST_F(PersonPicturesTest, KeyPointsStayInTheirPlaceInASmallerPicture) {
  const TestPicture whole = PicturesOf({In("a.jpg")}, set_, config_, 1).front();
  EXPECT_EQ(whole.name, "a.jpg");
  const Image drawn = Drawn(whole);
  EXPECT_EQ(drawn.height, 50);
  EXPECT_EQ(drawn.width, 80);
  EXPECT_GT(Difference(drawn, 40, 30, 'a'), 40);
  EXPECT_LT(Difference(drawn, 10, 10, 'a'), 10);  // below the threshold

  const Image half = Drawn(PicturesOf({In("a.jpg")}, set_, config_, 1, 40).front());
  EXPECT_EQ(half.height, 25);
  EXPECT_EQ(half.width, 40);
  EXPECT_GT(Difference(half, 20, 15, 'a'), 40);
  EXPECT_LT(Difference(half, 5, 5, 'a'), 10);
  EXPECT_EQ(Drawn(PicturesOf({In("a.jpg")}, set_, config_, 1, 640).front()).width, 80);  // none is made larger
}

TEST_F(PersonPicturesTest, APictureThatIsGoneIsAnErrorWhenItIsMade) {
  const std::vector<TestPicture> pictures = PicturesOf({In("a.jpg")}, set_, config_, 1);
  std::filesystem::remove(folder_ / "val2017/a.jpg");
  EXPECT_THROW(pictures.front().jpeg(), DataError);
}

TEST(PersonPictures, HaveNamesOfTheirOwn) {
  PersonSet persons;
  persons.layout.names = {"left", "right"};
  for (const char* file : {"a/x.jpg", "a_x.jpg", "a_x.png", "b.png"}) {
    persons.images.push_back({.id = 7 + std::ssize(persons.images), .file = file, .height = 4, .width = 4});
  }
  DatasetIndex set;
  set.persons = std::make_shared<const PersonSet>(persons);
  KeypointsConfig config;
  config.flip_pairs = {"left", "right"};
  std::vector<FoundPerson> found(4);
  for (size_t i = 0; i < found.size(); ++i) found[i].image = static_cast<int64_t>(i);

  std::vector<std::string> names;
  for (const TestPicture& picture : PicturesOf(found, std::make_shared<const DatasetIndex>(set), config, 4)) {
    names.push_back(picture.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a_x.jpg", "a_x-8.jpg", "a_x-9.jpg", "b.jpg"}));
}

}  // namespace
}  // namespace danas::test
