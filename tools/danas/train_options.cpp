#include "train_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, TrainOptions& options) {
  app.description("Train a network of the zoo and test it once");
  app.footer(
      "Examples:\n"
      "  danas train --model resnet18 --data /data/cifar10\n"
      "  danas train --model mobilenetv2_0.5 --config fashion_mnist.json --set zoo.epochs=20\n"
      "What the config does not say comes from the recipe of the network's family. Leaves\n"
      "weights.safetensors, result.json and after each epoch how well each class is known.");
  AddModel(app, options.model);
  AddConfig(app, options.config);
  AddDataAndDevice(app, options.config);
  AddLaunch(app, options.launch, options.config);
  AddSeed(app, options.config);
  AddRun(app, options.run);
  AddResume(app, options.run);
  AddFork(app, options.run);
  AddJson(app, options.json);
}

}  // namespace danas
