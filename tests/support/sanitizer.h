// The address sanitizer has an allocator of its own: what memory a process takes then says nothing.
#pragma once

namespace danas::test {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

}  // namespace danas::test
