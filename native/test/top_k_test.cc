// The k smallest and largest values and the nearest rows, against sorting everything.
#include "linalg/top_k.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

template <typename T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
template <typename T>
constexpr T kInf = std::numeric_limits<T>::infinity();

// Few distinct values, so that there are ties; NaN and infinities if asked for.
template <typename T>
std::vector<T> rough_values(size_t count, unsigned seed, bool specials) {
  std::mt19937 random(seed);
  std::vector<T> out(count);
  for (T& value : out) {
    value = static_cast<T>(static_cast<int>(random() % 41) - 20);
    const unsigned dice = random() % 12;
    if (specials && dice < 3) value = dice == 0 ? kNan<T> : dice == 1 ? kInf<T> : -kInf<T>;
  }
  return out;
}

template <typename T>
std::vector<int32_t> sorted_order(const std::vector<T>& values, Order order) {
  std::vector<int32_t> indices(values.size());
  std::iota(indices.begin(), indices.end(), 0);
  std::stable_sort(indices.begin(), indices.end(), [&](int32_t i, int32_t j) {
    const T a = values[static_cast<size_t>(i)], b = values[static_cast<size_t>(j)];
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
    return order == Order::kLargest ? a > b : a < b;
  });
  return indices;
}

template <typename T>
size_t count_wrong(const std::vector<T>& row, Order order, size_t k, const T* values, const int32_t* indices,
                   size_t stride) {
  const std::vector<int32_t> expected = sorted_order(row, order);
  size_t wrong = 0;
  for (size_t i = 0; i < k; ++i) {
    wrong += indices[i * stride] != expected[i] ||
             !same_bits(values[i * stride], row[static_cast<size_t>(expected[i])]);
  }
  return wrong;
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

}  // namespace

TEST_CASE_TEMPLATE("row_min and find_beyond of every table", T, float, double) {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const SelectKernels<T>& kernel = select_kernels<T>(*table);
    for (size_t cols = 0; cols < 140; cols += cols < 36 ? 1 : 13) {
      CAPTURE(cols);
      const size_t rows = 3;
      for (const bool specials : {false, true}) {
        const std::vector<T> values = rough_values<T>(rows * cols, static_cast<unsigned>(cols), specials);
        FencedMatrix<T> x(rows, cols, cols + cols % 3, cols % 2);
        x.set(values);
        std::vector<T> least(rows);
        std::vector<int32_t> at(rows);
        if (cols > 0) kernel.row_min(x.data(), x.stride(), rows, cols, least.data(), at.data());
        for (size_t i = 0; i < rows; ++i) {
          const std::vector<T> row(x.row(i), x.row(i) + cols);
          if (cols > 0) CHECK(count_wrong(row, Order::kSmallest, 1, &least[i], &at[i], 1) == 0);
          for (const bool above : {false, true}) {
            FencedMatrix<int32_t> found(1, cols, cols);
            std::vector<int32_t> expected;
            for (size_t j = 0; j < cols; ++j) {
              if (above ? row[j] > T(3) : row[j] < T(3)) expected.push_back(static_cast<int32_t>(j));
            }
            const size_t size = kernel.find_beyond(above, row.data(), cols, T(3), found.data());
            CHECK(std::vector<int32_t>(found.data(), found.data() + size) == expected);
            CHECK(found.intact());
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("top k of rows and of columns is the front of the stable order", T, float, double) {
  for (const size_t cols : {1, 2, 9, 40, 130, 2500}) {
    CAPTURE(cols);
    for (const bool specials : {false, true}) {
      const size_t rows = 5, stride = cols + 3;
      const std::vector<T> x = rough_values<T>(rows * stride, 11, specials);
      std::vector<T> flipped(cols * (rows + 1));
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < cols; ++j) flipped[j * (rows + 1) + i] = x[i * stride + j];
      }
      for (const size_t k : {size_t{0}, size_t{1}, size_t{2}, size_t{32}, size_t{33}, size_t{100}, cols}) {
        if (k > cols) continue;
        CAPTURE(k);
        for (const Order order : {Order::kSmallest, Order::kLargest}) {
          std::vector<T> values(rows * k), column_values(rows * k);
          std::vector<int32_t> indices(rows * k), column_indices(rows * k);
          top_k<T>({x.data(), rows, cols, stride}, Axis::kCols, k, order, values.data(), indices.data());
          top_k<T>({flipped.data(), cols, rows, rows + 1}, Axis::kRows, k, order, column_values.data(),
                   column_indices.data());
          size_t wrong = 0;
          for (size_t i = 0; i < rows; ++i) {
            const std::vector<T> row(x.begin() + static_cast<std::ptrdiff_t>(i * stride),
                                     x.begin() + static_cast<std::ptrdiff_t>(i * stride + cols));
            wrong += count_wrong(row, order, k, values.data() + i * k, indices.data() + i * k, 1);
            wrong += count_wrong(row, order, k, column_values.data() + i, column_indices.data() + i, rows);
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE("top k of falling, rising and equal rows, of NaN, of nothing; wrong arguments") {
  const size_t n = 3000;
  std::vector<double> falling(n), rising(n), equal(n, 1.5), nan(n, kNan<double>);
  for (size_t i = 0; i < n; ++i) falling[n - 1 - i] = rising[i] = static_cast<double>(i);
  nan[n - 1] = kInf<double>;
  for (const std::vector<double>* row : {&falling, &rising, &equal, &nan}) {
    for (const size_t k : {size_t{1}, size_t{20}, size_t{200}}) {
      std::vector<double> values(k);
      std::vector<int32_t> indices(k);
      top_k(dense_view<const double>(row->data(), 1, n), Axis::kCols, k, Order::kSmallest, values.data(),
            indices.data());
      CHECK(count_wrong(*row, Order::kSmallest, k, values.data(), indices.data(), 1) == 0);
    }
  }
  const MatrixView<const double> x = dense_view<const double>(rising.data(), 2, 3);
  double value;
  int32_t index;
  const auto call = [&](MatrixView<const double> of, Axis axis, size_t k, const RunOptions& options) {
    return code_of([&] { top_k(of, axis, k, Order::kLargest, &value, &index, options); });
  };
  CHECK(call(x, Axis::kCols, 4, {}) == "ERR_PARAMETER");
  CHECK(call(x, Axis::kRows, 3, {}) == "ERR_PARAMETER");
  CHECK(call(x, Axis::kAll, 1, {}) == "ERR_PARAMETER");
  CHECK(call(dense_view<const double>(rising.data(), 0, 3), Axis::kCols, 2, {}) == "no error");
  CHECK(call(dense_view<const double>(rising.data(), 3, 0), Axis::kRows, 2, {}) == "no error");
  CancelToken cancel;
  cancel.cancel();
  CHECK(call(x, Axis::kCols, 1, {0, &cancel}) == "ERR_ABORTED");
  CHECK(call(x, Axis::kRows, 1, {0, &cancel}) == "ERR_ABORTED");
}

TEST_CASE_TEMPLATE("the nearest rows are the top k of the distances, at any number of threads", T, float,
                   double) {
  const size_t m = 130, d = 3;
  for (const size_t n : {size_t{41}, size_t{1500}}) {
    std::vector<T> x = rough_values<T>(m * d, 21, false), y = rough_values<T>(n * d, 22, false);
    std::copy(y.begin(), y.begin() + 6, y.begin() + 30 * d);  // rows 0 and 1 again
    y[5 * d] = x[2 * d + 1] = kNan<T>;
    for (const Metric metric : {Metric::kEuclidean, Metric::kManhattan, Metric::kCosine}) {
      const PackedRows<T> packed(metric, dense_view<const T>(y.data(), n, d));
      std::vector<T> all(m * n);
      pairwise_distances<T>(dense_view<const T>(x.data(), m, d), packed, dense_view(all.data(), m, n));
      for (const size_t k : {size_t{0}, size_t{1}, size_t{7}, size_t{41}}) {
        CAPTURE(n);
        CAPTURE(k);
        for (const size_t threads : {size_t{0}, size_t{1}}) {
          std::vector<T> distances(m * k), expected(m * k);
          std::vector<int32_t> indices(m * k), expected_indices(m * k);
          nearest<T>(dense_view<const T>(x.data(), m, d), packed, k, distances.data(), indices.data(),
                     {threads, nullptr});
          top_k<T>(dense_view<const T>(all.data(), m, n), Axis::kCols, k, Order::kSmallest, expected.data(),
                   expected_indices.data());
          size_t wrong = 0;
          for (size_t i = 0; i < m * k; ++i) wrong += !same_bits(distances[i], expected[i]);
          CHECK(wrong == 0);
          CHECK(indices == expected_indices);
        }
      }
      std::vector<T> distances(m * (n + 1));
      std::vector<int32_t> indices(m * (n + 1));
      CHECK(code_of([&] {
              nearest<T>(dense_view<const T>(x.data(), m, d), packed, n + 1, distances.data(),
                         indices.data());
            }) == "ERR_PARAMETER");
    }
  }
}

}  // namespace test
}  // namespace boreal
