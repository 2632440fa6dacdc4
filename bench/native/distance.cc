// Times distances, neighbours, top-k and column moments: a JSON line for each,
// {"suite":"distance","name","dtype","m","n","d","threads","seconds"}, seconds being the median of the
// repeats.
//   distance [threads [repeats]]
// bench/peers/distance_sklearn.py times the same work in scikit-learn, numpy and scipy.
#include "linalg/distance.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "base/matrix_view.h"
#include "linalg/column_moments.h"
#include "linalg/top_k.h"

namespace {

using boreal::dense_view;
using boreal::MatrixView;
using boreal::Metric;
using boreal::PackedRows;
using boreal::RunOptions;

struct Shape {
  size_t m, n, d;
};

size_t repeats = 5;
RunOptions options;

template <typename Work>
void report(const char* name, const char* dtype, Shape shape, const Work& work) {
  std::vector<double> seconds;
  for (size_t i = 0; i <= repeats; ++i) {  // the first warms up
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (i > 0) seconds.push_back(elapsed.count());
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf(
      "{\"suite\":\"distance\",\"name\":\"%s\",\"dtype\":\"%s\",\"m\":%zu,\"n\":%zu,\"d\":%zu,\"threads\":%"
      "zu,"
      "\"seconds\":%.3e}\n",
      name, dtype, shape.m, shape.n, shape.d, options.max_threads, seconds[seconds.size() / 2]);
  std::fflush(stdout);
}

template <typename T>
std::vector<T> normal_values(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(normal(random));
  return values;
}

template <typename T>
void run(const char* dtype) {
  const std::vector<T> data = normal_values<T>(100000 * 28, 1);
  const auto view = [&](size_t rows, size_t cols) { return dense_view<const T>(data.data(), rows, cols); };

  const struct {
    const char* name;
    Metric metric;
  } metrics[] = {
      {"euclidean", Metric::kEuclidean}, {"cosine", Metric::kCosine}, {"manhattan", Metric::kManhattan}};
  for (const auto& [name, metric] : metrics) {
    for (const Shape s : {Shape{1000, 1000, 28}, {4000, 4000, 28}, {2000, 2000, 128}, {2000, 2000, 784}}) {
      std::vector<T> out(s.m * s.n);
      report(name, dtype, s, [&, kind = metric] {
        pairwise_distances(view(s.m, s.d), PackedRows<T>(kind, view(s.n, s.d), options),
                           dense_view(out.data(), s.m, s.n), options);
      });
    }
  }
  const auto neighbours = [&](const char* name, Shape s, size_t k) {
    std::vector<T> distances(s.m * k);
    std::vector<int32_t> indices(s.m * k);
    report(name, dtype, s, [&] {
      nearest(view(s.m, s.d), PackedRows<T>(Metric::kEuclidean, view(s.n, s.d), options), k, distances.data(),
              indices.data(), options);
    });
  };
  neighbours("nearest-10", {2000, 100000, 28}, 10);
  neighbours("nearest-90", {2000, 100000, 28}, 90);
  neighbours("nearest-1", {100000, 10, 28}, 1);
  neighbours("nearest-1", {100000, 256, 28}, 1);

  for (const Shape s : {Shape{1000, 2000, 0}, {2, 1000000, 0}}) {
    for (const size_t k : {size_t{10}, size_t{100}}) {
      std::vector<T> values(s.m * k);
      std::vector<int32_t> indices(s.m * k);
      report(k == 10 ? "top-10" : "top-100", dtype, s, [&] {
        top_k(view(s.m, s.n), boreal::Axis::kCols, k, boreal::Order::kLargest, values.data(), indices.data(),
              options);
      });
    }
  }
  for (const Shape s : {Shape{100000, 0, 28}, {1000000, 0, 2}}) {
    report("column-moments", dtype, s, [&] { column_moments(view(s.m, s.d), {}, options); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  options.max_threads = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  if (argc > 2) repeats = std::max<size_t>(1, std::strtoull(argv[2], nullptr, 10));
  run<float>("float32");
  run<double>("float64");
  return 0;
}
