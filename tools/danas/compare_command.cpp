#include "compare_command.h"

#include <iostream>

#include "danas/report/comparison.h"

namespace danas {

void DescribeOptions(CLI::App& app, CompareOptions& options) {
  app.description("Print one table of trained networks from their run folders");
  app.footer(
      "Example:\n"
      "  danas compare runs/final runs/random-1 runs/random-2\n"
      "The first is the one the others are compared with.");
  app.add_option("run", options.runs, "folders that danas finetune or train made")->option_text("RUN...")->required();
  AddJson(app, options.json);
}

int RunCommand(const CompareOptions& options, const Call&) {
  std::vector<TrainedRun> runs;
  for (const std::string& folder : options.runs) runs.push_back(ReadTrainedRun(folder));
  std::cout << (options.json ? JsonText(ComparisonJson(runs), 2) + "\n" : ComparisonText(runs));
  return 0;
}

}  // namespace danas
