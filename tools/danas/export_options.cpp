#include "export_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, ExportOptions& options) {
  app.description("Write a network as an ONNX model, a PyTorch module or a timm model");
  app.footer(
      "Examples:\n"
      "  danas export --run runs/final --to onnx\n"
      "  danas export --arch best.json --weights weights.safetensors --to pytorch --out mine\n"
      "  danas export --arch best.json --to timm --name my_network\n"
      "  danas export --run runs/final --to onnx --quantize int8\n"
      "Without weights the network is initialised as at the start of a training with this --seed.\n"
      "onnx: model.onnx. pytorch: model.py, model.safetensors, preprocess.json. timm: config.json,\n"
      "model.py and model.safetensors for timm.create_model(\"local-dir:FOLDER\"). See docs/export.md.");
  app.add_option("-r,--run,--run-folder", options.run,
                 "run folder of danas finetune or train, for its network, weights and config")
      ->option_text("DIR");
  AddArch(app, options.arch);
  app.add_option("-w,--weights", options.weights, "trained weights: safetensors, or a .pth file written by torch.save")
      ->option_text("FILE");
  app.add_option("--to", options.to, "onnx, pytorch or timm")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"onnx", "pytorch", "timm"}))
      ->required();
  app.add_option("-o,--out", options.out,
                 "output folder (default: export-onnx, export-pytorch or export-timm beside the network's file)")
      ->option_text("DIR");
  app.add_option("--name", options.name, "name of the network in Python (default: danas_ and that of its space)")
      ->option_text("NAME");
  app.add_option("--labels", options.labels,
                 "text file with the label of each class, one a line in the network's order")
      ->option_text("FILE");
  AddSize(app, options.size, "as in the file");
  app.add_option("--opset", options.opset, "onnx: version of the operators, 17 or 18 (default: 17)")->option_text("N");
  app.add_flag("--keep-batch-norm", options.keep_batch_norm,
               "onnx: leave batch norms as they are instead of making them part of the convolutions");
  app.add_flag("--softmax", options.softmax, "onnx: write probabilities instead of logits");
  app.add_flag("--weights-beside", options.weights_beside,
               "onnx: write the weights to model.onnx.data; they are in any case from 2 GB on");
  CLI::Option* quantize =
      app.add_option("--quantize", options.quantize,
                     "onnx: also write model-int8.onnx, with int8 weights and values, calibrated on training images")
          ->option_text("int8")
          ->check(CLI::IsMember({"int8"}));
  app.add_option("--calibration-images", options.calibration_images,
                 "so many training images give the ranges of --quantize (default: 256)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->needs(quantize);
  app.add_option("--examples", options.examples,
                 "also write examples.safetensors: so many random images and danas's logits for them (default: 0)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{0}, int64_t{4096}));
  AddConfig(app, options.config);
  AddData(app, options.config);
  AddSeed(app, options.config);
}

}  // namespace danas
