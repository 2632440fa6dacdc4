// Writes the steps of a CudaPlan op by op: which buffer a slot is in, what a step reads and writes. The ops
// of arithmetic, products and forests are in cuda_plan.cc, the others in cuda_ops.h.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "device/cuda_tensor.h"
#include "device/slot_storage.h"

namespace boreal {

class CudaStepWriter {
 public:
  // Of one pass: a row's number is 20 bits of a refusal.
  static constexpr uint64_t kMostRows = uint64_t{1} << 20;
  static constexpr uint32_t kInputBuffer = 0, kOutputBuffer = 1, kFirstScratch = 2;

  CudaStepWriter(const Plan& plan, uint64_t pass_bytes, CudaArithmetic arithmetic);

  static uint64_t bytes_of(size_t width) { return width * sizeof(float); }

  // The op that is written now.
  const Op& op() const { return plan_.ops[index_]; }
  size_t width(size_t input = 0) const { return plan_.slot_width(op().inputs[input]); }

  // How the op multiplies on tensor cores; null: it does not.
  const TensorLayer* tensor_layer() const { return layer_of(index_); }
  // Whether the op's result is elements, which only such layers read, rather than float32.
  bool makes_elements() const { return rows_[index_ + 1].kind != BOREAL_CUDA_FLOAT32; }
  // The ways in which readers of the op's codes cut a row of them into rows of elements: at least one.
  std::vector<size_t> code_places() const;
  // Where they lie so.
  uint32_t code_buffer(size_t places);
  // What the codes of the op's input stand for; null: it is numbers.
  const Int8Codes* input_codes() const { return plan_.slot_codes(op().inputs[0]); }
  // The op's input as the elements that it multiplies; numbers are made so where there are none yet.
  uint32_t input_elements();
  int32_t capability() const { return arithmetic_.capability; }

  uint32_t buffer_of(size_t slot);
  // Of the op's result.
  uint32_t out_buffer() { return buffer_of(index_ + 1); }
  // A buffer beside the slots, for what an op's steps hand each other.
  uint32_t own_buffer(uint64_t row_bytes);

  // A step from the op's inputs to its slot; the reference is good until the next one.
  BorealCudaStep& step_for(BorealCudaKernel kernel, std::string details = {});
  // The same to another buffer.
  BorealCudaStep& step_to(uint32_t out, BorealCudaKernel kernel, std::string details);

  // [rows, columns] -> [columns, rows], in float32.
  template <typename T>
  uint64_t add_transposed(Span<T> matrix, size_t rows) {
    const size_t columns = matrix.size / rows;
    std::vector<float> turned(matrix.size);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < columns; ++j) turned[j * rows + i] = static_cast<float>(matrix[i * columns + j]);
    }
    return out_.arena.add(turned);
  }

  CudaArena& arena() { return out_.arena; }
  void add_flops(double of_a_row) { out_.row_flops += of_a_row; }
  // A step of this op starts so many times as many rows: a pass has fewer of them then.
  void multiply_rows(size_t times) {
    most_rows_ = std::min(most_rows_, std::max<uint64_t>(kMostRows / std::max<size_t>(times, 1), 1));
  }
  // Throws ERR_NOT_SUPPORTED naming the op.
  [[noreturn]] void refuse() const;

 protected:
  // A row of a slot: so many rows of elements, or numbers.
  struct SlotRows {
    BorealCudaElement kind = BOREAL_CUDA_FLOAT32;
    size_t places = 1;
  };
  SlotRows rows_of(size_t slot) const;
  // Of each op that reads a slot its layer, or null.
  std::vector<const TensorLayer*> readers_of(size_t slot) const;
  uint64_t row_bytes(size_t slot, SlotRows rows) const;
  const TensorLayer* layer_of(size_t index) const { return layers_[index] ? &*layers_[index] : nullptr; }

  const Plan& plan_;
  const uint64_t pass_bytes_;
  const CudaArithmetic arithmetic_;
  SlotStorage storage_;
  std::vector<size_t> readers_;                          // of each slot
  std::vector<std::optional<TensorLayer>> layers_;       // of each op
  std::vector<SlotRows> rows_;                           // of each slot
  std::map<std::pair<size_t, size_t>, uint32_t> casts_;  // buffers of slots as elements, so cut
  size_t index_ = 0, scratch_ = 0;
  uint64_t most_rows_ = kMostRows;
  CudaPlan out_;
};

}  // namespace boreal
