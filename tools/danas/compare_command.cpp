#include "compare_command.h"

#include <iostream>

#include "danas/report/comparison.h"

namespace danas {

void DescribeOptions(CLI::App& app, CompareOptions& options) {
  app.description("Compare trained networks in one table");
  app.footer(
      "Example:\n"
      "  danas compare runs/final runs/random-1 runs/random-2\n"
      "The other runs are compared with the first.");
  app.add_option("run", options.runs, "run folders of danas finetune or train")->option_text("RUN...")->required();
  AddJson(app, options.json);
}

int RunCommand(const CompareOptions& options, const Call&) {
  std::vector<TrainedRun> runs;
  for (const std::string& folder : options.runs) runs.push_back(ReadTrainedRun(folder));
  std::cout << (options.json ? JsonText(ComparisonJson(runs), 2) + "\n" : ComparisonText(runs));
  return 0;
}

}  // namespace danas
