#include "device/cuda_steps.h"

#include "base/error.h"
#include "device/cuda_tensor.h"

namespace boreal {
namespace {

// Whether an op may write over its first input: its kernel reads at no place what another thread writes.
SlotUse slot_use(const Plan& plan, size_t index) {
  const Op& op = plan.ops[index];
  if (std::holds_alternative<CheckOp>(op.kind) || std::holds_alternative<Float32Op>(op.kind)) {
    return SlotUse::kAlias;
  }
  const bool elementwise =
      std::holds_alternative<ImputeOp>(op.kind) || std::holds_alternative<AffineOp>(op.kind) ||
      std::holds_alternative<CategoryOp>(op.kind) || std::holds_alternative<ActivationOp>(op.kind) ||
      std::holds_alternative<SoftmaxOp>(op.kind) || std::holds_alternative<SelectOp>(op.kind) ||
      std::holds_alternative<LookupOp>(op.kind);
  const bool binary = std::holds_alternative<CombineOp>(op.kind) && plan.slot_width(op.inputs[0]) == op.width;
  return elementwise || binary ? SlotUse::kInPlace : SlotUse::kOwn;
}

}  // namespace

CudaStepWriter::CudaStepWriter(const Plan& plan, uint64_t pass_bytes)
    : plan_(plan),
      pass_bytes_(pass_bytes),
      storage_(plan, [&](size_t op) { return slot_use(plan, op); }),
      readers_(plan.ops.size() + 1, 0) {
  for (const Op& op : plan.ops) {
    for (const uint32_t slot : op.inputs) ++readers_[slot];
  }
  ++readers_[plan.ops.size()];  // the caller
}

uint32_t CudaStepWriter::buffer_of(size_t slot) {
  const SlotPlace place = storage_.place(slot);
  if (place.kind == SlotPlace::kInput) return kInputBuffer;
  if (place.kind == SlotPlace::kOutput) return kOutputBuffer;
  const uint32_t buffer = kFirstScratch + static_cast<uint32_t>(place.ordinal);
  out_.row_bytes[buffer] = std::max(out_.row_bytes[buffer], slot_bytes(slot));
  return buffer;
}

uint32_t CudaStepWriter::own_buffer(uint64_t row_bytes) {
  out_.row_bytes.push_back(row_bytes);
  return static_cast<uint32_t>(out_.row_bytes.size() - 1);
}

BorealCudaStep& CudaStepWriter::step_for(BorealCudaKernel kernel, std::string details) {
  return step_to(buffer_of(index_ + 1), kernel, std::move(details));
}

BorealCudaStep& CudaStepWriter::step_to(uint32_t out, BorealCudaKernel kernel, std::string details) {
  BorealCudaStep step{};
  step.kernel = kernel;
  step.op = static_cast<int32_t>(index_);
  for (size_t k = 0; k < op().inputs.size() && k < 3; ++k) {
    step.in[k] = buffer_of(op().inputs[k]);
    step.in_width[k] = static_cast<uint32_t>(plan_.slot_width(op().inputs[k]));
  }
  step.out = out;
  step.out_width = static_cast<uint32_t>(op().width);
  std::fill_n(step.c, 3, BOREAL_CUDA_NONE);
  out_.steps.push_back(step);
  out_.details.push_back(std::move(details));
  return out_.steps.back();
}

void CudaStepWriter::refuse(size_t index) const {
  throw Error("ERR_NOT_SUPPORTED",
              std::string("The op ") + op_name(plan_.ops[index]) +
                  " of this model has no CUDA kernel yet: use device 'cpu' or 'auto'.",
              -1, -1, static_cast<int32_t>(index));
}

uint64_t CudaStepWriter::slot_bytes(size_t slot) const {
  const size_t columns = plan_.slot_width(slot);
  if (plan_.slot_codes(slot) == nullptr) return bytes_of(columns);
  const size_t positions = positions_of(slot);
  return positions * element_row_bytes(BOREAL_CUDA_CODE, columns / positions);
}

size_t CudaStepWriter::positions_of(size_t slot) const {
  size_t positions = 0;
  for (size_t index = slot; index < plan_.ops.size(); ++index) {
    const std::vector<uint32_t>& inputs = plan_.ops[index].inputs;
    if (std::find(inputs.begin(), inputs.end(), slot) == inputs.end()) continue;
    const Int8DenseOp* dense = std::get_if<Int8DenseOp>(&plan_.ops[index].kind);
    if (dense == nullptr || (positions != 0 && positions != dense->positions)) refuse(index);
    positions = dense->positions;
  }
  return std::max<size_t>(positions, 1);
}

}  // namespace boreal
