# Finds liblmdb, which Debian ships without a CMake package.
#
#   LMDB::LMDB
#   LMDB_VERSION

find_path(LMDB_INCLUDE_DIR lmdb.h)
find_library(LMDB_LIBRARY lmdb)
mark_as_advanced(LMDB_INCLUDE_DIR LMDB_LIBRARY)

set(LMDB_VERSION "")
if(LMDB_INCLUDE_DIR)
  file(STRINGS "${LMDB_INCLUDE_DIR}/lmdb.h" _version REGEX "^#define MDB_VERSION_(MAJOR|MINOR|PATCH)[ \t]+[0-9]+")
  string(REGEX REPLACE "[^;]*MDB_VERSION_[A-Z]+[ \t]+([0-9]+)" "\\1" _version "${_version}")
  string(REPLACE ";" "." LMDB_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LMDB REQUIRED_VARS LMDB_LIBRARY LMDB_INCLUDE_DIR VERSION_VAR LMDB_VERSION
                                  REASON_FAILURE_MESSAGE "install liblmdb-dev")

if(LMDB_FOUND AND NOT TARGET LMDB::LMDB)
  add_library(LMDB::LMDB INTERFACE IMPORTED)
  target_include_directories(LMDB::LMDB SYSTEM INTERFACE "${LMDB_INCLUDE_DIR}")
  target_link_libraries(LMDB::LMDB INTERFACE "${LMDB_LIBRARY}")
endif()
