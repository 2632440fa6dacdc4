// Rows that stay on the device while an algorithm of the host asks things of them: sums of their products,
// and their nearest centres. Only one thread may use them at a time.
#pragma once

#include <cuda_runtime.h>

#include <vector>

#include "cuda/memory.cuh"
#include "cuda/stream.cuh"
#include "device/cuda_training_api.h"

namespace boreal {
namespace cuda {

// ---- kernels/resident_rows.cu ----

// partial[z] = the sum over the z-th range of rows of x[row]' b[row], [cols, n].
struct CrossCall {
  const float *x, *b;
  uint64_t rows;
  uint32_t cols, n;
  uint64_t first;  // of the rows of this launch
  uint32_t range;  // rows that are added up in float32
  bool symmetric;  // b is x: what stands below the diagonal is left out
  float* partial;
};
void run_cross(const CrossCall& call, uint32_t splits, cudaStream_t stream);

// out = x b, [rows, n].
struct TimesCall {
  const float *x, *b;
  uint64_t rows;
  uint32_t cols, n;
  float* out;
};
void run_times(const TimesCall& call, cudaStream_t stream);

// ---- kernels/clusters.cu ----

struct AssignCall {
  const float *x, *centres;
  uint64_t rows;
  uint32_t cols, clusters;
  int32_t* labels;  // in and out
  float* distances;
  int32_t* moved;  // becomes 1 when a label changes
};
void run_assign(const AssignCall& call, cudaStream_t stream);

// partial[part, cluster, cols + 1]: sums of the rows of each cluster and of their weights, in float64.
struct ClusterSumsCall {
  const float* x;
  const int32_t* labels;
  const double* weights;  // null: all 1
  uint64_t rows, range;   // rows of a part
  uint32_t cols, clusters, parts;
  double* partial;
  double* sums;  // [cluster, cols + 1]
};
// Parts of so many rows, and their range; the same on every device.
void plan_cluster_sums(ClusterSumsCall* call);
void run_cluster_sums(const ClusterSumsCall& call, cudaStream_t stream);

// ---- resident_rows.cu ----

class ResidentRows {
 public:
  ResidentRows(int device, uint64_t rows, uint32_t cols);
  ~ResidentRows();
  ResidentRows(const ResidentRows&) = delete;
  ResidentRows& operator=(const ResidentRows&) = delete;

  void put(uint64_t first, uint64_t count, const float* values);
  void weigh(const double* weights);
  void gram(double* out);
  void times(const float* b, uint32_t n, float* out);
  void transposed_times(const float* b, uint32_t n, double* out);
  void assign(const float* centres, uint32_t clusters, bool fresh, double* sums, int32_t* moved);
  void labels(int32_t* labels, float* distances);

 private:
  void add_clusters(uint32_t clusters, double* sums);
  void cross(const float* b, uint32_t n, bool symmetric, double* out);
  template <typename T>
  T* grown(DeviceMemory* memory, uint64_t count);
  void wait() { stream_.wait("computing with rows"); }

  const int device_;
  const uint64_t rows_;
  const uint32_t cols_;
  DeviceMemory x_, weights_, labels_, distances_;
  DeviceMemory operand_, partial_, result_, moved_;  // of calls, kept for the next
  Stream stream_;
};

}  // namespace cuda
}  // namespace boreal
