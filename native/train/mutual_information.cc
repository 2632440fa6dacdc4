#include "train/mutual_information.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "linalg/column_moments.h"
#include "neighbors/index.h"

namespace boreal {
namespace {

constexpr double kNoise = 1e-10;  // relative to the mean magnitude

// digamma(n) + Euler's constant, which cancels in every sum below.
class Harmonic {
 public:
  explicit Harmonic(size_t most) : sums_(most + 1, 0.0) {
    for (size_t n = 2; n <= most; ++n) sums_[n] = sums_[n - 1] + 1 / static_cast<double>(n - 1);
  }
  double operator()(size_t n) const { return sums_[n]; }

 private:
  std::vector<double> sums_;
};

// A column by value: order[k] is the row of the k-th least.
struct Sorted {
  std::vector<double> values;
  std::vector<size_t> order;

  explicit Sorted(const std::vector<double>& column) : order(column.size()) {
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return column[a] < column[b] || (column[a] == column[b] && a < b); });
    for (const size_t row : order) values.push_back(column[row]);
  }

  // Values at most `radius` from `at`, itself included.
  size_t within(double at, double radius) const {
    const auto low =
        std::partition_point(values.begin(), values.end(), [&](double value) { return at - value > radius; });
    const auto high =
        std::partition_point(low, values.end(), [&](double value) { return value - at <= radius; });
    return static_cast<size_t>(high - low);
  }
};

// Equal values are a label: codes from 0 in the order of values.
struct Labels {
  std::vector<size_t> codes;
  std::vector<size_t> counts;

  explicit Labels(const std::vector<double>& column) : codes(column.size()) {
    const Sorted sorted(column);
    for (size_t k = 0; k < codes.size(); ++k) {
      if (k == 0 || sorted.values[k] != sorted.values[k - 1]) counts.push_back(0);
      codes[sorted.order[k]] = counts.size() - 1;
      ++counts.back();
    }
  }
};

double below(double radius) { return std::nextafter(radius, 0.0); }

double of_labels(const Labels& x, const Labels& y) {
  const size_t rows = x.codes.size();
  std::vector<std::pair<size_t, size_t>> pairs;
  for (size_t i = 0; i < rows; ++i) pairs.emplace_back(x.codes[i], y.codes[i]);
  std::sort(pairs.begin(), pairs.end());
  const double total = static_cast<double>(rows);
  double sum = 0;
  for (size_t first = 0, next; first < rows; first = next) {
    for (next = first + 1; next < rows && pairs[next] == pairs[first];) ++next;
    const double count = static_cast<double>(next - first);
    const double expected = static_cast<double>(x.counts[pairs[first].first]) *
                            static_cast<double>(y.counts[pairs[first].second]) / total;
    sum += count / total * std::log(count / expected);
  }
  return sum;
}

// Distances to the k-th nearest other value among sorted ones, by place: it lies in one of the windows of
// k + 1 values around the place.
std::vector<double> nearest_others(const std::vector<double>& values, size_t k) {
  std::vector<double> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    size_t low = i, high = i;
    double distance = 0;
    for (size_t found = 0; found < k; ++found) {
      const double left = low > 0 ? values[i] - values[low - 1] : std::numeric_limits<double>::infinity();
      const double right =
          high + 1 < values.size() ? values[high + 1] - values[i] : std::numeric_limits<double>::infinity();
      if (left <= right) {
        distance = left;
        --low;
      } else {
        distance = right;
        ++high;
      }
    }
    result[i] = distance;
  }
  return result;
}

double of_values_and_labels(const std::vector<double>& values, const Labels& labels, size_t neighbors,
                            const Harmonic& harmonic) {
  const Sorted sorted(values);
  std::vector<std::vector<double>> groups(labels.counts.size());
  for (size_t k = 0; k < sorted.order.size(); ++k) {
    groups[labels.codes[sorted.order[k]]].push_back(sorted.values[k]);
  }
  // Rows that are alone with their label have no neighbour, and count nowhere.
  std::vector<double> kept;
  for (size_t k = 0; k < sorted.order.size(); ++k) {
    if (labels.counts[labels.codes[sorted.order[k]]] > 1) kept.push_back(sorted.values[k]);
  }
  const size_t rows = kept.size();
  if (rows == 0) return 0;
  const Sorted all(kept);
  double sum = 0;
  for (const auto& group : groups) {
    if (group.size() < 2) continue;
    const size_t k = std::min(neighbors, group.size() - 1);
    const std::vector<double> radius = nearest_others(group, k);
    for (size_t i = 0; i < group.size(); ++i) {
      sum += harmonic(k) - harmonic(group.size()) - harmonic(all.within(group[i], below(radius[i])));
    }
  }
  return harmonic(rows) + sum / static_cast<double>(rows);
}

double of_values(const std::vector<double>& x, const std::vector<double>& y, const Sorted& sorted_y,
                 size_t neighbors, const Harmonic& harmonic, const CancelToken* cancel) {
  const size_t rows = x.size();
  AlignedBuffer<double> points(2 * rows);
  for (size_t i = 0; i < rows; ++i) {
    points[2 * i] = x[i];
    points[2 * i + 1] = y[i];
  }
  NeighborSpec spec;
  spec.metric = NeighborMetric::kChebyshev;
  spec.search = NeighborSearch::kKdTree;
  const MatrixView<const double> view{points.data(), rows, 2, 2};
  const NeighborIndex<double> index(spec, view, kernels(), {0, cancel});
  const NearestRows<double> near = nearest_rows(index, view, neighbors, true, {0, cancel});
  const Sorted sorted_x(x);
  double sum = 0;
  for (size_t i = 0; i < rows; ++i) {
    const double radius = below(near.distances[i * neighbors + neighbors - 1]);
    sum += harmonic(sorted_x.within(x[i], radius)) + harmonic(sorted_y.within(y[i], radius));
  }
  return harmonic(rows) + harmonic(neighbors) - sum / static_cast<double>(rows);
}

// Scaled to unit variance (a constant is not), with noise that hardly shows.
void scale_and_disturb(std::vector<double>& values, double variance, Rng rng) {
  const double deviation = std::sqrt(variance);
  double magnitude = 0;
  for (double& value : values) {
    if (deviation > 0) value /= deviation;
    magnitude += std::fabs(value) / static_cast<double>(values.size());
  }
  const double noise = kNoise * std::max(1.0, magnitude);
  for (double& value : values) value += noise * (2 * rng.uniform() - 1);
}

}  // namespace

template <typename T>
std::vector<double> mutual_information(MatrixView<const T> x, Span<double> y, Span<uint8_t> discrete,
                                       const MutualInformationParams& params, const CancelToken* cancel) {
  if (x.rows == 0 || x.cols == 0) throw Error("ERR_EMPTY", "There are no rows or no columns.");
  if (y.size != x.rows || discrete.size != x.cols) throw Error("ERR_SHAPE", "Rows or columns do not agree.");
  const bool continuous = !params.discrete_target && std::any_of(discrete.begin(), discrete.end(),
                                                                 [](uint8_t labels) { return labels == 0; });
  if (params.neighbors < 1 || (continuous && params.neighbors >= x.rows)) {
    throw Error("ERR_PARAMETER", "There are no " + std::to_string(params.neighbors) + " other rows among " +
                                     std::to_string(x.rows) + ".");
  }
  const std::vector<double> variance = column_moments(x, {}, {0, cancel}).variance;
  // A NaN has no place in an order.
  const auto is_finite = [](double value) { return std::isfinite(value); };
  if (!std::all_of(variance.begin(), variance.end(), is_finite) ||
      !std::all_of(y.begin(), y.end(), is_finite)) {
    throw Error("ERR_INPUT_INFINITE", "A value is not finite, or so large that variances overflow.");
  }
  std::vector<double> target(y.begin(), y.end());
  if (!params.discrete_target) {
    const MatrixView<const double> column{y.data, y.size, 1, 1};
    scale_and_disturb(target, column_moments(column, {}, {0, cancel}).variance[0], Rng(params.seed, 0));
  }
  const Harmonic harmonic(x.rows);
  const Labels labels(params.discrete_target ? target : std::vector<double>{});
  const Sorted sorted(target);
  std::vector<double> result(x.cols);
  ThreadPool::instance().parallel_for(x.cols, [&](size_t j, size_t) {
    check_cancel(cancel);
    std::vector<double> column(x.rows);
    for (size_t i = 0; i < x.rows; ++i) column[i] = static_cast<double>(x.at(i, j));
    double& value = result[j];
    if (discrete[j] != 0 && params.discrete_target) {
      value = of_labels(Labels(column), labels);
    } else if (discrete[j] != 0) {
      value = of_values_and_labels(target, Labels(column), params.neighbors, harmonic);
    } else {
      scale_and_disturb(column, variance[j], Rng(params.seed, j + 1));
      value = params.discrete_target ? of_values_and_labels(column, labels, params.neighbors, harmonic)
                                     : of_values(column, target, sorted, params.neighbors, harmonic, cancel);
    }
    value = std::max(0.0, value);  // below 0 by chance only
  });
  return result;
}

#define BOREAL_MUTUAL_INFORMATION(T)                                                                   \
  template std::vector<double> mutual_information<T>(MatrixView<const T>, Span<double>, Span<uint8_t>, \
                                                     const MutualInformationParams&, const CancelToken*);
BOREAL_MUTUAL_INFORMATION(float)
BOREAL_MUTUAL_INFORMATION(double)
#undef BOREAL_MUTUAL_INFORMATION

}  // namespace boreal
