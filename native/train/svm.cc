#include "train/svm.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "linalg/elementwise.h"
#include "train/calibration.h"

namespace boreal {
namespace {

constexpr size_t kFolds = 5;  // of the decisions that probabilities are fitted to

// The training set as all tasks see it.
struct Rows {
  SvmRows x;
  Span<double> weights;
  double weight(size_t i) const { return weights.size == 0 ? 1 : weights[i]; }
};

// Of all values, those that are not stored being 0.
double sparse_variance(const CsrView<double>& x) {
  const double count = static_cast<double>(x.rows()) * static_cast<double>(x.cols);
  double mean = 0, squares = 0;
  for (const double value : x.values) mean += value / count;
  for (const double value : x.values) squares += (value - mean) * (value - mean);
  return (squares + (count - static_cast<double>(x.values.size)) * mean * mean) / count;
}

double scaled_gamma(const SvmRows& x, const RunOptions& run) {
  double variance = 0;
  if (x.is_sparse) {
    variance = sparse_variance(x.sparse);
  } else {
    reduce<double>(Reduction::kVariance, Axis::kAll, x.dense, 0, &variance, run);
  }
  const double scale = variance * static_cast<double>(x.cols);
  return scale > 0 && std::isfinite(scale) ? 1 / scale : 1;
}

SvmOptions options_of(const SvmParams& params, const CancelToken* cancel, size_t max_threads, size_t shares) {
  return {params.tolerance, params.max_iterations, params.cache_bytes / shares,
          params.shrinking, max_threads,           cancel};
}

// Rows of two classes, labelled 1 and -1.
struct Binary {
  std::vector<int32_t> rows;
  std::vector<double> y;
};

struct BinaryFit {
  std::vector<double> coef;  // y_i alpha_i
  double rho = 0;
  uint64_t iterations = 0;
  bool converged = true;
};

// The first rows of `bounds` from begin to end at their bound, and the next in between, so that they add up
// to `sum`.
void start_with(const std::vector<double>& bounds, size_t begin, size_t end, double sum,
                std::vector<double>& start) {
  for (size_t i = begin; i < end; ++i) {
    start.push_back(std::min(bounds[i], sum));
    sum -= start[i];
  }
}

// The weights of each class.
std::pair<double, double> weights_of(const Rows& rows, const Binary& part) {
  double first = 0, second = 0;
  for (size_t i = 0; i < part.rows.size(); ++i)
    (part.y[i] > 0 ? first : second) += rows.weight(static_cast<size_t>(part.rows[i]));
  return {first, second};
}

// With nu: alpha in [0, 1] that add up to nu / 2 times the weight of all rows for each class, or as much as
// it has.
BinaryFit fit_nu(const Rows& rows, const Binary& part, const SvmParams& params, const SvmOptions& options) {
  const KernelColumns columns(params.kernel, rows.x, part.rows);
  SvmProblem problem;
  problem.keeps_sums = true;
  problem.y = part.y;
  problem.p.assign(part.rows.size(), 0);
  for (const int32_t row : part.rows) problem.c.push_back(rows.weight(static_cast<size_t>(row)));
  const auto [first, second] = weights_of(rows, part);
  const double sum = std::min({params.nu * (first + second) / 2, first, second});
  const auto positive = static_cast<size_t>(std::count(part.y.begin(), part.y.end(), 1.0));
  start_with(problem.c, 0, positive, sum, problem.start);
  start_with(problem.c, positive, part.y.size(), sum, problem.start);
  SvmSolution solution = solve_svm(columns, problem, options);
  BinaryFit fit{std::move(solution.alpha), 0, solution.iterations, solution.converged};
  // Without a margin the best machine is one that says nothing.
  const double factor = solution.scale > 0 ? 1 / solution.scale : 0;
  for (size_t i = 0; i < fit.coef.size(); ++i) fit.coef[i] *= part.y[i] * factor;
  fit.rho = solution.rho * factor;
  return fit;
}

BinaryFit fit_binary(const Rows& rows, const Binary& part, const SvmParams& params,
                     const SvmOptions& options) {
  if (params.task == SvmTask::kNuClassifier) return fit_nu(rows, part, params, options);
  const KernelColumns columns(params.kernel, rows.x, part.rows);
  SvmProblem problem;
  problem.y = part.y;
  problem.p.assign(part.rows.size(), -1);
  for (const int32_t row : part.rows) problem.c.push_back(params.c * rows.weight(static_cast<size_t>(row)));
  SvmSolution solution = solve_svm(columns, problem, options);
  BinaryFit fit{std::move(solution.alpha), solution.rho, solution.iterations, solution.converged};
  for (size_t i = 0; i < fit.coef.size(); ++i) fit.coef[i] *= part.y[i];
  return fit;
}

// Decisions of a fit for other rows: a row of the kernel for each support vector.
void decide(const Rows& rows, const SvmParams& params, const Binary& part, const BinaryFit& fit,
            const std::vector<int32_t>& wanted, double* decisions) {
  const KernelColumns columns(params.kernel, rows.x, wanted);
  std::vector<float> values(wanted.size());
  std::fill_n(decisions, wanted.size(), -fit.rho);
  for (size_t i = 0; i < part.rows.size(); ++i) {
    if (fit.coef[i] == 0) continue;
    columns.fill(static_cast<size_t>(part.rows[i]), 0, wanted.size(), values.data());
    for (size_t k = 0; k < wanted.size(); ++k) decisions[k] += fit.coef[i] * values[k];
  }
}

// The sigmoid of a pair, from decisions of fits that have not seen the rows.
Sigmoid fit_probability(const Rows& rows, const Binary& part, const SvmParams& params,
                        const SvmOptions& options, uint64_t stream) {
  const size_t n = part.rows.size();
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  Rng rng(params.seed, stream);
  for (size_t i = n; i > 1; --i) std::swap(order[i - 1], order[rng.below(static_cast<uint32_t>(i))]);
  std::vector<double> decisions, labels;
  for (size_t fold = 0; fold < kFolds; ++fold) {
    const size_t begin = fold * n / kFolds, end = (fold + 1) * n / kFolds;
    if (begin == end) continue;
    Binary train;
    std::vector<int32_t> test;
    // Rows of the first class first, as all fits have them.
    for (const double label : {1.0, -1.0}) {
      for (size_t k = 0; k < n; ++k) {
        const size_t i = order[k];
        if ((k >= begin && k < end) || part.y[i] != label) continue;
        train.rows.push_back(part.rows[i]);
        train.y.push_back(label);
      }
    }
    for (size_t k = begin; k < end; ++k) {
      test.push_back(part.rows[order[k]]);
      labels.push_back(part.y[order[k]]);
    }
    const bool has_first = !train.y.empty() && train.y.front() > 0;
    const bool has_second = !train.y.empty() && train.y.back() < 0;
    decisions.resize(labels.size());
    double* const found = decisions.data() + (decisions.size() - test.size());
    if (has_first && has_second) {
      decide(rows, params, train, fit_binary(rows, train, params, options), test, found);
    } else {
      std::fill_n(found, test.size(), has_first ? 1.0 : has_second ? -1.0 : 0.0);
    }
  }
  constexpr double kEnough = 1e-5;  // LIBSVM's
  return fit_sigmoid({decisions.data(), decisions.size()}, {labels.data(), labels.size()}, {}, kEnough);
}

// Support vectors of all pairs, ordered by class, and their coefficients against each other class.
void join_pairs(const std::vector<std::vector<int32_t>>& rows_of, const std::vector<Binary>& parts,
                const std::vector<BinaryFit>& fits, size_t rows, SvmModel& model) {
  const size_t classes = rows_of.size();
  std::vector<bool> is_support(rows, false);
  for (size_t pair = 0; pair < parts.size(); ++pair) {
    for (size_t i = 0; i < parts[pair].rows.size(); ++i) {
      if (fits[pair].coef[i] != 0) is_support[static_cast<size_t>(parts[pair].rows[i])] = true;
    }
  }
  std::vector<size_t> place(rows, 0);
  for (const std::vector<int32_t>& members : rows_of) {
    const size_t before = model.support.size();
    for (const int32_t row : members) {
      if (!is_support[static_cast<size_t>(row)]) continue;
      place[static_cast<size_t>(row)] = model.support.size();
      model.support.push_back(row);
    }
    model.n_support.push_back(static_cast<int32_t>(model.support.size() - before));
  }
  const size_t supports = model.support.size();
  model.dual_coef.assign((classes - 1) * supports, 0);
  size_t pair = 0;
  for (size_t a = 0; a < classes; ++a) {
    for (size_t b = a + 1; b < classes; ++b, ++pair) {
      for (size_t i = 0; i < parts[pair].rows.size(); ++i) {
        const double coef = fits[pair].coef[i];
        const size_t line = parts[pair].y[i] > 0 ? b - 1 : a;
        if (coef != 0)
          model.dual_coef[line * supports + place[static_cast<size_t>(parts[pair].rows[i])]] = coef;
      }
    }
  }
}

void check_nu(const Rows& rows, const Binary& part, double nu) {
  const auto [first, second] = weights_of(rows, part);
  if (nu * (first + second) / 2 <= std::min(first, second)) return;
  throw Error("ERR_PARAMETER",
              "nu is too large for classes of so different weights: half of its share of two "
              "classes is more than the smaller one.");
}

SvmModel fit_classes(const Rows& rows, Span<double> y, uint32_t class_count, const SvmParams& params,
                     const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
  if (class_count < 2) throw Error("ERR_LABELS", "A classifier needs at least two classes.");
  std::vector<std::vector<int32_t>> rows_of(class_count);
  for (size_t i = 0; i < y.size; ++i) {
    if (!(y[i] >= 0 && y[i] < class_count && y[i] == std::floor(y[i]))) {
      throw Error("ERR_LABELS", "A class is out of range.", static_cast<int64_t>(i));
    }
    if (rows.weight(i) > 0) rows_of[static_cast<size_t>(y[i])].push_back(static_cast<int32_t>(i));
  }
  for (const std::vector<int32_t>& members : rows_of) {
    if (members.empty()) throw Error("ERR_LABELS", "A class has no row of a weight above 0.");
  }
  std::vector<Binary> parts;
  for (size_t a = 0; a < class_count; ++a) {
    for (size_t b = a + 1; b < class_count; ++b) {
      Binary part;
      part.rows = rows_of[a];
      part.rows.insert(part.rows.end(), rows_of[b].begin(), rows_of[b].end());
      part.y.assign(rows_of[a].size(), 1);
      part.y.resize(part.rows.size(), -1);
      if (params.task == SvmTask::kNuClassifier) check_nu(rows, part, params.nu);
      parts.push_back(std::move(part));
    }
  }
  const size_t pairs = parts.size(), shares = std::min(pairs, ThreadPool::instance().size());
  const SvmOptions options = options_of(params, cancel, pairs == 1 ? 0 : 1, shares);
  std::vector<BinaryFit> fits(pairs);
  SvmModel model;
  model.prob_a.resize(params.probability ? pairs : 0);
  model.prob_b.resize(model.prob_a.size());
  std::atomic<size_t> done{0};
  ThreadPool::instance().parallel_for(pairs, [&](size_t pair, size_t) {
    fits[pair] = fit_binary(rows, parts[pair], params, options);
    if (params.probability) {
      const Sigmoid sigmoid = fit_probability(rows, parts[pair], params, options, pair);
      model.prob_a[pair] = sigmoid.a;
      model.prob_b[pair] = sigmoid.b;
    }
    const size_t count = done.fetch_add(1) + 1;
    if (progress) progress(count, pairs);
  });
  for (const BinaryFit& fit : fits) {
    model.intercept.push_back(-fit.rho);
    model.iterations.push_back(static_cast<double>(fit.iterations));
    model.converged = model.converged && fit.converged;
  }
  join_pairs(rows_of, parts, fits, rows.x.rows, model);
  return model;
}

// One set of coefficients over all rows: regression and one class.
SvmModel fit_all(const Rows& rows, const SvmProblem& problem, const SvmParams& params,
                 const CancelToken* cancel) {
  const size_t n = rows.x.rows;
  std::vector<int32_t> all(n);
  std::iota(all.begin(), all.end(), 0);
  const KernelColumns columns(params.kernel, rows.x, std::move(all));
  const SvmSolution solution = solve_svm(columns, problem, options_of(params, cancel, 0, 1));
  SvmModel model;
  for (size_t i = 0; i < n; ++i) {
    double coef = solution.alpha[i];
    for (size_t k = i + n; k < solution.alpha.size(); k += n) coef -= solution.alpha[k];
    if (coef == 0) continue;
    model.support.push_back(static_cast<int32_t>(i));
    model.dual_coef.push_back(coef);
  }
  model.n_support = {static_cast<int32_t>(model.support.size())};
  model.intercept = {-solution.rho};
  model.iterations = {static_cast<double>(solution.iterations)};
  model.converged = solution.converged;
  return model;
}

// With nu in place of epsilon: alpha of either sign that add up to nu / 2 times all bounds.
SvmModel fit_targets(const Rows& rows, Span<double> y, const SvmParams& params, const CancelToken* cancel) {
  const size_t n = y.size;
  SvmProblem problem;
  problem.keeps_sums = params.task == SvmTask::kNuRegressor;
  const double epsilon = problem.keeps_sums ? 0 : params.epsilon;
  for (const double sign : {1.0, -1.0}) {
    for (size_t i = 0; i < n; ++i) {
      if (!std::isfinite(y[i]))
        throw Error("ERR_INPUT_NAN", "A target is not finite.", static_cast<int64_t>(i));
      problem.y.push_back(sign);
      problem.p.push_back(epsilon - sign * y[i]);
      problem.c.push_back(params.c * rows.weight(i));
    }
  }
  if (problem.keeps_sums) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += params.nu * problem.c[i] / 2;
    for (const size_t begin : {size_t{0}, n}) start_with(problem.c, begin, begin + n, sum, problem.start);
  }
  return fit_all(rows, problem, params, cancel);
}

// The first nu rows begin at their bound.
SvmModel fit_one_class(const Rows& rows, const SvmParams& params, const CancelToken* cancel) {
  const size_t n = rows.x.rows;
  SvmProblem problem;
  problem.y.assign(n, 1);
  problem.p.assign(n, 0);
  double rest = 0;
  for (size_t i = 0; i < n; ++i) {
    problem.c.push_back(rows.weight(i));
    rest += params.nu * rows.weight(i);
  }
  start_with(problem.c, 0, n, rest, problem.start);
  return fit_all(rows, problem, params, cancel);
}

void check_fit(size_t rows, size_t cols, Span<double> y, Span<double> weights, const SvmParams& params) {
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "There is nothing to learn from.");
  if (rows > size_t{0x7fffffff}) throw Error("ERR_SHAPE", "There are too many rows.");
  if (params.kernel.precomputed && rows != cols) {
    throw Error("ERR_SHAPE", "A precomputed kernel is a square matrix of the rows.");
  }
  if (!(params.nu > 0 && params.nu <= 1)) throw Error("ERR_PARAMETER", "nu must be in (0, 1].");
  if (params.task != SvmTask::kOneClass && y.size != rows)
    throw Error("ERR_SHAPE", "y has the wrong length.");
  total_weight(weights, rows);
}

SvmModel fit_rows(const Rows& rows, Span<double> y, uint32_t class_count, const SvmParams& given,
                  const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
  SvmParams params = given;
  if (params.scale_gamma) params.kernel.gamma = scaled_gamma(rows.x, {0, cancel});
  const auto fit = [&] {
    switch (params.task) {
      case SvmTask::kClassifier:
      case SvmTask::kNuClassifier:
        return fit_classes(rows, y, class_count, params, cancel, progress);
      case SvmTask::kRegressor:
      case SvmTask::kNuRegressor:
        return fit_targets(rows, y, params, cancel);
      case SvmTask::kOneClass:
        break;
    }
    return fit_one_class(rows, params, cancel);
  };
  SvmModel model = fit();
  model.gamma = params.kernel.gamma;
  for (const double value : model.intercept) {
    if (!std::isfinite(value)) throw Error("ERR_PARAMETER", "Values of the kernel overflow.");
  }
  return model;
}

}  // namespace

template <typename T>
SvmModel fit_svm(MatrixView<const T> x, Span<double> y, uint32_t class_count, Span<double> weights,
                 const SvmParams& params, const CancelToken* cancel,
                 const std::function<void(size_t, size_t)>& progress) {
  check_fit(x.rows, x.cols, y, weights, params);
  if constexpr (std::is_same_v<T, double>) {
    return fit_rows({x, weights}, y, class_count, params, cancel, progress);
  } else {
    AlignedBuffer<double> wide(x.rows * x.cols);
    convert(x, dense_view(wide.data(), x.rows, x.cols), {0, cancel});
    const MatrixView<const double> rows = dense_view<const double>(wide.data(), x.rows, x.cols);
    return fit_rows({rows, weights}, y, class_count, params, cancel, progress);
  }
}

SvmModel fit_svm(const CsrView<double>& x, Span<double> y, uint32_t class_count, Span<double> weights,
                 const SvmParams& params, const CancelToken* cancel,
                 const std::function<void(size_t, size_t)>& progress) {
  if (params.kernel.precomputed) throw Error("ERR_PARAMETER", "A precomputed kernel is a dense matrix.");
  check_fit(x.rows(), x.cols, y, weights, params);
  const std::vector<double> squares = csr_squared_norms(x, cancel);
  const SvmRows rows(x, {squares.data(), squares.size()});
  return fit_rows({rows, weights}, y, class_count, params, cancel, progress);
}

#define BOREAL_SVM(T)                                                                                       \
  template SvmModel fit_svm<T>(MatrixView<const T>, Span<double>, uint32_t, Span<double>, const SvmParams&, \
                               const CancelToken*, const std::function<void(size_t, size_t)>&);
BOREAL_SVM(float)
BOREAL_SVM(double)
#undef BOREAL_SVM

}  // namespace boreal
