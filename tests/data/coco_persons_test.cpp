#include "danas/data/coco_persons.h"

#include <gtest/gtest.h>

#include <fstream>

#include "danas/core/error.h"
#include "danas/core/text_file.h"
#include "tests/data/coco_support.h"
#include "tests/support/sanitizer.h"

namespace danas {
namespace {

using test::CocoText;
using test::Replaced;

class CocoPersons : public ::testing::Test {
 protected:
  PersonSet Read(const CocoText& text, const std::string& category = "") {
    return ReadCocoPersons(text.Write(folder_ / "p.json"), category);
  }
  void ExpectError(const CocoText& text, std::initializer_list<std::string_view> words) {
    test::ExpectErrorContains<DataError>([&] { Read(text); }, words);
  }
  // The text of the persons with a word replaced.
  static CocoText Changed(const std::string& what, const std::string& by) {
    CocoText text;
    text.annotations = Replaced(text.annotations, what, by);
    return text;
  }

  test::TempDir folder_;
};

TEST_F(CocoPersons, AreReadWithTheirImagesAndTheLayout) {
  const PersonSet set = Read({});
  EXPECT_EQ(set.layout.category, "hand");
  EXPECT_EQ(set.layout.category_id, 7);
  EXPECT_EQ(set.layout.names, (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(set.layout.skeleton, (std::vector<std::array<int, 2>>{{1, 0}}));

  ASSERT_EQ(set.images.size(), 3U);
  EXPECT_EQ(set.images[1].id, 10);
  EXPECT_EQ(set.images[1].file, "a.jpg");
  EXPECT_EQ(set.images[1].height, 50);
  EXPECT_EQ(set.images[1].width, 80);

  ASSERT_EQ(set.persons.size(), 4U);
  const Person& person = set.persons[0];
  EXPECT_EQ(person.id, 1);
  EXPECT_EQ(person.image, 1);
  EXPECT_EQ(person.box, (PersonBox{.left = 1, .top = 2, .width = 30.5, .height = 20}));
  EXPECT_EQ(person.area, 120.5);
  EXPECT_EQ(person.labelled, 2);
  EXPECT_EQ(person.score, 1);
  EXPECT_FALSE(person.crowd);
  EXPECT_EQ(person.keypoints, (std::vector<Keypoint>{{5, 6, 2}, {7, 8.5, 1}}));
  EXPECT_TRUE(set.persons[1].crowd);
  EXPECT_EQ(set.other_annotations, 1);
}

TEST_F(CocoPersons, ListsMayComeInAnyOrder) {
  const CocoText text;
  const auto path =
      test::WriteText(folder_ / "p.json", R"({"categories": [)" + text.categories + R"(], "annotations": [)" +
                                              text.annotations + R"(], "images": [)" + text.images + "]}");
  EXPECT_EQ(ReadCocoPersons(path).persons.size(), 4U);
}

TEST_F(CocoPersons, CountKeypointsWhereTheFileDoesNot) {
  EXPECT_EQ(Read(Changed(R"("num_keypoints": 2, )", "")).persons[0].labelled, 2);
  EXPECT_EQ(Read(Changed(R"("num_keypoints": 2, )", R"("num_keypoints": 0, )")).persons[0].labelled, 0);
}

TEST_F(CocoPersons, OfOneOfSeveralCategories) {
  CocoText text;
  text.categories += R"(, {"id": 9, "name": "face", "keypoints": ["nose"]})";
  ExpectError(text, {"p.json: several categories have key-points ('hand', 'face'); set data.category to one"});
  EXPECT_EQ(Read(text, "hand").persons.size(), 4U);
  EXPECT_EQ(Read(text, "face").persons.size(), 0U);
  EXPECT_EQ(Read(text, "face").other_annotations, 5);
  test::ExpectErrorContains<DataError>([&] { Read(text, "bag"); },
                                       {"the category 'bag' has no key-points; with key-points: 'hand', 'face'"});
  test::ExpectErrorContains<DataError>([&] { Read(text, "cat"); }, {"has no category 'cat'"});
  text.categories = R"({"id": 7, "name": "hand"}, {"id": 8, "name": "bag", "keypoints": []})";
  ExpectError(text, {"p.json: no category has key-points (categories: 'hand', 'bag')"});
}

TEST_F(CocoPersons, OfWrongShapeAreErrorsThatNameTheAnnotation) {
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "[5, 6, 2]"),
              {"p.json: annotation 1: 'keypoints' is 3 values, expected 6: x, y and visibility of the 2 key-points of "
               "'hand'"});
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "[5, 6, 2, 7]"), {"annotation 1: 'keypoints' is 4 values"});
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "[5, 6, 3, 7, 8.5, 1]"),
              {"annotation 1: the visibility of key-point 1 is 3.0, expected 0 (not labelled)"});
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "[5, 6, 1.5, 7, 8.5, 1]"), {"is 1.5, expected"});
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "[5, \"6\", 2, 7, 8.5, 1]"),
              {"annotation 1: 'keypoints' holds '\"6\"' in place 2, expected a number"});
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "[5, NaN, 2, 7, 8.5, 1]"), {"p.json: byte ", "'N' is no number of JSON"});
  ExpectError(Changed("[5, 6, 2, 7, 8.5, 1]", "null"), {"annotation 1: 'keypoints' is 'null', expected a list"});
  ExpectError(Changed(R"(, "keypoints": [5, 6, 2, 7, 8.5, 1])", ""), {"annotation 1: has no 'keypoints'"});
  ExpectError(Changed("30.5, 20]", "-30.5, 20]"),
              {"annotation 1: 'bbox' is '[1,2,-30.5,20]', and no width or height can be below 0"});
  ExpectError(Changed("[1, 2, 30.5, 20]", "[1e300, 2, 30.5, 20]"),
              {"annotation 1: 'bbox' holds '1e+300' in place 1, and no pixel lies so far away"});
  ExpectError(Changed("[1, 2, 30.5, 20]", "[1, 2, 30.5]"), {"'bbox' is 3 values, expected a list of 4 numbers"});
  ExpectError(Changed("120.5", "-1"), {"annotation 1: 'area' is below 0"});
  ExpectError(Changed("\"image_id\": 10", "\"image_id\": 11"),
              {"p.json: annotation 1: of image 11, which 'images' does not list"});
  ExpectError(Changed("\"id\": 3", "\"id\": 1"), {"p.json: annotation 1: the id is there twice"});
  ExpectError(Changed("\"id\": 3,", ""), {"p.json: annotation in place 3: has no 'id'"});
}

TEST_F(CocoPersons, OfOtherCategoriesMayBeAnyHow) {
  EXPECT_EQ(
      Read(Changed(R"("bbox": [10, 10, 20, 20]})", R"("bbox": [10, 10, 20, 20], "keypoints": [1, 2]})")).persons.size(),
      4U);
}

TEST_F(CocoPersons, ImagesAndCategoriesOfWrongShape) {
  CocoText text;
  text.images = Replaced(text.images, "\"id\": 10", "\"id\": 30");
  ExpectError(text, {"p.json: image 30: the id is there twice"});
  text = {};
  text.images = Replaced(text.images, "\"height\": 40", "\"height\": 0");
  ExpectError(text, {"p.json: image 30: 'height' is 0, expected 1 to"});
  text = {};
  text.images = Replaced(text.images, R"("file_name": "c.jpg", )", "");
  ExpectError(text, {"p.json: image 30: has no 'file_name'"});
  text = {};
  text.categories = Replaced(text.categories, "[2, 1]", "[2, 3]");
  ExpectError(text, {"p.json: category 7: 'skeleton' holds [2,3], expected two numbers from 1 to 2"});
  text = {};
  text.categories = Replaced(text.categories, "\"right\"", "\"left\"");
  ExpectError(text, {"p.json: category 7: the key-point 'left' is there twice"});
  text = {};
  text.categories = Replaced(text.categories, "\"id\": 8", "\"id\": 7");
  ExpectError(text, {"p.json: category 7: the id is there twice"});
}

TEST_F(CocoPersons, OfFilesThatAreNone) {
  const auto error = [&](const std::string& text, std::initializer_list<std::string_view> words) {
    const auto path = test::WriteText(folder_ / "p.json", text);
    test::ExpectErrorContains<DataError>([&] { ReadCocoPersons(path); }, words);
  };
  error(R"({"images": [], "annotations": []})", {"p.json: has no 'categories'"});
  error(R"({"images": [], "categories": []})", {"p.json: has no 'annotations'"});
  error("{}", {"p.json: has no 'images'; COCO's annotations are expected"});
  error("[]", {"p.json: is a list, expected an object with the lists 'images', 'annotations', 'categories'"});
  const std::string whole = CocoText().Text();
  error(whole.substr(0, whole.size() / 2), {"p.json: byte ", "the file ends too soon in 'annotations', record"});
  test::ExpectErrorContains<FileError>([&] { ReadCocoPersons(folder_ / "none.json"); }, {"none.json"});
}

class DetectedPersons : public CocoPersons {
 protected:
  PersonSet ReadDetected(const std::string& text) {
    return ReadDetectedPersons(test::WriteText(folder_ / "d.json", text), Read({}));
  }
};

TEST_F(DetectedPersons, HaveBoxesAndScores) {
  const PersonSet set = ReadDetected(R"([{"image_id": 20, "category_id": 7, "bbox": [1, 2, 3, 4], "score": 0.25},
                                         {"image_id": 20, "category_id": 8, "bbox": [1, 2, 3, 4], "score": 0.5}])");
  ASSERT_EQ(set.persons.size(), 1U);
  EXPECT_EQ(set.persons[0].image, 2);
  EXPECT_EQ(set.persons[0].score, 0.25);
  EXPECT_EQ(set.persons[0].box, (PersonBox{.left = 1, .top = 2, .width = 3, .height = 4}));
  EXPECT_EQ(set.persons[0].keypoints, std::vector<Keypoint>(2));
  EXPECT_EQ(set.persons[0].id, 1);
  EXPECT_EQ(set.other_annotations, 1);
  EXPECT_EQ(set.images.size(), 3U);
}

TEST_F(DetectedPersons, ErrorsNameTheResult) {
  const auto error = [&](const std::string& text, std::initializer_list<std::string_view> words) {
    test::ExpectErrorContains<DataError>([&] { ReadDetected(text); }, words);
  };
  error(R"([{"image_id": 20, "category_id": 7, "bbox": [1, 2, 3, 4]}])", {"d.json: result 1: has no 'score'"});
  error(R"([{"image_id": 20, "category_id": 7, "bbox": [1, 2, 0, 0], "score": 1}])",
        {"d.json: result 1: the box (left 1, top 2, width 0, height 0) has no size"});
  error(R"([{"image_id": 20, "category_id": 7, "bbox": [1, 2, -1, 0], "score": 1}])", {"result 1: 'bbox' is"});
  error(R"([{"image_id": 5, "category_id": 8, "score": 1}, {"image_id": 6, "category_id": 8, "score": 1},
            {"image_id": 10, "category_id": 8, "score": 1}])",
        {"d.json: of another image set: 2 of 3 results are of images that the annotations do not list, the first of "
         "image 5"});
  error("{}", {"d.json: is an object, expected a list"});
}

// kB that this process had at most.
int64_t PeakMemory() {
  for (const std::string& line : LinesOf(test::ReadText("/proc/self/status"))) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  }
  return 0;
}

// 60 MB of outlines in a file with 600 persons: what is kept is less than 1 MB.
TEST(SlowCocoMemory, IsThatOfWhatIsKept) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "a sanitizer keeps what was freed";
  const test::TempDir folder;
  std::string outline = "0.125";
  for (int i = 0; i < 16'000; ++i) outline += ",0.125";
  std::ofstream file(folder / "p.json");
  file << R"({"images": [{"id": 1, "file_name": "a.jpg", "height": 50, "width": 80}], "annotations": [)";
  for (int id = 1; id <= 600; ++id) {
    file << (id > 1 ? "," : "") << R"({"segmentation": [[)" << outline << "]], \"id\": " << id
         << R"(, "image_id": 1, "category_id": 1, "area": 5, "bbox": [1, 2, 3, 4], "keypoints": [5, 6, 2]})";
  }
  file << R"(], "categories": [{"id": 1, "name": "hand", "keypoints": ["palm"]}]})";
  file.close();
  ASSERT_GT(std::filesystem::file_size(folder / "p.json"), 50'000'000U);

  const int64_t before = PeakMemory();
  EXPECT_EQ(ReadCocoPersons(folder / "p.json").persons.size(), 600U);
  EXPECT_LT(PeakMemory() - before, 20'000);
}

}  // namespace
}  // namespace danas
