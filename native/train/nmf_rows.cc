#include "train/nmf_rows.h"

#include <algorithm>

namespace boreal {

void NmfRows::multiply(Form form, const std::vector<double>& b, size_t k, double* out,
                       const RunOptions& run) const {
  if (is_sparse()) {
    csr_product(sparse(form), b.data(), Span<double>{}, k, out, run.cancel);
    return;
  }
  const size_t size = form == Form::kAsIs ? rows_ : cols_, inner = form == Form::kAsIs ? cols_ : rows_;
  boreal::multiply(1, form, dense_, Form::kAsIs, dense_view(b.data(), inner, k), 0, dense_view(out, size, k),
                   run);
}

MatrixView<const double> NmfRows::block(size_t from, size_t count, std::vector<double>& buffer) const {
  if (!is_sparse()) return {dense_.row(from), count, cols_, dense_.stride};
  buffer.assign(count * cols_, 0.0);
  const CsrView<double>& x = sparse_->rows;
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = x.begin(from + i); k < x.end(from + i); ++k) {
      buffer[i * cols_ + static_cast<size_t>(x.columns[k])] = x.values[k];
    }
  }
  return dense_view<const double>(buffer.data(), count, cols_);
}

}  // namespace boreal
