// A layer of a network that is no op of its own: convolution, pooling, normalisation, embedding, and what
// goes over the positions of a row. It is what trains, run on a tile of rows.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "device/cpu_op.h"
#include "nn/layer_code.h"

namespace boreal {

template <typename T>
class CpuLayer final : public CpuOp<T> {
 public:
  CpuLayer(const LayerOp& op, const OpPlace& place, const Kernels& kernels)
      : parameters_(op.parameters.size), input_(place.input()), index_(place.index) {
    auto layers = nn::decode_layers(op.code.data, op.code.size, kernels);
    const bool fits = layers.size() == 1 && layers[0]->inputs() == place.input_width() &&
                      layers[0]->outputs() == op.outputs &&
                      layers[0]->parameter_count() == parameters_.size();
    if (!fits) {
      throw Error("ERR_PLAN", "A layer does not fit its place in the plan.", -1, -1,
                  static_cast<int32_t>(index_));
    }
    layer_ = std::move(layers[0]);
    std::copy(op.parameters.begin(), op.parameters.end(), parameters_.begin());
    layer_->bind(parameters_.data());
  }

  void run(const TileCall<T>& call) const override {
    nn::LayerRows rows{};
    rows.rows = call.rows;
    rows.max_threads = 1;  // the tiles are shared out already
    float* const scratch = reinterpret_cast<float*>(call.scratch);
    const size_t in = call.rows * layer_->inputs(), out = call.rows * layer_->outputs();
    rows.memo = scratch;
    const T* const x = call.slots[input_];
    if constexpr (std::is_same_v<T, float>) {
      rows.x = x;
      rows.y = call.out;
      layer_->forward(rows);
    } else {
      float* const narrow = scratch + call.rows * layer_->memo();
      std::transform(x, x + in, narrow, [](T value) { return static_cast<float>(value); });
      rows.x = narrow;
      rows.y = narrow + in;
      layer_->forward(rows);
      std::copy_n(rows.y, out, call.out);
    }
  }
  size_t scratch_bytes(size_t rows) const override {
    const size_t both = std::is_same_v<T, float> ? 0 : layer_->inputs() + layer_->outputs();
    return rows * (layer_->memo() + both) * sizeof(float);
  }
  size_t memory_bytes() const override { return parameters_.size() * sizeof(float); }
  double row_cost_ns() const override {
    const double products = static_cast<double>(parameters_.size()) * layer_->gradient_cost();
    return 50 + 2.0 * products / 20 + static_cast<double>(layer_->inputs() + layer_->outputs());
  }
  std::string details() const override {
    return std::to_string(layer_->inputs()) + " -> " + std::to_string(layer_->outputs());
  }

 private:
  std::unique_ptr<nn::Layer> layer_;
  AlignedBuffer<float> parameters_;
  size_t input_, index_;
};

}  // namespace boreal
