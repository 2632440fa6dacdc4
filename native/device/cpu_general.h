// General ops, of which imported graphs are made: Binary, Select, Constant, Reduce, Lookup, Float32,
// Distance.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "device/cpu_op.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"

namespace boreal {

template <typename T>
class CpuBinary final : public CpuOp<T> {
 public:
  CpuBinary(const CombineOp& op, const OpPlace& place, const Kernels& kernels)
      : elementwise_(elementwise_kernels<T>(kernels)),
        function_(op.function),
        operand_(convert<T>(op.operand)),
        width_(place.op().width) {
    for (const uint32_t slot : place.op().inputs) inputs_.push_back({slot, place.plan.slot_width(slot)});
  }

  void run(const TileCall<T>& call) const override {
    const Shape shape = width_ == 1 ? Shape{1, call.rows} : Shape{call.rows, width_};
    const Operand<T> a = input(call, 0);
    const Operand<T> b = inputs_.size() == 2
                             ? input(call, 1)
                             : Operand<T>{operand_.data(), 0, width_ == 1 ? size_t{0} : size_t{1}};
    switch (function_) {
      case BinaryFunction::kGreater:
        return compare(shape, a, b, call.out, [](T x, T y) { return x > y; });
      case BinaryFunction::kGreaterEqual:
        return compare(shape, a, b, call.out, [](T x, T y) { return x >= y; });
      case BinaryFunction::kLess:
        return compare(shape, a, b, call.out, [](T x, T y) { return x < y; });
      case BinaryFunction::kLessEqual:
        return compare(shape, a, b, call.out, [](T x, T y) { return x <= y; });
      case BinaryFunction::kEqual:
        return compare(shape, a, b, call.out, [](T x, T y) { return x == y; });
      default:
        elementwise_.binary(static_cast<Binary>(function_), a, b, call.out, shape.cols, shape.rows,
                            shape.cols);
    }
  }
  SlotUse slot_use() const override { return inputs_[0].width == width_ ? SlotUse::kInPlace : SlotUse::kOwn; }
  size_t memory_bytes() const override { return operand_.size() * sizeof(T); }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override {
    const bool divides = function_ == BinaryFunction::kDiv;
    const double value_ns = function_ == BinaryFunction::kPow ? 4 : divides ? 0.3 : 0.15;
    return 3 + value_ns * static_cast<double>(width_);
  }
  std::string details() const override {
    static const char* const kNames[kBinaryFunctionCount] = {"+", "-", "*",  "/", "min", "max",
                                                             "^", ">", ">=", "<", "<=",  "="};
    return kNames[static_cast<int32_t>(function_)];
  }

 private:
  struct Input {
    size_t slot, width;
  };

  // Of the work: a result of one column is one row of as many columns as there are rows.
  struct Shape {
    size_t rows, cols;
  };

  Operand<T> input(const TileCall<T>& call, size_t k) const {
    const Input& input = inputs_[k];
    if (width_ == 1) return {call.slots[input.slot], 0, 1};
    // One column: every row has its own value, which stands for all columns.
    return {call.slots[input.slot], input.width, input.width == 1 ? size_t{0} : size_t{1}};
  }

  template <typename Compare>
  static void compare(const Shape& shape, const Operand<T>& a, const Operand<T>& b, T* y, Compare holds) {
    for (size_t i = 0; i < shape.rows; ++i, y += shape.cols) {
      const T *x = a.data + i * a.row_step, *z = b.data + i * b.row_step;
      // Loops of their own, which the compiler makes vectors of.
      if (a.col_step == 1 && b.col_step == 1) {
        for (size_t j = 0; j < shape.cols; ++j) y[j] = holds(x[j], z[j]) ? T(1) : T(0);
      } else if (a.col_step == 1) {
        const T own = *z;
        for (size_t j = 0; j < shape.cols; ++j) y[j] = holds(x[j], own) ? T(1) : T(0);
      } else {
        for (size_t j = 0; j < shape.cols; ++j) {
          y[j] = holds(x[j * a.col_step], z[j * b.col_step]) ? T(1) : T(0);
        }
      }
    }
  }

  static_assert(static_cast<int32_t>(BinaryFunction::kGreater) == kBinaryCount,
                "the kernels' functions first");
  const ElementwiseKernels<T>& elementwise_;
  const BinaryFunction function_;
  AlignedBuffer<T> operand_;
  std::vector<Input> inputs_;
  size_t width_;
};

template <typename T>
class CpuSelect final : public CpuOp<T> {
 public:
  explicit CpuSelect(const OpPlace& place) : inputs_(place.op().inputs), width_(place.op().width) {}

  void run(const TileCall<T>& call) const override {
    const T *condition = call.slots[inputs_[0]], *a = call.slots[inputs_[1]], *b = call.slots[inputs_[2]];
    for (size_t k = 0; k < call.rows * width_; ++k) call.out[k] = condition[k] != 0 ? a[k] : b[k];
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  double row_cost_ns() const override { return 2 + 0.5 * static_cast<double>(width_); }

 private:
  std::vector<uint32_t> inputs_;
  size_t width_;
};

template <typename T>
class CpuConstant final : public CpuOp<T> {
 public:
  explicit CpuConstant(const ConstantOp& op) : values_(convert<T>(op.values)) {}

  void run(const TileCall<T>& call) const override {
    for (size_t i = 0; i < call.rows; ++i) {
      std::copy_n(values_.data(), values_.size(), call.out + i * values_.size());
    }
  }
  size_t memory_bytes() const override { return values_.size() * sizeof(T); }
  double row_cost_ns() const override { return 1 + 0.1 * static_cast<double>(values_.size()); }

 private:
  AlignedBuffer<T> values_;
};

template <typename T>
class CpuReduce final : public CpuOp<T> {
 public:
  CpuReduce(const RowFoldOp& op, const OpPlace& place, const Kernels& kernels)
      : elementwise_(elementwise_kernels<T>(kernels)),
        fold_(op.fold),
        input_(place.input()),
        width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    elementwise_.fold_rows(fold_, call.slots[input_], width_, call.rows, width_, nullptr, call.out);
  }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override { return 3 + 0.15 * static_cast<double>(width_); }
  std::string details() const override {
    switch (fold_) {
      case Fold::kSum:
        return "sum";
      case Fold::kSumAbs:
        return "sum of magnitudes";
      case Fold::kProduct:
        return "product";
      case Fold::kMin:
        return "min";
      case Fold::kMax:
        return "max";
      default:
        return "largest magnitude";
    }
  }

 private:
  const ElementwiseKernels<T>& elementwise_;
  const Fold fold_;
  size_t input_, width_;
};

template <typename T>
class CpuLookup final : public CpuOp<T> {
 public:
  CpuLookup(const LookupOp& op, const OpPlace& place)
      : offsets_(op.offsets.begin(), op.offsets.end()),
        values_(convert<T>(op.values)),
        otherwise_(convert<T>(op.otherwise)),
        input_(place.input()),
        width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    for (size_t i = 0; i < call.rows; ++i) {
      for (size_t j = 0; j < width_; ++j) {
        const T code = x[i * width_ + j];
        const int32_t begin = offsets_[j], size = offsets_[j + 1] - begin;
        const bool is_code =
            code >= 0 && code < static_cast<T>(size) && static_cast<T>(static_cast<int32_t>(code)) == code;
        call.out[i * width_ + j] =
            is_code ? values_[static_cast<size_t>(begin + static_cast<int32_t>(code))] : otherwise_[j];
      }
    }
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override {
    return offsets_.size() * sizeof(int32_t) + (values_.size() + otherwise_.size()) * sizeof(T);
  }
  double row_cost_ns() const override { return 1 + 2 * static_cast<double>(width_); }
  std::string details() const override { return std::to_string(values_.size()) + " values"; }

 private:
  std::vector<int32_t> offsets_;
  AlignedBuffer<T> values_, otherwise_;
  size_t input_, width_;
};

template <typename T>
class CpuFloat32 final : public CpuOp<T> {
 public:
  explicit CpuFloat32(const OpPlace& place) : input_(place.input()), width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    if constexpr (std::is_same_v<T, double>) {
      const T* x = call.slots[input_];
      for (size_t k = 0; k < call.rows * width_; ++k) call.out[k] = static_cast<float>(x[k]);
    }
  }
  SlotUse slot_use() const override { return std::is_same_v<T, float> ? SlotUse::kAlias : SlotUse::kInPlace; }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override { return 1 + 0.2 * static_cast<double>(width_); }

 private:
  size_t input_, width_;
};

template <typename T>
class CpuDistance final : public CpuOp<T> {
 public:
  CpuDistance(const PointDistanceOp& op, const OpPlace& place, const Kernels& kernels)
      : distance_(distance_kernels<T>(kernels)),
        cluster_(cluster_kernels<T>(kernels)),
        metric_(op.metric),
        input_(place.input()),
        width_(place.input_width()),
        outputs_(op.outputs),
        packed_((outputs_ + distance_.lanes - 1) / distance_.lanes * distance_.lanes * width_) {
    distance_.pack(convert<T>(op.points).data(), width_, outputs_, width_, packed_.data());
  }

  void run(const TileCall<T>& call) const override {
    if (leaves_gaps() && call.rows >= cluster_.nearest_rows) {
      cluster_.few_distances(metric_ == Metric::kEuclidean, call.slots[input_], width_, packed_.data(),
                             call.rows, outputs_, width_, reinterpret_cast<T*>(call.scratch), call.out,
                             outputs_);
      return;
    }
    distance_.distances(metric_, call.slots[input_], width_, packed_.data(), call.out, outputs_, call.rows,
                        outputs_, width_);
  }
  size_t scratch_bytes(size_t) const override {
    return leaves_gaps() ? cluster_.nearest_rows * width_ * sizeof(T) : 0;
  }
  size_t memory_bytes() const override { return packed_.size() * sizeof(T); }
  size_t row_granule() const override { return leaves_gaps() ? cluster_.nearest_rows : kRowsTogether; }
  bool is_pass() const override { return true; }
  // Of the largest difference, and of a cosine, which is at most 2, a NaN leaves no trace.
  bool precedes_check() const override {
    return metric_ != Metric::kChebyshev && metric_ != Metric::kCosine && outputs_ <= width_;
  }
  double row_cost_ns() const override {
    return 5 + 2.0 * static_cast<double>(width_) * static_cast<double>(outputs_) / 35;
  }
  std::string details() const override { return std::to_string(outputs_) + " points"; }

 private:
  static constexpr size_t kRowsTogether = 12;  // in the kernel's registers

  // Whether a quarter of the vectors that hold the points would be empty: then rows take their place.
  bool leaves_gaps() const {
    const size_t places = (outputs_ + distance_.lanes - 1) / distance_.lanes * distance_.lanes;
    const bool squares = metric_ == Metric::kEuclidean || metric_ == Metric::kSquaredEuclidean;
    return squares && outputs_ <= kFewPoints && 4 * (places - outputs_) >= places;
  }

  const DistanceKernels<T>& distance_;
  const ClusterKernels<T>& cluster_;
  const Metric metric_;
  size_t input_, width_, outputs_;
  AlignedBuffer<T> packed_;
};

}  // namespace boreal
