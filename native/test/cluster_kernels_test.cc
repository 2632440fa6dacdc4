// The kernels of k-means against plain loops on every ISA.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "device/point_screen.h"
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
      std::vector<T> scratch(kernel.nearest_rows * d), distance(m), index(m), second(m), alone(m);
      CHECK(!kernel.nearest(x.data(), xs, packed.data(), m, n, d, scratch.data(), distance.data(),
                            index.data(), second.data()));
      kernel.nearest(x.data(), xs, packed.data(), m, n, d, scratch.data(), nullptr, alone.data(), nullptr);
      CHECK(index == alone);
      if (m > 2) {
        CHECK(kernel.nearest(x.data() + xs, xs, packed.data(), m - 2, n, d, scratch.data(), nullptr,
                             alone.data(), nullptr));
      }
      std::vector<T> turned(n * (m + 1), T(-1));
      kernel.from_points(x.data(), xs, packed.data(), m, n, d, scratch.data(), turned.data(), m + 1);
      if (n <= kFewPoints) {
        for (const bool root : {false, true}) {
          std::vector<T> few(m * (n + 1), T(-1)), wanted(m * n);
          rows.distances(root ? Metric::kEuclidean : Metric::kSquaredEuclidean, x.data(), xs, packed.data(),
                         wanted.data(), n, m, n, d);
          kernel.few_distances(root, x.data(), xs, packed.data(), m, n, d, scratch.data(), few.data(), n + 1);
          for (size_t p = 0; p < few.size(); ++p) {
            const T one = few[p], other = p % (n + 1) == n ? T(-1) : wanted[p / (n + 1) * n + p % (n + 1)];
            CHECK((one == other || (std::isnan(one) && std::isnan(other))));
          }
        }
      }
      for (size_t i = 0; i < m; ++i) {
        T least = kInfinity, other_least = kInfinity;
        size_t where = 0;
        for (size_t j = 0; j < n; ++j) {
          const T one = all[i * n + j], other = turned[j * (m + 1) + i];
          CHECK((one == other || (std::isnan(one) && std::isnan(other))));
          CHECK(turned[j * (m + 1) + m] == T(-1));
          if (all[i * n + j] < least) least = all[i * n + (where = j)];
        }
        CHECK(distance[i] == least);
        CHECK(index[i] == static_cast<T>(where));
        for (size_t j = 0; j < n; ++j) {
          if (j != where && all[i * n + j] < other_least) other_least = all[i * n + j];
        }
        CHECK(second[i] == other_least);
      }
    }
  }
}

// The labels of float64: of rows that lie halfway between points, at them, far away, and beyond float32.
void check_screened(const Kernels& isa) {
  Rng rng(8);
  const ClusterKernels<double>& exact = cluster_kernels<double>(isa);
  const DistanceKernels<double>& rows = distance_kernels<double>(isa);
  for (const double offset : {0.0, 1e6, 1e12}) {
    for (const size_t n : {size_t{1}, size_t{2}, size_t{10}, size_t{37}}) {
      for (const size_t d : {size_t{1}, size_t{5}, size_t{28}, size_t{33}}) {
        CAPTURE(offset);
        CAPTURE(n);
        CAPTURE(d);
        const size_t m = 400, xs = d + 1;
        std::vector<double> x(m * xs), points(n * d), packed((n + rows.lanes) * d);
        for (double& value : points) value = offset + static_cast<double>(rng.below(4)) / 3;
        for (size_t i = 0; i < m; ++i) {
          const size_t a = rng.below(static_cast<uint32_t>(n)), b = rng.below(static_cast<uint32_t>(n));
          // Far blocks are decided as a whole, rows in doubt among others one by one.
          const double noise = i < m / 2 && rng.below(20) > 0 ? 0.1 : 1e-9;
          for (size_t k = 0; k < d; ++k) {
            x[i * xs + k] = (points[a * d + k] + points[b * d + k]) / 2 + noise * (rng.uniform() - 0.5);
          }
        }
        for (size_t k = 0; k < d; ++k) x[7 * xs + k] = 1e50;
        for (size_t k = 0; k < d; ++k) x[8 * xs + k] = 1e18;
        rows.pack(points.data(), d, n, d, packed.data());
        const auto screen = PointScreen::of({points.data(), points.size()}, n, d, isa);
        REQUIRE(screen.has_value());
        std::vector<double> scratch(screen->kernels().scratch_rows * d), index(m), wanted(m);
        for (const size_t count : {m, size_t{30}, size_t{5}, size_t{1}}) {
          exact.nearest(x.data(), xs, packed.data(), count, n, d, scratch.data(), nullptr, wanted.data(),
                        nullptr);
          CHECK(screen->kernels().nearest(x.data(), xs, packed.data(), screen->view(), count, n, d,
                                          scratch.data(), index.data()));
          CHECK(index == wanted);
        }
        for (const double bad : {std::numeric_limits<double>::quiet_NaN(), 1e200}) {
          const double kept = x[20 * xs];
          x[20 * xs] = bad;
          CHECK(!screen->kernels().nearest(x.data(), xs, packed.data(), screen->view(), m, n, d,
                                           scratch.data(), index.data()));
          CHECK(index[20] == 0);
          x[20 * xs] = kept;
        }
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

TEST_CASE("the nearest point of each row, by float32 where that decides") {
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    check_screened(*isa);
  }
}

}  // namespace
}  // namespace test
}  // namespace boreal
