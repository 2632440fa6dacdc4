// The generic kernels over the including file's simd.h, gathered into one table.
#pragma once

#include "kernels/generic/dense.inl.h"
#include "kernels/generic/elementwise.inl.h"
#include "kernels/generic/forest.inl.h"
#include "kernels/generic/reduce.inl.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

template <typename T>
constexpr RowKernels<T> make_row_kernels() {
  return {impute<T>,     affine<T>,      activate<T>, softmax<T>, argmax<T>, dense<T>, dense_packed_size<T>,
          dense_pack<T>, find_invalid<T>};
}

// constexpr, so that the table needs no initialiser, which would run this ISA's code on every CPU.
constexpr Kernels make_kernels(const char* name) {
  return {name, make_row_kernels<float>(), make_row_kernels<double>(), {walk_rows, walk_trees}};
}

}  // namespace
}  // namespace boreal
