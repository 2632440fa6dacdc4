// The dual: maximise y' a with X' a = (1 - quantile) X' 1 and 0 <= a <= 1. A penalty of |b| is two more rows,
// b and -b, whose targets are 0: their pinball losses add up to |b|. Columns are centred and scaled first,
// rows are multiplied by their weights.
#include "train/quantile.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "train/cholesky_factor.h"
#include "train/dot.h"

namespace boreal {
namespace {

using Values = std::vector<double>;

constexpr size_t kMinRows = 256, kMaxParts = 16;
constexpr double kEnough = 1e-11;   // duality gap, relative to the spread of y
constexpr double kGood = 1e-6;      // what counts as converged where rounding stops the method earlier
constexpr double kStart = 1e-3;     // of the multipliers, beside the spread of y
constexpr double kInside = 0.9995;  // share of the way to the border
constexpr double kNothing = 1e-8;   // a coefficient beside the spread of y
constexpr double kRidge = 1e-14;    // of the diagonal, for columns that depend on each other

// The rows of the programme: those of X, scaled, and two for each penalised column.
class Rows {
 public:
  template <typename T>
  Rows(MatrixView<const T> x, Span<double> y, Span<double> weights, const QuantileParams& params)
      : rows_(x.rows), cols_(x.cols), width_(x.cols + (params.fit_intercept ? 1 : 0)) {
    const double total = total_ = total_weight(weights, rows_);
    const auto weight = [&](size_t i) { return weights.size == 0 ? 1.0 : weights[i]; };
    mean_.assign(cols_, 0.0);
    scale_.assign(cols_, 0.0);
    double y_mean = 0, y_square = 0;
    for (size_t i = 0; i < rows_; ++i) {
      y_mean += weight(i) / total * y[i];
      for (size_t j = 0; j < cols_ && params.fit_intercept; ++j)
        mean_[j] += weight(i) / total * static_cast<double>(x.at(i, j));
    }
    for (size_t i = 0; i < rows_; ++i) {
      y_square += weight(i) / total * (y[i] - y_mean) * (y[i] - y_mean);
      for (size_t j = 0; j < cols_; ++j) {
        const double difference = static_cast<double>(x.at(i, j)) - mean_[j];
        scale_[j] += weight(i) / total * difference * difference;
      }
    }
    for (double& scale : scale_) scale = scale > 0 ? std::sqrt(scale) : 1;
    spread_ = std::sqrt(y_square);
    values_.resize(rows_ * width_);
    targets_.resize(rows_);
    for (size_t i = 0; i < rows_; ++i) {
      double* const row = values_.data() + i * width_;
      for (size_t j = 0; j < cols_; ++j)
        row[j] = weight(i) * (static_cast<double>(x.at(i, j)) - mean_[j]) / scale_[j];
      if (params.fit_intercept) row[cols_] = weight(i);
      targets_[i] = weight(i) * y[i];
    }
    if (params.alpha > 0) {
      for (size_t j = 0; j < cols_; ++j) penalty_.push_back(total * params.alpha / scale_[j]);
      targets_.resize(rows_ + 2 * cols_);
    }
  }

  size_t size() const { return targets_.size(); }
  size_t width() const { return width_; }
  const Values& targets() const { return targets_; }
  // How large a loss can be expected to be.
  double size_of_loss() const { return total_ * (spread_ > 0 ? spread_ : 1); }

  // out = X b
  void times(const Values& b, Values& out) const {
    each_part([&](size_t, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) out[i] = dot(values_.data() + i * width_, b.data(), width_);
    });
    for (size_t j = 0; j < penalty_.size(); ++j) {
      out[rows_ + 2 * j] = penalty_[j] * b[j];
      out[rows_ + 2 * j + 1] = -penalty_[j] * b[j];
    }
  }

  // X' v
  Values transposed_times(const Values& v) const {
    std::vector<Values> partial(parts().count(), Values(width_));
    each_part([&](size_t part, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        const double* const row = values_.data() + i * width_;
        for (size_t j = 0; j < width_; ++j) partial[part][j] += v[i] * row[j];
      }
    });
    Values out(width_);
    for (const Values& own : partial) {
      for (size_t j = 0; j < width_; ++j) out[j] += own[j];
    }
    for (size_t j = 0; j < penalty_.size(); ++j)
      out[j] += penalty_[j] * (v[rows_ + 2 * j] - v[rows_ + 2 * j + 1]);
    return out;
  }

  // The Cholesky factor of X' diag(q) X.
  Values factor(const Values& q) const {
    std::vector<Values> partial(parts().count(), Values(width_ * width_));
    each_part([&](size_t part, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        const double* const row = values_.data() + i * width_;
        for (size_t j = 0; j < width_; ++j) {
          const double scaled = q[i] * row[j];
          double* const out = partial[part].data() + j * width_;
          for (size_t k = 0; k <= j; ++k) out[k] += scaled * row[k];
        }
      }
    });
    Values gram(width_ * width_);
    for (const Values& own : partial) {
      for (size_t k = 0; k < gram.size(); ++k) gram[k] += own[k];
    }
    for (size_t j = 0; j < penalty_.size(); ++j)
      gram[j * (width_ + 1)] += penalty_[j] * penalty_[j] * (q[rows_ + 2 * j] + q[rows_ + 2 * j + 1]);
    for (double ridge = kRidge;; ridge *= 100) {
      Values factored = gram;
      for (size_t j = 0; j < width_; ++j) factored[j * (width_ + 1)] *= 1 + ridge;
      for (size_t j = 0; j < width_; ++j) factored[j * (width_ + 1)] += ridge * 1e-6;
      if (factor_lower(factored.data(), width_)) return factored;
      if (!(ridge < 1))
        throw Error("ERR_INPUT_INFINITE", "The values are so large that their squares overflow.");
    }
  }

  // Of the columns as they were.
  void restore(const Values& b, QuantileModel& model) const {
    model.coef.resize(cols_);
    model.intercept = width_ > cols_ ? b[cols_] : 0;
    for (size_t j = 0; j < cols_; ++j) {
      if (std::fabs(b[j]) <= kNothing * spread_) continue;
      model.coef[j] = b[j] / scale_[j];
      model.intercept -= width_ > cols_ ? model.coef[j] * mean_[j] : 0;
    }
  }

 private:
  Partition parts() const { return partition_rows(rows_, kMinRows, kMaxParts); }
  template <typename Body>
  void each_part(const Body& body) const {
    const Partition all = parts();
    ThreadPool::instance().parallel_for(
        all.count(), [&](size_t part, size_t) { body(part, all.begin(part), all.end(part)); });
  }

  size_t rows_, cols_, width_;
  Values values_, targets_, mean_, scale_, penalty_;
  double total_ = 0, spread_ = 0;
};

// How far from v along d, at most 1, until a value is 0.
double room(const Values& v, const Values& d) {
  double most = 1 / kInside;
  for (size_t i = 0; i < v.size(); ++i) {
    if (d[i] < 0) most = std::min(most, -v[i] / d[i]);
  }
  return most;
}

double inner(const Values& a, const Values& b) { return dot(a.data(), b.data(), a.size()); }

void add(Values& v, double step, const Values& d) {
  for (size_t i = 0; i < v.size(); ++i) v[i] += step * d[i];
}

void check(size_t rows, size_t cols, Span<double> y, const QuantileParams& params) {
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "X needs at least one row and one column.");
  if (y.size != rows) throw Error("ERR_SHAPE", "y must have one value per row.");
  if (!(params.quantile > 0 && params.quantile < 1))
    throw Error("ERR_PARAMETER", "quantile must be in (0, 1).");
  if (!(params.alpha >= 0) || std::isinf(params.alpha))
    throw Error("ERR_PARAMETER", "alpha must be finite and >= 0.");
  for (size_t i = 0; i < rows; ++i) {
    if (!std::isfinite(y[i])) throw Error("ERR_LABELS", "A target is not finite.", static_cast<int64_t>(i));
  }
}

}  // namespace

template <typename T>
QuantileModel fit_quantile(MatrixView<const T> x, Span<double> y, Span<double> weights,
                           const QuantileParams& params, const CancelToken* cancel,
                           const std::function<void(size_t, size_t)>& progress) {
  check(x.rows, x.cols, y, params);
  const Rows rows(x, y, weights, params);
  const size_t n = rows.size();
  const Values& target = rows.targets();
  // a and 1 - a, their multipliers, and the coefficients, which are those of the constraints on a.
  Values a(n, 1 - params.quantile), rest(n, params.quantile), low(n), high(n), fitted(n), b;
  {
    const Values factored = rows.factor(Values(n, 1.0));
    b = rows.transposed_times(target);
    solve_factored(factored.data(), b.size(), b.data());
    rows.times(b, fitted);
    const double inside = kStart * rows.size_of_loss() / static_cast<double>(n);
    for (size_t i = 0; i < n; ++i) {
      const double residual = fitted[i] - target[i];
      low[i] = std::max(residual, 0.0) + inside;
      high[i] = low[i] - residual;
    }
  }
  Values q(n), r(n), da(n), drest(n), dlow(n), dhigh(n), along(n), scaled(n), corrected(n);
  const auto direction = [&](const Values& factored, const Values& right) {
    for (size_t i = 0; i < n; ++i) scaled[i] = q[i] * right[i];
    Values db = rows.transposed_times(scaled);
    solve_factored(factored.data(), db.size(), db.data());
    rows.times(db, along);
    for (size_t i = 0; i < n; ++i) {
      da[i] = q[i] * (along[i] - right[i]);
      drest[i] = -da[i];
    }
    return db;
  };
  QuantileModel model;
  Values best = b;
  double best_gap = HUGE_VAL;
  while (model.iterations < params.max_iter) {
    check_cancel(cancel);
    const double gap = inner(low, a) + inner(high, rest), size = rows.size_of_loss();
    if (!std::isfinite(gap)) break;
    if (gap / size < best_gap) {
      best_gap = gap / size;
      best = b;
    }
    if (best_gap <= kEnough) break;
    ++model.iterations;
    for (size_t i = 0; i < n; ++i) {
      q[i] = 1 / (low[i] / a[i] + high[i] / rest[i]);
      r[i] = low[i] - high[i];
    }
    const Values factored = rows.factor(q);
    Values db = direction(factored, r);
    for (size_t i = 0; i < n; ++i) {
      dlow[i] = -low[i] * (1 + da[i] / a[i]);
      dhigh[i] = -high[i] * (1 + drest[i] / rest[i]);
    }
    double primal = std::min(kInside * std::min(room(a, da), room(rest, drest)), 1.0);
    double dual = std::min(kInside * std::min(room(low, dlow), room(high, dhigh)), 1.0);
    if (std::min(primal, dual) < 1) {
      // Mehrotra's corrector, on a centre that the first step shows to be near or far.
      double after = 0;
      for (size_t i = 0; i < n; ++i) {
        after += (low[i] + dual * dlow[i]) * (a[i] + primal * da[i]) +
                 (high[i] + dual * dhigh[i]) * (rest[i] + primal * drest[i]);
      }
      const double centre = gap * std::pow(after / gap, 3) / (2 * static_cast<double>(n));
      for (size_t i = 0; i < n; ++i) {
        along[i] = da[i] * dlow[i] / a[i];
        scaled[i] = drest[i] * dhigh[i] / rest[i];
        corrected[i] = r[i] + along[i] - scaled[i] - centre * (1 / a[i] - 1 / rest[i]);
      }
      const Values second = along, third = scaled;
      db = direction(factored, corrected);
      for (size_t i = 0; i < n; ++i) {
        dlow[i] = centre / a[i] - low[i] - low[i] * da[i] / a[i] - second[i];
        dhigh[i] = centre / rest[i] - high[i] - high[i] * drest[i] / rest[i] - third[i];
      }
      primal = std::min(kInside * std::min(room(a, da), room(rest, drest)), 1.0);
      dual = std::min(kInside * std::min(room(low, dlow), room(high, dhigh)), 1.0);
    }
    add(a, primal, da);
    add(rest, primal, drest);
    // Multipliers are those of the residuals: low - high = X b - y.
    add(b, -dual, db);
    add(low, dual, dlow);
    add(high, dual, dhigh);
    if (progress) progress(model.iterations, params.max_iter);
  }
  if (progress) progress(params.max_iter, params.max_iter);
  model.converged = best_gap <= kGood;
  rows.restore(best, model);
  return model;
}

template QuantileModel fit_quantile<float>(MatrixView<const float>, Span<double>, Span<double>,
                                           const QuantileParams&, const CancelToken*,
                                           const std::function<void(size_t, size_t)>&);
template QuantileModel fit_quantile<double>(MatrixView<const double>, Span<double>, Span<double>,
                                            const QuantileParams&, const CancelToken*,
                                            const std::function<void(size_t, size_t)>&);

}  // namespace boreal
