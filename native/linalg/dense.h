// What all decompositions share: views of blocks, products, transposes, and the checks and the scaling of
// their input.
#pragma once

#include <cmath>
#include <cstddef>

#include "base/aligned_buffer.h"
#include "base/matrix_view.h"
#include "kernels/dispatch.h"
#include "linalg/elementwise.h"
#include "linalg/gemm.h"

namespace boreal {

using Dense = MatrixView<double>;
using ConstDense = MatrixView<const double>;

inline ConstDense as_const(Dense x) { return {x.data, x.rows, x.cols, x.stride}; }

// Rows i0..i1 and columns j0..j1 of x.
template <typename T>
MatrixView<T> block(MatrixView<T> x, size_t i0, size_t i1, size_t j0, size_t j1) {
  return {x.data + i0 * x.stride + j0, i1 - i0, j1 - j0, x.stride};
}

inline const VectorKernels& vector_kernels() { return kernels().vectors; }

// A matrix of its own, uninitialised. Rows are padded so that consecutive ones do not share cache sets, and
// start on a cache line.
class Workspace {
 public:
  Workspace() = default;
  Workspace(size_t rows, size_t cols)
      : stride_(padded(cols)), rows_(rows), cols_(cols), buffer_(checked_size(rows, stride_)) {}
  Dense view() const { return {buffer_.data(), rows_, cols_, stride_}; }

 private:
  static size_t padded(size_t cols);
  static size_t checked_size(size_t rows, size_t stride);
  size_t stride_ = 0, rows_ = 0, cols_ = 0;
  AlignedBuffer<double> buffer_;
};

enum class Form { kAsIs, kTransposed };

// c = beta c + alpha op(a) op(b), see gemm.h.
void multiply(double alpha, Form op_a, ConstDense a, Form op_b, ConstDense b, double beta, Dense c,
              const RunOptions& run);

void copy(ConstDense x, Dense y);
void fill(double value, Dense x);
void set_identity(Dense x);
// y = x^T, in parallel. y must not overlap x.
void transpose(ConstDense x, Dense y, const RunOptions& run);

// Throws ERR_INPUT_NAN or ERR_INPUT_INFINITE with the place of the first offending value.
void require_finite(ConstDense x);
// The same for the lower half of a square x, all that is read of a symmetric matrix.
void require_finite_lower(ConstDense x);
// Throws ERR_SHAPE unless x is square.
void require_square(ConstDense x);

// A power of two f for which no sum of products of f x overflows, and none that matters underflows: 1 for
// magnitudes from 1e-100 to 1e100. Multiplying by it, and dividing the results, is exact but for subnormals.
double safe_scale(ConstDense x);
// The power of two that brings `largest` into [1, 2); 1 for 0. It and its inverse are normal numbers.
double scale_to_one(double largest);
void scale(double factor, Dense x);

// sqrt(sum x[j]^2) without overflow or underflow.
double norm2(const double* x, size_t n);

// Threads that a job of this many floating-point operations is worth.
inline size_t worth_threads(double flops, const RunOptions& run) { return flops < 2e6 ? 1 : run.max_threads; }

}  // namespace boreal
