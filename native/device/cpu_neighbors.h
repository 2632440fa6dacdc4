// Predictions from the training rows that are nearest to a row. The rows are indexed when the plan is
// prepared, in the program's element type.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "device/cpu_op.h"
#include "device/neighbor_vote.h"
#include "kernels/dispatch_layout.h"
#include "neighbors/index.h"
#include "neighbors/umap_walk.h"

namespace boreal {

template <typename T>
class CpuNeighbors final : public CpuOp<T> {
 public:
  CpuNeighbors(const NeighborsOp& op, const OpPlace& place, const Kernels& kernels)
      : layout_(layout_kernels(kernels)),
        input_(place.input()),
        width_(place.input_width()),
        neighbors_(op.neighbors),
        outputs_(op.outputs),
        vote_(op.vote),
        distance_weights_(op.distance_weights),
        classes_(op.classes.begin(), op.classes.end()),
        values_(op.values.begin(), op.values.end()) {
    NeighborSpec spec;
    static_assert(kGivenDistances == static_cast<int32_t>(NeighborMetric::kPrecomputed));
    spec.metric = static_cast<NeighborMetric>(op.metric);
    spec.search = static_cast<NeighborSearch>(op.search);
    spec.leaf_size = op.leaf_size;
    spec.p = op.p;
    const AlignedBuffer<T> points =
        op.points_f64.size > 0 ? converted(op.points_f64) : converted(op.points_f32);
    index_ = std::make_unique<NeighborIndex<T>>(
        spec, dense_view<const T>(points.data(), op.rows(width_), width_), kernels);
    limit_ = rank_limit<T>(index_->spec(), op.radius);
    if (vote_ == NeighborVote::kPlace) {
      const Span<double>& n = op.placement;
      placement_ = {{n[0], n[1], n[2], static_cast<size_t>(n[3])},
                    static_cast<size_t>(n[4]),
                    n[5],
                    n[6],
                    n[7],
                    static_cast<uint64_t>(n[8])};
    }
  }

  void run(const TileCall<T>& call) const override {
    const MatrixView<const T> x = dense_view(call.slots[input_], call.rows, width_);
    check_distances(index_->spec(), x, call.first_row, call.cancel);
    double* const sums = reinterpret_cast<double*>(call.scratch);
    if (neighbors_ == 0) {
      index_->within(
          x, limit_,
          [&](size_t i, const Neighbor<T>* found, size_t count) {
            vote(found, count, sums, call.out + i * outputs_);
          },
          call.cancel);
      return;
    }
    Neighbor<T>* const items = reinterpret_cast<Neighbor<T>*>(sums + sums_size());
    constexpr size_t kBlock = NeighborIndex<T>::kBlockRows;
    for (size_t first = 0; first < call.rows; first += kBlock) {
      const size_t count = std::min(kBlock, call.rows - first);
      index_->nearest({x.row(first), count, width_, width_}, neighbors_, -1, items, call.cancel);
      if (vote_ == NeighborVote::kPlace) {
        place(items, count, sums, call.out + first * outputs_);
        continue;
      }
      for (size_t i = 0; i < count; ++i) {
        vote(items + i * neighbors_, neighbors_, sums, call.out + (first + i) * outputs_);
      }
    }
  }
  size_t scratch_bytes(size_t rows) const override {
    return sums_size() * sizeof(double) +
           std::min(rows, NeighborIndex<T>::kBlockRows) * neighbors_ * sizeof(Neighbor<T>);
  }
  size_t memory_bytes() const override { return index_->memory_bytes(); }
  size_t row_granule() const override { return 12; }  // rows that the kernels take at once
  double row_cost_ns() const override {
    // A placement moves for about half of its neighbours in an epoch.
    const double moves =
        vote_ != NeighborVote::kPlace ? 0 : 0.5 * static_cast<double>(placement_.epochs * neighbors_);
    return index_->row_cost_ns() + moves * 8 * static_cast<double>(1 + placement_.forces.negatives);
  }
  std::string details() const override {
    static constexpr const char* kSearches[] = {"auto", "brute force", "KD-tree", "ball tree"};
    return std::to_string(index_->rows()) + " rows, " + kSearches[static_cast<int>(index_->spec().search)];
  }

 private:
  // Doubles that a vote needs.
  size_t sums_size() const {
    return vote_ == NeighborVote::kPlace ? placing_size(outputs_, neighbors_) : outputs_;
  }

  template <typename S>
  static AlignedBuffer<T> converted(Span<S> source) {
    AlignedBuffer<T> target(source.size);
    for (size_t i = 0; i < source.size; ++i) target[i] = static_cast<T>(source[i]);
    return target;
  }

  void vote(const Neighbor<T>* found, size_t count, double* sums, T* out) const {
    const NeighborPoll poll{vote_,          distance_weights_, outputs_,
                            index_->rows(), classes_.data(),   values_.data()};
    poll(
        count, [&](size_t c) { return index_->spec().to_distance(found[c].rank); },
        [&](size_t c) { return static_cast<size_t>(found[c].index); }, sums, out);
  }

  void place(const Neighbor<T>* found, size_t rows, double* scratch, T* out) const {
    const auto load = [&](size_t row, int32_t* indices, double* distances) {
      for (size_t c = 0; c < neighbors_; ++c) {
        const Neighbor<T>& near = found[row * neighbors_ + c];
        distances[c] = static_cast<double>(index_->spec().to_distance(near.rank));
        indices[c] = near.index;
      }
    };
    const auto store = [&](size_t row, const double* y) {
      for (size_t o = 0; o < outputs_; ++o) out[row * outputs_ + o] = static_cast<T>(y[o]);
    };
    place_rows(layout_, placement_, {values_.data(), index_->rows(), outputs_}, rows, neighbors_, scratch,
               load, store);
  }

  const LayoutKernels& layout_;
  size_t input_, width_, neighbors_, outputs_;
  NeighborVote vote_;
  bool distance_weights_;
  std::vector<int32_t> classes_;
  std::vector<double> values_;
  std::unique_ptr<NeighborIndex<T>> index_;
  T limit_ = 0;
  UmapPlacement placement_{};
};

}  // namespace boreal
