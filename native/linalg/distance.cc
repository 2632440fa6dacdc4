#include "linalg/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/cancel.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

// A tile of distances and the packed rows behind it share the L2 cache with the rows of x.
constexpr size_t kTileRows = 48;    // a multiple of every kernel's rows
constexpr size_t kStripeRows = 96;  // where no tile is kept
constexpr size_t kTileRowBytes = 2048;
constexpr size_t kPackedBytes = 128 << 10;
// Below so many terms waking a thread costs more than it saves.
constexpr size_t kTermsPerTask = 1 << 17;

size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }

template <typename T>
size_t tile_cols(size_t d) {
  const size_t lanes = 2 * distance_kernels<T>(kernels()).lanes;
  const size_t fitting = kPackedBytes / (std::max<size_t>(1, d) * sizeof(T));
  return std::max<size_t>(2, std::min(kTileRowBytes / sizeof(T), fitting) / lanes) * lanes;
}

// Rows of x for one task: `most`, or fewer so that every thread has some.
size_t task_rows(size_t m, size_t n, size_t d, size_t most) {
  const size_t row = std::max<size_t>(1, n) * std::max<size_t>(1, d);
  const size_t worth = divide_up(kTermsPerTask, row);
  const size_t even = divide_up(m, 4 * ThreadPool::instance().size());
  return std::max<size_t>(1, std::min(most, std::max(worth, even)));
}

template <typename T>
void set_unless_nan(T& distance, T value) {
  if (!std::isnan(distance)) distance = value;
}

// Rows of x as the kernel wants them: x itself, or scaled copies for kCosine.
template <typename T>
class QueryRows {
 public:
  QueryRows(Metric metric, MatrixView<const T> x) : metric_(metric), view_(x) {
    if (metric != Metric::kCosine) return;
    units_ = AlignedBuffer<T>(x.rows * x.cols);
    for (size_t i = 0; i < x.rows; ++i) {
      if (!normalize_row(x.row(i), x.cols, units_.data() + i * x.cols)) zero_rows_.push_back(i);
    }
    view_ = dense_view<const T>(units_.data(), x.rows, x.cols);
  }

  // The distances to rows [first, first + out.cols) of y.
  void distances(const PackedRows<T>& y, size_t first, MatrixView<T> out) const {
    distance_kernels<T>(kernels()).distances(metric_, view_.data, view_.stride, y.from(first), out.data,
                                             out.stride, out.rows, out.cols, y.cols());
    for (const size_t i : zero_rows_) {
      for (size_t j = 0; j < out.cols; ++j) set_unless_nan(out.at(i, j), T(1));
    }
    const std::vector<size_t>& zeros = y.zero_rows();
    for (auto j = std::lower_bound(zeros.begin(), zeros.end(), first);
         j != zeros.end() && *j < first + out.cols; ++j) {
      for (size_t i = 0; i < out.rows; ++i) set_unless_nan(out.at(i, *j - first), T(1));
    }
  }

 private:
  Metric metric_;
  MatrixView<const T> view_;
  AlignedBuffer<T> units_;
  std::vector<size_t> zero_rows_;
};

template <typename T>
void check_columns(MatrixView<const T> x, const PackedRows<T>& y) {
  if (x.cols != y.cols()) throw Error("ERR_SHAPE", "Rows of different lengths have no distance.");
}

template <typename T>
MatrixView<const T> rows_of(MatrixView<const T> x, size_t begin, size_t end) {
  return {x.row(begin), end - begin, x.cols, x.stride};
}

}  // namespace

template <typename T>
bool normalize_row(const T* x, size_t d, T* unit) {
  double squares = 0;
  for (size_t k = 0; k < d; ++k) squares += static_cast<double>(x[k]) * static_cast<double>(x[k]);
  double scale = 1;
  if (!(squares >= 1e-280 && squares <= 1e280)) {
    double largest = 0;
    for (size_t k = 0; k < d; ++k) largest = std::max(largest, std::fabs(static_cast<double>(x[k])));
    if (largest > 0 && !std::isinf(largest)) {
      scale = largest;
      squares = 0;
      for (size_t k = 0; k < d; ++k) squares += (x[k] / scale) * (x[k] / scale);
    }
  }
  if (squares == 0) {
    std::fill(unit, unit + d, T(0));
    return false;
  }
  const double norm = std::sqrt(squares);
  for (size_t k = 0; k < d; ++k) unit[k] = static_cast<T>(x[k] / scale / norm);
  return true;
}

template <typename T>
PackedRows<T>::PackedRows(Metric metric, MatrixView<const T> y, const RunOptions& options)
    : metric_(metric), rows_(y.rows), cols_(y.cols) {
  const DistanceKernels<T>& kernel = distance_kernels<T>(kernels());
  data_ = AlignedBuffer<T>(divide_up(rows_, kernel.lanes) * kernel.lanes * cols_);
  const size_t block = tile_cols<T>(cols_);
  std::vector<std::vector<size_t>> zeros(divide_up(rows_, block));
  ThreadPool::instance().parallel_for(
      zeros.size(),
      [&](size_t task, size_t) {
        check_cancel(options.cancel);
        const size_t begin = task * block, end = std::min(rows_, begin + block);
        MatrixView<const T> part = rows_of(y, begin, end);
        AlignedBuffer<T> units;
        if (metric == Metric::kCosine) {
          units = AlignedBuffer<T>(part.rows * cols_);
          for (size_t i = 0; i < part.rows; ++i) {
            if (!normalize_row(part.row(i), cols_, units.data() + i * cols_))
              zeros[task].push_back(begin + i);
          }
          part = dense_view<const T>(units.data(), part.rows, cols_);
        }
        kernel.pack(part.data, part.stride, part.rows, cols_, data_.data() + begin * cols_);
      },
      options.max_threads);
  for (const std::vector<size_t>& part : zeros) zero_rows_.insert(zero_rows_.end(), part.begin(), part.end());
}

template <typename T>
void pairwise_distances(MatrixView<const T> x, const PackedRows<T>& y, MatrixView<T> out,
                        const RunOptions& options) {
  check_columns(x, y);
  if (out.rows != x.rows || out.cols != y.rows()) throw Error("ERR_SHAPE", "'out' has the wrong shape.");
  const size_t step = task_rows(x.rows, y.rows(), x.cols, kStripeRows), block = tile_cols<T>(x.cols);
  ThreadPool::instance().parallel_for(
      divide_up(x.rows, step),
      [&](size_t task, size_t) {
        const size_t begin = task * step, end = std::min(x.rows, begin + step);
        const QueryRows<T> query(y.metric(), rows_of(x, begin, end));
        for (size_t j = 0; j < y.rows(); j += block) {
          check_cancel(options.cancel);
          query.distances(y, j, {out.row(begin) + j, end - begin, std::min(block, y.rows() - j), out.stride});
        }
      },
      options.max_threads);
}

template <typename T>
void pairwise_distances(Metric metric, MatrixView<const T> x, MatrixView<T> out, const RunOptions& options) {
  pairwise_distances(x, PackedRows<T>(metric, x, options), out, options);
  for (size_t i = 0; i < x.rows; ++i) set_unless_nan(out.at(i, i), T(0));
}

template <typename T>
void visit_distances(Metric metric, MatrixView<const T> x, const PackedRows<T>& y,
                     const DistanceVisitor<T>& visit, const RunOptions& options) {
  check_columns(x, y);
  const size_t step = task_rows(x.rows, y.rows(), x.cols, kTileRows), block = tile_cols<T>(x.cols);
  const size_t stride = std::min(block, y.rows());
  ThreadPool::instance().parallel_for(
      divide_up(x.rows, step),
      [&](size_t task, size_t slot) {
        const size_t begin = task * step, end = std::min(x.rows, begin + step);
        const QueryRows<T> query(metric, rows_of(x, begin, end));
        const AlignedBuffer<T> buffer((end - begin) * stride);
        for (size_t j = 0; j < y.rows(); j += block) {
          check_cancel(options.cancel);
          const MatrixView<T> tile{buffer.data(), end - begin, std::min(block, y.rows() - j), stride};
          query.distances(y, j, tile);
          visit(begin, j, tile, slot);
        }
      },
      options.max_threads);
}

#define BOREAL_DISTANCE(T)                                                                            \
  template bool normalize_row<T>(const T*, size_t, T*);                                               \
  template class PackedRows<T>;                                                                       \
  template void pairwise_distances<T>(MatrixView<const T>, const PackedRows<T>&, MatrixView<T>,       \
                                      const RunOptions&);                                             \
  template void pairwise_distances<T>(Metric, MatrixView<const T>, MatrixView<T>, const RunOptions&); \
  template void visit_distances<T>(Metric, MatrixView<const T>, const PackedRows<T>&,                 \
                                   const DistanceVisitor<T>&, const RunOptions&);
BOREAL_DISTANCE(float)
BOREAL_DISTANCE(double)
#undef BOREAL_DISTANCE

}  // namespace boreal
