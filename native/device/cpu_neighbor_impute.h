// Missing values from the training rows nearest to a row (Troyanskaya et al., 2001, "Missing value estimation
// methods for DNA microarrays"). Distances are euclidean over the columns that both rows have, scaled up to
// all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "device/cpu_op.h"
#include "neighbors/nearest_list.h"

namespace boreal {

template <typename T>
class CpuNeighborImpute final : public CpuOp<T> {
 public:
  CpuNeighborImpute(const NeighborImputeOp& op, const OpPlace& place)
      : input_(place.input()),
        width_(place.input_width()),
        rows_(op.points.size / width_),
        neighbors_(op.neighbors),
        distance_weights_(op.distance_weights),
        fill_(op.fill.begin(), op.fill.end()),
        values_(op.points.size),
        known_(op.points.size),
        donors_(width_, 0) {
    for (size_t i = 0; i < rows_; ++i) {
      for (size_t k = 0; k < width_; ++k) {
        const double value = op.points[i * width_ + k];
        const bool known = !std::isnan(value);
        values_[k * rows_ + i] = known ? value : 0;
        known_[k * rows_ + i] = known ? 1 : 0;
        donors_[k] += known ? 1 : 0;
      }
    }
  }

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    T* out = call.out;
    for (size_t i = 0; i < call.rows; ++i, x += width_, out += width_) {
      if (call.cancel != nullptr && i % 64 == 0) call.cancel->check();
      std::copy(x, x + width_, out);
      if (std::any_of(x, x + width_, [](T value) { return std::isnan(value); })) impute(x, out, call.scratch);
    }
  }
  size_t scratch_bytes(size_t /*rows*/) const override {
    return rows_ * sizeof(double) * 2 + neighbors_ * sizeof(Neighbor<double>);
  }
  size_t memory_bytes() const override { return values_.size() * 2 * sizeof(double); }
  double row_cost_ns() const override { return 20 + 1.2 * static_cast<double>(values_.size()); }
  std::string details() const override { return std::to_string(rows_) + " rows"; }

 private:
  void impute(const T* x, T* out, unsigned char* scratch) const {
    double* const squares = reinterpret_cast<double*>(scratch);
    double* const shared = squares + rows_;  // columns that both rows have
    Neighbor<double>* const items = reinterpret_cast<Neighbor<double>*>(shared + rows_);
    std::fill_n(squares, rows_, 0.0);
    std::fill_n(shared, rows_, 0.0);
    for (size_t k = 0; k < width_; ++k) {
      if (std::isnan(x[k])) continue;
      const double value = static_cast<double>(x[k]);
      const double* const values = values_.data() + k * rows_;
      const double* const known = known_.data() + k * rows_;
      for (size_t j = 0; j < rows_; ++j) {
        const double difference = (values[j] - value) * known[j];
        squares[j] += difference * difference;
        shared[j] += known[j];
      }
    }
    for (size_t j = 0; j < rows_; ++j) squares[j] *= static_cast<double>(width_) / shared[j];  // NaN for none
    for (size_t k = 0; k < width_; ++k) {
      if (std::isnan(x[k])) out[k] = static_cast<T>(mean(squares, k, items));
    }
  }

  // Of column k, over the nearest rows that have it.
  double mean(const double* squares, size_t k, Neighbor<double>* items) const {
    const size_t most = std::min(neighbors_, donors_[k]);
    if (most == 0) return fill_[k];
    const double* const values = values_.data() + k * rows_;
    const double* const known = known_.data() + k * rows_;
    NearestList<double> list(items, most, -1);
    for (size_t j = 0; j < rows_; ++j) {
      if (squares[j] <= list.worst() && known[j] != 0) list.add(squares[j], static_cast<int32_t>(j));
    }
    // Fewer where rows have no column in common with this one: those have no distance.
    const size_t count = list.sort();
    const bool exact = distance_weights_ && count > 0 && items[0].rank == 0;
    double sum = 0, total = 0;
    for (size_t c = 0; c < count; ++c) {
      const double distance = std::sqrt(items[c].rank);
      const double weight = exact ? (distance == 0 ? 1 : 0) : distance_weights_ ? 1 / distance : 1;
      sum += weight * values[items[c].index];
      total += weight;
    }
    return total > 0 ? sum / total : fill_[k];
  }

  size_t input_, width_, rows_, neighbors_;
  bool distance_weights_;
  std::vector<double> fill_;
  AlignedBuffer<double> values_, known_;  // [width, rows], 0 and 0 for a missing value, else its value and 1
  std::vector<size_t> donors_;            // rows that have each column
};

}  // namespace boreal
