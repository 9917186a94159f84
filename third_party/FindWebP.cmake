# Finds libwebp and its demuxer, which Debian ships without a CMake package.
#
#   WebP::WebP

find_path(WebP_INCLUDE_DIR webp/demux.h)
find_library(WebP_webp_LIBRARY webp)
find_library(WebP_demux_LIBRARY webpdemux)
mark_as_advanced(WebP_INCLUDE_DIR WebP_webp_LIBRARY WebP_demux_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(WebP REQUIRED_VARS WebP_demux_LIBRARY WebP_webp_LIBRARY WebP_INCLUDE_DIR
                                  REASON_FAILURE_MESSAGE "install libwebp-dev")

if(WebP_FOUND AND NOT TARGET WebP::WebP)
  add_library(WebP::WebP INTERFACE IMPORTED)
  target_include_directories(WebP::WebP SYSTEM INTERFACE "${WebP_INCLUDE_DIR}")
  target_link_libraries(WebP::WebP INTERFACE "${WebP_demux_LIBRARY}" "${WebP_webp_LIBRARY}")
endif()
