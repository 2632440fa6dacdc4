#include "train/moments.h"

#include <algorithm>
#include <utility>

#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_scatter.h"
#include "linalg/column_moments.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 24 << 10;
constexpr size_t kMinRowsPerPart = 1024;
constexpr size_t kMaxParts = 64;
constexpr size_t kMaxPartialValues = size_t{1} << 22;

// Rows of one group that are summed together.
struct Part {
  size_t group, begin, end;
};

std::vector<Part> parts_of(const RowGroups& groups, size_t rows, size_t width) {
  std::vector<Part> result;
  const size_t count = groups.count();
  const size_t most = std::min(kMaxParts, std::max<size_t>(1, kMaxPartialValues / (width * width)));
  for (size_t g = 0; g < count; ++g) {
    const size_t begin = groups.order.empty() ? 0 : groups.starts[g];
    const size_t end = groups.order.empty() ? rows : groups.starts[g + 1];
    const Partition parts = partition_rows(end - begin, kMinRowsPerPart, std::max<size_t>(1, most / count));
    for (size_t part = 0; part < parts.count(); ++part) {
      result.push_back({g, begin + parts.begin(part), begin + parts.end(part)});
    }
  }
  return result;
}

template <typename T>
Moments part_moments(const RegressionRows<T>& rows, const RowGroups& groups, const Part& part,
                     const CancelToken* cancel) {
  const size_t cols = rows.x.cols, targets = rows.y.cols, width = cols + targets;
  const size_t block_rows = std::max(size_t{1}, kBlockBytes / (width * sizeof(double)) / 8) * 8;
  // Without weights the products of all columns go by whole tiles of them: those beyond the last are 0.
  const bool plain = rows.weights.size == 0;
  constexpr size_t kTile = kScatterColumns;
  const size_t tiles = (width + kTile - 1) / kTile * kTile, stride = plain ? tiles : width;
  const ScatterKernels& products = scatter_kernels(kernels());
  const LinearKernels<double>& linear = linear_kernels<double>(kernels());
  Moments moments(width);
  std::vector<double> block(block_rows * stride), square(plain ? tiles * tiles : 0);
  std::vector<double> weights(plain ? 0 : block_rows), unweighted(plain ? 0 : width);
  double* const sum = plain ? moments.sum.data() : unweighted.data();
  const auto centre = [&](size_t row, size_t count, double* z) {
    centre_kernel<T>(products)(rows.x.row(row), rows.x.stride, count, cols, rows.centre.data(), z, stride,
                               sum, nullptr, nullptr);
    centre_kernel<double>(products)(rows.y.row(row), rows.y.stride, count, targets, rows.centre.data() + cols,
                                    z + cols, stride, sum + cols, nullptr, nullptr);
  };
  for (size_t i = part.begin; i < part.end; i += block_rows) {
    check_cancel(cancel);
    const size_t size = std::min(block_rows, part.end - i);
    if (groups.order.empty()) {
      centre(i, size, block.data());
    } else {
      for (size_t r = 0; r < size; ++r) centre(groups.order[i + r], 1, block.data() + r * stride);
    }
    moments.rows += size;
    if (plain) {
      moments.weight += static_cast<double>(size);
      const size_t next = std::min(i + size, rows.x.rows - 1);
      products.add_products(block.data(), stride, size, tiles, square.data(), tiles, rows.x.row(next));
    } else {
      for (size_t r = 0; r < size; ++r) {
        weights[r] = rows.weights[groups.order.empty() ? i + r : groups.order[i + r]];
        moments.weight += weights[r];
      }
      linear.add_rows(block.data(), stride, size, width, weights.data(), moments.sum.data());
      linear.add_gram(block.data(), stride, size, width, weights.data(), moments.square.data(), width);
    }
  }
  for (size_t j = 0; plain && j < width; ++j) {
    std::copy_n(square.data() + j * tiles, width, moments.square.data() + j * width);
  }
  return moments;
}

}  // namespace

void Moments::add(const Moments& other) {
  weight += other.weight;
  rows += other.rows;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += other.sum[i];
  for (size_t i = 0; i < square.size(); ++i) square[i] += other.square[i];
}

template <typename T>
RegressionRows<T> centred_rows(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                               bool fit_intercept) {
  RegressionRows<T> rows{x, y, weights, std::vector<double>(x.cols + y.cols)};
  if (!fit_intercept) return rows;
  // What is left is made good after the sums.
  rows.centre = mean_of_some_rows(x, weights);
  const std::vector<double> centre_y = mean_of_some_rows(y, weights);
  rows.centre.insert(rows.centre.end(), centre_y.begin(), centre_y.end());
  return rows;
}

template <typename T>
std::vector<Moments> group_moments(const RegressionRows<T>& rows, const RowGroups& groups,
                                   const CancelToken* cancel) {
  const size_t width = rows.x.cols + rows.y.cols;
  const std::vector<Part> parts = parts_of(groups, rows.x.rows, width);
  std::vector<Moments> partial(parts.size(), Moments(0));
  ThreadPool::instance().parallel_for(parts.size(), [&](size_t index, size_t) {
    partial[index] = part_moments(rows, groups, parts[index], cancel);
  });
  std::vector<Moments> result(groups.count(), Moments(0));
  for (size_t index = 0; index < parts.size(); ++index) {
    Moments& sum = result[parts[index].group];
    if (sum.sum.empty()) {
      sum = std::move(partial[index]);
    } else {
      sum.add(partial[index]);
    }
  }
  for (Moments& sum : result) {
    if (sum.sum.empty()) sum = Moments(width);
  }
  return result;
}

GramProblem gram_problem(const Moments& moments, const std::vector<double>& centre, size_t targets,
                         bool fit_intercept) {
  const size_t width = centre.size(), cols = width - targets;
  const double scale = static_cast<double>(moments.rows) / moments.weight;
  const auto product = [&](size_t i, size_t j) {
    const double raw = moments.square[i * width + j];
    return scale * (fit_intercept ? raw - moments.sum[i] * moments.sum[j] / moments.weight : raw);
  };
  GramProblem problem{cols,
                      static_cast<double>(moments.rows),
                      std::vector<double>(cols * cols),
                      std::vector<double>(targets * cols),
                      std::vector<double>(targets),
                      std::vector<double>(cols),
                      std::vector<double>(targets)};
  for (size_t i = 0; i < cols; ++i) {
    for (size_t j = i; j < cols; ++j) {
      problem.gram[i * cols + j] = problem.gram[j * cols + i] = product(i, j);
    }
    // Rounding must not make a constant column look like one that varies a little.
    double& own = problem.gram[i * (cols + 1)];
    if (own <= 1e-15 * scale * moments.square[i * (width + 1)]) own = 0;
    for (size_t t = 0; t < targets; ++t) problem.xy[t * cols + i] = product(i, cols + t);
    if (fit_intercept) problem.x_mean[i] = centre[i] + moments.sum[i] / moments.weight;
  }
  for (size_t t = 0; t < targets; ++t) {
    const size_t k = cols + t;
    problem.yy[t] = product(k, k);
    if (fit_intercept) problem.y_mean[t] = centre[k] + moments.sum[k] / moments.weight;
  }
  return problem;
}

template <typename T>
GramProblem gram_problem(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                         bool fit_intercept, const CancelToken* cancel) {
  const RegressionRows<T> rows = centred_rows(x, y, weights, fit_intercept);
  return gram_problem(group_moments(rows, {}, cancel)[0], rows.centre, y.cols, fit_intercept);
}

#define BOREAL_MOMENTS(T)                                                                                 \
  template RegressionRows<T> centred_rows<T>(MatrixView<const T>, MatrixView<const double>, Span<double>, \
                                             bool);                                                       \
  template std::vector<Moments> group_moments<T>(const RegressionRows<T>&, const RowGroups&,              \
                                                 const CancelToken*);                                     \
  template GramProblem gram_problem<T>(MatrixView<const T>, MatrixView<const double>, Span<double>, bool, \
                                       const CancelToken*);
BOREAL_MOMENTS(float)
BOREAL_MOMENTS(double)
#undef BOREAL_MOMENTS

}  // namespace boreal
