// Statistics of columns. Order statistics gather a few neighbouring columns at a time, so that a cache line
// of the matrix is read once.
#include "train/column_stats.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "kernels/dispatch.h"
#include "linalg/find_first.h"
#include "train/bucket_sort.h"

namespace boreal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Of a share of weights, by their total.
constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();
constexpr size_t kColumnsPerGather = 8;
constexpr size_t kSparseColumns = 64;  // of a task
// Whole numbers that are counted in a table, of at least so many rows.
constexpr int32_t kLeastSmall = -256;
constexpr size_t kSmallValues = 4096, kFewRows = 1024;

// Calls body(j, sort, size) for each of these columns, in parallel: `sort` sorts its `size` entries that are
// not NaN; -0 reads as 0.
template <typename T, typename Body>
void for_each_column(MatrixView<const T> x, const std::vector<size_t>& wanted, const CancelToken* cancel,
                     const Body& body) {
  const Partition groups{wanted.size(), kColumnsPerGather};
  ThreadPool::instance().parallel_for(groups.count(), [&](size_t group, size_t) {
    const size_t* const own = wanted.data() + groups.begin(group);
    const size_t width = groups.end(group) - groups.begin(group);
    const AlignedBuffer<T> columns(x.rows * width), spare(x.rows);
    size_t sizes[kColumnsPerGather] = {};
    for (size_t i = 0; i < x.rows; ++i) {
      if (i % 4096 == 0) check_cancel(cancel);
      const T* const row = x.row(i);
      for (size_t j = 0; j < width; ++j) {
        const T value = row[own[j]];
        columns[j * x.rows + sizes[j]] = value + T{0};
        sizes[j] += value == value;
      }
    }
    for (size_t j = 0; j < width; ++j) {
      check_cancel(cancel);
      BucketSort<T> sort(columns.data() + j * x.rows, sizes[j], spare.data());
      body(own[j], sort, sizes[j]);
    }
  });
}
template <typename T, typename Body>
void for_each_column(MatrixView<const T> x, const CancelToken* cancel, const Body& body) {
  std::vector<size_t> all(x.cols);
  std::iota(all.begin(), all.end(), size_t{0});
  for_each_column(x, all, cancel, body);
}

// Calls body(value, count) for each run of equal values.
template <typename T, typename Body>
void for_each_run(const T* sorted, size_t size, Body&& body) {
  for (size_t begin = 0; begin < size;) {
    size_t end = begin + 1;
    while (end < size && sorted[end] == sorted[begin]) ++end;
    body(sorted[begin], end - begin);
    begin = end;
  }
}

// Calls body(j, value, rows) for the values of some columns, from `first` on, that hold small whole numbers
// and NaN only, in ascending order; counted[j]: whether column j does. A table takes a fraction of the time
// of a sort, and columns of real numbers are given up at once.
template <typename T, typename Body>
void count_small(MatrixView<const T> x, size_t first, size_t width, uint8_t* counted,
                 const CancelToken* cancel, const Body& body) {
  std::vector<uint32_t> counts(width * kSmallValues);
  size_t left = width;
  std::fill_n(counted + first, width, uint8_t{1});
  for (size_t i = 0; i < x.rows && left > 0; ++i) {
    if (i % 4096 == 0) check_cancel(cancel);
    const T* const row = x.row(i) + first;
    for (size_t j = 0; j < width; ++j) {
      const T value = row[j];
      if (counted[first + j] == 0 || value != value) continue;
      const bool is_within = value >= static_cast<T>(kLeastSmall) &&
                             value < static_cast<T>(kLeastSmall + static_cast<int32_t>(kSmallValues));
      const int32_t whole = is_within ? static_cast<int32_t>(value) : 0;
      if (static_cast<T>(whole) == value) {
        ++counts[j * kSmallValues + static_cast<size_t>(whole - kLeastSmall)];
      } else {
        counted[first + j] = 0;
        --left;
      }
    }
  }
  for (size_t j = 0; j < width; ++j) {
    if (counted[first + j] == 0) continue;
    for (size_t k = 0; k < kSmallValues; ++k) {
      const uint32_t rows = counts[j * kSmallValues + k];
      if (rows > 0) body(first + j, static_cast<double>(k) + kLeastSmall, rows);
    }
  }
}

// Calls body(j, value, rows) for the distinct values of each column that are not NaN, in ascending order.
// Columns run in parallel.
template <typename T, typename Body>
void for_each_value(MatrixView<const T> x, const CancelToken* cancel, const Body& body) {
  std::vector<uint8_t> counted(x.cols);
  if (x.rows >= kFewRows && x.rows <= std::numeric_limits<uint32_t>::max()) {
    const Partition groups{x.cols, kColumnsPerGather};
    ThreadPool::instance().parallel_for(groups.count(), [&](size_t group, size_t) {
      const size_t first = groups.begin(group);
      count_small(x, first, groups.end(group) - first, counted.data(), cancel, body);
    });
  }
  std::vector<size_t> others;
  for (size_t j = 0; j < x.cols; ++j) {
    if (counted[j] == 0) others.push_back(j);
  }
  for_each_column(x, others, cancel, [&](size_t j, BucketSort<T>& sort, size_t size) {
    for_each_run(sort.sorted(), size,
                 [&](T value, size_t rows) { body(j, static_cast<double>(value), rows); });
  });
}

// Takes runs in order, and keeps the value of the longest, the first of equals.
struct Mode {
  double* value;
  size_t most = 0;

  void operator()(double of_run, size_t count) {
    if (count <= most) return;
    most = count;
    *value = of_run;
  }
};

// The values of a column of sparse rows that are not NaN, in order: its zeros are counted only.
class SparseColumn {
 public:
  SparseColumn(const CsrRows<double>& columns, size_t j, bool zeros) {
    const CsrView<double> x = columns.view();
    if (zeros) zeros_ = columns.cols - (x.end(j) - x.begin(j));
    for (size_t k = x.begin(j); k < x.end(j); ++k) {
      const double value = x.values[k];
      if (value == 0 && zeros) ++zeros_;
      if (value < 0 || value > 0) others_.push_back(value);
    }
    std::sort(others_.begin(), others_.end());
    below_ = static_cast<size_t>(std::lower_bound(others_.begin(), others_.end(), 0.0) - others_.begin());
  }

  size_t size() const { return others_.size() + zeros_; }
  double at(size_t position) const {
    if (position < below_) return others_[position];
    return position < below_ + zeros_ ? 0.0 : others_[position - zeros_];
  }

  template <typename Body>
  void for_each_run(Body&& body) const {
    boreal::for_each_run(others_.data(), below_, body);
    if (zeros_ > 0) body(0.0, zeros_);
    boreal::for_each_run(others_.data() + below_, others_.size() - below_, body);
  }

 private:
  std::vector<double> others_;
  size_t below_ = 0, zeros_ = 0;
};

// Calls body(j, column) for each column of sparse rows, with or without its zeros, in parallel.
template <typename Body>
void for_each_column(const CsrView<double>& x, bool zeros, const CancelToken* cancel, const Body& body) {
  const CsrRows<double> columns = csr_transpose(x, cancel);
  const Partition parts{x.cols, kSparseColumns};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    for (size_t j = parts.begin(part); j < parts.end(part); ++j) {
      check_cancel(cancel);
      body(j, SparseColumn(columns, j, zeros));
    }
  });
}

// Between a and b, exact at both ends and monotonic in t.
double lerp(double a, double b, double t) {
  if (a == b) return a;
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

// A method that interpolates, by its plotting positions.
struct Plotting {
  double alpha, beta;
};

Plotting plotting_of(QuantileMethod method) {
  switch (method) {
    case QuantileMethod::kInterpolatedInvertedCdf:
      return {0, 1};
    case QuantileMethod::kHazen:
      return {0.5, 0.5};
    case QuantileMethod::kWeibull:
      return {0, 0};
    case QuantileMethod::kMedianUnbiased:
      return {1.0 / 3, 1.0 / 3};
    default:  // kNormalUnbiased
      return {0.375, 0.375};
  }
}

// sort.at(k): the value at place k of `size`.
template <typename Sort>
double quantile(Sort& sort, size_t size, double probability, QuantileMethod method) {
  const size_t last = size - 1;
  const auto at = [&](size_t position) { return static_cast<double>(sort.at(std::min(position, last))); };
  const auto at_least_first = [&](double position) {
    return at(static_cast<size_t>(std::max(position, 0.0)));
  };
  const double count = static_cast<double>(size);
  if (method == QuantileMethod::kAveragedInvertedCdf) {
    // Counted from 1.
    const double position = probability * count;
    const size_t above = static_cast<size_t>(position);
    if (above == 0 || static_cast<double>(above) < position) return at(above);
    return (at(above - 1) + at(above)) / 2;
  }
  if (method == QuantileMethod::kInvertedCdf) return at_least_first(std::ceil(count * probability - 1));
  if (method == QuantileMethod::kClosestObservation) {
    const double position = count * probability - 1.5;
    const double below = std::floor(position);
    // Halfway between two, the one whose number, counted from 1, is even.
    const bool down = below == position && std::fmod(below, 2) == 1;
    return at_least_first(down ? below : below + 1);
  }
  double position = probability * static_cast<double>(last);
  if (method != QuantileMethod::kLinear) {
    const auto [alpha, beta] = plotting_of(method);
    position = count * probability + (alpha + probability * (1 - alpha - beta)) - 1;
    position = std::min(std::max(position, 0.0), static_cast<double>(last));
  }
  const size_t below = static_cast<size_t>(position);
  return lerp(at(below), at(below + 1), position - static_cast<double>(below));
}

void check_probabilities(Span<double> probabilities) {
  for (const double p : probabilities) {
    if (!(p >= 0 && p <= 1)) throw Error("ERR_PARAMETER", "A quantile's probability must be in 0..1.");
  }
}

}  // namespace

template <typename T>
std::vector<double> column_quantiles(MatrixView<const T> x, Span<double> probabilities, QuantileMethod method,
                                     const CancelToken* cancel) {
  check_probabilities(probabilities);
  std::vector<double> result(x.cols * probabilities.size, kNaN);
  for_each_column(x, cancel, [&](size_t j, BucketSort<T>& sort, size_t size) {
    if (size == 0) return;
    for (size_t q = 0; q < probabilities.size; ++q) {
      result[j * probabilities.size + q] = quantile(sort, size, probabilities[q], method);
    }
  });
  return result;
}

std::vector<double> column_quantiles(const CsrView<double>& x, Span<double> probabilities,
                                     QuantileMethod method, bool zeros, const CancelToken* cancel) {
  check_probabilities(probabilities);
  std::vector<double> result(x.cols * probabilities.size, kNaN);
  for_each_column(x, zeros, cancel, [&](size_t j, const SparseColumn& column) {
    if (column.size() == 0) return;
    for (size_t q = 0; q < probabilities.size; ++q) {
      result[j * probabilities.size + q] = quantile(column, column.size(), probabilities[q], method);
    }
  });
  return result;
}

template <typename T>
std::vector<double> weighted_quantiles(MatrixView<const T> x, Span<double> weights,
                                       Span<double> probabilities, bool averaged, const CancelToken* cancel) {
  check_probabilities(probabilities);
  total_weight(weights, x.rows);
  struct Weighed {
    T value;
    double weight;
  };
  std::vector<double> result(x.cols * probabilities.size, kNaN);
  ThreadPool::instance().parallel_for(x.cols, [&](size_t j, size_t) {
    check_cancel(cancel);
    std::vector<Weighed> rows;
    for (size_t i = 0; i < x.rows; ++i) {
      if (i % 4096 == 0) check_cancel(cancel);
      const T value = x.row(i)[j];
      if (weights[i] > 0 && value == value) rows.push_back({value + T{0}, weights[i]});
    }
    if (rows.empty()) return;
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Weighed& a, const Weighed& b) { return a.value < b.value; });
    check_cancel(cancel);
    // Sums with what rounding has lost carried along (Kahan 1965): half of any 2n equal weights is n of them.
    double total = 0, lost = 0;
    for (Weighed& row : rows) {
      const double weight = row.weight - lost;
      row.weight = total + weight;
      lost = (row.weight - total) - weight;
      total = row.weight;
    }
    for (size_t q = 0; q < probabilities.size; ++q) {
      const double target = probabilities[q] * total;
      auto found = std::lower_bound(rows.begin(), rows.end() - 1, target,
                                    [](const Weighed& row, double sum) { return row.weight < sum; });
      double value = static_cast<double>(found->value);
      const bool jumps = found->weight - target <= kRounding * total;
      if (averaged && jumps && found + 1 != rows.end())
        value = (value + static_cast<double>(found[1].value)) / 2;
      result[j * probabilities.size + q] = value;
    }
  });
  return result;
}

template <typename T>
std::vector<double> column_modes(MatrixView<const T> x, const CancelToken* cancel) {
  std::vector<double> result(x.cols, kNaN);
  std::vector<Mode> modes;
  for (double& value : result) modes.push_back({&value});
  for_each_value(x, cancel, [&](size_t j, double value, size_t rows) { modes[j](value, rows); });
  return result;
}

std::vector<double> column_modes(const CsrView<double>& x, const CancelToken* cancel) {
  std::vector<double> result(x.cols, kNaN);
  for_each_column(x, true, cancel,
                  [&](size_t j, const SparseColumn& column) { column.for_each_run(Mode{&result[j]}); });
  return result;
}

template <typename T>
ColumnDistinct column_distinct(MatrixView<const T> x, const CancelToken* cancel) {
  struct Values {
    std::vector<double> values, counts;
  };
  std::vector<Values> columns(x.cols);
  for_each_value(x, cancel, [&](size_t j, double value, size_t rows) {
    columns[j].values.push_back(value);
    columns[j].counts.push_back(static_cast<double>(rows));
  });
  for (Values& column : columns) {
    const double known = std::accumulate(column.counts.begin(), column.counts.end(), 0.0);
    if (known == static_cast<double>(x.rows)) continue;
    column.values.push_back(kNaN);
    column.counts.push_back(static_cast<double>(x.rows) - known);
  }
  ColumnDistinct result;
  result.offsets.push_back(0);
  for (const Values& column : columns) {
    result.values.insert(result.values.end(), column.values.begin(), column.values.end());
    result.counts.insert(result.counts.end(), column.counts.begin(), column.counts.end());
    if (result.values.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      throw Error("ERR_SHAPE", "The columns have more than 2^31 - 1 distinct values together.");
    }
    result.offsets.push_back(static_cast<int32_t>(result.values.size()));
  }
  return result;
}

template <typename T>
int64_t find_invalid(MatrixView<const T> x, bool allow_nan, const CancelToken* cancel) {
  const RowKernels<T>& row = row_kernels<T>(kernels());
  const FiniteRule rule = allow_nan ? FiniteRule::kFiniteOrNan : FiniteRule::kFinite;
  const auto within = [&](size_t begin, size_t rows) {
    return row.find_invalid(rule, x.row(begin), x.stride, rows, x.cols);
  };
  return find_first(x, within, cancel);
}

#define BOREAL_COLUMN_STATS(T)                                                                              \
  template std::vector<double> column_quantiles<T>(MatrixView<const T>, Span<double>, QuantileMethod,       \
                                                   const CancelToken*);                                     \
  template std::vector<double> weighted_quantiles<T>(MatrixView<const T>, Span<double>, Span<double>, bool, \
                                                     const CancelToken*);                                   \
  template std::vector<double> column_modes<T>(MatrixView<const T>, const CancelToken*);                    \
  template ColumnDistinct column_distinct<T>(MatrixView<const T>, const CancelToken*);                      \
  template int64_t find_invalid<T>(MatrixView<const T>, bool, const CancelToken*);
BOREAL_COLUMN_STATS(float)
BOREAL_COLUMN_STATS(double)
#undef BOREAL_COLUMN_STATS

}  // namespace boreal
