# Finds LibTorch in the PyPI package `torch` or in an unpacked libtorch archive.
#
#   LibTorch::LibTorch   the CPU half: libtorch_cpu, libc10, and OpenMP with the runtime that libtorch_cpu itself loads
#   LibTorch::CUDA       adds libtorch_cuda, libc10_cuda and NCCL; only where every header wheel is installed
#   LibTorch_VERSION     read from torch/headeronly/version.h
#   LibTorch_OPENMP_LIBRARY  the file of that runtime
#   LibTorch_OPENMP_MISSING  why LibTorch::LibTorch comes without OpenMP: then at::parallel_for is serial
#   LibTorch_CUDA_MISSING  why LibTorch::CUDA was not made, one reason an entry
#
# LibTorch_ROOT (a CMake or environment variable) names the folder that holds include/ and lib/. Without it the folder
# found last time is taken, if it still holds torch; else the Pythons in LibTorch_PYTHONS, $VIRTUAL_ENV/bin/python3 and
# python3 are asked in turn.

if(LibTorch_ROOT)
  set(_root "${LibTorch_ROOT}")
elseif(DEFINED ENV{LibTorch_ROOT})
  set(_root "$ENV{LibTorch_ROOT}")
elseif(LibTorch_FOUND_ROOT AND EXISTS "${LibTorch_FOUND_ROOT}/include/torch")
  set(_root "${LibTorch_FOUND_ROOT}")
else()
  set(_root "")
  foreach(_python IN ITEMS ${LibTorch_PYTHONS} "$ENV{VIRTUAL_ENV}/bin/python3" python3)
    execute_process(
      COMMAND "${_python}" -c
              "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE _root OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE _failed ERROR_QUIET)
    if(_failed)
      set(_root "")
    else()
      break()
    endif()
  endforeach()
endif()

# What an earlier root left in the cache must not survive a new one.
if(NOT "${_root}" STREQUAL "${LibTorch_FOUND_ROOT}")
  unset(LibTorch_INCLUDE_DIR CACHE)
  unset(LibTorch_OPENMP_LIBRARY CACHE)
  unset(LibTorch_OPENMP_WORKS CACHE)
  foreach(_lib IN ITEMS torch_cpu c10 torch_cuda c10_cuda)
    unset(LibTorch_${_lib}_LIBRARY CACHE)
  endforeach()
endif()
set(LibTorch_FOUND_ROOT "${_root}" CACHE INTERNAL "the folder that LibTorch was found in last time")

find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h PATHS "${_root}/include" NO_DEFAULT_PATH)
foreach(_lib IN ITEMS torch_cpu c10 torch_cuda c10_cuda)
  find_library(LibTorch_${_lib}_LIBRARY ${_lib} PATHS "${_root}/lib" NO_DEFAULT_PATH)
  mark_as_advanced(LibTorch_${_lib}_LIBRARY)
endforeach()
mark_as_advanced(LibTorch_INCLUDE_DIR)

set(LibTorch_VERSION "")
if(EXISTS "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
  file(STRINGS "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h" _version
       REGEX "TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
  string(REGEX REPLACE "[^;]*TORCH_VERSION_[A-Z]+ ([0-9]+)" "\\1" _version "${_version}")
  string(REPLACE ";" "." LibTorch_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY LibTorch_INCLUDE_DIR LibTorch_VERSION
  VERSION_VAR LibTorch_VERSION HANDLE_VERSION_RANGE
  REASON_FAILURE_MESSAGE
    "looked in '${_root}'. Run scripts/setup, activate an environment that contains `torch`, or pass \
-DLibTorch_ROOT=<folder with include/ and lib/>")
if(NOT LibTorch_FOUND OR TARGET LibTorch::LibTorch)
  return()
endif()

# The include folders below are searched last, so that a distribution's libtorch would win over them without a word.
foreach(_system IN ITEMS /usr/include /usr/local/include)
  if(EXISTS "${_system}/torch" AND NOT "${LibTorch_INCLUDE_DIR}" STREQUAL "${_system}")
    message(FATAL_ERROR "${_system}/torch would be read instead of ${LibTorch_INCLUDE_DIR}/torch.\n"
                        "Remove that package (on Debian: libtorch-dev) or pass -DLibTorch_ROOT for it.")
  endif()
endforeach()

# ATen's header Parallel.h runs its loops serially, without a word, in files that are compiled without OpenMP. So
# whatever includes torch is compiled with it. A second OpenMP runtime in the process would have threads and settings of
# its own: the one linked is the one that libtorch_cpu loads, by its file, and `-fopenmp` is not given to the linker.
set(LibTorch_OPENMP_MISSING "")
if(NOT LibTorch_OPENMP_LIBRARY)
  find_program(LibTorch_READELF NAMES readelf llvm-readelf REQUIRED)
  mark_as_advanced(LibTorch_READELF)
  execute_process(COMMAND "${LibTorch_READELF}" -d "${LibTorch_torch_cpu_LIBRARY}" OUTPUT_VARIABLE _dynamic ERROR_QUIET)
  set(_runtime "")
  if(_dynamic MATCHES "\\[(lib(gomp|iomp5|omp)[-.][^]]*)\\]")
    set(_runtime "${CMAKE_MATCH_1}")
    find_library(LibTorch_OPENMP_LIBRARY NAMES "${_runtime}" PATHS "${_root}/lib" "${_root}/../torch.libs"
                 NO_DEFAULT_PATH)
    find_library(LibTorch_OPENMP_LIBRARY NAMES "${_runtime}" PATHS "${_root}/../../..")
  endif()
  mark_as_advanced(LibTorch_OPENMP_LIBRARY)
endif()
if(NOT LibTorch_OPENMP_LIBRARY AND NOT _runtime)
  set(LibTorch_OPENMP_MISSING "${LibTorch_torch_cpu_LIBRARY} loads no OpenMP runtime that is known (libgomp, libiomp5, \
libomp): take PyPI's torch (scripts/setup)")
elseif(NOT LibTorch_OPENMP_LIBRARY)
  set(LibTorch_OPENMP_MISSING "${LibTorch_torch_cpu_LIBRARY} loads ${_runtime}, which is neither beside it nor among \
the system's libraries: install it, or pass -DLibTorch_OPENMP_LIBRARY=<its file>")
else()
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_FLAGS -fopenmp)
  set(CMAKE_REQUIRED_LINK_OPTIONS -fno-openmp)  # the flags go to the linker too, where they bring the compiler's own
  set(CMAKE_REQUIRED_LIBRARIES "${LibTorch_OPENMP_LIBRARY}")
  check_cxx_source_compiles("
    #ifndef _OPENMP
    #error compiled without OpenMP
    #endif
    int main() {
      int threads = 0;
    #pragma omp parallel reduction(+ : threads)
      ++threads;
      return threads == 0;
    }" LibTorch_OPENMP_WORKS)
  foreach(_setting IN ITEMS QUIET FLAGS LINK_OPTIONS LIBRARIES)
    unset(CMAKE_REQUIRED_${_setting})
  endforeach()
  if(NOT LibTorch_OPENMP_WORKS)
    set(LibTorch_OPENMP_MISSING "${CMAKE_CXX_COMPILER} -fopenmp does not link with ${LibTorch_OPENMP_LIBRARY}, the \
runtime that this LibTorch loads. Clang's OpenMP does not run on GCC's libgomp: compile with GCC, or take a LibTorch \
that loads libiomp5 or libomp")
  endif()
endif()

find_package(Threads REQUIRED)
add_library(LibTorch::LibTorch INTERFACE IMPORTED)
if(NOT LibTorch_OPENMP_MISSING)
  target_compile_options(LibTorch::LibTorch INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-fopenmp>")
  target_link_libraries(LibTorch::LibTorch INTERFACE "${LibTorch_OPENMP_LIBRARY}")
endif()
# torch/include ships its own fmt and others; -idirafter lets the system's win, -isystem would not.
foreach(_dir IN ITEMS "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  target_compile_options(LibTorch::LibTorch INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${_dir}>")
endforeach()
target_compile_features(LibTorch::LibTorch INTERFACE cxx_std_20)
target_compile_definitions(LibTorch::LibTorch INTERFACE USE_DISTRIBUTED)
target_link_libraries(LibTorch::LibTorch INTERFACE "${LibTorch_torch_cpu_LIBRARY}" "${LibTorch_c10_LIBRARY}"
                                                   Threads::Threads)

# CUDA headers come from the wheels beside torch and nowhere else: a toolkit on the machine may be of another version.
get_filename_component(_site_packages "${_root}/.." ABSOLUTE)
file(GLOB _cuda_include LIST_DIRECTORIES true "${_site_packages}/nvidia/cu[0-9]*/include")
set(_nccl_include "${_site_packages}/nvidia/nccl/include")
set(LibTorch_CUDA_MISSING "")
if(NOT LibTorch_torch_cuda_LIBRARY OR NOT LibTorch_c10_cuda_LIBRARY)
  list(APPEND LibTorch_CUDA_MISSING "this LibTorch has no libtorch_cuda")
endif()
foreach(_need IN ITEMS cuda_runtime_api.h=nvidia-cuda-runtime crt/host_config.h=nvidia-cuda-crt
                       nv/target=nvidia-cuda-cccl cublas_v2.h=nvidia-cublas cusparse.h=nvidia-cusparse
                       cusolverDn.h=nvidia-cusolver)
  string(REGEX MATCH "^(.*)=(.*)$" _match "${_need}")
  if(NOT _cuda_include OR NOT EXISTS "${_cuda_include}/${CMAKE_MATCH_1}")
    list(APPEND LibTorch_CUDA_MISSING "no ${CMAKE_MATCH_1} (wheel ${CMAKE_MATCH_2})")
  endif()
endforeach()

# ProcessGroupNCCL's options hold an ncclConfig_t, whose layout follows NCCL's version: only the one torch pins will do.
file(GLOB _metadata "${_site_packages}/torch-${LibTorch_VERSION}*.dist-info/METADATA")
set(_nccl_pinned "")
if(_metadata)
  file(STRINGS "${_metadata}" _pin REGEX "^Requires-Dist: nvidia-nccl-cu[0-9]+==")
  string(REGEX REPLACE ".*==([0-9.]+).*" "\\1" _nccl_pinned "${_pin}")
endif()
if(NOT EXISTS "${_nccl_include}/nccl.h")
  list(APPEND LibTorch_CUDA_MISSING "no nccl.h (wheel nvidia-nccl)")
else()
  file(STRINGS "${_nccl_include}/nccl.h" _nccl_found REGEX "^#define NCCL_(MAJOR|MINOR|PATCH) [0-9]+")
  string(REGEX REPLACE "[^;]*NCCL_[A-Z]+ ([0-9]+)" "\\1" _nccl_found "${_nccl_found}")
  string(REPLACE ";" "." _nccl_found "${_nccl_found}")
  if(NOT _nccl_found STREQUAL _nccl_pinned)
    list(APPEND LibTorch_CUDA_MISSING "nccl.h is of version '${_nccl_found}', but torch pins '${_nccl_pinned}'")
  endif()
endif()

if(NOT LibTorch_CUDA_MISSING)
  add_library(LibTorch::CUDA INTERFACE IMPORTED)
  target_include_directories(LibTorch::CUDA SYSTEM INTERFACE "${_nccl_include}" "${_cuda_include}")
  target_compile_definitions(LibTorch::CUDA INTERFACE USE_CUDA USE_C10D_NCCL)
  # No symbol of ours needs torch_cuda (it registers itself): keep the linker from dropping it.
  target_link_libraries(
    LibTorch::CUDA INTERFACE LibTorch::LibTorch -Wl,--push-state,--no-as-needed "${LibTorch_torch_cuda_LIBRARY}"
                             "${LibTorch_c10_cuda_LIBRARY}" -Wl,--pop-state)
  set(LibTorch_NCCL_VERSION "${_nccl_found}")
endif()
