// Steps that solve a small problem for each row by iteration. Sums run in the order of the CPU's, so that a
// row stops after as many rounds and has the same bits there.
#include "cuda/rows.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

// ---- Pairwise coupling: device/cpu_coupling.h has the algorithm -----------------------------------

// A row of `classes` by kLanes lanes, which share out its classes: each sum belongs to one lane, and what all
// need is computed by all.
template <int kLanes>
class Coupling {
 public:
  __device__ Coupling(const float* pairs, float* memory, float* p, int classes, int lane)
      : pairs_(pairs), diagonal_(memory), qp_(memory + classes), p_(p), k_(classes), lane_(lane) {}

  __device__ void solve() {
    for (int a = lane_; a < k_; a += kLanes) {
      float sum = 0;
      for (int b = 0; b < k_; ++b) {
        if (b != a) sum += against(a, b) * against(a, b);
      }
      diagonal_[a] = sum;
      p_[a] = 1 / static_cast<float>(k_);
    }
    meet();
    const float enough = 0.005f / static_cast<float>(k_);
    const int rounds = k_ > 100 ? k_ : 100;
    for (int round = 0; round < rounds; ++round) {
      for (int a = lane_; a < k_; a += kLanes) {
        float sum = 0;
        for (int b = 0; b < k_; ++b) sum += q(a, b) * p_[b];
        qp_[a] = sum;
      }
      meet();
      float pqp = 0, worst = 0;
      for (int a = 0; a < k_; ++a) pqp += p_[a] * qp_[a];
      for (int a = 0; a < k_; ++a) worst = worst < fabsf(qp_[a] - pqp) ? fabsf(qp_[a] - pqp) : worst;
      if (worst < enough) return;
      for (int a = 0; a < k_; ++a) {
        const float step = (pqp - qp_[a]) / diagonal_[a], shrink = 1 + step;
        const float before = qp_[a];
        meet();  // all have read what changes now
        pqp = (pqp + step * (step * diagonal_[a] + 2 * before)) / shrink / shrink;
        for (int b = lane_; b < k_; b += kLanes) {
          qp_[b] = (qp_[b] + step * q(a, b)) / shrink;
          p_[b] = (b == a ? p_[b] + step : p_[b]) / shrink;
        }
        meet();
      }
    }
  }

 private:
  __device__ void meet() const {
    if (kLanes > 1) __syncwarp();
  }
  // P(b | a or b).
  __device__ float against(int a, int b) const {
    const int low = a < b ? a : b, high = a < b ? b : a;
    const float of_low = pairs_[static_cast<size_t>(low) * (2 * k_ - low - 1) / 2 + (high - low - 1)];
    return a < b ? 1 - of_low : of_low;
  }
  __device__ float q(int a, int b) const { return a == b ? diagonal_[a] : -(against(a, b) * against(b, a)); }

  const float* pairs_;
  float *diagonal_, *qp_, *p_;
  int k_, lane_;
};

template <int kLanes>
__global__ void coupling_kernel(const float* x, float* y, uint32_t rows, uint32_t width, int classes) {
  float* const memory =
      reinterpret_cast<float*>(shared_bytes()) + threadIdx.x / kLanes * static_cast<size_t>(2 * classes);
  const size_t step = element_step() / kLanes;
  for (size_t row = first_element() / kLanes; row < rows; row += step) {
    Coupling<kLanes>(x + row * width, memory, y + row * classes, classes,
                     static_cast<int>(threadIdx.x % kLanes))
        .solve();
  }
}

constexpr int kFewClasses = 8;      // of which a thread takes a row
constexpr unsigned kCoupling = 64;  // threads of a block: two warps of 1024 classes need 16 KB

// ---- Non-negative least squares: linalg/non_negative.h -----------------------------------------------

// A thread takes a row, whose numbers lie `stride` apart so that those of a warp lie together; all read the
// same number of the Gram matrix at a time.
__global__ void non_negative_kernel(const float* x, float* memory, float* y, uint32_t rows, uint32_t capacity,
                                    int width, const float* gram, float tolerance, int rounds) {
  const size_t stride = capacity;
  for (size_t row = first_element(); row < rows; row += element_step()) {
    float* const b = memory + row;
    float* const w = b + width * stride;
    for (int t = 0; t < width; ++t) {
      b[t * stride] = x[row * width + t];
      w[t * stride] = 0;
    }
    float first = 0;
    for (int round = 0; round < rounds; ++round) {
      float violation = 0;
      for (int t = 0; t < width; ++t) {
        const float* const g = gram + static_cast<size_t>(t) * width;
        float gradient = 0.0f - b[t * stride];
        for (int r = 0; r < width; ++r) gradient += g[r] * w[r * stride];
        const float now = w[t * stride], hessian = g[t];
        violation += fabsf(now == 0 ? (gradient < 0 ? gradient : 0.0f) : gradient);
        if (hessian == 0) continue;
        const float next = now - gradient / hessian;
        w[t * stride] = next < 0 ? 0.0f : next;
      }
      if (round == 0) first = violation;
      if (!(violation > tolerance * first)) break;
    }
    for (int t = 0; t < width; ++t) y[row * width + t] = w[t * stride];
  }
}

}  // namespace

void run_coupling(const StepCall& call) {
  const int classes = static_cast<int>(call.step.out_width);
  const size_t row_bytes = 2 * static_cast<size_t>(classes) * sizeof(float);
  if (classes <= kFewClasses) {
    launch(coupling_kernel<1>, grid_of(call.rows, kCoupling), kCoupling, kCoupling * row_bytes, call.stream,
           call.in(0), call.out(), call.rows, call.step.in_width[0], classes);
    return;
  }
  launch(coupling_kernel<kWarp>, grid_of(size_t{call.rows} * kWarp, kCoupling), kCoupling,
         kCoupling / kWarp * row_bytes, call.stream, call.in(0), call.out(), call.rows, call.step.in_width[0],
         classes);
}

void run_non_negative(const StepCall& call) {
  launch(non_negative_kernel, grid_of(call.rows, 64), 64, 0, call.stream, call.in(0),
         static_cast<float*>(call.buffers[call.step.in[1]]), call.out(), call.rows, call.capacity,
         static_cast<int>(call.step.in_width[0]), call.constant<float>(0), static_cast<float>(call.step.x[0]),
         call.step.n[0]);
}

}  // namespace cuda
}  // namespace boreal
