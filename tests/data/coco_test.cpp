// COCO's annotations as a dataset of persons.
#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "danas/data/check_images.h"
#include "danas/data/dataset_index.h"
#include "danas/data/image_listing.h"
#include "danas/data/pack.h"
#include "danas/data/person_dataset.h"
#include "tests/data/coco_support.h"

namespace danas {
namespace {

namespace fs = std::filesystem;
using test::CocoText;
using test::ExpectErrorContains;
using test::Replaced;

class CocoDataset : public ::testing::Test {
 protected:
  CocoDataset() { test::WriteCocoRoot(folder_.path()); }

  fs::path Annotations() const { return folder_ / "annotations/person_keypoints_train2017.json"; }
  DataConfig Root() const {
    DataConfig config;
    config.root = folder_.path().string();
    return config;
  }
  DataConfig Train(const fs::path& annotations) const {
    DataConfig config;
    config.train = annotations.string();
    return config;
  }

  test::TempDir folder_;
};

TEST_F(CocoDataset, HasASampleForEachPerson) {
  const Dataset dataset = OpenDataset(Root());
  const DatasetIndex& train = dataset.train;
  EXPECT_EQ(train.format, DataFormat::kCoco);
  EXPECT_EQ(train.name, Annotations().string());
  EXPECT_EQ(dataset.test.name, (folder_ / "annotations/person_keypoints_val2017.json").string());
  EXPECT_EQ(train.classes.ids, std::vector<std::string>{"hand"});
  EXPECT_EQ(train.labels, (std::vector<int>{0, 0}));
  ASSERT_EQ(train.persons->persons.size(), 2U);
  EXPECT_EQ(train.persons->persons[0].id, 4);  // c.jpg is the first image
  EXPECT_EQ(train.persons->persons[1].id, 1);
  EXPECT_EQ(train.annotated->persons.size(), 4U);
  EXPECT_EQ(train.passed_over,
            (std::vector<std::string>{"left out: 1 of other categories", "left out: 1 marked as a crowd",
                                      "left out: 1 without key-points"}));

  EXPECT_EQ(train.images->Name(0), (folder_ / "train2017/c.jpg, person 4").string());
  EXPECT_EQ(train.images->Stored(1).name, "a.jpg, person 1");
  EXPECT_EQ(train.images->Stored(1).bytes, fs::file_size(folder_ / "train2017/a.jpg"));
  EXPECT_EQ(train.images->Load(0).width, 60);
  EXPECT_EQ(train.images->Load(1).rgb[0], 'a');
  EXPECT_EQ(train.pictures->Load(2).rgb[0], 'b');
}

TEST_F(CocoDataset, FindsImagesBesideTheAnnotationsOrWhereTheConfigSays) {
  EXPECT_EQ(OpenTrainingSet(Train(Annotations())).size(), 2);
  fs::create_directories(folder_ / "images");
  fs::rename(folder_ / "train2017", folder_ / "images/train2017");
  EXPECT_EQ(OpenTrainingSet(Train(Annotations())).size(), 2);
  fs::rename(folder_ / "images/train2017", folder_ / "photos");
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(Train(Annotations())); },
                                 {"person_keypoints_train2017.json: annotations without images: there is neither ",
                                  "train2017", "set data.images"});
  DataConfig config = Train(Annotations());
  config.images = (folder_ / "photos").string();
  EXPECT_EQ(OpenTrainingSet(config).images->Name(0), (folder_ / "photos/c.jpg, person 4").string());
  config.images = (folder_ / "none").string();
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"data.images: there is no folder"});
}

TEST_F(CocoDataset, TellsHowManyImagesAreMissing) {
  fs::remove(folder_ / "train2017/a.jpg");
  fs::remove(folder_ / "train2017/b.jpg");  // has nobody
  ExpectErrorContains<DataError>(
      [&] { OpenTrainingSet(Root()); },
      {"train2017.json: annotations without images: 1 of the 2 images with persons are not in ", "the first a.jpg",
       "data.on_error 'skip'"});
  DataConfig config = Root();
  config.on_error = OnBadImage::kSkip;
  EXPECT_EQ(OpenTrainingSet(config).size(), 2);
  fs::remove(folder_ / "train2017/c.jpg");
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(config); }, {"2 of the 2 images", "the first c.jpg"});
}

TEST_F(CocoDataset, BoxesOfZeroSizeAreToldOrLeftOut) {
  CocoText text;
  text.annotations = Replaced(text.annotations, "[1, 2, 30.5, 20]", "[1, 2, 0, 0]");
  text.Write(Annotations());
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(Root()); },
                                 {"boxes of zero size: annotation 1: the box (left 1, top 2, width 0, height 0)"});
  DataConfig config = Root();
  config.on_error = OnBadImage::kSkip;
  EXPECT_EQ(OpenTrainingSet(config).size(), 1);
}

TEST_F(CocoDataset, WithoutPersonsIsAnError) {
  CocoText text;
  text.annotations = R"({"id": 3, "image_id": 30, "category_id": 7, "iscrowd": 1, "area": 50, "bbox": [5, 5, 9, 9],
                         "keypoints": [0, 0, 0, 0, 0, 0]})";
  text.Write(Annotations());
  ExpectErrorContains<DataError>([&] { OpenTrainingSet(Root()); },
                                 {"no person with key-points is left; left out: 1 marked as a crowd"});
}

TEST_F(CocoDataset, FingerprintFollowsTheAnnotations) {
  const uint64_t before = OpenTrainingSet(Root()).fingerprint;
  EXPECT_EQ(OpenTrainingSet(Root()).fingerprint, before);
  CocoText text;
  text.annotations = Replaced(text.annotations, "[5, 6, 2, 7, 8.5, 1]", "[5, 6, 2, 7, 8.5, 2]");
  text.Write(Annotations());
  EXPECT_NE(OpenTrainingSet(Root()).fingerprint, before);
  text = {};
  text.annotations = Replaced(text.annotations, "\"segmentation\": [[1, 2, 3, 4]]", "\"note\": 3");  // not read
  text.Write(Annotations());
  EXPECT_EQ(OpenTrainingSet(Root()).fingerprint, before);
  test::WriteColour(folder_ / "train2017/a.jpg", 51, 80, 'a');
  EXPECT_NE(OpenTrainingSet(Root()).fingerprint, before);
}

TEST_F(CocoDataset, SetsMustHaveTheSameKeypoints) {
  CocoText text;
  text.categories = Replaced(text.categories, "\"right\"", "\"other\"");
  text.Write(folder_ / "annotations/person_keypoints_val2017.json");
  ExpectErrorContains<DataError>([&] { OpenDataset(Root()); },
                                 {"the key-points of the test set", "('left', 'other') differ", "('left', 'right')"});
}

TEST_F(CocoDataset, IsFoundAtAPath) {
  const std::vector<NamedSet> sets = OpenSetsAt(folder_.path(), {});
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[1].name, "val");
  fs::remove(folder_ / "annotations/person_keypoints_val2017.json");
  EXPECT_EQ(OpenSetsAt(folder_.path(), {}).size(), 1U);
  EXPECT_EQ(OpenSetsAt(Annotations(), {}).at(0).set.size(), 2);
}

TEST_F(CocoDataset, ImagesOfPersonsAreListedAndChecked) {
  const DatasetIndex set = OpenTrainingSet(Root());
  EXPECT_EQ(ListSet("training set", set).images.at(0).name, "c.jpg, person 4");
  EXPECT_TRUE(FindBrokenImages(set, 1, [](int64_t) {}).empty());
  test::WriteColour(folder_ / "train2017/a.jpg", 80, 50, 'a');
  test::WriteText(folder_ / "train2017/c.jpg", "no picture");
  test::WriteText(folder_ / "train2017/b.jpg", "nobody looks at it");
  const std::vector<std::string> lines = FindBrokenImages(set, 2, [](int64_t) {});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("c.jpg"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("a.jpg: the picture has 80 x 50 pixels (height x width), the annotations say 50 x 80"),
            std::string::npos)
      << lines[1];
}

TEST_F(CocoDataset, TakesADetectorsBoxesForSamples) {
  const DatasetIndex truth = OpenTrainingSet(Root());
  const auto file = test::WriteText(folder_ / "boxes.json",
                                    R"([{"image_id": 20, "category_id": 7, "bbox": [1, 2, 3, 4], "score": 0.5},
                                                  {"image_id": 10, "category_id": 7, "bbox": [1, 2, 9, 4], "score": 0.7},
                                                  {"image_id": 10, "category_id": 7, "bbox": [5, 2, 9, 4], "score": 0.6}])");
  const DatasetIndex found = WithDetectedPersons(truth, file);
  EXPECT_EQ(found.size(), 3);
  EXPECT_EQ(found.images->Load(0).rgb[0], 'b');
  EXPECT_EQ(found.images->Stored(2).name, "a.jpg, person 3");
  EXPECT_EQ(found.annotated->persons.size(), 4U);
  test::WriteText(folder_ / "boxes.json",
                  R"([{"image_id": 20, "category_id": 8, "bbox": [1, 2, 3, 4], "score": 0.5}])");
  ExpectErrorContains<DataError>([&] { WithDetectedPersons(truth, file); },
                                 {"boxes.json: holds no box of the category 'hand' (id 7)"});
}

TEST_F(CocoDataset, PackedHoldsThePicturesOnceAndThePersons) {
  const DatasetIndex set = OpenTrainingSet(Root());
  PackOptions options;
  ExpectErrorContains<UsageError>([&] { PackDataset(set, folder_ / "packed", options, [](int64_t) {}); },
                                  {"pack with --keep-bytes"});
  options.keep_bytes = true;
  EXPECT_EQ(ImagesToPack(set), 3);
  EXPECT_EQ(PackDataset(set, folder_ / "packed", options, [](int64_t) {}).images, 3);

  const DatasetIndex packed = OpenTrainingSet(Train(folder_ / "packed"));
  EXPECT_EQ(packed.format, DataFormat::kPacked);
  EXPECT_EQ(packed.fingerprint, set.fingerprint);
  EXPECT_EQ(packed.labels, set.labels);
  EXPECT_EQ(packed.classes.ids, set.classes.ids);
  EXPECT_EQ(packed.persons->layout.names, set.persons->layout.names);
  EXPECT_EQ(packed.persons->layout.skeleton, set.persons->layout.skeleton);
  EXPECT_EQ(packed.annotated->persons.size(), set.annotated->persons.size());
  for (int64_t i = 0; i < set.size(); ++i) {
    const Person& person = packed.persons->persons[static_cast<size_t>(i)];
    const Person& was = set.persons->persons[static_cast<size_t>(i)];
    EXPECT_EQ(person.id, was.id);
    EXPECT_EQ(person.box, was.box);
    EXPECT_EQ(person.area, was.area);
    EXPECT_EQ(person.keypoints, was.keypoints);
    EXPECT_EQ(packed.images->Load(i), set.images->Load(i));
    EXPECT_EQ(packed.images->Stored(i).name, set.images->Stored(i).name);
  }
  EXPECT_EQ(packed.pictures->Load(2).rgb[0], 'b');
  EXPECT_TRUE(FindBrokenImages(packed, 1, [](int64_t) {}).empty());

  // Packed sets can be packed again.
  EXPECT_EQ(PackDataset(packed, folder_ / "again", options, [](int64_t) {}).images, 3);
  EXPECT_EQ(OpenTrainingSet(Train(folder_ / "again")).fingerprint, set.fingerprint);
}

TEST_F(CocoDataset, PackedWithoutABadPictureLeavesItsPersonsOut) {
  test::WriteText(folder_ / "train2017/c.jpg", "no picture");
  DataConfig config = Root();
  config.on_error = OnBadImage::kSkip;
  config.most_bad = 1;
  PackOptions options;
  options.keep_bytes = true;
  EXPECT_EQ(PackDataset(OpenTrainingSet(config), folder_ / "packed", options, [](int64_t) {}).left_out, 1);
  const DatasetIndex packed = OpenTrainingSet(Train(folder_ / "packed"));
  ASSERT_EQ(packed.size(), 1);
  EXPECT_EQ(packed.persons->persons[0].id, 1);
  EXPECT_EQ(packed.images->Load(0).rgb[0], 'a');
  EXPECT_EQ(packed.passed_over[0], "left out: 1 of pictures that are not packed");
  EXPECT_NE(packed.fingerprint, OpenTrainingSet(config).fingerprint);
  ExpectErrorContains<DataError>([&] { packed.pictures->Load(0); }, {"was left out"});
}

}  // namespace
}  // namespace danas
