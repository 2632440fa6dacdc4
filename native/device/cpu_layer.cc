#include "device/cpu_layer.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "device/cpu_arithmetic.h"
#include "nn/image_layers.h"
#include "nn/layer_code.h"
#include "nn/packed_conv2d.h"

namespace boreal {
namespace {

// What computes in float32 whatever the precision of the plan.
template <typename T>
class Float32Op : public CpuOp<T> {
 public:
  Float32Op(const OpPlace& place)
      : input_(place.input()), inputs_(place.input_width()), outputs_(place.op().width) {}

  void run(const TileCall<T>& call) const final {
    const T* const x = call.slots[input_];
    if constexpr (std::is_same_v<T, float>) {
      run_float(call, x, call.out, reinterpret_cast<float*>(call.scratch));
    } else {
      const size_t in = call.rows * inputs_, out = call.rows * outputs_;
      float* const narrow = reinterpret_cast<float*>(call.scratch);
      std::transform(x, x + in, narrow, [](T value) { return static_cast<float>(value); });
      run_float(call, narrow, narrow + in, narrow + in + out);
      std::copy_n(narrow + in, out, call.out);
    }
  }
  size_t scratch_bytes(size_t rows) const final {
    const size_t both = std::is_same_v<T, float> ? 0 : inputs_ + outputs_;
    return rows * (float_scratch() + both) * sizeof(float);
  }
  std::string details() const override { return std::to_string(inputs_) + " -> " + std::to_string(outputs_); }

 protected:
  virtual void run_float(const TileCall<T>& call, const float* x, float* y, float* scratch) const = 0;
  // For each row.
  virtual size_t float_scratch() const { return 0; }

  static RunOptions options_of(const TileCall<T>& call) {
    RunOptions options;
    options.max_threads = call.threads;
    options.cancel = call.cancel;
    return options;
  }

  const size_t input_, inputs_, outputs_;
};

template <typename T>
class CpuConv2d final : public Float32Op<T> {
 public:
  CpuConv2d(const OpPlace& place, const nn::Conv2dLayer& layer, const LayerOp& op, const Kernels& kernels)
      : Float32Op<T>(place),
        conv_(layer.shape(), op.parameters.data, layer.bias(op.parameters.data), op.activation,
              nn::PackedConv2d::Arithmetic::kFast, kernels),
        details_(describe(layer.shape(), op.activation) + conv_.way()) {}

  bool splits_tile() const override { return true; }
  size_t memory_bytes() const override { return conv_.bytes(); }
  // 80 GFLOP/s: most of what a core has.
  double row_cost_ns() const override { return 50 + 2 * conv_.products() / 80; }
  std::string details() const override { return details_; }

 private:
  void run_float(const TileCall<T>& call, const float* x, float* y, float*) const override {
    conv_.run(call.rows, x, y, this->options_of(call));
  }
  static std::string describe(const nn::Conv2dShape& s, Unary activation) {
    const auto times = [](size_t a, size_t b) { return std::to_string(a) + "x" + std::to_string(b); };
    const std::string function = function_name(activation);
    return "conv " + times(s.kernel_h, s.kernel_w) + ", " + times(s.in_h, s.in_w) + "x" +
           std::to_string(s.in_channels) + " -> " + times(s.out_h(), s.out_w()) + "x" +
           std::to_string(s.out_channels) + (function.empty() ? "" : ", " + function) + ", by ";
  }

  const nn::PackedConv2d conv_;
  const std::string details_;
};

template <typename T>
class CpuPool2d final : public Float32Op<T> {
 public:
  CpuPool2d(const OpPlace& place, const nn::Pool2dLayer& layer)
      : Float32Op<T>(place), shape_(layer.shape()), kind_(layer.kind()) {}

  bool splits_tile() const override { return true; }
  double row_cost_ns() const override {
    return 50 + 0.2 * static_cast<double>(this->outputs_ * shape_.kernel_h * shape_.kernel_w);
  }
  std::string details() const override {
    return (kind_ == nn::Pooling::kMax ? "max pool, " : "average pool, ") + Float32Op<T>::details();
  }

 private:
  void run_float(const TileCall<T>& call, const float* x, float* y, float*) const override {
    nn::Pool2dShape shape = shape_;
    shape.batch = call.rows;
    if (kind_ == nn::Pooling::kMax) {
      nn::max_pool2d(shape, x, y, nullptr, this->options_of(call));
    } else {
      nn::avg_pool2d(shape, x, y, this->options_of(call));
    }
  }

  const nn::Pool2dShape shape_;
  const nn::Pooling kind_;
};

template <typename T>
class CpuLayer final : public Float32Op<T> {
 public:
  CpuLayer(const OpPlace& place, std::unique_ptr<nn::Layer> layer, const LayerOp& op)
      : Float32Op<T>(place), layer_(std::move(layer)), parameters_(op.parameters.size) {
    std::copy(op.parameters.begin(), op.parameters.end(), parameters_.begin());
    layer_->bind(parameters_.data());
  }

  size_t memory_bytes() const override { return parameters_.size() * sizeof(float); }
  double row_cost_ns() const override {
    const double products = static_cast<double>(parameters_.size()) * layer_->gradient_cost();
    return 50 + 2.0 * products / 20 + static_cast<double>(this->inputs_ + this->outputs_);
  }

 private:
  void run_float(const TileCall<T>& call, const float* x, float* y, float* scratch) const override {
    nn::LayerRows rows{};
    rows.rows = call.rows;
    rows.max_threads = 1;
    rows.memo = scratch;
    rows.x = x;
    rows.y = y;
    layer_->forward(rows);
  }
  size_t float_scratch() const override { return layer_->memo(); }

  const std::unique_ptr<nn::Layer> layer_;
  AlignedBuffer<float> parameters_;
};

}  // namespace

template <typename T>
CpuOpPtr<T> make_cpu_layer(const LayerOp& op, const OpPlace& place, const Kernels& kernels) {
  auto layers = nn::decode_layers(op.code.data, op.code.size, kernels);
  const bool fits = layers.size() == 1 && layers[0]->inputs() == place.input_width() &&
                    layers[0]->outputs() == op.outputs && layers[0]->parameter_count() == op.parameters.size;
  const auto* const conv = fits ? dynamic_cast<const nn::Conv2dLayer*>(layers[0].get()) : nullptr;
  if (!fits || (conv == nullptr && op.activation != Unary::kIdentity)) {
    throw Error("ERR_PLAN", "A layer does not fit its place in the plan.", -1, -1,
                static_cast<int32_t>(place.index));
  }
  if (conv != nullptr) return std::make_unique<CpuConv2d<T>>(place, *conv, op, kernels);
  if (const auto* const pool = dynamic_cast<const nn::Pool2dLayer*>(layers[0].get())) {
    return std::make_unique<CpuPool2d<T>>(place, *pool);
  }
  return std::make_unique<CpuLayer<T>>(place, std::move(layers[0]), op);
}
template CpuOpPtr<float> make_cpu_layer<float>(const LayerOp&, const OpPlace&, const Kernels&);
template CpuOpPtr<double> make_cpu_layer<double>(const LayerOp&, const OpPlace&, const Kernels&);

}  // namespace boreal
