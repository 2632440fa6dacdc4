// Searches for neighbours: every way, metric, precision and number of threads finds the same bits, those of a
// plain loop.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "linalg/rounding.h"
#include "neighbors/index.h"
#include "test/emulation.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const NeighborMetric kMetrics[] = {NeighborMetric::kEuclidean, NeighborMetric::kManhattan,
                                   NeighborMetric::kChebyshev, NeighborMetric::kMinkowski,
                                   NeighborMetric::kCosine};
// The one k of a metric, where not all are tried.
const size_t kOnly[] = {4, 1, 50, 4, 50};
const NeighborSearch kSearches[] = {NeighborSearch::kAuto, NeighborSearch::kBrute, NeighborSearch::kKdTree,
                                    NeighborSearch::kBallTree};

// Values on a grid, so that many rows are at equal distances and some are alike.
template <typename T>
std::vector<T> grid_rows(Rng& rng, size_t rows, size_t cols) {
  std::vector<T> x(rows * cols);
  for (T& value : x) value = static_cast<T>(rng.below(9)) / 4 - 1;
  return x;
}

template <typename T>
double distance(const NeighborSpec& spec, const T* x, const T* y, size_t d) {
  double sum = 0, xx = 0, yy = 0;
  for (size_t k = 0; k < d; ++k) {
    const double a = static_cast<double>(x[k]), b = static_cast<double>(y[k]);
    if (spec.metric == NeighborMetric::kCosine) {
      sum += a * b;
      xx += a * a;
      yy += b * b;
    } else {
      sum = spec.join(sum, spec.term(a - b));
    }
  }
  if (spec.metric == NeighborMetric::kCosine) return xx == 0 || yy == 0 ? 1 : 1 - sum / std::sqrt(xx * yy);
  return spec.root(sum);
}

template <typename T>
bool equal(const NearestRows<T>& a, const NearestRows<T>& b) {
  return a.indices == b.indices && same(a.distances, b.distances);
}

TEST_CASE_TEMPLATE("all ways find the same rows", T, float, double) {
  Rng rng(61);
  for (const size_t d : {1, 3, 20}) {
    const size_t n = 330, m = 70;
    const std::vector<T> y = grid_rows<T>(rng, n, d);
    std::vector<T> x = grid_rows<T>(rng, m, d);
    std::fill_n(x.begin(), d, T(0));
    const MatrixView<const T> rows = dense_view<const T>(y.data(), n, d);
    const MatrixView<const T> queries = dense_view<const T>(x.data(), m, d);
    for (const NeighborMetric metric : kMetrics) {
      NeighborSpec spec;
      spec.metric = metric;
      spec.p = 3;
      spec.leaf_size = 7;
      for (const size_t k : {1, 4, 50}) {
        // pow is slow, and an emulator: one k there, another for each metric, and pow of few columns.
        const bool few = metric == NeighborMetric::kMinkowski || emulated();
        if (few && k != kOnly[static_cast<size_t>(metric)]) continue;
        if (emulated() && metric == NeighborMetric::kMinkowski && d > 3) continue;
        CAPTURE(d);
        CAPTURE(k);
        CAPTURE(static_cast<int>(metric));
        NearestRows<T> first, first_own;
        for (const Kernels* kernels : available_kernels()) {
          INFO(kernels->name);
          for (const NeighborSearch search : kSearches) {
            spec.search = search;
            const NeighborIndex<T> index(spec, rows, *kernels);
            const NearestRows<T> found = nearest_rows(index, queries, k, false, {});
            const NearestRows<T> own = nearest_rows(index, rows, k, true, {1, nullptr});
            // Scaled rows are not exact: scalar code, which fuses nothing, may differ in the last bit.
            const bool anew = metric == NeighborMetric::kCosine && search == kSearches[0];
            if (anew || first.indices.empty()) {
              first = found;
              first_own = own;
            }
            CHECK(equal(found, first));
            CHECK(equal(own, first_own));
          }
        }
        for (size_t i = 0; i < m; i += 17) {
          std::vector<double> all;
          for (size_t j = 0; j < n; ++j) all.push_back(distance(spec, x.data() + i * d, y.data() + j * d, d));
          std::sort(all.begin(), all.end());
          for (size_t c = 0; c < k; ++c) {
            const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-14;
            CHECK(std::fabs(static_cast<double>(first.distances[i * k + c]) - all[c]) <=
                  tolerance * (1 + all[c]));
            if (c > 0 && first.distances[i * k + c] == first.distances[i * k + c - 1] &&
                metric != NeighborMetric::kMinkowski) {
              CHECK(first.indices[i * k + c] > first.indices[i * k + c - 1]);
            }
          }
        }
        size_t itself = 0;
        for (size_t i = 0; i < n; ++i) {
          for (size_t c = 0; c < k; ++c) itself += first_own.indices[i * k + c] == static_cast<int32_t>(i);
        }
        CHECK(itself == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("rows within a radius, and pairs of them", T, float, double) {
  Rng rng(62);
  const size_t n = emulated() ? 240 : 640, d = 2;
  const std::vector<T> y = grid_rows<T>(rng, n, d);
  const MatrixView<const T> rows = dense_view<const T>(y.data(), n, d);
  for (const NeighborMetric metric : kMetrics) {
    NeighborSpec spec;
    spec.metric = metric;
    spec.p = 1.5;
    const double radius = 0.25;  // a distance on the grid, which counts as within
    RowsWithin<T> first;
    for (const NeighborSearch search : kSearches) {
      spec.search = search;
      const NeighborIndex<T> index(spec, rows, kernels());
      const RowsWithin<T> found = rows_within(index, rows, radius, true, false, {});
      if (first.offsets.empty()) first = found;
      CHECK(found.offsets == first.offsets);
      CHECK(found.indices == first.indices);
      CHECK(same(found.distances, first.distances));
      std::set<std::pair<int32_t, int32_t>> pairs;
      size_t met = 0;
      for (size_t block = 0; block < index.pair_blocks(); ++block) {
        index.pairs(
            block, rank_limit<T>(index.spec(), radius),
            [&](size_t i, Neighbor<T>* others, size_t count) {
              for (size_t c = 0; c < count; ++c) {
                const int32_t a = static_cast<int32_t>(i), b = others[c].index;
                pairs.emplace(std::min(a, b), std::max(a, b));
              }
              met += count;
            },
            nullptr);
      }
      CHECK(pairs.size() == met);
      CHECK(2 * met == found.indices.size());
    }
    CHECK(first.indices.size() > n);
  }
}

TEST_CASE("rows beyond the reach of float keep their order") {
  // Near each other, far from 0 and of very different lengths.
  std::vector<double> y;
  for (int i = 0; i < 900; ++i) y.insert(y.end(), {1e8 + i * 1e-3, i % 2 == 0 ? 1e-3 : -1e-3});
  y.insert(y.end(), {1e300, 0});
  NeighborSpec spec;
  for (const NeighborSearch search : {NeighborSearch::kBrute, NeighborSearch::kKdTree}) {
    spec.search = search;
    const NeighborIndex<double> index(spec, dense_view<const double>(y.data(), 901, 2), kernels());
    const std::vector<double> x = {1e8 + 0.4501, 1e-3, 1e300, 0, -1e300, 5};
    const NearestRows<double> found =
        nearest_rows(index, dense_view<const double>(x.data(), 3, 2), 2, false, {});
    CHECK(found.indices[0] == 450);
    CHECK(found.indices[2] == 900);
    CHECK(found.indices[4] == 0);
  }
  const double nothing = std::numeric_limits<double>::infinity();
  CHECK(error_code([&] {
          NeighborIndex<double>(spec, dense_view<const double>(&nothing, 1, 1), kernels());
        }) == "ERR_INPUT_INFINITE");
}

TEST_CASE("a few rows far away leave the others their digits") {
  Rng rng(65);
  const size_t n = fewer(2000), d = 4;
  for (const double apart : {0.0, 1e4}) {  // of every other row, and one farther away than all
    CAPTURE(apart);
    std::vector<double> y(n * d);
    for (size_t at = 0; at < y.size(); ++at) y[at] = rng.uniform() + (at / d % 2 == 0 ? 0 : apart);
    std::fill_n(y.begin(), d, 1e6);
    const MatrixView<const double> rows = dense_view<const double>(y.data(), n, d);
    const Rounding rounding = rounding_of(rows, {});
    float rounded[d];
    rounding.apply(rows.row(2), rounded);
    CHECK(std::fabs(rounded[0]) <= (1 + apart) / 1e6);
    NeighborSpec spec;
    for (const Kernels* kernels : available_kernels()) {
      INFO(kernels->name);
      spec.search = NeighborSearch::kKdTree;
      const NeighborIndex<double> tree(spec, rows, *kernels);
      spec.search = NeighborSearch::kBrute;
      const NeighborIndex<double> brute(spec, rows, *kernels);
      CHECK(equal(nearest_rows(brute, rows, 5, true, {}), nearest_rows(tree, rows, 5, true, {})));
    }
  }
}

TEST_CASE("the nearest of many rows, however many are wanted") {
  Rng rng(68);
  const size_t n = 3000, d = 9;
  for (const double apart : {0.0, 1.0, 1e3}) {  // of fifty groups; without them rows are on a grid
    CAPTURE(apart);
    std::vector<double> y(n * d);
    for (size_t at = 0; at < y.size(); ++at) {
      const double value = rng.uniform();
      y[at] = apart == 0 ? std::floor(3 * value) : apart * static_cast<double>(at / d % 50) + 1e-4 * value;
    }
    const MatrixView<const double> rows = dense_view<const double>(y.data(), n, d);
    const MatrixView<const double> some = dense_view<const double>(y.data(), fewer(200), d);
    NeighborSpec spec;
    spec.search = NeighborSearch::kKdTree;
    const NeighborIndex<double> tree(spec, rows, *available_kernels().front());
    for (const size_t k : {1, 50, 128, 129, 600}) {
      CAPTURE(k);
      const NearestRows<double> wanted = nearest_rows(tree, some, k, false, {});
      for (const Kernels* kernels : available_kernels()) {
        INFO(kernels->name);
        spec.search = NeighborSearch::kBrute;
        const NeighborIndex<double> brute(spec, rows, *kernels);
        const NearestRows<double> found = nearest_rows(brute, some, k, false, {});
        CHECK(found.indices == wanted.indices);
        for (size_t at = 0; at < found.distances.size(); at += 7) {
          CHECK(found.distances[at] == doctest::Approx(wanted.distances[at]).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("distances that are given stand for computed ones", T, float, double) {
  Rng rng(64);
  const size_t n = emulated() ? 330 : 700, d = 3;
  const std::vector<T> y = grid_rows<T>(rng, n, d);
  const MatrixView<const T> rows = dense_view<const T>(y.data(), n, d);
  NeighborSpec spec;
  spec.metric = NeighborMetric::kManhattan;
  spec.search = NeighborSearch::kBrute;
  const NeighborIndex<T> computed(spec, rows, kernels());
  std::vector<T> all(n * n);
  const NearestRows<T> sorted = nearest_rows(computed, rows, n, false, {});
  for (size_t at = 0; at < all.size(); ++at) {
    all[at / n * n + static_cast<size_t>(sorted.indices[at])] = sorted.distances[at];
  }
  const MatrixView<const T> distances = dense_view<const T>(all.data(), n, n);
  NeighborSpec given;
  given.metric = NeighborMetric::kPrecomputed;
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    const NeighborIndex<T> index(given, distances, *kernels);
    for (const size_t k : {size_t{1}, size_t{9}, size_t{200}, n - 1}) {
      CHECK(equal(nearest_rows(index, distances, k, true, {}), nearest_rows(computed, rows, k, true, {})));
    }
    const RowsWithin<T> found = rows_within(index, distances, 0.75, true, true, {});
    const RowsWithin<T> expected = rows_within(computed, rows, 0.75, true, true, {});
    CHECK(found.offsets == expected.offsets);
    CHECK(found.indices == expected.indices);
    CHECK(same(found.distances, expected.distances));
  }
  all[n + 5] = -1;
  const NeighborIndex<T> index(given, distances, kernels());
  CHECK(error_code([&] { nearest_rows(index, distances, 2, true, {}); }) == "ERR_INPUT_NEGATIVE");
  CHECK(error_code([&] { NeighborIndex<T>(given, rows, kernels()); }) == "ERR_SHAPE");
  given.search = NeighborSearch::kKdTree;
  CHECK(error_code([&] { NeighborIndex<T>(given, distances, kernels()); }) == "ERR_PARAMETER");
}

TEST_CASE("a plan takes given distances without points") {
  const auto code = [](int32_t search, const std::vector<double>& points,
                       const std::vector<int32_t>& classes) {
    PlanWriter plan(3);
    plan.neighbors(0, {5, search, 30, 2, 0, 0, 2}, points, {2, 0}, classes, {});
    return error_code([&] { plan.decode(); });
  };
  CHECK(code(0, {}, {0, 1, 1}) == "none");
  CHECK(code(2, {}, {0, 1, 1}) == "ERR_PLAN");
  CHECK(code(0, {1, 2, 3}, {0, 1, 1}) == "ERR_PLAN");
  CHECK(code(0, {}, {0, 1}) == "ERR_PLAN");
}

TEST_CASE_TEMPLATE("votes and imputed values are those of the reference", T, float, double) {
  Rng rng(63);
  const size_t n = 90, d = 5;
  std::vector<double> points;
  std::vector<int32_t> classes;
  for (const float value : grid_rows<float>(rng, n, d)) points.push_back(static_cast<double>(value));
  for (size_t i = 0; i < n; ++i) classes.push_back(static_cast<int32_t>(rng.below(3)));
  std::vector<double> gaps = points;
  for (size_t i = 0; i < gaps.size(); i += 7) gaps[i] = std::numeric_limits<double>::quiet_NaN();
  for (int32_t search = 1; search < 4; ++search) {
    for (const int32_t weighted : {0, 1}) {
      PlanWriter plan(static_cast<int32_t>(d));
      const int32_t filled = plan.neighbor_impute(0, 4, weighted != 0, gaps, {1, 2, 3, 4, 5});
      plan.concat(
          {plan.neighbors(filled, {0, search, 3, 6, 0, weighted, 3}, points, {2, 0}, classes, {}), filled});
      std::vector<T> x = random_rows<T>(rng, 70, d, 6);
      std::copy(points.begin(), points.begin() + 20, x.begin());  // at distance 0
      const Plan decoded = plan.decode();
      const std::vector<T> expected = reference<T>(decoded, x);
      for (const Kernels* kernels : available_kernels()) {
        INFO(kernels->name);
        const std::vector<T> found = run(*prepare_cpu<T>(decoded, *kernels), x);
        REQUIRE(found.size() == expected.size());
        for (size_t i = 0; i < found.size(); ++i) CHECK(std::fabs(found[i] - expected[i]) <= T(1e-6));
      }
    }
  }
}

}  // namespace
}  // namespace test
}  // namespace boreal
