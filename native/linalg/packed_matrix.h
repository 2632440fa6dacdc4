// A matrix packed once to be multiplied from the left many times: weights. Immutable, so any number of
// threads may multiply at once. Each result has the bits that gemm of the same matrices gives.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "kernels/dispatch.h"
#include "linalg/gemm.h"

namespace boreal {

template <typename T>
class PackedMatrix {
 public:
  // op(B) [rows, cols], B^T with transpose.
  explicit PackedMatrix(MatrixView<const T> b, bool transpose = false, const Kernels& isa = kernels());

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t bytes() const { return packed_.size() * sizeof(T); }
  // Whether a product reads row after row of a from end to end: where there are few columns.
  bool takes_rows_in_turn() const { return dots_; }

  // c [m, cols] = activation(alpha a [m, rows] op(B) + beta c + bias). As gemm; of the options the transposes
  // and kernels don't count. Throws ERR_SHAPE, ERR_ABORTED.
  void multiply(MatrixView<const T> a, MatrixView<T> c, const GemmOptions<T>& options = {}) const;

 private:
  const GemmKernels<T>& product_kernels() const;

  const Kernels* isa_;
  size_t rows_, cols_;
  bool dots_;
  AlignedBuffer<T> packed_;
};

// The same in bfloat16: half the memory, and half the time where memory is the limit. Sums are float32.
class PackedBf16Matrix {
 public:
  // Rounds op(B) to nearest even.
  explicit PackedBf16Matrix(MatrixView<const float> b, bool transpose = false,
                            const Kernels& isa = kernels());

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t bytes() const { return packed_.size() * sizeof(uint16_t); }

  // With float a: one chain of fma over k for each element, whatever the CPU.
  void multiply(MatrixView<const float> a, MatrixView<float> c, const GemmOptions<float>& options = {}) const;
  // With bfloat16 a: by the CPU's dot products of pairs where it has them (AVX-512 BF16, which treats
  // subnormals as 0), else the bits of the float product. alpha must be 1.
  void multiply(MatrixView<const uint16_t> a, MatrixView<float> c,
                const GemmOptions<float>& options = {}) const;

 private:
  const Kernels* isa_;
  size_t rows_, cols_;
  AlignedBuffer<uint16_t> packed_;
};

}  // namespace boreal
