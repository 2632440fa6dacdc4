// What this process may use: instruction sets, CPUs, memory. Everything is read once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace boreal {

struct CpuFeatures {
  // x86-64
  bool avx2 = false;        // AVX2, FMA and F16C, and the OS saves ymm
  bool avx512 = false;      // F, BW, VL, DQ, CD, and the OS saves zmm
  bool avx512vnni = false;  // avx512 plus VNNI
  bool avx512bf16 = false;  // avx512vnni plus BF16
  // aarch64
  bool neon = false;
  bool neondot = false;  // neon plus the dot product instructions
};
const CpuFeatures& cpu_features();

// Threads to use: BOREAL_NUM_THREADS if it is a whole number in 1..1024, else the least of the affinity
// mask and the cgroup (v1 or v2) CPU quota rounded up; >= 1.
size_t default_thread_count();

// Memory this process may use in bytes: the least of RAM and the cgroup limit. 0 if unknown.
uint64_t memory_limit_bytes();

// The CPU's marketing name, or "unknown".
std::string cpu_name();

}  // namespace boreal
