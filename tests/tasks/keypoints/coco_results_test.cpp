#include "danas/tasks/keypoints/coco_results.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

class CocoResults : public ::testing::Test {
 protected:
  CocoResults() {
    set_.layout = {.category = "hand", .category_id = 3, .names = {"thumb", "palm"}, .skeleton = {}};
    set_.images = {{.id = 70, .file = "a.jpg", .height = 5, .width = 5},
                   {.id = 9, .file = "b.jpg", .height = 5, .width = 5}};
  }

  std::vector<FoundPerson> Read(std::string_view text) {
    return ReadKeypointResults(test::WriteText(folder_ / "r.json", text), set_);
  }
  void ExpectError(std::string_view text, std::initializer_list<std::string_view> words) {
    test::ExpectErrorContains<DataError>([&] { Read(text); }, words);
  }

  test::TempDir folder_;
  PersonSet set_;
};

TEST_F(CocoResults, AreReadAsTheyAreWritten) {
  const std::vector<FoundPerson> found{
      {.image = 1, .score = 0.1, .keypoints = {{.x = 0.1, .y = 2, .score = 0.3}, {.x = 4.1, .y = 1e-17, .score = 1}}},
      {.image = 0, .score = 2, .keypoints = {{.x = 1, .y = 2, .score = 3}, {.x = 3, .y = 5, .score = 6}}}};
  WriteKeypointResults(folder_ / "out.json", set_, found);
  const std::vector<FoundPerson> again = ReadKeypointResults(folder_ / "out.json", set_);
  ASSERT_EQ(again.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again[i].image, found[i].image);
    EXPECT_EQ(again[i].score, found[i].score);
    EXPECT_EQ(again[i].keypoints, found[i].keypoints);
  }
  EXPECT_EQ(again[1].area, 6);
  EXPECT_EQ(
      ParseJson(test::ReadText(folder_ / "out.json"))[1],
      ParseJson(R"({"image_id": 70, "category_id": 3, "keypoints": [1.0, 2.0, 3.0, 3.0, 5.0, 6.0], "score": 2.0})"));

  WriteKeypointResults(folder_ / "none.json", set_, {});
  EXPECT_TRUE(ReadKeypointResults(folder_ / "none.json", set_).empty());
}

TEST_F(CocoResults, LargeFilesAreWrittenInParts) {
  const std::vector<FoundPerson> found(
      20'000, {.image = 1, .score = 0.5, .keypoints = {{.x = 0.123456789, .y = 2}, {.x = 3, .y = 4}}});
  WriteKeypointResults(folder_ / "out.json", set_, found);
  EXPECT_GT(std::filesystem::file_size(folder_ / "out.json"), size_t{1} << 20);
  EXPECT_EQ(ReadKeypointResults(folder_ / "out.json", set_).size(), found.size());
}

TEST_F(CocoResults, HaveTheAreaOfTheirBoxes) {
  EXPECT_EQ(
      Read(R"([{"image_id": 9, "category_id": 3, "score": 1, "bbox": [1, 2, 3, 4.5], "keypoints": [0,0,1,1,1,1]}])")
          .at(0)
          .area,
      13.5);
  EXPECT_EQ(
      Read(R"([{"image_id": 9, "category_id": 3, "score": 1, "bbox": [], "keypoints": [0,0,1,1,1,1]}])").at(0).area, 1);
}

TEST_F(CocoResults, OfOtherCategoriesAreLeftOut) {
  EXPECT_TRUE(Read(R"([{"image_id": 9, "category_id": 1, "score": 1, "bbox": [1, 2, 3, 4]}])").empty());
}

TEST_F(CocoResults, ErrorsNameTheResult) {
  const std::string good = R"({"image_id": 9, "category_id": 3, "score": 1, "keypoints": [0,0,1,1,1,1]})";
  ExpectError("[" + good + R"(, {"image_id": 9, "category_id": 3, "score": 1, "keypoints": [0,0,1]}])",
              {"r.json: result 2: 'keypoints' is 3 values, expected a list of 6 numbers"});
  ExpectError(R"([{"image_id": 9, "category_id": 3, "score": "x", "keypoints": []}])",
              {"result 1: 'score' is '\"x\"', expected a number"});
  ExpectError(R"([{"image_id": 9.5, "category_id": 3, "score": 1}])",
              {"result 1: 'image_id' is '9.5', expected a whole number"});
  ExpectError(R"([{"image_id": 9, "score": 1}])", {"result 1: has no 'category_id'"});
  ExpectError(R"([{"image_id": 9, "category_id": 3, "score": 1, "keypoints": [0,0,1,1,null,1]}])",
              {"'keypoints' holds 'null' in place 5, expected a number"});
  ExpectError(
      "[" + good + R"(, {"image_id": 9, "category_id": 3, "score": 1, "bbox": [1,1,1,1], "keypoints": [0,0,1,1,1,1]}])",
      {"result 2: has a 'bbox', which the results before it have not"});
  ExpectError("[3]", {"result 1: is '3', expected an object"});
  ExpectError(R"({"annotations": []})", {"r.json: is an object, expected a list"});
}

TEST_F(CocoResults, OfAnotherImageSetAreCounted) {
  const auto of = [](int id) {
    return R"({"image_id": )" + std::to_string(id) + R"(, "category_id": 3, "score": 1, "keypoints": [0,0,1,1,1,1]})";
  };
  ExpectError("[" + of(9) + "," + of(5) + "," + of(6) + "]",
              {"r.json: of another image set: 2 of 3 results", "the first of image 5"});
}

}  // namespace
}  // namespace danas
