// danas compare: trained networks in one table.
#include <iostream>

#include "commands.h"
#include "danas/report/comparison.h"

namespace danas {

int RunCompare(const CommandLine& line) {
  std::vector<TrainedRun> runs;
  for (const std::string& folder : line.paths) runs.push_back(ReadTrainedRun(folder));
  std::cout << (line.json ? JsonText(ComparisonJson(runs), 2) + "\n" : ComparisonText(runs));
  return 0;
}

}  // namespace danas
