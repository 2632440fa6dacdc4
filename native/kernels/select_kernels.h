// What the search for the smallest values of a row is made of. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

template <typename T>
struct SelectKernels {
  // value[i], index[i] = the first smallest value of row i that is not NaN, and its column; 0 and x[i,0] for
  // a row of NaN. cols >= 1.
  void (*row_min)(const T* x, size_t xs, size_t rows, size_t cols, T* value, int32_t* index) noexcept;

  // Writes to found, ascending, the positions of x[0..count) below the threshold (above it for `above`) and
  // returns how many; never those of NaN. found has room for count positions.
  size_t (*find_beyond)(bool above, const T* x, size_t count, T threshold, int32_t* found) noexcept;
};

}  // namespace boreal
