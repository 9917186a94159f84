#include "easiness_options.h"

namespace danas {

void DescribeOptions(CLI::App& app, EasinessOptions& options) {
  app.description("Rank a dataset's classes from easy to hard");
  app.footer(
      "Examples:\n"
      "  danas easiness --models resnet18,mobilenetv2_0.5\n"
      "  danas easiness --config cifar10.json --data /data/cifar10 --set zoo.epochs=30\n"
      "  danas easiness --models resnet34 --weights resnet34=resnet34-b627a593.pth --data /data/imagenet\n"
      "Networks that are not trained yet are trained first and saved (easiness.networks). Writes ranking.json\n"
      "for schedule.ranking, and a page with Figures 1 to 3 of the paper.");
  AddSetting(app, options.config, "-m,--models", "NAMES", "easiness.models",
             "comma-separated networks to rank with (easiness.models); NAME=FILE loads trained weights");
  app.add_option("-w,--weights", options.weights,
                 "load these weights for network NAME instead of training it; repeatable")
      ->option_text("NAME=FILE")
      ->expected(1)
      ->take_all();
  app.add_flag_callback(
      "--no-train", [&options] { options.train = false; },
      "fail if a network is not trained yet, instead of training it");
  AddConfig(app, options.config);
  AddDataAndDevice(app, options.config);
  AddLaunch(app, options.launch, options.config);
  AddSeed(app, options.config);
  AddResume(app, options.run);
  app.add_option("-o,--out", options.run.run, "run folder to create (default: runs/NAME-easiness-TIME-seedN)")
      ->option_text("DIR");
  AddPlan(app, options.plan);
  AddJson(app, options.json);
}

}  // namespace danas
