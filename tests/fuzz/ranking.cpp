// ranking.json: the order of a dataset's classes.
#include "danas/easiness/easiness_ranking.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::vector<std::string> classes = {"0", "1", "2", "cat"};
  ScheduleConfig config;
  config.ranking = folder.Write("ranking.json", fuzz::Text(data, size));
  fuzz::Accepts([&] {
    const EasinessRanking ranking = MakeRanking(config, 0, classes, 1);
    fuzz::Require(ranking.Positions(classes).size() == classes.size(), "a ranking names every class once");
  });
  return 0;
}
