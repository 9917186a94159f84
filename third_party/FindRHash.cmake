# Finds librhash, which Debian ships without a CMake package.
#
#   RHash::RHash

find_path(RHash_INCLUDE_DIR rhash.h)
find_library(RHash_LIBRARY rhash)
mark_as_advanced(RHash_INCLUDE_DIR RHash_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RHash REQUIRED_VARS RHash_LIBRARY RHash_INCLUDE_DIR
                                  REASON_FAILURE_MESSAGE "install librhash-dev")

if(RHash_FOUND AND NOT TARGET RHash::RHash)
  add_library(RHash::RHash UNKNOWN IMPORTED)
  set_target_properties(RHash::RHash PROPERTIES IMPORTED_LOCATION "${RHash_LIBRARY}"
                                                INTERFACE_INCLUDE_DIRECTORIES "${RHash_INCLUDE_DIR}")
endif()
