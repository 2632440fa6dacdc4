// Boosting between two trees, on one device: scores, gradients, leaf sums. What is summed in float64 is
// summed in the order in which the CPU does it, and the slopes of losses are the CPU's own code, without
// fused multiply-adds: all has its bits.
#pragma once

#include "cuda/tree_growth.cuh"
#include "device/boosting_slopes.h"

namespace boreal {
namespace cuda {

// What losses read and write: [rows], and [outputs, rows].
struct LossRows {
  LossKind kind;
  double parameter;
  uint32_t rows, outputs;
  const double *y, *weights;  // weights may be null
  const double* scores;
  float *gradients, *hessians;  // hessians are null where all are 1
};

// Launchers: kernels/boosting_loss.cu
void run_gradients(const LossRows& loss, cudaStream_t stream);
void run_loss_sums(const LossRows& loss, const BorealCudaParts& parts, double* sums, cudaStream_t stream);

// kernels/boosting_sums.cu
void run_ranges(const float* gradients, const float* hessians, uint32_t rows, const BorealCudaParts& parts,
                BorealCudaRange* ranges, cudaStream_t stream);
struct LeafTask {
  const uint32_t* rows;
  uint32_t count;
};
// partial: [parts, leaves, 2]; sums: [leaves, 2]
void run_leaf_sums(const LeafTask* leaves, uint32_t count, const float* gradients, const float* hessians,
                   const BorealCudaParts& parts, double* partial, double* sums, cudaStream_t stream);

// kernels/boosting_rows.cu
void run_quantize(const float* gradients, const float* hessians, uint32_t rows, double gradient_scale,
                  double hessian_scale, unsigned long long one, unsigned long long* packed,
                  cudaStream_t stream);
void run_add_values(const LeafTask* leaves, const double* values, uint32_t count, uint32_t most_rows,
                    double* scores, cudaStream_t stream);
struct WalkCall {
  const uint8_t* bins;  // [rows, stride]
  uint32_t rows, stride;
  const BorealCudaTreeNode* nodes;
  const unsigned long long* sets;  // [sets, 4]
  const double* values;
  double* scores;
};
void run_add_tree(const WalkCall& call, cudaStream_t stream);

class TreeLoss {
 public:
  TreeLoss(TreeGrowth* growth, const BorealCudaLoss& loss);

  void gradients();
  void ranges(uint32_t output, const BorealCudaParts& parts, BorealCudaRange* ranges);
  void quantize(uint32_t output, double gradient_scale, double hessian_scale, uint64_t one);
  void leaf_sums(uint32_t output, const BorealCudaSlice* slices, uint32_t count, const BorealCudaParts& parts,
                 double* sums);
  void add_values(uint32_t output, const BorealCudaSlice* slices, const double* values, uint32_t count);
  void add_tree(uint32_t output, const BorealCudaBinnedTree& tree);
  void loss_sums(const BorealCudaParts& parts, double* sums);
  void scores(double* scores);
  uint64_t memory_bytes() const;

 private:
  LossRows rows() const;
  const float* gradients_of(uint32_t output) const;
  const float* hessians_of(uint32_t output) const;  // null where all are 1
  double* scores_of(uint32_t output) const;
  // So many bytes of scratch on the device.
  unsigned char* scratch(size_t bytes);
  std::vector<LeafTask> tasks_of(const BorealCudaSlice* slices, uint32_t count) const;
  // Waits for all before it.
  template <typename T>
  void download(T* to, const T* from, size_t count) const {
    stream().download(to, from, count);
    stream().wait("computing a loss");
  }
  const Stream& stream() const { return growth_.stream(); }

  TreeGrowth& growth_;
  const LossKind kind_;
  const double parameter_;
  const uint32_t outputs_;
  DeviceMemory y_, weights_, scores_, gradients_, hessians_, scratch_;
};

}  // namespace cuda
}  // namespace boreal
