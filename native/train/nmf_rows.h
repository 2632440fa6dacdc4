// The rows that a factorisation reads, dense or sparse.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/partition.h"
#include "linalg/csr.h"
#include "linalg/dense.h"

namespace boreal {

// The parts of as many rows, at most so many.
inline Partition nmf_parts(size_t rows, size_t most = 64) {
  return partition_rows(rows, 256, std::min<size_t>(most, 64));
}

class NmfRows {
 public:
  explicit NmfRows(MatrixView<const double> x) : rows_(x.rows), cols_(x.cols), dense_(x) {}
  explicit NmfRows(const CsrView<double>& x) : rows_(x.rows()), cols_(x.cols), sparse_(Sparse{x, {}}) {}
  // Makes the transpose of sparse rows, which whatever is asked for transposed reads.
  void add_columns(const CancelToken* cancel) {
    if (is_sparse()) sparse_->columns = csr_transpose(sparse_->rows, cancel);
  }

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  bool is_sparse() const { return sparse_.has_value(); }
  // Of sparse rows: themselves or, transposed, the columns as rows.
  CsrView<double> sparse(Form form) const {
    return form == Form::kAsIs ? sparse_->rows : sparse_->columns.view();
  }

  // out [.., k] = op(x) b
  void multiply(Form form, const std::vector<double>& b, size_t k, double* out, const RunOptions& run) const;
  // Rows [from, from + count) as dense ones: where they lie, or in the buffer.
  MatrixView<const double> block(size_t from, size_t count, std::vector<double>& buffer) const;

 private:
  struct Sparse {
    CsrView<double> rows;
    CsrRows<double> columns;
  };
  size_t rows_, cols_;
  MatrixView<const double> dense_{};
  std::optional<Sparse> sparse_;
};

}  // namespace boreal
