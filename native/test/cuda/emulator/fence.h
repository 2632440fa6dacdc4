// What is found in memory that nobody has written, and bytes behind an allocation that nobody may write.
#pragma once

#include <cstddef>
#include <cstring>

namespace emulator {

// Ends the process: a kernel does what hangs or fails on a device.
[[noreturn]] void die(const char* why);

constexpr int kUnwritten = 0xff;  // NaN, and an index far away

// AddressSanitizer has fences of its own, which also see reads.
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
constexpr size_t kFence = 0;
#else
constexpr size_t kFence = 256;
#endif
constexpr unsigned char kFenceByte = 0xa7;

inline void put_fence(void* end) { std::memset(end, kFenceByte, kFence); }
inline void check_fence(const void* end) {
  for (size_t i = 0; i < kFence; ++i) {
    if (static_cast<const unsigned char*>(end)[i] != kFenceByte) die("a write behind the end of memory");
  }
}

}  // namespace emulator
