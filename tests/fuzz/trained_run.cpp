// The files of a finished training as `danas compare` reads them: network.json, result.json and config.json, with lines
// of "#" between them.
#include "danas/report/comparison.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  std::string_view rest = fuzz::Text(data, size);
  for (const char* name : {"network.json", "result.json", "config.json"}) {
    folder.Write(name, fuzz::TakeUpTo(rest, "#\n"));
  }
  fuzz::Accepts([&] {
    const TrainedRun run = ReadTrainedRun(folder.path());
    fuzz::Require(!ComparisonText({run, run}).empty(), "a comparison has a table");
    fuzz::Require(!JsonText(ComparisonJson({run, run})).empty(), "a comparison has a form for programs");
  });
  return 0;
}
