// Times the linear models on a data set in raw little-endian float64 files, and writes what they learnt.
//   linear_fit ridge|logistic  rows cols targets|classes  x.f64 y.f64 weights.f64|-  parameter repeats
//   out.f64
// ridge: parameter = alpha (0: least squares), y [rows, targets]; out: coef, intercept, singular values.
// logistic: parameter = C, y holds class indices; out: coef, intercept, iterations.
// Prints the minimum and the median of the wall times in milliseconds. bench/peers/linear_sklearn.py drives
// it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <vector>

#include "train/linear.h"

namespace {

using boreal::dense_view;
using boreal::MatrixView;
using boreal::Span;

std::vector<double> read_values(const char* path, size_t size) {
  std::vector<double> values(size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(size * sizeof(double)));
  if (!file) {
    std::fprintf(stderr, "%s: cannot read %zu values\n", path, size);
    std::exit(1);
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 11) {
    std::fprintf(stderr,
                 "usage: linear_fit ridge|logistic rows cols targets x y weights|- parameter repeats out\n");
    return 2;
  }
  const bool logistic = std::strcmp(argv[1], "logistic") == 0;
  const size_t rows = std::strtoull(argv[2], nullptr, 10), cols = std::strtoull(argv[3], nullptr, 10);
  const size_t targets = std::strtoull(argv[4], nullptr, 10);
  const std::vector<double> x = read_values(argv[5], rows * cols);
  const std::vector<double> y = read_values(argv[6], rows * (logistic ? 1 : targets));
  std::vector<double> weights;
  if (std::strcmp(argv[7], "-") != 0) weights = read_values(argv[7], rows);
  const double parameter = std::strtod(argv[8], nullptr);
  const std::vector<int32_t> classes(y.begin(), y.end());
  const MatrixView<const double> view = dense_view(x.data(), rows, cols);
  const Span<double> weight_span{weights.data(), weights.size()};

  std::vector<double> result, times;
  for (int repeat = std::atoi(argv[9]); repeat > 0; --repeat) {
    const auto start = std::chrono::steady_clock::now();
    if (logistic) {
      boreal::LogisticParams params;
      params.c = parameter;
      const auto model =
          boreal::fit_logistic(view, {classes.data(), classes.size()}, static_cast<uint32_t>(targets),
                               weight_span, params, nullptr, nullptr);
      result = model.coef;
      result.insert(result.end(), model.intercept.begin(), model.intercept.end());
      result.push_back(model.iterations);
    } else {
      const auto model = boreal::fit_least_squares(view, dense_view(y.data(), rows, targets), weight_span,
                                                   parameter, true, nullptr);
      result = model.coef;
      result.insert(result.end(), model.intercept.begin(), model.intercept.end());
      result.insert(result.end(), model.singular.begin(), model.singular.end());
    }
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    times.push_back(elapsed.count());
  }
  std::sort(times.begin(), times.end());
  std::printf("%.3f %.3f\n", times.front(), times[times.size() / 2]);
  std::ofstream(argv[10], std::ios::binary)
      .write(reinterpret_cast<const char*>(result.data()),
             static_cast<std::streamsize>(result.size() * sizeof(double)));
  return 0;
}
