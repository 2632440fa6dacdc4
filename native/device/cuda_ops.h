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

// Of cuda_neighbors.cc.
void add_cuda_steps(CudaStepWriter& plan, const NeighborsOp& op);
void add_cuda_steps(CudaStepWriter& plan, const NeighborImputeOp& op);

// Of cuda_tensor_layers.cc: ops that tensor cores multiply, float32 ones only where plan.tensor_layer() says
// so.
void add_tensor_steps(CudaStepWriter& plan, const DenseOp& op);
void add_tensor_steps(CudaStepWriter& plan, const LayerOp& op);
void add_cuda_steps(CudaStepWriter& plan, const QuantizeOp& op);
void add_cuda_steps(CudaStepWriter& plan, const Int8DenseOp& op);
void add_cuda_steps(CudaStepWriter& plan, const Int8ConvOp& op);

// Of cuda_layers.cc. Throws ERR_PLAN for a layer that does not fit its place.
void add_cuda_steps(CudaStepWriter& plan, const LayerOp& op);

}  // namespace boreal
