// Logistic regression by L-BFGS. One evaluation reads X once: for each block of rows, scores X W^T + b, then
// the loss and its derivative by score, then the block's share of the gradient while its rows are still in
// the L1 cache. Parts of rows run in parallel and are summed in order; all sums are in float64. The loops are
// plain C++ of fixed shape, not the kernels: what is learnt does not depend on the instruction set chosen.
// Parameters are laid out as [outputs, cols] coefficients, then [outputs] intercepts if there are any.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "train/dot.h"
#include "train/lbfgs.h"
#include "train/linear.h"

namespace boreal {
namespace {

constexpr size_t kRows = 4;  // that add_rows takes together
constexpr size_t kBlockBytes = 24 << 10;
constexpr size_t kMinRowsPerPart = 512;
constexpr size_t kMaxParts = 64;
constexpr size_t kMaxPartialValues = size_t{1} << 22;  // of all parts' gradients together, 32 MiB

// gradient += sum over kRows rows of slopes[r * stride] * x_r
void add_rows(const double* x, size_t xs, const double* slopes, size_t stride, size_t cols,
              double* __restrict gradient) {
  const double* __restrict x0 = x;
  const double* __restrict x1 = x + xs;
  const double* __restrict x2 = x + 2 * xs;
  const double* __restrict x3 = x + 3 * xs;
  const double p0 = slopes[0], p1 = slopes[stride], p2 = slopes[2 * stride], p3 = slopes[3 * stride];
  for (size_t j = 0; j < cols; ++j) {
    gradient[j] += (p0 * x0[j] + p1 * x1[j]) + (p2 * x2[j] + p3 * x3[j]);
  }
}

// log(1 + exp(z)), z = score for the first class and -score for the second. Turns the score into the
// derivative of the loss by it. Not log1p, which is three times slower: beside a mean loss that is compared
// at 64 eps the rounding of 1 + e is nothing. No branches: they would be as good as random.
double binomial_loss(double* score, int32_t label) {
  const double sign = 1.0 - 2.0 * label;
  const double z = sign * *score;
  const double e = std::exp(-std::fabs(z));
  const double numerator[2] = {1.0, e};
  *score = sign * (numerator[z < 0] / (1.0 + e));
  return std::log(1.0 + e) + std::max(z, 0.0);
}

// log(sum_k exp(z_k)) - z_label. Turns the scores z [outputs] into the loss's derivatives by them.
double multinomial_loss(double* z, size_t outputs, int32_t label) {
  const double largest = *std::max_element(z, z + outputs);
  const double own = z[label] - largest;
  double sum = 0;
  for (size_t k = 0; k < outputs; ++k) {
    z[k] = std::exp(z[k] - largest);
    sum += z[k];
  }
  for (size_t k = 0; k < outputs; ++k) z[k] /= sum;
  z[label] -= 1;
  return std::log(sum) - own;
}

template <typename T>
class LogisticLoss {
 public:
  LogisticLoss(MatrixView<const T> x, Span<int32_t> classes, size_t outputs, Span<double> weights,
               double total_weight, double penalty, bool fit_intercept, const CancelToken* cancel)
      : x_(x),
        classes_(classes),
        weights_(weights),
        outputs_(outputs),
        coefficients_(outputs * x.cols),
        dimension_(coefficients_ + (fit_intercept ? outputs : 0)),
        total_weight_(total_weight),
        penalty_(penalty),
        cancel_(cancel),
        parts_(partition_rows(x.rows, kMinRowsPerPart,
                              std::min(kMaxParts, std::max<size_t>(1, kMaxPartialValues / dimension_)))),
        block_rows_(std::max(size_t{1}, kBlockBytes / (x.cols * sizeof(double)) / kRows) * kRows),
        partial_(parts_.count(), std::vector<double>(dimension_)),
        partial_loss_(parts_.count()),
        scratch_(ThreadPool::instance().size() + 1) {}

  size_t dimension() const { return dimension_; }

  double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) {
    ThreadPool::instance().parallel_for(parts_.count(), [&](size_t part, size_t slot) {
      std::fill(partial_[part].begin(), partial_[part].end(), 0.0);
      double loss = 0;
      for (size_t i = parts_.begin(part); i < parts_.end(part); i += block_rows_) {
        check_cancel(cancel_);
        const size_t rows = std::min(block_rows_, parts_.end(part) - i);
        loss += add_block(parameters.data(), i, rows, scratch_[slot], partial_[part].data());
      }
      partial_loss_[part] = loss;
    });

    double loss = 0;
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (size_t part = 0; part < parts_.count(); ++part) {
      loss += partial_loss_[part];
      for (size_t d = 0; d < dimension_; ++d) gradient[d] += partial_[part][d];
    }
    double squares = 0;
    for (size_t d = 0; d < dimension_; ++d) {
      gradient[d] /= total_weight_;
      if (d >= coefficients_) continue;
      gradient[d] += penalty_ * parameters[d];
      squares += parameters[d] * parameters[d];
    }
    return loss / total_weight_ + 0.5 * penalty_ * squares;
  }

 private:
  struct Scratch {
    std::vector<double> x, scores;  // [block_rows, cols], [block_rows, outputs]
  };

  // The rows as float64, padded with zero rows to a multiple of kRows; in place where that needs no change.
  MatrixView<const double> load_block(size_t begin, size_t rows, std::vector<double>& buffer) const {
    const size_t padded = (rows + kRows - 1) / kRows * kRows;
    if constexpr (std::is_same_v<T, double>) {
      if (rows == padded) return {x_.row(begin), rows, x_.cols, x_.stride};
    }
    for (size_t r = 0; r < rows; ++r) {
      std::copy(x_.row(begin + r), x_.row(begin + r) + x_.cols, buffer.data() + r * x_.cols);
    }
    std::fill(buffer.data() + rows * x_.cols, buffer.data() + padded * x_.cols, 0.0);
    return dense_view<const double>(buffer.data(), padded, x_.cols);
  }

  // Adds the gradient of the rows' weighted loss, and returns that loss.
  double add_block(const double* parameters, size_t begin, size_t rows, Scratch& scratch, double* gradient) {
    scratch.x.resize(block_rows_ * x_.cols);
    scratch.scores.resize(block_rows_ * outputs_);
    double* const scores = scratch.scores.data();
    const MatrixView<const double> x = load_block(begin, rows, scratch.x);
    const bool has_intercept = dimension_ > coefficients_;
    for (size_t r = 0; r < rows; ++r) {
      for (size_t k = 0; k < outputs_; ++k) {
        const double bias = has_intercept ? parameters[coefficients_ + k] : 0.0;
        scores[r * outputs_ + k] = dot(x.row(r), parameters + k * x.cols, x.cols) + bias;
      }
    }

    double loss = 0;
    for (size_t r = 0; r < rows; ++r) {
      double* const row = scores + r * outputs_;
      const int32_t label = classes_[begin + r];
      const double row_loss =
          outputs_ == 1 ? binomial_loss(row, label) : multinomial_loss(row, outputs_, label);
      const double weight = weights_.size == 0 ? 1.0 : weights_[begin + r];
      loss += weight * row_loss;
      for (size_t k = 0; k < outputs_; ++k) {
        row[k] *= weight;
        if (has_intercept) gradient[coefficients_ + k] += row[k];
      }
    }
    std::fill(scores + rows * outputs_, scores + x.rows * outputs_, 0.0);

    for (size_t r = 0; r < x.rows; r += kRows) {
      for (size_t k = 0; k < outputs_; ++k) {
        add_rows(x.row(r), x.stride, scores + r * outputs_ + k, outputs_, x.cols, gradient + k * x.cols);
      }
    }
    return loss;
  }

  MatrixView<const T> x_;
  Span<int32_t> classes_;
  Span<double> weights_;
  size_t outputs_, coefficients_, dimension_;
  double total_weight_, penalty_;
  const CancelToken* cancel_;
  Partition parts_;
  size_t block_rows_;
  std::vector<std::vector<double>> partial_;
  std::vector<double> partial_loss_;
  std::vector<Scratch> scratch_;
};

}  // namespace

template <typename T>
LogisticModel fit_logistic(MatrixView<const T> x, Span<int32_t> classes, uint32_t class_count,
                           Span<double> weights, const LogisticParams& params, const CancelToken* cancel,
                           const std::function<void(size_t done, size_t total)>& progress) {
  if (x.rows == 0 || x.cols == 0) {
    throw Error("ERR_EMPTY", "Logistic regression needs at least one row and one column.");
  }
  if (classes.size != x.rows) {
    throw Error("ERR_SHAPE", "There are " + std::to_string(classes.size) + " labels for " +
                                 std::to_string(x.rows) + " rows.");
  }
  if (class_count < 2) throw Error("ERR_LABELS", "Logistic regression needs at least two classes.");
  for (size_t i = 0; i < x.rows; ++i) {
    if (classes[i] < 0 || static_cast<uint32_t>(classes[i]) >= class_count) {
      throw Error("ERR_LABELS", "A class index is out of range.", static_cast<int64_t>(i));
    }
  }
  if (!(params.c > 0)) throw Error("ERR_PARAMETER", "C must be > 0.");
  if (!(params.tol >= 0)) throw Error("ERR_PARAMETER", "tol must be >= 0.");
  const double total = total_weight(weights, x.rows);

  const size_t outputs = class_count == 2 ? 1 : class_count;
  LogisticLoss<T> loss(x, classes, outputs, weights, total, 1 / (params.c * total), params.fit_intercept,
                       cancel);
  LbfgsOptions options;
  options.max_iterations = params.max_iter;
  options.gradient_tolerance = params.tol;
  options.value_tolerance = 64 * std::numeric_limits<double>::epsilon();
  options.on_iteration = [&](size_t iterations) {
    if (progress) progress(iterations, params.max_iter);
  };
  const LbfgsResult result =
      minimize([&loss](const std::vector<double>& parameters,
                       std::vector<double>& gradient) { return loss(parameters, gradient); },
               std::vector<double>(loss.dimension()), options);

  LogisticModel model;
  const auto intercepts = result.x.begin() + static_cast<ptrdiff_t>(outputs * x.cols);
  model.coef.assign(result.x.begin(), intercepts);
  model.intercept.assign(intercepts, result.x.end());
  model.intercept.resize(outputs, 0.0);
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  return model;
}

#define BOREAL_LOGISTIC(T)                                                                           \
  template LogisticModel fit_logistic<T>(MatrixView<const T>, Span<int32_t>, uint32_t, Span<double>, \
                                         const LogisticParams&, const CancelToken*,                  \
                                         const std::function<void(size_t, size_t)>&);
BOREAL_LOGISTIC(float)
BOREAL_LOGISTIC(double)
#undef BOREAL_LOGISTIC

}  // namespace boreal
