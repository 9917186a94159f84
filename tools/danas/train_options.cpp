#include "train_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, TrainOptions& options) {
  app.description("Train a network of the model zoo and test it once");
  app.footer(
      "Examples:\n"
      "  danas train --model resnet18 --data /data/cifar10\n"
      "  danas train --model mobilenetv2_0.5 --config fashion_mnist.json --set zoo.epochs=20\n"
      "Settings that are not in the config come from the recipe of the network's family. Writes\n"
      "weights.safetensors, result.json and, after each epoch, the accuracy on each class.");
  AddModel(app, options.model);
  AddTraining(app, options.config, options.launch, options.run);
  AddJson(app, options.json);
}

}  // namespace danas
