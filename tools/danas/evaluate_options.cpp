#include "evaluate_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, EvaluateOptions& options) {
  app.description("Evaluate trained weights on the test set");
  app.footer(
      "Examples:\n"
      "  danas evaluate --run runs/final\n"
      "  danas evaluate --arch best.json --weights weights.safetensors --data /data/cifar10\n"
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
}

}  // namespace danas
