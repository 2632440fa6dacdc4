#include "train/kmeans_seed.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
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

// Distances of all rows to the nearest centre so far, and to the candidates for the next.
template <typename T>
class Spread {
 public:
  Spread(MatrixView<const T> x, Span<double> weights, size_t most, const CancelToken* cancel)
      : x_(x),
        weights_(weights),
        cancel_(cancel),
        rows_(partition_rows(x.rows, kPartRows, kParts)),
        most_(most),
        nearest_(x.rows, std::numeric_limits<T>::infinity()),
        distances_(x.rows * most) {}

  // Potentials that candidates would leave: the sums by part, [candidates][parts].
  std::vector<std::vector<double>> potentials(const std::vector<size_t>& candidates) {
    std::vector<T> points;
    for (const size_t row : candidates) points.insert(points.end(), x_.row(row), x_.row(row) + x_.cols);
    const size_t count = candidates.size();
    const PackedRows<T> packed(Metric::kSquaredEuclidean, dense_view<const T>(points.data(), count, x_.cols));
    const DistanceKernels<T>& kernel = distance_kernels<T>(kernels());
    std::vector<std::vector<double>> sums(count, std::vector<double>(rows_.count(), 0.0));
    ThreadPool::instance().parallel_for(rows_.count(), [&](size_t part, size_t) {
      std::vector<double> own(count, 0.0);
      for (size_t i = rows_.begin(part); i < rows_.end(part); i += kBlockRows) {
        check_cancel(cancel_);
        const size_t block = std::min(kBlockRows, rows_.end(part) - i);
        T* const out = distances_.data() + i * most_;
        for (size_t r = 0; r < block; ++r) nearest_[i + r] = nearest(i + r);
        kernel.distances(Metric::kSquaredEuclidean, x_.row(i), x_.stride, packed.from(0), out, most_, block,
                         count, x_.cols);
        for (size_t r = 0; r < block; ++r) {
          const double weight = weight_of(weights_, i + r);
          const T least = nearest_[i + r];
          for (size_t c = 0; c < count; ++c) own[c] += weight * std::min(least, out[r * most_ + c]);
        }
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
    return taken_ == kNone ? nearest_[i] : std::min(nearest_[i], distances_[i * most_ + taken_]);
  }

  static constexpr size_t kNone = static_cast<size_t>(-1);
  MatrixView<const T> x_;
  Span<double> weights_;
  const CancelToken* cancel_;
  Partition rows_;
  size_t most_, taken_ = kNone;  // the candidate that became the last centre
  std::vector<T> nearest_;       // without it
  AlignedBuffer<T> distances_;
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

template <typename T>
std::vector<double> seed_plus_plus(MatrixView<const T> x, Span<double> weights, size_t clusters, Rng& rng,
                                   const CancelToken* cancel) {
  const size_t trials = 2 + static_cast<size_t>(std::log(static_cast<double>(clusters)));
  const Partition rows = partition_rows(x.rows, kPartRows, kParts);
  const std::vector<double> by_part = weights_by_part(rows, weights);
  Spread<T> spread(x, weights, trials, cancel);
  std::vector<double> centres;
  std::vector<size_t> candidates = {find_row(rows, by_part, rng.uniform() * total_of(by_part),
                                             [&](size_t i) { return weight_of(weights, i); })};
  for (;;) {
    std::vector<std::vector<double>> potentials = spread.potentials(candidates);
    size_t best = 0;
    for (size_t c = 1; c < candidates.size(); ++c) {
      if (total_of(potentials[c]) < total_of(potentials[best])) best = c;
    }
    append_row(x, candidates[best], &centres);
    if (centres.size() == clusters * x.cols) return centres;
    spread.take(best, std::move(potentials[best]));
    candidates.clear();
    for (size_t c = 0; c < trials; ++c) candidates.push_back(spread.draw(rng));
  }
}

template <typename T>
std::vector<double> seed_random(MatrixView<const T> x, Span<double> weights, size_t clusters, Rng& rng) {
  size_t possible = 0;
  for (size_t i = 0; i < x.rows; ++i) possible += weight_of(weights, i) > 0;
  if (possible < clusters) {
    throw Error("ERR_PARAMETER", "There are fewer rows of a weight above 0 than clusters.");
  }
  const Partition rows = partition_rows(x.rows, kPartRows, kParts);
  std::vector<double> by_part = weights_by_part(rows, weights);
  std::vector<bool> taken(x.rows, false);
  std::vector<double> centres;
  for (size_t c = 0; c < clusters; ++c) {
    const auto mass = [&](size_t i) { return taken[i] ? 0.0 : weight_of(weights, i); };
    const size_t row = find_row(rows, by_part, rng.uniform() * total_of(by_part), mass);
    append_row(x, row, &centres);
    taken[row] = true;
    // Anew, so that rounding leaves nothing of a part whose rows are all taken.
    const size_t part = row / rows.part;
    by_part[part] = 0;
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) by_part[part] += mass(i);
  }
  return centres;
}

#define BOREAL_KMEANS_SEED(T)                                                                     \
  template std::vector<double> seed_plus_plus<T>(MatrixView<const T>, Span<double>, size_t, Rng&, \
                                                 const CancelToken*);                             \
  template std::vector<double> seed_random<T>(MatrixView<const T>, Span<double>, size_t, Rng&);
BOREAL_KMEANS_SEED(float)
BOREAL_KMEANS_SEED(double)
#undef BOREAL_KMEANS_SEED

}  // namespace boreal
