// Ops that judge, move or recode columns: Check, Gather, Concat, Category, OneHot.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuCheck final : public CpuOp<T> {
 public:
  CpuCheck(const CheckOp& op, const OpPlace& place, const Kernels& kernels)
      : find_invalid_(row_kernels<T>(kernels).find_invalid),
        rule_(op.rule),
        index_(place.index),
        input_(place.input()),
        width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    const size_t position = find_invalid_(rule_, x, width_, call.rows, width_);
    if (position == call.rows * width_) return;
    const size_t row = call.first_row + position / width_, column = position % width_;
    const bool missing = std::isnan(x[position]);
    throw Error(missing ? "ERR_INPUT_NAN" : "ERR_INPUT_INFINITE",
                "Row " + std::to_string(row) + ", column " + std::to_string(column) + ": the value is " +
                    (missing ? "missing (NaN)." : "infinite."),
                static_cast<int64_t>(row), static_cast<int64_t>(column), static_cast<int32_t>(index_));
  }
  SlotUse slot_use() const override { return SlotUse::kAlias; }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override { return 1 + 0.1 * static_cast<double>(width_); }
  std::string details() const override { return rule_ == FiniteRule::kFinite ? "finite" : "finite or NaN"; }

 private:
  decltype(RowKernels<T>::find_invalid) find_invalid_;
  FiniteRule rule_;
  size_t index_, input_, width_;
};

template <typename T>
class CpuGather final : public CpuOp<T> {
 public:
  CpuGather(const GatherOp& op, const OpPlace& place)
      : columns_(op.columns), input_(place.input()), input_width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    T* y = call.out;
    for (size_t i = 0; i < call.rows; ++i, x += input_width_) {
      for (const uint32_t column : columns_) *y++ = x[column];
    }
  }
  size_t memory_bytes() const override { return columns_.size() * sizeof(uint32_t); }
  double row_cost_ns() const override { return 1 + 0.3 * static_cast<double>(columns_.size()); }

 private:
  std::vector<uint32_t> columns_;
  size_t input_, input_width_;
};

template <typename T>
class CpuConcat final : public CpuOp<T> {
 public:
  explicit CpuConcat(const OpPlace& place) : width_(place.op().width) {
    for (const uint32_t slot : place.op().inputs) parts_.push_back({slot, place.plan.slot_width(slot)});
  }

  void run(const TileCall<T>& call) const override {
    T* y = call.out;
    for (const Part& part : parts_) {
      const T* x = call.slots[part.slot];
      for (size_t i = 0; i < call.rows; ++i) std::copy_n(x + i * part.width, part.width, y + i * width_);
      y += part.width;
    }
  }
  size_t memory_bytes() const override { return parts_.size() * sizeof(Part); }
  double row_cost_ns() const override {
    return 3 * static_cast<double>(parts_.size()) + 0.1 * static_cast<double>(width_);
  }

 private:
  struct Part {
    size_t slot, width;
  };
  std::vector<Part> parts_;
  size_t width_;
};

template <typename T>
class CpuCategory final : public CpuOp<T> {
 public:
  CpuCategory(const CategoryOp& op, const OpPlace& place)
      : offsets_(op.offsets.begin(), op.offsets.end()),
        values_(convert<T>(op.values)),
        reject_unknown_(op.reject_unknown),
        index_(place.index),
        input_(place.input()),
        width_(place.input_width()) {
    for (size_t j = 0; j < width_; ++j) tables_.push_back(table_of(j));
  }

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    for (size_t i = 0; i < call.rows; ++i) {
      for (size_t j = 0; j < width_; ++j) {
        const T value = x[i * width_ + j];
        const int32_t code = find(value, j);
        if (code < 0 && reject_unknown_) reject(value, call.first_row + i, j);
        call.out[i * width_ + j] = static_cast<T>(code);
      }
    }
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override {
    size_t entries = offsets_.size();
    for (const std::vector<int32_t>& table : tables_) entries += table.size();
    return entries * sizeof(int32_t) + values_.size() * sizeof(T);
  }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override { return 1 + 6 * static_cast<double>(width_); }
  std::string details() const override {
    return std::to_string(values_.size()) + " values" + (reject_unknown_ ? ", unknown rejected" : "");
  }

 private:
  // Small whole numbers, which most categories are, are looked up: code of each number, -1 where it is none.
  // Empty for other categories.
  std::vector<int32_t> table_of(size_t column) const {
    const T* begin = values_.data() + offsets_[column];
    const size_t count = static_cast<size_t>(offsets_[column + 1] - offsets_[column]);
    std::vector<int32_t> table;
    for (size_t code = 0; code < count && !std::isnan(begin[code]); ++code) {
      const T value = begin[code];
      if (!(value >= 0 && value < static_cast<T>(4 * count + 64)) || std::floor(value) != value) return {};
      table.resize(static_cast<size_t>(value) + 1, -1);
      table.back() = static_cast<int32_t>(code);
    }
    return table;
  }

  int32_t find(T value, size_t column) const {
    const std::vector<int32_t>& table = tables_[column];
    if (value >= 0 && value < static_cast<T>(table.size())) {
      const size_t number = static_cast<size_t>(value);
      return static_cast<T>(number) == value ? table[number] : -1;
    }
    const T* begin = values_.data() + offsets_[column];
    const T* end = values_.data() + offsets_[column + 1];
    const bool has_nan = begin != end && std::isnan(end[-1]);
    if (std::isnan(value)) return has_nan ? static_cast<int32_t>(end - 1 - begin) : -1;
    const T* last = has_nan ? end - 1 : end;
    const T* found = std::lower_bound(begin, last, value);
    return found != last && *found == value ? static_cast<int32_t>(found - begin) : -1;
  }

  [[noreturn]] void reject(T value, size_t row, size_t column) const {
    throw Error("ERR_UNKNOWN_CATEGORY",
                "Row " + std::to_string(row) + ", column " + std::to_string(column) + ": the category " +
                    std::to_string(value) + " was not seen during fit.",
                static_cast<int64_t>(row), static_cast<int64_t>(column), static_cast<int32_t>(index_));
  }

  std::vector<int32_t> offsets_;
  AlignedBuffer<T> values_;
  std::vector<std::vector<int32_t>> tables_;  // by column
  bool reject_unknown_;
  size_t index_, input_, width_;
};

template <typename T>
class CpuOneHot final : public CpuOp<T> {
 public:
  CpuOneHot(const OneHotOp& op, const OpPlace& place)
      : input_(place.input()), input_width_(place.input_width()), width_(place.op().width) {
    size_t begin = 0;
    for (size_t j = 0; j < input_width_; ++j) {
      columns_.push_back({begin, op.sizes[j], op.drop[j]});
      begin += static_cast<size_t>(op.sizes[j]) - (op.drop[j] >= 0 ? 1 : 0);
    }
  }

  void run(const TileCall<T>& call) const override {
    std::memset(call.out, 0, call.rows * width_ * sizeof(T));
    for (size_t i = 0; i < call.rows; ++i) {
      const T* x = call.slots[input_] + i * input_width_;
      T* y = call.out + i * width_;
      for (size_t j = 0; j < input_width_; ++j) {
        const Column& column = columns_[j];
        if (!(x[j] >= 0 && x[j] < static_cast<T>(column.size))) continue;
        const int32_t code = static_cast<int32_t>(x[j]);
        if (static_cast<T>(code) != x[j] || code == column.drop) continue;
        const bool after_drop = column.drop >= 0 && code > column.drop;
        y[column.begin + static_cast<size_t>(code - (after_drop ? 1 : 0))] = 1;
      }
    }
  }
  size_t memory_bytes() const override { return columns_.size() * sizeof(Column); }
  bool is_pass() const override { return true; }
  double row_cost_ns() const override {
    return 2 + 1.5 * static_cast<double>(input_width_) + 0.05 * static_cast<double>(width_);
  }

 private:
  struct Column {
    size_t begin;  // first of its columns in the output
    int32_t size, drop;
  };
  std::vector<Column> columns_;
  size_t input_, input_width_, width_;
};

}  // namespace boreal
