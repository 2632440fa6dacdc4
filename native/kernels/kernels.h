// The kernels of one instruction set as tables of function pointers, one table a group. The comments in the
// groups' headers ARE the contract: every ISA obeys them, the tests in test/ check them on every ISA.
//
// Common rules, unless a kernel says otherwise:
//  - Matrices are row-major, element (i, j) at x[i * xs + j]; xs >= cols is the row stride in elements.
//  - No alignment is needed. y may equal x with ys == xs (in place); any other overlap is not allowed.
//  - rows == 0 or cols == 0 does nothing.
//  - Row independence: the bits of a result row depend only on that input row, never on rows, on its
//    position or on what lies around it. Kernels write nothing beyond cols in a row.
//  - noexcept, no allocation, no threads, no I/O; no standard library (see CMakeLists.txt on weak symbols).
//  - NaN propagates as IEEE 754 says.
#pragma once

#include "kernels/bf16_kernels.h"
#include "kernels/forest_kernels.h"
#include "kernels/gemm_kernels.h"
#include "kernels/row_kernels.h"

namespace boreal {

struct Kernels {
  const char* name;  // "scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "neon"
  const RowKernels<float>& f32;
  const RowKernels<double>& f64;
  const ForestKernels& forest;
  const GemmKernels<float>& gemm_f32;
  const GemmKernels<double>& gemm_f64;
  const Bf16Kernels& bf16;
};

template <typename T>
const RowKernels<T>& row_kernels(const Kernels& kernels);
template <>
inline const RowKernels<float>& row_kernels<float>(const Kernels& kernels) {
  return kernels.f32;
}
template <>
inline const RowKernels<double>& row_kernels<double>(const Kernels& kernels) {
  return kernels.f64;
}

template <typename T>
const GemmKernels<T>& gemm_kernels(const Kernels& kernels);
template <>
inline const GemmKernels<float>& gemm_kernels<float>(const Kernels& kernels) {
  return kernels.gemm_f32;
}
template <>
inline const GemmKernels<double>& gemm_kernels<double>(const Kernels& kernels) {
  return kernels.gemm_f64;
}

}  // namespace boreal
