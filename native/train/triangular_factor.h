// The upper-triangular factor R of a tall matrix A = QR that arrives in blocks of rows, without Q: the
// tall-skinny QR of Demmel, Grigori, Hoemmen & Langou (2012), with a flat tree inside a part and any tree
// between parts. `extra` columns to the right of A (the targets) go through the same reflections, which gives
// the first cols rows of Q^T y.
#pragma once

#include <cstddef>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

class TriangularFactor {
 public:
  TriangularFactor(size_t cols, size_t extra);

  size_t cols() const { return cols_; }
  size_t extra() const { return width_ - cols_; }
  // [cols, cols + extra] row-major; below the diagonal there are zeros.
  MatrixView<double> matrix() { return dense_view(r_.data(), cols_, width_); }

  // Room for rows that absorb() will take: column-major [block_rows, cols + extra], column k at
  // block() + k * block_stride().
  double* block();
  static constexpr size_t block_rows() { return 128; }
  static constexpr size_t block_stride() { return block_rows() + 8; }  // columns must not share cache sets

  // Replaces R by the factor of R stacked on the first `rows` <= block_rows() rows of block(), whose columns
  // before `first` are zero. Destroys the block.
  void absorb(size_t rows, size_t first = 0);
  // The factor of both matrices together; the other is left as it was.
  void absorb(const TriangularFactor& other, const CancelToken* cancel);
  // Appends the rows value * I to A, with zero targets.
  void absorb_diagonal(double value, const CancelToken* cancel);

  // x [cols] = R^-1 x and x = R^-T x. The diagonal must not be zero.
  void solve(double* x) const;
  void solve_transposed(double* x) const;

 private:
  size_t cols_, width_;
  std::vector<double> r_;
  std::vector<double> block_;
  std::vector<double> dots_;  // [width] products of the current reflector's column with every column
};

}  // namespace boreal
