#include "finetune_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, FinetuneOptions& options) {
  app.description("Train a network that a search found and test it once");
  app.footer(
      "Examples:\n"
      "  danas finetune --arch runs/mine/best.json\n"
      "  danas finetune --arch best.json --data /data/cifar10 --set finetune.epochs=100\n"
      "  danas finetune --arch best.json --init trained_in_python.safetensors\n"
      "Dataset and recipe are those of the search that found the network, unless --config\n"
      "or --data is given. Writes weights.safetensors and result.json.");
  AddArch(app, options.arch);
  app.add_option("--init", options.init,
                 "weights to begin with: safetensors, or a .pth file written by torch.save (default: as finetune.init)")
      ->option_text("FILE");
  AddTraining(app, options.config, options.launch, options.run);
  AddJson(app, options.json);
}

}  // namespace danas
