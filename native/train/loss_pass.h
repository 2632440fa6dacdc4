// One evaluation of the loss of a linear model and its gradient, which reads X once: scores of a block of
// rows, the slope of each row's loss, and the block's share of the gradient. The parts depend on the shape
// alone, so that sums have the same bits at any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {

// Sums: what the loss adds up beside the gradient; zeros by default, with a member add(const Sums&).
template <typename T, typename Sums>
class LossPass {
 public:
  LossPass(MatrixView<const T> x, const CancelToken* cancel)
      : x_(x),
        cancel_(cancel),
        rows_(partition_rows(x.rows, kMinRowsPerPart, kMaxParts)),
        parts_(rows_.count()) {}

  // slope(row, score, sums) adds a row to the sums and returns the slope of its loss. Overwrites the first
  // cols of the gradient; returns `start` and the sums of all parts.
  template <typename Slope>
  Sums run(const double* coef, double intercept, Sums start, std::vector<double>& gradient,
           const Slope& slope) {
    ThreadPool::instance().parallel_for(rows_.count(), [&](size_t index, size_t) {
      Part& part = parts_[index];
      part = Part{std::vector<double>(x_.cols), Sums{}};
      for (size_t i = rows_.begin(index); i < rows_.end(index); i += kBlockRows) {
        check_cancel(cancel_);
        const size_t rows = std::min(kBlockRows, rows_.end(index) - i);
        double scores[kBlockRows];
        linear_.scores(x_.row(i), x_.stride, rows, x_.cols, coef, intercept, scores);
        for (size_t r = 0; r < rows; ++r) scores[r] = slope(i + r, scores[r], part.sums);
        linear_.add_rows(x_.row(i), x_.stride, rows, x_.cols, scores, part.gradient.data());
      }
    });
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (const Part& part : parts_) {
      start.add(part.sums);
      for (size_t j = 0; j < x_.cols; ++j) gradient[j] += part.gradient[j];
    }
    return start;
  }

 private:
  struct Part {
    std::vector<double> gradient;
    Sums sums;
  };
  static constexpr size_t kBlockRows = 128, kMinRowsPerPart = 512, kMaxParts = 64;

  MatrixView<const T> x_;
  const CancelToken* cancel_;
  const LinearKernels<T>& linear_ = linear_kernels<T>(kernels());
  Partition rows_;
  std::vector<Part> parts_;
};

}  // namespace boreal
