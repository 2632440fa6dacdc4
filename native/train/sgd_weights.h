// The coefficients of one output while stochastic gradient descent moves them: over dense rows, and over
// sparse ones, where a step touches nothing but the columns of its row.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/matrix_view.h"
#include "base/prefetch.h"
#include "linalg/csr.h"
#include "train/dot.h"

namespace boreal {

// Where the coefficients of an output stand; average is null unless they are averaged.
struct SgdPlaces {
  double* coef;     // [cols]
  double* average;  // [cols]
  double averaged;  // how many steps the average is of so far
  bool penalises;   // there is an L1 penalty
};

template <typename T>
class DenseSgdWeights {
 public:
  static constexpr double kInterceptStep = 1;  // how far the intercept goes of a step
  // Predictions of rows of T are made in T.
  static constexpr double kMost = static_cast<double>(std::numeric_limits<T>::max());

  DenseSgdWeights(MatrixView<const T> x, const SgdPlaces& places)
      : x_(x),
        w_(places.coef),
        average_(places.average),
        averaged_(places.averaged),
        row_(x.cols),
        debt_(places.penalises ? x.cols : 0) {
    for (size_t j = 0; j < x_.cols; ++j) {
      squares_ += w_[j] * w_[j];
      absolutes_ += std::fabs(w_[j]);
    }
  }

  // Norms of w as of the last move, which the objective takes.
  double squares() const { return squares_; }
  double absolutes() const { return absolutes_; }

  void prefetch_row(size_t i) const { prefetch_range(x_.row(i), x_.cols * sizeof(T)); }

  // What follows is about this row.
  void load(size_t i) {
    const T* const source = x_.row(i);
    for (size_t j = 0; j < x_.cols; ++j) row_[j] = static_cast<double>(source[j]);
  }
  double score() const { return dot(row_.data(), w_, x_.cols); }
  double norm() const { return dot(row_.data(), row_.data(), x_.cols); }

  // w = w shrink + update x
  void move(double shrink, double update) {
    const size_t cols = x_.cols;
    if (update != 0) {
      double squares[kDotLanes] = {}, absolutes[kDotLanes] = {};
      const double* __restrict const x = row_.data();
      double* __restrict const w = w_;
      size_t j = 0;
      for (; j + kDotLanes <= cols; j += kDotLanes) {
        for (size_t l = 0; l < kDotLanes; ++l) {
          const double moved = w[j + l] * shrink + update * x[j + l];
          w[j + l] = moved;
          squares[l] += moved * moved;
          absolutes[l] += std::fabs(moved);
        }
      }
      for (; j < cols; ++j) {
        w[j] = w[j] * shrink + update * x[j];
        squares[0] += w[j] * w[j];
        absolutes[0] += std::fabs(w[j]);
      }
      squares_ = sum_lanes(squares);
      absolutes_ = sum_lanes(absolutes);
    } else if (shrink != 1) {
      for (size_t j = 0; j < cols; ++j) w_[j] *= shrink;
      squares_ *= shrink * shrink;
      absolutes_ *= shrink;
    }
  }

  void add_to_average() {
    const double share = 1 / ++averaged_;
    for (size_t j = 0; j < x_.cols; ++j) average_[j] += (w_[j] - average_[j]) * share;
  }

  // The cumulative L1 penalty of Tsuruoka, Tsujii & Ananiadou (2009): debt_ is what each coefficient has
  // paid of it so far.
  void penalise(double owed) {
    for (size_t j = 0; j < x_.cols; ++j) {
      const double before = w_[j];
      if (before > 0) {
        w_[j] = std::max(0.0, before - (owed + debt_[j]));
      } else if (before < 0) {
        w_[j] = std::min(0.0, before + (owed - debt_[j]));
      }
      debt_[j] += w_[j] - before;
    }
  }

  void end_epoch(double) {}

 private:
  const MatrixView<const T> x_;
  double *const w_, *const average_;
  double averaged_;
  std::vector<double> row_, debt_;
  double squares_ = 0, absolutes_ = 0;
};

// w = scale_ v, so that shrinking is one product; the sum of all w so far, which the average is a share of,
// is sum_of_scales_ v + rest_ (Xu 2011). A coefficient pays its L1 penalty when a row has its column, and at
// the end of an epoch. The places hold w and the average then, and v in between.
class SparseSgdWeights {
 public:
  // As in scikit-learn: every row moves the intercept, but few rows any other coefficient.
  static constexpr double kInterceptStep = 0.01;
  static constexpr double kMost = std::numeric_limits<double>::max();

  SparseSgdWeights(const CsrView<double>& x, const SgdPlaces& places)
      : x_(x),
        v_(places.coef),
        average_(places.average),
        averaged_(places.averaged),
        rest_(places.average == nullptr ? 0 : x.cols),
        debt_(places.penalises ? x.cols : 0),
        norms_(x.rows()) {
    for (size_t i = 0; i < norms_.size(); ++i) norms_[i] = csr_squared_norm(x, i);
    for (size_t j = 0; j < rest_.size(); ++j) rest_[j] = average_[j] * averaged_;
    measure();
  }

  double squares() const { return squares_; }
  double absolutes() const { return absolutes_; }
  void prefetch_row(size_t i) const {
    const size_t begin = x_.begin(i), count = x_.end(i) - begin;
    prefetch_range(x_.values.data + begin, count * sizeof(double));
    prefetch_range(x_.columns.data + begin, count * sizeof(int32_t));
  }

  void load(size_t i) {
    row_ = i;
    begin_ = x_.begin(i);
    end_ = x_.end(i);
  }
  double score() {
    along_ = csr_row_product<double>(x_, row_, v_);
    return along_ * scale_;
  }
  double norm() const { return norms_[row_]; }

  void move(double shrink, double update) {
    if (shrink != 1) {
      scale_ *= shrink;
      squares_ *= shrink * shrink;
      absolutes_ *= shrink;
      if (scale_ < kLeastScale) unscale();
    }
    if (update == 0) return;
    if (!debt_.empty()) {
      for (size_t k = begin_; k < end_; ++k)
        change(static_cast<size_t>(x_.columns[k]), update * x_.values[k]);
      return;
    }
    // Without an L1 penalty nobody asks for absolutes, and squares follow from the score.
    const double step = update / scale_;
    for (size_t k = begin_; k < end_; ++k) {
      const double moved = step * x_.values[k];
      const auto j = static_cast<size_t>(x_.columns[k]);
      v_[j] += moved;
      if (!rest_.empty()) rest_[j] -= sum_of_scales_ * moved;
    }
    squares_ = std::max(0.0, squares_ + update * (2 * along_ * scale_ + update * norm()));
  }

  void add_to_average() {
    ++averaged_;
    sum_of_scales_ += scale_;
  }

  void penalise(double owed) {
    for (size_t k = begin_; k < end_; ++k) pay(static_cast<size_t>(x_.columns[k]), owed);
  }

  // Writes the coefficients as they are, all penalties paid.
  void end_epoch(double owed) {
    for (size_t j = 0; j < debt_.size(); ++j) pay(j, owed);
    unscale();
    measure();
    if (averaged_ == 0) return;
    for (size_t j = 0; j < rest_.size(); ++j) average_[j] = rest_[j] / averaged_;
  }

 private:
  static constexpr double kLeastScale = 1e-9;

  void change(size_t j, double by) {
    const double before = v_[j] * scale_, step = by / scale_;
    v_[j] += step;
    if (!rest_.empty()) rest_[j] -= sum_of_scales_ * step;
    const double after = v_[j] * scale_;
    squares_ += after * after - before * before;
    absolutes_ += std::fabs(after) - std::fabs(before);
  }

  void pay(size_t j, double owed) {
    const double before = v_[j] * scale_;
    double after = before;
    if (before > 0) {
      after = std::max(0.0, before - (owed + debt_[j]));
    } else if (before < 0) {
      after = std::min(0.0, before + (owed - debt_[j]));
    }
    if (after != before) change(j, after - before);
    if (after == 0) v_[j] = 0;  // not what rounding leaves
    debt_[j] += after - before;
  }

  void unscale() {
    along_ *= scale_;
    for (size_t j = 0; j < rest_.size(); ++j) rest_[j] += sum_of_scales_ * v_[j];
    sum_of_scales_ = 0;
    for (size_t j = 0; j < x_.cols; ++j) v_[j] *= scale_;
    scale_ = 1;
  }

  void measure() {
    squares_ = absolutes_ = 0;
    for (size_t j = 0; j < x_.cols; ++j) {
      squares_ += v_[j] * v_[j];
      absolutes_ += std::fabs(v_[j]);
    }
  }

  const CsrView<double> x_;
  double *const v_, *const average_;
  double averaged_;
  std::vector<double> rest_, debt_;
  std::vector<double> norms_;  // squared, [rows]
  size_t row_ = 0, begin_ = 0, end_ = 0;
  double scale_ = 1, sum_of_scales_ = 0, squares_ = 0, absolutes_ = 0;
  double along_ = 0;  // v x of the row
};

}  // namespace boreal
