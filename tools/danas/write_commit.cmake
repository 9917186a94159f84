# Writes OUT, a header that names the commit that SOURCE is at. Run at every build: the file changes only where the
# commit does. Empty outside a repository.
cmake_minimum_required(VERSION 3.25)
execute_process(
  COMMAND git -C "${SOURCE}" describe --always --abbrev=12 --exclude=* --dirty=-changed
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET)
file(
  CONFIGURE
  OUTPUT "${OUT}"
  CONTENT
    "// The commit that this build was made of; written by every build.
#pragma once

namespace danas::build_info {

inline constexpr const char* kCommit = \"@commit@\";

}  // namespace danas::build_info
"
  @ONLY)
