#include "train/logistic_loss.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 24 << 10;
constexpr size_t kBlockMultiple = 8;  // the lanes of the kernels
constexpr size_t kChunk = 16;         // rows whose losses are computed at once
constexpr size_t kMinRowsPerPart = 512;
constexpr size_t kMaxParts = 64;
constexpr size_t kMaxPartialValues = size_t{1} << 22;  // of all parts together, 32 MiB

size_t parts_for(size_t values) {
  return std::min(kMaxParts, std::max<size_t>(1, kMaxPartialValues / values));
}

}  // namespace

template <typename T>
LogisticLoss<T>::LogisticLoss(MatrixView<const T> x, const LogisticProblem& problem)
    : x_(x),
      problem_(problem),
      coefficients_(problem.outputs * x.cols),
      dimension_(coefficients_ + (problem.fit_intercept ? problem.outputs : 0)),
      block_rows_(std::max(size_t{1}, kBlockBytes / (x.cols * sizeof(T)) / kBlockMultiple) * kBlockMultiple),
      scratch_(ThreadPool::instance().size() + 1) {
  if (problem.outputs > 1) return;
  sign_.reserve(x.rows);
  for (const int32_t label : problem.classes) sign_.push_back(1.0 - 2.0 * label);
}

template <typename T>
double LogisticLoss<T>::evaluate(const double* parameters, double* gradient) {
  return run(parameters, gradient, nullptr, partition_rows(x_.rows, kMinRowsPerPart, parts_for(dimension_)),
             parts_);
}

template <typename T>
double LogisticLoss<T>::evaluate(const double* parameters, double* gradient, double* hessian) {
  const Partition rows = partition_rows(x_.rows, kMinRowsPerPart, parts_for(dimension_ * dimension_));
  return run(parameters, gradient, hessian, rows, parts_);
}

template <typename T>
double LogisticLoss<T>::run(const double* parameters, double* gradient, double* hessian, Partition rows,
                            std::vector<Part>& parts) {
  const size_t area = hessian == nullptr ? 0 : dimension_ * dimension_;
  if (parts.size() < rows.count()) parts.resize(rows.count());
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t index, size_t slot) {
    Part& part = parts[index];
    part.gradient.assign(dimension_, 0.0);
    part.hessian.assign(area, 0.0);
    part.loss = 0;
    for (size_t i = rows.begin(index); i < rows.end(index); i += block_rows_) {
      check_cancel(problem_.cancel);
      const size_t count = std::min(block_rows_, rows.end(index) - i);
      part.loss += add_block(parameters, i, count, scratch_[slot], part, hessian != nullptr);
    }
  });

  double loss = 0;
  std::fill(gradient, gradient + dimension_, 0.0);
  if (hessian != nullptr) std::fill(hessian, hessian + area, 0.0);
  for (size_t index = 0; index < rows.count(); ++index) {
    const Part& part = parts[index];
    loss += part.loss;
    for (size_t d = 0; d < dimension_; ++d) gradient[d] += part.gradient[d];
    for (size_t d = 0; d < area; ++d) hessian[d] += part.hessian[d];
  }
  const double total = problem_.total_weight, penalty = problem_.penalty;
  double squares = 0;
  for (size_t d = 0; d < dimension_; ++d) {
    gradient[d] /= total;
    if (d >= coefficients_) continue;
    gradient[d] += penalty * parameters[d];
    squares += parameters[d] * parameters[d];
  }
  for (size_t d = 0; d < area; ++d) hessian[d] /= total;
  if (hessian != nullptr) {
    for (size_t d = 0; d < coefficients_; ++d) hessian[d * dimension_ + d] += penalty;
    for (size_t i = 0; i < dimension_; ++i) {
      for (size_t j = 0; j < i; ++j) hessian[i * dimension_ + j] = hessian[j * dimension_ + i];
    }
  }
  return loss / total + 0.5 * penalty * squares;
}

template <typename T>
void LogisticLoss<T>::prefetch_rows(size_t begin, size_t count) const {
#if defined(__GNUC__)
  if (begin + count > x_.rows) return;
  const char* const end = reinterpret_cast<const char*>(x_.row(begin + count - 1) + x_.cols);
  for (const char* p = reinterpret_cast<const char*>(x_.row(begin)); p < end; p += 64) {
    __builtin_prefetch(p, 0, 2);
  }
#else
  (void)begin;
  (void)count;
#endif
}

// Adds the gradient of the rows' weighted loss, and returns that loss.
template <typename T>
double LogisticLoss<T>::add_block(const double* parameters, size_t begin, size_t rows, Scratch& scratch,
                                  Part& part, bool with_hessian) const {
  const Kernels& table = kernels();
  const LinearKernels<T>& linear = linear_kernels<T>(table);
  const size_t outputs = problem_.outputs;
  scratch.scores.resize(block_rows_ * outputs);
  double* const scores = scratch.scores.data();
  const T* const x = x_.row(begin);
  const bool has_intercept = problem_.fit_intercept;
  for (size_t k = 0; k < outputs; ++k) {
    const double bias = has_intercept ? parameters[coefficients_ + k] : 0.0;
    linear.scores(x, x_.stride, rows, x_.cols, parameters + k * x_.cols, bias, scores + k * block_rows_);
  }

  const double* const weights = problem_.weights.size == 0 ? nullptr : problem_.weights.data + begin;
  double loss;
  if (outputs == 1) {
    // The next rows come from memory while the losses are computed.
    loss = 0;
    for (size_t i = 0; i < rows; i += kChunk) {
      const size_t size = std::min(kChunk, rows - i);
      prefetch_rows(begin + rows + i, size);
      const double* const chunk_weights = weights == nullptr ? nullptr : weights + i;
      loss += table.logistic.binomial(scores + i, sign_.data() + begin + i, chunk_weights, size);
    }
    if (with_hessian) add_curvature(begin, rows, scratch, part);
  } else {
    scratch.own.resize(block_rows_);
    for (size_t i = 0; i < rows; ++i) {
      scratch.own[i] = scores[static_cast<size_t>(problem_.classes[begin + i]) * block_rows_ + i];
    }
    loss = table.logistic.multinomial(scores, block_rows_, outputs, scratch.own.data(), weights, rows);
    if (with_hessian) add_curvature(begin, rows, scratch, part);
    for (size_t i = 0; i < rows; ++i) {
      scores[static_cast<size_t>(problem_.classes[begin + i]) * block_rows_ + i] -=
          weights == nullptr ? 1.0 : weights[i];
    }
  }

  for (size_t k = 0; k < outputs; ++k) {
    const double* const slopes = scores + k * block_rows_;
    linear.add_rows(x, x_.stride, rows, x_.cols, slopes, part.gradient.data() + k * x_.cols);
    if (!has_intercept) continue;
    double sum = 0;
    for (size_t i = 0; i < rows; ++i) sum += slopes[i];
    part.gradient[coefficients_ + k] += sum;
  }
  return loss;
}

// Adds to the upper half of the part's Hessian: of outputs k and l, X^T diag(w p_k ([k = l] - p_l)) X. Of two
// classes scores hold slopes +-w p; else they hold w p_k.
template <typename T>
void LogisticLoss<T>::add_curvature(size_t begin, size_t rows, Scratch& scratch, Part& part) const {
  const LinearKernels<T>& linear = linear_kernels<T>(kernels());
  const size_t outputs = problem_.outputs, cols = x_.cols;
  const T* const x = x_.row(begin);
  scratch.curvature.resize(block_rows_);
  double* const curvature = scratch.curvature.data();
  const auto weight = [&](size_t i) {
    return problem_.weights.size == 0 ? 1.0 : problem_.weights[begin + i];
  };
  std::vector<double> square(cols * cols), line(cols);
  for (size_t k = 0; k < outputs; ++k) {
    for (size_t l = k; l < outputs; ++l) {
      const double* const left = scratch.scores.data() + k * block_rows_;
      const double* const right = scratch.scores.data() + l * block_rows_;
      double sum = 0;
      for (size_t i = 0; i < rows; ++i) {
        const double w = weight(i);
        const double p = w > 0 ? std::abs(left[i]) / w : 0.0, q = w > 0 ? std::abs(right[i]) / w : 0.0;
        curvature[i] = w * p * (k == l ? 1 - p : -q);
        sum += curvature[i];
      }
      double* const target = part.hessian.data() + k * cols * dimension_ + l * cols;
      std::fill(square.begin(), square.end(), 0.0);
      linear.add_gram(x, x_.stride, rows, cols, curvature, square.data(), cols);
      for (size_t i = 0; i < cols; ++i) {
        for (size_t j = i; j < cols; ++j) {
          target[i * dimension_ + j] += square[i * cols + j];
          if (i != j && k != l) target[j * dimension_ + i] += square[i * cols + j];
        }
      }
      if (!problem_.fit_intercept) continue;
      std::fill(line.begin(), line.end(), 0.0);
      linear.add_rows(x, x_.stride, rows, cols, curvature, line.data());
      for (size_t j = 0; j < cols; ++j) {
        part.hessian[(k * cols + j) * dimension_ + coefficients_ + l] += line[j];
        if (k != l) part.hessian[(l * cols + j) * dimension_ + coefficients_ + k] += line[j];
      }
      part.hessian[(coefficients_ + k) * dimension_ + coefficients_ + l] += sum;
    }
  }
}

template class LogisticLoss<float>;
template class LogisticLoss<double>;

}  // namespace boreal
