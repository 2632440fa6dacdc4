#include "linalg/csr_encode.h"

#include <limits>
#include <vector>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerTask = 256;
constexpr size_t kMostValues = std::numeric_limits<int32_t>::max();

// Sparse rows of what each_value(i, add) tells of row i by calls of add(column, value), columns ascending. It
// is called twice: to count the values, and to place them.
template <typename EachValue>
CsrRows<double> collect(size_t rows, size_t cols, const CancelToken* cancel, const EachValue& each_value) {
  CsrRows<double> result;
  result.cols = cols;
  const Partition parts{rows, kRowsPerTask};
  const auto each_row = [&](const auto& body) {
    ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
      check_cancel(cancel);
      for (size_t i = parts.begin(part); i < parts.end(part); ++i) body(i);
    });
  };
  std::vector<size_t> ends(rows);
  each_row([&](size_t i) { each_value(i, [&](size_t, double) { ++ends[i]; }); });
  for (size_t i = 1; i < rows; ++i) ends[i] += ends[i - 1];
  const size_t count = rows == 0 ? 0 : ends[rows - 1];
  if (count > kMostValues) throw Error("ERR_SHAPE", "Sparse rows have up to 2^31 - 1 values.");
  result.starts.resize(rows + 1);
  for (size_t i = 0; i < rows; ++i) result.starts[i + 1] = static_cast<int32_t>(ends[i]);
  result.columns.resize(count);
  result.values.resize(count);
  each_row([&](size_t i) {
    auto at = static_cast<size_t>(result.starts[i]);
    // In shared memory there may be more values by now.
    each_value(i, [&](size_t column, double value) {
      if (at == ends[i]) return;
      result.columns[at] = static_cast<int32_t>(column);
      result.values[at++] = value;
    });
  });
  return result;
}

}  // namespace

template <typename T>
CsrRows<double> csr_of_dense(MatrixView<const T> x, const CancelToken* cancel) {
  return collect(x.rows, x.cols, cancel, [&](size_t i, const auto& add) {
    const T* const row = x.row(i);
    for (size_t j = 0; j < x.cols; ++j) {
      if (row[j] != 0) add(j, static_cast<double>(row[j]));
    }
  });
}

template <typename T>
CsrRows<double> csr_of_codes(MatrixView<const T> x, Span<int32_t> sizes, Span<int32_t> drop,
                             const CancelToken* cancel) {
  std::vector<size_t> begin(x.cols);
  size_t cols = 0;
  for (size_t j = 0; j < x.cols; ++j) {
    if (sizes[j] < 0 || drop[j] >= sizes[j]) {
      throw Error("ERR_PARAMETER",
                  "Columns of codes have no less than 0 indicators, of which one is left out.");
    }
    begin[j] = cols;
    cols += static_cast<size_t>(sizes[j]) - (drop[j] >= 0 ? 1 : 0);
  }
  if (cols > kMostValues) throw Error("ERR_SHAPE", "Sparse rows have up to 2^31 - 1 columns.");
  return collect(x.rows, cols, cancel, [&](size_t i, const auto& add) {
    const T* const row = x.row(i);
    for (size_t j = 0; j < x.cols; ++j) {
      if (!(row[j] >= 0 && row[j] < static_cast<T>(sizes[j]))) continue;
      const auto code = static_cast<int32_t>(row[j]);
      if (static_cast<T>(code) != row[j] || code == drop[j]) continue;
      const bool after_drop = drop[j] >= 0 && code > drop[j];
      add(begin[j] + static_cast<size_t>(code) - (after_drop ? 1 : 0), 1.0);
    }
  });
}

CsrRows<double> csr_side_by_side(const std::vector<CsrView<double>>& parts, const CancelToken* cancel) {
  size_t cols = 0;
  for (const CsrView<double>& part : parts) {
    cols += part.cols;
    // Here, lest the sum wrap.
    if (cols > kMostValues) throw Error("ERR_SHAPE", "Sparse rows have up to 2^31 - 1 columns.");
  }
  return collect(parts.front().rows(), cols, cancel, [&](size_t i, const auto& add) {
    size_t first = 0;
    for (const CsrView<double>& part : parts) {
      for (size_t k = part.begin(i); k < part.end(i); ++k) {
        add(first + static_cast<size_t>(part.columns[k]), part.values[k]);
      }
      first += part.cols;
    }
  });
}

#define BOREAL_CSR_ENCODE(T)                                                                  \
  template CsrRows<double> csr_of_dense<T>(MatrixView<const T>, const CancelToken*);          \
  template CsrRows<double> csr_of_codes<T>(MatrixView<const T>, Span<int32_t>, Span<int32_t>, \
                                           const CancelToken*);
BOREAL_CSR_ENCODE(float)
BOREAL_CSR_ENCODE(double)
#undef BOREAL_CSR_ENCODE

}  // namespace boreal
