/* The part of cuda_api.h that grows trees of histogram boosting on a GPU. The core decides what is split and
 * finds the splits; the device holds the bins, the gradients and the rows of the nodes. One thread at a time
 * may use a handle. Functions that can fail return as those of cuda_api.h do.
 */
#ifndef BOREAL_DEVICE_CUDA_TREE_TRAINING_API_H
#define BOREAL_DEVICE_CUDA_TREE_TRAINING_API_H

#include "device/cuda_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct BorealCudaTrees BorealCudaTrees;

/* A training set as train/hist_bins.h has it. */
typedef struct BorealCudaBins {
  const uint8_t* by_row;    /* [rows, stride], stride >= cols; copied */
  const uint8_t* by_column; /* [cols, rows]; copied */
  uint64_t rows;            /* < 2^31 */
  uint32_t cols, stride;
  uint32_t slots; /* of a column's histogram, at most 272 */
  int32_t counts; /* 1: histograms count rows, too */
  uint32_t most;  /* slices or splits in a call */
} BorealCudaBins;

/* The rows of a node, ascending: a slice of one of two arrays. */
typedef struct BorealCudaSlice {
  uint64_t begin, count;
  uint32_t side, unused;
} BorealCudaSlice;

/* Rows whose bin goes left move to the front of the same slice of the other side, the others behind them;
 * the order of both is kept, and the slice itself as it was. */
typedef struct BorealCudaSplit {
  BorealCudaSlice slice;
  uint64_t lefts; /* the result: how many go left */
  uint32_t column, unused;
  uint8_t goes_left[256];
} BorealCudaSplit;

struct BorealCudaTreeTraining {
  int (*create)(int32_t device, const BorealCudaBins* bins, BorealCudaTrees** trees, BorealCudaError* error);
  void (*destroy)(BorealCudaTrees* trees);
  /* Begins a tree: packed gradients of all rows, [rows], as train/hist_gradient.h has them, and the rows of
   * the root, ascending, [count]; null: all. The root is the slice { 0, count, 0 }. */
  int (*start)(BorealCudaTrees* trees, const uint64_t* gradients, const uint32_t* rows, uint64_t count,
               BorealCudaError* error);
  int (*split)(BorealCudaTrees* trees, BorealCudaSplit* splits, uint32_t count, BorealCudaError* error);
  /* The histogram of each slice, [cols, slots], written to sums[k]: sums of packed gradients; and numbers of
   * rows to counts[k] where they are counted. */
  int (*build)(BorealCudaTrees* trees, const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums,
               uint32_t* const* counts, BorealCudaError* error);
  /* The rows of slices; those of a slice go where it begins: rows[begin ...]. */
  int (*rows)(BorealCudaTrees* trees, const BorealCudaSlice* slices, uint32_t count, uint32_t* rows,
              BorealCudaError* error);
  /* Bytes on the device. */
  uint64_t (*memory_bytes)(const BorealCudaTrees* trees);
};

#ifdef __cplusplus
}
#endif

#endif
