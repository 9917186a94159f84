# Compiles ONNX's messages from the description that Debian's libonnx-dev ships, against the static protobuf. LibTorch
# has another protobuf inside, whose symbols it exports: a program that links both hides the symbols of this one, by a
# link option of the target.
#
#   OnnxProto::OnnxProto   (a static library; headers onnx/onnx.pb.h)

find_path(OnnxProto_PROTO_DIR onnx/onnx.proto PATHS /usr/include)
find_program(OnnxProto_PROTOC protoc)
find_path(OnnxProto_PROTOBUF_INCLUDE_DIR google/protobuf/message.h)
find_library(OnnxProto_PROTOBUF_LIBRARY libprotobuf.a)
mark_as_advanced(OnnxProto_PROTO_DIR OnnxProto_PROTOC OnnxProto_PROTOBUF_INCLUDE_DIR OnnxProto_PROTOBUF_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  OnnxProto
  REQUIRED_VARS OnnxProto_PROTO_DIR OnnxProto_PROTOC OnnxProto_PROTOBUF_INCLUDE_DIR OnnxProto_PROTOBUF_LIBRARY
  REASON_FAILURE_MESSAGE "install libonnx-dev, libprotobuf-dev and protobuf-compiler")

if(OnnxProto_FOUND AND NOT TARGET OnnxProto::OnnxProto)
  set(_folder "${CMAKE_BINARY_DIR}/onnx_proto")
  file(MAKE_DIRECTORY "${_folder}")
  add_custom_command(
    OUTPUT "${_folder}/onnx/onnx.pb.cc" "${_folder}/onnx/onnx.pb.h"
    COMMAND "${OnnxProto_PROTOC}" "-I${OnnxProto_PROTO_DIR}" "--cpp_out=${_folder}" onnx/onnx.proto
    DEPENDS "${OnnxProto_PROTO_DIR}/onnx/onnx.proto"
    VERBATIM)
  find_package(Threads REQUIRED)
  add_library(danas_onnx_proto STATIC "${_folder}/onnx/onnx.pb.cc" "${_folder}/onnx/onnx.pb.h")
  add_library(OnnxProto::OnnxProto ALIAS danas_onnx_proto)
  set_target_properties(danas_onnx_proto PROPERTIES CXX_CLANG_TIDY "" EXPORT_NAME onnx_proto)
  target_compile_options(danas_onnx_proto PRIVATE -w)
  target_include_directories(danas_onnx_proto SYSTEM PUBLIC "$<BUILD_INTERFACE:${_folder}>"
                                                            "$<BUILD_INTERFACE:${OnnxProto_PROTOBUF_INCLUDE_DIR}>")
  target_link_libraries(danas_onnx_proto PUBLIC "${OnnxProto_PROTOBUF_LIBRARY}" Threads::Threads)
  # Also those of the one room that instantiates protobuf's templates. No other archive: LibTorch shares some of danas's.
  target_link_options(danas_onnx_proto INTERFACE
                      "LINKER:--exclude-libs,libprotobuf.a:libdanas_onnx_proto.a:libdanas_export.a")
  set_property(GLOBAL APPEND PROPERTY DANAS_ROOMS danas_onnx_proto)
endif()
