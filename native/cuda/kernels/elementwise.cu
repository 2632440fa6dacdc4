// Steps that make each value of one value at the same place: no thread reads what another writes, so that
// they may work in place.
#include "cuda/activation.cuh"
#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

__global__ void impute_kernel(const float* x, const float* fill, float* y, size_t count, uint32_t width) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    y[i] = isnan(x[i]) ? fill[i % width] : x[i];
  }
}

__global__ void affine_kernel(const float* x, const float* shift, const float* scale, float* y, size_t count,
                              uint32_t width) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t column = i % width;
    y[i] = (x[i] - shift[column]) / scale[column];
  }
}

__global__ void unary_kernel(Unary function, const float* x, float* y, size_t count) {
  for (size_t i = first_element(); i < count; i += element_step()) y[i] = apply(function, x[i]);
}

// An operand: the element of row i and column j is data[i * row_step + j * col_step].
struct CudaOperand {
  const float* data;
  uint32_t row_step, col_step;
};
__global__ void binary_kernel(int function, CudaOperand a, CudaOperand b, float* y, size_t count,
                              uint32_t width) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = i / width, column = i % width;
    y[i] = apply(function, a.data[row * a.row_step + column * a.col_step],
                 b.data[row * b.row_step + column * b.col_step]);
  }
}

__global__ void select_kernel(const float* condition, const float* a, const float* b, float* y,
                              size_t count) {
  for (size_t i = first_element(); i < count; i += element_step()) y[i] = condition[i] != 0 ? a[i] : b[i];
}

__global__ void constant_kernel(const float* values, float* y, size_t count, uint32_t width) {
  for (size_t i = first_element(); i < count; i += element_step()) y[i] = values[i % width];
}

__global__ void scale_kernel(const float* x, const float* factor, const float* term, float* y, size_t count,
                             uint32_t channels) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t channel = i % channels;
    y[i] = x[i] * factor[channel] + term[channel];
  }
}

__global__ void activate_kernel(Activation function, float a, const float* x, float* y, size_t count) {
  for (size_t i = first_element(); i < count; i += element_step()) y[i] = activate(function, a, x[i]);
}

size_t elements(const StepCall& call) { return size_t{call.rows} * call.step.out_width; }

CudaOperand operand(const StepCall& call, int k) {
  const uint32_t width = call.step.in_width[k];
  return {call.in(k), width, width == 1 ? 0u : 1u};
}

}  // namespace

void run_impute(const StepCall& call) {
  launch(impute_kernel, grid_of(elements(call)), kThreads, 0, call.stream, call.in(0),
         call.constant<float>(0), call.out(), elements(call), call.step.out_width);
}

void run_affine(const StepCall& call) {
  launch(affine_kernel, grid_of(elements(call)), kThreads, 0, call.stream, call.in(0),
         call.constant<float>(0), call.constant<float>(1), call.out(), elements(call), call.step.out_width);
}

void run_unary(const StepCall& call) {
  launch(unary_kernel, grid_of(elements(call)), kThreads, 0, call.stream, static_cast<Unary>(call.step.n[0]),
         call.in(0), call.out(), elements(call));
}

void run_binary(const StepCall& call) {
  const CudaOperand b = call.step.n[1] == 2 ? operand(call, 1) : CudaOperand{call.constant<float>(0), 0, 1};
  launch(binary_kernel, grid_of(elements(call)), kThreads, 0, call.stream, call.step.n[0], operand(call, 0),
         b, call.out(), elements(call), call.step.out_width);
}

void run_select(const StepCall& call) {
  launch(select_kernel, grid_of(elements(call)), kThreads, 0, call.stream, call.in(0), call.in(1), call.in(2),
         call.out(), elements(call));
}

void run_constant(const StepCall& call) {
  launch(constant_kernel, grid_of(elements(call)), kThreads, 0, call.stream, call.constant<float>(0),
         call.out(), elements(call), call.step.out_width);
}

void run_scale(const StepCall& call) {
  launch(scale_kernel, grid_of(elements(call)), kThreads, 0, call.stream, call.in(0), call.constant<float>(0),
         call.constant<float>(1), call.out(), elements(call), call.step.n[0]);
}

void run_activate(const StepCall& call) {
  launch(activate_kernel, grid_of(elements(call)), kThreads, 0, call.stream,
         static_cast<Activation>(call.step.n[0]), static_cast<float>(call.step.x[0]), call.in(0), call.out(),
         elements(call));
}

}  // namespace cuda
}  // namespace boreal
