// Images a second through the loader: random resized crop, flip, colour jitter 0.4/0.4/0.4/0.1, normalise; of COCO's
// annotations persons, scaled, turned and mirrored in frames of 256 x 192 (beside plain_persons.py); batches are taken
// and dropped. One JSON line for each number of workers; the first pass, in which files enter the page cache, is not
// timed. See docs/benchmarks.md.
//
// loader_bench --root DATASET [--decode exact|reduced] [--workers N ...] [--batch N] [--passes N] [--size N] [--width
// N]
//              [--seed N]
#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/data/frame_queue.h"
#include "danas/data/person_transform.h"
#include "danas/data/transform.h"
#include "tests/bench/bench_main.h"

namespace danas {
namespace {

struct Arguments {
  DataConfig data;
  std::vector<int64_t> workers = {1, 2};
  int64_t batch = 32;
  int64_t passes = 2;
  int64_t seed = 0;
};

int64_t ParseNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) {
    throw UsageError("'" + text + "' is not a positive number");
  }
  return number;
}

JpegDecode ParseDecode(const std::string& text) {
  const auto& names = EnumNames<JpegDecode>::kNames;
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw UsageError("--decode is exact or reduced, not '" + text + "'");
  return static_cast<JpegDecode>(found - names.begin());
}

Arguments Parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& option = words[i];
    if (i + 1 == words.size()) throw UsageError(option + " needs a value");
    const std::string& value = words[++i];
    if (option == "--root") {
      arguments.data.train = value;
    } else if (option == "--workers") {
      arguments.workers = {ParseNumber(value)};
      while (i + 1 < words.size() && !words[i + 1].starts_with("-"))
        arguments.workers.push_back(ParseNumber(words[++i]));
    } else if (option == "--decode") {
      arguments.data.decode = ParseDecode(value);
    } else if (option == "--batch") {
      arguments.batch = ParseNumber(value);
    } else if (option == "--passes") {
      arguments.passes = ParseNumber(value);
    } else if (option == "--size") {
      arguments.data.image_size = ParseNumber(value);
    } else if (option == "--width") {
      arguments.data.image_width = ParseNumber(value);
    } else if (option == "--seed") {
      arguments.seed = ParseNumber(value);
    } else {
      throw UsageError("unknown option " + option +
                       "; --root, --decode, --workers, --batch, --passes, --size, --width and --seed are known");
    }
  }
  if (arguments.data.train.empty()) {
    throw UsageError("--root DATASET is needed: class folders of JPEGs, or what danas data pack made of them");
  }
  return arguments;
}

// Milliseconds an image of every pass but the first.
std::vector<double> TimePasses(FrameQueue& loader, int64_t passes) {
  std::vector<double> milliseconds;
  for (int64_t pass = 0; pass <= passes; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    loader.Start(pass);
    while (loader.Next()) {
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (pass > 0) milliseconds.push_back(time.count() / static_cast<double>(loader.ImagesPerPass()));
  }
  return milliseconds;
}

std::shared_ptr<const FrameMaker> FramesOf(const DatasetIndex& dataset, const Arguments& arguments) {
  if (!dataset.persons) return std::make_shared<const Transform>(arguments.data, ImageUse::kTrain, arguments.seed);
  const bool given = arguments.data.image_width > 0;
  const FrameShape shape = {.height = given ? arguments.data.image_size : 256,
                            .width = given ? arguments.data.image_width : 192};
  return std::make_shared<const PersonTransform>(KeypointsConfig(), arguments.data, dataset.persons->layout, shape,
                                                 ImageUse::kTrain, arguments.seed);
}

void Run(const Arguments& arguments) {
  const auto dataset = std::make_shared<DatasetIndex>(OpenSetsAt(arguments.data.train, arguments.data).front().set);
  for (const int64_t workers : arguments.workers) {
    FrameQueue loader(WholeSet(dataset), FramesOf(*dataset, arguments),
                      {.batch = arguments.batch, .shuffle = true, .workers = workers, .seed = arguments.seed});
    const std::vector<double> times = TimePasses(loader, arguments.passes);
    std::vector<double> sorted = times;
    std::sort(sorted.begin(), sorted.end());
    const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
    const Json line = {{"program", "danas"},
                       {"measure", "load"},
                       {"decode", NameOf(arguments.data.decode)},
                       {"workers", workers},
                       {"batch", arguments.batch},
                       {"images", loader.ImagesPerPass()},
                       {"ms", times},
                       {"min_ms", sorted.front()},
                       {"median_ms", median},
                       {"images_per_s", 1000 / median},
                       {"images_per_s_best", 1000 / sorted.front()}};
    std::cout << line.dump() << std::endl;
  }
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  return danas::BenchMain("loader_bench", count, words, [](const std::vector<std::string>& given) {
    danas::Run(danas::Parse(given));
    return 0;
  });
}
