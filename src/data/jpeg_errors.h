// What libjpeg does instead of ending the program: it keeps the reason and jumps back.
#pragma once

// clang-format off
#include <cstdio>  // jpeglib.h leaves it to its users
#include <jpeglib.h>
// clang-format on
#include <setjmp.h>

namespace danas {

struct JpegErrors {
  jpeg_error_mgr manager;  // first: libjpeg hands back a pointer to it
  jmp_buf jump;
  char reason[JMSG_LENGTH_MAX];

  static JpegErrors* Of(j_common_ptr info) { return reinterpret_cast<JpegErrors*>(info->err); }

  // For manager.error_exit.
  [[noreturn]] static void JumpBack(j_common_ptr info) {
    info->err->format_message(info, Of(info)->reason);
    longjmp(Of(info)->jump, 1);
  }
};

}  // namespace danas
