// The second half of a step: gradients of the parameters, and what the optimizer makes of them.
#include <algorithm>
#include <cmath>

#include "train/network_run.h"

namespace boreal {
namespace {

constexpr size_t kSlab = 4096;      // floats of a gradient that the optimizer still finds in the L1 cache
constexpr double kUpdateCost = 40;  // of one parameter, in multiplications

}  // namespace

// The first layer's kernel: each part has its columns, some rows at a time. The first part has all other
// parameters too: they are few, and the caller, who takes it, passes the rows through their layers.
size_t NetworkRun::cut_columns() {
  const size_t units = by_columns_->units(), inputs = by_columns_->inputs();
  const size_t tile = gemm_kernels<float>(net_.kernels_).tile_rows;
  size_t largest = 0;
  parts_.push_back(0);
  for (size_t p = 0; p + 1 < columns_.size(); ++p) {
    if (p > 0) parts_.push_back(slabs_.size());
    const size_t columns = columns_[p + 1] - columns_[p];
    const size_t step = std::max(tile, kSlab / columns / tile * tile);
    for (size_t row = 0; row < inputs; row += step) {
      const size_t end = std::min(inputs, row + step);
      const size_t offset = net_.offsets_[0] + row * units + columns_[p];
      slabs_.push_back({0, 0, row * units, end * units, offset, slabs_.size(), columns, p});
      largest = std::max(largest, (end - row) * columns);
    }
  }
  parts_.push_back(slabs_.size());
  return largest;
}

void NetworkRun::cut_parameters() {
  std::vector<double> cost;
  size_t largest = 0;
  for (size_t i = net_.lowest_; i < net_.layers_.size(); ++i) {
    const nn::Layer& layer = *net_.layers_[i];
    size_t offset = net_.offsets_[i];
    for (size_t b = 0; b < layer.blocks().size(); ++b) {
      const nn::ParameterBlock& block = layer.blocks()[b];
      const size_t grain = layer.grain(b), first = slabs_.size();
      if (by_columns_ != nullptr && i == 0 && b == 0) {
        offset += block.size;
        continue;
      }
      // Whole tiles of rows of a kernel.
      const size_t tile = gemm_kernels<float>(net_.kernels_).tile_rows;
      const size_t step = grain * std::max(tile, kSlab / grain / tile * tile);
      for (size_t begin = 0; block.trainable && begin < block.size; begin += step) {
        const size_t end = std::min(block.size, begin + step);
        slabs_.push_back({i, b, begin, end, offset + begin, first});
        largest = std::max(largest, end - begin);
        cost.push_back(static_cast<double>(end - begin) *
                       (kUpdateCost + static_cast<double>(batch_) * layer.gradient_cost()));
      }
      offset += block.size;
    }
  }
  if (by_columns_ != nullptr) {
    largest = std::max(largest, cut_columns());
  } else {
    share_slabs(cost);
  }
  penalties_.resize(slabs_.size());
  squares_.resize(slabs_.size());
  scales_.resize(slabs_.size());
  for (size_t p = 0; p + 1 < parts_.size(); ++p) slab_gradients_.emplace_back(largest);
  const bool clips = options_ != nullptr && (options_->clip_norm > 0 || options_->clip_global_norm > 0);
  if ((clips || pooled_) && net_.arena_.size() == 0) {
    net_.arena_ = AlignedBuffer<float>(net_.parameters_.size());
  }
}

// As even as whole slabs allow.
void NetworkRun::share_slabs(const std::vector<double>& cost) {
  double total = 0, so_far = 0;
  for (const double c : cost) total += c;
  parts_.push_back(0);
  for (size_t s = 0; s < slabs_.size(); ++s) {
    const double share = static_cast<double>(parts_.size()) * total / static_cast<double>(threads_);
    if (parts_.size() < threads_ && so_far + cost[s] / 2 > share) parts_.push_back(s);
    so_far += cost[s];
  }
  parts_.push_back(slabs_.size());
}

float* NetworkRun::arena() const {
  return purpose_ == Purpose::kGradient ? total_gradient_ : net_.arena_.data();
}

bool NetworkRun::learns(size_t layer) const {
  const auto& blocks = net_.layers_[layer]->blocks();
  return std::any_of(blocks.begin(), blocks.end(), [](const auto& block) { return block.trainable; });
}

// Of the layers that have all of theirs at once; they go to the arena.
void NetworkRun::find_joint_gradients() {
  for (size_t i = net_.lowest_; i < layers_; ++i) {
    const nn::Layer& layer = *net_.layers_[i];
    if (!layer.joint() || !learns(i)) continue;
    float* const g = arena() + net_.offsets_[i];
    const nn::LayerRows all = rows_of(i, 0, rows_, threads_);
    if (purpose_ != Purpose::kGradient || first_ == 0) {
      layer.joint_gradient(all, g);
      continue;
    }
    const size_t count = layer.parameter_count();
    if (joint_.size() < count) joint_ = AlignedBuffer<float>(count);
    std::fill_n(joint_.begin(), count, 0.0f);
    layer.joint_gradient(all, joint_.data());
    for (size_t k = 0; k < count; ++k) g[k] += joint_[k];
  }
}

void NetworkRun::slab_gradient(const Slab& slab, float* g, double* penalty) const {
  *penalty = 0;
  if (slab.columns != 0) {
    const size_t units = by_columns_->units(), first = slab.begin / units, inputs = slab.end / units - first;
    return by_columns_->gradient_columns(rows_by_columns(slab.piece), first, inputs, columns_[slab.piece],
                                         columns_[slab.piece + 1], g);
  }
  const nn::Layer& layer = *net_.layers_[slab.layer];
  const bool accumulate = purpose_ == Purpose::kGradient && first_ > 0;
  if (!layer.joint()) {
    layer.gradient(rows_of(slab.layer, 0, rows_), slab.block, slab.begin, slab.end, g, accumulate);
  } else if (g != arena() + slab.offset) {
    std::copy_n(arena() + slab.offset, slab.end - slab.begin, g);
  }
  const nn::ParameterBlock& block = layer.blocks()[slab.block];
  if (!block.regularized() || accumulate) return;
  const double divisor = objective_.penalty_per_row ? divisor_ : 1;
  *penalty = net_.kernels_.neural.penalize(static_cast<float>(block.l1 / divisor),
                                           static_cast<float>(block.l2 / divisor),
                                           net_.parameters_.data() + slab.offset, g, slab.end - slab.begin);
}

void NetworkRun::update_slab(const Slab& slab, const float* g) const {
  const auto move = [](float*& array, size_t distance) {
    if (array != nullptr) array += distance;
  };
  const bool whole = slab.columns == 0;
  const size_t units = whole ? 0 : by_columns_->units();
  const size_t rows = whole ? 1 : (slab.end - slab.begin) / units;
  UpdateTask task = task_;
  task.n = whole ? slab.end - slab.begin : slab.columns;
  task.w = net_.parameters_.data();
  size_t distance = slab.offset;
  for (size_t r = 0; r < rows; ++r, distance = units) {
    move(task.w, distance);
    move(task.s0, distance);
    move(task.s1, distance);
    move(task.s2, distance);
    task.g = g + r * task.n;
    net_.kernels_.neural.update(task);
  }
}

void NetworkRun::learn(size_t part) {
  float* const g = slab_gradients_[part].data();
  for (size_t s = parts_[part]; s < parts_[part + 1]; ++s) {
    const Slab& slab = slabs_[s];
    slab_gradient(slab, g, &penalties_[s]);
    if (options_->clip_value > 0) {
      net_.kernels_.neural.clip(static_cast<float>(options_->clip_value), g, g, slab.end - slab.begin);
    }
    update_slab(slab, g);
  }
}

void NetworkRun::gather_gradient(size_t part) {
  for (size_t s = parts_[part]; s < parts_[part + 1]; ++s) {
    const Slab& slab = slabs_[s];
    float* const g = arena() + slab.offset;
    slab_gradient(slab, g, &penalties_[s]);
    squares_[s] = net_.kernels_.neural.sum_squares(g, slab.end - slab.begin);
  }
}

void NetworkRun::clip() {
  const auto scale = [](double squares, double most) {
    const double norm = std::sqrt(squares);
    return static_cast<float>(norm > most ? most / norm : 1);
  };
  if (options_->clip_global_norm > 0) {
    double total = 0;
    for (const double s : squares_) total += s;
    std::fill(scales_.begin(), scales_.end(), scale(total, options_->clip_global_norm));
    return;
  }
  for (size_t first = 0, s = 0; s < slabs_.size(); first = s) {
    double total = 0;
    for (; s < slabs_.size() && slabs_[s].first_of_block == first; ++s) total += squares_[s];
    std::fill(scales_.begin() + static_cast<ptrdiff_t>(first), scales_.begin() + static_cast<ptrdiff_t>(s),
              scale(total, options_->clip_norm));
  }
}

void NetworkRun::apply_gradient(size_t part) {
  for (size_t s = parts_[part]; s < parts_[part + 1]; ++s) {
    const Slab& slab = slabs_[s];
    float* const g = net_.arena_.data() + slab.offset;
    if (scales_[s] != 1) net_.kernels_.neural.scale(scales_[s], g, g, slab.end - slab.begin);
    update_slab(slab, g);
  }
}

// Where no slab adds it up.
double NetworkRun::penalty() const {
  double sum = 0;
  for (size_t i = 0; i < net_.layers_.size(); ++i) {
    const float* w = net_.parameters_.data() + net_.offsets_[i];
    for (const nn::ParameterBlock& block : net_.layers_[i]->blocks()) {
      if (block.regularized()) {
        for (size_t k = 0; k < block.size; ++k) {
          sum += block.l1 * std::fabs(double{w[k]}) + block.l2 * double{w[k]} * w[k];
        }
      }
      w += block.size;
    }
  }
  return objective_.penalty_per_row ? sum / divisor_ : sum;
}

}  // namespace boreal
