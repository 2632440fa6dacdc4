// What this CPU can do at most, measured: multiply-adds of registers only, and memory read or streamed
// through.
#pragma once

#include <cstddef>
#include <string>

namespace boreal_bench {

// Operations a second of `threads` threads at once (a multiply-add counts as two) and the instruction used.
struct Peak {
  double rate;
  std::string instruction;
};
// dtype: "f32", "f64", "int8" or "int8-saturating"; about `seconds` long.
Peak measure_peak(const std::string& dtype, size_t threads, double seconds);

// Bytes a second over a working set of `bytes` in all: reading it, and c = a + b with all three streams
// counted once.
struct Bandwidth {
  double read, add;
};
Bandwidth measure_bandwidth(size_t bytes, size_t threads, double seconds);

struct Caches {
  size_t l1, l2, l3;  // bytes as one core sees them
};
Caches cache_sizes();

}  // namespace boreal_bench
