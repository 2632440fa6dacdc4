// The dense kernel of every table this CPU can run: against long double within the summation bound, and a
// row's bits the same whatever the batch, its position and the strides.
#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

template <typename T>
std::vector<T> normal_values(size_t count, std::mt19937& random) {
  std::normal_distribution<double> normal(0, 1);
  std::vector<T> out(count);
  for (T& value : out) value = static_cast<T>(normal(random));
  return out;
}

template <typename T>
struct Layer {
  Layer(const RowKernels<T>& table, size_t inputs, size_t outputs, std::mt19937& random)
      : kernels(table), k(inputs), n(outputs), bias(1, n, n) {
    weights = normal_values<T>(k * n, random);
    bias.set(normal_values<T>(n, random));
    const size_t size = kernels.dense_packed_size(k, n);
    REQUIRE(size >= k * n);
    packed = AlignedBuffer<T>(size + 8);
    for (size_t i = 0; i < 8; ++i) packed[size + i] = T(77);
    kernels.dense_pack(weights.data(), k, n, packed.data());
    for (size_t i = 0; i < 8; ++i) CHECK(packed[size + i] == T(77));
  }
  void operator()(const FencedMatrix<T>& x, const FencedMatrix<T>& y) const {
    kernels.dense(x.data(), x.stride(), packed.data(), bias.data(), y.data(), y.stride(), x.rows(), k, n);
  }

  const RowKernels<T>& kernels;
  size_t k, n;
  std::vector<T> weights;
  FencedMatrix<T> bias;
  AlignedBuffer<T> packed;
};

template <typename T>
size_t count_wrong(const Layer<T>& layer, const FencedMatrix<T>& x, const FencedMatrix<T>& y) {
  size_t wrong = 0;
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t j = 0; j < layer.n; ++j) {
      long double exact = layer.bias.at(0, j), magnitude = std::fabs(exact);
      for (size_t p = 0; p < layer.k; ++p) {
        const long double term = static_cast<long double>(x.at(i, p)) * layer.weights[p * layer.n + j];
        exact += term;
        magnitude += std::fabs(term);
      }
      const double bound = dot_bound<T>(layer.k, static_cast<double>(magnitude));
      wrong += !(std::fabs(static_cast<double>(y.at(i, j) - exact)) <= bound);
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE_TEMPLATE("dense is x W + b, and a row's bits do not depend on its batch", T, float, double) {
  std::mt19937 random(5);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    // n and k around every vector and tile width, k also long enough for the dot layout at small n.
    for (size_t n : {1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 64, 65, 130}) {
      CAPTURE(n);
      for (size_t k : {0, 1, 2, 5, 8, 13, 16, 17, 63, 64, 65, 131}) {
        CAPTURE(k);
        const Layer<T> layer(row_kernels<T>(*table), k, n, random);
        const size_t rows = 17;
        const std::vector<T> input = normal_values<T>(rows * k, random);
        FencedMatrix<T> x(rows, k, k + 1), y(rows, n, n + 2);
        x.set(input);
        layer(x, y);
        CHECK(y.intact());
        CHECK(count_wrong(layer, x, y) == 0);

        size_t differing = 0;
        for (size_t batch : {1, 2, 3, 4, 6, 7, 12}) {
          for (size_t first = 0; first + batch <= rows; first += batch) {
            std::vector<T> part(batch * n);
            layer.kernels.dense(input.data() + first * k, k, layer.packed.data(), layer.bias.data(),
                                part.data(), n, batch, k, n);
            for (size_t i = 0; i < batch * n; ++i) {
              differing += !same_bits(part[i], y.at(first + i / n, i % n));
            }
          }
        }
        CHECK(differing == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("dense: no rows, no inputs, special values", T, float, double) {
  std::mt19937 random(6);
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (size_t n : {1, 5, 40}) {
      const Layer<T> no_inputs(row_kernels<T>(*table), 0, n, random);
      FencedMatrix<T> nothing(3, 0, 0), y(3, n, n);
      no_inputs(nothing, y);
      for (size_t i = 0; i < 3 * n; ++i) CHECK(y.at(i / n, i % n) == no_inputs.bias.at(0, i % n));

      const Layer<T> layer(row_kernels<T>(*table), 40, n, random);
      FencedMatrix<T> no_rows(0, 40, 40), no_result(0, n, n);
      layer(no_rows, no_result);
      CHECK(no_result.intact());

      FencedMatrix<T> x(2, 40, 40), z(2, n, n);
      x.set(normal_values<T>(80, random));
      x.at(0, 3) = std::numeric_limits<T>::quiet_NaN();
      x.at(1, 39) = std::numeric_limits<T>::infinity();
      layer(x, z);
      for (size_t j = 0; j < n; ++j) {
        CHECK(std::isnan(z.at(0, j)));
        CHECK(std::isinf(z.at(1, j)));
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
