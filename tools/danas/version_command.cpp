// danas version.
#include <iostream>

#include "commands.h"
#include "version_info.h"

namespace danas {

int RunVersion(const CommandLine& line) {
  const Json versions = BuildVersions();
  std::cout << (line.json ? versions.dump(2) + "\n" : VersionText(versions));
  return 0;
}

}  // namespace danas
