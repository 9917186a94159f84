// Average precision on real annotations, from the folder that DANAS_TEST_DATA names; the numbers are pycocotools'.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>

#include "danas/data/coco_persons.h"
#include "danas/tasks/keypoints/average_precision.h"
#include "danas/tasks/keypoints/coco_results.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

void ExpectNumbers(const PersonPrecision& p, const std::array<double, 10>& expected) {
  const std::array found = {p.ap, p.ap50, p.ap75, p.ap_medium, p.ap_large,
                            p.ar, p.ar50, p.ar75, p.ar_medium, p.ar_large};
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
}

// The generator of average_precision_reference.py --noisy.
std::vector<FoundPerson> NoisyResults(const PersonSet& truth) {
  uint32_t state = 22;
  const auto uniform = [&] {
    state = 1664525 * state + 1013904223;
    return static_cast<double>(state) / 4294967296.0;
  };
  std::vector<FoundPerson> found;
  for (const Person& person : truth.persons) {
    if (person.labelled == 0) continue;
    FoundPerson one{.image = person.image, .keypoints = {}};
    const double reach = 0.2 * uniform() * std::sqrt(person.area);
    for (const Keypoint& keypoint : person.keypoints) {
      const double x = keypoint.x + reach * (uniform() - 0.5);
      const double y = keypoint.y + reach * (uniform() - 0.5);
      one.keypoints.push_back({.x = x, .y = y, .score = 1});
    }
    one.score = std::floor(8 * uniform()) / 8;
    one.area = AreaOfKeypoints(one.keypoints);
    found.push_back(std::move(one));
  }
  return found;
}

TEST(RealCocoMini, AveragePrecisionOfNoisyPersonsIsThatOfPycocotools) {
  DANAS_TEST_DATA_OR_SKIP(folder, "coco-mini");
  const PersonSet train = ReadCocoPersons(folder / "annotations/person_keypoints_train2017.json");
  ExpectNumbers(AveragePrecision(train, NoisyResults(train), CocoPersonSigmas()),
                {0.7940044592220405, 1.0, 0.8651901334711783, 0.8500453643895602, 0.7504727122454549,
                 0.8511627906976745, 1.0, 0.9069767441860465, 0.86, 0.835483870967742});
  const PersonSet val = ReadCocoPersons(folder / "annotations/person_keypoints_val2017.json");
  ExpectNumbers(AveragePrecision(val, NoisyResults(val), CocoPersonSigmas()),
                {0.8138818804660748, 1.0, 0.9161357926837458, 0.8554455445544554, 0.7940923079119324,
                 0.8676470588235293, 1.0, 0.9411764705882353, 0.8558823529411764, 0.8794117647058822});
}

TEST(RealOks, AveragePrecisionOfAResultFileIsThatOfPycocotools) {
  DANAS_TEST_DATA_OR_SKIP(folder, "oks");
  const PersonSet truth = ReadCocoPersons(folder / "gt_dataset.json");
  const std::vector<FoundPerson> found = ReadKeypointResults(folder / "dt_dataset.json", truth);
  ExpectNumbers(AveragePrecision(truth, found, CocoPersonSigmas()),
                {.5048844884488449, .7227722772277227, .6336633663366337, .46633663366336636, .7504950495049505,
                 .5181818181818182, .7272727272727273, .6363636363636364, .4666666666666666, .75});
}

}  // namespace
}  // namespace danas
