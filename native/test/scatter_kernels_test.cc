// Rows about a centre, and products of columns with each other: of every table this CPU can run.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>

#include "kernels/dispatch.h"
#include "kernels/dispatch_scatter.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {

TEST_CASE("gram kernel: the upper triangle of x'x, added to what is there") {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (const size_t cols : {4, 8, 12, 24, 28, 32, 56, 108}) {
      for (const size_t rows : {0, 1, 2, 7, 100}) {
        CAPTURE(cols);
        CAPTURE(rows);
        std::mt19937 random(static_cast<unsigned>(cols + rows));
        std::normal_distribution<double> normal;
        FencedMatrix<double> x(rows, cols, cols + 3), g(cols, cols, cols + 5);
        for (size_t i = 0; i < rows; ++i) {
          for (size_t j = 0; j < cols; ++j) x.at(i, j) = normal(random);
        }
        for (size_t j = 0; j < cols; ++j) {
          for (size_t k = 0; k < cols; ++k) g.at(j, k) = static_cast<double>(j + k);
        }
        scatter_kernels(*table).add_products(x.data(), x.stride(), rows, cols, g.data(), g.stride(),
                                             x.data());
        CHECK(g.intact());
        size_t wrong = 0;
        for (size_t j = 0; j < cols; ++j) {
          for (size_t k = j; k < cols; ++k) {
            long double sum = static_cast<long double>(j + k), magnitude = sum + 1;
            for (size_t i = 0; i < rows; ++i) {
              const long double product = static_cast<long double>(x.at(i, j)) * x.at(i, k);
              sum += product;
              magnitude += std::fabs(product);
            }
            wrong += !(std::fabs(g.at(j, k) - sum) <= 1e-16L * (rows + 2) * magnitude);
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("centre kernel: rows about a centre, their sums and the range of x", T, float, double) {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const CentreKernel<T> centre = centre_kernel<T>(scatter_kernels(*table));
    for (const size_t cols : {0, 1, 3, 4, 7, 8, 9, 16, 28, 32, 33, 70}) {
      for (const size_t rows : {0, 1, 2, 50}) {
        CAPTURE(cols);
        CAPTURE(rows);
        std::mt19937 random(static_cast<unsigned>(cols + rows));
        std::normal_distribution<double> normal(3, 1);
        FencedMatrix<T> x(rows, cols, cols + cols % 3, cols % 2);
        FencedMatrix<double> shift(1, cols, cols), z(rows, cols, cols + 5), sum(1, cols, cols),
            low(1, cols, cols), high(1, cols, cols), alone(1, cols, cols);
        for (size_t j = 0; j < cols; ++j) {
          shift.at(0, j) = normal(random);
          sum.at(0, j) = alone.at(0, j) = low.at(0, j) = high.at(0, j) = static_cast<double>(j % 5);
          for (size_t i = 0; i < rows; ++i) x.at(i, j) = static_cast<T>(normal(random));
        }
        centre(x.data(), x.stride(), rows, cols, shift.data(), z.data(), z.stride(), sum.data(), low.data(),
               high.data());
        size_t wrong = 0;
        for (size_t j = 0; j < cols; ++j) {
          double total = static_cast<double>(j % 5), least = total, most = total;
          for (size_t i = 0; i < rows; ++i) {
            const double value = static_cast<double>(x.at(i, j));
            wrong += !same_bits(z.at(i, j), value - shift.at(0, j));
            total += value - shift.at(0, j);
            least = std::fmin(least, value);
            most = std::fmax(most, value);
          }
          wrong += !same_bits(sum.at(0, j), total) || low.at(0, j) != least || high.at(0, j) != most;
        }
        CHECK(wrong == 0);
        centre(x.data(), x.stride(), rows, cols, shift.data(), z.data(), z.stride(), alone.data(), nullptr,
               nullptr);
        for (size_t j = 0; j < cols; ++j) CHECK(same_bits(alone.at(0, j), sum.at(0, j)));
        for (const FencedMatrix<double>* out : {&z, &sum, &low, &high, &alone}) CHECK(out->intact());
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
