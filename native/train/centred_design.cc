#include "train/centred_design.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "linalg/column_moments.h"

namespace boreal {
namespace {

constexpr size_t kMinRowsPerPart = 4096;
constexpr size_t kMaxParts = 64;

// Writes columns of the centred, weighted rows [begin, begin + rows) to a column-major block. Eight rows at a
// time: a cache line of the block is filled at once.
template <typename T>
void centred_block(MatrixView<const T> x, const double* mean, const std::vector<double>& root_weight,
                   size_t begin, size_t rows, double* block, size_t stride) {
  constexpr size_t kTile = 8;
  size_t r = 0;
  for (; r + kTile <= rows; r += kTile) {
    double root[kTile];
    for (size_t l = 0; l < kTile; ++l) root[l] = root_weight.empty() ? 1.0 : root_weight[begin + r + l];
    const T* const row = x.row(begin + r);
    for (size_t k = 0; k < x.cols; ++k) {
      for (size_t l = 0; l < kTile; ++l) {
        block[k * stride + r + l] = (static_cast<double>(row[l * x.stride + k]) - mean[k]) * root[l];
      }
    }
  }
  for (; r < rows; ++r) {
    const double root = root_weight.empty() ? 1.0 : root_weight[begin + r];
    for (size_t k = 0; k < x.cols; ++k) {
      block[k * stride + r] = (static_cast<double>(x.at(begin + r, k)) - mean[k]) * root;
    }
  }
}

}  // namespace

template <typename T>
Design<T> make_design(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                      bool fit_intercept, const CancelToken* cancel) {
  Design<T> design{x, y, {}, {}, {}};
  if (fit_intercept) {
    design.x_mean = column_moments(x, weights, {0, cancel}).mean;
    design.y_mean = column_moments(y, weights, {0, cancel}).mean;
  } else {
    design.x_mean.assign(x.cols, 0.0);
    design.y_mean.assign(y.cols, 0.0);
  }
  design.root_weight.reserve(weights.size);
  for (const double weight : weights) design.root_weight.push_back(std::sqrt(weight));
  return design;
}

// Parts of rows in parallel, then their factors pairwise in a tree fixed by the shape.
template <typename T>
TriangularFactor factor_rows(const Design<T>& design, size_t factored, const CancelToken* cancel) {
  const size_t cols = design.x.cols;
  const Partition parts = partition_rows(design.x.rows, std::max(kMinRowsPerPart, 8 * cols), kMaxParts);
  std::vector<TriangularFactor> factors(parts.count(),
                                        TriangularFactor(factored, cols + design.y.cols - factored));
  ThreadPool& pool = ThreadPool::instance();
  pool.parallel_for(parts.count(), [&](size_t part, size_t) {
    TriangularFactor& factor = factors[part];
    constexpr size_t kStride = TriangularFactor::block_stride();
    double* const block = factor.block();
    for (size_t i = parts.begin(part); i < parts.end(part); i += factor.block_rows()) {
      check_cancel(cancel);
      const size_t rows = std::min(factor.block_rows(), parts.end(part) - i);
      centred_block(design.x, design.x_mean.data(), design.root_weight, i, rows, block, kStride);
      centred_block(design.y, design.y_mean.data(), design.root_weight, i, rows, block + cols * kStride,
                    kStride);
      factor.absorb(rows);
    }
  });
  for (size_t step = 1; step < factors.size(); step *= 2) {
    pool.parallel_for((factors.size() - step + 2 * step - 1) / (2 * step), [&](size_t pair, size_t) {
      factors[2 * step * pair].absorb(factors[2 * step * pair + step], cancel);
    });
  }
  return std::move(factors[0]);
}

template <typename T>
std::vector<double> few_rows(const Design<T>& design, const CancelToken* cancel) {
  const size_t rows = design.x.rows, cols = design.x.cols, width = cols + design.y.cols;
  if (rows > cols) {
    TriangularFactor factor = factor_rows(design, width, cancel);
    return {factor.matrix().data, factor.matrix().data + width * width};
  }
  std::vector<double> result(rows * width);
  for (size_t i = 0; i < rows; ++i) {
    check_cancel(cancel);
    double* const row = result.data() + i * width;
    for (size_t j = 0; j < cols; ++j) {
      row[j] = (static_cast<double>(design.x.at(i, j)) - design.x_mean[j]) * design.root(i);
    }
    for (size_t t = cols; t < width; ++t) {
      row[t] = (design.y.at(i, t - cols) - design.y_mean[t - cols]) * design.root(i);
    }
  }
  return result;
}

Spectrum spectrum_of(MatrixView<double> a, size_t cols, double relative_cutoff, size_t max_rank) {
  Spectrum result;
  std::vector<double> norm(a.rows);
  result.row.resize(a.rows);
  for (size_t i = 0; i < a.rows; ++i) {
    double sum = 0;
    for (size_t k = 0; k < cols; ++k) sum += a.at(i, k) * a.at(i, k);
    norm[i] = std::sqrt(sum);
    result.row[i] = i;
  }
  require_finite(norm.data(), norm.size());
  std::stable_sort(result.row.begin(), result.row.end(),
                   [&](size_t i, size_t j) { return norm[i] > norm[j]; });
  for (const size_t i : result.row) result.singular.push_back(norm[i]);
  const double cutoff = relative_cutoff * result.singular[0];
  while (result.rank < max_rank && result.singular[result.rank] > cutoff) ++result.rank;
  return result;
}

void require_finite(const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) {
      throw Error("ERR_INPUT_INFINITE", "The values are so large that sums of their products overflow.");
    }
  }
}

#define BOREAL_DESIGN(T)                                                                               \
  template Design<T> make_design<T>(MatrixView<const T>, MatrixView<const double>, Span<double>, bool, \
                                    const CancelToken*);                                               \
  template TriangularFactor factor_rows<T>(const Design<T>&, size_t, const CancelToken*);              \
  template std::vector<double> few_rows<T>(const Design<T>&, const CancelToken*);
BOREAL_DESIGN(float)
BOREAL_DESIGN(double)
#undef BOREAL_DESIGN

}  // namespace boreal
