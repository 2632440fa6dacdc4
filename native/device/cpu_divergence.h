// Non-negative coordinates of each row in fixed parts, by multiplicative updates: in double whatever the plan
// is computed in, since powers of small products leave the range of float.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "device/cpu_op.h"
#include "linalg/dense.h"
#include "linalg/divergence.h"
#include "linalg/packed_matrix.h"
#include "linalg/settled.h"

namespace boreal {

template <typename T>
class CpuDivergence final : public CpuOp<T> {
 public:
  CpuDivergence(const DivergenceOp& op, const OpPlace& place, const Kernels& kernels)
      : width_(place.input_width()),
        outputs_(op.outputs),
        rounds_(op.rounds),
        input_(place.input()),
        op_(static_cast<int32_t>(place.index)),
        divergence_(op.beta()),
        needs_positive_(op.beta() <= 0),
        vanishes_(op.beta() < 1),
        l1_(op.l1()),
        l2_(op.l2()),
        tolerance_(op.tolerance()),
        sums_(outputs_),
        parts_(dense_view(op.parts.begin(), outputs_, width_), false, kernels),
        parts_transposed_(dense_view(op.parts.begin(), outputs_, width_), true, kernels) {
    for (size_t t = 0; t < outputs_; ++t) {
      sums_[t] = 0;
      for (size_t j = 0; j < width_; ++j) sums_[t] += op.parts[t * width_ + j];
    }
  }

  // A row stops where it would alone; the others take it along.
  void run(const TileCall<T>& call) const override {
    const Tile tile(*this, call);
    start(tile, call);
    look(tile, tile.first);
    std::copy_n(tile.first, tile.rows, tile.before);
    size_t active = tile.rows;
    for (size_t round = 1; round <= rounds_ && active > 0; ++round) {
      check_cancel(call.cancel);
      update(tile);
      if (!(tolerance_ > 0) || round % kLook != 0) continue;
      look(tile, tile.now);
      for (size_t i = 0; i < tile.rows; ++i) {
        const bool is_over = has_settled(tile.before[i], tile.now[i], tile.first[i], tolerance_);
        if (tile.active[i] != 0 && is_over) {
          tile.active[i] = 0;
          --active;
        }
        tile.before[i] = tile.now[i];
      }
    }
    for (size_t k = 0; k < tile.rows * outputs_; ++k) call.out[k] = static_cast<T>(tile.w[k]);
  }
  size_t scratch_bytes(size_t rows) const override {
    return rows * (4 + 3 * width_ + 3 * outputs_) * sizeof(double);
  }
  size_t memory_bytes() const override {
    return parts_.bytes() + parts_transposed_.bytes() + outputs_ * sizeof(double);
  }
  // Most rows take a few dozen rounds, where they may.
  double row_cost_ns() const override {
    const double width = static_cast<double>(width_), outputs = static_cast<double>(outputs_);
    return 10 + static_cast<double>(std::min<size_t>(rounds_, 50)) * width * (2 + 0.3 * outputs);
  }
  std::string details() const override { return std::to_string(rounds_) + " rounds"; }

 private:
  static constexpr size_t kLook = 10;  // rounds between two looks at the divergence

  struct Tile {
    Tile(const CpuDivergence& op, const TileCall<T>& call)
        : rows(call.rows),
          threads(call.threads),
          x(reinterpret_cast<double*>(call.scratch)),
          product(x + rows * op.width_),
          ratio(product + rows * op.width_),
          w(ratio + rows * op.width_),
          above(w + rows * op.outputs_),
          below(above + rows * op.outputs_),
          first(below + rows * op.outputs_),
          before(first + rows),
          now(before + rows),
          active(now + rows) {}
    size_t rows, threads;
    double *x, *product, *ratio;            // [rows, width]
    double *w, *above, *below;              // [rows, outputs]
    double *first, *before, *now, *active;  // [rows]
  };

  void start(const Tile& tile, const TileCall<T>& call) const {
    const T* const x = call.slots[input_];
    for (size_t i = 0; i < tile.rows; ++i) {
      double sum = 0;
      for (size_t j = 0; j < width_; ++j) {
        const double value = tile.x[i * width_ + j] = static_cast<double>(x[i * width_ + j]);
        sum += value;
        if (value > 0 || (value == 0 && !needs_positive_)) continue;
        refuse(call.first_row + i, j);
      }
      std::fill_n(tile.w + i * outputs_, outputs_, std::sqrt(sum / static_cast<double>(width_ * outputs_)));
      tile.active[i] = 1;
    }
  }

  [[noreturn]] void refuse(size_t row, size_t column) const {
    throw Error("ERR_OUT_OF_RANGE",
                "Row " + std::to_string(row) + ", column " + std::to_string(column) + ": the value is " +
                    (needs_positive_ ? "not above 0, as this divergence needs it." : "not 0 or above."),
                static_cast<int64_t>(row), static_cast<int64_t>(column), op_);
  }

  static void multiply(const PackedMatrix<double>& by, const double* a, double* c, const Tile& tile) {
    GemmOptions<double> options;
    options.max_threads = tile.threads;
    by.multiply(dense_view(a, tile.rows, by.rows()), dense_view(c, tile.rows, by.cols()), options);
  }

  void look(const Tile& tile, double* roots) const {
    multiply(parts_, tile.w, tile.product, tile);
    for (size_t i = 0; i < tile.rows; ++i) {
      const size_t from = i * width_;
      roots[i] = Divergence::root(divergence_.of(tile.x + from, tile.product + from, width_));
    }
  }

  void update(const Tile& tile) const {
    multiply(parts_, tile.w, tile.product, tile);
    divergence_.terms(tile.x, tile.rows * width_, tile.product, tile.ratio);
    multiply(parts_transposed_, tile.ratio, tile.above, tile);
    if (!divergence_.sums_below()) multiply(parts_transposed_, tile.product, tile.below, tile);
    for (size_t i = 0; i < tile.rows; ++i) {
      if (tile.active[i] == 0) continue;
      for (size_t k = i * outputs_; k < (i + 1) * outputs_; ++k) {
        const double below = divergence_.sums_below() ? sums_[k - i * outputs_] : tile.below[k];
        const double next = divergence_.updated(tile.w[k], tile.above[k], below, l1_, l2_);
        tile.w[k] = vanishes_ && next < kVanished ? 0 : next;
      }
    }
  }

  size_t width_, outputs_, rounds_, input_;
  int32_t op_;
  Divergence divergence_;
  bool needs_positive_, vanishes_;
  double l1_, l2_, tolerance_;
  AlignedBuffer<double> sums_;
  PackedMatrix<double> parts_, parts_transposed_;
};

}  // namespace boreal
