// What a GPU does with plans, a line of JSON on standard output for each figure: bench_cuda [--small]
// [--device N] [SECTION...], all sections unless some are named. What fails in one is a line, too, and the
// next begins. Shapes are those of the project's goals. BOREAL_CUDA_LIBRARY names the plug-in; --small takes
// small shapes, for a try on the emulation.
#include <cublas_peer.h>
#include <json_line.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "device/cpu_program.h"
#include "device/cuda_program.h"
#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "test/cuda/conv_shape.h"
#include "test/plan_writer.h"
#include "train/hist_booster.h"
#include "train/network_cuda.h"

namespace boreal {
namespace {

using test::ConvShape;
using test::ForestArrays;
using test::PlanWriter;

std::vector<double> random_values(Rng& rng, size_t count) {
  std::vector<double> values(count);
  for (double& value : values) value = static_cast<float>(rng.uniform() * 2 - 1) / 16;
  return values;
}
// Values keep their spread through layers of them: else these would multiply zeros in the end.
std::vector<double> random_weights(Rng& rng, size_t inputs, size_t outputs) {
  std::vector<double> weights(inputs * outputs);
  const double size = std::sqrt(6 / static_cast<double>(inputs));
  for (double& weight : weights) weight = static_cast<float>((rng.uniform() * 2 - 1) * size);
  return weights;
}

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

bool same_trees(const HistForest& a, const HistForest& b) {
  return a.tree_offsets == b.tree_offsets && a.feature == b.feature && a.left == b.left &&
         a.threshold == b.threshold && a.rules == b.rules && a.set_words == b.set_words &&
         a.values == b.values;
}

double run_ns(const Program<float>& program, const std::vector<float>& x, int repeats) {
  const size_t rows = x.size() / program.input_width();
  std::vector<float> out(rows * program.output_width());
  program.run(x.data(), rows, out.data(), 0, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) program.run(x.data(), rows, out.data(), 0, nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  return taken.count() / repeats;
}

class Bench {
 public:
  Bench(const CudaLibrary& library, int32_t device, bool small)
      : library_(library), device_(device), small_(small) {}

  // Whether all of them went well; no names mean all sections.
  bool run(const std::vector<std::string>& names) {
    bool well = true;
    const std::pair<const char*, void (Bench::*)()> sections[] = {
        {"device", &Bench::device},      {"sgemm", &Bench::products},     {"tensor", &Bench::tensor_products},
        {"library", &Bench::by_library}, {"convs", &Bench::convolutions}, {"cublas", &Bench::peers},
        {"forest", &Bench::forests},     {"layers", &Bench::perceptrons}, {"single", &Bench::single_row},
        {"steps", &Bench::steps},        {"cycles", &Bench::cycles},      {"boosting", &Bench::boosting}};
    for (const auto& [name, section] : sections) {
      if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
      try {
        (this->*section)();
      } catch (const std::exception& error) {
        Line("failed").set("section", name).set("error", error.what());
        well = false;
      }
    }
    return well;
  }

 private:
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
  // Nanoseconds of the plan on rows that are on the device.
  double resident_ns(const CudaPlan& plan, uint64_t rows) {
    BorealCudaPlan view = plan.view();
    view.library_rows = library_rows_;
    BorealCudaProgram* program = nullptr;
    BorealCudaError error{};
    CudaLibrary::check(library_.api().create(device_, &view, &program, &error), error);
    const char* note = "";
    library_.api().step_library(program, view.step_count - 1, &note);
    note_ = note;
    double ns = 0;
    const uint64_t pass = std::min(rows, plan.max_rows);
    std::vector<float> x(pass * plan.input_width);
    for (float& value : x) value = static_cast<float>(rng_.uniform() * 2 - 1);
    const int status = library_.api().time_pass(program, x.data(), pass, small_ ? 1 : 10, &ns, &error);
    library_.api().destroy(program);
    CudaLibrary::check(status, error);
    return ns * static_cast<double>(rows) / static_cast<double>(pass);
  }
  CudaPlan steps_of(const Plan& plan, BorealCudaElement products = BOREAL_CUDA_FLOAT32) {
    const BorealCudaDevice& device = library_.device(device_);
    return plan_cuda(plan, device.shared_bytes, uint64_t{8} << 30,
                     {products, 10 * device.major + device.minor});
  }
  std::unique_ptr<Program<float>> program_of(const Plan& plan) {
    return prepare_cuda(plan, library_, device_);
  }

  // Sides of square products, for floating point and for tensor cores.
  std::vector<size_t> sides() const {
    return small_ ? std::vector<size_t>{64} : std::vector<size_t>{1024, 2048, 4096, 8192};
  }
  std::vector<size_t> tensor_sides() const {
    return small_ ? std::vector<size_t>{144, 160} : std::vector<size_t>{4096, 8192};
  }
  static double tflops_of(size_t side, double ns) {
    return 2.0 * static_cast<double>(side * side) * static_cast<double>(side) / ns / 1e3;
  }

  void products() {
    for (const size_t side : sides()) product(side);
  }
  void product(size_t side) {
    PlanWriter writer(static_cast<int32_t>(side));
    writer.dense(0, random_weights(rng_, side, side), std::vector<double>(side, 0));
    const double ns = resident_ns(steps_of(writer.decode()), side);
    Line line(library_rows_ == 0 ? "sgemm" : "library");
    line.set("side", side).set("ms", ns / 1e6).set("tflops", tflops_of(side, ns));
    if (library_rows_ != 0) line.set("of", "sgemm").set("note", note_);
  }

  // The same products where the plug-in may take cublasLt's, and whether it has.
  void by_library() {
    library_rows_ = tensor_sides()[0];
    if (!small_) product(library_rows_);
    tensor_products_of(library_rows_);
    library_rows_ = 0;
  }

  void tensor_products() {
    for (const size_t side : tensor_sides()) tensor_products_of(side);
  }
  void tensor_products_of(size_t side) {
    for (const BorealCudaElement kind : {BOREAL_CUDA_BFLOAT16, BOREAL_CUDA_FLOAT16, BOREAL_CUDA_TF32}) {
      if (kind != BOREAL_CUDA_FLOAT16 && library_.device(device_).major < 8) continue;
      const std::vector<double> weights = random_weights(rng_, side, side);
      tensor_product(side, kind, [&](PlanWriter& writer, int32_t x, bool) {
        return writer.dense(x, weights, std::vector<double>(side, 0.01));
      });
    }
    std::vector<uint8_t> weights(side * side);
    for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng_.below(256));
    const std::vector<float> scale(side, 1e-3f), bias(side, 0.01f), codes = {0.02f, 128};
    tensor_product(side, BOREAL_CUDA_CODE, [&](PlanWriter& writer, int32_t x, bool last) {
      if (x == 0) x = writer.quantize(0, codes[0], codes[1]);
      return writer.int8_dense(x, 1, Unary::kIdentity, weights, scale, bias,
                               last ? std::vector<float>{} : codes);
    });
  }
  // A layer on tensor cores whose input lies in elements already: what a second layer adds to a first one.
  struct LayerTimes {
    double first, added;
  };
  static constexpr const char* kNames[] = {"", "tf32", "bf16", "float16", "int8"};
  // `layer` writes one, of as many outputs as inputs.
  template <typename Layer>
  LayerTimes layer_times(size_t width, size_t rows, BorealCudaElement kind, const Layer& layer) {
    double ns[2];
    for (const int count : {1, 2}) {
      PlanWriter writer(static_cast<int32_t>(width));
      int32_t x = 0;
      for (int i = 1; i <= count; ++i) x = layer(writer, x, i == count);
      const BorealCudaElement products = kind == BOREAL_CUDA_CODE ? BOREAL_CUDA_FLOAT32 : kind;
      ns[count - 1] = resident_ns(steps_of(writer.decode(), products), rows);
    }
    return {ns[0], ns[1] - ns[0]};
  }
  template <typename Layer>
  void tensor_product(size_t side, BorealCudaElement kind, const Layer& layer) {
    const auto [first, added] = layer_times(side, side, kind, layer);
    Line line(library_rows_ == 0 ? kNames[kind] : "library");
    line.set("side", side)
        .set("layerMs", first / 1e6)
        .set("ms", added / 1e6)
        .set("tflops", tflops_of(side, added));
    if (library_rows_ != 0) line.set("of", kNames[kind]).set("note", note_);
  }

  // 3 x 3, with as many filters as channels.
  void convolutions() {
    const ConvShape shape = small_ ? ConvShape{6, 16, 16, 3, 1, 1} : ConvShape{28, 128, 128, 3, 1, 1};
    const size_t images = small_ ? 2 : 256, depth = static_cast<size_t>(shape.depth()),
                 filters = static_cast<size_t>(shape.filters), width = static_cast<size_t>(shape.width());
    const auto measure = [&](BorealCudaElement kind, const auto& layer) {
      const auto [first, added] = layer_times(width, images, kind, layer);
      const double operations = 2.0 * static_cast<double>(images * width) * static_cast<double>(depth);
      Line("conv")
          .set("of", kNames[kind])
          .set("images", images)
          .set("layerMs", first / 1e6)
          .set("ms", added / 1e6)
          .set("tflops", operations / added / 1e3);
    };
    std::vector<double> weights = random_weights(rng_, depth, filters);
    weights.resize(weights.size() + filters, 0.01);
    const std::vector<float> parameters(weights.begin(), weights.end());
    for (const BorealCudaElement kind : {BOREAL_CUDA_BFLOAT16, BOREAL_CUDA_FLOAT16, BOREAL_CUDA_TF32}) {
      if (kind != BOREAL_CUDA_FLOAT16 && library_.device(device_).major < 8) continue;
      measure(kind, [&](PlanWriter& writer, int32_t x, bool) {
        const int32_t code = writer.constant(shape.code(true));
        return writer.op(28, {x}, {shape.outputs(), static_cast<int32_t>(Unary::kRelu)},
                         {code, writer.constant(parameters)});
      });
    }
    std::vector<uint8_t> bytes(depth * filters);
    for (uint8_t& weight : bytes) weight = static_cast<uint8_t>(rng_.below(256));
    const std::vector<float> scale(filters, 1e-3f), bias(filters, 0.01f), codes = {0.02f, 128};
    measure(BOREAL_CUDA_CODE, [&](PlanWriter& writer, int32_t x, bool last) {
      if (x == 0) x = writer.quantize(0, codes[0], codes[1]);
      return writer.int8_conv(x, shape.outputs(), Unary::kRelu, shape.code(true), bytes, scale, bias,
                              last ? std::vector<float>{} : codes);
    });
  }

  // cuBLAS, where it is installed.
  void peers() {
    CublasPeer peer;
    if (!peer.ready()) {
      Line("skipped").set("reason", "cuBLAS or the driver is not here, or does not start");
      return;
    }
    const auto measure = [&](const char* of, const CublasPeer::Kind& kind, size_t side) {
      const double ms = peer.milliseconds(kind, side);
      if (ms < 0) return;
      Line("peer")
          .set("of", of)
          .set("library", peer.library())
          .set("side", side)
          .set("ms", ms)
          .set("tflops", tflops_of(side, 1e6 * ms));
    };
    for (const size_t side : sides()) measure("sgemm", CublasPeer::kFloat32, side);
    for (const size_t side : tensor_sides()) {
      measure("bf16", CublasPeer::kBfloat16, side);
      measure("float16", CublasPeer::kFloat16, side);
      measure("tf32", CublasPeer::kTf32, side);
      measure("int8", CublasPeer::kInt8, side);
    }
  }

  void forests() {
    if (small_) return forest(20, 4, 500);
    forest(500, 6, 1000000);
    forest(1000, 8, 1000000);
  }
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

  void perceptrons() {
    for (const size_t width : {size_t{64}, size_t{128}}) perceptron(width, small_ ? 100 : 1 << 20);
  }
  // Layers in one kernel, beside as many kernels of one layer each, whose rows go through the device's
  // memory.
  void perceptron(size_t width, size_t rows) {
    constexpr int kLayers = 4;
    double ns[2];
    for (const int layers : {kLayers, 1}) {
      PlanWriter writer(static_cast<int32_t>(width));
      int32_t x = 0;
      for (int layer = 0; layer < layers; ++layer) {
        x = writer.dense(x, random_weights(rng_, width, width), random_values(rng_, width), Unary::kRelu);
      }
      ns[layers == 1] = resident_ns(steps_of(writer.decode()), rows);
    }
    Line("mlp")
        .set("width", width)
        .set("layers", size_t{kLayers})
        .set("rows", rows)
        .set("fusedMs", ns[0] / 1e6)
        .set("apartMs", kLayers * ns[1] / 1e6);
  }

  void steps() {
    for (const size_t width : {size_t{64}, size_t{128}}) training(width, small_ ? 100 : 1 << 16);
  }
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

  // Trees of 31 leaves for two classes: rows of 28 numbers, binned and copied included.
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
    const BoosterData<float> train{
        dense_view(static_cast<const float*>(x.data()), rows, kWidth), {y.data(), rows}, {}, {}, {}};
    double ms[2], round_ms[2];
    HistForest forests[2];
    for (const int on_gpu : {0, 1}) {
      BoosterParams params;
      params.loss = LossKind::kLogistic;
      if (on_gpu != 0) params.growth.cuda = {&library_, device_};
      const auto begin = std::chrono::steady_clock::now();
      HistBooster booster(train, BoosterData<float>{}, {}, params, nullptr);
      const auto made = std::chrono::steady_clock::now();
      for (size_t round = 0; round < rounds; ++round) booster.round(nullptr);
      const auto end = std::chrono::steady_clock::now();
      ms[on_gpu] = std::chrono::duration<double, std::milli>(end - begin).count();
      round_ms[on_gpu] =
          std::chrono::duration<double, std::milli>(end - made).count() / static_cast<double>(rounds);
      forests[on_gpu] = booster.forest();
    }
    Line("boosting")
        .set("rows", rows)
        .set("rounds", rounds)
        .set("ms", ms[1])
        .set("cpuMs", ms[0])
        .set("roundMs", round_ms[1])
        .set("cpuRoundMs", round_ms[0])
        .set("sameTrees", same_trees(forests[0], forests[1]));
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
  uint64_t free_bytes() {
    uint64_t bytes = 0;
    BorealCudaError error{};
    CudaLibrary::check(library_.api().free_bytes(device_, &bytes, &error), error);
    return bytes;
  }

  const CudaLibrary& library_;
  const int32_t device_;
  const bool small_;
  uint64_t library_rows_ = 0;  // as prepare_cuda() has it
  std::string note_;           // of the last step that was timed
  Rng rng_{7};
};

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
    return Bench(CudaLibrary::open(path), device, small).run(sections) ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code(), error.what());
    return 1;
  }
}

}  // namespace
}  // namespace boreal

int main(int argc, char** argv) { return boreal::run(argc, argv); }
