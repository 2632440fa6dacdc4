// Block coordinate descent, a column of X and its coefficients of all targets at a time; it stops, and leaves
// columns out, as coordinate_descent.h does for one target. Of many rows the descent sees the triangular
// factor of [X | Y], which has the same products of columns in as many rows as there are columns.
#include "train/multi_task.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/rng.h"
#include "base/weights.h"
#include "train/centred_design.h"
#include "train/dot.h"

namespace boreal {
namespace {

// Below this many rows for each column of [X | Y] the factor saves too little.
constexpr size_t kFactorRows = 2;

struct Block {
  std::vector<double> columns;   // [cols, rows]
  std::vector<double> y;         // [targets, rows]
  std::vector<double> residual;  // [targets, rows]
  std::vector<double> norms;     // [cols] squared
  std::vector<double> coef;      // [cols, targets]
  size_t rows, cols, targets;

  const double* column(size_t j) const { return columns.data() + j * rows; }
  void correlate(size_t j, double* out) const {
    for (size_t t = 0; t < targets; ++t) out[t] = dot(column(j), residual.data() + t * rows, rows);
  }
  void move(size_t j, size_t t, double change) {
    coef[j * targets + t] += change;
    double* const own = residual.data() + t * rows;
    const double* const x = column(j);
    for (size_t i = 0; i < rows; ++i) own[i] -= change * x[i];
  }
};

template <typename T>
Block make_block(const Design<T>& design, const CancelToken* cancel) {
  Block block;
  block.cols = design.x.cols;
  block.targets = design.y.cols;
  const size_t width = block.cols + block.targets;
  std::vector<double> all;
  if (design.x.rows > kFactorRows * width) {
    TriangularFactor factor = factor_rows(design, width, cancel);
    const MatrixView<double> r = factor.matrix();
    block.rows = r.rows;
    all.resize(width * r.rows);
    for (size_t i = 0; i < r.rows; ++i) {
      for (size_t j = 0; j < width; ++j) all[j * r.rows + i] = r.at(i, j);
    }
  } else {
    const size_t rows = block.rows = design.x.rows;
    all.resize(width * rows);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < block.cols; ++j) {
        all[j * rows + i] = (static_cast<double>(design.x.at(i, j)) - design.x_mean[j]) * design.root(i);
      }
      for (size_t t = 0; t < block.targets; ++t) {
        all[(block.cols + t) * rows + i] = (design.y.at(i, t) - design.y_mean[t]) * design.root(i);
      }
    }
  }
  require_finite(all.data(), all.size());
  const auto split = all.begin() + static_cast<std::ptrdiff_t>(block.cols * block.rows);
  block.columns.assign(all.begin(), split);
  block.y.assign(split, all.end());
  block.residual = block.y;
  block.coef.assign(block.cols * block.targets, 0.0);
  block.norms.resize(block.cols);
  for (size_t j = 0; j < block.cols; ++j) block.norms[j] = dot(block.column(j), block.column(j), block.rows);
  require_finite(block.norms.data(), block.norms.size());
  return block;
}

double length_of(const double* values, size_t count) { return std::sqrt(dot(values, values, count)); }

// A centred column that does not vary but for rounding counts as constant: a value is off by what rounding
// makes of the mean.
template <typename T>
void drop_constant(const Design<T>& design, double total, Block& block) {
  constexpr double kRounding = 8 * std::numeric_limits<double>::epsilon();
  for (size_t j = 0; j < block.cols; ++j) {
    const double off = kRounding * design.x_mean[j];
    if (block.norms[j] <= total * off * off) block.norms[j] = 0;
  }
}

struct BlockDescent {
  Block& block;
  double l1, l2;
  const ElasticNetParams& params;
  std::vector<double> slopes = {};  // [cols] lengths of the dual constraint
  std::vector<uint32_t> active = {};

  double gap(double& largest) {
    const size_t targets = block.targets;
    const double rr = dot(block.residual.data(), block.residual.data(), block.residual.size());
    const double ry = dot(block.residual.data(), block.y.data(), block.y.size());
    const double squares = dot(block.coef.data(), block.coef.data(), block.coef.size());
    std::vector<double> row(targets);
    double lengths = 0, norm = 0;
    largest = 0;
    slopes.assign(block.cols, 0.0);
    for (size_t j = 0; j < block.cols; ++j) {
      const double* const coef = block.coef.data() + j * targets;
      block.correlate(j, row.data());
      if (l1 == 0) {
        norm += dot(row.data(), row.data(), targets);
        continue;
      }
      for (size_t t = 0; t < targets; ++t) row[t] -= l2 * coef[t];
      slopes[j] = length_of(row.data(), targets);
      largest = std::max(largest, slopes[j]);
      lengths += length_of(coef, targets);
    }
    if (l1 == 0) return l2 == 0 ? norm : rr + 0.5 * l2 * squares - ry + norm / (2 * l2);
    const double scale = largest > l1 ? l1 / largest : 1.0, both = rr + l2 * squares;
    return 0.5 * both + l1 * lengths - (-0.5 * scale * scale * both + scale * ry);
  }

  void screen(double gap, double largest) {
    if (l1 == 0) return;
    const double radius = std::sqrt(2 * std::fabs(gap)) / l1;
    const auto is_out = [&](uint32_t j) {
      const double inner = slopes[j] / std::max(l1, largest);
      if ((1 - inner) / std::sqrt(block.norms[j] + l2) <= radius) return false;
      for (size_t t = 0; t < block.targets; ++t) {
        const double own = block.coef[j * block.targets + t];
        if (own != 0) block.move(j, t, -own);
      }
      return true;
    };
    active.erase(std::remove_if(active.begin(), active.end(), is_out), active.end());
  }

  DescentResult run(Rng& rng, const CancelToken* cancel) {
    const size_t targets = block.targets;
    for (uint32_t j = 0; j < block.cols; ++j) {
      if (block.norms[j] > 0) active.push_back(j);
    }
    const double tolerance = params.tol * dot(block.y.data(), block.y.data(), block.y.size());
    DescentResult result;
    double largest;
    result.gap = gap(largest);
    result.converged = result.gap <= tolerance;
    if (result.converged) return result;
    screen(result.gap, largest);
    std::vector<double> wanted(targets);
    while (result.iterations < params.max_iter) {
      check_cancel(cancel);
      double most = 0, most_change = 0;
      for (size_t k = 0; k < active.size(); ++k) {
        const uint32_t j = active[params.random ? rng.below(static_cast<uint32_t>(active.size()))
                                                : static_cast<uint32_t>(k)];
        const double norm = block.norms[j];
        const double* const before = block.coef.data() + j * targets;
        block.correlate(j, wanted.data());
        for (size_t t = 0; t < targets; ++t) wanted[t] += before[t] * norm;
        const double length = length_of(wanted.data(), targets);
        const double shrunk = length > l1 ? (1 - l1 / length) / (norm + l2) : 0.0;
        for (size_t t = 0; t < targets; ++t) {
          const double after = wanted[t] * shrunk, change = after - before[t];
          if (change != 0) block.move(j, t, change);
          most_change = std::max(most_change, std::fabs(change));
          most = std::max(most, std::fabs(after));
        }
      }
      ++result.iterations;
      if (most == 0 || most_change / most <= params.tol || result.iterations == params.max_iter) {
        result.gap = gap(largest);
        result.converged = result.gap <= tolerance;
        if (result.converged) break;
        screen(result.gap, largest);
      }
    }
    return result;
  }
};

void start_at(const std::vector<double>& start, Block& block) {
  if (start.empty()) return;
  if (start.size() != block.coef.size()) {
    throw Error("ERR_SHAPE", "The start has not the shape of the coefficients.");
  }
  for (size_t t = 0; t < block.targets; ++t) {
    for (size_t j = 0; j < block.cols; ++j) {
      const double value = start[t * block.cols + j];
      if (!std::isfinite(value)) throw Error("ERR_PARAMETER", "The start must be finite.");
      if (value != 0 && block.norms[j] > 0) block.move(j, t, value);
    }
  }
}

}  // namespace

template <typename T>
MultiTaskPath fit_multi_task(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                             Span<double> alphas, double l1_ratio, const ElasticNetParams& params,
                             const CancelToken* cancel) {
  if (x.rows == 0 || x.cols == 0 || y.cols == 0) {
    throw Error("ERR_EMPTY", "The elastic net needs at least one row, one column and one target.");
  }
  if (y.rows != x.rows) {
    throw Error("ERR_SHAPE",
                "y has " + std::to_string(y.rows) + " rows, X has " + std::to_string(x.rows) + ".");
  }
  if (!(params.tol >= 0)) throw Error("ERR_PARAMETER", "tol must be >= 0.");
  check_penalty(alphas, l1_ratio);
  const double total = total_weight(weights, x.rows);
  const Design<T> design = make_design(x, y, weights, params.fit_intercept, cancel);
  Block block = make_block(design, cancel);
  if (params.fit_intercept) drop_constant(design, total, block);
  const size_t cols = block.cols, targets = block.targets;

  MultiTaskPath path;
  std::vector<double> row(targets);
  for (size_t j = 0; j < cols; ++j) {
    block.correlate(j, row.data());
    path.largest = std::max(path.largest, length_of(row.data(), targets) / total);
  }
  start_at(params.start, block);
  Rng rng(params.seed);
  for (const double alpha : alphas) {
    BlockDescent descent{block, alpha * l1_ratio * total, alpha * (1 - l1_ratio) * total, params};
    const DescentResult result = descent.run(rng, cancel);
    for (size_t t = 0; t < targets; ++t) {
      double intercept = design.y_mean[t];
      for (size_t j = 0; j < cols; ++j) {
        const double own = block.coef[j * targets + t];
        path.coef.push_back(own);
        intercept -= design.x_mean[j] * own;
      }
      path.intercept.push_back(intercept);
    }
    path.gap.push_back(result.gap / total);
    path.iterations.push_back(result.iterations);
    path.converged = path.converged && result.converged;
  }
  require_finite(path.coef.data(), path.coef.size());
  require_finite(path.intercept.data(), path.intercept.size());
  return path;
}

#define BOREAL_MULTI_TASK(T)                                                                            \
  template MultiTaskPath fit_multi_task<T>(MatrixView<const T>, MatrixView<const double>, Span<double>, \
                                           Span<double>, double, const ElasticNetParams&,               \
                                           const CancelToken*);
BOREAL_MULTI_TASK(float)
BOREAL_MULTI_TASK(double)
#undef BOREAL_MULTI_TASK

}  // namespace boreal
