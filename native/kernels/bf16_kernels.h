// bfloat16, the upper half of a float: weights at half the memory and bandwidth, sums in float32. As
// uint16_t.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm_kernels.h"

namespace boreal {

struct Bf16Kernels {
  // y = x rounded to nearest even; a NaN becomes a quiet NaN, what is too large infinity. y must not overlap
  // x.
  void (*from_float)(const float* x, uint16_t* y, size_t count) noexcept;
  // Exact. y must not overlap x.
  void (*to_float)(const uint16_t* x, float* y, size_t count) noexcept;

  size_t tile_rows, tile_cols;
  // Elements that pack writes for op(B) [k, n], and the packing with rounding as from_float: panels
  // [ceil(n / tile_cols)][ceil(k / 2)][tile_cols][2] of pairs of k, padded with zeros. Panel j starts at
  // packed + j * tile_cols * (k rounded up to 2).
  size_t (*packed_size)(size_t k, size_t n) noexcept;
  void (*pack)(const float* b, size_t b_row, size_t b_col, size_t k, size_t n, uint16_t* packed) noexcept;

  // As GemmKernels<float>::multiply (the same bits as that of the widened weights), B always packed.
  size_t (*workspace)(const GemmTask<float, uint16_t>& task) noexcept;
  void (*multiply)(const GemmTask<float, uint16_t>& task, float* workspace) noexcept;

  // Whether multiply_bf16 exists: A row-major in bf16 (a_col == 1), alpha == 1, sums by the CPU's dot
  // products of pairs of k, which treat subnormals as 0; one chain over k in ascending order again. Null:
  // widen A, multiply.
  size_t (*workspace_bf16)(const GemmTask<float, uint16_t, uint16_t>& task) noexcept;
  void (*multiply_bf16)(const GemmTask<float, uint16_t, uint16_t>& task, float* workspace) noexcept;
};

}  // namespace boreal
