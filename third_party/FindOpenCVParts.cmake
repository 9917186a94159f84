# Finds the small parts of OpenCV that danas decodes and warps pictures with.
# Debian's libopencv-{core,imgproc,imgcodecs}-dev come without OpenCVConfig.cmake, hence the plain search.
#
#   OpenCVParts::OpenCVParts   core, imgproc, imgcodecs
#   OpenCVParts_VERSION

find_path(OpenCVParts_INCLUDE_DIR opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4)
set(_libraries "")
foreach(_part IN ITEMS imgcodecs imgproc core)
  find_library(OpenCVParts_${_part}_LIBRARY opencv_${_part})
  list(APPEND _libraries OpenCVParts_${_part}_LIBRARY)
endforeach()
mark_as_advanced(OpenCVParts_INCLUDE_DIR ${_libraries})

set(OpenCVParts_VERSION "")
if(OpenCVParts_INCLUDE_DIR)
  file(STRINGS "${OpenCVParts_INCLUDE_DIR}/opencv2/core/version.hpp" _version
       REGEX "^#define CV_VERSION_(MAJOR|MINOR|REVISION) +[0-9]+")
  string(REGEX REPLACE "[^;]*CV_VERSION_[A-Z]+ +([0-9]+)" "\\1" _version "${_version}")
  string(REPLACE ";" "." OpenCVParts_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  OpenCVParts
  REQUIRED_VARS ${_libraries} OpenCVParts_INCLUDE_DIR
  VERSION_VAR OpenCVParts_VERSION
  HANDLE_VERSION_RANGE
  REASON_FAILURE_MESSAGE "install libopencv-core-dev, libopencv-imgproc-dev and libopencv-imgcodecs-dev")

if(OpenCVParts_FOUND AND NOT TARGET OpenCVParts::OpenCVParts)
  add_library(OpenCVParts::OpenCVParts INTERFACE IMPORTED)
  target_include_directories(OpenCVParts::OpenCVParts SYSTEM INTERFACE "${OpenCVParts_INCLUDE_DIR}")
  foreach(_library IN LISTS _libraries)
    target_link_libraries(OpenCVParts::OpenCVParts INTERFACE "${${_library}}")
  endforeach()
endif()
