#include "device/cuda_steps.h"

#include "base/error.h"

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

CudaStepWriter::CudaStepWriter(const Plan& plan, uint64_t pass_bytes, CudaArithmetic arithmetic)
    : plan_(plan),
      pass_bytes_(pass_bytes),
      arithmetic_(arithmetic),
      storage_(plan, [&](size_t op) { return slot_use(plan, op); }),
      readers_(plan.ops.size() + 1, 0) {
  for (const Op& op : plan.ops) {
    for (const uint32_t slot : op.inputs) ++readers_[slot];
  }
  ++readers_[plan.ops.size()];  // the caller
  for (size_t index = 0; index < plan.ops.size(); ++index) {
    layers_.push_back(boreal::tensor_layer(plan, index, arithmetic.products));
  }
  for (size_t slot = 0; slot <= plan.ops.size(); ++slot) rows_.push_back(rows_of(slot));
}

uint32_t CudaStepWriter::buffer_of(size_t slot) {
  const SlotPlace place = storage_.place(slot);
  if (place.kind == SlotPlace::kInput) return kInputBuffer;
  if (place.kind == SlotPlace::kOutput) return kOutputBuffer;
  const uint32_t buffer = kFirstScratch + static_cast<uint32_t>(place.ordinal);
  out_.row_bytes[buffer] = std::max(out_.row_bytes[buffer], row_bytes(slot, rows_[slot]));
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

void CudaStepWriter::refuse() const {
  throw Error("ERR_NOT_SUPPORTED",
              std::string("The op ") + op_name(op()) +
                  " of this model has no CUDA kernel yet: use device 'cpu' or 'auto'.",
              -1, -1, static_cast<int32_t>(index_));
}

uint64_t CudaStepWriter::row_bytes(size_t slot, SlotRows rows) const {
  const size_t columns = plan_.slot_width(slot);
  if (rows.kind == BOREAL_CUDA_FLOAT32) return bytes_of(columns);
  return rows.places * element_row_bytes(rows.kind, columns / rows.places);
}

// Codes lie as their first reader takes them. Numbers stay elements where a layer on tensor cores makes them
// as all that read them, which are such layers too, take them.
CudaStepWriter::SlotRows CudaStepWriter::rows_of(size_t slot) const {
  const bool codes = plan_.slot_codes(slot) != nullptr;
  const TensorLayer* const writer = slot > 0 ? layer_of(slot - 1) : nullptr;
  const bool numbers = writer != nullptr && writer->kind != BOREAL_CUDA_CODE && slot < plan_.ops.size();
  if (!codes && !numbers) return {};
  const std::vector<const TensorLayer*> readers = readers_of(slot);
  if (codes) return {BOREAL_CUDA_CODE, readers.empty() ? 1 : readers[0]->in_places};
  const bool all_take = std::all_of(readers.begin(), readers.end(), [&](const TensorLayer* reader) {
    return reader != nullptr && reader->kind == writer->kind &&
           same_rows(writer->kind, plan_.slot_width(slot), writer->out_places, reader->in_places);
  });
  return all_take ? SlotRows{writer->kind, writer->out_places} : SlotRows{};
}

std::vector<const TensorLayer*> CudaStepWriter::readers_of(size_t slot) const {
  std::vector<const TensorLayer*> readers;
  for (size_t index = slot; index < plan_.ops.size(); ++index) {
    const std::vector<uint32_t>& inputs = plan_.ops[index].inputs;
    if (std::find(inputs.begin(), inputs.end(), slot) != inputs.end()) readers.push_back(layer_of(index));
  }
  return readers;
}

std::vector<size_t> CudaStepWriter::code_places() const {
  std::vector<size_t> ways = {rows_[index_ + 1].places};
  for (const TensorLayer* reader : readers_of(index_ + 1)) {
    const bool known = std::any_of(ways.begin(), ways.end(), [&](size_t way) {
      return same_rows(BOREAL_CUDA_CODE, op().width, way, reader->in_places);
    });
    if (!known) ways.push_back(reader->in_places);
  }
  return ways;
}

uint32_t CudaStepWriter::code_buffer(size_t places) {
  if (places == rows_[index_ + 1].places) return out_buffer();
  return casts_[{index_ + 1, places}] = own_buffer(row_bytes(index_ + 1, {BOREAL_CUDA_CODE, places}));
}

uint32_t CudaStepWriter::input_elements() {
  const TensorLayer& layer = *tensor_layer();
  const size_t slot = op().inputs[0];
  const auto fits = [&](size_t places) {
    return same_rows(layer.kind, plan_.slot_width(slot), places, layer.in_places);
  };
  if (rows_[slot].kind == layer.kind && fits(rows_[slot].places)) return buffer_of(slot);
  for (const auto& [key, buffer] : casts_) {
    if (key.first == slot && fits(key.second)) return buffer;
  }
  const uint32_t buffer = own_buffer(row_bytes(slot, {layer.kind, layer.in_places}));
  casts_[{slot, layer.in_places}] = buffer;
  BorealCudaStep& cast = step_to(buffer, BOREAL_CUDA_CAST, element_name(layer.kind));
  cast.out_width = cast.in_width[0];
  cast.n[0] = layer.kind;
  cast.n[1] = static_cast<int32_t>(layer.in_places);
  return buffer;
}

}  // namespace boreal
