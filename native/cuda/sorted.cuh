#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace boreal {
namespace cuda {

// How many of the ascending values are less than `value`.
template <typename T>
__device__ uint32_t count_below(const T* values, uint32_t count, T value) {
  uint32_t first = 0;
  while (count > 0) {
    const uint32_t half = count / 2;
    if (values[first + half] < value) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

}  // namespace cuda
}  // namespace boreal
