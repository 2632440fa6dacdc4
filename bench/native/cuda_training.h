// Training of bench_cuda: steps of networks, and rounds of boosting beside the CPU's.
#pragma once

#include <cuda_bench.h>
#include <json_line.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "train/hist_booster.h"
#include "train/network_cuda.h"

namespace boreal {

class TrainingBench : public GpuBench {
 public:
  using GpuBench::GpuBench;

  void steps() {
    for (const size_t width : {size_t{64}, size_t{128}}) training(width, small_ ? 100 : 1 << 16);
  }

  // Trees of 31 leaves for two classes: rows of 28 numbers, binned and copied included. CUDA starts before,
  // once for a process, with a round on a few of the rows.
  void boosting() {
    const size_t rows = small_ ? 1000 : 1000000, rounds = small_ ? 2 : 100;
    constexpr size_t kWidth = 28;
    std::vector<float> x(rows * kWidth);
    std::vector<double> y(rows);
    for (float& value : x) value = static_cast<float>(rng_.uniform() - 0.5);
    for (size_t i = 0; i < rows; ++i) {
      const float* row = x.data() + i * kWidth;
      y[i] = row[0] * row[1] + 0.3f * row[2] + 0.1f * (rng_.uniform() - 0.5) > 0 ? 1 : 0;
    }
    using Clock = std::chrono::steady_clock;
    const auto ms_since = [](Clock::time_point begin) {
      return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    };
    double round_ms = 0;
    const auto fit = [&](size_t count, size_t trees, bool on_gpu) {
      const BoosterData<float> train{
          dense_view(static_cast<const float*>(x.data()), count, kWidth), {y.data(), count}, {}, {}, {}};
      BoosterParams params;
      params.loss = LossKind::kLogistic;
      if (on_gpu) params.growth.cuda = {&library_, device_};
      HistBooster booster(train, BoosterData<float>{}, {}, params, nullptr);
      const auto made = Clock::now();
      for (size_t round = 0; round < trees; ++round) booster.round(nullptr);
      round_ms = ms_since(made) / static_cast<double>(trees);
      return booster.forest();
    };
    auto begin = Clock::now();
    fit(1000, 1, true);
    const double start_ms = ms_since(begin);
    double ms[2], round_ms_of[2];
    HistForest forests[2];
    for (const int on_gpu : {0, 1}) {
      begin = Clock::now();
      forests[on_gpu] = fit(rows, rounds, on_gpu != 0);
      ms[on_gpu] = ms_since(begin);
      round_ms_of[on_gpu] = round_ms;
    }
    Line("boosting")
        .set("rows", rows)
        .set("rounds", rounds)
        .set("ms", ms[1])
        .set("cpuMs", ms[0])
        .set("roundMs", round_ms_of[1])
        .set("cpuRoundMs", round_ms_of[0])
        .set("startMs", start_ms)
        .set("sameTrees", same_trees(forests[0], forests[1]));
  }

 private:
  // A step of training width-width-64-10 with Adam, of 1024 rows: in one kernel as far as that fits, and
  // layer by layer; the better of two epochs after a first.
  void training(size_t width, size_t rows) {
    std::vector<float> x(rows * width);
    std::vector<int32_t> classes(rows);
    for (float& value : x) value = static_cast<float>(rng_.uniform() * 2 - 1);
    for (int32_t& label : classes) label = static_cast<int32_t>(rng_.below(10));
    const NetworkData data{x.data(), rows, nullptr, classes.data(), nullptr};
    NetworkObjective objective;
    objective.loss.kind = nn::LossKind::kSparseCategoricalCrossEntropy;
    objective.batch_size = 1024;
    TrainingOptions options;
    options.optimizer.kind = nn::OptimizerKind::kAdam;
    options.rates = {1e-3};
    double us[2];
    size_t together = 0;
    for (const CudaStep step : {CudaStep::kTogether, CudaStep::kApart}) {
      std::vector<std::unique_ptr<nn::Layer>> layers;
      size_t inputs = width;
      for (const size_t units : {width, size_t{64}, size_t{10}}) {
        const nn::ParameterBlock kernel, bias;
        layers.push_back(std::make_unique<nn::DenseLayer>(inputs, units, 1, kernel, &bias, kernels()));
        const bool last = units == 10;
        layers.push_back(std::make_unique<nn::ActivationLayer>(
            units, last ? Activation::kSoftmax : Activation::kRelu, 0, last ? units : 1, kernels()));
        inputs = units;
      }
      Network network(std::move(layers), 1, kernels());
      float* const weights = network.parameters().data();
      for (size_t i = 0; i < network.parameters().size(); ++i) {
        weights[i] = static_cast<float>(rng_.uniform() - 0.5) / 4;
      }
      CudaNetwork placed(network, data, objective, {&library_, device_}, step);
      double least = INFINITY;
      for (int epoch = 0; epoch < (small_ ? 1 : 3); ++epoch) {
        const auto begin = std::chrono::steady_clock::now();
        const size_t steps = network.train(data, objective, options, nullptr, {}, &placed).steps;
        const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
        if (epoch > 0 || small_) least = std::min(least, taken.count() / static_cast<double>(steps));
      }
      us[step == CudaStep::kApart] = least;
      together = std::max(together, placed.together());
    }
    Line("training step")
        .set("width", width)
        .set("batch", size_t{1024})
        .set("layersTogether", together)
        .set("us", us[0])
        .set("apartUs", us[1]);
  }

  static bool same_trees(const HistForest& a, const HistForest& b) {
    return a.tree_offsets == b.tree_offsets && a.feature == b.feature && a.left == b.left &&
           a.threshold == b.threshold && a.rules == b.rules && a.set_words == b.set_words &&
           a.values == b.values;
  }
};

}  // namespace boreal
