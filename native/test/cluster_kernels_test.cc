// The kernels of k-means against plain loops on every ISA.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"

namespace boreal {
namespace test {
namespace {

template <typename T>
void check_scattered_rows(const Kernels& isa) {
  Rng rng(5);
  for (const size_t d : {size_t{1}, size_t{3}, size_t{8}, size_t{28}, size_t{37}}) {
    CAPTURE(d);
    constexpr size_t kRows = 20, kClusters = 3;
    std::vector<T> x(kRows * (d + 1)), centres(kClusters * d);
    for (T& value : x) value = static_cast<T>(rng.uniform());
    for (T& value : centres) value = static_cast<T>(rng.uniform());
    std::vector<uint32_t> rows;
    std::vector<int32_t> labels(kRows);
    for (uint32_t i = 0; i < kRows; ++i) {
      labels[i] = static_cast<int32_t>(rng.below(kClusters));
      if (rng.below(3) > 0) rows.push_back(i);
    }
    std::vector<T> gathered(rows.size() * d);
    cluster_kernels<T>(isa).gather(x.data(), d + 1, rows.data(), rows.size(), d, gathered.data());
    for (size_t p = 0; p < gathered.size(); ++p) CHECK(gathered[p] == x[rows[p / d] * (d + 1) + p % d]);
    std::vector<T> out(rows.size());
    cluster_kernels<T>(isa).own_distances(x.data(), d + 1, rows.data(), rows.size(), centres.data(),
                                          labels.data(), d, out.data());
    for (size_t p = 0; p < rows.size(); ++p) {
      double sum = 0;
      for (size_t j = 0; j < d; ++j) {
        const double difference = static_cast<double>(x[rows[p] * (d + 1) + j]) -
                                  static_cast<double>(centres[static_cast<size_t>(labels[rows[p]]) * d + j]);
        sum += difference * difference;
      }
      CHECK(std::fabs(static_cast<double>(out[p]) - sum) <=
            static_cast<double>(d + 8) * std::numeric_limits<T>::epsilon() * sum);
    }
  }
}

template <typename T>
void check_two_smallest(const Kernels& isa) {
  Rng rng(6);
  for (const size_t cols : {size_t{1}, size_t{2}, size_t{7}, size_t{8}, size_t{10}, size_t{16}, size_t{17},
                            size_t{33}, size_t{70}}) {
    CAPTURE(cols);
    constexpr size_t kRows = 50;
    const size_t stride = cols + 2;
    std::vector<T> x(kRows * stride, T(-1));
    for (size_t i = 0; i < kRows; ++i) {
      // Few values, so that the least stands in several columns; a row of infinities as well.
      for (size_t j = 0; j < cols; ++j) {
        x[i * stride + j] = i == 7 ? std::numeric_limits<T>::infinity() : static_cast<T>(rng.below(12));
      }
    }
    std::vector<T> value(kRows), second(kRows);
    std::vector<int32_t> index(kRows);
    cluster_kernels<T>(isa).two_smallest(x.data(), stride, kRows, cols, value.data(), index.data(),
                                         second.data());
    for (size_t i = 0; i < kRows; ++i) {
      std::vector<T> row(x.begin() + static_cast<std::ptrdiff_t>(i * stride),
                         x.begin() + static_cast<std::ptrdiff_t>(i * stride + cols));
      const auto least = std::min_element(row.begin(), row.end());
      CHECK(value[i] == *least);
      CHECK(index[i] == least - row.begin());
      row.erase(least);
      const T other =
          row.empty() ? std::numeric_limits<T>::infinity() : *std::min_element(row.begin(), row.end());
      CHECK(second[i] == other);
    }
  }
}

// Whatever the rest of such a row is, no column beyond it is named.
template <typename T>
void check_rows_of_nan(const Kernels& isa) {
  for (const size_t cols : {size_t{1}, size_t{4}, size_t{8}, size_t{16}, size_t{19}}) {
    CAPTURE(cols);
    const std::vector<T> x(cols, std::numeric_limits<T>::quiet_NaN());
    T value = 0, second = 0;
    int32_t index = -1;
    cluster_kernels<T>(isa).two_smallest(x.data(), cols, 1, cols, &value, &index, &second);
    CHECK(index >= 0);
    CHECK(static_cast<size_t>(index) < cols);
  }
}

// The labels and bits of all distances, and of equal ones the first; rows and points in any number.
template <typename T>
void check_nearest(const Kernels& isa) {
  Rng rng(7);
  const ClusterKernels<T>& kernel = cluster_kernels<T>(isa);
  const DistanceKernels<T>& rows = distance_kernels<T>(isa);
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  for (const size_t n : {size_t{1}, size_t{2}, size_t{7}, size_t{10}, size_t{16}, size_t{37}}) {
    for (const size_t d : {size_t{1}, size_t{5}, size_t{8}, size_t{28}, size_t{33}}) {
      const size_t m = 1 + rng.below(2 * kernel.nearest_rows), xs = d + 1;
      CAPTURE(n);
      CAPTURE(d);
      CAPTURE(m);
      // Few values, so that points are equally near.
      std::vector<T> x(m * xs), points(n * d), packed((n + rows.lanes) * d), all(m * n);
      for (T& value : x) value = static_cast<T>(rng.below(4)) / 3;
      for (T& value : points) value = static_cast<T>(rng.below(4)) / 3;
      x[0] = std::numeric_limits<T>::quiet_NaN();
      x[(m - 1) * xs] = kInfinity;
      rows.pack(points.data(), d, n, d, packed.data());
      rows.distances(Metric::kSquaredEuclidean, x.data(), xs, packed.data(), all.data(), n, m, n, d);
      std::vector<T> scratch(kernel.nearest_rows * d), distance(m), index(m), alone(m);
      kernel.nearest(x.data(), xs, packed.data(), m, n, d, scratch.data(), distance.data(), index.data());
      kernel.nearest(x.data(), xs, packed.data(), m, n, d, scratch.data(), nullptr, alone.data());
      CHECK(index == alone);
      std::vector<T> turned(n * (m + 1), T(-1));
      kernel.from_points(x.data(), xs, packed.data(), m, n, d, scratch.data(), turned.data(), m + 1);
      for (size_t i = 0; i < m; ++i) {
        T least = kInfinity;
        size_t where = 0;
        for (size_t j = 0; j < n; ++j) {
          const T one = all[i * n + j], other = turned[j * (m + 1) + i];
          CHECK((one == other || (std::isnan(one) && std::isnan(other))));
          CHECK(turned[j * (m + 1) + m] == T(-1));
          if (all[i * n + j] < least) least = all[i * n + (where = j)];
        }
        CHECK(distance[i] == least);
        CHECK(index[i] == static_cast<T>(where));
      }
    }
  }
}

TEST_CASE("the nearest point of each row") {
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    check_nearest<float>(*isa);
    check_nearest<double>(*isa);
  }
}

TEST_CASE("scattered rows: side by side, and their distances to their centres") {
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    check_scattered_rows<float>(*isa);
    check_scattered_rows<double>(*isa);
  }
}

TEST_CASE("the two smallest values of rows") {
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    check_two_smallest<float>(*isa);
    check_two_smallest<double>(*isa);
    check_rows_of_nan<float>(*isa);
    check_rows_of_nan<double>(*isa);
  }
}

}  // namespace
}  // namespace test
}  // namespace boreal
