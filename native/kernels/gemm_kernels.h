// Matrix products of one thread: C = activation(alpha op(A) op(B) + beta C + bias). The macro-loops and
// register tiles are those of BLIS (Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS
// Functionality", 2015), except that sums start from C (or beta C + bias) and not from 0: so each element is
// one chain of fused multiply-adds over k in ascending order, whatever block, tile, packing or row it is
// computed with. Only multiply_dots, for a handful of columns, sums otherwise; who uses it asks prefers_dots.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/elementwise_kernels.h"

namespace boreal {

// op(A) [m, k] has element (i, p) at a[i * a_row + p * a_col], op(B) [k, n] element (p, j) at
// b[p * b_row + j * b_col]; one of each pair of strides is 1. C [m, n], row-major, overlaps neither. What is
// read of C, bias, A and B lies within their elements, what is written within C's.
template <typename T, typename Weight = T, typename Input = T>
struct GemmTask {
  size_t m, n, k;
  const Input* a;
  size_t a_row, a_col;
  const Weight* b;      // with b_packed what pack made of it, from column panel 0 or any other on
  size_t b_row, b_col;  // unused with b_packed
  bool b_packed;
  T* c;
  size_t c_row;
  T alpha;        // multiplies each element of A before its products; 0: A and B are not read
  T beta;         // 0: C is not read
  const T* bias;  // [n] or null
  Unary activation;
  decltype(ElementwiseKernels<T>::unary) activate;  // of the same ISA
};

template <typename T>
struct GemmKernels {
  size_t tile_rows, tile_cols;  // a split of C along multiples of these wastes nothing

  // Elements that pack writes for op(B) [k, n], and the packing: panels [ceil(n / tile_cols)][k][tile_cols],
  // the last one padded with zeros. Panel j starts at packed + j * k * tile_cols. packed is 64-byte aligned.
  size_t (*packed_size)(size_t k, size_t n) noexcept;
  void (*pack)(const T* b, size_t b_row, size_t b_col, size_t k, size_t n, T* packed) noexcept;

  // Elements of 64-byte aligned workspace that multiply needs for this task; often 0.
  size_t (*workspace)(const GemmTask<T>& task) noexcept;
  void (*multiply)(const GemmTask<T>& task, T* workspace) noexcept;

  // Whether an untransposed A is better multiplied by n columns as dot products over vectors of k, each with
  // a fixed order of summation that depends on k only. A property of (k, n), never of m.
  bool (*prefers_dots)(size_t k, size_t n) noexcept;
  // Packs op(B) as columns [n][k].
  void (*pack_dots)(const T* b, size_t b_row, size_t b_col, size_t k, size_t n, T* packed) noexcept;
  // As multiply, for a_col == 1 and b_row == 1 or b_packed by pack_dots; alpha multiplies the finished sum.
  void (*multiply_dots)(const GemmTask<T>& task) noexcept;
};

}  // namespace boreal
