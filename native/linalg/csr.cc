#include "linalg/csr.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerTask = 256;

// Calls body(i) for each row, on the pool.
template <typename Body>
void for_each_row(size_t rows, const CancelToken* cancel, const Body& body) {
  const Partition parts{rows, kRowsPerTask};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) body(i);
  });
}

}  // namespace

template <typename T>
void check_csr(const CsrView<T>& x) {
  const auto refuse = [](const char* what) { throw Error("ERR_SHAPE", what); };
  if (x.starts.size == 0 || x.starts[0] != 0) refuse("The starts of sparse rows begin with 0.");
  if (x.columns.size != x.values.size) refuse("A sparse matrix has a column for each value.");
  for (size_t i = 0; i < x.rows(); ++i) {
    if (x.starts[i + 1] < x.starts[i] || x.end(i) > x.values.size) {
      refuse("The starts of sparse rows must ascend to the number of values.");
    }
    int64_t last = -1;
    for (size_t k = x.begin(i); k < x.end(i); ++k) {
      const int64_t column = x.columns[k];
      if (column <= last || static_cast<uint64_t>(column) >= x.cols) {
        refuse("The columns of a sparse row must ascend and be in the matrix.");
      }
      last = column;
    }
  }
  if (static_cast<size_t>(x.starts[x.rows()]) != x.values.size) {
    refuse("The starts of sparse rows must end with the number of values.");
  }
}

template <typename T>
void csr_product(const CsrView<T>& x, const T* b, Span<T> bias, size_t width, T* out,
                 const CancelToken* cancel) {
  for_each_row(x.rows(), cancel, [&](size_t i) {
    T* const row = out + i * width;
    for (size_t c = 0; c < width; ++c) row[c] = bias.size == 0 ? T{0} : bias[c];
    for (size_t k = x.begin(i); k < x.end(i); ++k) {
      const T value = x.values[k];
      const T* const from = b + static_cast<size_t>(x.columns[k]) * width;
      for (size_t c = 0; c < width; ++c) row[c] += value * from[c];
    }
  });
}

template <typename T>
void csr_weigh(const CsrView<T>& x, bool sublinear, Span<double> weight, int norm, T* out,
               const CancelToken* cancel) {
  for_each_row(x.rows(), cancel, [&](size_t i) {
    double sum = 0;
    for (size_t k = x.begin(i); k < x.end(i); ++k) {
      double value = static_cast<double>(x.values[k]);
      if (sublinear) value = std::log(value) + 1;
      if (weight.size != 0) value *= weight[static_cast<size_t>(x.columns[k])];
      out[k] = static_cast<T>(value);
      sum += norm == 1 ? std::fabs(value) : value * value;
    }
    if (norm == 0 || sum == 0) return;
    const double length = norm == 1 ? sum : std::sqrt(sum);
    for (size_t k = x.begin(i); k < x.end(i); ++k)
      out[k] = static_cast<T>(static_cast<double>(out[k]) / length);
  });
}

template <typename T>
std::vector<double> csr_column_counts(const CsrView<T>& x) {
  std::vector<double> counts(x.cols, 0.0);
  for (size_t k = 0; k < x.values.size; ++k) {
    if (x.values[k] != 0) counts[static_cast<size_t>(x.columns[k])] += 1;
  }
  return counts;
}

template <typename T>
std::vector<double> csr_group_sums(const CsrView<T>& x, Span<int32_t> codes, size_t groups,
                                   Span<double> weights, const CancelToken* cancel) {
  std::vector<double> sums(groups * x.cols, 0.0);
  for (size_t i = 0; i < x.rows(); ++i) {
    if (i % 4096 == 0) check_cancel(cancel);
    if (codes[i] < 0 || static_cast<size_t>(codes[i]) >= groups) {
      throw Error("ERR_PARAMETER", "Code " + std::to_string(codes[i]) + " is not one of " +
                                       std::to_string(groups) + " groups.");
    }
    double* const of_group = sums.data() + static_cast<size_t>(codes[i]) * x.cols;
    const double weight = weights.size == 0 ? 1.0 : weights[i];
    for (size_t k = x.begin(i); k < x.end(i); ++k) {
      of_group[x.columns[k]] += weight * static_cast<double>(x.values[k]);
    }
  }
  return sums;
}

#define BOREAL_CSR(T)                                                                                    \
  template void check_csr<T>(const CsrView<T>&);                                                         \
  template void csr_product<T>(const CsrView<T>&, const T*, Span<T>, size_t, T*, const CancelToken*);    \
  template void csr_weigh<T>(const CsrView<T>&, bool, Span<double>, int, T*, const CancelToken*);        \
  template std::vector<double> csr_column_counts<T>(const CsrView<T>&);                                  \
  template std::vector<double> csr_group_sums<T>(const CsrView<T>&, Span<int32_t>, size_t, Span<double>, \
                                                 const CancelToken*);
BOREAL_CSR(float)
BOREAL_CSR(double)
#undef BOREAL_CSR

}  // namespace boreal
