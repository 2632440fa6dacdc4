// What the optimizer does to the parameters, with the gradient's partial sums added up, penalties and
// clipping on the way: parameters and state are read and written once. The arithmetic is that of
// kernels/generic/neural_update.inl.h, rounded the same, so that equal gradients give equal bits. Floor: with
// Adam 28 bytes a parameter, and 4 for each partial sum.
#include "cuda/launch.cuh"
#include "cuda/math.cuh"
#include "cuda/network_kernels.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {
namespace {

struct Optimised {
  float w, s0, s1, s2;
};

__device__ float root_of(const UpdateCall& call, float v) {
  return call.epsilon_in_root ? sqrtf(v + call.epsilon) : sqrtf(v) + call.epsilon;
}

__device__ float rmsprop(const UpdateCall& call, const float* c, float g, Optimised* p) {
  const bool centred =
      call.kind == UpdateKind::kRmspropCentred || call.kind == UpdateKind::kRmspropCentredMomentum;
  p->s0 = c[0] * p->s0 + c[1] * (g * g);
  float variance = p->s0;
  if (centred) {
    p->s2 = c[0] * p->s2 + c[1] * g;
    variance = p->s0 - p->s2 * p->s2;
    variance = variance > 0 ? variance : 0.0f;
  }
  const float step = c[2] * g / root_of(call, variance);
  if (call.kind != UpdateKind::kRmspropMomentum && call.kind != UpdateKind::kRmspropCentredMomentum) {
    return p->w - step;
  }
  p->s1 = c[3] * p->s1 + step;
  return p->w - c[5] * p->s1;
}

__device__ void optimise(const UpdateCall& call, const BorealCudaTrainStep& step, float g, Optimised* p) {
  const float* const c = step.c;
  if (step.shrink != 1.0f) p->w *= step.shrink;
  switch (call.kind) {
    case UpdateKind::kPlain:
      p->w += c[1] * g;
      return;
    case UpdateKind::kMomentum:
      p->s0 = c[0] * p->s0 + c[1] * g;
      p->w += c[2] * p->s0 + c[3] * g;
      return;
    case UpdateKind::kAdagrad:
      p->s0 += g * g;
      p->w -= c[2] * g / root_of(call, p->s0);
      return;
    case UpdateKind::kAdam:
    case UpdateKind::kAmsgrad: {
      p->s0 = c[0] * p->s0 + c[1] * g;
      p->s1 = c[2] * p->s1 + c[3] * (g * g);
      float squares = p->s1;
      if (call.kind == UpdateKind::kAmsgrad) {
        squares = p->s2 > squares ? p->s2 : squares;
        p->s2 = squares;
      }
      p->w -= c[5] * p->s0 / (sqrtf(squares) * c[6] + call.epsilon);
      return;
    }
    default:
      p->w = rmsprop(call, c, g, p);
  }
}

__device__ const Segment& segment_of_block(const UpdateCall& call, uint32_t* index) {
  uint32_t s = 0;
  while (s + 1 < call.segment_count && call.segments[s + 1].first_block <= blockIdx.x) ++s;
  *index = s;
  return call.segments[s];
}

// Of the i-th parameter of a segment, penalty included; adds what that weighs.
__device__ float gradient_of(const UpdateCall& call, const Segment& segment, double divisor, size_t i,
                             float w, double* penalty) {
  const float* const partial = call.partials + segment.partial + i;
  float g = partial[0];
  // Loads are under way together; the sum keeps its order.
#pragma unroll 16
  for (uint32_t s = 1; s < segment.splits; ++s) g += partial[s * segment.stride];
  if (segment.l1 != 0 || segment.l2 != 0) {
    const float l1 = static_cast<float>(segment.l1 / divisor), l2 = static_cast<float>(segment.l2 / divisor);
    g = l1 == 0 ? g + 2 * l2 * w : g + (l1 * sign(w) + 2 * l2 * w);
    *penalty += static_cast<double>(l1) * static_cast<double>(fabsf(w)) +
                static_cast<double>(l2) * static_cast<double>(w) * static_cast<double>(w);
  }
  if (call.clip_value > 0) {
    const float most = static_cast<float>(call.clip_value);
    g = g > most ? most : g < -most ? -most : g;
  }
  return g;
}

// body(i) for each parameter of the block's share of a segment.
template <typename Body>
__device__ void each_parameter(const Segment& segment, const Body& body) {
  const size_t begin = size_t{blockIdx.x - segment.first_block} * kThreads * segment.each;
  for (uint32_t k = 0; k < segment.each; ++k) {
    const size_t i = begin + size_t{k} * kThreads + threadIdx.x;
    if (i < segment.count) body(i);
  }
}

// The whole gradient, for norms of it.
__global__ void gradient_sums_kernel(UpdateCall call) {
  const BorealCudaTrainStep step = call.clock.after();
  uint32_t index;
  const Segment& segment = segment_of_block(call, &index);
  double penalty = 0, squares = 0;
  if (step.rows > 0) {
    each_parameter(segment, [&](size_t i) {
      const size_t at = segment.offset + i;
      const float g = gradient_of(call, segment, step.penalty_divisor, i, call.w[at], &penalty);
      call.gradient[at] = g;
      squares += static_cast<double>(g) * static_cast<double>(g);
    });
  }
  squares = sum_of_block<kThreads>(squares);
  penalty = sum_of_block<kThreads>(penalty);
  if (threadIdx.x == 0) call.squares[blockIdx.x] = squares, call.penalties[blockIdx.x] = penalty;
}

// What brings each segment's gradient, or that of all together, within its norm. One block, a thread a
// segment: there are few.
__global__ void scales_kernel(UpdateCall call) {
  const double most = call.clip_global_norm > 0 ? call.clip_global_norm : call.clip_norm;
  for (uint32_t s = threadIdx.x; s < call.segment_count; s += blockDim.x) {
    const bool whole = call.clip_global_norm > 0, last = s + 1 == call.segment_count;
    const uint32_t begin = whole ? 0 : call.segments[s].first_block;
    const uint32_t end = whole || last ? call.block_count : call.segments[s + 1].first_block;
    double total = 0;
    for (uint32_t block = begin; block < end; ++block) total += call.squares[block];
    const double norm = sqrt(total);
    call.scales[s] = static_cast<float>(norm > most ? most / norm : 1);
  }
}

template <bool kByNorm>
__global__ void update_kernel(UpdateCall call) {
  const BorealCudaTrainStep step = call.clock.after();
  uint32_t index;
  const Segment& segment = segment_of_block(call, &index);
  if (step.rows == 0) return;  // for the whole block
  double penalty = 0;
  each_parameter(segment, [&](size_t i) {
    const size_t at = segment.offset + i;
    const float g = kByNorm ? call.scales[index] * call.gradient[at]
                            : gradient_of(call, segment, step.penalty_divisor, i, call.w[at], &penalty);
    Optimised p{call.w[at], 0, 0, 0};
    if (call.s0 != nullptr) p.s0 = call.s0[at];
    if (call.s1 != nullptr) p.s1 = call.s1[at];
    if (call.s2 != nullptr) p.s2 = call.s2[at];
    optimise(call, step, g, &p);
    call.w[at] = p.w;
    if (call.s0 != nullptr) call.s0[at] = p.s0;
    if (call.s1 != nullptr) call.s1[at] = p.s1;
    if (call.s2 != nullptr) call.s2[at] = p.s2;
  });
  if constexpr (!kByNorm) {
    penalty = sum_of_block<kThreads>(penalty);
    if (threadIdx.x == 0) call.penalties[blockIdx.x] = penalty;
  }
}

}  // namespace

uint32_t blocks_of(uint64_t parameters, uint32_t each) {
  const uint64_t own = uint64_t{kThreads} * each;
  return static_cast<uint32_t>((parameters + own - 1) / own);
}

void run_update(const UpdateCall& call, cudaStream_t stream) {
  const dim3 grid(call.block_count);
  if (call.clip_norm <= 0 && call.clip_global_norm <= 0) {
    launch(update_kernel<false>, grid, kThreads, 0, stream, call);
    return;
  }
  launch(gradient_sums_kernel, grid, kThreads, 0, stream, call);
  launch(scales_kernel, dim3(1), 32, 0, stream, call);
  launch(update_kernel<true>, grid, kThreads, 0, stream, call);
}

}  // namespace cuda
}  // namespace boreal
