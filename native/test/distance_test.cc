// Distances: the kernels of every table this CPU can run against long double, and what native/linalg makes of
// them: blocks, threads, zero rows, the visitor.
#include "linalg/distance.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

const Metric kMetrics[] = {Metric::kEuclidean, Metric::kSquaredEuclidean, Metric::kManhattan,
                           Metric::kCosine};

template <typename T>
std::vector<T> normal_values(size_t count, unsigned seed, double offset = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(offset, 1);
  std::vector<T> out(count);
  for (T& value : out) value = static_cast<T>(normal(random));
  return out;
}

// As the kernel defines it: kCosine takes its rows as they are.
template <typename T>
long double exact_distance(Metric metric, const T* x, const T* y, size_t d) {
  long double sum = 0;
  for (size_t k = 0; k < d; ++k) {
    const long double difference = static_cast<long double>(x[k]) - y[k];
    sum += metric == Metric::kManhattan ? std::fabs(difference) : difference * difference;
  }
  if (metric == Metric::kEuclidean) return std::sqrt(sum);
  return metric == Metric::kCosine ? std::min(2.0L, sum / 2) : sum;
}

template <typename T>
long double exact_cosine(const T* x, const T* y, size_t d) {
  long double xx = 0, yy = 0, sum = 0;
  for (size_t k = 0; k < d; ++k) {
    xx += static_cast<long double>(x[k]) * x[k];
    yy += static_cast<long double>(y[k]) * y[k];
  }
  for (size_t k = 0; k < d; ++k) {
    const long double difference = x[k] / std::sqrt(xx) - y[k] / std::sqrt(yy);
    sum += difference * difference;
  }
  return sum / 2;
}

template <typename T>
std::vector<T> all_distances(Metric metric, const std::vector<T>& x, const std::vector<T>& y, size_t d,
                             const RunOptions& options = {}) {
  const size_t m = x.size() / d, n = y.size() / d;
  std::vector<T> out(m * n);
  const PackedRows<T> packed(metric, dense_view(y.data(), n, d), options);
  pairwise_distances(dense_view(x.data(), m, d), packed, dense_view(out.data(), m, n), options);
  return out;
}

template <typename T>
size_t count_differing(const std::vector<T>& a, const std::vector<T>& b) {
  size_t differing = a.size() != b.size();
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) differing += !same_bits(a[i], b[i]);
  return differing;
}

template <typename Call>
std::string code_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "no error";
}

// Packs y with a guard behind what the contract allows.
template <typename T>
std::vector<T> pack(const DistanceKernels<T>& kernel, const FencedMatrix<T>& y) {
  const size_t size = (y.rows() + kernel.lanes - 1) / kernel.lanes * kernel.lanes * y.cols();
  std::vector<T> packed(size + 4, T(77));
  kernel.pack(y.data(), y.stride(), y.rows(), y.cols(), packed.data());
  for (size_t i = 0; i < 4; ++i) CHECK(packed[size + i] == T(77));
  return packed;
}

}  // namespace

TEST_CASE_TEMPLATE("distance kernels: accurate, alone and the same both ways, at every size", T, float,
                   double) {
  const size_t most_m = 25, most_n = 67;
  for (const size_t d : {0, 1, 3, 8, 28, 65}) {
    CAPTURE(d);
    // A large offset: near rows whose squares would drown their distance.
    const std::vector<T> left = normal_values<T>(most_m * d, 1, 1000),
                         right = normal_values<T>(most_n * d, 2, 1000);
    // Of all rows once: where long double is software, these take longest.
    std::map<Metric, std::vector<double>> exact;
    for (const Metric metric : kMetrics) {
      for (size_t i = 0; i < most_m; ++i) {
        for (size_t j = 0; j < most_n; ++j)
          exact[metric].push_back(
              static_cast<double>(exact_distance(metric, left.data() + i * d, right.data() + j * d, d)));
      }
    }
    for (const Kernels* table : available_kernels()) {
      const std::string isa = table->name;
      CAPTURE(isa);
      const DistanceKernels<T>& kernel = distance_kernels<T>(*table);
      for (const size_t n : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 67}) {
        for (const size_t m : {0, 1, 2, 3, 5, 6, 7, 12, 13, 25}) {
          CAPTURE(n);
          CAPTURE(m);
          FencedMatrix<T> x(m, d, d + n % 3, m % 2), y(n, d, d + m % 2, n % 3);
          x.set({left.begin(), left.begin() + static_cast<std::ptrdiff_t>(m * d)});
          y.set({right.begin(), right.begin() + static_cast<std::ptrdiff_t>(n * d)});
          const std::vector<T> packed = pack(kernel, y), packed_x = pack(kernel, x);
          for (const Metric metric : kMetrics) {
            FencedMatrix<T> out(m, n, n + 1 + m % 2, d % 2), back(n, m, m);
            kernel.distances(metric, x.data(), x.stride(), packed.data(), out.data(), out.stride(), m, n, d);
            kernel.distances(metric, y.data(), y.stride(), packed_x.data(), back.data(), back.stride(), n, m,
                             d);
            CHECK(out.intact());
            size_t wrong = 0, differing = 0;
            for (size_t i = 0; i < m; ++i) {
              std::vector<T> alone(n);
              kernel.distances(metric, x.row(i), d, packed.data(), alone.data(), n, 1, n, d);
              for (size_t j = 0; j < n; ++j) {
                const double expected = exact[metric][i * most_n + j];
                wrong += !(std::fabs(out.at(i, j) - expected) <= distance_bound<T>(d, expected));
                differing += !same_bits(out.at(i, j), back.at(j, i)) || !same_bits(out.at(i, j), alone[j]);
              }
            }
            CHECK(wrong == 0);
            CHECK(differing == 0);
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("distance kernels: NaN and infinity", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const DistanceKernels<T>& kernel = distance_kernels<T>(*table);
    FencedMatrix<T> x(3, 2, 2), y(3, 2, 2), out(3, 3, 3);
    x.set({nan, 0, infinity, 1, 1, 2});
    y.set({1, 2, infinity, 1, 0, nan});
    const std::vector<T> packed = pack(kernel, y);
    for (const Metric metric : kMetrics) {
      kernel.distances(metric, x.data(), 2, packed.data(), out.data(), 3, 3, 3, 2);
      for (size_t j = 0; j < 3; ++j) CHECK(std::isnan(out.at(0, j)));
      CHECK(out.at(1, 0) == (metric == Metric::kCosine ? T(2) : infinity));
      CHECK(std::isnan(out.at(1, 1)));
      CHECK(std::isnan(out.at(2, 2)));
      CHECK(same_bits(out.at(2, 0), T(0)));
    }
  }
}

TEST_CASE_TEMPLATE("pairwise distances: the same bits in any block, batch and number of threads", T, float,
                   double) {
  for (const size_t d : {size_t{1}, size_t{40}, size_t{700}}) {
    CAPTURE(d);
    const size_t m = 203, n = d == 1 ? 1301 : 100;
    const std::vector<T> x = normal_values<T>(m * d, 3), y = normal_values<T>(n * d, 4);
    for (const Metric metric : kMetrics) {
      const std::vector<T> whole = all_distances(metric, x, y, d);
      RunOptions one;
      one.max_threads = 1;
      CHECK(count_differing(whole, all_distances(metric, x, y, d, one)) == 0);
      const std::vector<T> some(x.begin() + static_cast<std::ptrdiff_t>(100 * d),
                                x.begin() + static_cast<std::ptrdiff_t>(107 * d));
      const std::vector<T> part = all_distances(metric, some, y, d);
      CHECK(count_differing(part, {whole.begin() + static_cast<std::ptrdiff_t>(100 * n),
                                   whole.begin() + static_cast<std::ptrdiff_t>(107 * n)}) == 0);
      size_t wrong = 0;
      for (size_t i = 0; i < m; i += 29) {
        for (size_t j = 0; j < n; ++j) {
          const T *a = x.data() + i * d, *b = y.data() + j * d;
          const bool cosine = metric == Metric::kCosine;
          const double exact =
              static_cast<double>(cosine ? exact_cosine(a, b, d) : exact_distance(metric, a, b, d));
          const double bound = cosine ? cosine_bound<T>(d, exact) : distance_bound<T>(d, exact);
          wrong += !(std::fabs(whole[i * n + j] - exact) <= bound);
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("cosine distances: zero rows, long and short rows, NaN", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const T large = std::numeric_limits<T>::max() / 4, small = std::numeric_limits<T>::min();
  const std::vector<T> x = {0, 0, large, large, small, -small, nan, 1, 3, 4};
  const std::vector<T> y = {0, 0, large, large, -3, 3, nan, 0, 6, 8};
  const std::vector<T> out = all_distances(Metric::kCosine, x, y, 2);
  const auto near = [](T value, double exact) {
    return std::fabs(value - exact) <= cosine_bound<T>(2, exact);
  };
  for (const size_t at : {0, 1, 2, 4, 5, 10, 20}) CHECK(out[at] == T(1));  // a zero row on either side
  CHECK(same_bits(out[6], T(0)));
  CHECK(near(out[7], 1));
  CHECK(near(out[11], 1));
  CHECK(near(out[12], 2));
  CHECK(out[12] <= T(2));
  for (size_t i = 0; i < 5; ++i) {
    CHECK(std::isnan(out[3 + 5 * i]));
    CHECK(std::isnan(out[15 + i]));
  }
  CHECK(near(out[24], 0));
}

TEST_CASE_TEMPLATE("distances of a matrix with itself: symmetric, 0 on the diagonal", T, float, double) {
  const size_t n = 70, d = 5;
  std::vector<T> x = normal_values<T>(n * d, 5);
  std::fill(x.begin() + 3 * d, x.begin() + 4 * d, T(0));
  x[7 * d] = std::numeric_limits<T>::quiet_NaN();
  for (const Metric metric : kMetrics) {
    std::vector<T> out(n * (n + 2));
    const MatrixView<T> result{out.data(), n, n, n + 2};
    pairwise_distances<T>(metric, dense_view<const T>(x.data(), n, d), result);
    size_t wrong = 0;
    for (size_t i = 0; i < n; ++i) {
      wrong += i == 7 ? !std::isnan(result.at(i, i)) : !same_bits(result.at(i, i), T(0));
      for (size_t j = 0; j < n; ++j) wrong += !same_bits(result.at(i, j), result.at(j, i));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("the visitor sees every pair once, a block's tiles in order") {
  const size_t m = 333, n = 1700, d = 3;
  const std::vector<float> x = normal_values<float>(m * d, 6), y = normal_values<float>(n * d, 7);
  const PackedRows<float> packed(Metric::kEuclidean, dense_view(y.data(), n, d));
  const std::vector<float> squares = all_distances(Metric::kSquaredEuclidean, x, y, d);
  std::vector<size_t> seen(m, 0);
  std::atomic<size_t> wrong{0};
  visit_distances<float>(Metric::kSquaredEuclidean, dense_view(x.data(), m, d), packed,
                         [&](size_t i, size_t j, MatrixView<float> tile, size_t slot) {
                           wrong += slot >= ThreadPool::instance().size();
                           for (size_t r = 0; r < tile.rows; ++r) {
                             wrong += seen[i + r] != j;
                             seen[i + r] = j + tile.cols;
                             for (size_t c = 0; c < tile.cols; ++c) {
                               wrong += !same_bits(tile.at(r, c), squares[(i + r) * n + j + c]);
                             }
                           }
                         });
  CHECK(wrong == 0);
  CHECK(std::count(seen.begin(), seen.end(), n) == static_cast<std::ptrdiff_t>(m));
}

TEST_CASE("distances of nothing, wrong shapes, abortion") {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};
  std::vector<double> out(4, -1);
  const PackedRows<double> none(Metric::kCosine, dense_view(x.data(), 0, 3));
  pairwise_distances(dense_view(x.data(), 2, 3), none, dense_view(out.data(), 2, 0));
  const PackedRows<double> two(Metric::kEuclidean, dense_view(x.data(), 2, 3));
  pairwise_distances(dense_view(x.data(), 0, 3), two, dense_view(out.data(), 0, 2));
  CHECK(out == std::vector<double>(4, -1));
  const PackedRows<double> no_columns(Metric::kCosine, dense_view(x.data(), 2, 0));
  pairwise_distances(dense_view(x.data(), 2, 0), no_columns, dense_view(out.data(), 2, 2));
  CHECK(out == std::vector<double>(4, 1));

  const auto distances = [&](size_t cols, size_t out_cols, const RunOptions& options) {
    return code_of([&] {
      pairwise_distances(dense_view(x.data(), 2, cols), two, dense_view(out.data(), 2, out_cols), options);
    });
  };
  CHECK(distances(2, 2, {}) == "ERR_SHAPE");
  CHECK(distances(3, 1, {}) == "ERR_SHAPE");
  CancelToken cancel;
  cancel.cancel();
  CHECK(distances(3, 2, {0, &cancel}) == "ERR_ABORTED");
}

}  // namespace test
}  // namespace boreal
