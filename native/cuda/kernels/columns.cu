// Steps that judge, move or recode columns.
#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/refuse.cuh"
#include "cuda/sorted.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

// Why the rule refuses a value; -1: it doesn't.
__device__ int reason_against(int rule, bool needs_positive, float value) {
  if (rule == BOREAL_CUDA_CHECK_DISTANCES) return value < 0 ? BOREAL_CUDA_IS_NEGATIVE : -1;
  if (rule == BOREAL_CUDA_CHECK_DIVERGENCE) {
    return value > 0 || (value == 0 && !needs_positive) ? -1 : BOREAL_CUDA_IS_BELOW;
  }
  if (isnan(value)) return rule == 0 ? BOREAL_CUDA_IS_NAN : -1;
  return isinf(value) ? BOREAL_CUDA_IS_INFINITE : -1;
}

__global__ void check_kernel(const float* x, size_t count, uint32_t width, int rule, bool needs_positive,
                             int op, Refusal* refusal) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const int reason = reason_against(rule, needs_positive, x[i]);
    if (reason >= 0) refuse(refusal, i / width, op, static_cast<uint32_t>(i % width), reason);
  }
}

__global__ void gather_kernel(const float* x, const uint32_t* columns, float* y, size_t count, uint32_t width,
                              uint32_t input_width) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    y[i] = x[i / width * input_width + columns[i % width]];
  }
}

__global__ void place_kernel(const float* x, float* y, size_t count, uint32_t width, uint32_t out_width,
                             uint32_t first) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    y[i / width * out_width + first + i % width] = x[i];
  }
}

// Index of the value among sorted ones, a NaN last if present; -1 if it is not there.
__device__ int code_of(const float* values, int count, float value) {
  const bool has_nan = count > 0 && isnan(values[count - 1]);
  if (isnan(value)) return has_nan ? count - 1 : -1;
  const int end = has_nan ? count - 1 : count;
  const int first = static_cast<int>(count_below(values, static_cast<uint32_t>(end), value));
  return first < end && values[first] == value ? first : -1;
}

__global__ void category_kernel(const float* x, const int* offsets, const float* values, float* y,
                                size_t count, uint32_t width, bool reject, int op, Refusal* refusal) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const uint32_t column = static_cast<uint32_t>(i % width);
    const int begin = offsets[column];
    const int code = code_of(values + begin, offsets[column + 1] - begin, x[i]);
    if (code < 0 && reject) refuse(refusal, i / width, op, column, BOREAL_CUDA_UNKNOWN_CATEGORY);
    y[i] = static_cast<float>(code);
  }
}

struct OneHotColumn {
  int input, code;
};
__global__ void one_hot_kernel(const float* x, const OneHotColumn* columns, float* y, size_t count,
                               uint32_t width, uint32_t input_width) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const OneHotColumn column = columns[i % width];
    y[i] = x[i / width * input_width + column.input] == static_cast<float>(column.code) ? 1.0f : 0.0f;
  }
}

__global__ void lookup_kernel(const float* x, const int* offsets, const float* values, const float* otherwise,
                              float* y, size_t count, uint32_t width) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t column = i % width;
    const int begin = offsets[column], size = offsets[column + 1] - begin;
    const float code = x[i];
    const bool is_code = code >= 0 && code < static_cast<float>(size) && truncf(code) == code;
    y[i] = is_code ? values[begin + static_cast<int>(code)] : otherwise[column];
  }
}

// Linear between the points next to value, which is cut off at the first and last.
__device__ float between(const float* x, const float* y, int last, float value) {
  if (isnan(value)) return value;
  if (value <= x[0]) return y[0];
  if (value >= x[last]) return y[last];
  int below = 0, above = last;  // x[below] < value <= x[above]
  while (above - below > 1) {
    const int middle = below + (above - below) / 2;
    if (x[middle] < value) {
      below = middle;
    } else {
      above = middle;
    }
  }
  const float share = (value - x[below]) / (x[above] - x[below]);
  return y[below] + share * (y[above] - y[below]);
}

__global__ void interpolate_kernel(const float* in, const int* offsets, const float* x, const float* y,
                                   float* out, size_t count, uint32_t width, int outside, int op,
                                   Refusal* refusal) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const uint32_t column = static_cast<uint32_t>(i % width);
    const int begin = offsets[column], last = offsets[column + 1] - begin - 1;
    const float value = in[i];
    const bool beyond = last > 0 && (value < x[begin] || value > x[begin + last]);
    if (beyond && outside == BOREAL_CUDA_OUTSIDE_REJECT)
      refuse(refusal, i / width, op, column, BOREAL_CUDA_OUT_OF_RANGE);
    out[i] = beyond && outside == BOREAL_CUDA_OUTSIDE_NAN ? quiet_nan()
                                                          : between(x + begin, y + begin, last, value);
  }
}

__global__ void embedding_kernel(const float* in, const float* table, float* out, size_t count,
                                 uint32_t inputs, uint32_t width, int entries, int op, Refusal* refusal) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t place = i / width;
    const float entry = in[place];
    const bool known = entry >= 0 && entry < static_cast<float>(entries) && truncf(entry) == entry;
    if (!known) {
      refuse(refusal, place / inputs, op, static_cast<uint32_t>(place % inputs), BOREAL_CUDA_NO_ENTRY);
      continue;
    }
    out[i] = table[static_cast<size_t>(entry) * width + i % width];
  }
}

size_t elements(const StepCall& call, uint32_t width) { return size_t{call.rows} * width; }

}  // namespace

void run_check(const StepCall& call) {
  const size_t count = elements(call, call.step.in_width[0]);
  launch(check_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), count, call.step.in_width[0],
         call.step.n[0], call.step.n[1] != 0, call.step.op, call.refusal);
}

void run_gather(const StepCall& call) {
  const size_t count = elements(call, call.step.out_width);
  launch(gather_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<uint32_t>(0),
         call.out(), count, call.step.out_width, call.step.in_width[0]);
}

void run_place(const StepCall& call) {
  const size_t count = elements(call, call.step.in_width[0]);
  launch(place_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.out(), count,
         call.step.in_width[0], call.step.out_width, call.step.n[0]);
}

void run_category(const StepCall& call) {
  const size_t count = elements(call, call.step.out_width);
  launch(category_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<int>(0),
         call.constant<float>(1), call.out(), count, call.step.out_width, call.step.n[0] != 0, call.step.op,
         call.refusal);
}

void run_one_hot(const StepCall& call) {
  const size_t count = elements(call, call.step.out_width);
  launch(one_hot_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<OneHotColumn>(0),
         call.out(), count, call.step.out_width, call.step.in_width[0]);
}

void run_lookup(const StepCall& call) {
  const size_t count = elements(call, call.step.out_width);
  launch(lookup_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<int>(0),
         call.constant<float>(1), call.constant<float>(2), call.out(), count, call.step.out_width);
}

void run_interpolate(const StepCall& call) {
  const size_t count = elements(call, call.step.out_width);
  launch(interpolate_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<int>(0),
         call.constant<float>(1), call.constant<float>(2), call.out(), count, call.step.out_width,
         call.step.n[0], call.step.op, call.refusal);
}

void run_embedding(const StepCall& call) {
  const size_t count = elements(call, call.step.out_width);
  const uint32_t inputs = call.step.in_width[0];
  launch(embedding_kernel, grid_of(count), kThreads, 0, call.stream, call.in(0), call.constant<float>(0),
         call.out(), count, inputs, call.step.out_width / inputs, call.step.n[0], call.step.op, call.refusal);
}

}  // namespace cuda
}  // namespace boreal
