#include "linalg/csr_products.h"

#include <algorithm>

namespace boreal {

CsrProducts::CsrProducts(const CsrView<double>& x, const std::vector<int32_t>& rows)
    : row_count_(rows.size()), starts_(x.cols + 1, 0) {
  // How many values each column has, one place ahead, then where its next value goes: in the end where it
  // ends, which is where the next one begins.
  size_t count = 0;
  for (const int32_t given : rows) {
    const auto row = static_cast<size_t>(given);
    count += x.end(row) - x.begin(row);
    for (size_t k = x.begin(row); k < x.end(row); ++k) ++starts_[static_cast<size_t>(x.columns[k]) + 1];
  }
  for (size_t j = 0; j < x.cols; ++j) starts_[j + 1] += starts_[j];
  rows_.resize(count);
  values_.resize(count);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<size_t>(rows[i]);
    for (size_t k = x.begin(row); k < x.end(row); ++k) {
      const size_t at = starts_[static_cast<size_t>(x.columns[k])]++;
      rows_[at] = static_cast<int32_t>(i);
      values_[at] = x.values[k];
    }
  }
  for (size_t j = x.cols; j > 0; --j) starts_[j] = starts_[j - 1];
  starts_[0] = 0;
}

void CsrProducts::fill(const CsrView<double>& x, size_t i, size_t begin, size_t end, double* out) const {
  std::fill_n(out, end - begin, 0.0);
  for (size_t k = x.begin(i); k < x.end(i); ++k) {
    const auto column = static_cast<size_t>(x.columns[k]);
    const int32_t* first = rows_.data() + starts_[column];
    const int32_t* last = rows_.data() + starts_[column + 1];
    if (begin > 0) first = std::lower_bound(first, last, static_cast<int32_t>(begin));
    if (end < row_count_) last = std::lower_bound(first, last, static_cast<int32_t>(end));
    const double* values = values_.data() + (first - rows_.data());
    const double factor = x.values[k];
    for (; first != last; ++first, ++values) out[static_cast<size_t>(*first) - begin] += factor * *values;
  }
}

}  // namespace boreal
