// What a GPU does with plans, a line of JSON on standard output for each figure: bench_cuda [--small]
// [--device N] [SECTION...], all sections unless some are named. What fails in one is a line, too, and the
// next begins. Shapes are those of the project's goals. BOREAL_CUDA_LIBRARY names the plug-in; --small takes
// small shapes, for a try on the emulation.
#include <cuda_bench.h>
#include <cuda_products.h>
#include <cuda_training.h>
#include <json_line.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "device/cpu_program.h"
#include "kernels/dispatch.h"
#include "test/plan_writer.h"

namespace boreal {
namespace {

using test::ForestArrays;
using test::PlanWriter;

// Perfect trees of this depth over random cuts.
ForestArrays perfect_forest(Rng& rng, size_t trees, uint32_t depth, size_t width) {
  ForestArrays forest;
  const size_t inner = (size_t{1} << depth) - 1, nodes = 2 * inner + 1;
  for (size_t t = 0; t < trees; ++t) {
    for (size_t k = 0; k < nodes; ++k) {
      const bool leaf = k >= inner;
      forest.feature.push_back(leaf ? -1 : static_cast<int32_t>(rng.below(static_cast<uint32_t>(width))));
      forest.left.push_back(static_cast<int32_t>(leaf ? forest.values.size() : 2 * k + 1));
      forest.threshold.push_back(static_cast<double>(rng.below(255)) / 255 - 0.5);
      if (leaf) forest.values.push_back(rng.uniform());
    }
    forest.tree_offsets.push_back(static_cast<int32_t>(forest.feature.size()));
  }
  return forest;
}

// The device, and plans that are not one product.
class PlanBench : public GpuBench {
 public:
  using GpuBench::GpuBench;

  void device() {
    const BorealCudaDevice& device = library_.device(device_);
    const BorealCudaFigures& figures = library_.figures(device_);
    Line("device")
        .set("device", device.name)
        .set("capability", std::to_string(device.major) + "." + std::to_string(device.minor))
        .set("emulated", device.emulated != 0)
        .set("cpuThreads", ThreadPool::instance().size())
        .set("roundTripUs", figures.round_trip_ns / 1e3)
        .set("stepUs", figures.step_ns / 1e3)
        .set("uploadGBs", figures.upload_bytes_per_ns)
        .set("downloadGBs", figures.download_bytes_per_ns);
  }

  void forests() {
    if (small_) return forest(20, 4, 500);
    forest(500, 6, 1000000);
    forest(1000, 8, 1000000);
  }

  void perceptrons() {
    const size_t rows = small_ ? 100 : size_t{1} << 20;
    for (const size_t width : {size_t{64}, size_t{128}}) {
      perceptron(width, rows, BOREAL_CUDA_FLOAT32);
      perceptron(width, rows, BOREAL_CUDA_FLOAT16);
    }
  }

  // A network of 784-128-64-10 for one row: a recorded graph from the third run on.
  void single_row() {
    PlanWriter writer(784);
    int32_t x = 0;
    size_t inputs = 784;
    for (const size_t outputs : {size_t{128}, size_t{64}, size_t{10}}) {
      x = writer.dense(x, random_weights(rng_, inputs, outputs), random_values(rng_, outputs), Unary::kRelu);
      inputs = outputs;
    }
    const auto program = program_of(writer.decode());
    const std::vector<float> row(784, 0.5f);
    run_ns(*program, row, 3);
    Line("single row").set("us", run_ns(*program, row, small_ ? 2 : 1000) / 1e3);
  }

  // Programs that are made, run once and destroyed: what they leave on the device.
  void cycles() {
    const size_t count = small_ ? 100 : 10000;
    PlanWriter writer(28);
    writer.dense(0, random_values(rng_, 28 * 64), random_values(rng_, 64), Unary::kRelu);
    const Plan plan = writer.decode();
    const std::vector<float> x(28 * 100, 0.5f);
    run_ns(*program_of(plan), x, 1);
    const uint64_t before = free_bytes();
    const auto begin = std::chrono::steady_clock::now();
    for (size_t i = 0; i < count; ++i) run_ns(*program_of(plan), x, 1);
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
    const uint64_t after = free_bytes();
    Line("cycles")
        .set("count", count)
        .set("us", taken.count() / static_cast<double>(count))
        .set("grownBytes", static_cast<double>(before) - static_cast<double>(after));
  }

 private:
  void forest(size_t trees, uint32_t depth, size_t rows) {
    constexpr size_t kWidth = 28;
    PlanWriter writer(kWidth);
    perfect_forest(rng_, trees, depth, kWidth).write(writer, 0, ForestAggregate::kMean, 1);
    const Plan plan = writer.decode();
    std::vector<float> x(rows * kWidth);
    for (float& value : x) value = static_cast<float>(rng_.uniform() - 0.5);
    const double resident = resident_ns(steps_of(plan), rows);
    const double whole = run_ns(*program_of(plan), x, 2);
    const double cpu = run_ns(*prepare_cpu<float>(plan, kernels()), x, 1);
    const double count = static_cast<double>(rows) * 1e3;
    Line("forest")
        .set("trees", trees)
        .set("depth", size_t{depth})
        .set("rows", rows)
        .set("residentMrows", count / resident)
        .set("transferMrows", count / whole)
        .set("cpuMrows", count / cpu);
  }

  // Layers in one kernel, beside the same layers in kernels of their own, whose rows go through the device's
  // memory: 32 bytes a value in place of 8, in float16 24, since elements stay elements between them.
  void perceptron(size_t width, size_t rows, BorealCudaElement products) {
    constexpr int kLayers = 4;
    PlanWriter writer(static_cast<int32_t>(width));
    int32_t x = 0;
    for (int layer = 0; layer < kLayers; ++layer) {
      x = writer.dense(x, random_weights(rng_, width, width), random_values(rng_, width), Unary::kRelu);
    }
    const Plan plan = writer.decode();
    const double fused = resident_ns(steps_of(plan, products), rows);
    const double apart = resident_ns(steps_of(plan, products, false), rows);
    Line(products == BOREAL_CUDA_FLOAT32 ? "mlp" : "float16 mlp")
        .set("width", width)
        .set("layers", size_t{kLayers})
        .set("rows", rows)
        .set("fusedMs", fused / 1e6)
        .set("apartMs", apart / 1e6);
  }

  uint64_t free_bytes() {
    uint64_t bytes = 0;
    BorealCudaError error{};
    CudaLibrary::check(library_.api().free_bytes(device_, &bytes, &error), error);
    return bytes;
  }
};

// Whether all of the sections went well; no names mean all there are.
bool run(const CudaLibrary& library, int32_t device, bool small, const std::vector<std::string>& names) {
  PlanBench plans(library, device, small);
  ProductBench products(library, device, small);
  TrainingBench training(library, device, small);
  const std::pair<const char*, std::function<void()>> sections[] = {
      {"device", [&] { plans.device(); }},
      {"sgemm", [&] { products.products(); }},
      {"tensor", [&] { products.tensor_products(); }},
      {"library", [&] { products.by_library(); }},
      {"convs", [&] { products.convolutions(); }},
      {"codes", [&] { products.few_codes(); }},
      {"cublas", [&] { products.peers(); }},
      {"forest", [&] { plans.forests(); }},
      {"layers", [&] { plans.perceptrons(); }},
      {"single", [&] { plans.single_row(); }},
      {"steps", [&] { training.steps(); }},
      {"cycles", [&] { plans.cycles(); }},
      {"boosting", [&] { training.boosting(); }}};
  bool well = true;
  for (const auto& [name, section] : sections) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    try {
      section();
    } catch (const std::exception& error) {
      Line("failed").set("section", name).set("error", error.what());
      well = false;
    }
  }
  return well;
}

int run(int argc, char** argv) {
  const char* const path = std::getenv("BOREAL_CUDA_LIBRARY");
  if (path == nullptr) {
    std::fprintf(stderr, "BOREAL_CUDA_LIBRARY names no plug-in\n");
    return 1;
  }
  bool small = false;
  int32_t device = 0;
  std::vector<std::string> sections;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--small") {
      small = true;
    } else if (argument == "--device" && i + 1 < argc) {
      device = std::atoi(argv[++i]);
    } else {
      sections.push_back(argument);
    }
  }
  try {
    return run(CudaLibrary::open(path), device, small, sections) ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code(), error.what());
    return 1;
  }
}

}  // namespace
}  // namespace boreal

int main(int argc, char** argv) { return boreal::run(argc, argv); }
