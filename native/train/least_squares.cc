// Least squares and ridge through the triangular factor of the centred, weighted matrix [X | y]: no normal
// equations, so the error grows with the condition number and not with its square; but for ridge of many rows
// and columns that are far from dependent. Least squares takes the SVD of R for the minimum-norm solution;
// ridge appends the rows sqrt(alpha) I, which keeps R well conditioned, and substitutes back. A wide X is
// factored through its transpose, X^T = QR, and solved by the seminormal equations b = X^T (R^T R)^-1 y,
// which for minimum-norm problems are as accurate as applying Q (Paige 1973).
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "linalg/column_moments.h"
#include "train/cholesky_factor.h"
#include "train/linear.h"
#include "train/moments.h"
#include "train/row_jacobi.h"
#include "train/triangular_factor.h"

namespace boreal {
namespace {

constexpr size_t kMinRowsPerPart = 4096;
constexpr size_t kMaxParts = 64;
constexpr size_t kNormalRows = 64;  // rows a column from which on ridge tries the normal equations
constexpr size_t kMaxNormalCols = 512;
constexpr double kLeastPivot = 1e-4;  // relative to the largest, squared

// X and y as the solver sees them: entry (i, j) is (x_ij - x_mean_j) * root_weight_i.
template <typename T>
struct Design {
  MatrixView<const T> x;
  MatrixView<const double> y;
  std::vector<double> x_mean, y_mean, root_weight;  // root_weight is empty without weights

  double root(size_t i) const { return root_weight.empty() ? 1.0 : root_weight[i]; }
};

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

// R of [X | y]. Parts of rows in parallel, then their factors pairwise in a tree fixed by the shape.
template <typename T>
TriangularFactor factor_tall(const Design<T>& design, const CancelToken* cancel) {
  const size_t cols = design.x.cols;
  const Partition parts = partition_rows(design.x.rows, std::max(kMinRowsPerPart, 8 * cols), kMaxParts);
  std::vector<TriangularFactor> factors(parts.count(), TriangularFactor(cols, design.y.cols));
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

// R of X^T. Its rows are the columns of X; there are at least as many of them as columns of R.
template <typename T>
TriangularFactor factor_wide(const Design<T>& design, const CancelToken* cancel) {
  TriangularFactor factor(design.x.rows, 0);
  double* const block = factor.block();
  for (size_t j = 0; j < design.x.cols; j += factor.block_rows()) {
    check_cancel(cancel);
    const size_t rows = std::min(factor.block_rows(), design.x.cols - j);
    for (size_t i = 0; i < design.x.rows; ++i) {
      for (size_t r = 0; r < rows; ++r) {
        block[i * factor.block_stride() + r] =
            (static_cast<double>(design.x.at(i, j + r)) - design.x_mean[j + r]) * design.root(i);
      }
    }
    factor.absorb(rows);
  }
  return factor;
}

void require_finite(const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) {
      throw Error("ERR_INPUT_INFINITE", "The values are so large that sums of their products overflow.");
    }
  }
}

// The rows of a after orthogonalize_rows: singular values in descending order, and which row has which.
struct Spectrum {
  std::vector<double> singular;
  std::vector<size_t> row;
  size_t rank = 0;  // of them count as not zero
};

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

// coef [targets, cols] for rows >= cols.
template <typename T>
void solve_tall(const Design<T>& design, double alpha, double cutoff, size_t max_rank,
                const CancelToken* cancel, LeastSquaresModel& model) {
  const size_t cols = design.x.cols, targets = design.y.cols;
  TriangularFactor factor = factor_tall(design, cancel);
  const MatrixView<double> r = factor.matrix();
  require_finite(r.data, r.rows * r.cols);
  if (alpha > 0) {
    factor.absorb_diagonal(std::sqrt(alpha), cancel);
    for (size_t t = 0; t < targets; ++t) {
      double* const coef = model.coef.data() + t * cols;
      for (size_t j = 0; j < cols; ++j) coef[j] = r.at(j, cols + t);
      factor.solve(coef);
    }
    return;
  }
  orthogonalize_rows(r, cols, cancel);
  Spectrum spectrum = spectrum_of(r, cols, cutoff, max_rank);
  for (size_t t = 0; t < targets; ++t) {
    double* const coef = model.coef.data() + t * cols;
    for (size_t i = 0; i < spectrum.rank; ++i) {
      const double s = spectrum.singular[i];
      const double* const row = r.row(spectrum.row[i]);
      const double scale = row[cols + t] / s;
      for (size_t j = 0; j < cols; ++j) coef[j] += scale * (row[j] / s);
    }
  }
  model.singular = std::move(spectrum.singular);
  model.rank = static_cast<uint32_t>(spectrum.rank);
}

// coef [targets, cols] for rows < cols.
template <typename T>
void solve_wide(const Design<T>& design, double alpha, double cutoff, size_t max_rank,
                const CancelToken* cancel, LeastSquaresModel& model) {
  const size_t rows = design.x.rows, cols = design.x.cols, targets = design.y.cols;
  TriangularFactor factor = factor_wide(design, cancel);
  const MatrixView<double> r = factor.matrix();
  require_finite(r.data, r.rows * r.cols);
  Spectrum spectrum;
  if (alpha > 0) {
    factor.absorb_diagonal(std::sqrt(alpha), cancel);
  } else {
    orthogonalize_rows(r, rows, cancel);
    spectrum = spectrum_of(r, rows, cutoff, max_rank);
  }
  std::vector<double> y(rows), dual(rows);
  for (size_t t = 0; t < targets; ++t) {
    check_cancel(cancel);
    for (size_t i = 0; i < rows; ++i) y[i] = (design.y.at(i, t) - design.y_mean[t]) * design.root(i);
    if (alpha > 0) {
      dual = y;
      factor.solve_transposed(dual.data());
      factor.solve(dual.data());
    } else {
      std::fill(dual.begin(), dual.end(), 0.0);
      for (size_t i = 0; i < spectrum.rank; ++i) {
        const double s = spectrum.singular[i];
        const double* const row = r.row(spectrum.row[i]);
        double product = 0;
        for (size_t k = 0; k < rows; ++k) product += (row[k] / s) * y[k];
        for (size_t k = 0; k < rows; ++k) dual[k] += product / s * (row[k] / s) / s;
      }
    }
    double* const coef = model.coef.data() + t * cols;
    for (size_t i = 0; i < rows; ++i) {
      const double scale = dual[i] * design.root(i);
      for (size_t j = 0; j < cols; ++j) {
        coef[j] += scale * (static_cast<double>(design.x.at(i, j)) - design.x_mean[j]);
      }
    }
  }
  model.singular = std::move(spectrum.singular);
  model.rank = static_cast<uint32_t>(spectrum.rank);
}

// Ridge of many rows by the normal equations, at half the cost of QR. False where the factor's diagonal tells
// that squaring the condition number would cost more than a few digits.
template <typename T>
bool solve_normal_equations(MatrixView<const T> x, Span<double> y, Span<double> weights, double alpha,
                            bool fit_intercept, const CancelToken* cancel, LeastSquaresModel& model) {
  const size_t cols = x.cols;
  const RegressionRows<T> rows = centred_rows(x, y, weights, fit_intercept);
  const Moments moments = group_moments(rows, {}, cancel)[0];
  GramProblem problem = gram_problem(moments, rows.centre, fit_intercept);
  const double scaled = alpha * problem.rows / moments.weight;
  for (size_t j = 0; j < cols; ++j) problem.gram[j * (cols + 1)] += scaled;
  if (!factor_lower(problem.gram.data(), cols)) return false;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (size_t j = 0; j < cols; ++j) {
    least = std::min(least, problem.gram[j * (cols + 1)]);
    most = std::max(most, problem.gram[j * (cols + 1)]);
  }
  if (!(least * least > kLeastPivot * most * most)) return false;
  solve_factored(problem.gram.data(), cols, problem.xy.data());
  double intercept = problem.y_mean;
  for (size_t j = 0; j < cols; ++j) intercept -= problem.x_mean[j] * problem.xy[j];
  if (!std::isfinite(intercept)) return false;
  model.coef = std::move(problem.xy);
  model.intercept.assign(1, intercept);
  return true;
}

}  // namespace

template <typename T>
LeastSquaresModel fit_least_squares(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                                    double alpha, bool fit_intercept, const CancelToken* cancel) {
  if (x.rows == 0 || x.cols == 0 || y.cols == 0) {
    throw Error("ERR_EMPTY", "Least squares needs at least one row, one column and one target.");
  }
  if (y.rows != x.rows) {
    throw Error("ERR_SHAPE",
                "y has " + std::to_string(y.rows) + " rows, X has " + std::to_string(x.rows) + ".");
  }
  if (!(alpha >= 0) || std::isinf(alpha)) throw Error("ERR_PARAMETER", "alpha must be a finite number >= 0.");
  total_weight(weights, x.rows);

  if (alpha > 0 && y.cols == 1 && x.cols <= kMaxNormalCols && x.rows >= kNormalRows * x.cols) {
    LeastSquaresModel model;
    if (solve_normal_equations(x, {y.data, x.rows}, weights, alpha, fit_intercept, cancel, model))
      return model;
  }

  const Design<T> design = make_design(x, y, weights, fit_intercept, cancel);
  LeastSquaresModel model;
  model.coef.assign(y.cols * x.cols, 0.0);
  const double cutoff =
      std::numeric_limits<double>::epsilon() * static_cast<double>(std::max(x.rows, x.cols));
  // Centred rows are linearly dependent, whatever rounding makes of it.
  const size_t max_rank = std::min(x.rows - (fit_intercept ? 1 : 0), x.cols);
  (x.rows >= x.cols ? solve_tall<T> : solve_wide<T>)(design, alpha, cutoff, max_rank, cancel, model);

  for (size_t t = 0; t < y.cols; ++t) {
    double intercept = design.y_mean[t];
    for (size_t j = 0; j < x.cols; ++j) intercept -= design.x_mean[j] * model.coef[t * x.cols + j];
    model.intercept.push_back(intercept);
  }
  require_finite(model.coef.data(), model.coef.size());
  require_finite(model.intercept.data(), model.intercept.size());
  return model;
}

#define BOREAL_LEAST_SQUARES(T)                                                                  \
  template LeastSquaresModel fit_least_squares<T>(MatrixView<const T>, MatrixView<const double>, \
                                                  Span<double>, double, bool, const CancelToken*);
BOREAL_LEAST_SQUARES(float)
BOREAL_LEAST_SQUARES(double)
#undef BOREAL_LEAST_SQUARES

}  // namespace boreal
