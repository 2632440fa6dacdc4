// The column kernels of every table this CPU can run: against long double, NaN, weights, fences, and a
// column's bits the same whatever its neighbours are.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

template <typename T>
struct Columns {
  explicit Columns(size_t cols)
      : count(1, cols, cols),
        sum(1, cols, cols),
        min(1, cols, cols),
        max(1, cols, cols),
        sum2(1, cols, cols),
        squares(1, cols, cols) {}

  void run(const ColumnKernels<T>& kernel, const T* x, size_t xs, size_t rows, const double* weights,
           const double* shift) {
    kernel.sums(x, xs, rows, count.cols(), weights, shift, count.data(), sum.data(), min.data(), max.data());
    kernel.squares(x, xs, rows, count.cols(), weights, shift, sum2.data(), squares.data());
    for (const FencedMatrix<double>* out : {&count, &sum, &min, &max, &sum2, &squares}) CHECK(out->intact());
  }

  FencedMatrix<double> count, sum, min, max, sum2, squares;
};

}  // namespace

TEST_CASE_TEMPLATE("column kernels: sums, range and squares of every column alone", T, float, double) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const ColumnKernels<T>& kernel = column_kernels<T>(*table);
    for (const size_t cols : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 33}) {
      for (const size_t rows : {0, 1, 2, 50}) {
        for (const bool weighted : {false, true}) {
          CAPTURE(cols);
          CAPTURE(rows);
          CAPTURE(weighted);
          std::mt19937 random(static_cast<unsigned>(cols + rows));
          std::normal_distribution<double> normal(3, 1);
          FencedMatrix<T> x(rows, cols, cols + cols % 3, cols % 2);
          FencedMatrix<double> shift(1, cols, cols), weights(1, rows, rows);
          for (size_t j = 0; j < cols; ++j) shift.at(0, j) = normal(random);
          for (size_t i = 0; i < rows; ++i) {
            weights.at(0, i) = static_cast<double>(random() % 4);
            for (size_t j = 0; j < cols; ++j) {
              x.at(i, j) = static_cast<T>(normal(random));
              if (j % 3 == 1 && random() % 3 == 0) x.at(i, j) = std::numeric_limits<T>::quiet_NaN();
            }
          }
          const double* w = weighted ? weights.data() : nullptr;
          Columns<T> all(cols);
          all.run(kernel, x.data(), x.stride(), rows, w, shift.data());
          size_t wrong = 0, differing = 0;
          for (size_t j = 0; j < cols; ++j) {
            long double count = 0, sum = 0, squares = 0, magnitude = 0;
            double low = infinity, high = -infinity;
            for (size_t i = 0; i < rows; ++i) {
              const double value = static_cast<double>(x.at(i, j));
              const long double weight = weighted ? weights.at(0, i) : 1;
              if (std::isnan(value) || weight == 0) continue;
              const long double difference = static_cast<long double>(value) - shift.at(0, j);
              count += weight;
              sum += weight * difference;
              magnitude += weight * std::fabs(difference);
              squares += weight * difference * difference;
              low = std::fmin(low, value);
              high = std::fmax(high, value);
            }
            wrong += all.count.at(0, j) != static_cast<double>(count);
            wrong += all.min.at(0, j) != low || all.max.at(0, j) != high;
            // A difference and a weight cost a rounding each beside the sum's.
            const double sum_bound = dot_bound<double>(rows + 2, static_cast<double>(magnitude));
            wrong += !(std::fabs(all.sum.at(0, j) - static_cast<double>(sum)) <= sum_bound);
            wrong += !same_bits(all.sum.at(0, j), all.sum2.at(0, j));
            const double squares_bound = dot_bound<double>(rows + 4, static_cast<double>(squares));
            wrong += !(std::fabs(all.squares.at(0, j) - static_cast<double>(squares)) <= squares_bound);

            Columns<T> alone(1);
            alone.run(kernel, x.data() + j, x.stride(), rows, w, shift.data() + j);
            differing += !same_bits(all.sum.at(0, j), alone.sum.at(0, 0));
            differing += !same_bits(all.squares.at(0, j), alone.squares.at(0, 0));
          }
          CHECK(wrong == 0);
          CHECK(differing == 0);
        }
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
