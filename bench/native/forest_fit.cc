// Fits a random forest on the raw files that bench/peers/forest_sklearn.py writes; prints seconds, CPU
// seconds of all threads and the test AUC (two classes) or RMSE (targets) for each seed. Build with
// -DBOREAL_BENCH=ON, then:
//   bench_forest_fit FOLDER [trees=100] [threads=2] [seeds=1] [first_seed=0]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "train/forest.h"

namespace {

template <typename T>
std::vector<T> read(const std::string& path, size_t size) {
  std::vector<T> values(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(size * sizeof(T)))) {
    throw std::runtime_error("cannot read " + path);
  }
  return values;
}

// Column `output` of the mean of the trees' values.
std::vector<double> predict(const boreal::ForestModel& model, const std::vector<float>& x, size_t cols,
                            size_t outputs, size_t output) {
  std::vector<double> sums(x.size() / cols);
  const size_t trees = model.tree_offsets.size() - 1;
  for (size_t t = 0; t < trees; ++t) {
    const size_t root = static_cast<size_t>(model.tree_offsets[t]);
    for (size_t i = 0; i < sums.size(); ++i) {
      size_t node = root;
      while (model.feature[node] >= 0) {
        const float value = x[i * cols + static_cast<size_t>(model.feature[node])];
        const bool left = std::isnan(value) ? model.missing_left[node] != 0 : value <= model.threshold[node];
        node = root + static_cast<size_t>(model.left[node]) + !left;
      }
      sums[i] += model.values[static_cast<size_t>(model.left[node]) * outputs + output];
    }
  }
  for (double& sum : sums) sum /= static_cast<double>(trees);
  return sums;
}

// The chance that a row of class 1 scores above one of class 0; equal scores count half.
double auc(const std::vector<double>& scores, const std::vector<uint8_t>& classes) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double negatives = 0, positives = 0, wins = 0;
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    double ties[2] = {0, 0};
    for (end = begin; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      ++ties[classes[order[end]]];
    }
    wins += ties[1] * (negatives + ties[0] / 2);
    negatives += ties[0];
    positives += ties[1];
  }
  return wins / (negatives * positives);
}

double rmse(const std::vector<double>& predicted, const std::vector<double>& targets) {
  double squares = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    squares += (predicted[i] - targets[i]) * (predicted[i] - targets[i]);
  }
  return std::sqrt(squares / static_cast<double>(targets.size()));
}

int run(int argc, char** argv) {
  if (argc < 2) throw std::runtime_error("usage: FOLDER [trees] [threads] [seeds] [first_seed]");
  const std::string folder = std::string(argv[1]) + "/";
  auto argument = [&](int i, unsigned fallback) {
    return argc > i ? static_cast<uint32_t>(std::strtoul(argv[i], nullptr, 10)) : fallback;
  };
  boreal::ForestParams params;
  params.trees = argument(2, 100);
  const size_t threads = argument(3, 2);
  const uint32_t seeds = argument(4, 1);
  const uint32_t first_seed = argument(5, 0);

  size_t rows = 0, test_rows = 0, cols = 0;
  if (!(std::ifstream(folder + "shape.txt") >> rows >> test_rows >> cols)) {
    throw std::runtime_error("cannot read shape.txt");
  }
  const bool regression = std::ifstream(folder + "y_train.f64").good();
  const auto x = read<float>(folder + "x_train.f32", rows * cols);
  const auto x_test = read<float>(folder + "x_test.f32", test_rows * cols);
  std::vector<int32_t> classes;
  std::vector<uint8_t> test_classes;
  std::vector<double> targets, test_targets;
  boreal::ForestData data;
  data.x = boreal::dense_view(x.data(), rows, cols);
  if (regression) {
    targets = read<double>(folder + "y_train.f64", rows);
    test_targets = read<double>(folder + "y_test.f64", test_rows);
    data.targets = {targets.data(), rows};
    params.criterion = boreal::Criterion::kSquaredError;
    params.max_features = static_cast<uint32_t>(cols);
  } else {
    const auto labels = read<uint8_t>(folder + "y_train.u8", rows);
    classes.assign(labels.begin(), labels.end());
    test_classes = read<uint8_t>(folder + "y_test.u8", test_rows);
    data.classes = {classes.data(), rows};
    data.class_count = 2;
    params.max_features = std::max(1u, static_cast<uint32_t>(std::sqrt(static_cast<double>(cols))));
  }

  std::vector<double> times, cpu_times;
  double score_sum = 0;
  for (uint32_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    params.seed = seed;
    const std::clock_t cpu_start = std::clock();
    const auto start = std::chrono::steady_clock::now();
    const boreal::ForestModel model = boreal::train_forest(data, params, threads, nullptr, nullptr);
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu_times.push_back(static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
    const std::vector<double> predicted =
        predict(model, x_test, cols, regression ? 1 : 2, regression ? 0 : 1);
    const double score = regression ? rmse(predicted, test_targets) : auc(predicted, test_classes);
    score_sum += score;
    std::printf("seed %u: %.3f s, %.3f s of CPU, %s %.6g, %zu nodes a tree\n", seed, times.back(),
                cpu_times.back(), regression ? "RMSE" : "AUC", score, model.feature.size() / params.trees);
    std::fflush(stdout);
  }
  std::sort(times.begin(), times.end());
  std::printf("boreal: min %.3f s, median %.3f s, min CPU %.3f s, mean score %.6g\n", times.front(),
              times[times.size() / 2], *std::min_element(cpu_times.begin(), cpu_times.end()),
              score_sum / seeds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const boreal::Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code(), error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
