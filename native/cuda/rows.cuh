// Rows that are made of whole rows: a group of lanes of one warp shares a row. Its size depends on the width
// alone, and so does the order of its sums.
#pragma once

#include <type_traits>

#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {

// A row and this lane's place in it. Lanes beyond the last row take part in the exchanges all the same.
template <int kLanes>
struct RowPlace {
  __device__ RowPlace(uint32_t rows)
      : lane(threadIdx.x % kLanes),
        step(size_t{gridDim.x} * blockDim.x / kLanes),
        row((size_t{blockIdx.x} * blockDim.x + threadIdx.x) / kLanes),
        rounds((rows + step - 1) / step) {}
  int lane;
  size_t step, row, rounds;
};

// body(std::integral_constant) with the lanes for rows of this width.
template <typename F>
void with_lanes(uint32_t width, F body) {
  if (width <= 2) return body(std::integral_constant<int, 1>{});
  if (width <= 8) return body(std::integral_constant<int, 4>{});
  if (width <= 32) return body(std::integral_constant<int, 8>{});
  return body(std::integral_constant<int, 32>{});
}

inline dim3 grid_of_rows(uint32_t rows, int lanes) {
  return grid_of(size_t{rows} * static_cast<size_t>(lanes));
}

// Rows to warps of a block: run by every lane of a warp, body(row).
template <typename F>
__device__ void each_row_of_warp(size_t rows, F body) {
  const size_t step = element_step() / kWarp;
  for (size_t row = first_element() / kWarp; row < rows; row += step) body(row);
}

}  // namespace cuda
}  // namespace boreal
