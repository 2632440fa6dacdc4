// Ops of 8-bit arithmetic: numbers as codes, and products of codes. A slot of codes holds a byte for each
// column, rows one after another.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>

#include "device/cpu_arithmetic.h"
#include "device/cpu_op.h"
#include "linalg/gemm_int8.h"

namespace boreal {

// What 8-bit ops share: numbers cross in float32, whatever the program's type.
template <typename T>
class Int8Op : public CpuOp<T> {
 public:
  Int8Op(const OpPlace& place, const Kernels& kernels)
      : kernels_(kernels), input_(place.input()), width_(place.input_width()) {
    if (const Int8Codes* codes = place.plan.slot_codes(input_)) from_ = *codes;
    to_ = place.op().codes;
  }

  size_t scratch_bytes(size_t rows) const final { return number_bytes(rows) + own_bytes(rows); }

 protected:
  static constexpr bool kIsFloat = std::is_same_v<T, float>;

  // Columns of the input and of the result that are numbers, where those are not float32.
  size_t narrow_width() const { return from_ ? 0 : width_; }
  virtual size_t wide_width() const = 0;
  // Scratch for these, and what an op needs beyond.
  size_t number_bytes(size_t rows) const {
    return kIsFloat ? 0 : rows * (narrow_width() + wide_width()) * sizeof(float);
  }
  virtual size_t own_bytes(size_t /*rows*/) const { return 0; }

  const float* numbers(const TileCall<T>& call) const {
    const T* x = call.slots[input_];
    if constexpr (kIsFloat) {
      return x;
    } else {
      float* const narrow = reinterpret_cast<float*>(call.scratch);
      std::transform(x, x + call.rows * width_, narrow, [](T value) { return static_cast<float>(value); });
      return narrow;
    }
  }
  // Where numbers of the result are written, and then brought to T.
  template <typename Write>
  void write_numbers(const TileCall<T>& call, const Write& write) const {
    if constexpr (kIsFloat) {
      write(call.out);
    } else {
      float* const wide = reinterpret_cast<float*>(call.scratch) + call.rows * narrow_width();
      write(wide);
      std::copy_n(wide, call.rows * wide_width(), call.out);
    }
  }
  // Codes of the result, `columns` in each of `rows`.
  Int8Result result(const TileCall<T>& call, size_t rows, size_t columns) const {
    return {dense_view(reinterpret_cast<uint8_t*>(call.out), rows, columns), {}, to_->scale, to_->zero};
  }
  Int8Options options(const TileCall<T>& call, Unary activation, const float* bias) const {
    Int8Options options;
    options.bias = bias;
    options.activation = activation;
    options.max_threads = call.threads;
    options.cancel = call.cancel;
    return options;
  }
  // For explain().
  std::string describe(Unary activation, const char* numbers) const {
    const std::string function = function_name(activation);
    return (function.empty() ? "" : function + ", ") + (from_ ? "codes" : numbers) + " -> " +
           (to_ ? "codes" : "numbers");
  }
  const uint8_t* codes(const TileCall<T>& call) const {
    return reinterpret_cast<const uint8_t*>(call.slots[input_]);
  }

  const Kernels& kernels_;
  const size_t input_, width_;
  std::optional<Int8Codes> from_, to_;
};

template <typename T>
class CpuQuantize final : public Int8Op<T> {
 public:
  using Int8Op<T>::Int8Op;

  void run(const TileCall<T>& call) const override {
    const Int8Format format{};
    const float* x = this->numbers(call);
    uint8_t* const out = reinterpret_cast<uint8_t*>(call.out);
    // One row of all values: they share a scale.
    const size_t count = call.rows * this->width_;
    this->kernels_.int8.quantize(x, count, Int8Axis::kRows, &this->to_->scale, &this->to_->zero,
                                 format.lowest(), format.highest(), out, count, 1, count);
  }
  double row_cost_ns() const override { return 2 + 0.1 * static_cast<double>(this->width_); }
  std::string details() const override {
    return "scale " + std::to_string(this->to_->scale) + ", zero " + std::to_string(this->to_->zero);
  }

 private:
  size_t wide_width() const override { return 0; }
};

template <typename T>
class CpuInt8Dense final : public Int8Op<T> {
 public:
  CpuInt8Dense(const Int8DenseOp& op, const OpPlace& place, const Kernels& kernels)
      : Int8Op<T>(place, kernels),
        activation_(op.activation),
        positions_(op.positions),
        inputs_(this->width_ / op.positions),
        outputs_(op.outputs),
        weights_(reinterpret_cast<const int8_t*>(op.weights.data), outputs_, 1, inputs_, outputs_,
                 op.scale.data, true, kernels),
        bias_(outputs_) {
    std::copy(op.bias.begin(), op.bias.end(), bias_.begin());
  }

  void run(const TileCall<T>& call) const override {
    const Int8Options options = this->options(call, activation_, bias_.data());
    const size_t rows = call.rows * positions_;
    if (this->to_) return weights_.run(rows_of(call), this->result(call, rows, outputs_), options);
    this->write_numbers(call, [&](float* y) {
      const MatrixView<float> out = dense_view(y, rows, outputs_);
      if (this->from_) return weights_.run(rows_of(call), out, options);
      weights_.run(dense_view(this->numbers(call), rows, inputs_), out, options);
    });
  }
  size_t memory_bytes() const override { return weights_.bytes() + bias_.size() * sizeof(float); }
  size_t row_granule() const override { return positions_ == 1 ? this->kernels_.int8.tile_rows : 1; }
  // 80 GOP/s: what a single row reaches.
  double row_cost_ns() const override {
    const double row = static_cast<double>(positions_ * outputs_);
    return 20 + row * (0.2 + 2.0 * static_cast<double>(inputs_) / 80);
  }
  std::string details() const override {
    return this->describe(activation_, "numbers, a range for each row");
  }

 private:
  size_t wide_width() const override { return this->to_ ? 0 : positions_ * outputs_; }

  Int8Rows rows_of(const TileCall<T>& call) const {
    Int8Rows rows{dense_view(this->codes(call), call.rows * positions_, inputs_)};
    rows.scale = &this->from_->scale;
    rows.zero = &this->from_->zero;
    return rows;
  }

  Unary activation_;
  size_t positions_, inputs_, outputs_;
  PackedInt8 weights_;
  AlignedBuffer<float> bias_;
};

}  // namespace boreal
