// Products of bench_cuda: matrices and convolutions in all precisions, and NVIDIA's beside them.
#pragma once

#include <cublas_peer.h>
#include <cuda_bench.h>
#include <json_line.h>

#include <algorithm>
#include <vector>

#include "device/cuda_elements.h"
#include "device/cuda_tensor.h"
#include "test/cuda/conv_shape.h"
#include "test/plan_writer.h"

namespace boreal {

class ProductBench : public GpuBench {
 public:
  using GpuBench::GpuBench;

  void products() {
    for (const size_t side : sides()) product(side);
  }
  void tensor_products() {
    for (const size_t side : tensor_sides()) tensor_products_of(side);
  }
  // The same products where the plug-in may take cublasLt's, and whether it has.
  void by_library() {
    library_rows_ = tensor_sides()[0];
    if (!small_) product(library_rows_);
    tensor_products_of(library_rows_);
    library_rows_ = 0;
  }

  // 8-bit layers of few rows, and of few columns: by dot products, and by tensor cores.
  void few_codes() {
    const size_t side = small_ ? 160 : 4096, many = small_ ? 300 : size_t{1} << 18;
    for (const size_t few : {size_t{1}, size_t{4}, size_t{kDotSide}}) {
      dot_products(few, side, side);
      dot_products(many, small_ ? 160 : 1024, few);
    }
  }

  // 3 x 3, with as many filters as channels.
  void convolutions() {
    const test::ConvShape shape =
        small_ ? test::ConvShape{6, 16, 16, 3, 1, 1} : test::ConvShape{28, 128, 128, 3, 1, 1};
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
      measure(kind, [&](test::PlanWriter& writer, int32_t x, bool) {
        const int32_t code = writer.constant(shape.code(true));
        return writer.op(28, {x}, {shape.outputs(), static_cast<int32_t>(Unary::kRelu)},
                         {code, writer.constant(parameters)});
      });
    }
    std::vector<uint8_t> bytes(depth * filters);
    for (uint8_t& weight : bytes) weight = static_cast<uint8_t>(rng_.below(256));
    const std::vector<float> scale(filters, 1e-3f), bias(filters, 0.01f), codes = {0.02f, 128};
    measure(BOREAL_CUDA_CODE, [&](test::PlanWriter& writer, int32_t x, bool last) {
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

 private:
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

  void product(size_t side) {
    test::PlanWriter writer(static_cast<int32_t>(side));
    writer.dense(0, random_weights(rng_, side, side), std::vector<double>(side, 0));
    const double ns = resident_ns(steps_of(writer.decode()), side);
    Line line(library_rows_ == 0 ? "sgemm" : "library");
    line.set("side", side).set("ms", ns / 1e6).set("tflops", tflops_of(side, ns));
    if (library_rows_ != 0) line.set("of", "sgemm").set("note", note_);
  }

  void tensor_products_of(size_t side) {
    for (const BorealCudaElement kind : {BOREAL_CUDA_BFLOAT16, BOREAL_CUDA_FLOAT16, BOREAL_CUDA_TF32}) {
      if (kind != BOREAL_CUDA_FLOAT16 && library_.device(device_).major < 8) continue;
      const std::vector<double> weights = random_weights(rng_, side, side);
      tensor_product(side, kind, [&](test::PlanWriter& writer, int32_t x, bool) {
        return writer.dense(x, weights, std::vector<double>(side, 0.01));
      });
    }
    std::vector<uint8_t> weights(side * side);
    for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng_.below(256));
    const std::vector<float> scale(side, 1e-3f), bias(side, 0.01f), codes = {0.02f, 128};
    tensor_product(side, BOREAL_CUDA_CODE, [&](test::PlanWriter& writer, int32_t x, bool last) {
      if (x == 0) x = writer.quantize(0, codes[0], codes[1]);
      return writer.int8_dense(x, 1, Unary::kIdentity, weights, scale, bias,
                               last ? std::vector<float>{} : codes);
    });
  }
  void dot_products(size_t rows, size_t inputs, size_t outputs) {
    test::PlanWriter writer(static_cast<int32_t>(inputs));
    std::vector<uint8_t> weights(inputs * outputs);
    for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng_.below(256));
    writer.int8_dense(writer.quantize(0, 0.02f, 128), 1, Unary::kIdentity, weights,
                      std::vector<float>(outputs, 1e-3f), std::vector<float>(outputs, 0.01f));
    CudaPlan plan = steps_of(writer.decode());
    // The step that makes codes of the input is timed alone, too: the product is what remains.
    const auto product_ns = [&](const CudaPlan& of) {
      CudaPlan before = of;
      before.steps.pop_back();
      before.details.pop_back();
      return resident_ns(of, rows) - resident_ns(before, rows);
    };
    const double dots = product_ns(plan);
    const BorealCudaDevice& device = library_.device(device_);
    const BorealCudaEngine engine = tile_engine(10 * device.major + device.minor, outputs);
    plan.steps.back().n[5] = BOREAL_CUDA_ENGINES(engine, engine);
    const double tiles = product_ns(plan);
    if (dots <= 0 || tiles <= 0) return;  // differences that are lost in noise say nothing
    Line("few codes")
        .set("rows", rows)
        .set("inputs", inputs)
        .set("outputs", outputs)
        .set("dotUs", dots / 1e3)
        .set("mmaUs", tiles / 1e3)
        .set("GBs", static_cast<double>(std::max(rows, outputs) * inputs) / dots);
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
      test::PlanWriter writer(static_cast<int32_t>(width));
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
};

}  // namespace boreal
