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

#include "kernels/column_kernels.h"
#include "kernels/distance_kernels.h"
#include "kernels/forest_kernels.h"
#include "kernels/row_kernels.h"
#include "kernels/select_kernels.h"

namespace boreal {

struct Kernels {
  const char* name;  // "scalar", "avx2", "avx512", "avx512vnni", "neon"
  const RowKernels<float>& f32;
  const RowKernels<double>& f64;
  const ForestKernels& forest;
  const DistanceKernels<float>& distance_f32;
  const DistanceKernels<double>& distance_f64;
  const SelectKernels<float>& select_f32;
  const SelectKernels<double>& select_f64;
  const ColumnKernels<float>& columns_f32;
  const ColumnKernels<double>& columns_f64;
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
const DistanceKernels<T>& distance_kernels(const Kernels& kernels);
template <>
inline const DistanceKernels<float>& distance_kernels<float>(const Kernels& kernels) {
  return kernels.distance_f32;
}
template <>
inline const DistanceKernels<double>& distance_kernels<double>(const Kernels& kernels) {
  return kernels.distance_f64;
}

template <typename T>
const SelectKernels<T>& select_kernels(const Kernels& kernels);
template <>
inline const SelectKernels<float>& select_kernels<float>(const Kernels& kernels) {
  return kernels.select_f32;
}
template <>
inline const SelectKernels<double>& select_kernels<double>(const Kernels& kernels) {
  return kernels.select_f64;
}

template <typename T>
const ColumnKernels<T>& column_kernels(const Kernels& kernels);
template <>
inline const ColumnKernels<float>& column_kernels<float>(const Kernels& kernels) {
  return kernels.columns_f32;
}
template <>
inline const ColumnKernels<double>& column_kernels<double>(const Kernels& kernels) {
  return kernels.columns_f64;
}

}  // namespace boreal
