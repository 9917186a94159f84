// A run's folder as `danas status` and `danas log` read it: log.jsonl, and behind lines that begin with "#"
// alpha.jsonl, progress.json, run.log and a checkpoint's manifest.
#include "danas/watch/log_printer.h"
#include "danas/watch/run_status.h"
#include "danas/watch/status_text.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  std::string_view rest = fuzz::Text(data, size);
  for (const char* name : {"log.jsonl", "alpha.jsonl", "progress.json", "run.log", "checkpoints/000001.json"}) {
    folder.Write(name, fuzz::TakeUpTo(rest, "#\n"));
  }
  fuzz::Accepts([&] {
    const RunStatus status = ReadRunStatus(folder.path(), 1'800'000'000);
    fuzz::Require(StatusText(status).ends_with('\n'), "a status ends with a line");
    fuzz::Require(!StatusLine(status).empty() && !StatusTable({status}).empty(), "a status has a line");
    fuzz::Require(!JsonText(StatusJson({status})).empty(), "a status has a form for programs");
  });
  fuzz::Accepts([&] {
    size_t bytes = 0;
    LogPrinter printer(folder.path(), [&](std::string_view text) { bytes += text.size(); });
    while (printer.PrintNew()) {
    }
  });
  return 0;
}
