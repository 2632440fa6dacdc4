// With X and y centred and weighted, X X^T = Z Z^T where Z^T Z = diag(L): Z = X V for the eigenvectors V of
// X^T X, or U sqrt(L) for those of X X^T when that is smaller, or U S of the singular values of X. Then the
// fitted values are Z (Z^T y / (L + alpha)), the leverages h_i = w_i / sum w + sum_k z_ik^2 / (L_k + alpha)
// (the first term being the intercept's), and the error of row i without itself is its residual over 1 - h_i.
#include "train/ridge_loo.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "kernels/dispatch.h"
#include "linalg/column_moments.h"
#include "linalg/eigh.h"
#include "linalg/svd.h"

namespace boreal {
namespace {

constexpr size_t kBlockRows = 64;
constexpr size_t kMinRowsPerPart = 1024;
constexpr size_t kMaxParts = 64;

template <typename T>
struct Centred {
  MatrixView<const T> x;
  MatrixView<const double> y;
  Span<double> weights;
  std::vector<double> x_mean, y_mean;  // 0 without an intercept
  double total;
  bool fit_intercept;

  double weight(size_t i) const { return weights.size == 0 ? 1.0 : weights[i]; }
  double target(size_t i, size_t t) const { return std::sqrt(weight(i)) * (y.at(i, t) - y_mean[t]); }
  void row(size_t i, double* out) const {
    const double root = std::sqrt(weight(i));
    for (size_t j = 0; j < x.cols; ++j) out[j] = root * (static_cast<double>(x.at(i, j)) - x_mean[j]);
  }
};

struct Spectrum {
  size_t rank;                 // columns of Z
  std::vector<double> values;  // L, [rank]
  std::vector<double> axes;    // V^T [rank, cols], of which Z follows row by row; else
  std::vector<double> z;       // Z^T [rank, rows]
  std::vector<double> zy;      // Z^T y [targets, rank]
};

template <typename T>
Spectrum tall_spectrum(const Centred<T>& data, const CancelToken* cancel) {
  const size_t cols = data.x.cols, targets = data.y.cols;
  std::vector<double> gram(cols * cols), xy(targets * cols), line(cols);
  const LinearKernels<double>& linear = linear_kernels<double>(kernels());
  const Partition parts = partition_rows(data.x.rows, kMinRowsPerPart, cols > 512 ? 4 : kMaxParts);
  std::vector<std::vector<double>> grams(parts.count()), products(parts.count());
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    grams[part].assign(cols * cols, 0.0);
    products[part].assign(targets * cols, 0.0);
    std::vector<double> block(kBlockRows * cols), y(kBlockRows);
    for (size_t i = parts.begin(part); i < parts.end(part); i += kBlockRows) {
      check_cancel(cancel);
      const size_t size = std::min(kBlockRows, parts.end(part) - i);
      for (size_t r = 0; r < size; ++r) data.row(i + r, block.data() + r * cols);
      linear.add_gram(block.data(), cols, size, cols, nullptr, grams[part].data(), cols);
      for (size_t t = 0; t < targets; ++t) {
        for (size_t r = 0; r < size; ++r) y[r] = data.target(i + r, t);
        linear.add_rows(block.data(), cols, size, cols, y.data(), products[part].data() + t * cols);
      }
    }
  });
  for (size_t part = 0; part < parts.count(); ++part) {
    for (size_t k = 0; k < gram.size(); ++k) gram[k] += grams[part][k];
    for (size_t k = 0; k < xy.size(); ++k) xy[k] += products[part][k];
  }
  for (size_t i = 0; i < cols; ++i) {
    for (size_t j = 0; j < i; ++j) gram[i * cols + j] = gram[j * cols + i];
  }
  Spectrum result{cols,
                  std::vector<double>(cols),
                  std::vector<double>(cols * cols),
                  {},
                  std::vector<double>(targets * cols)};
  const Dense square = dense_view(gram.data(), cols, cols);
  eigh(as_const(square), result.values.data(), square, {0, cancel});
  for (size_t k = 0; k < cols; ++k) {
    result.values[k] = std::max(result.values[k], 0.0);
    for (size_t j = 0; j < cols; ++j) result.axes[k * cols + j] = gram[j * cols + k];
  }
  for (size_t t = 0; t < targets; ++t) {
    for (size_t k = 0; k < cols; ++k) {
      double sum = 0;
      for (size_t j = 0; j < cols; ++j) sum += result.axes[k * cols + j] * xy[t * cols + j];
      result.zy[t * cols + k] = sum;
    }
  }
  return result;
}

template <typename T>
std::vector<double> all_rows(const Centred<T>& data) {
  std::vector<double> x(data.x.rows * data.x.cols);
  for (size_t i = 0; i < data.x.rows; ++i) data.row(i, x.data() + i * data.x.cols);
  return x;
}

// Of the columns of `vectors` [rows, rank], with L as they are.
template <typename T>
Spectrum spectrum_of(const Centred<T>& data, std::vector<double> values, const std::vector<double>& vectors) {
  const size_t rows = data.x.rows, targets = data.y.cols, rank = values.size();
  Spectrum result{
      rank, std::move(values), {}, std::vector<double>(rank * rows), std::vector<double>(targets * rank)};
  for (size_t k = 0; k < rank; ++k) {
    result.values[k] = std::max(result.values[k], 0.0);
    const double root = std::sqrt(result.values[k]);
    for (size_t i = 0; i < rows; ++i) result.z[k * rows + i] = root * vectors[i * rank + k];
  }
  for (size_t t = 0; t < targets; ++t) {
    for (size_t k = 0; k < rank; ++k) {
      double sum = 0;
      for (size_t i = 0; i < rows; ++i) sum += result.z[k * rows + i] * data.target(i, t);
      result.zy[t * rank + k] = sum;
    }
  }
  return result;
}

template <typename T>
Spectrum singular_spectrum(const Centred<T>& data, const CancelToken* cancel) {
  const size_t rows = data.x.rows, cols = data.x.cols, rank = std::min(rows, cols);
  const std::vector<double> x = all_rows(data);
  std::vector<double> u(rows * rank), values(rank), vt(rank * cols);
  svd(dense_view(x.data(), rows, cols), dense_view(u.data(), rows, rank), values.data(),
      dense_view(vt.data(), rank, cols), {0, cancel});
  for (double& value : values) value *= value;
  return spectrum_of(data, std::move(values), u);
}

template <typename T>
Spectrum wide_spectrum(const Centred<T>& data, const CancelToken* cancel) {
  const size_t rows = data.x.rows, cols = data.x.cols;
  const std::vector<double> x = all_rows(data);
  std::vector<double> square(rows * rows), values(rows);
  const LinearKernels<double>& linear = linear_kernels<double>(kernels());
  ThreadPool::instance().parallel_for(rows, [&](size_t i, size_t) {
    check_cancel(cancel);
    linear.scores(x.data(), cols, rows, cols, x.data() + i * cols, 0.0, square.data() + i * rows);
  });
  const Dense view = dense_view(square.data(), rows, rows);
  eigh(as_const(view), values.data(), view, {0, cancel});
  return spectrum_of(data, std::move(values), square);
}

}  // namespace

template <typename T>
RidgeLooScores ridge_leave_one_out(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                                   Span<double> alphas, bool fit_intercept, bool keep_errors, bool by_svd,
                                   const CancelToken* cancel) {
  if (x.rows == 0 || x.cols == 0 || y.cols == 0) {
    throw Error("ERR_EMPTY", "Ridge regression needs at least one row, one column and one target.");
  }
  if (y.rows != x.rows) throw Error("ERR_SHAPE", "y must have one row per row of X.");
  for (const double alpha : alphas) {
    if (!(alpha > 0) || std::isinf(alpha)) throw Error("ERR_PARAMETER", "alphas must be finite and > 0.");
  }
  const size_t rows = x.rows, cols = x.cols, targets = y.cols, count = alphas.size;
  Centred<T> data{x,
                  y,
                  weights,
                  std::vector<double>(cols),
                  std::vector<double>(targets),
                  total_weight(weights, rows),
                  fit_intercept};
  for (size_t t = 0; t < targets && fit_intercept; ++t) {
    for (size_t i = 0; i < rows; ++i) data.y_mean[t] += data.weight(i) / data.total * y.at(i, t);
  }
  if (fit_intercept) data.x_mean = column_moments(x, weights, {0, cancel}).mean;
  const bool tall = !by_svd && rows >= cols;
  const Spectrum spectrum = by_svd ? singular_spectrum(data, cancel)
                            : tall ? tall_spectrum(data, cancel)
                                   : wide_spectrum(data, cancel);
  const size_t rank = spectrum.rank;
  std::vector<double> inverse(count * rank), fit(targets * count * rank);
  for (size_t a = 0; a < count; ++a) {
    for (size_t k = 0; k < rank; ++k) {
      inverse[a * rank + k] = 1 / (spectrum.values[k] + alphas[a]);
      for (size_t t = 0; t < targets; ++t) {
        fit[(t * count + a) * rank + k] = spectrum.zy[t * rank + k] * inverse[a * rank + k];
      }
    }
  }

  RidgeLooScores result;
  result.mse.assign(targets * count, 0.0);
  if (keep_errors) result.errors.resize(rows * targets * count);
  const Partition parts = partition_rows(rows, kMinRowsPerPart, kMaxParts);
  std::vector<std::vector<double>> sums(parts.count(), std::vector<double>(targets * count));
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    const LinearKernels<double>& linear = linear_kernels<double>(kernels());
    std::vector<double> block(tall ? kBlockRows * cols : 0), z(rank * kBlockRows), leverage(kBlockRows),
        fitted(kBlockRows);
    for (size_t i = parts.begin(part); i < parts.end(part); i += kBlockRows) {
      check_cancel(cancel);
      const size_t size = std::min(kBlockRows, parts.end(part) - i);
      for (size_t r = 0; r < size && tall; ++r) data.row(i + r, block.data() + r * cols);
      for (size_t k = 0; k < rank; ++k) {
        double* const line = z.data() + k * kBlockRows;
        if (tall) {
          linear.scores(block.data(), cols, size, cols, spectrum.axes.data() + k * cols, 0.0, line);
        } else {
          std::copy_n(spectrum.z.data() + k * rows + i, size, line);
        }
      }
      for (size_t a = 0; a < count; ++a) {
        for (size_t r = 0; r < size; ++r) leverage[r] = fit_intercept ? data.weight(i + r) / data.total : 0.0;
        for (size_t k = 0; k < rank; ++k) {
          const double scale = inverse[a * rank + k];
          const double* const line = z.data() + k * kBlockRows;
          for (size_t r = 0; r < size; ++r) leverage[r] += line[r] * line[r] * scale;
        }
        for (size_t t = 0; t < targets; ++t) {
          std::fill(fitted.begin(), fitted.end(), 0.0);
          for (size_t k = 0; k < rank; ++k) {
            const double scale = fit[(t * count + a) * rank + k];
            const double* const line = z.data() + k * kBlockRows;
            for (size_t r = 0; r < size; ++r) fitted[r] += line[r] * scale;
          }
          for (size_t r = 0; r < size; ++r) {
            const double error = (data.target(i + r, t) - fitted[r]) / (1 - leverage[r]);
            sums[part][t * count + a] += error * error;
            if (keep_errors) result.errors[((i + r) * targets + t) * count + a] = error;
          }
        }
      }
    }
  });
  for (const std::vector<double>& part : sums) {
    for (size_t k = 0; k < part.size(); ++k) result.mse[k] += part[k] / static_cast<double>(rows);
  }
  return result;
}

#define BOREAL_RIDGE_LOO(T)                                                                     \
  template RidgeLooScores ridge_leave_one_out<T>(MatrixView<const T>, MatrixView<const double>, \
                                                 Span<double>, Span<double>, bool, bool, bool,  \
                                                 const CancelToken*);
BOREAL_RIDGE_LOO(float)
BOREAL_RIDGE_LOO(double)
#undef BOREAL_RIDGE_LOO

}  // namespace boreal
