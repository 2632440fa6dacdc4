#include "train/kmeans_seed.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"
#include "linalg/csr.h"
#include "linalg/distance.h"
#include "train/kmeans_assign.h"

namespace boreal {
namespace {

constexpr size_t kPartRows = 1024;
constexpr size_t kParts = 64;
constexpr size_t kBlockRows = 96;

// The row at which the running sum of mass(i) passes `target`: whole parts are skipped by their sums. The
// last row of any mass where rounding leaves none; 0 where no row has any.
template <typename Mass>
size_t find_row(const Partition& rows, const std::vector<double>& part_sums, double target,
                const Mass& mass) {
  double sum = 0;
  size_t part = 0, last = 0;
  for (; part + 1 < rows.count() && sum + part_sums[part] <= target; ++part) sum += part_sums[part];
  for (; part < rows.count(); ++part) {
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
      const double m = mass(i);
      if (!(m > 0)) continue;
      last = i;
      sum += m;
      if (sum > target) return i;
    }
  }
  if (mass(last) > 0) return last;
  for (size_t i = rows.total; i-- > 0;) {
    if (mass(i) > 0) return i;
  }
  return 0;
}

double total_of(const std::vector<double>& sums) {
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

template <typename T>
void append_row(MatrixView<const T> x, size_t row, std::vector<double>* centres) {
  centres->insert(centres->end(), x.row(row), x.row(row) + x.cols);
}
void append_row(const CsrView<double>& x, size_t row, std::vector<double>* centres) {
  const size_t from = centres->size();
  centres->resize(from + x.cols, 0.0);
  for (size_t k = x.begin(row); k < x.end(row); ++k) {
    (*centres)[from + static_cast<size_t>(x.columns[k])] = x.values[k];
  }
}

// Squared distances of rows to some of them, the candidates.
template <typename Rows>
class Candidates;

template <typename T>
class Candidates<MatrixView<const T>> {
 public:
  using Element = T;
  Candidates(MatrixView<const T> x, const std::vector<size_t>& candidates)
      : x_(x),
        points_(points_of(x, candidates)),
        packed_(Metric::kSquaredEuclidean, view(candidates.size())) {}

  // Elements that each caller of `measure` brings.
  size_t scratch() const { return kernel_.nearest_rows * x_.cols; }

  // Of `block` rows from i on; those of a candidate are `stride` apart from those of the one before.
  void measure(size_t i, size_t block, T* scratch, T* out, size_t stride) const {
    kernel_.from_points(x_.row(i), x_.stride, packed_.from(0), block, packed_.rows(), x_.cols, scratch, out,
                        stride);
  }

 private:
  static std::vector<T> points_of(MatrixView<const T> x, const std::vector<size_t>& candidates) {
    std::vector<T> points;
    for (const size_t row : candidates) points.insert(points.end(), x.row(row), x.row(row) + x.cols);
    return points;
  }
  MatrixView<const T> view(size_t count) const { return dense_view<const T>(points_.data(), count, x_.cols); }

  MatrixView<const T> x_;
  std::vector<T> points_;
  PackedRows<T> packed_;
  const ClusterKernels<T>& kernel_ = cluster_kernels<T>(kernels());
};

template <>
class Candidates<CsrView<double>> {
 public:
  using Element = double;
  Candidates(const CsrView<double>& x, const std::vector<size_t>& candidates)
      : x_(x), count_(candidates.size()), points_(x.cols * count_, 0.0) {
    for (size_t c = 0; c < count_; ++c) {
      const size_t row = candidates[c];
      norms_.push_back(csr_squared_norm(x, row));
      for (size_t k = x.begin(row); k < x.end(row); ++k) {
        points_[static_cast<size_t>(x.columns[k]) * count_ + c] = x.values[k];
      }
    }
  }

  size_t scratch() const { return count_; }

  void measure(size_t i, size_t block, double* own, double* out, size_t stride) const {
    for (size_t r = 0; r < block; ++r) {
      std::fill(own, own + count_, 0.0);
      for (size_t k = x_.begin(i + r); k < x_.end(i + r); ++k) {
        const double* const point = points_.data() + static_cast<size_t>(x_.columns[k]) * count_;
        for (size_t c = 0; c < count_; ++c) own[c] += x_.values[k] * point[c];
      }
      const double norm = csr_squared_norm(x_, i + r);
      for (size_t c = 0; c < count_; ++c) {
        out[c * stride + r] = squared_distance_of(own[c], norm, norms_[c]);
      }
    }
  }

 private:
  CsrView<double> x_;
  size_t count_;
  std::vector<double> points_;  // [cols, candidates]
  std::vector<double> norms_;   // squared
};

// Distances of all rows to the nearest centre so far, and to the candidates for the next.
template <typename Rows>
class Spread {
 public:
  using T = typename Candidates<Rows>::Element;

  Spread(const Rows& x, Span<double> weights, size_t most, const CancelToken* cancel)
      : x_(x),
        weights_(weights),
        cancel_(cancel),
        rows_(partition_rows(row_count(x), kPartRows, kParts)),
        nearest_(row_count(x), std::numeric_limits<T>::infinity()),
        distances_(row_count(x) * most) {}

  // Potentials that candidates would leave: the sums by part, [candidates][parts].
  std::vector<std::vector<double>> potentials(const std::vector<size_t>& candidates) {
    const Candidates<Rows> points(x_, candidates);
    const size_t count = candidates.size();
    std::vector<std::vector<double>> sums(count, std::vector<double>(rows_.count(), 0.0));
    ThreadPool::instance().parallel_for(rows_.count(), [&](size_t part, size_t) {
      std::vector<double> own(count, 0.0);
      const AlignedBuffer<T> scratch(points.scratch());
      for (size_t i = rows_.begin(part); i < rows_.end(part); i += kBlockRows) {
        check_cancel(cancel_);
        const size_t block = std::min(kBlockRows, rows_.end(part) - i);
        T* const least = nearest_.data() + i;
        T* const out = distances_.data() + i;
        if (taken_ != kNone) {
          const T* const last = out + taken_ * rows_.total;
          for (size_t r = 0; r < block; ++r) least[r] = std::min(least[r], last[r]);
        }
        points.measure(i, block, scratch.data(), out, rows_.total);
        for (size_t c = 0; c < count; ++c) own[c] += potential(i, block, out + c * rows_.total);
      }
      for (size_t c = 0; c < count; ++c) sums[c][part] = own[c];
    });
    return sums;
  }

  // The candidate becomes a centre.
  void take(size_t candidate, std::vector<double> part_sums) {
    part_sums_ = std::move(part_sums);
    taken_ = candidate;
  }

  size_t draw(Rng& rng) const {
    return find_row(rows_, part_sums_, rng.uniform() * total_of(part_sums_),
                    [&](size_t i) { return weight_of(weights_, i) * nearest(i); });
  }

 private:
  // The squared distance of a row to the nearest centre: the last one is among the candidates until the next
  // are measured.
  T nearest(size_t i) const {
    return taken_ == kNone ? nearest_[i] : std::min(nearest_[i], distances_[taken_ * rows_.total + i]);
  }

  // Of `block` rows from i on, with a candidate at these distances. In several sums, which need not wait for
  // one another.
  double potential(size_t i, size_t block, const T* distances) const {
    constexpr size_t kSums = 8;
    double sums[kSums] = {};
    const T* const least = nearest_.data() + i;
    const auto add_up = [&](const auto& weight) {
      size_t r = 0;
      for (; r + kSums <= block; r += kSums) {
        for (size_t s = 0; s < kSums; ++s)
          sums[s] += weight(r + s) * std::min(least[r + s], distances[r + s]);
      }
      for (; r < block; ++r) sums[0] += weight(r) * std::min(least[r], distances[r]);
    };
    if (weights_.size == 0) {
      add_up([](size_t) { return 1.0; });
    } else {
      add_up([&](size_t r) { return weights_[i + r]; });
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }

  static constexpr size_t kNone = static_cast<size_t>(-1);
  Rows x_;
  Span<double> weights_;
  const CancelToken* cancel_;
  Partition rows_;
  size_t taken_ = kNone;        // the candidate that became the last centre
  std::vector<T> nearest_;      // without it
  AlignedBuffer<T> distances_;  // [candidates, rows]
  std::vector<double> part_sums_;
};

std::vector<double> weights_by_part(const Partition& rows, Span<double> weights) {
  std::vector<double> sums(rows.count(), 0.0);
  for (size_t part = 0; part < rows.count(); ++part) {
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) sums[part] += weight_of(weights, i);
  }
  return sums;
}

}  // namespace

template <typename Rows>
Seeds seed_plus_plus(const Rows& x, Span<double> weights, size_t clusters, Rng& rng,
                     const CancelToken* cancel) {
  const size_t trials = 2 + static_cast<size_t>(std::log(static_cast<double>(clusters)));
  const Partition rows = partition_rows(row_count(x), kPartRows, kParts);
  const std::vector<double> by_part = weights_by_part(rows, weights);
  Spread<Rows> spread(x, weights, trials, cancel);
  Seeds seeds;
  std::vector<size_t> candidates = {find_row(rows, by_part, rng.uniform() * total_of(by_part),
                                             [&](size_t i) { return weight_of(weights, i); })};
  for (;;) {
    std::vector<std::vector<double>> potentials = spread.potentials(candidates);
    size_t best = 0;
    for (size_t c = 1; c < candidates.size(); ++c) {
      if (total_of(potentials[c]) < total_of(potentials[best])) best = c;
    }
    seeds.rows.push_back(candidates[best]);
    if (seeds.rows.size() == clusters) return seeds;
    seeds.potential = total_of(potentials[best]);
    spread.take(best, std::move(potentials[best]));
    candidates.clear();
    for (size_t c = 0; c < trials; ++c) candidates.push_back(spread.draw(rng));
  }
}

template <typename Rows>
std::vector<size_t> seed_random(const Rows& x, Span<double> weights, size_t clusters, Rng& rng) {
  const size_t count = row_count(x);
  size_t possible = 0;
  for (size_t i = 0; i < count; ++i) possible += weight_of(weights, i) > 0;
  if (possible < clusters) {
    throw Error("ERR_PARAMETER", "There are fewer rows of a weight above 0 than clusters.");
  }
  const Partition rows = partition_rows(count, kPartRows, kParts);
  std::vector<double> by_part = weights_by_part(rows, weights);
  std::vector<bool> taken(count, false);
  std::vector<size_t> rows_taken;
  for (size_t c = 0; c < clusters; ++c) {
    const auto mass = [&](size_t i) { return taken[i] ? 0.0 : weight_of(weights, i); };
    const size_t row = find_row(rows, by_part, rng.uniform() * total_of(by_part), mass);
    rows_taken.push_back(row);
    taken[row] = true;
    // Anew, so that rounding leaves nothing of a part whose rows are all taken.
    const size_t part = row / rows.part;
    by_part[part] = 0;
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) by_part[part] += mass(i);
  }
  return rows_taken;
}

template <typename Rows>
std::vector<double> centres_at(const Rows& x, const std::vector<size_t>& rows) {
  std::vector<double> centres;
  for (const size_t row : rows) append_row(x, row, &centres);
  return centres;
}

#define BOREAL_KMEANS_SEED(Rows)                                                                    \
  template Seeds seed_plus_plus<Rows>(const Rows&, Span<double>, size_t, Rng&, const CancelToken*); \
  template std::vector<size_t> seed_random<Rows>(const Rows&, Span<double>, size_t, Rng&);          \
  template std::vector<double> centres_at<Rows>(const Rows&, const std::vector<size_t>&);
BOREAL_KMEANS_SEED(MatrixView<const float>)
BOREAL_KMEANS_SEED(MatrixView<const double>)
BOREAL_KMEANS_SEED(CsrView<double>)
#undef BOREAL_KMEANS_SEED

}  // namespace boreal
