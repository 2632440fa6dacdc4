// Training of networks on the device beside the CPU's: layers, losses, optimizers and shapes that fill tiles,
// miss them, and are tiny. Sums run in another order, so that parameters agree to some roundings, not in
// bits; the same run twice has the same bits.
#include "nn/image_layers.h"
#include "test/cuda/network_support.h"
#include "test/program_support.h"

namespace boreal {
namespace test {

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
    const bool flags = loss == LossKind::kBinaryCrossEntropy || loss == LossKind::kSummedBinaryCrossEntropy;
    const bool counts = loss == LossKind::kPoisson || loss == LossKind::kSummedPoisson;
    const Activation last = classes  ? Activation::kSoftmax
                            : flags  ? Activation::kSigmoid
                            : counts ? Activation::kSoftplus
                                     : Activation::kLinear;
    for (const size_t outputs : {3u, 20u}) {
      Case one = perceptron_case(loss, last, outputs);
      one.objective.loss.delta = 0.2;
      one.weighted = one.objective.weighted_mean = outputs == 3;
      one.objective.weighted_metrics = one.weighted;
      const bool entropy = classes && loss != LossKind::kKlDivergence;
      if (entropy || flags) {
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
