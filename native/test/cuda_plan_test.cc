// What the core decides for a GPU, which needs none: steps, buffers, packed constants, batches of trees,
// costs.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "device/cuda_cost.h"
#include "device/cuda_forest.h"
#include "device/cuda_library.h"
#include "device/cuda_tensor.h"
#include "device/forest_ranks.h"
#include "test/cuda/conv_shape.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

constexpr size_t kShared = 96 << 10;

std::vector<int32_t> kernels_of(const CudaPlan& plan) {
  std::vector<int32_t> kinds;
  for (const BorealCudaStep& step : plan.steps) kinds.push_back(step.kernel);
  return kinds;
}

template <typename T>
const T* at(const CudaPlan& plan, uint64_t offset) {
  return reinterpret_cast<const T*>(plan.arena.bytes().data() + offset);
}

// Ranks as rank_kernel makes them, plainly.
uint32_t rank_of(const CudaForest& forest, const BorealCudaRank& column, float value, bool truncate) {
  const uint32_t highest = forest.small ? 255 : 65535;
  if (std::isnan(value) && (column.rules & kMissingIsZero) != 0) value = 0;
  const bool zero = std::fabs(value) <= static_cast<float>(kNearZero);
  if (std::isnan(value) || ((column.rules & kZeroIsMissing) != 0 && zero)) {
    return (column.rules & kMissingLeft) != 0 ? 0 : highest;
  }
  if (column.is_set != 0) {
    const float category = truncate ? std::trunc(value) : std::floor(value);
    const bool in = category >= 0 && category < 32.0f * static_cast<float>(column.count) &&
                    (forest.set_words[column.begin + static_cast<size_t>(category) / 32] >>
                         static_cast<size_t>(category) % 32 &
                     1) != 0;
    return in ? 0 : highest;
  }
  uint32_t rank = 0;
  for (uint32_t k = 0; k + 1 < 1u << column.count; ++k) rank += forest.cuts[column.begin + k] < value ? 1 : 0;
  return rank;
}

// A device for estimates.
BorealCudaFigures figures_of(double round_trip_ns, double download_bytes_per_ns, double flops_per_ns) {
  return {round_trip_ns, 2000, 10, download_bytes_per_ns, 1000, flops_per_ns};
}

}  // namespace

TEST_CASE("CUDA plans: steps, buffers and activations") {
  PlanWriter writer(3);
  const int32_t checked = writer.check(0, FiniteRule::kFinite);
  const int32_t scaled = writer.affine(checked, {1, 2, 3}, {4, 5, 6});
  const int32_t hidden =
      writer.dense(scaled, std::vector<double>(3 * 200, 0.5), std::vector<double>(200, 1), Unary::kTanh);
  writer.softmax(writer.dense(hidden, std::vector<double>(200 * 4, 0.25), {0, 1, 2, 3}));
  const CudaPlan plan = plan_cuda(writer.decode(), kShared);
  CHECK(kernels_of(plan) == std::vector<int32_t>{BOREAL_CUDA_CHECK, BOREAL_CUDA_AFFINE, BOREAL_CUDA_PRODUCT,
                                                 BOREAL_CUDA_PRODUCT, BOREAL_CUDA_SOFTMAX});
  CHECK(plan.details.size() == plan.steps.size());
  CHECK(plan.steps[2].n[1] == BOREAL_CUDA_ACTIVATION);
  CHECK(plan.steps[2].n[2] == static_cast<int32_t>(Unary::kTanh));
  CHECK(plan.steps[3].n[1] == BOREAL_CUDA_PLAIN);
  CHECK(plan.steps[4].out == 1);
  CHECK(plan.row_bytes[0] == 12);
  CHECK(plan.row_bytes[1] == 16);
  CHECK(at<float>(plan, plan.steps[1].c[1])[2] == 6);
  CHECK(at<float>(plan, plan.steps[3].c[0])[799] == 0.25f);
  for (const BorealCudaStep& step : plan.steps) {
    CHECK(step.in[0] < plan.row_bytes.size());
    CHECK(step.out < plan.row_bytes.size());
    for (const uint64_t offset : step.c) {
      if (offset != BOREAL_CUDA_NONE) CHECK(offset % 256 == 0);
    }
  }
  CHECK(plan.row_flops == 2.0 * (600 + 800));
}

TEST_CASE("CUDA plans: narrow layers become one step, unless somebody reads between them") {
  for (const bool read_between : {false, true}) {
    PlanWriter writer(3);
    const int32_t first = writer.dense(0, std::vector<double>(12, 1), {0, 0, 0, 0}, Unary::kRelu);
    const int32_t second = writer.dense(first, std::vector<double>(8, 1), {0, 0});
    if (read_between) writer.concat({first, second});
    const CudaPlan plan = plan_cuda(writer.decode(), kShared);
    if (read_between) {
      CHECK(kernels_of(plan) == std::vector<int32_t>{BOREAL_CUDA_PRODUCT, BOREAL_CUDA_PRODUCT,
                                                     BOREAL_CUDA_PLACE, BOREAL_CUDA_PLACE});
    } else {
      CHECK(kernels_of(plan) == std::vector<int32_t>{BOREAL_CUDA_MLP});
      const BorealCudaLayer* layers = at<BorealCudaLayer>(plan, plan.steps[0].c[0]);
      CHECK(layers[0].activation == static_cast<int32_t>(Unary::kRelu));
      CHECK(layers[1].inputs == 4);
      CHECK(layers[1].outputs == 2);
    }
  }
}

TEST_CASE("CUDA plans: a fused step never writes over its input") {
  // Enough layers and other ops between that the memory of early slots is free for late ones.
  PlanWriter writer(4);
  const std::vector<double> square(16, 0.5), zero(4, 0);
  int32_t x = writer.affine(0, zero, {1, 1, 1, 1});
  for (int round = 0; round < 4; ++round) {
    for (int layer = 0; layer < 3; ++layer) x = writer.dense(x, square, zero, Unary::kTanh);
    x = writer.gather(x, {3, 2, 1, 0});
  }
  for (const BorealCudaStep& step : plan_cuda(writer.decode(), kShared).steps) {
    if (step.kernel == BOREAL_CUDA_MLP || step.kernel == BOREAL_CUDA_PRODUCT) CHECK(step.in[0] != step.out);
  }
}

TEST_CASE("CUDA plans: passes are as large as their memory allows") {
  PlanWriter writer(10);
  writer.activation(0, Unary::kExp);
  const Plan plan = writer.decode();
  CHECK(plan_cuda(plan, kShared, 8000).max_rows == 100);
  CHECK(plan_cuda(plan, kShared, 1).max_rows == 1);
  CHECK(plan_cuda(plan, kShared, uint64_t{1} << 40).max_rows == uint64_t{1} << 20);
}

TEST_CASE("CUDA forests: packed ranks and nodes lead each row to its leaf") {
  const std::vector<double> cuts = {-1, -0.5, -1e-36, 0, 1e-36, 0.3, 1};
  for (const ForestCompare compare : {ForestCompare::kFloat32, ForestCompare::kFloat64}) {
    for (const size_t nodes : {31u, 901u}) {
      Rng rng(nodes + static_cast<size_t>(compare));
      ForestArrays arrays = random_forest(rng, 6, 3, 1, nodes, cuts, true, false, 40);
      arrays.compare = compare;
      arrays.set_offsets = {0, 2};
      arrays.set_words = {0b110, 1};
      for (size_t k = 0; k < arrays.feature.size(); ++k) {
        if (arrays.feature[k] < 0) continue;
        arrays.rules[k] = static_cast<uint8_t>(rng.below(4));
        if (rng.below(4) == 0) {
          arrays.rules[k] = kCategories | kMissingLeft;
          arrays.threshold[k] = 0;
        }
      }
      PlanWriter writer(3);
      arrays.write(writer, 0, ForestAggregate::kPerTree, 1);
      const Plan plan = writer.decode();
      const ForestOp& op = std::get<ForestOp>(plan.ops[0].kind);
      const CudaForest forest(op);
      CHECK(forest.small == (nodes == 31));
      const std::vector<float> x = random_rows<float>(rng, 60, 3, 6);
      const std::vector<float> expected = reference<float>(plan, x);
      for (size_t i = 0; i < 60; ++i) {
        std::vector<uint32_t> ranks;
        for (const BorealCudaRank& column : forest.columns) {
          ranks.push_back(
              rank_of(forest, column, x[i * 3 + column.feature], compare == ForestCompare::kFloat64));
        }
        for (size_t t = 0; t < op.trees(); ++t) {
          const BorealCudaTree& tree = forest.trees[t];
          size_t k = tree.begin, leaf = 0;
          if (forest.small) {
            for (uint32_t node = forest.small_nodes[k]; node >> 16 != 0xff00; node = forest.small_nodes[k]) {
              k += (node >> 16 & 0xff) + (ranks[node & 0xffff] > node >> 24 ? 1 : 0);
            }
            leaf = k;
          } else {
            for (BorealCudaNode node = forest.large_nodes[k]; node.left != 0; node = forest.large_nodes[k]) {
              k = tree.begin + node.left + (ranks[node.column] > node.cut ? 1 : 0);
            }
            leaf = forest.large_nodes[k].column | size_t{forest.large_nodes[k].cut} << 16;
          }
          CHECK(static_cast<float>(forest.values[leaf]) == expected[i * op.trees() + t]);
        }
      }
    }
  }
}

TEST_CASE("CUDA forests: batches hold every tree once, in order, within their memory") {
  Rng rng(9);
  ForestArrays arrays = random_forest(rng, 50, 3, 1, 61, {-1, 0, 1}, false, false, 40);
  for (const bool grouped : {false, true}) {
    if (grouped) arrays.groups = {0, 20, 50};
    PlanWriter writer(3);
    arrays.write(writer, 0, ForestAggregate::kSum, grouped ? 2 : 1);
    const Plan plan = writer.decode();
    const ForestOp& op = std::get<ForestOp>(plan.ops[0].kind);
    const CudaForest forest(op);
    for (const size_t bytes : {1u, 1000u, 1u << 20}) {
      size_t next = 0, output = 0;
      for (const CudaTreeBatch& batch : batch_trees(forest, op, bytes)) {
        CHECK(batch.first == next);
        CHECK(batch.last > batch.first);
        CHECK(batch.starts == (batch.first == 0 || batch.output != output));
        const size_t end = batch.last < op.trees() ? forest.trees[batch.last].begin : forest.nodes();
        const size_t used =
            4 * (end - forest.trees[batch.first].begin) + (batch.last - batch.first) * sizeof(BorealCudaTree);
        CHECK((used <= bytes || batch.last == batch.first + 1));
        next = batch.last;
        output = batch.output;
      }
      CHECK(next == op.trees());
    }
  }
}

TEST_CASE("CUDA forests: leaf values have places beside inner nodes while these take little memory") {
  for (const size_t outputs : {3u, 16500u}) {
    Rng rng(10);
    const ForestArrays arrays = random_forest(rng, 1, 3, outputs, 511, {-1, 0, 1}, false, false, 2);
    PlanWriter writer(3);
    arrays.write(writer, 0, ForestAggregate::kSum, static_cast<int32_t>(outputs));
    const Plan plan = writer.decode();
    const CudaForest forest(std::get<ForestOp>(plan.ops[0].kind));
    CHECK(forest.small == (outputs == 3));
    CHECK(forest.values.size() == (forest.small ? forest.nodes() : 2) * outputs);
  }
}

TEST_CASE("CUDA forests: a plan says whether trees stay in shared memory") {
  for (const size_t width : {3u, 2000u}) {
    Rng rng(11);
    PlanWriter writer(static_cast<int32_t>(width));
    random_forest(rng, 200, width, 1, 31, {-1, 0, 1}, false, false, 5)
        .write(writer, 0, ForestAggregate::kSum, 1);
    const CudaPlan plan = plan_cuda(writer.decode(), kShared);
    CHECK(plan.steps[1].kernel == BOREAL_CUDA_TREES);
    const char* const how = width == 3 ? "resident from 2048 rows on" : "streamed";
    CHECK(plan.details[1].find(std::string(" trees, ") + how) != std::string::npos);
  }
}

TEST_CASE("CUDA devices: one that no code is for is named, with what it has") {
  BorealCudaDevice device{};
  device.major = 7;
  device.minor = 5;
  CHECK_NOTHROW(CudaLibrary::check_capability(device));
  device.minor = 0;
  CHECK(error_code([&] { CudaLibrary::check_capability(device); }) == "ERR_DEVICE");
}

TEST_CASE("CUDA plans: few rows or columns of codes are no work for tensor cores, those of numbers are") {
  for (const int32_t capability : {75, 80, 90}) {
    const auto engine = [&](BorealCudaElement kind, uint64_t rows, uint64_t outputs) {
      return tensor_engine(capability, kind, rows, outputs);
    };
    const BorealCudaEngine wide = capability == 90 ? BOREAL_CUDA_WARP_GROUP : BOREAL_CUDA_WARP;
    for (const auto& [rows, outputs] : {std::pair{1u, 4096u}, {8u, 9u}, {100000u, 8u}, {9u, 1u}}) {
      CHECK(engine(BOREAL_CUDA_CODE, rows, outputs) == BOREAL_CUDA_DOT);
      CHECK(engine(BOREAL_CUDA_FLOAT16, rows, outputs) == (outputs > 128 ? wide : BOREAL_CUDA_WARP));
    }
    CHECK(engine(BOREAL_CUDA_CODE, 9, 9) == BOREAL_CUDA_WARP);
    CHECK(engine(BOREAL_CUDA_CODE, 9, 129) == wide);
  }
}

TEST_CASE("CUDA plans: layers on tensor cores are cast once, stay in elements, and have one engine") {
  PlanWriter writer(20);
  const auto layer = [&](int32_t x, size_t inputs, size_t outputs) {
    return writer.dense(x, std::vector<double>(inputs * outputs, 1.0 / 3), std::vector<double>(outputs, 1));
  };
  layer(layer(layer(0, 20, 200), 200, 33), 33, 4);
  const Plan plan = writer.decode();
  const CudaPlan old = plan_cuda(plan, kShared, kCudaPassBytes, {BOREAL_CUDA_FLOAT16, 75});
  const CudaPlan recent = plan_cuda(plan, kShared, kCudaPassBytes, {BOREAL_CUDA_BFLOAT16, 90});
  const std::vector<int32_t> steps = {BOREAL_CUDA_CAST, BOREAL_CUDA_TENSOR_PRODUCT,
                                      BOREAL_CUDA_TENSOR_PRODUCT, BOREAL_CUDA_PRODUCT};
  for (const CudaPlan* each : {&old, &recent}) {
    REQUIRE(kernels_of(*each) == steps);
    const BorealCudaStep &first = each->steps[1], &second = each->steps[2];
    CHECK(first.in[0] == each->steps[0].out);
    CHECK(first.n[3] == 1);
    CHECK(second.in[0] == first.out);
    CHECK(second.n[3] == 0);
    CHECK(each->row_bytes[first.in[0]] == 48);  // 20 elements of two bytes, to whole chunks of 16
    CHECK(each->row_bytes[first.out] == 400);   // 200
    CHECK(second.n[5] == BOREAL_CUDA_ENGINES(BOREAL_CUDA_WARP, BOREAL_CUDA_WARP));
  }
  CHECK(old.steps[1].n[5] == BOREAL_CUDA_ENGINES(BOREAL_CUDA_WARP, BOREAL_CUDA_WARP));
  CHECK(recent.steps[1].n[5] == BOREAL_CUDA_ENGINES(BOREAL_CUDA_WARP_GROUP, BOREAL_CUDA_WARP_GROUP));
  // A row of elements for each output, zeros behind them.
  const uint16_t* weights = at<uint16_t>(recent, recent.steps[1].c[0]);
  CHECK(weights[199 * 24 + 19] == 0x3eab);
  CHECK(weights[199 * 24 + 20] == 0);
  CHECK(error_code([&] {
          plan_cuda(plan, kShared, kCudaPassBytes, {BOREAL_CUDA_TF32, 75});
        }) == "ERR_NOT_SUPPORTED");
}

TEST_CASE("CUDA plans: convolutions on tensor cores lie pixel by pixel, and stay in elements") {
  const ConvShape first{6, 3, 20, 3, 1, 1}, pointwise{6, 20, 24, 1}, few{6, 24, 4, 3};
  const auto layer = [](PlanWriter& writer, int32_t x, const ConvShape& s) {
    const int32_t code = writer.constant(s.code(true));
    const std::vector<float> parameters(static_cast<size_t>((s.depth() + 1) * s.filters), 1);
    return writer.op(28, {x}, {s.outputs(), 0}, {code, writer.constant(parameters)});
  };
  PlanWriter writer(first.width());
  layer(writer, layer(writer, layer(writer, 0, first), pointwise), few);
  const Plan plan = writer.decode();
  const CudaPlan steps = plan_cuda(plan, kShared, kCudaPassBytes, {BOREAL_CUDA_FLOAT16, 75});
  REQUIRE(kernels_of(steps) == std::vector<int32_t>{BOREAL_CUDA_CAST, BOREAL_CUDA_TENSOR_CONV,
                                                    BOREAL_CUDA_TENSOR_PRODUCT, BOREAL_CUDA_CONV});
  CHECK(steps.row_bytes[steps.steps[0].out] == 36 * 16);  // three channels, to a chunk
  CHECK(steps.row_bytes[steps.steps[1].out] == 36 * 48);  // 20 filters, to three
  CHECK(steps.steps[1].n[3] == 1);
  CHECK(steps.steps[2].n[3] == 0);
  CHECK(steps.details[1] == "float16, 3x3, 20 filters");
  CHECK(kernels_of(plan_cuda(plan, kShared)) ==
        std::vector<int32_t>{BOREAL_CUDA_CONV, BOREAL_CUDA_CONV, BOREAL_CUDA_CONV});
  // Weights: for each filter nine taps of eight elements, five of them zeros.
  const uint16_t* weights = at<uint16_t>(steps, steps.steps[1].c[0]);
  CHECK(weights[(19 * 9 + 8) * 8 + 2] == 0x3c00);
  CHECK(weights[(19 * 9 + 8) * 8 + 3] == 0);
}

TEST_CASE("CUDA costs: transfers, starts and work decide") {
  PlanWriter writer(100);
  writer.dense(0, std::vector<double>(100 * 100, 1), std::vector<double>(100, 0));
  const CudaPlan plan = plan_cuda(writer.decode(), kShared);
  const BorealCudaFigures figures = figures_of(20000, 10, 20000);
  // 400 bytes each way are 80 ns, 20,000 flops at half the rate 2 ns, 800 bytes of traffic 1.6 ns.
  CHECK(cuda_run_ns(plan, figures, 1) == doctest::Approx(22000 + 83.6));
  CHECK(cuda_run_ns(plan, figures, 1000) == doctest::Approx(22000 + 83600));
  CHECK(cpu_run_ns(1000, 4, 1) == 1000);
  CHECK(cpu_run_ns(1000, 4, 100) == 25000);
  const size_t even = cuda_break_even(plan, figures, 1000, 4);
  CHECK(cuda_run_ns(plan, figures, even) < cpu_run_ns(1000, 4, even));
  CHECK(cuda_run_ns(plan, figures, even - 1) >= cpu_run_ns(1000, 4, even - 1));
  CHECK(cuda_break_even(plan, figures, 200, 4) == SIZE_MAX);  // the transfer alone takes longer
  CHECK(cuda_break_even(plan, figures, 1e9, 4) == 1);
}

TEST_CASE("cuda cost: a fit takes what it moves, starts and waits for") {
  const BorealCudaFigures figures = figures_of(10000, 5, 10000);
  CudaTrainingWork work;
  CHECK(cuda_training_ns(work, figures) == 0);
  work.upload_bytes = 1000;
  work.download_bytes = 1000;
  work.kernels = 3;
  work.waits = 2;
  CHECK(cuda_training_ns(work, figures) == 100 + 200 + 6000 + 20000);
  work.traffic_bytes = 5000;  // at half of the measured speed
  work.flops = 50000;
  CHECK(cuda_training_ns(work, figures) == 26300 + 10 + 10);
}

}  // namespace test
}  // namespace boreal
