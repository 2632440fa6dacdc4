#include <algorithm>

#include "cuda/network_tail.cuh"

namespace boreal {
namespace cuda {
namespace {

using Layer = BorealCudaTrainedLayer;

constexpr uint32_t kMostRows = 32, kLeastRows = 16;  // of a tile
constexpr int kStaticBytes = 128;                    // of shared memory that the kernel has besides: 80

uint32_t parts(uint32_t n, uint32_t size) { return (n + size - 1) / size; }

bool is_softmax(const Layer& layer) {
  const auto activation = static_cast<Activation>(layer.activation);
  return activation == Activation::kSoftmax || activation == Activation::kLogSoftmax;
}

// So that four floats can be read at once, and neighbouring lines begin in other banks.
uint32_t pitch_of(uint32_t floats) { return (parts(floats, 4) | 1) * 4; }

TailPlan place(const std::vector<Layer>& layers, const std::vector<uint64_t>& sources, size_t first) {
  TailPlan plan;
  plan.first = first;
  uint32_t dropouts = 0;
  for (size_t i = 0; i < first; ++i) dropouts += layers[i].kind == BOREAL_CUDA_DROPOUT ? 1 : 0;
  plan.widest = plan.lines = layers[first].inputs;
  uint32_t in = 0;
  for (size_t i = first; i < layers.size(); ++i) {
    const Layer& from = layers[i];
    TailLayer layer{};
    layer.kind = from.kind;
    layer.inputs = from.inputs;
    layer.outputs = from.outputs;
    layer.in = in;
    layer.out = plan.lines;
    plan.widest = std::max(plan.widest, from.outputs);
    if (from.kind == BOREAL_CUDA_DENSE) {
      layer.positions = from.positions;
      layer.width = from.inputs / from.positions;
      layer.units = from.outputs / from.positions;
      layer.weights = plan.weights;
      layer.pitch = pitch_of(layer.units);
      plan.weights += (layer.width + 1) * layer.pitch;  // the last line: the bias, or zeros
      layer.source = sources[i];
      layer.partial = plan.part;
      layer.has_bias = from.has_bias != 0;
      layer.learns = from.trainable != 0;
      if (layer.learns) plan.part += (uint64_t{layer.width} + (layer.has_bias ? 1 : 0)) * layer.units;
    } else if (from.kind == BOREAL_CUDA_DROPOUT) {
      layer.dropout = dropouts++;
      layer.threshold = from.threshold;
      layer.scale = from.scale;
    } else {
      layer.activation = static_cast<Activation>(from.activation);
      layer.parameter = from.parameter;
      layer.group = is_softmax(from) ? from.width : 0;
      // In the place of its argument, where nobody asks for that again.
      const bool by_value = gradient_by_value(layer.activation);
      const bool asked = i > first && layers[i - 1].kind == BOREAL_CUDA_ELEMENTWISE;
      if (by_value && !asked) layer.out = in;
      layer.at = by_value ? layer.out : in;
    }
    if (layer.out == plan.lines) plan.lines += from.outputs;
    in = layer.out;
    plan.layers.push_back(layer);
  }
  return plan;
}

}  // namespace

size_t TailPlan::shared_bytes() const {
  return sizeof(float) * (weights + size_t{lines + 2 * widest} * pitch_of(tile)) +
         sizeof(TailLayer) * layers.size();
}

TailPlan plan_tail(const std::vector<Layer>& layers, const std::vector<uint64_t>& sources, uint32_t batch,
                   const Limits& limits) {
  const uint32_t multiprocessors = static_cast<uint32_t>(limits.multiprocessors);
  // Larger tiles read weights less often; smaller ones keep more multiprocessors busy.
  const uint32_t most = 2 * parts(batch, kMostRows) > multiprocessors ? kMostRows : kLeastRows;
  size_t narrow = layers.size();  // all layers from there on are
  while (narrow > 0 &&
         std::max(layers[narrow - 1].inputs, layers[narrow - 1].outputs) <= BOREAL_CUDA_MLP_WIDTH) {
    --narrow;
  }
  for (size_t first = narrow; first < layers.size(); ++first) {
    if (first > 0 && layers[first].kind != BOREAL_CUDA_DENSE) continue;
    TailPlan plan = place(layers, sources, first);
    plan.limit = limits.shared_bytes - kStaticBytes;
    for (plan.tile = most; plan.tile >= kLeastRows; plan.tile /= 2) {
      if (plan.shared_bytes() > static_cast<size_t>(plan.limit)) continue;
      const uint32_t tiles = parts(batch, plan.tile);
      plan.range = parts(tiles, std::min(tiles, multiprocessors)) * plan.tile;
      plan.blocks = parts(batch, plan.range);
      return plan;
    }
  }
  TailPlan none;
  none.first = layers.size();
  return none;
}

}  // namespace cuda
}  // namespace boreal
