#include "train/nmf.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "linalg/dense.h"
#include "linalg/divergence.h"
#include "linalg/non_negative.h"
#include "linalg/settled.h"
#include "train/nmf_divergence.h"

namespace boreal {
namespace {

// One factor, [size, components], and what its update needs: the product of x with the other factor, and the
// other factor's Gram matrix.
class Factor {
 public:
  Factor(std::vector<double> values, size_t size, size_t k, double l1, double l2)
      : values(std::move(values)), size_(size), k_(k), l1_(l1), l2_(l2), product_(size * k), gram_(k * k) {}

  std::vector<double> values;

  void prepare(const NmfRows& x, Form form, const std::vector<double>& other, size_t other_size,
               const RunOptions& run) {
    const ConstDense o = dense_view<const double>(other.data(), other_size, k_);
    x.multiply(form, other, k_, product_.data(), run);
    multiply(1, Form::kTransposed, o, Form::kAsIs, o, 0, dense_view(gram_.data(), k_, k_), run);
  }

  // Newton steps of one component after the other, cut off at 0; returns the sum of the projected gradients.
  double descend(const std::vector<size_t>& order, const CancelToken* cancel) {
    std::vector<double> gram = gram_;
    for (size_t t = 0; t < k_; ++t) gram[t * (k_ + 1)] += l2_;
    const Partition rows = nmf_parts(size_);
    std::vector<double> violations(rows.count(), 0.0);
    ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
      check_cancel(cancel);
      std::vector<double> memory(NonNegativeRows<double>::size(k_));
      NonNegativeRows<double> together(k_, memory.data());
      double active[kNonNegativeRows];
      std::fill(std::begin(active), std::end(active), 1.0);
      for (size_t i = rows.begin(part); i < rows.end(part); i += kNonNegativeRows) {
        const size_t count = std::min(kNonNegativeRows, rows.end(part) - i);
        double* const w = values.data() + i * k_;
        double violation[kNonNegativeRows] = {};
        together.load(product_.data() + i * k_, w, count);
        for (const size_t t : order) together.step(t, &gram[t * k_], l1_, active, violation);
        together.store(w, count);
        for (size_t r = 0; r < count; ++r) violations[part] += violation[r];
      }
    });
    double total = 0;
    for (const double violation : violations) total += violation;
    return total;
  }

  // w *= x h^T / (w h h^T)
  void scale(const CancelToken* cancel) {
    const Partition rows = nmf_parts(size_);
    ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
      check_cancel(cancel);
      // Rows side by side, as in NonNegativeRows.
      constexpr size_t kRows = kNonNegativeRows;
      std::vector<double> old(k_ * kRows);
      for (size_t i = rows.begin(part); i < rows.end(part); i += kRows) {
        const size_t count = std::min(kRows, rows.end(part) - i);
        double* const w = values.data() + i * k_;
        const double* const product = product_.data() + i * k_;
        for (size_t l = 0; l < count; ++l) {
          for (size_t t = 0; t < k_; ++t) old[t * kRows + l] = w[l * k_ + t];
        }
        for (size_t t = 0; t < k_; ++t) {
          double below[kRows];
          for (size_t l = 0; l < kRows; ++l) below[l] = l1_ + l2_ * old[t * kRows + l];
          for (size_t r = 0; r < k_; ++r) {
            for (size_t l = 0; l < kRows; ++l) below[l] += gram_[r * k_ + t] * old[r * kRows + l];
          }
          for (size_t l = 0; l < count; ++l) {
            w[l * k_ + t] *= product[l * k_ + t] / (below[l] == 0 ? Divergence::kLeast : below[l]);
          }
        }
      }
    });
  }

 private:
  size_t size_, k_;
  double l1_, l2_;
  std::vector<double> product_, gram_;
};

// |x - w h'|^2 of sparse rows: differences where x is not 0, and the squares of the product elsewhere.
double squares_of_sparse(const CsrView<double>& x, const std::vector<double>& w, const std::vector<double>& h,
                         size_t k, const CancelToken* cancel) {
  const Partition rows = nmf_parts(x.rows());
  std::vector<double> sums(rows.count(), 0.0);
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
      for (size_t at = x.begin(i); at < x.end(i); ++at) {
        double product = 0;
        for (size_t t = 0; t < k; ++t)
          product += w[i * k + t] * h[static_cast<size_t>(x.columns[at]) * k + t];
        sums[part] += x.values[at] * (x.values[at] - 2 * product);
      }
    }
  });
  std::vector<double> of_w(k * k), of_h(k * k);
  const auto gram = [&](const std::vector<double>& a, std::vector<double>& out) {
    const ConstDense v = dense_view<const double>(a.data(), a.size() / k, k);
    multiply(1, Form::kTransposed, v, Form::kAsIs, v, 0, dense_view(out.data(), k, k), {0, cancel});
  };
  gram(w, of_w);
  gram(h, of_h);
  double total = 0;
  for (const double sum : sums) total += sum;
  for (size_t at = 0; at < k * k; ++at) total += of_w[at] * of_h[at];
  return std::max(total, 0.0);
}

// |x - w h'|, from differences.
double error_of(const NmfRows& rows_of_x, const std::vector<double>& w, const std::vector<double>& h,
                size_t k, const CancelToken* cancel) {
  if (rows_of_x.is_sparse()) {
    return std::sqrt(squares_of_sparse(rows_of_x.sparse(Form::kAsIs), w, h, k, cancel));
  }
  std::vector<double> none;
  const MatrixView<const double> x = rows_of_x.block(0, rows_of_x.rows(), none);
  const Partition rows = nmf_parts(x.rows);
  std::vector<double> sums(rows.count(), 0.0);
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    std::vector<double> block(64 * x.cols);
    for (size_t i = rows.begin(part); i < rows.end(part); i += 64) {
      check_cancel(cancel);
      const size_t count = std::min<size_t>(64, rows.end(part) - i);
      multiply(1, Form::kAsIs, dense_view<const double>(w.data() + i * k, count, k), Form::kTransposed,
               dense_view<const double>(h.data(), x.cols, k), 0, dense_view(block.data(), count, x.cols),
               {1, nullptr});
      for (size_t r = 0; r < count; ++r) {
        for (size_t j = 0; j < x.cols; ++j) {
          const double difference = x.at(i + r, j) - block[r * x.cols + j];
          sums[part] += difference * difference;
        }
      }
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

std::vector<double> transposed(const std::vector<double>& a, size_t rows, size_t cols) {
  std::vector<double> result(a.size());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) result[j * rows + i] = a[i * cols + j];
  }
  return result;
}

// Both factors on their way by least squares.
class LeastSquares {
 public:
  // w0 [rows, k] and h0 [k, cols]. Borrows x, whose columns are there, and the spec.
  LeastSquares(const NmfRows& x, const NmfSpec& spec, std::vector<double> w0, const std::vector<double>& h0,
               const CancelToken* cancel)
      : x_(x),
        spec_(spec),
        cancel_(cancel),
        w_(std::move(w0), x.rows(), spec.components, spec.l1_w, spec.l2_w),
        h_(transposed(h0, spec.components, x.cols()), x.cols(), spec.components, spec.l1_h, spec.l2_h),
        order_(spec.components),
        rng_(spec.seed) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    if (spec.multiplicative) at_start_ = before_ = error();
  }

  // Updates both factors; whether that was enough.
  bool step(uint32_t iteration) { return spec_.multiplicative ? scale(iteration) : descend(iteration); }

  double error() const { return error_of(x_, w_.values, h_.values, spec_.components, cancel_); }
  NmfModel finish(uint32_t iterations) {
    const double last = error();
    return {std::move(w_.values), transposed(h_.values, x_.cols(), spec_.components), last, iterations};
  }

 private:
  void prepare_w() { w_.prepare(x_, Form::kAsIs, h_.values, x_.cols(), {0, cancel_}); }
  void prepare_h() { h_.prepare(x_, Form::kTransposed, w_.values, x_.rows(), {0, cancel_}); }

  bool scale(uint32_t iteration) {
    prepare_w();
    w_.scale(cancel_);
    prepare_h();
    h_.scale(cancel_);
    if (!(spec_.tol > 0) || iteration % kNmfLook != 0) return false;
    const double now = error();
    return has_settled(std::exchange(before_, now), now, at_start_, spec_.tol);
  }

  bool descend(uint32_t iteration) {
    prepare_w();
    reorder();
    double violation = w_.descend(order_, cancel_);
    prepare_h();
    reorder();
    violation += h_.descend(order_, cancel_);
    if (iteration == 1) first_violation_ = violation;
    return first_violation_ == 0 || violation / first_violation_ <= spec_.tol;
  }

  void reorder() {
    if (!spec_.shuffle) return;
    for (size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[rng_.below(static_cast<uint32_t>(i))]);
    }
  }

  const NmfRows& x_;
  const NmfSpec& spec_;
  const CancelToken* cancel_;
  Factor w_, h_;
  std::vector<size_t> order_;  // of the coordinates
  Rng rng_;
  double at_start_ = 0, before_ = 0, first_violation_ = 0;
};

}  // namespace

NmfModel fit_nmf(NmfRows x, std::vector<double> w0, std::vector<double> h0, const NmfSpec& spec,
                 const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
  const size_t k = spec.components;
  if (x.rows() == 0 || x.cols() == 0) throw Error("ERR_EMPTY", "There is nothing to learn from.");
  if (!std::isfinite(spec.beta)) throw Error("ERR_PARAMETER", "The beta of a divergence must be finite.");
  if (k < 1 || w0.size() != x.rows() * k || h0.size() != k * x.cols()) {
    throw Error("ERR_SHAPE", "The start of a factorisation has the wrong shape.");
  }
  if (spec.multiplicative && spec.beta != 2) {
    return fit_divergence(std::move(x), std::move(w0), std::move(h0), spec, cancel, progress);
  }
  x.add_columns(cancel);
  LeastSquares factors(x, spec, std::move(w0), h0, cancel);
  uint32_t iterations = 0;
  for (bool over = false; !over && iterations < spec.max_iter;) {
    check_cancel(cancel);
    if (progress) progress(iterations, spec.max_iter);
    over = factors.step(++iterations);
  }
  if (progress) progress(spec.max_iter, spec.max_iter);
  return factors.finish(iterations);
}

}  // namespace boreal
