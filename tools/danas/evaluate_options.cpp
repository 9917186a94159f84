#include "evaluate_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, EvaluateOptions& options) {
  app.description("Evaluate trained weights on the test set");
  app.footer(
      "Examples:\n"
      "  danas evaluate --run runs/final\n"
      "  danas evaluate --arch best.json --weights weights.safetensors --data /data/cifar10\n"
      "  danas evaluate --run runs/pose --boxes detections.json --results found.json --draw 20 --out pictures\n"
      "  danas evaluate --run runs/pose --difficulty difficulty.json\n"
      "  danas evaluate --model resnet34 --weights resnet34-b627a593.pth --data /data/imagenet");
  AddArch(app, options.arch);
  AddModel(app, options.model);
  app.add_option("-r,--run,--run-folder", options.run,
                 "run folder of danas finetune or train, for its network, weights and data")
      ->option_text("DIR");
  app.add_option("-w,--weights", options.weights, "trained weights: safetensors, or a .pth file written by torch.save")
      ->option_text("FILE");
  AddConfig(app, options.config);
  AddDataAndDevice(app, options.config);
  AddLaunch(app, options.launch, options.config);
  AddJson(app, options.json);
  app.add_option(
         "--boxes", options.boxes,
         "key-points: where to look for persons: 'truth' (the annotated boxes), or a detector's COCO result file")
      ->option_text("truth|FILE")
      ->capture_default_str();
  app.add_option("--difficulty", options.difficulty,
                 "key-points: file to write with an error of each person, for schedule.difficulty of a search; looks "
                 "at the training set instead of the test set")
      ->option_text("FILE");
  app.add_option("--results", options.results, "key-points: COCO result JSON to write, which pycocotools reads")
      ->option_text("FILE");
  app.add_option("--draw", options.draw,
                 "key-points: number of pictures to write with what was found in them, to --out")
      ->option_text("N")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--out", options.out, "folder of --draw's pictures (default: pictures)")->option_text("DIR");
}

}  // namespace danas
