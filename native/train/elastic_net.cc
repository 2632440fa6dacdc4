// With at least as many rows as columns everything goes through moments of groups of rows. Where each row is
// tested once, in a few folds, a fold's training set is the sum of the other folds' moments, so that
// cross-validation reads X no oftener than one fit does, but for the errors of the rows left out.
#include "train/elastic_net.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

constexpr size_t kMaxGramCols = 2048;    // 32 MiB
constexpr size_t kMostGramCols = 16384;  // 2 GiB: with more, columns are taken whatever was asked for
constexpr double kLeastAlpha = 1e-15;    // numpy's resolution of float64

bool prefers_gram(size_t rows, size_t cols, Products products) {
  if (products != Products::kAuto) return products == Products::kAlways && cols <= kMostGramCols;
  return rows >= cols && cols <= kMaxGramCols;
}

void check(size_t rows, size_t cols, Span<double> y, Span<double> weights, const ElasticNetParams& params) {
  if (rows == 0 || cols == 0) {
    throw Error("ERR_EMPTY", "The elastic net needs at least one row and one column.");
  }
  if (y.size != rows) throw Error("ERR_SHAPE", "y must have one value per row.");
  if (!(params.tol >= 0)) throw Error("ERR_PARAMETER", "tol must be >= 0.");
  total_weight(weights, rows);
}

std::vector<uint32_t> all_rows(size_t rows) {
  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

// Some rows as columns, but for those of no weight, which count as rows.
struct ColumnProblem {
  std::vector<double> columns, y, x_mean;
  double y_mean = 0;
};
template <typename T>
ColumnProblem column_problem(const RegressionRows<T>& rows, Span<uint32_t> chosen, bool fit_intercept) {
  const size_t cols = rows.x.cols;
  const auto weight = [&](size_t row) { return rows.weights.size == 0 ? 1.0 : rows.weights[row]; };
  std::vector<uint32_t> used;
  double total = 0;
  for (const uint32_t row : chosen) {
    if (weight(row) > 0) used.push_back(row);
    total += weight(row);
  }
  const double scale = static_cast<double>(chosen.size) / total;
  ColumnProblem problem;
  problem.x_mean.assign(cols, 0.0);
  if (fit_intercept) {
    for (const uint32_t row : used) {
      const double share = weight(row) / total;
      for (size_t j = 0; j < cols; ++j) {
        problem.x_mean[j] += share * (static_cast<double>(rows.x.at(row, j)) - rows.centre[j]);
      }
      problem.y_mean += share * (rows.y.at(row, 0) - rows.centre[cols]);
    }
    for (size_t j = 0; j < cols; ++j) problem.x_mean[j] += rows.centre[j];
    problem.y_mean += rows.centre[cols];
  }
  problem.columns.resize(cols * used.size());
  problem.y.resize(used.size());
  for (size_t i = 0; i < used.size(); ++i) {
    const double root = std::sqrt(scale * weight(used[i]));
    for (size_t j = 0; j < cols; ++j) {
      problem.columns[j * used.size() + i] =
          root * (static_cast<double>(rows.x.at(used[i], j)) - problem.x_mean[j]);
    }
    problem.y[i] = root * (rows.y.at(used[i], 0) - problem.y_mean);
  }
  return problem;
}

template <typename Problem>
void run_path(Problem& problem, double rows, const std::vector<double>& x_mean, double y_mean,
              Span<double> alphas, double l1_ratio, const ElasticNetParams& params, const CancelToken* cancel,
              ElasticNetPath& path) {
  Rng rng(params.seed);
  if (!params.start.empty()) {
    if (params.start.size() != problem.cols()) {
      throw Error("ERR_SHAPE", "The start has not the shape of the coefficients.");
    }
    for (size_t j = 0; j < problem.cols(); ++j) {
      if (!std::isfinite(params.start[j])) throw Error("ERR_PARAMETER", "The start must be finite.");
      if (params.start[j] != 0 && problem.norm(j) > 0) problem.move(j, params.start[j]);
    }
  }
  for (const double alpha : alphas) {
    const double l1 = alpha * l1_ratio * rows, l2 = alpha * (1 - l1_ratio) * rows;
    const DescentResult result = problem.solve(l1, l2, params, rng, cancel);
    const std::vector<double>& coef = problem.coef();
    double intercept = y_mean;
    for (size_t j = 0; j < coef.size(); ++j) intercept -= x_mean[j] * coef[j];
    if (!std::isfinite(intercept)) {
      throw Error("ERR_INPUT_INFINITE", "The values are so large that sums of their products overflow.");
    }
    path.coef.insert(path.coef.end(), coef.begin(), coef.end());
    path.intercept.push_back(intercept);
    path.gap.push_back(result.gap / rows);
    path.iterations.push_back(result.iterations);
    path.converged = path.converged && result.converged;
  }
}

// The rows left out: mean squared errors of each alpha of a path.
template <typename T>
void score_path(const RegressionRows<T>& rows, const RowGroups& groups, size_t fold,
                const ElasticNetPath& path, const CancelToken* cancel, size_t folds, double* mse) {
  constexpr size_t kBlock = 64;
  const LinearKernels<T>& linear = linear_kernels<T>(kernels());
  const size_t cols = rows.x.cols, count = path.intercept.size();
  std::vector<T> block(kBlock * cols);
  std::vector<double> y(kBlock), weights(kBlock), predicted(kBlock), sums(count);
  double total = 0;
  for (size_t i = groups.starts[fold]; i < groups.starts[fold + 1]; i += kBlock) {
    check_cancel(cancel);
    const size_t size = std::min(kBlock, groups.starts[fold + 1] - i);
    for (size_t r = 0; r < size; ++r) {
      const size_t row = groups.order[i + r];
      std::copy(rows.x.row(row), rows.x.row(row) + cols, block.data() + r * cols);
      y[r] = rows.y.at(row, 0);
      weights[r] = rows.weights.size == 0 ? 1.0 : rows.weights[row];
      total += weights[r];
    }
    for (size_t a = 0; a < count; ++a) {
      linear.scores(block.data(), cols, size, cols, path.coef.data() + a * cols, path.intercept[a],
                    predicted.data());
      double sum = 0;
      for (size_t r = 0; r < size; ++r) {
        const double error = predicted[r] - y[r];
        sum += weights[r] * error * error;
      }
      sums[a] += sum;
    }
  }
  for (size_t a = 0; a < count; ++a) mse[a * folds + fold] = sums[a] / total;
}

// How many rows of a group have weight.
size_t group_rows(const RowGroups& groups, size_t group, Span<double> weights) {
  const auto at = [&](size_t g) { return groups.order.begin() + static_cast<ptrdiff_t>(groups.starts[g]); };
  const auto has_weight = [&](uint32_t row) { return weights.size == 0 || weights[row] > 0; };
  return static_cast<size_t>(std::count_if(at(group), at(group + 1), has_weight));
}

// Throws ERR_PARAMETER unless every fold has rows of weight to train on and to test.
void check_folds(const RowFolds& folds, size_t rows, Span<double> weights) {
  const RowGroups &tests = folds.tests, &trains = folds.trains;
  const bool parted = trains.order.empty();
  if (tests.order.empty() || (!parted && trains.count() != tests.count())) {
    throw Error("ERR_PARAMETER", "Every fold needs rows to train on and rows to test.");
  }
  for (const RowGroups* groups : {&tests, &trains}) {
    for (const uint32_t row : groups->order) {
      if (row >= rows) throw Error("ERR_PARAMETER", "A row of a fold is out of range.");
    }
  }
  if (parted) {
    std::vector<bool> seen(rows);
    for (const uint32_t row : tests.order) {
      if (seen[row]) throw Error("ERR_PARAMETER", "A row is tested twice.");
      seen[row] = true;
    }
    if (tests.order.size() != rows) throw Error("ERR_PARAMETER", "A row is not tested.");
  }
  size_t total = 0;
  for (size_t fold = 0; fold < tests.count(); ++fold) total += group_rows(tests, fold, weights);
  for (size_t fold = 0; fold < tests.count(); ++fold) {
    // Rows, not their weights: sums of those, each in an order of its own, may leave some where none is.
    const size_t tested = group_rows(tests, fold, weights);
    const size_t others = parted ? total - tested : group_rows(trains, fold, weights);
    if (tested == 0 || others == 0) {
      throw Error("ERR_PARAMETER", "Fold " + std::to_string(fold) + " has no rows, or none of weight.");
    }
  }
}

std::vector<uint32_t> training_rows(const RowFolds& folds, size_t fold) {
  const RowGroups& trains = folds.trains;
  const auto at = [&](const RowGroups& groups, size_t group) {
    return groups.order.begin() + static_cast<ptrdiff_t>(groups.starts[group]);
  };
  if (!trains.order.empty()) return {at(trains, fold), at(trains, fold + 1)};
  std::vector<uint32_t> rows(folds.tests.order.begin(), at(folds.tests, fold));
  rows.insert(rows.end(), at(folds.tests, fold + 1), folds.tests.order.end());
  return rows;
}

// The least squares problems of the training rows of each fold, and of all rows: made when asked for, so that
// no more of them exist than are solved at once.
template <typename T>
class FoldProblems {
 public:
  FoldProblems(const RegressionRows<T>& rows, const RowFolds& folds, bool fit_intercept,
               const CancelToken* cancel)
      : rows_(rows), folds_(folds), fit_intercept_(fit_intercept), cancel_(cancel) {
    const size_t count = folds.tests.count(), width = rows.x.cols + 1;
    const bool few = count <= rows.x.rows / kLeastRowsPerPart && count <= kMostProducts / (width * width);
    if (folds.trains.order.empty() && few) parts_ = group_moments(rows, folds.tests, cancel);
  }
  GramProblem of_all() const { return parts_.empty() ? of_rows({}) : of_others(parts_.size()); }
  GramProblem of_fold(size_t fold) const {
    if (!parts_.empty()) return of_others(fold);
    RowGroups rows{training_rows(folds_, fold), {}};
    rows.starts = {0, rows.order.size()};
    return of_rows(rows);
  }
  // So many may be made at once.
  static size_t at_once(size_t cols) { return std::max<size_t>(1, kMostProducts / (2 * cols * cols)); }

 private:
  // Sums of fewer rows take longer to add up than those of the rows themselves.
  static constexpr size_t kLeastRowsPerPart = 16;
  static constexpr size_t kMostProducts = size_t{1} << 26;  // 512 MiB

  GramProblem of_rows(const RowGroups& rows) const { return problem(group_moments(rows_, rows, cancel_)[0]); }
  // Added up: the difference from the sum of all would keep the rounding of rows that are none of its own.
  GramProblem of_others(size_t fold) const {
    Moments sum(rows_.x.cols + 1);
    for (size_t part = 0; part < parts_.size(); ++part) {
      check_cancel(cancel_);
      if (part != fold) sum.add(parts_[part]);
    }
    return problem(sum);
  }
  GramProblem problem(const Moments& moments) const {
    return gram_problem(moments, rows_.centre, 1, fit_intercept_);
  }

  const RegressionRows<T>& rows_;
  const RowFolds& folds_;
  bool fit_intercept_;
  const CancelToken* cancel_;
  std::vector<Moments> parts_;  // of the rows that each fold tests, or empty
};

std::vector<double> geometric(double largest, double eps, size_t count) {
  std::vector<double> alphas(count, kLeastAlpha);
  if (largest <= kLeastAlpha) return alphas;
  for (size_t i = 0; i < count; ++i) {
    const double t = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
    alphas[i] = largest * std::pow(eps, t);
  }
  return alphas;
}

}  // namespace

void check_penalty(Span<double> alphas, double l1_ratio) {
  for (const double alpha : alphas) {
    if (!(alpha >= 0) || std::isinf(alpha)) throw Error("ERR_PARAMETER", "alpha must be finite and >= 0.");
  }
  if (!(l1_ratio >= 0 && l1_ratio <= 1)) throw Error("ERR_PARAMETER", "l1Ratio must be in [0, 1].");
}

template <typename T>
ElasticNetPath fit_elastic_net(MatrixView<const T> x, Span<double> y, Span<double> weights,
                               Span<double> alphas, double l1_ratio, const ElasticNetParams& params,
                               const CancelToken* cancel) {
  check(x.rows, x.cols, y, weights, params);
  check_penalty(alphas, l1_ratio);
  if (prefers_gram(x.rows, x.cols, params.products)) {
    const GramProblem problem =
        gram_problem(x, dense_view(y.data, y.size, 1), weights, params.fit_intercept, cancel);
    return fit_elastic_net(problem, alphas, l1_ratio, params, cancel);
  }
  const RegressionRows<T> rows =
      centred_rows(x, dense_view(y.data, y.size, 1), weights, params.fit_intercept);
  const std::vector<uint32_t> all = all_rows(x.rows);
  ColumnProblem problem = column_problem(rows, {all.data(), all.size()}, params.fit_intercept);
  ColumnDescent descent(std::move(problem.columns), std::move(problem.y), x.cols);
  ElasticNetPath path;
  run_path(descent, static_cast<double>(x.rows), problem.x_mean, problem.y_mean, alphas, l1_ratio, params,
           cancel, path);
  return path;
}

ElasticNetPath fit_elastic_net(const GramProblem& problem, Span<double> alphas, double l1_ratio,
                               const ElasticNetParams& params, const CancelToken* cancel) {
  check_penalty(alphas, l1_ratio);
  if (!(params.tol >= 0)) throw Error("ERR_PARAMETER", "tol must be >= 0.");
  if (problem.yy.size() != 1) throw Error("ERR_SHAPE", "The elastic net has one target.");
  GramDescent descent(problem);
  ElasticNetPath path;
  run_path(descent, problem.rows, problem.x_mean, problem.y_mean[0], alphas, l1_ratio, params, cancel, path);
  return path;
}

ElasticNetPath fit_elastic_net(const CsrView<double>& x, Span<double> y, Span<double> weights,
                               Span<double> alphas, double l1_ratio, const ElasticNetParams& params,
                               const CancelToken* cancel) {
  check(x.rows(), x.cols, y, weights, params);
  check_penalty(alphas, l1_ratio);
  const size_t rows = x.rows();
  const double total = total_weight(weights, rows);
  std::vector<double> scaled(weights.begin(), weights.end()), centred(y.begin(), y.end()), mean(x.cols, 0.0);
  for (double& weight : scaled) weight *= static_cast<double>(rows) / total;
  double y_mean = 0;
  if (params.fit_intercept) {
    mean = csr_moments(x, weights, cancel).mean;
    for (size_t i = 0; i < rows; ++i) y_mean += (weights.size == 0 ? 1.0 : weights[i]) / total * y[i];
    for (double& value : centred) value -= y_mean;
  }
  SparseColumnDescent descent(csr_transpose(x, cancel), {scaled.data(), scaled.size()}, std::move(centred),
                              mean);
  ElasticNetPath path;
  run_path(descent, static_cast<double>(rows), mean, y_mean, alphas, l1_ratio, params, cancel, path);
  return path;
}

template <typename T>
ElasticNetScores cross_validate_elastic_net(MatrixView<const T> x, Span<double> y, Span<double> weights,
                                            const RowFolds& folds, Span<double> l1_ratios,
                                            Span<double> alphas, size_t count, double eps,
                                            const ElasticNetParams& params, const CancelToken* cancel,
                                            const std::function<void(size_t done, size_t total)>& progress) {
  check(x.rows, x.cols, y, weights, params);
  if (l1_ratios.size == 0) throw Error("ERR_PARAMETER", "There must be at least one l1Ratio.");
  for (const double ratio : l1_ratios) check_penalty(alphas, ratio);
  check_folds(folds, x.rows, weights);
  const RegressionRows<T> rows =
      centred_rows(x, dense_view(y.data, y.size, 1), weights, params.fit_intercept);
  const size_t fold_count = folds.tests.count();
  const size_t trained = folds.trains.order.empty() ? x.rows * (fold_count - 1) : folds.trains.order.size();
  const bool gram = prefers_gram(trained / fold_count, x.cols, params.products);
  std::optional<FoldProblems<T>> problems;
  if (gram) problems.emplace(rows, folds, params.fit_intercept, cancel);
  std::vector<double> all_xy;
  if (alphas.size == 0 && gram) {
    all_xy = problems->of_all().xy;
  } else if (alphas.size == 0) {
    const std::vector<uint32_t> chosen = all_rows(x.rows);
    ColumnProblem all = column_problem(rows, {chosen.data(), chosen.size()}, params.fit_intercept);
    ColumnDescent(std::move(all.columns), std::move(all.y), x.cols).all_correlations(all_xy);
  }
  ElasticNetScores result;
  for (const double ratio : l1_ratios) {
    std::vector<double> grid(alphas.begin(), alphas.end());
    if (alphas.size == 0) {
      double largest = 0;
      for (const double value : all_xy)
        largest = std::max(largest, params.positive ? value : std::fabs(value));
      grid = geometric(largest / (static_cast<double>(x.rows) * ratio), eps, count);
    }
    std::sort(grid.begin(), grid.end(), [](double a, double b) { return a > b; });
    result.alphas.insert(result.alphas.end(), grid.begin(), grid.end());
  }

  const size_t per_ratio = result.alphas.size() / l1_ratios.size, total = fold_count * l1_ratios.size;
  result.mse.resize(result.alphas.size() * fold_count);
  std::atomic<size_t> done{0};
  const auto score = [&](size_t ratio, size_t fold, auto& descent, double trained_rows,
                         const std::vector<double>& x_mean, double y_mean) {
    const Span<double> grid{result.alphas.data() + ratio * per_ratio, per_ratio};
    ElasticNetPath path;
    run_path(descent, trained_rows, x_mean, y_mean, grid, l1_ratios[ratio], params, cancel, path);
    score_path(rows, folds.tests, fold, path, cancel, fold_count,
               result.mse.data() + ratio * per_ratio * fold_count);
    if (progress) progress(++done, total);
  };
  ThreadPool& pool = ThreadPool::instance();
  if (gram) {
    const auto try_fold = [&](size_t fold, size_t) {
      const GramProblem problem = problems->of_fold(fold);
      pool.parallel_for(l1_ratios.size, [&](size_t ratio, size_t) {
        GramDescent descent(problem);
        score(ratio, fold, descent, problem.rows, problem.x_mean, problem.y_mean[0]);
      });
    };
    pool.parallel_for(fold_count, try_fold, FoldProblems<T>::at_once(x.cols));
    return result;
  }
  pool.parallel_for(total, [&](size_t task, size_t) {
    const size_t fold = task % fold_count;
    const std::vector<uint32_t> chosen = training_rows(folds, fold);
    ColumnProblem problem = column_problem(rows, {chosen.data(), chosen.size()}, params.fit_intercept);
    ColumnDescent descent(std::move(problem.columns), std::move(problem.y), x.cols);
    score(task / fold_count, fold, descent, static_cast<double>(chosen.size()), problem.x_mean,
          problem.y_mean);
  });
  return result;
}

#define BOREAL_ELASTIC_NET(T)                                                                               \
  template ElasticNetPath fit_elastic_net<T>(MatrixView<const T>, Span<double>, Span<double>, Span<double>, \
                                             double, const ElasticNetParams&, const CancelToken*);          \
  template ElasticNetScores cross_validate_elastic_net<T>(                                                  \
      MatrixView<const T>, Span<double>, Span<double>, const RowFolds&, Span<double>, Span<double>, size_t, \
      double, const ElasticNetParams&, const CancelToken*, const std::function<void(size_t, size_t)>&);
BOREAL_ELASTIC_NET(float)
BOREAL_ELASTIC_NET(double)
#undef BOREAL_ELASTIC_NET

}  // namespace boreal
