// The steps of ops that take more than a line each; those that have no kernel are refused by name.
#pragma once

#include "device/cuda_steps.h"

namespace boreal {

// Of cuda_ops.cc.
void add_cuda_steps(CudaStepWriter& plan, const ScaleOp& op);
void add_cuda_steps(CudaStepWriter& plan, const DrawOp& op);
void add_cuda_steps(CudaStepWriter& plan, const QuantileOp& op);
void add_cuda_steps(CudaStepWriter& plan, const LeafLinearOp& op);
void add_cuda_steps(CudaStepWriter& plan, const InterpolateOp& op);
void add_cuda_steps(CudaStepWriter& plan, const CouplingOp& op);
void add_cuda_steps(CudaStepWriter& plan, const NonNegativeOp& op);
void add_cuda_steps(CudaStepWriter& plan, const DivergenceOp& op);
[[noreturn]] void add_cuda_steps(CudaStepWriter& plan, const Int8ConvOp& op);

// Of cuda_neighbors.cc.
void add_cuda_steps(CudaStepWriter& plan, const NeighborsOp& op);
void add_cuda_steps(CudaStepWriter& plan, const NeighborImputeOp& op);

// Of cuda_layers.cc. Throws ERR_PLAN for a layer that does not fit its place.
void add_cuda_steps(CudaStepWriter& plan, const LayerOp& op);

}  // namespace boreal
