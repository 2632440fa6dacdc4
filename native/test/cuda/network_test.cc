// Training of networks on the device beside the CPU's: layers, losses, optimizers and shapes that fill tiles,
// miss them, and are tiny. Sums run in another order, so that parameters agree to some roundings, not in
// bits; the same run twice has the same bits.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "nn/image_layers.h"
#include "test/cuda/devices.h"
#include "test/program_support.h"
#include "train/network_cuda.h"

namespace boreal {
namespace test {
namespace {

using nn::LossKind;
using Layers = std::vector<std::unique_ptr<nn::Layer>>;

struct Case {
  std::function<Layers()> layers;
  NetworkObjective objective;
  TrainingOptions options;
  size_t rows = 20;
  bool weighted = false, shuffled = true;
};

void add_dense(Layers& layers, size_t inputs, size_t units, bool bias = true, double l1 = 0, double l2 = 0,
               size_t positions = 1, bool trainable = true) {
  nn::ParameterBlock kernel, constant;
  kernel.trainable = constant.trainable = trainable;
  kernel.l1 = l1, kernel.l2 = l2;
  layers.push_back(std::make_unique<nn::DenseLayer>(inputs, units, positions, kernel,
                                                    bias ? &constant : nullptr, kernels()));
}
void add_activation(Layers& layers, size_t size, Activation kind, size_t width = 1, double parameter = 0.3) {
  layers.push_back(std::make_unique<nn::ActivationLayer>(size, kind, parameter, width, kernels()));
}

// inputs -> hidden (activation) -> outputs (last)
std::function<Layers()> perceptron(size_t inputs, size_t hidden, Activation activation, size_t outputs,
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

NetworkObjective objective_of(LossKind kind, size_t batch = 16) {
  NetworkObjective objective;
  objective.loss.kind = kind;
  objective.batch_size = batch;
  objective.metrics = {kind == LossKind::kSparseCategoricalCrossEntropy
                           ? NetworkMetric::kSparseCategoricalAccuracy
                           : NetworkMetric::kMeanSquaredError};
  return objective;
}

TrainingOptions sgd(double rate = 0.05) {
  TrainingOptions options;
  options.rates = {rate};
  return options;
}

struct Rows {
  std::vector<float> x, targets, weights;
  std::vector<int32_t> classes, order;
  NetworkData data;
};

Rows make_rows(const Case& one, size_t inputs, size_t outputs, Rng& rng) {
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
};

// Two epochs from the same parameters, on a device or, without one, on the CPU.
Trained train(const Case& one, const Rows& rows, const std::vector<float>& start, CudaTarget target) {
  Network network(one.layers(), 99, kernels());
  std::copy(start.begin(), start.end(), network.parameters().data());
  TrainingOptions options = one.options;
  if (one.shuffled) options.order = {rows.order.data(), rows.order.size()};
  std::unique_ptr<CudaNetwork> device;
  if (target.library != nullptr) {
    device = std::make_unique<CudaNetwork>(network, rows.data, one.objective, target);
  }
  Trained trained;
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

void check_near(const std::vector<float>& found, const std::vector<float>& expected, double bound) {
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

void compare(const Case& one, double bound = 2e-5, bool twice = false) {
  const Layers layers = one.layers();
  const size_t inputs = layers.front()->inputs(), outputs = layers.back()->outputs();
  Rng rng(inputs * 31 + outputs + one.rows);
  const Rows rows = make_rows(one, inputs, outputs, rng);
  std::vector<float> start(Network(one.layers(), 1, kernels()).parameters().size());
  const double spread = 1.5 / std::sqrt(static_cast<double>(inputs));
  for (float& value : start) value = static_cast<float>((rng.uniform() * 2 - 1) * spread);
  const Trained expected = train(one, rows, start, {});
  each_device([&](const CudaLibrary& library, int32_t device) {
    if (device > 0) return;
    const Trained found = train(one, rows, start, {&library, device});
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
    if (twice) CHECK(train(one, rows, start, {&library, device}).parameters == found.parameters);
  });
}

Case perceptron_case(LossKind kind, Activation last, size_t outputs = 3) {
  Case one;
  one.layers = perceptron(5, 7, Activation::kTanh, outputs, last);
  one.objective = objective_of(kind);
  one.options = sgd();
  return one;
}

}  // namespace

TEST_CASE("networks: shapes of tiles, mini-batches and rows") {
  struct Shape {
    size_t inputs, hidden, outputs, rows, batch;
  };
  for (const Shape s : {Shape{1, 1, 1, 1, 1}, Shape{3, 33, 2, 65, 64}, Shape{40, 70, 20, 131, 130},
                        Shape{33, 5, 17, 20, 7}, Shape{90, 140, 3, 67, 100}}) {
    CAPTURE(s.inputs);
    Case one;
    one.layers = perceptron(s.inputs, s.hidden, Activation::kRelu, s.outputs, Activation::kSoftmax);
    one.objective = objective_of(LossKind::kSparseCategoricalCrossEntropy, s.batch);
    one.options = sgd();
    one.rows = s.rows;
    compare(one, 2e-5, true);
  }
}

TEST_CASE("networks: all losses") {
  for (int32_t kind = 0; kind < nn::kLossCount; ++kind) {
    CAPTURE(kind);
    const LossKind loss = static_cast<LossKind>(kind);
    const bool classes = loss == LossKind::kCategoricalCrossEntropy || loss == LossKind::kKlDivergence ||
                         loss == LossKind::kSparseCategoricalCrossEntropy;
    const Activation last = classes                                 ? Activation::kSoftmax
                            : loss == LossKind::kBinaryCrossEntropy ? Activation::kSigmoid
                            : loss == LossKind::kPoisson            ? Activation::kSoftplus
                                                                    : Activation::kLinear;
    for (const size_t outputs : {3u, 20u}) {
      Case one = perceptron_case(loss, last, outputs);
      one.objective.loss.delta = 0.2;
      one.weighted = one.objective.weighted_mean = outputs == 3;
      one.objective.weighted_metrics = one.weighted;
      const bool entropy = classes && loss != LossKind::kKlDivergence;
      if (entropy || loss == LossKind::kBinaryCrossEntropy) {
        one.objective.loss.label_smoothing = outputs == 3 ? 0.1 : 0;
        compare(one);
        // The same of probabilities: what comes before the loss is not its own activation.
        const Activation other = entropy ? Activation::kSigmoid : Activation::kHardSigmoid;
        one.layers = perceptron(5, 7, Activation::kTanh, outputs, other);
      }
      compare(one);
    }
  }
}

TEST_CASE("networks: all activations, on their own and taken along") {
  for (int32_t kind = 0; kind < kActivationCount; ++kind) {
    CAPTURE(kind);
    const Activation activation = static_cast<Activation>(kind);
    const bool by_rows = activation == Activation::kSoftmax || activation == Activation::kLogSoftmax;
    Case one = perceptron_case(LossKind::kMeanSquaredError, Activation::kLinear);
    one.layers = [=] {
      Layers layers;
      add_dense(layers, 5, 8);
      add_activation(layers, 8, activation, by_rows ? 4 : 1);
      add_activation(layers, 8, activation, by_rows ? 4 : 1);
      add_dense(layers, 8, 2, false);
      add_activation(layers, 2, activation, by_rows ? 2 : 1);
      return layers;
    };
    if (activation == Activation::kExponential) continue;  // of itself it is too steep for a comparison
    compare(one);
  }
}

TEST_CASE("networks: exponentials; an activation before the one that the loss takes over") {
  Case steep = perceptron_case(LossKind::kMeanSquaredError, Activation::kExponential);
  steep.layers = perceptron(5, 7, Activation::kExponential, 3, Activation::kExponential);
  steep.options = sgd(1e-3);
  compare(steep);
  Case one = perceptron_case(LossKind::kCategoricalCrossEntropy, Activation::kLinear);
  one.layers = [] {
    Layers layers;
    add_dense(layers, 5, 4);
    add_activation(layers, 4, Activation::kRelu);
    add_activation(layers, 4, Activation::kSoftmax, 4);
    return layers;
  };
  compare(one);
}

TEST_CASE("networks: all optimizers, penalties, limits of gradients") {
  for (int variant = 0; variant < 14; ++variant) {
    CAPTURE(variant);
    Case one;
    one.layers = perceptron(6, 9, Activation::kTanh, 3, Activation::kSoftmax, variant % 2 ? 0.003 : 0, 0.01);
    one.objective = objective_of(LossKind::kSparseCategoricalCrossEntropy, 12);
    one.objective.penalty_per_row = variant % 3 == 0;
    one.options = sgd();
    nn::Optimizer& optimizer = one.options.optimizer;
    optimizer.epsilon = 1e-2;  // steps follow the gradient continuously: roundings stay small
    switch (variant) {
      case 0:
        break;
      case 1:
      case 2:
        optimizer.momentum = 0.9;
        optimizer.nesterov = variant == 2;
        break;
      case 3:
        optimizer.momentum = 0.9;
        optimizer.rate_in_velocity = false;
        optimizer.dampening = 0.1;
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        optimizer.kind = nn::OptimizerKind::kRmsprop;
        optimizer.centred = variant > 5;
        optimizer.momentum = variant % 2 ? 0.5 : 0;
        break;
      case 8:
        optimizer.kind = nn::OptimizerKind::kAdagrad;
        break;
      case 9:
        optimizer.kind = nn::OptimizerKind::kAdam;
        optimizer.epsilon_hat = false;
        break;
      case 10:
        optimizer.kind = nn::OptimizerKind::kAdamW;
        optimizer.weight_decay = 0.1;
        optimizer.amsgrad = true;
        one.options.clip_global_norm = 0.05;
        break;
      case 11:
        one.options.clip_norm = 0.05;
        break;
      case 12:
        one.options.clip_value = 0.01;
        break;
      default:
        optimizer.kind = nn::OptimizerKind::kAdam;
        one.options.rates = {0.1, 0.05, 0.02, 0.01, 0.2};
    }
    compare(one, 1e-4);
  }
}

TEST_CASE("networks: dropout, frozen layers, positions, no order") {
  Case one = perceptron_case(LossKind::kMeanSquaredError, Activation::kLinear, 4);
  one.shuffled = false;
  one.layers = [] {
    Layers layers;
    layers.push_back(std::make_unique<nn::DropoutLayer>(6, 0.3, kernels()));
    add_dense(layers, 3, 4, true, 0, 0, 2, false);
    add_activation(layers, 8, Activation::kRelu);
    layers.push_back(std::make_unique<nn::DropoutLayer>(8, 0.5, kernels()));
    add_dense(layers, 4, 5, true, 0, 0, 2);
    layers.push_back(std::make_unique<nn::DropoutLayer>(10, 0.2, kernels()));
    add_activation(layers, 10, Activation::kMish);
    add_dense(layers, 5, 2, false, 0, 0, 2);
    return layers;
  };
  compare(one);
  one.layers = [] {
    Layers layers;
    add_dense(layers, 4, 4, true, 0, 0, 1, false);
    return layers;
  };
  compare(one);
}

TEST_CASE(
    "networks: a loss that is not finite ends the epoch before it changes anything; an abort ends it too") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    Case one = perceptron_case(LossKind::kMeanSquaredError, Activation::kLinear);
    one.shuffled = false;
    Rng rng(5);
    Rows rows = make_rows(one, 5, 3, rng);
    rows.x[5 * 18] = NAN;  // in the second mini-batch
    const std::vector<float> start(Network(one.layers(), 1, kernels()).parameters().size(), 0.1f);
    const Trained expected = train(one, rows, start, {});
    const Trained found = train(one, rows, start, {&library, device});
    CHECK(!found.epochs[0].finite);
    CHECK(found.epochs[0].steps == 1);
    CHECK(std::isnan(found.epochs[0].loss) == std::isnan(expected.epochs[0].loss));
    check_near(found.parameters, expected.parameters, 2e-5);

    rows.x[5 * 18] = 0;
    Network network(one.layers(), 99, kernels());
    CudaNetwork placed(network, rows.data, one.objective, {&library, device});
    CancelToken token;
    const auto epoch = [&](const Network::OnStep& on_step) {
      return error_code(
          [&] { network.train(rows.data, one.objective, one.options, &token, on_step, &placed); });
    };
    const auto cancel = [&](size_t, size_t, double, const std::vector<double>&) { token.cancel(); };
    CHECK(epoch(cancel) == "ERR_ABORTED");
    CHECK(network.steps() == 1);
    CHECK(epoch({}) == "ERR_ABORTED");
  });
}

TEST_CASE("networks: layers without a kernel are refused, memory is given back") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    Case one = perceptron_case(LossKind::kMeanSquaredError, Activation::kLinear);
    Rng rng(5);
    const Rows rows = make_rows(one, 5, 3, rng);
    const uint64_t before = free_bytes(library, device);
    for (int cycle = 0; cycle < 3; ++cycle) {
      train(one, rows, std::vector<float>(Network(one.layers(), 1, kernels()).parameters().size()),
            {&library, device});
    }
    CHECK(free_bytes(library, device) == before);
    Layers layers;
    layers.push_back(std::make_unique<nn::GlobalAveragePoolLayer>(5, 1, kernels()));
    Network network(std::move(layers), 1, kernels());
    CHECK(error_code([&] {
            CudaNetwork(network, rows.data, one.objective, {&library, device});
          }) == "ERR_NOT_SUPPORTED");
    Layers wide;
    add_dense(wide, 1, BOREAL_CUDA_MOST_COLUMNS + 1, false);
    Network too_wide(std::move(wide), 1, kernels());
    CHECK(error_code([&] {
            CudaNetwork(too_wide, rows.data, one.objective, {&library, device});
          }) == "ERR_SHAPE");
  });
}

TEST_CASE("networks: what fails changes nothing, and the next epoch works") {
  if (!cuda_devices().emulated) return;
  const CudaLibrary& library = *cuda_devices().library;
  Case one = perceptron_case(LossKind::kMeanSquaredError, Activation::kLinear);
  one.options.optimizer.kind = nn::OptimizerKind::kAdam;
  one.options.clip_global_norm = 0.1;
  one.shuffled = false;
  Rng rng(5);
  const Rows rows = make_rows(one, 5, 3, rng);
  const std::vector<float> start(Network(one.layers(), 1, kernels()).parameters().size(), 0.1f);
  const Trained expected = train(one, rows, start, {&library, 0});
  const uint64_t before = free_bytes(library, 0);
  for (const std::string kind : {"memory ", "work "}) {
    CAPTURE(kind);
    int failed = 0;
    for (bool fails = true; fails; failed += fails) {
      CAPTURE(failed);
      Network network(one.layers(), 99, kernels());
      std::copy(start.begin(), start.end(), network.parameters().data());
      std::unique_ptr<CudaNetwork> placed;
      const auto place = [&] {
        placed = std::make_unique<CudaNetwork>(network, rows.data, one.objective, CudaTarget{&library, 0});
      };
      const auto epoch = [&] {
        network.train(rows.data, one.objective, one.options, nullptr, {}, placed.get());
      };
      std::vector<float> kept, state;  // of the epochs that worked
      const auto keep = [&] {
        kept.assign(network.parameters().begin(), network.parameters().end());
        state = network.optimizer_state();
      };
      {
        const Failing failing(kind + std::to_string(failed + 1));
        const std::string code = error_code([&] {
          keep();
          place();
          for (int k = 0; k < 2; ++k) {
            epoch();
            keep();
          }
        });
        fails = code != "none";
        if (fails) CHECK(code == (kind == "work " ? "ERR_CUDA" : "ERR_OUT_OF_MEMORY"));
      }
      const std::vector<float> left = kept, left_state = state;
      keep();
      CHECK(kept == left);
      if (network.steps() > 0) CHECK(state == left_state);  // the first epoch makes it
      if (placed == nullptr) place();
      while (network.steps() < 2 * expected.epochs[0].steps) epoch();
      const auto& parameters = network.parameters();
      CHECK(std::vector<float>(parameters.begin(), parameters.end()) == expected.parameters);
      placed.reset();
      CHECK(free_bytes(library, 0) == before);
    }
    CHECK(failed >= 2);
  }
}

TEST_CASE("networks: all memory but that of the recorded step is taken when they are placed") {
  if (!cuda_devices().emulated) return;
  const CudaLibrary& library = *cuda_devices().library;
  Case one = perceptron_case(LossKind::kMeanSquaredError, Activation::kLinear);
  one.options.optimizer.kind = nn::OptimizerKind::kAdam;
  one.options.optimizer.amsgrad = true;
  one.options.clip_norm = 1;
  Rng rng(5);
  const Rows rows = make_rows(one, 5, 3, rng);
  Network network(one.layers(), 99, kernels());
  CudaNetwork placed(network, rows.data, one.objective, {&library, 0});
  const uint64_t before = free_bytes(library, 0);
  network.train(rows.data, one.objective, one.options, nullptr, {}, &placed);
  CHECK(free_bytes(library, 0) == before);
}

}  // namespace test
}  // namespace boreal
