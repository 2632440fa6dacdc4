#include "neighbors/brute.h"

#include "base/thread_pool.h"

namespace boreal {

template <typename T>
BruteSearch<T>::BruteSearch(const NeighborSpec& spec, MatrixView<const T> y, const Kernels& kernels,
                            const RunOptions& options)
    : spec_(spec), kernels_(kernels), y_(y), power_(spec.metric == NeighborMetric::kMinkowski) {
  const size_t n = y.rows, d = y.cols;
  ThreadPool& pool = ThreadPool::instance();
  const size_t tasks = (n + kTileCols - 1) / kTileCols;
  const auto padded = [n, d](size_t lanes) { return (n + lanes - 1) / lanes * lanes * d; };
  if (!kRounds || power_) {
    const DistanceKernels<T>& kernel = distance_kernels<T>(kernels);
    T* target;
    if constexpr (kRounds) {
      exact_packed_ = AlignedBuffer<T>(padded(kernel.lanes));
      target = exact_packed_.data();
    } else {
      packed_ = AlignedBuffer<Screen>(padded(kernel.lanes));
      target = packed_.data();
    }
    pool.parallel_for(
        tasks,
        [&](size_t task, size_t) {
          check_cancel(options.cancel);
          const size_t first = task * kTileCols;
          kernel.pack(y.row(first), y.stride, std::min(kTileCols, n - first), d, target + first * d);
        },
        options.max_threads);
    return;
  }
  // The middle of each column goes to 0 and the widest one to [-1, 1]: rounding then costs least.
  shift_.assign(d, 0);
  double widest = 0;
  for (size_t k = 0; k < d; ++k) {
    double least = std::numeric_limits<double>::infinity(), greatest = -least;
    for (size_t i = 0; i < n; ++i) {
      const double value = static_cast<double>(y.at(i, k));
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
    shift_[k] = least / 2 + greatest / 2;
    widest = std::max(widest, greatest / 2 - least / 2);
  }
  // A power of two, so that scaling is exact.
  scale_ = widest > 0 && std::isfinite(widest)
               ? std::ldexp(1.0, std::clamp(-std::ilogb(widest) - 1, -1000, 1000))
               : 1;
  packed_ = AlignedBuffer<Screen>(padded(kernels.f32.distance.lanes));
  std::vector<double> longest(tasks, 0);
  pool.parallel_for(
      tasks,
      [&](size_t task, size_t) {
        check_cancel(options.cancel);
        const size_t first = task * kTileCols, count = std::min(kTileCols, n - first);
        AlignedBuffer<float> rounded(count * d);
        for (size_t i = 0; i < count; ++i) {
          round(y.row(first + i), rounded.data() + i * d);
          longest[task] = std::max(longest[task], length(rounded.data() + i * d));
        }
        kernels.f32.distance.pack(rounded.data(), d, count, d, packed_.data() + first * d);
      },
      options.max_threads);
  for (const double length : longest) longest_ = std::max(longest_, length);
}

template <typename T>
void BruteSearch<T>::round(const T* x, float* rounded) const {
  for (size_t k = 0; k < y_.cols; ++k) {
    rounded[k] = static_cast<float>((static_cast<double>(x[k]) - shift_[k]) * scale_);
  }
}

template <typename T>
double BruteSearch<T>::length(const float* rounded) const {
  double rank = 0;
  for (size_t k = 0; k < y_.cols; ++k) rank = spec_.join(rank, spec_.term(static_cast<double>(rounded[k])));
  return spec_.root(rank);
}

template <typename T>
float BruteSearch<T>::screen_limit(double limit, double slack) const {
  const double relative = 1 + static_cast<double>(y_.cols + 8) * 2.4e-7;
  const double distance = (spec_.root(limit) * scale_ + slack) * relative + slack;
  const double rank = spec_.unroot(distance) * relative;
  // Beyond this, squares of float overflow.
  return rank < 1e30 ? std::nextafter(static_cast<float>(rank), std::numeric_limits<float>::infinity())
                     : std::numeric_limits<float>::infinity();
}

template <typename T>
double BruteSearch<T>::upper_bound(float rank, double slack) const {
  const double relative = 1 + static_cast<double>(y_.cols + 8) * 2.4e-7;
  return spec_.unroot((spec_.root(static_cast<double>(rank) + 1e-36) * relative + slack) / scale_) * relative;
}

template class BruteSearch<float>;
template class BruteSearch<double>;

}  // namespace boreal
