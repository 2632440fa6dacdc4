#include "device/cuda_ops.h"

#include <algorithm>

namespace boreal {

void add_cuda_steps(CudaStepWriter& plan, const ScaleOp& op) {
  BorealCudaStep& step = plan.step_for(BOREAL_CUDA_SCALE);
  step.c[0] = plan.arena().add_floats(op.factor);
  step.c[1] = plan.arena().add_floats(op.term);
  step.n[0] = static_cast<int32_t>(op.factor.size);
}

void add_cuda_steps(CudaStepWriter& plan, const DrawOp& op) {
  plan.step_for(BOREAL_CUDA_DRAW).n[0] = static_cast<int32_t>(static_cast<uint32_t>(op.seed));
}

void add_cuda_steps(CudaStepWriter& plan, const QuantileOp& op) {
  std::vector<BorealCudaQuantile> quantiles;
  const size_t last = plan.width() - 1;
  for (const double p : op.probabilities) {
    const double position = p * static_cast<double>(last);
    const uint32_t below = static_cast<uint32_t>(position);
    quantiles.push_back({below, static_cast<uint32_t>(std::min<size_t>(below + 1, last)), position - below});
  }
  plan.step_for(BOREAL_CUDA_QUANTILE, std::to_string(quantiles.size()) + " quantiles").c[0] =
      plan.arena().add(quantiles);
  plan.add_flops(64 * static_cast<double>(plan.width() * quantiles.size()));
}

void add_cuda_steps(CudaStepWriter& plan, const LeafLinearOp& op) {
  std::vector<BorealCudaLeafModel> leaves;
  for (size_t l = 0; l < op.intercept.size; ++l) {
    leaves.push_back({op.intercept[l], op.otherwise[l], static_cast<uint32_t>(op.offsets[l]),
                      static_cast<uint32_t>(op.offsets[l + 1])});
  }
  BorealCudaStep& step = plan.step_for(BOREAL_CUDA_LEAF_LINEAR, std::to_string(leaves.size()) + " leaves");
  step.c[0] = plan.arena().add(leaves);
  step.c[1] = plan.arena().add(op.features.data, op.features.size);
  step.c[2] = plan.arena().add(op.coefficients.data, op.coefficients.size);
  step.n[0] = static_cast<int32_t>(leaves.size());
  const double each =
      static_cast<double>(op.coefficients.size) / static_cast<double>(std::max<size_t>(1, leaves.size()));
  plan.add_flops(static_cast<double>(plan.width(1)) * (10 + 4 * each));
}

void add_cuda_steps(CudaStepWriter& plan, const InterpolateOp& op) {
  BorealCudaStep& step = plan.step_for(BOREAL_CUDA_INTERPOLATE, std::to_string(op.x.size) + " points");
  step.c[0] = plan.arena().add(op.offsets.data, op.offsets.size);
  step.c[1] = plan.arena().add_floats(op.x);
  step.c[2] = plan.arena().add_floats(op.y);
  step.n[0] = static_cast<int32_t>(op.outside);
}

void add_cuda_steps(CudaStepWriter& plan, const CouplingOp& op) {
  plan.step_for(BOREAL_CUDA_COUPLING, std::to_string(op.classes) + " classes");
  // Some ten rounds.
  plan.add_flops(80 * static_cast<double>(op.classes) * static_cast<double>(op.classes));
}

void add_cuda_steps(CudaStepWriter& plan, const NonNegativeOp& op) {
  const size_t width = plan.width();
  const uint32_t room = plan.own_buffer(CudaStepWriter::bytes_of(2 * width));
  BorealCudaStep& step = plan.step_for(BOREAL_CUDA_NON_NEGATIVE, std::to_string(op.rounds) + " rounds");
  step.in[1] = room;
  step.c[0] = plan.arena().add_floats(op.gram);
  step.x[0] = op.tolerance[0];
  step.n[0] = static_cast<int32_t>(op.rounds);
  plan.add_flops(40 * static_cast<double>(width) * static_cast<double>(width));
}

void add_cuda_steps(CudaStepWriter& plan, const DivergenceOp& op) {
  const size_t width = plan.width();
  std::vector<double> sums(op.outputs, 0);
  for (size_t k = 0; k < op.parts.size; ++k) sums[k / width] += op.parts[k];
  BorealCudaStep& check = plan.step_for(BOREAL_CUDA_CHECK, "not below 0");
  check.n[0] = BOREAL_CUDA_CHECK_DIVERGENCE;
  check.n[1] = op.beta() <= 0;
  const uint32_t room = plan.own_buffer((2 * width + op.outputs) * sizeof(double));
  BorealCudaStep& step = plan.step_for(BOREAL_CUDA_DIVERGENCE, std::to_string(op.rounds) + " rounds");
  step.in[1] = room;
  step.c[0] = plan.arena().add(op.parts.data, op.parts.size);
  step.c[1] = plan.arena().add(sums);
  step.c[2] = plan.arena().add(op.settings.data, op.settings.size);
  step.n[0] = static_cast<int32_t>(op.rounds);
  // A few dozen rounds, as on the CPU, in float64.
  plan.add_flops(300 * static_cast<double>(op.parts.size));
}

}  // namespace boreal
