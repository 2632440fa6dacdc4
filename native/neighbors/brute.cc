#include "neighbors/brute.h"

#include "base/thread_pool.h"
#include "linalg/rounding.h"

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
  const Rounding rounding = rounding_of(y, options);
  shift_ = rounding.shift;
  scale_ = rounding.scale;
  const bool multiplies = spec.metric == NeighborMetric::kEuclidean;
  if (multiplies) {
    squares_ = AlignedBuffer<float>(n);
    factors_.resize(tasks);
  } else {
    packed_ = AlignedBuffer<Screen>(padded(kernels.f32.distance.lanes));
  }
  longest_.assign(tasks, 0);
  pool.parallel_for(
      tasks,
      [&](size_t task, size_t) {
        check_cancel(options.cancel);
        const size_t first = task * kTileCols, count = std::min(kTileCols, n - first);
        AlignedBuffer<float> rounded(count * d);
        for (size_t i = 0; i < count; ++i) {
          round(y.row(first + i), rounded.data() + i * d);
          const double own = length(rounded.data() + i * d);
          longest_[task] = std::max(longest_[task], own);
          if (multiplies) squares_[first + i] = static_cast<float>(own * own);
        }
        if (multiplies) {
          factors_[task] = std::make_unique<PackedMatrix<float>>(
              dense_view<const float>(rounded.data(), count, d), true, kernels);
        } else {
          kernels.f32.distance.pack(rounded.data(), d, count, d, packed_.data() + first * d);
        }
      },
      options.max_threads);
  longest_of_all_ = *std::max_element(longest_.begin(), longest_.end());
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
double BruteSearch<T>::usable_length(const float* rounded) const {
  const bool usable =
      std::all_of(rounded, rounded + y_.cols, [](float value) { return std::fabs(value) < 1e15F; });
  return usable ? length(rounded) : std::numeric_limits<double>::infinity();
}

template <typename T>
typename BruteSearch<T>::Margin BruteSearch<T>::margin_of(double length, size_t first, bool products) const {
  const double both = length + longest_[first / kTileCols];
  Margin margin{slack_of_rounding(both)};
  if (products) {
    // A chain of d fused multiply-adds that starts from a rounded square, each partial sum at most
    // (|x| + |y|)^2, and the result as WaitingRows keeps it.
    margin.less = length * length;
    margin.noise = static_cast<double>(y_.cols + 9) * 1.2e-7 * both * both;
  }
  return margin;
}

template <typename T>
void BruteSearch<T>::fill_products(MatrixView<const float> rounded, size_t first,
                                   MatrixView<float> tile) const {
  GemmOptions<float> options;
  options.alpha = -2;
  options.bias = squares_.data() + first;
  options.max_threads = 1;
  factors_[first / kTileCols]->multiply(rounded, tile, options);
}

template <typename T>
void BruteSearch<T>::fill_differences(MatrixView<const float> rounded, size_t first, float* rows,
                                      float* packed, MatrixView<float> tile) const {
  const DistanceKernels<float>& kernel = kernels_.f32.distance;
  const float* y = packed;
  if (factors_.empty()) {
    y = reinterpret_cast<const float*>(packed_.data()) + first * y_.cols;
  } else {
    for (size_t c = 0; c < tile.cols; ++c) round(y_.row(first + c), rows + c * y_.cols);
    kernel.pack(rows, y_.cols, tile.cols, y_.cols, packed);
  }
  rank_distances<float>(spec_, kernel, rounded, y, tile);
}

template <typename T>
double BruteSearch<T>::reach_of(double limit, double slack) const {
  const double relative = 1 + static_cast<double>(y_.cols + 8) * 2.4e-7;
  // A limit below this may be a square that lost its digits, or all of it, where it underflowed.
  const double least = std::max(limit, std::numeric_limits<double>::min());
  const double distance = (spec_.root(least) * scale_ + slack) * relative + slack;
  return spec_.unroot(distance) * relative;
}

template <typename T>
double BruteSearch<T>::limit_of(double square, double slack) const {
  const double relative = 1 + static_cast<double>(y_.cols + 8) * 2.4e-7;
  const double rank = std::max(0.0, square) + 1e-36;
  return spec_.unroot((spec_.root(rank) * relative + slack) / scale_) * relative;
}

template <typename T>
float BruteSearch<T>::screen_of(double reach, const Margin& row) {
  const double value = reach - row.less + row.noise;
  // Beyond this, squares of float overflow.
  return value < 1e30 ? std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity())
                      : std::numeric_limits<float>::infinity();
}

template class BruteSearch<float>;
template class BruteSearch<double>;

}  // namespace boreal
