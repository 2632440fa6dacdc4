// Products of columns with each other: of every table this CPU can run, against long double.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>

#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"

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
        table->gram.add(x.data(), x.stride(), rows, cols, g.data(), g.stride());
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

}  // namespace test
}  // namespace boreal
