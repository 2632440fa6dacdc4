#include "train/min_cov_det.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "linalg/dense.h"
#include "linalg/eigh.h"

namespace boreal {
namespace {

constexpr size_t kSubsetRows = 300;   // of one subset, where there are more than kWhole rows
constexpr size_t kWhole = 500;        // rows that are not cut into subsets
constexpr size_t kMergedRows = 1500;  // rows on which the best of the subsets compete
constexpr size_t kTrials = 500;       // starts over all subsets
constexpr size_t kBlockRows = 128;
constexpr uint32_t kSteps = 30;

using Rows = std::vector<size_t>;

// A location and covariance, and what they were made from.
struct Estimate {
  std::vector<double> location, covariance;
  double log_det = std::numeric_limits<double>::infinity();
  Rows support;  // ascending positions in the rows that were looked at
};

class Mcd {
 public:
  Mcd(MatrixView<const double> x, bool centred, const CancelToken* cancel)
      : x_(x), d_(x.cols), centred_(centred), cancel_(cancel) {}

  // Mean and covariance of the supporting ones of `rows`.
  void estimate(const Rows& rows, Estimate* e) const {
    e->location.assign(d_, 0.0);
    e->covariance.assign(d_ * d_, 0.0);
    const double n = static_cast<double>(e->support.size());
    if (!centred_) {
      for (const size_t s : e->support) {
        for (size_t j = 0; j < d_; ++j) e->location[j] += x_.at(rows[s], j);
      }
      for (double& value : e->location) value /= n;
    }
    std::vector<double> block(kBlockRows * d_);
    for (size_t first = 0; first < e->support.size(); first += kBlockRows) {
      const size_t count = std::min(kBlockRows, e->support.size() - first);
      for (size_t r = 0; r < count; ++r) {
        const double* const row = x_.row(rows[e->support[first + r]]);
        for (size_t j = 0; j < d_; ++j) block[r * d_ + j] = row[j] - e->location[j];
      }
      const ConstDense z = dense_view<const double>(block.data(), count, d_);
      multiply(1, Form::kTransposed, z, Form::kAsIs, z, 1, dense_view(e->covariance.data(), d_, d_),
               {1, cancel_});
    }
    for (double& value : e->covariance) value /= n;
  }

  // Squared distances of all of `rows` by an estimate, whose log_det it sets.
  std::vector<double> distances(const Rows& rows, Estimate* e) const {
    std::vector<double> values(d_), vectors(d_ * d_);
    eigh(dense_view<const double>(e->covariance.data(), d_, d_), values.data(),
         dense_view(vectors.data(), d_, d_), {1, cancel_});
    // The pseudo-inverse leaves out what is rounding of the largest eigenvalue.
    const double least = values[d_ - 1] * static_cast<double>(d_) * std::numeric_limits<double>::epsilon();
    e->log_det = 0;
    for (size_t k = 0; k < d_; ++k) {
      const bool kept = values[k] > least;
      e->log_det += kept ? std::log(values[k]) : -std::numeric_limits<double>::infinity();
      const double factor = kept ? 1.0 / std::sqrt(values[k]) : 0.0;
      for (size_t j = 0; j < d_; ++j) vectors[j * d_ + k] *= factor;
    }
    std::vector<double> result(rows.size()), block(kBlockRows * d_), turned(kBlockRows * d_);
    for (size_t first = 0; first < rows.size(); first += kBlockRows) {
      const size_t count = std::min(kBlockRows, rows.size() - first);
      for (size_t r = 0; r < count; ++r) {
        const double* const row = x_.row(rows[first + r]);
        for (size_t j = 0; j < d_; ++j) block[r * d_ + j] = row[j] - e->location[j];
      }
      multiply(1, Form::kAsIs, dense_view<const double>(block.data(), count, d_), Form::kAsIs,
               dense_view<const double>(vectors.data(), d_, d_), 0, dense_view(turned.data(), count, d_),
               {1, cancel_});
      for (size_t r = 0; r < count; ++r) {
        for (size_t j = 0; j < d_; ++j) result[first + r] += turned[r * d_ + j] * turned[r * d_ + j];
      }
    }
    return result;
  }

  // Concentration: the rows nearest by an estimate make the next one, whose determinant is not larger.
  Estimate concentrate(const Rows& rows, size_t support, Estimate e, uint32_t steps) const {
    check_cancel(cancel_);
    if (e.support.empty()) {  // given by location and covariance
      e.support = nearest(distances(rows, &e), support);
      estimate(rows, &e);
    }
    std::vector<double> by_e = distances(rows, &e);
    for (; steps > 0 && std::isfinite(e.log_det); --steps) {
      Estimate next;
      next.support = nearest(by_e, support);
      estimate(rows, &next);
      std::vector<double> by_next = distances(rows, &next);
      if (!(next.log_det < e.log_det)) break;
      e = std::move(next);
      by_e = std::move(by_next);
    }
    return e;
  }

  static Rows nearest(const std::vector<double>& distances, size_t count) {
    Rows order(distances.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(order.begin(), middle - 1, order.end(), [&](size_t a, size_t b) {
      return distances[a] != distances[b] ? distances[a] < distances[b] : a < b;
    });
    order.resize(count);
    std::sort(order.begin(), order.end());
    return order;
  }

  // The best of starts on `rows`, from random halves or from estimates.
  std::vector<Estimate> select(const Rows& rows, size_t support, std::vector<Estimate> starts, size_t kept,
                               uint32_t steps) const {
    ThreadPool::instance().parallel_for(starts.size(), [&](size_t t, size_t) {
      starts[t] = concentrate(rows, support, std::move(starts[t]), steps);
    });
    std::stable_sort(starts.begin(), starts.end(),
                     [](const Estimate& a, const Estimate& b) { return a.log_det < b.log_det; });
    if (starts.size() > kept) starts.resize(kept);
    return starts;
  }

  std::vector<Estimate> random_starts(const Rows& rows, size_t support, size_t count, uint64_t seed,
                                      uint64_t stream) const {
    std::vector<Estimate> starts(count);
    ThreadPool::instance().parallel_for(count, [&](size_t t, size_t) {
      Rng rng(seed, (stream << 20) + t + 1);
      Rows order(rows.size());
      std::iota(order.begin(), order.end(), size_t{0});
      for (size_t i = 0; i < support; ++i) {
        std::swap(order[i], order[i + rng.below(static_cast<uint32_t>(order.size() - i))]);
      }
      order.resize(support);
      std::sort(order.begin(), order.end());
      starts[t].support = std::move(order);
      estimate(rows, &starts[t]);
    });
    return starts;
  }

  // Estimates to start from on other rows.
  static std::vector<Estimate> onwards(std::vector<Estimate> estimates) {
    for (Estimate& e : estimates) e.support.clear();
    return estimates;
  }

 private:
  MatrixView<const double> x_;
  size_t d_;
  bool centred_;
  const CancelToken* cancel_;
};

Rows all_rows(size_t n) {
  Rows rows(n);
  std::iota(rows.begin(), rows.end(), size_t{0});
  return rows;
}

size_t share_of(size_t part, size_t support, size_t rows) {
  const double share = static_cast<double>(part) * (static_cast<double>(support) / static_cast<double>(rows));
  return std::clamp<size_t>(static_cast<size_t>(std::ceil(share)), 1, part);
}

Rows shuffled(size_t n, Rng& rng) {
  Rows rows = all_rows(n);
  for (size_t i = n; i > 1; --i) std::swap(rows[i - 1], rows[rng.below(static_cast<uint32_t>(i))]);
  return rows;
}

// One column: the shortest interval that holds `support` values; of several the mean of their middles.
Estimate shortest_interval(MatrixView<const double> x, size_t support) {
  std::vector<double> sorted(x.rows);
  for (size_t i = 0; i < x.rows; ++i) sorted[i] = x.at(i, 0);
  std::sort(sorted.begin(), sorted.end());
  Estimate e;
  double middle = 0;
  if (support < x.rows) {
    double least = std::numeric_limits<double>::infinity();
    size_t ties = 0;
    for (size_t i = 0; i + support < x.rows; ++i) {
      const double length = sorted[i + support] - sorted[i];
      if (length > least) continue;
      if (length < least) middle = 0, ties = 0;
      least = length;
      middle += sorted[i + support] + sorted[i];
      ++ties;
    }
    middle = 0.5 * middle / static_cast<double>(ties);
  } else {
    for (const double value : sorted) middle += value / static_cast<double>(x.rows);
  }
  std::vector<double> distance(x.rows);
  for (size_t i = 0; i < x.rows; ++i) distance[i] = std::fabs(x.at(i, 0) - middle);
  e.support = Mcd::nearest(distance, support);
  double mean = 0, variance = 0;
  for (const size_t i : e.support) mean += x.at(i, 0) / static_cast<double>(support);
  for (const size_t i : e.support) variance += (x.at(i, 0) - mean) * (x.at(i, 0) - mean);
  e.location = {middle};
  e.covariance = {variance / static_cast<double>(support)};
  return e;
}

}  // namespace

MinCovDetModel fit_min_cov_det(MatrixView<const double> x, size_t support, bool centred, uint64_t seed,
                               const CancelToken* cancel) {
  if (x.rows < 2) throw Error("ERR_SHAPE", "A robust covariance needs at least two rows.");
  if (support < 1 || support > x.rows) throw Error("ERR_PARAMETER", "The support is out of range.");
  const Mcd mcd(x, centred, cancel);
  const Rows all = all_rows(x.rows);
  Estimate best;
  if (x.cols == 1 && !centred) {
    best = shortest_interval(x, support);
  } else if (x.rows <= kWhole) {
    std::vector<Estimate> few = mcd.select(all, support, mcd.random_starts(all, support, 30, seed, 0), 10, 2);
    best = mcd.select(all, support, Mcd::onwards(std::move(few)), 1, kSteps)[0];
  } else {
    Rng rng(seed);
    const size_t subsets = x.rows / kSubsetRows, size = x.rows / subsets;
    const size_t trials = std::max<size_t>(10, kTrials / subsets);
    const Rows order = shuffled(x.rows, rng);
    std::vector<Estimate> pool;
    for (size_t s = 0; s < subsets; ++s) {
      const auto begin = order.begin() + static_cast<std::ptrdiff_t>(s * size);
      const Rows subset(begin, begin + static_cast<std::ptrdiff_t>(size));
      const size_t h = share_of(size, support, x.rows);
      for (Estimate& e : mcd.select(subset, h, mcd.random_starts(subset, h, trials, seed, s), 10, 2)) {
        pool.push_back(std::move(e));
      }
    }
    Rows merged = shuffled(x.rows, rng);
    merged.resize(std::min(kMergedRows, x.rows));
    const size_t h = share_of(merged.size(), support, x.rows);
    const bool whole = merged.size() == x.rows;
    pool = mcd.select(merged, h, Mcd::onwards(std::move(pool)), whole ? 1 : 10, kSteps);
    best = mcd.select(all, support, Mcd::onwards(std::move(pool)), 1, kSteps)[0];
  }
  MinCovDetModel model;
  model.distances = mcd.distances(all, &best);
  model.support.assign(x.rows, 0);
  for (const size_t i : best.support) model.support[i] = 1;
  model.location = std::move(best.location);
  model.covariance = std::move(best.covariance);
  return model;
}

}  // namespace boreal
