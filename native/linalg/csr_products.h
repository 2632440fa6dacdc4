// Products of sparse rows with one another.
#pragma once

#include <cstdint>
#include <vector>

#include "linalg/csr.h"

namespace boreal {

// Some rows by column, so that the products of another row with all of them pass over nothing but what both
// have.
class CsrProducts {
 public:
  CsrProducts() = default;
  // Of x the rows `rows`, in that order.
  CsrProducts(const CsrView<double>& x, const std::vector<int32_t>& rows);

  // out[0 .. end - begin) = the products of row i of x with the rows from begin to end: each is one chain
  // over the columns of x, ascending. x has as many columns.
  void fill(const CsrView<double>& x, size_t i, size_t begin, size_t end, double* out) const;

  size_t rows() const { return row_count_; }
  // How many values a row has on average.
  size_t terms() const { return row_count_ == 0 ? 0 : values_.size() / row_count_; }

 private:
  size_t row_count_ = 0;
  std::vector<uint32_t> starts_;  // [cols + 1]
  std::vector<int32_t> rows_;     // ascending in each column
  std::vector<double> values_;
};

}  // namespace boreal
