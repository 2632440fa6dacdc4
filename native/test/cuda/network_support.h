// Networks that are trained on a device and on the CPU, to be compared.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "test/cuda/devices.h"
#include "train/network_cuda.h"

namespace boreal {
namespace test {

using nn::LossKind;
using Layers = std::vector<std::unique_ptr<nn::Layer>>;

struct Case {
  std::function<Layers()> layers;
  NetworkObjective objective;
  TrainingOptions options;
  size_t rows = 20;
  bool weighted = false, shuffled = true;
};

inline void add_dense(Layers& layers, size_t inputs, size_t units, bool bias = true, double l1 = 0,
                      double l2 = 0, size_t positions = 1, bool trainable = true) {
  nn::ParameterBlock kernel, constant;
  kernel.trainable = constant.trainable = trainable;
  kernel.l1 = l1, kernel.l2 = l2;
  layers.push_back(std::make_unique<nn::DenseLayer>(inputs, units, positions, kernel,
                                                    bias ? &constant : nullptr, kernels()));
}
inline void add_activation(Layers& layers, size_t size, Activation kind, size_t width = 1,
                           double parameter = 0.3) {
  layers.push_back(std::make_unique<nn::ActivationLayer>(size, kind, parameter, width, kernels()));
}

// inputs -> hidden (activation) -> outputs (last)
inline std::function<Layers()> perceptron(size_t inputs, size_t hidden, Activation activation, size_t outputs,
                                          Activation last, double l1 = 0, double l2 = 0) {
  return [=] {
    Layers layers;
    add_dense(layers, inputs, hidden, true, l1, l2);
    add_activation(layers, hidden, activation);
    add_dense(layers, hidden, outputs, true, l1, l2);
    if (last != Activation::kLinear) add_activation(layers, outputs, last, outputs);
    return layers;
  };
}

inline NetworkObjective objective_of(LossKind kind, size_t batch = 16) {
  NetworkObjective objective;
  objective.loss.kind = kind;
  objective.batch_size = batch;
  objective.metrics = {kind == LossKind::kSparseCategoricalCrossEntropy
                           ? NetworkMetric::kSparseCategoricalAccuracy
                           : NetworkMetric::kMeanSquaredError};
  return objective;
}

inline TrainingOptions sgd(double rate = 0.05) {
  TrainingOptions options;
  options.rates = {rate};
  return options;
}

struct Rows {
  std::vector<float> x, targets, weights;
  std::vector<int32_t> classes, order;
  NetworkData data;
};

inline Rows make_rows(const Case& one, size_t inputs, size_t outputs, Rng& rng) {
  Rows rows;
  const LossKind kind = one.objective.loss.kind;
  for (size_t i = 0; i < one.rows * inputs; ++i) {
    rows.x.push_back(static_cast<float>(rng.uniform() * 2 - 1));
  }
  for (size_t i = 0; i < one.rows; ++i) {
    rows.classes.push_back(static_cast<int32_t>(rng.below(static_cast<uint32_t>(outputs))));
    rows.weights.push_back(static_cast<float>(rng.below(4)) / 2);
    float total = 0;
    for (size_t j = 0; j < outputs; ++j) {
      const bool signs = kind == LossKind::kHinge || kind == LossKind::kSquaredHinge;
      rows.targets.push_back(signs ? static_cast<float>(rng.below(2)) * 2 - 1
                                   : static_cast<float>(rng.uniform() * 0.8 + 0.1));
      total += rows.targets.back();
    }
    const bool shares = kind == LossKind::kCategoricalCrossEntropy || kind == LossKind::kCategoricalHinge ||
                        kind == LossKind::kKlDivergence;
    for (size_t j = 0; shares && j < outputs; ++j) rows.targets[i * outputs + j] /= total;
  }
  for (size_t i = 0; i < one.rows; ++i) rows.order.push_back(static_cast<int32_t>(i));
  for (size_t i = one.rows; i-- > 1;) {
    std::swap(rows.order[i], rows.order[rng.below(static_cast<uint32_t>(i + 1))]);
  }
  const bool sparse = one.objective.loss.sparse();
  rows.data = {rows.x.data(), one.rows, sparse ? nullptr : rows.targets.data(),
               sparse ? rows.classes.data() : nullptr, one.weighted ? rows.weights.data() : nullptr};
  return rows;
}

struct Trained {
  std::vector<float> parameters, state;
  std::vector<EpochResult> epochs;
  std::vector<double> reported;
  size_t together = 0;  // layers that one kernel took
};

// Two epochs from the same parameters, on a device or, without one, on the CPU.
inline Trained train(const Case& one, const Rows& rows, const std::vector<float>& start, CudaTarget target,
                     CudaStep step = CudaStep::kTogether) {
  Network network(one.layers(), 99, kernels());
  std::copy(start.begin(), start.end(), network.parameters().data());
  TrainingOptions options = one.options;
  if (one.shuffled) options.order = {rows.order.data(), rows.order.size()};
  std::unique_ptr<CudaNetwork> device;
  if (target.library != nullptr) {
    device = std::make_unique<CudaNetwork>(network, rows.data, one.objective, target, step);
  }
  Trained trained;
  if (device != nullptr) trained.together = device->together();
  for (int epoch = 0; epoch < 2; ++epoch) {
    trained.epochs.push_back(network.train(
        rows.data, one.objective, options, nullptr,
        [&](size_t, size_t, double loss, const std::vector<double>&) { trained.reported.push_back(loss); },
        device.get()));
  }
  trained.parameters.assign(network.parameters().begin(), network.parameters().end());
  trained.state = network.optimizer_state();
  return trained;
}

inline void check_near(const std::vector<float>& found, const std::vector<float>& expected, double bound) {
  REQUIRE(found.size() == expected.size());
  size_t wrong = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    if (std::fabs(double(found[i]) - expected[i]) <= bound * (1 + std::fabs(double(expected[i])))) continue;
    if (wrong++ > 0) continue;
    CAPTURE(i);
    CHECK(found[i] == expected[i]);
  }
  CHECK(wrong == 0);
}

inline void check_near(const Trained& found, const Trained& expected, double bound) {
  check_near(found.parameters, expected.parameters, bound);
  check_near(found.state, expected.state, bound);
  REQUIRE(found.reported.size() == expected.reported.size());
  for (size_t e = 0; e < 2; ++e) {
    const EpochResult &own = found.epochs[e], &other = expected.epochs[e];
    CHECK(own.loss == doctest::Approx(other.loss).epsilon(1e-4));
    CHECK(own.metrics[0] == doctest::Approx(other.metrics[0]).epsilon(1e-3));
    CHECK(own.steps == other.steps);
    CHECK(own.finite == other.finite);
  }
  for (size_t s = 0; s < found.reported.size(); ++s) {
    CHECK(found.reported[s] == doctest::Approx(expected.reported[s]).epsilon(1e-4));
  }
}

// On a device beside the CPU. Returns how many layers it took together.
inline size_t compare(const Case& one, CudaStep step, int32_t device, double bound, bool twice) {
  const Layers layers = one.layers();
  const size_t inputs = layers.front()->inputs(), outputs = layers.back()->outputs();
  Rng rng(inputs * 31 + outputs + one.rows);
  const Rows rows = make_rows(one, inputs, outputs, rng);
  std::vector<float> start(Network(one.layers(), 1, kernels()).parameters().size());
  const double spread = 1.5 / std::sqrt(static_cast<double>(inputs));
  for (float& value : start) value = static_cast<float>((rng.uniform() * 2 - 1) * spread);
  const Trained expected = train(one, rows, start, {});
  size_t together = 0;
  each_device([&](const CudaLibrary& library, int32_t own) {
    if (own != device) return;
    const Trained found = train(one, rows, start, {&library, own}, step);
    check_near(found, expected, bound);
    if (twice) CHECK(train(one, rows, start, {&library, own}, step).parameters == found.parameters);
    together = found.together;
  });
  return together;
}

// On the first device, layer by layer and as many layers together as fit.
inline void compare(const Case& one, double bound = 2e-5, bool twice = false) {
  CHECK(compare(one, CudaStep::kApart, 0, bound, twice) == 0);
  compare(one, CudaStep::kTogether, 0, bound, twice);
}

inline Case perceptron_case(LossKind kind, Activation last, size_t outputs = 3) {
  Case one;
  one.layers = perceptron(5, 7, Activation::kTanh, outputs, last);
  one.objective = objective_of(kind);
  one.options = sgd();
  return one;
}

}  // namespace test
}  // namespace boreal
