#include "linalg/csr.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/groups.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_sparse.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerTask = 256;
constexpr size_t kInlineValues = 65536;  // sums of fewer are not worth waking a thread
constexpr size_t kValuesPerTask = size_t{1} << 14;

// Calls body(i) for each row, on the pool.
template <typename Body>
void for_each_row(size_t rows, const CancelToken* cancel, const Body& body,
                  size_t rows_per_task = kRowsPerTask) {
  const Partition parts{rows, rows_per_task};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) body(i);
  });
}

// sums[c] += row i of x times column c of b, for kCols columns, which stay in registers.
template <size_t kCols, typename T>
void add_products(const CsrView<T>& x, size_t i, const T* b, size_t width, T* sums) {
  T own[kCols];
  std::copy_n(sums, kCols, own);
  for (size_t k = x.begin(i); k < x.end(i); ++k) {
    const T* const from = b + static_cast<size_t>(x.columns[k]) * width;
    for (size_t c = 0; c < kCols; ++c) own[c] += x.values[k] * from[c];
  }
  std::copy_n(own, kCols, sums);
}

// out[width] = row i of x times b + bias.
template <typename T>
void multiply_row(const SparseKernels& kernel, const CsrView<T>& x, size_t i, const T* b, Span<T> bias,
                  size_t width, T* out) {
  for (size_t c = 0; c < width; ++c) out[c] = bias.size == 0 ? T{0} : bias[c];
  if constexpr (std::is_same_v<T, double>) {
    const size_t from = x.begin(i);
    kernel.add_rows(b, width, x.columns.data + from, x.values.data + from, x.end(i) - from, width, out);
  } else {
    size_t c = 0;
    for (; c + 4 <= width; c += 4) add_products<4>(x, i, b + c, width, out + c);
    if (width - c >= 2) {
      add_products<2>(x, i, b + c, width, out + c);
      c += 2;
    }
    if (c < width) add_products<1>(x, i, b + c, width, out + c);
  }
}

// Whether the columns of each of some rows ascend and are in the matrix. All rows at once, without a way out,
// so that the compiler compares vectors: of what descends, all must be from one row to the next.
template <typename T>
bool rows_ascend(const CsrView<T>& x, size_t from, size_t to) {
  const size_t begin = x.begin(from), end = x.end(to - 1);
  if (begin == end) return true;
  const int32_t* const columns = x.columns.data;
  uint32_t last = 0, descents = 0;  // a column below 0 is a large one
  for (size_t k = begin; k < end; ++k) last = std::max(last, static_cast<uint32_t>(columns[k]));
  for (size_t k = begin + 1; k < end; ++k) descents += columns[k] <= columns[k - 1] ? 1 : 0;
  for (size_t i = from; i < to; ++i) {
    const size_t first = x.begin(i);
    if (first > begin && first < x.end(i)) descents -= columns[first] <= columns[first - 1] ? 1 : 0;
  }
  return descents == 0 && last < std::min<uint64_t>(x.cols, uint64_t{1} << 31);
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
  }
  if (static_cast<size_t>(x.starts[x.rows()]) != x.values.size) {
    refuse("The starts of sparse rows must end with the number of values.");
  }
  const Partition parts{x.rows(), kRowsPerTask};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    if (rows_ascend(x, parts.begin(part), parts.end(part))) return;
    refuse("The columns of a sparse row must ascend and be in the matrix.");
  });
}

template <typename T>
void csr_product(const CsrView<T>& x, const T* b, Span<T> bias, size_t width, T* out,
                 const CancelToken* cancel) {
  // Few rows of many values, as of a transpose, are shared out, too.
  const size_t average = x.values.size / std::max<size_t>(1, x.rows()) + 1;
  const size_t rows_per_task = std::clamp<size_t>(kValuesPerTask / average, 1, kRowsPerTask);
  const SparseKernels& kernel = sparse_kernels(kernels());
  const auto each = [&](const auto& row) { for_each_row(x.rows(), cancel, row, rows_per_task); };
  if (width == 1) {
    each([&](size_t i) { out[i] = csr_row_product(x, i, b, bias.size == 0 ? T{0} : bias[0]); });
  } else {
    each([&](size_t i) { multiply_row(kernel, x, i, b, bias, width, out + i * width); });
  }
}

void csr_squared_distances(const CsrView<double>& x, const double* b, Span<double> norms, double* out,
                           const CancelToken* cancel) {
  const size_t width = norms.size;
  const SparseKernels& kernel = sparse_kernels(kernels());
  std::vector<double> lengths(x.rows());
  for_each_row(x.rows(), cancel, [&](size_t i) {
    lengths[i] = csr_squared_norm(x, i);
    double* const row = out + i * width;
    multiply_row(kernel, x, i, b, norms, width, row);
    for (size_t c = 0; c < width; ++c) row[c] = std::max(0.0, row[c] + lengths[i]);
  });
  for (size_t i = 0; i < lengths.size(); ++i) check_squared_norm(lengths[i], "Row", i);
}

template <typename T>
CsrRows<T> csr_transpose(const CsrView<T>& x, const CancelToken* cancel) {
  CsrRows<T> result;
  result.cols = x.rows();
  result.starts.assign(x.cols + 1, 0);
  result.columns.resize(x.values.size);
  result.values.resize(x.values.size);
  // First how many values each column has, one place ahead; then where its next value goes.
  for (const int32_t column : x.columns) ++result.starts[static_cast<size_t>(column) + 1];
  for (size_t j = 0; j < x.cols; ++j) result.starts[j + 1] += result.starts[j];
  std::vector<int32_t> next(result.starts.begin(), result.starts.end() - 1);
  for (size_t i = 0; i < x.rows(); ++i) {
    if (i % kRowsPerTask == 0) check_cancel(cancel);
    for (size_t k = x.begin(i); k < x.end(i); ++k) {
      const auto at = static_cast<size_t>(next[static_cast<size_t>(x.columns[k])]++);
      result.columns[at] = static_cast<int32_t>(i);
      result.values[at] = x.values[k];
    }
  }
  return result;
}

template <typename T>
ColumnMoments csr_moments(const CsrView<T>& x, Span<double> weights, const CancelToken* cancel) {
  const double total = total_weight(weights, x.rows());
  ColumnMoments moments;
  moments.count.assign(x.cols, total);
  for (auto* values : {&moments.mean, &moments.variance, &moments.min, &moments.max})
    values->assign(x.cols, 0.0);
  // What of each column is stored: its weight and number of rows, to count the zeros that are not; and the
  // rows where it is missing.
  std::vector<double> stored(x.cols, 0.0);
  std::vector<size_t> rows(x.cols, 0), missing(x.cols, 0);
  const auto each = [&](const auto& body) {
    for (size_t i = 0; i < x.rows(); ++i) {
      if (i % kRowsPerTask == 0) check_cancel(cancel);
      const double weight = weights.size == 0 ? 1.0 : weights[i];
      if (weight == 0) continue;
      for (size_t k = x.begin(i); k < x.end(i); ++k)
        body(static_cast<size_t>(x.columns[k]), static_cast<double>(x.values[k]), weight);
    }
  };
  each([&](size_t j, double value, double weight) {
    if (std::isnan(value)) {
      moments.count[j] -= weight;
      ++missing[j];
      return;
    }
    moments.mean[j] += weight * value;
    stored[j] += weight;
    moments.min[j] = rows[j] == 0 ? value : std::min(moments.min[j], value);
    moments.max[j] = rows[j] == 0 ? value : std::max(moments.max[j], value);
    ++rows[j];
  });
  size_t counted = 0;
  for (size_t i = 0; i < x.rows(); ++i) counted += weights.size == 0 || weights[i] > 0 ? 1 : 0;
  for (size_t j = 0; j < x.cols; ++j) {
    // Rounding leaves nothing of the weight of a column that has no value.
    if (missing[j] == counted) moments.count[j] = 0;
    moments.mean[j] /= moments.count[j];
  }
  each([&](size_t j, double value, double weight) {
    if (std::isnan(value)) return;
    const double difference = value - moments.mean[j];
    moments.variance[j] += weight * difference * difference;
  });
  for (size_t j = 0; j < x.cols; ++j) {
    if (missing[j] == counted) {
      moments.min[j] = moments.max[j] = moments.mean[j];
    } else if (rows[j] + missing[j] < counted) {
      moments.variance[j] += (moments.count[j] - stored[j]) * moments.mean[j] * moments.mean[j];
      moments.min[j] = std::min(moments.min[j], 0.0);
      moments.max[j] = std::max(moments.max[j], 0.0);
    }
    moments.variance[j] /= moments.count[j];
  }
  return moments;
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
      sum = norm == 1   ? sum + std::fabs(value)
            : norm == 2 ? sum + value * value
                        : std::max(sum, std::fabs(value));
    }
    if (norm == 0 || sum == 0) return;
    const double length = norm == 2 ? std::sqrt(sum) : sum;
    for (size_t k = x.begin(i); k < x.end(i); ++k)
      out[k] = static_cast<T>(static_cast<double>(out[k]) / length);
  });
}

void check_squared_norm(double squared, const char* what, size_t i) {
  if (squared <= std::numeric_limits<double>::max() / 4) return;
  throw Error("ERR_INPUT_INFINITE",
              std::string(what) + ' ' + std::to_string(i) + ": the sum of the squares is too large.",
              static_cast<int64_t>(i));
}

std::vector<double> csr_squared_norms(const CsrView<double>& x, const CancelToken* cancel) {
  std::vector<double> norms(x.rows());
  for_each_row(norms.size(), cancel, [&](size_t i) { norms[i] = csr_squared_norm(x, i); });
  for (size_t i = 0; i < norms.size(); ++i) check_squared_norm(norms[i], "Row", i);
  return norms;
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
CsrGroupSums csr_group_sums(const CsrView<T>& x, Span<int32_t> codes, size_t groups, Span<double> weights,
                            const CancelToken* cancel) {
  check_groups(codes, groups);
  std::vector<double> sums(groups * x.cols, 0.0);
  // Each part sums some of the groups, every one in the order of its rows.
  const size_t parts = x.values.size < kInlineValues ? 1 : std::min(groups, ThreadPool::instance().size());
  std::vector<T> least(parts, T(0));
  ThreadPool::instance().parallel_for(parts, [&](size_t part, size_t) {
    T least_here(0);
    for (size_t i = 0; i < x.rows(); ++i) {
      if (i % kRowsPerTask == 0) check_cancel(cancel);
      const auto group = static_cast<size_t>(codes[i]);
      if (group % parts != part) continue;
      double* const of_group = sums.data() + group * x.cols;
      const double weight = weights.size == 0 ? 1.0 : weights[i];
      for (size_t k = x.begin(i); k < x.end(i); ++k) {
        const T value = x.values[k];
        of_group[x.columns[k]] += weight * static_cast<double>(value);
        least_here = value < least_here ? value : least_here;
      }
    }
    least[part] = least_here;
  });
  return {std::move(sums), static_cast<double>(*std::min_element(least.begin(), least.end()))};
}

#define BOREAL_CSR(T)                                                                                 \
  template void check_csr<T>(const CsrView<T>&);                                                      \
  template void csr_product<T>(const CsrView<T>&, const T*, Span<T>, size_t, T*, const CancelToken*); \
  template CsrRows<T> csr_transpose<T>(const CsrView<T>&, const CancelToken*);                        \
  template ColumnMoments csr_moments<T>(const CsrView<T>&, Span<double>, const CancelToken*);         \
  template void csr_weigh<T>(const CsrView<T>&, bool, Span<double>, int, T*, const CancelToken*);     \
  template std::vector<double> csr_column_counts<T>(const CsrView<T>&);                               \
  template CsrGroupSums csr_group_sums<T>(const CsrView<T>&, Span<int32_t>, size_t, Span<double>,     \
                                          const CancelToken*);
BOREAL_CSR(float)
BOREAL_CSR(double)
#undef BOREAL_CSR

}  // namespace boreal
