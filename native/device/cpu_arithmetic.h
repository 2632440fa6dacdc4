// Ops that are one call of a row kernel: Impute, Affine, Dense, Activation, Softmax, ArgMax.
#pragma once

#include <algorithm>
#include <string>

#include "device/cpu_op.h"
#include "linalg/packed_matrix.h"

namespace boreal {
// What these ops share: one input, and the kernels of T.
template <typename T>
class KernelOp : public CpuOp<T> {
 public:
  KernelOp(const OpPlace& place, const Kernels& kernels)
      : kernels_(row_kernels<T>(kernels)),
        elementwise_(elementwise_kernels<T>(kernels)),
        input_(place.input()),
        width_(place.input_width()) {}

 protected:
  const T* x(const TileCall<T>& call) const { return call.slots[input_]; }

  const RowKernels<T>& kernels_;
  const ElementwiseKernels<T>& elementwise_;
  const size_t input_, width_;
};

// What explain() calls a function that an op applies to its result: nothing for none.
inline const char* function_name(Unary function) {
  static const char* const kNames[kUnaryCount] = {
      "",           "relu",  "sigmoid", "tanh",  "exp",      "expm1", "log",    "log1p",
      "sqrt",       "erf",   "gelu",    "silu",  "softplus", "abs",   "negate", "square",
      "reciprocal", "floor", "ceil",    "round", "sign",     "sinPi", "cosPi",  "normalQuantile"};
  return kNames[static_cast<int32_t>(function)];
}

template <typename T>
class CpuImpute final : public KernelOp<T> {
 public:
  CpuImpute(const ImputeOp& op, const OpPlace& place, const Kernels& kernels)
      : KernelOp<T>(place, kernels), fill_(convert<T>(op.fill)) {}

  void run(const TileCall<T>& call) const override {
    const size_t width = this->width_;
    this->kernels_.impute(this->x(call), width, fill_.data(), call.out, width, call.rows, width);
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override { return fill_.size() * sizeof(T); }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override { return 2 + 0.1 * static_cast<double>(this->width_); }

 private:
  AlignedBuffer<T> fill_;
};

template <typename T>
class CpuAffine final : public KernelOp<T> {
 public:
  CpuAffine(const AffineOp& op, const OpPlace& place, const Kernels& kernels)
      : KernelOp<T>(place, kernels),
        only_shifts_(std::all_of(op.scale.begin(), op.scale.end(), [](double scale) { return scale == 1; })),
        shift_(convert<T>(op.shift)),
        scale_(convert<T>(op.scale)) {}

  void run(const TileCall<T>& call) const override {
    const size_t width = this->width_;
    const T* const x = this->x(call);
    if (only_shifts_) {  // the same bits without a division
      this->elementwise_.binary(Binary::kSub, {x, width, 1}, {shift_.data(), 0, 1}, call.out, width,
                                call.rows, width);
    } else {
      this->kernels_.affine(x, width, shift_.data(), scale_.data(), call.out, width, call.rows, width);
    }
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override { return (shift_.size() + scale_.size()) * sizeof(T); }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override {
    return 2 + (only_shifts_ ? 0.15 : 0.4) * static_cast<double>(this->width_);
  }

 private:
  bool only_shifts_;
  AlignedBuffer<T> shift_, scale_;
};

template <typename T>
class CpuDense final : public KernelOp<T> {
 public:
  CpuDense(const DenseOp& op, const OpPlace& place, const Kernels& kernels)
      : KernelOp<T>(place, kernels),
        outputs_(op.outputs),
        activation_(op.activation),
        weights_(dense_view<const T>(convert<T>(op.weights).data(), this->width_, op.outputs), false,
                 kernels),
        bias_(convert<T>(op.bias)) {}

  void run(const TileCall<T>& call) const override {
    GemmOptions<T> options;
    options.bias = bias_.data();
    options.activation = activation_;
    options.max_threads = call.threads;
    weights_.multiply(dense_view(this->x(call), call.rows, this->width_),
                      dense_view(call.out, call.rows, outputs_), options);
  }
  size_t memory_bytes() const override { return weights_.bytes() + bias_.size() * sizeof(T); }
  bool precedes_check() const override {
    return activation_ == Unary::kIdentity && weights_.takes_rows_in_turn();
  }
  // 20 GFLOP/s: what a single row, bound by reading the weights, reaches; weights that stay near the core are
  // read twice as fast.
  double row_cost_ns() const override {
    const double flop_per_ns = weights_.bytes() <= kNear ? 40 : 20;
    return 5 + 2.0 * static_cast<double>(this->width_) * static_cast<double>(outputs_) / flop_per_ns;
  }
  std::string details() const override { return function_name(activation_); }

 private:
  static constexpr size_t kNear = size_t{128} << 10;  // bytes: a share of a second-level cache

  size_t outputs_;
  Unary activation_;
  PackedMatrix<T> weights_;
  AlignedBuffer<T> bias_;
};

// The positions of a row are rows of one number for each channel.
template <typename T>
class CpuScale final : public KernelOp<T> {
 public:
  CpuScale(const ScaleOp& op, const OpPlace& place, const Kernels& kernels)
      : KernelOp<T>(place, kernels), factor_(convert<T>(op.factor)), term_(convert<T>(op.term)) {}

  void run(const TileCall<T>& call) const override {
    const size_t channels = factor_.size(), rows = call.rows * (this->width_ / channels);
    this->elementwise_.binary(Binary::kMul, {this->x(call), channels, 1}, {factor_.data(), 0, 1}, call.out,
                              channels, rows, channels);
    this->elementwise_.binary(Binary::kAdd, {call.out, channels, 1}, {term_.data(), 0, 1}, call.out, channels,
                              rows, channels);
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override { return 2 * factor_.size() * sizeof(T); }
  double row_cost_ns() const override { return 2 + 0.4 * static_cast<double>(this->width_); }

 private:
  AlignedBuffer<T> factor_, term_;
};

template <typename T>
class CpuActivation final : public KernelOp<T> {
 public:
  CpuActivation(const ActivationOp& op, const OpPlace& place, const Kernels& kernels)
      : KernelOp<T>(place, kernels), activation_(op.kind) {}

  void run(const TileCall<T>& call) const override {
    const size_t width = this->width_;
    this->elementwise_.unary(activation_, this->x(call), width, call.out, width, call.rows, width);
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override {
    const bool is_one_step = activation_ == Unary::kRelu || activation_ == Unary::kAbs ||
                             activation_ == Unary::kNegate || activation_ == Unary::kSquare;
    return 2 + (is_one_step ? 0.1 : 1.0) * static_cast<double>(this->width_);
  }
  std::string details() const override {
    return activation_ == Unary::kIdentity ? "identity" : function_name(activation_);
  }

 private:
  Unary activation_;
};

template <typename T>
class CpuSoftmax final : public KernelOp<T> {
 public:
  using KernelOp<T>::KernelOp;

  void run(const TileCall<T>& call) const override {
    const size_t width = this->width_;
    this->elementwise_.softmax_rows(false, this->x(call), width, call.out, width, call.rows, width);
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  double row_cost_ns() const override { return 5 + 1.5 * static_cast<double>(this->width_); }
};

// Narrow rows are turned, some at a time, so that a vector compares as many of them.
template <typename T>
class CpuArgMax final : public KernelOp<T> {
 public:
  using KernelOp<T>::KernelOp;

  void run(const TileCall<T>& call) const override {
    const size_t width = this->width_;
    const T* x = this->x(call);
    if (width > kNarrow) {
      for (size_t i = 0; i < call.rows; ++i, x += width) {
        call.out[i] = static_cast<T>(this->elementwise_.find_extreme(true, x, width));
      }
      return;
    }
    T* const turned = reinterpret_cast<T*>(call.scratch);
    T* const largest = turned + kTurned * width;
    for (size_t i = 0; i < call.rows; i += kTurned) {
      const size_t rows = std::min(kTurned, call.rows - i);
      this->elementwise_.transpose(x + i * width, width, turned, kTurned, rows, width);
      this->elementwise_.find_extreme_cols(true, turned, kTurned, width, rows, call.out + i, largest);
    }
  }
  size_t scratch_bytes(size_t /*rows*/) const override {
    return this->width_ > kNarrow ? 0 : kTurned * (this->width_ + 1) * sizeof(T);
  }
  double row_cost_ns() const override { return 2 + 0.1 * static_cast<double>(this->width_); }

 private:
  static constexpr size_t kNarrow = 32;  // columns
  static constexpr size_t kTurned = 64;  // rows at a time
};

}  // namespace boreal
