// Gradients and values of losses, by the CPU's own code. Floor: 16 bytes of score and target read and 8 of
// gradients written a row and output, and the float64 operations of an exponential, about 40, which are the
// larger part where a device has few units for them.
#include "cuda/launch.cuh"
#include "cuda/ordered_sums.cuh"
#include "cuda/tree_loss.cuh"

namespace boreal {
namespace cuda {
namespace {

// A loss of one output.
template <typename Loss>
struct OneOutput {
  Loss loss;

  __device__ void write_gradients(const LossRows& rows, uint32_t i) const {
    const boosting::Slope slope = loss.slope(rows.y[i], rows.scores[i]);
    if (rows.weights == nullptr) {
      rows.gradients[i] = static_cast<float>(slope.gradient);
      if (rows.hessians != nullptr) rows.hessians[i] = static_cast<float>(slope.hessian);
      return;
    }
    rows.gradients[i] = static_cast<float>(slope.gradient * rows.weights[i]);
    rows.hessians[i] = static_cast<float>(slope.hessian * rows.weights[i]);
  }
  __device__ double value(const LossRows& rows, uint32_t i) const {
    return loss.value(rows.y[i], rows.scores[i]);
  }
};

// Of every class; exponentials are computed twice, which costs less than keeping them.
struct EveryClass {
  __device__ boosting::SoftmaxRow row_of(const LossRows& rows, uint32_t i) const {
    return {rows.scores + i, rows.rows, rows.outputs};
  }
  __device__ double total_of(const boosting::SoftmaxRow& row, double greatest) const {
    double total = 0;
    for (size_t k = 0; k < row.classes; ++k) total += row.exp(k, greatest);
    return total;
  }
  __device__ void write_gradients(const LossRows& rows, uint32_t i) const {
    const boosting::SoftmaxRow row = row_of(rows, i);
    const double greatest = row.greatest(), total = total_of(row, greatest);
    const double weight = rows.weights == nullptr ? 1.0 : rows.weights[i];
    const uint32_t own = static_cast<uint32_t>(rows.y[i]);
    for (uint32_t k = 0; k < rows.outputs; ++k) {
      const boosting::Slope slope = row.slope(row.exp(k, greatest) / total, own == k);
      rows.gradients[size_t{k} * rows.rows + i] = static_cast<float>(slope.gradient * weight);
      rows.hessians[size_t{k} * rows.rows + i] = static_cast<float>(slope.hessian * weight);
    }
  }
  __device__ double value(const LossRows& rows, uint32_t i) const {
    const boosting::SoftmaxRow row = row_of(rows, i);
    const double greatest = row.greatest();
    return row.value(static_cast<uint32_t>(rows.y[i]), total_of(row, greatest), greatest);
  }
};

template <typename Loss>
__global__ __launch_bounds__(kThreads) void gradient_kernel(LossRows rows, Loss loss) {
  for (size_t i = first_element(); i < rows.rows; i += element_step()) {
    loss.write_gradients(rows, static_cast<uint32_t>(i));
  }
}

// A block for each part.
template <typename Loss>
__global__ __launch_bounds__(kThreads) void value_kernel(LossRows rows, Loss loss, uint32_t part_rows,
                                                         double* sums) {
  __shared__ double none;
  const uint32_t begin = blockIdx.x * part_rows;
  const uint32_t count = rows.rows - begin < part_rows ? rows.rows - begin : part_rows;
  const auto at = [&](uint32_t i, double* value, double* other) {
    const uint32_t row = begin + i;
    *value = (rows.weights == nullptr ? 1.0 : rows.weights[row]) * loss.value(rows, row);
    *other = 0;
  };
  ordered_sums(count, at, &sums[blockIdx.x], &none);
}

template <typename F>
void with_loss(const LossRows& rows, F f) {
  switch (rows.kind) {
    case LossKind::kSquaredError:
      return f(OneOutput<boosting::SquaredError>{});
    case LossKind::kHuber:
      return f(OneOutput<boosting::Huber>{{rows.parameter}});
    case LossKind::kPoisson:
      return f(OneOutput<boosting::Poisson>{});
    case LossKind::kGamma:
      return f(OneOutput<boosting::Gamma>{});
    case LossKind::kTweedie:
      return f(OneOutput<boosting::Tweedie>{{rows.parameter}});
    case LossKind::kLogistic:
      return f(OneOutput<boosting::Logistic>{});
    case LossKind::kSoftmax:
      return f(EveryClass{});
    default:
      throw Failure(cudaErrorInvalidValue, "a loss that this plug-in does not know");
  }
}

}  // namespace

void run_gradients(const LossRows& rows, cudaStream_t stream) {
  with_loss(rows, [&](auto loss) {
    launch(gradient_kernel<decltype(loss)>, grid_of(rows.rows), kThreads, 0, stream, rows, loss);
  });
}

void run_loss_sums(const LossRows& rows, const BorealCudaParts& parts, double* sums, cudaStream_t stream) {
  with_loss(rows, [&](auto loss) {
    launch(value_kernel<decltype(loss)>, dim3(parts.count), kThreads, 0, stream, rows, loss,
           static_cast<uint32_t>(parts.part_rows), sums);
  });
}

}  // namespace cuda
}  // namespace boreal
