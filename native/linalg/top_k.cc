// The vectorised scan looks beyond a threshold, the worst of the best k so far. Where k is small, what it
// finds is inserted into a sorted list. Where it is not, candidates collect in a buffer of k + max(k, 64),
// and when that is full quickselect keeps the best k: O(k) for each k candidates, whatever the order of the
// row.
#include "linalg/top_k.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

constexpr size_t kInserted = 32;  // largest k of a sorted list
constexpr size_t kFirstScan = 64;
constexpr size_t kScan = 1024;       // values between two looks at the threshold
constexpr size_t kColumnBytes = 64;  // columns that are read together
constexpr size_t kValuesPerTask = 1 << 15;

size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }

void check_k(size_t k, size_t available) {
  if (k > available) {
    throw Error("ERR_PARAMETER", "k is " + std::to_string(k) + ", but there are only " +
                                     std::to_string(available) + " values.");
  }
  if (available > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    throw Error("ERR_SHAPE", "More than 2^31 - 1 values in a row.");
  }
}

template <typename T>
struct Candidate {
  T value;
  int32_t index;
};

template <typename T>
struct Before {
  bool largest;
  bool operator()(const Candidate<T>& a, const Candidate<T>& b) const {
    if (a.value < b.value) return !largest;
    if (a.value > b.value) return largest;
    const bool nan = std::isnan(a.value);
    return nan != std::isnan(b.value) ? !nan : a.index < b.index;
  }
};

// The best k of what has been added; k >= 1.
template <typename T>
class Selector {
 public:
  Selector(size_t k, Order order)
      : k_(k),
        inserts_(k <= kInserted),
        before_{order == Order::kLargest},
        buffer_(inserts_ ? k : k + std::max<size_t>(k, 64)),
        found_(kScan) {}

  void clear() {
    size_ = 0;
    scan_ = kFirstScan;
    filtering_ = false;
  }

  void add(const T* x, size_t count, size_t first) {
    while (count > 0) {
      const size_t taken =
          filtering_ ? add_better(x, std::min(count, scan_), first) : add_all(x, count, first);
      x += taken;
      first += taken;
      count -= taken;
    }
  }

  // Writes the best, stride apart. At least k values have been added.
  void finish(T* values, int32_t* indices, size_t stride) {
    if (size_ > k_) keep_best();
    if (!inserts_) std::sort(buffer_.begin(), at(size_), before_);
    for (size_t i = 0; i < k_; ++i) {
      values[i * stride] = buffer_[i].value;
      indices[i * stride] = buffer_[i].index;
    }
  }

 private:
  typename std::vector<Candidate<T>>::iterator at(size_t i) {
    return buffer_.begin() + static_cast<std::ptrdiff_t>(i);
  }

  // Until there is a threshold.
  size_t add_all(const T* x, size_t count, size_t first) {
    for (size_t i = 0; i < count; ++i) {
      add_one({x[i], static_cast<int32_t>(first + i)});
      if (filtering_) return i + 1;
    }
    return count;
  }

  // An equal value with a higher index is not better, so strictly beyond the threshold is right. Scans grow,
  // because the first few values move the threshold most.
  size_t add_better(const T* x, size_t count, size_t first) {
    scan_ = std::min(kScan, 2 * scan_);
    const size_t found =
        select_kernels<T>(kernels()).find_beyond(before_.largest, x, count, threshold_, found_.data());
    for (size_t i = 0; i < found; ++i) {
      const T value = x[found_[i]];
      if (before_.largest ? value > threshold_ : value < threshold_) {
        add_one({value, static_cast<int32_t>(first) + found_[i]});
      }
    }
    return count;
  }

  void add_one(Candidate<T> candidate) {
    if (!inserts_) {
      buffer_[size_++] = candidate;
      if (size_ == buffer_.size()) keep_best();
      return;
    }
    if (size_ < k_) {
      ++size_;
    } else if (!before_(candidate, buffer_[k_ - 1])) {
      return;
    }
    size_t i = size_ - 1;
    for (; i > 0 && before_(candidate, buffer_[i - 1]); --i) buffer_[i] = buffer_[i - 1];
    buffer_[i] = candidate;
    if (size_ == k_) set_threshold();
  }

  void keep_best() {
    std::nth_element(buffer_.begin(), at(k_ - 1), at(size_), before_);
    size_ = k_;
    set_threshold();
  }

  // While NaN is among the best k everything else is better, and NaN compares with nothing.
  void set_threshold() {
    threshold_ = buffer_[k_ - 1].value;
    filtering_ = !std::isnan(threshold_);
  }

  size_t k_;
  bool inserts_;
  Before<T> before_;
  std::vector<Candidate<T>> buffer_;
  std::vector<int32_t> found_;
  size_t size_ = 0, scan_ = kFirstScan;
  T threshold_ = 0;
  bool filtering_ = false;
};

template <typename T>
void top_k_of_rows(MatrixView<const T> x, size_t k, Order order, T* values, int32_t* indices,
                   const RunOptions& options) {
  const size_t step = divide_up(kValuesPerTask, x.cols);
  ThreadPool::instance().parallel_for(
      divide_up(x.rows, step),
      [&](size_t task, size_t) {
        Selector<T> selector(k, order);
        for (size_t i = task * step; i < std::min(x.rows, (task + 1) * step); ++i) {
          check_cancel(options.cancel);
          selector.clear();
          selector.add(x.row(i), x.cols, 0);
          selector.finish(values + i * k, indices + i * k, 1);
        }
      },
      options.max_threads);
}

template <typename T>
void top_k_of_columns(MatrixView<const T> x, size_t k, Order order, T* values, int32_t* indices,
                      const RunOptions& options) {
  constexpr size_t kWidth = kColumnBytes / sizeof(T);
  ThreadPool::instance().parallel_for(
      divide_up(x.cols, kWidth),
      [&](size_t task, size_t) {
        const size_t first = task * kWidth, width = std::min(kWidth, x.cols - first);
        std::vector<Selector<T>> selectors(width, Selector<T>(k, order));
        const AlignedBuffer<T> columns(kWidth * kScan);
        for (size_t i = 0; i < x.rows; i += kScan) {
          check_cancel(options.cancel);
          const size_t rows = std::min(kScan, x.rows - i);
          for (size_t r = 0; r < rows; ++r) {
            for (size_t j = 0; j < width; ++j) columns[j * kScan + r] = x.at(i + r, first + j);
          }
          for (size_t j = 0; j < width; ++j) selectors[j].add(columns.data() + j * kScan, rows, i);
        }
        for (size_t j = 0; j < width; ++j) {
          selectors[j].finish(values + first + j, indices + first + j, x.cols);
        }
      },
      options.max_threads);
}

// k == 1: the smallest of each row of a tile, compared with the best of the tiles before.
template <typename T>
void visit_nearest(size_t i, size_t j, MatrixView<T> tile, T* distances, int32_t* indices) {
  const SelectKernels<T>& kernel = select_kernels<T>(kernels());
  if (j == 0) {
    kernel.row_min(tile.data, tile.stride, tile.rows, tile.cols, distances + i, indices + i);
    return;
  }
  for (size_t r = 0; r < tile.rows; ++r) {
    T value;
    int32_t index;
    kernel.row_min(tile.row(r), tile.stride, 1, tile.cols, &value, &index);
    T& best = distances[i + r];
    if (!(value < best) && !(std::isnan(best) && !std::isnan(value))) continue;
    best = value;
    indices[i + r] = static_cast<int32_t>(j) + index;
  }
}

}  // namespace

template <typename T>
void top_k(MatrixView<const T> x, Axis axis, size_t k, Order order, T* values, int32_t* indices,
           const RunOptions& options) {
  if (axis == Axis::kAll) throw Error("ERR_PARAMETER", "The axis must be 0 or 1.");
  check_k(k, axis == Axis::kCols ? x.cols : x.rows);
  if (k == 0) return;
  if (axis == Axis::kCols) {
    top_k_of_rows(x, k, order, values, indices, options);
  } else {
    top_k_of_columns(x, k, order, values, indices, options);
  }
}

template <typename T>
void nearest(MatrixView<const T> x, const PackedRows<T>& y, size_t k, T* distances, int32_t* indices,
             const RunOptions& options) {
  check_k(k, y.rows());
  if (k == 0) return;
  const bool roots = y.metric() == Metric::kEuclidean;
  std::vector<std::vector<Selector<T>>> selectors(ThreadPool::instance().size());  // of each slot, one a row
  const auto visit = [&](size_t i, size_t j, MatrixView<T> tile, size_t slot) {
    if (k == 1) {
      visit_nearest(i, j, tile, distances, indices);
    } else {
      std::vector<Selector<T>>& rows = selectors[slot];
      if (rows.size() < tile.rows) rows.resize(tile.rows, Selector<T>(k, Order::kSmallest));
      for (size_t r = 0; r < tile.rows; ++r) {
        if (j == 0) rows[r].clear();
        rows[r].add(tile.row(r), tile.cols, j);
        if (j + tile.cols == y.rows()) rows[r].finish(distances + (i + r) * k, indices + (i + r) * k, 1);
      }
    }
    if (!roots || j + tile.cols < y.rows()) return;
    for (size_t p = i * k; p < (i + tile.rows) * k; ++p) distances[p] = std::sqrt(distances[p]);
  };
  visit_distances<T>(roots ? Metric::kSquaredEuclidean : y.metric(), x, y, visit, options);
}

#define BOREAL_TOP_K(T)                                                                              \
  template void top_k<T>(MatrixView<const T>, Axis, size_t, Order, T*, int32_t*, const RunOptions&); \
  template void nearest<T>(MatrixView<const T>, const PackedRows<T>&, size_t, T*, int32_t*,          \
                           const RunOptions&);
BOREAL_TOP_K(float)
BOREAL_TOP_K(double)
#undef BOREAL_TOP_K

}  // namespace boreal
