// The nearest of some points: squared distances, negated, and the column of the largest, as one pass that
// leaves no distance in memory, and checks its input by it. The ops stay three or four in the plan; the last
// of them does the work of all.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "device/cpu_op.h"
#include "device/point_screen.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"

namespace boreal {

// distance[i] = the op whose points op i, an ArgMax, finds the nearest of; its own position for all others.
// joined[i]: whether op i, which nobody else reads, is left to such an ArgMax. checks(i): whether the op
// before its distance is one of them, a check that values are finite.
struct NearestOps {
  explicit NearestOps(const Plan& plan) : joined(plan.ops.size(), false) {
    std::vector<size_t> readers(plan.ops.size() + 1, 0);
    for (const Op& op : plan.ops) {
      for (const uint32_t input : op.inputs) ++readers[input];
    }
    for (size_t i = 0; i < plan.ops.size(); ++i) {
      distance.push_back(i);
      if (!std::holds_alternative<ArgMaxOp>(plan.ops[i].kind)) continue;
      const size_t negated = plan.ops[i].inputs[0];
      if (negated == 0 || readers[negated] > 1) continue;
      const ActivationOp* const negate = std::get_if<ActivationOp>(&plan.ops[negated - 1].kind);
      if (negate == nullptr || negate->kind != Unary::kNegate) continue;
      const size_t measured = plan.ops[negated - 1].inputs[0];
      if (measured == 0 || readers[measured] > 1) continue;
      const PointDistanceOp* const points = std::get_if<PointDistanceOp>(&plan.ops[measured - 1].kind);
      if (points == nullptr || points->metric != Metric::kSquaredEuclidean) continue;
      distance[i] = measured - 1;
      joined[negated - 1] = joined[measured - 1] = true;
      const uint32_t checked = plan.ops[measured - 1].inputs[0];
      if (checked + 1 != measured || checked == 0 || readers[checked] > 1) continue;
      const CheckOp* const check = std::get_if<CheckOp>(&plan.ops[checked - 1].kind);
      joined[checked - 1] = check != nullptr && check->rule == FiniteRule::kFinite;
    }
  }

  bool checks(size_t i) const { return distance[i] > 0 && joined[distance[i] - 1]; }

  std::vector<size_t> distance;
  std::vector<bool> joined;
};

// What a later op does: its slot is its input, so that the other one reads that.
template <typename T>
class CpuJoined final : public CpuOp<T> {
 public:
  void run(const TileCall<T>&) const override {}
  SlotUse slot_use() const override { return SlotUse::kAlias; }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override { return 0; }
  std::string details() const override { return "in ArgMax"; }
};

// place: of the ArgMax; its input is an alias of what `distance` reads. check: of that, or null.
template <typename T>
class CpuNearest final : public CpuOp<T> {
 public:
  CpuNearest(const OpPlace& distance, const OpPlace& place, CpuOpPtr<T> check, const Kernels& kernels)
      : kernels_(cluster_kernels<T>(kernels)),
        check_(std::move(check)),
        input_(place.input()),
        width_(distance.input_width()),
        outputs_(distance.op().width) {
    const DistanceKernels<T>& rows = distance_kernels<T>(kernels);
    packed_ = AlignedBuffer<T>((outputs_ + rows.lanes - 1) / rows.lanes * rows.lanes * width_);
    const Span<double> given = std::get<PointDistanceOp>(distance.op().kind).points;
    rows.pack(convert<T>(given).data(), width_, outputs_, width_, packed_.data());
    if constexpr (std::is_same_v<T, double>) screen_ = PointScreen::of(given, outputs_, width_, kernels);
  }

  void run(const TileCall<T>& call) const override {
    // A NaN or an infinity in a row leaves it no distance that is less than infinity.
    if (!find(call.slots[input_], call.rows, reinterpret_cast<T*>(call.scratch), call.out) && check_) {
      check_->run(call);
    }
  }
  size_t scratch_bytes(size_t) const override {
    const size_t rows = screen_ ? screen_->kernels().scratch_rows : kernels_.nearest_rows;
    return rows * width_ * sizeof(T);
  }
  size_t memory_bytes() const override {
    return packed_.size() * sizeof(T) + (screen_ ? screen_->memory_bytes() : 0);
  }
  size_t row_granule() const override { return screen_ ? screen_->kernels().rows : kernels_.nearest_rows; }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override {
    return 5 + 2.0 * static_cast<double>(width_) * static_cast<double>(outputs_) / (screen_ ? 80 : 50);
  }
  std::string details() const override {
    return "nearest of " + std::to_string(outputs_) + " points" + (screen_ ? ", screened in float32" : "");
  }

 private:
  bool find(const T* x, size_t rows, T* scratch, T* index) const {
    if constexpr (std::is_same_v<T, double>) {
      if (screen_) {
        return screen_->kernels().nearest(x, width_, packed_.data(), screen_->view(), rows, outputs_, width_,
                                          scratch, index);
      }
    }
    return kernels_.nearest(x, width_, packed_.data(), rows, outputs_, width_, scratch, nullptr, index,
                            nullptr);
  }

  const ClusterKernels<T>& kernels_;
  CpuOpPtr<T> check_;
  size_t input_, width_, outputs_;
  AlignedBuffer<T> packed_;
  std::optional<PointScreen> screen_;  // of float64
};

}  // namespace boreal
