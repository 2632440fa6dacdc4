// Reads the words of one op of a tensor program. Whatever is not as it should be throws ERR_PLAN or
// ERR_SHAPE.
#pragma once

#include <cstring>
#include <initializer_list>
#include <vector>

#include "base/error.h"
#include "base/span.h"
#include "nn/strided.h"
#include "nn/tensor_program.h"

namespace boreal {
namespace nn {

class TensorReader {
 public:
  TensorReader(Span<int32_t> words, const std::vector<TensorBuffer>& buffers)
      : words_(words), buffers_(buffers) {}

  // Outputs come before inputs, and no input may overlap one unless an op says so.
  TensorBuffer output() {
    const TensorBuffer buffer = buffers_[static_cast<size_t>(number_of_buffer())];
    outputs_.push_back(buffer);
    return buffer;
  }
  TensorBuffer input() {
    const TensorBuffer buffer = buffers_[static_cast<size_t>(number_of_buffer())];
    for (const TensorBuffer& out : outputs_) {
      if (buffer.data < out.data + out.size && out.data < buffer.data + buffer.size) {
        throw Error("ERR_PLAN", "An input of a tensor op overlaps its output.");
      }
    }
    return buffer;
  }
  // -1: none, with data null.
  TensorBuffer optional_input() {
    if (peek() != -1) return input();
    ++at_;
    return {nullptr, 0};
  }
  TensorBuffer optional_output() {
    if (peek() != -1) return output();
    ++at_;
    return {nullptr, 0};
  }

  size_t size() {
    const int32_t value = word();
    if (value < 0) throw Error("ERR_PLAN", "A size of a tensor op is negative.");
    return static_cast<size_t>(value);
  }
  bool flag() { return choice(2) != 0; }
  int32_t choice(int32_t count) {
    const int32_t value = word();
    if (value < 0 || value >= count) throw Error("ERR_PLAN", "A choice of a tensor op is out of range.");
    return value;
  }
  float number() {
    const int32_t bits = word();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  double real() {
    const int32_t bits[2] = {word(), word()};
    double value;
    std::memcpy(&value, bits, sizeof value);
    return value;
  }
  uint64_t key() {
    const uint32_t low = static_cast<uint32_t>(word()), high = static_cast<uint32_t>(word());
    return (static_cast<uint64_t>(high) << 32) | low;
  }
  std::vector<size_t> shape() {
    const size_t rank = size();
    if (rank > kMaxRank) throw Error("ERR_SHAPE", "A tensor has at most 8 axes.");
    std::vector<size_t> shape(rank);
    for (size_t& extent : shape) extent = size();
    return shape;
  }
  std::vector<ptrdiff_t> strides(size_t rank) {
    std::vector<ptrdiff_t> strides(rank);
    for (ptrdiff_t& stride : strides) stride = word();
    return strides;
  }

  static size_t area(const std::vector<size_t>& shape) {
    size_t area = 1;
    for (size_t extent : shape) {
      if (extent != 0 && area > (size_t{1} << 40) / extent)
        throw Error("ERR_SHAPE", "A tensor is too large.");
      area *= extent;
    }
    return area;
  }
  static void require(const TensorBuffer& buffer, size_t size) {
    if (buffer.size != size) throw Error("ERR_SHAPE", "An operand of a tensor op has the wrong size.");
  }
  size_t left() const { return words_.size - at_; }
  void finish() const {
    if (at_ != words_.size) throw Error("ERR_PLAN", "A tensor op has words left over.");
  }

 private:
  int32_t peek() const {
    if (at_ >= words_.size) throw Error("ERR_PLAN", "A tensor op has too few words.");
    return words_[at_];
  }
  int32_t word() {
    const int32_t value = peek();
    ++at_;
    return value;
  }
  int32_t number_of_buffer() {
    const int32_t value = word();
    if (value < 0 || static_cast<size_t>(value) >= buffers_.size()) {
      throw Error("ERR_PLAN", "A tensor op names a buffer that there is not.");
    }
    return value;
  }

  Span<int32_t> words_;
  const std::vector<TensorBuffer>& buffers_;
  size_t at_ = 0;
  std::vector<TensorBuffer> outputs_;
};

}  // namespace nn
}  // namespace boreal
