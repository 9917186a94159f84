// `danas-data`: the commands that read images, without torch. `danas` becomes it; it parses the same command line.
#include "command_table.h"
#include "danas/core/interrupt.h"
#include "program.h"

namespace danas {
namespace {

struct RunHere {
  template <typename Options>
  int operator()(const InData<Options>&, const Options& options, const Call& call) const {
    CatchInterrupts();
    return RunCommand(options, call);
  }

  template <typename Command, typename Options>
  int operator()(const Command& command, const Options&, const Call&) const {
    FailElsewhere("danas-data", command.words);
  }
};

}  // namespace
}  // namespace danas

int main(int argc, char** argv) {
  return danas::RunProgram(argc, argv, danas::DescribedCommands(danas::RunHere()));
}
