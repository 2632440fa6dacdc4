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
#include "kernels/column_kernels.h"
#include "kernels/distance_kernels.h"
#include "kernels/elementwise_kernels.h"
#include "kernels/forest_kernels.h"
#include "kernels/gemm_kernels.h"
#include "kernels/int8_kernels.h"
#include "kernels/linear_kernels.h"
#include "kernels/neural_kernels.h"
#include "kernels/row_kernels.h"
#include "kernels/select_kernels.h"
#include "kernels/vector_kernels.h"

namespace boreal {

// The tables over one element type.
template <typename T>
struct FloatKernels {
  const RowKernels<T>& rows;
  const ElementwiseKernels<T>& elementwise;
  const GemmKernels<T>& gemm;
  const DistanceKernels<T>& distance;
  const SelectKernels<T>& select;
  const ColumnKernels<T>& columns;
  const LinearKernels<T>& linear;
};

struct Kernels {
  const char* name;  // "scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "neon", "neondot"
  FloatKernels<float> f32;
  FloatKernels<double> f64;
  const ConvertKernels& convert;
  const ForestKernels& forest;
  const VectorKernels& vectors;
  const LogisticKernels& logistic;
  const NeuralKernels& neural;
  const Int8Kernels& int8;
  const Bf16Kernels& bf16;
};

template <typename T>
const FloatKernels<T>& float_kernels(const Kernels& kernels);
template <>
inline const FloatKernels<float>& float_kernels<float>(const Kernels& kernels) {
  return kernels.f32;
}
template <>
inline const FloatKernels<double>& float_kernels<double>(const Kernels& kernels) {
  return kernels.f64;
}

template <typename T>
const RowKernels<T>& row_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).rows;
}
template <typename T>
const ElementwiseKernels<T>& elementwise_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).elementwise;
}
template <typename T>
const GemmKernels<T>& gemm_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).gemm;
}
template <typename T>
const DistanceKernels<T>& distance_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).distance;
}
template <typename T>
const SelectKernels<T>& select_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).select;
}
template <typename T>
const ColumnKernels<T>& column_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).columns;
}
template <typename T>
const LinearKernels<T>& linear_kernels(const Kernels& kernels) {
  return float_kernels<T>(kernels).linear;
}

}  // namespace boreal
