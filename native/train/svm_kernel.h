// Values of a kernel between training rows: computed in float64 from packed rows, kept as float32 (as LIBSVM
// does), the rows used last in a cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/matrix_view.h"
#include "linalg/csr_products.h"
#include "linalg/kernel_function.h"

namespace boreal {

struct SvmKernel : KernelSpec {
  bool precomputed = false;  // x is the matrix of the kernel itself
};

// What is thrown when values of the kernel overflow.
Error svm_overflow();

// The rows of a training set, dense or sparse. Borrows them.
struct SvmRows {
  // NOLINTNEXTLINE(google-explicit-constructor): dense rows are rows
  SvmRows(MatrixView<const double> x) : dense(x), rows(x.rows), cols(x.cols) {}
  SvmRows(const CsrView<double>& x, Span<double> lengths)
      : sparse(x), squares(lengths), is_sparse(true), rows(x.rows()), cols(x.cols) {}

  MatrixView<const double> dense{};
  CsrView<double> sparse{};
  Span<double> squares{};  // of sparse rows: their squared lengths
  bool is_sparse = false;
  size_t rows, cols;
};

// The kernel of any row of x with some rows of x. Borrows x; of a precomputed kernel it is dense.
class KernelColumns {
 public:
  KernelColumns(const SvmKernel& kernel, const SvmRows& x, std::vector<int32_t> rows);

  // Some of these columns, by their numbers.
  KernelColumns some(const std::vector<int32_t>& columns) const;

  size_t size() const { return rows_.size(); }
  size_t terms() const { return kernel_.precomputed ? 1 : x_.is_sparse ? products_.terms() : x_.cols; }
  // Where a part of the columns may begin.
  size_t granule() const { return granule_; }
  // out[0 .. end - begin) = the kernel of row `query` of x with the columns from begin to end; begin is a
  // multiple of granule(). Throws svm_overflow() for given values beyond float32.
  void fill(size_t query, size_t begin, size_t end, float* out) const;
  // The row of x that column i stands for, and its kernel with itself.
  size_t row(size_t i) const { return static_cast<size_t>(rows_[i]); }
  double diagonal(size_t i) const;

 private:
  void pack();
  void block(const double* query, size_t begin, size_t count, double* out) const;
  void fill_given(size_t query, size_t begin, size_t end, float* out) const;
  void fill_dense(size_t query, size_t begin, size_t end, float* out) const;
  void fill_sparse(size_t query, size_t begin, size_t end, float* out) const;

  SvmKernel kernel_;
  SvmRows x_;
  std::vector<int32_t> rows_;
  size_t granule_ = 1;
  AlignedBuffer<double> packed_;  // of dense rows
  CsrProducts products_;          // of sparse ones
};

// Rows of the kernel matrix of those columns, the most recently used ones kept.
class KernelRowCache {
 public:
  KernelRowCache(size_t columns, size_t bytes);

  struct Entry {
    float* values;  // [size()], valid while no more than one other row is asked for
    bool is_filled;
  };
  // The caller fills what is not filled yet.
  Entry row(size_t i);
  // Goes on with some of the columns, ascending; rows of the others are forgotten.
  void keep(const std::vector<size_t>& kept);

 private:
  void unlink(size_t slot);
  void push_front(size_t slot);

  static constexpr int32_t kNone = -1;
  size_t size_, bytes_, capacity_;
  std::vector<AlignedBuffer<float>> slots_;
  std::vector<int32_t> slot_of_row_, row_of_slot_, before_, after_;
  int32_t newest_ = kNone, oldest_ = kNone;
};

}  // namespace boreal
