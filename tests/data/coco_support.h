// Small files in COCO's key-point format for tests: four images, two key-points, some persons.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/test_support.h"

namespace danas::test {

struct CocoText {
  std::string images = R"({"id": 30, "file_name": "c.jpg", "height": 40, "width": 60},
                          {"id": 10, "file_name": "a.jpg", "height": 50, "width": 80},
                          {"id": 20, "file_name": "b.jpg", "height": 50, "width": 80})";
  // 1: of a.jpg; 2: a crowd; 3: without key-points; 4: of c.jpg; 5: of another category.
  std::string annotations =
      R"({"id": 1, "image_id": 10, "category_id": 7, "iscrowd": 0, "area": 120.5, "bbox": [1, 2, 30.5, 20],
          "segmentation": [[1, 2, 3, 4]], "num_keypoints": 2, "keypoints": [5, 6, 2, 7, 8.5, 1]},
         {"id": 2, "image_id": 10, "category_id": 7, "iscrowd": 1, "area": 90, "bbox": [0, 0, 60, 40],
          "segmentation": {"counts": [1, 2], "size": [40, 60]}, "num_keypoints": 0, "keypoints": [0, 0, 0, 0, 0, 0]},
         {"id": 3, "image_id": 30, "category_id": 7, "iscrowd": 0, "area": 50, "bbox": [5, 5, 9, 9],
          "num_keypoints": 0, "keypoints": [0, 0, 0, 0, 0, 0]},
         {"id": 4, "image_id": 30, "category_id": 7, "iscrowd": 0, "area": 80, "bbox": [10, 10, 20, 20],
          "num_keypoints": 1, "keypoints": [0, 0, 0, 12, 13, 2]},
         {"id": 5, "image_id": 20, "category_id": 8, "iscrowd": 0, "area": 80, "bbox": [10, 10, 20, 20]})";
  std::string categories = R"({"id": 8, "name": "bag"},
                              {"id": 7, "name": "hand", "keypoints": ["left", "right"], "skeleton": [[2, 1]]})";

  std::string Text() const {
    return R"({"info": {"year": 2017}, "images": [)" + images + R"(], "annotations": [)" + annotations +
           R"(], "categories": [)" + categories + "]}";
  }
  std::filesystem::path Write(const std::filesystem::path& path) const { return WriteText(path, Text()); }
};

// A picture of this size in one colour; the reader goes by the bytes, so the name may end in .jpg.
inline std::filesystem::path WriteColour(const std::filesystem::path& path, int height, int width, char colour) {
  return WriteText(path, "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" +
                             std::string(3UL * static_cast<size_t>(height * width), colour));
}

// The pictures of CocoText in `folder`; b.jpg has nobody.
inline void WriteCocoPictures(const std::filesystem::path& folder) {
  WriteColour(folder / "a.jpg", 50, 80, 'a');
  WriteColour(folder / "b.jpg", 50, 80, 'b');
  WriteColour(folder / "c.jpg", 40, 60, 'c');
}

// A root as COCO lays it out, with both sets.
inline void WriteCocoRoot(const std::filesystem::path& root, const CocoText& text = {}) {
  for (const std::string set : {"train2017", "val2017"}) {
    text.Write(root / "annotations" / ("person_keypoints_" + set + ".json"));
    WriteCocoPictures(root / set);
  }
}

inline std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("no '" + what + "' in the text");
  return text.replace(at, what.size(), by);
}

}  // namespace danas::test
