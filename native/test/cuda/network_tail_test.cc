// The last layers of a network in one kernel: where they begin, tiles of rows that are full, part of one and
// several of a block, all widths.
#include "test/cuda/network_support.h"

namespace boreal {
namespace test {
namespace {

// Dense layers of these widths, each but the last with its activation.
std::function<Layers()> layers_of(const std::vector<size_t>& widths, Activation activation) {
  return [=] {
    Layers layers;
    for (size_t i = 1; i < widths.size(); ++i) {
      add_dense(layers, widths[i - 1], widths[i]);
      if (i + 1 < widths.size()) add_activation(layers, widths[i], activation);
    }
    add_activation(layers, widths.back(), Activation::kSoftmax, widths.back());
    return layers;
  };
}

Case case_of(const std::vector<size_t>& widths, size_t rows, size_t batch,
             Activation activation = Activation::kTanh) {
  Case one;
  one.layers = layers_of(widths, activation);
  one.objective = objective_of(LossKind::kSparseCategoricalCrossEntropy, batch);
  one.options = sgd();
  one.rows = rows;
  return one;
}

// Those of the emulation.
bool has_devices() { return cuda_devices().numbers.size() > 1 && cuda_devices().emulated; }

size_t compare_tail(const Case& one, int32_t device = 0, bool twice = false) {
  return compare(one, CudaStep::kTogether, device, 5e-5, twice);
}

}  // namespace

TEST_CASE("tails of networks: random widths, rows and mini-batches") {
  Rng rng(17);
  for (int round = 0; round < 12; ++round) {
    const auto below = [&](uint32_t n) { return 1 + rng.below(n); };
    const uint32_t widest = round % 4 == 0 ? 128 : 30;
    std::vector<size_t> widths(2 + rng.below(3));
    for (size_t& width : widths) width = below(widest);
    const size_t rows = below(round % 3 == 0 ? 110 : 40), batch = rows / below(3) + 1;
    CAPTURE(round);
    CAPTURE(rows);
    CAPTURE(batch);
    const Case one = case_of(widths, rows, batch);
    const size_t together = compare_tail(one, has_devices() ? round % 2 : 0, round % 4 == 3);
    // The softmax is left to the loss.
    if (has_devices() && round % 2 == 1) CHECK(together == 2 * (widths.size() - 1) - 1);
  }
}

TEST_CASE("tails of networks: mini-batches of many tiles, the last of few rows") {
  // A block has its part of a gradient from many tiles; in the last step most blocks have no rows.
  for (const size_t batch : {150u, 2048u}) {
    CAPTURE(batch);
    compare_tail(case_of({3, 5, 2}, batch + 5, batch, Activation::kGelu));
  }
}

TEST_CASE("tails of networks: they begin where layers are narrow, and end up where they fit") {
  const auto together = [](const std::vector<size_t>& widths, int32_t device) {
    return compare_tail(case_of(widths, 40, 33, Activation::kSilu), device);
  };
  // On every device.
  each_device([&](const CudaLibrary&, int32_t device) { CHECK(together({6, 5, 3}, device) > 0); });
  if (!has_devices()) return;
  // What comes before has its derivative at its argument (silu) or at its value.
  CHECK(together({130, 20, 7, 3}, 0) == 3);
  CHECK(compare_tail(case_of({20, 140, 12, 3}, 40, 16)) == 1);
  CHECK(together({6, 129}, 0) == 0);
  // The shared memory of a block: 64 KiB of the first device, 227 of the second.
  CHECK(together({128, 128, 128, 3}, 0) == 1);
  CHECK(compare_tail(case_of({64, 64, 64, 10}, 20, 16, Activation::kRelu)) == 5);
  CHECK(together({128, 128, 128, 3}, 1) == 5);
}

TEST_CASE("tails of networks: rows that fill up a tile leave no trace, whatever a bias makes of them") {
  // Real rows have 1 in the first column, which takes the bias back; rows of zeros overflow.
  constexpr size_t kRows = 37, kInputs = 3, kHidden = 5;
  const Case one = [&] {
    Case exponential = case_of({kInputs, kHidden, 4}, kRows, 20, Activation::kExponential);
    exponential.shuffled = false;
    return exponential;
  }();
  Rng rng(3);
  Rows rows = make_rows(one, kInputs, 4, rng);
  for (size_t i = 0; i < kRows; ++i) rows.x[i * kInputs] = 1;
  std::vector<float> start(Network(one.layers(), 1, kernels()).parameters().size());
  for (float& value : start) value = static_cast<float>(rng.uniform() - 0.5);
  for (size_t unit = 0; unit < kHidden; ++unit) {
    start[unit] = -100;                     // of the first column
    start[kInputs * kHidden + unit] = 100;  // the bias
  }
  const Trained expected = train(one, rows, start, {});
  each_device([&](const CudaLibrary& library, int32_t device) {
    const Trained found = train(one, rows, start, {&library, device});
    CHECK(found.together > 0);
    check_near(found, expected, 1e-4);
  });
}

TEST_CASE("tails of networks: dropout and softmax within, layers before with nothing to learn") {
  for (const bool frozen : {false, true}) {
    CAPTURE(frozen);
    Case one = case_of({4, 3}, 37, 20);
    one.layers = [=] {
      Layers layers;
      layers.push_back(std::make_unique<nn::DropoutLayer>(150, 0.2, kernels()));
      add_dense(layers, 150, 8, true, 0, 0, 1, !frozen);
      layers.push_back(std::make_unique<nn::DropoutLayer>(8, 0.3, kernels()));
      add_dense(layers, 4, 6, true, 0, 0, 2, !frozen);
      add_activation(layers, 12, Activation::kSoftmax, 6);
      add_activation(layers, 12, Activation::kRelu);
      layers.push_back(std::make_unique<nn::DropoutLayer>(12, 0.1, kernels()));
      add_dense(layers, 12, 5);
      add_activation(layers, 5, Activation::kLogSoftmax, 5);
      add_activation(layers, 5, Activation::kSigmoid);
      return layers;
    };
    one.objective = objective_of(LossKind::kBinaryCrossEntropy, 20);
    one.options.optimizer.kind = nn::OptimizerKind::kAdam;
    one.options.optimizer.epsilon = 1e-2;
    one.options.clip_global_norm = 0.5;
    const size_t together = compare_tail(one, 0, true);
    if (has_devices()) CHECK(together == 6);
  }
}

}  // namespace test
}  // namespace boreal
