// Steps of layers on tensor cores: their input becomes elements or codes where it is none, then comes the
// product, of rows or of windows.
#include "device/cuda_ops.h"

namespace boreal {
namespace {

// From and to what the caller sets; `given`: what codes of the input stand for, where all rows share it.
BorealCudaStep& add_product(CudaStepWriter& plan, uint32_t out, bool elements,
                            const BorealCudaCodes* given = nullptr) {
  const TensorLayer& layer = *plan.tensor_layer();
  std::string details = element_name(layer.kind);
  if (layer.windows) {
    details += ", " + std::to_string(layer.windows->kernel_h) + "x" +
               std::to_string(layer.windows->kernel_w) + ", " + std::to_string(layer.outputs) + " filters";
  } else if (layer.out_places > 1) {
    details += ", " + std::to_string(layer.out_places) + " positions";
  }
  BorealCudaStep& step =
      plan.step_to(out, layer.windows ? BOREAL_CUDA_TENSOR_CONV : BOREAL_CUDA_TENSOR_PRODUCT, details);
  step.n[0] = layer.kind;
  step.n[1] = layer.activation == Unary::kIdentity ? BOREAL_CUDA_PLAIN : BOREAL_CUDA_ACTIVATION;
  step.n[2] = static_cast<int32_t>(layer.activation);
  step.n[3] = elements;
  step.n[4] = static_cast<int32_t>(layer.out_places);
  const auto engine = [&](uint64_t rows) {
    return tensor_engine(plan.capability(), layer.kind, rows, layer.outputs);
  };
  if (!layer.windows) step.n[5] = BOREAL_CUDA_ENGINES(engine(kDotSide + 1), engine(1));
  if (layer.windows) {
    const BorealCudaTensorWindows windows{*layer.windows, given != nullptr ? *given : BorealCudaCodes{}};
    step.c[2] = plan.arena().add(&windows, 1);
    step.n[5] = given == nullptr;
  } else if (given != nullptr) {
    step.c[2] = plan.arena().add(given, 1);
  }
  plan.multiply_rows(layer.out_places / 1024);  // tiles of a pass are numbered by 31 bits
  plan.add_flops(2 * static_cast<double>(layer.out_places * layer.outputs) *
                 static_cast<double>(layer.taps * layer.inputs));
  return step;
}

template <typename T>
void add_numbers(CudaStepWriter& plan, Span<T> weights, const std::vector<float>& bias) {
  const uint32_t elements = plan.input_elements();
  const uint64_t packed = add_weights(plan.arena(), *plan.tensor_layer(), weights);
  const uint64_t start = plan.arena().add(bias);
  BorealCudaStep& step = add_product(plan, plan.out_buffer(), plan.makes_elements());
  step.in[0] = elements;
  step.c[0] = packed;
  step.c[1] = start;
}

// Numbers to the op's slot, as the codes that it holds.
void add_quantize(CudaStepWriter& plan, uint32_t numbers, size_t columns) {
  const BorealCudaCodes codes{plan.op().codes->scale, plan.op().codes->zero};
  for (const size_t places : plan.code_places()) {
    BorealCudaStep& step =
        plan.step_to(plan.code_buffer(places), BOREAL_CUDA_QUANTIZE, "a range for all rows");
    step.in[0] = numbers;
    step.in_width[0] = static_cast<uint32_t>(columns);
    step.c[0] = plan.arena().add(&codes, 1);
    step.n[0] = static_cast<int32_t>(places);
  }
}

// op: Int8DenseOp, or Int8ConvOp, whose places share the range of their row.
template <typename T>
void add_codes(CudaStepWriter& plan, const T& op, bool share_range) {
  const TensorLayer& layer = *plan.tensor_layer();
  const Int8Codes* const given = plan.input_codes();
  const BorealCudaCodes shared =
      given == nullptr ? BorealCudaCodes{} : BorealCudaCodes{given->scale, given->zero};
  uint32_t codes = 0, ranges = 0;
  if (given != nullptr) {
    codes = plan.input_elements();
  } else {
    codes = plan.own_buffer(layer.in_places * element_row_bytes(BOREAL_CUDA_CODE, layer.inputs));
    ranges = plan.own_buffer((share_range ? 1 : layer.in_places) * sizeof(BorealCudaCodes));
    BorealCudaStep& quantize = plan.step_to(codes, BOREAL_CUDA_QUANTIZE, "a range for each row");
    quantize.out_width = quantize.in_width[0];
    quantize.in[1] = ranges;
    quantize.n[0] = static_cast<int32_t>(layer.in_places);
    quantize.n[1] = share_range;
  }
  const std::optional<Int8Codes>& result = plan.op().codes;
  // Where readers cut a row in another way, or in several, numbers go between.
  const std::vector<size_t> ways = result ? plan.code_places() : std::vector<size_t>{};
  const bool direct = !result || (ways.size() == 1 &&
                                  same_rows(BOREAL_CUDA_CODE, plan.op().width, layer.out_places, ways[0]));
  const uint32_t out =
      direct ? plan.out_buffer() : plan.own_buffer(CudaStepWriter::bytes_of(plan.op().width));
  BorealCudaStep& step = add_product(plan, out, direct && result, given == nullptr ? nullptr : &shared);
  step.in[0] = codes;
  if (given == nullptr) step.in[1] = ranges;
  step.c[0] = add_weights(plan.arena(), layer, op.weights);
  step.c[1] = add_columns(plan.arena(), op.weights, op.scale, op.bias);
  if (direct && result) {
    step.x[0] = static_cast<double>(result->scale);
    step.x[1] = result->zero;
  }
  step.x[2] = share_range ? 1 : 0;
  if (!direct) add_quantize(plan, out, plan.op().width);
}

}  // namespace

void add_tensor_steps(CudaStepWriter& plan, const DenseOp& dense) {
  std::vector<float> bias(dense.bias.size);
  for (size_t j = 0; j < bias.size(); ++j) bias[j] = static_cast<float>(dense.bias[j]);
  add_numbers(plan, dense.weights, bias);
}

void add_tensor_steps(CudaStepWriter& plan, const LayerOp& op) {
  const TensorLayer& layer = *plan.tensor_layer();
  const size_t weights = layer.taps * layer.inputs * layer.outputs;
  std::vector<float> bias(layer.outputs, 0.0f);
  std::copy(op.parameters.begin() + weights, op.parameters.end(), bias.begin());
  add_numbers(plan, Span<float>{op.parameters.data, weights}, bias);
}

void add_cuda_steps(CudaStepWriter& plan, const QuantizeOp&) {
  add_quantize(plan, plan.buffer_of(plan.op().inputs[0]), plan.width());
}
void add_cuda_steps(CudaStepWriter& plan, const Int8DenseOp& dense) { add_codes(plan, dense, false); }
void add_cuda_steps(CudaStepWriter& plan, const Int8ConvOp& conv) { add_codes(plan, conv, true); }

}  // namespace boreal
