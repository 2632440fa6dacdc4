/* The part of cuda_api.h that grows forests on bins on a GPU, many trees at once. The core
 * decides which nodes are split and draws their columns; the device holds the bins, the rows of the nodes and
 * their weights, and finds the best split of a node in a column. One thread at a time may use a handle.
 * Functions that can fail return as those of cuda_api.h do.
 */
#ifndef BOREAL_DEVICE_CUDA_FOREST_TRAINING_API_H
#define BOREAL_DEVICE_CUDA_FOREST_TRAINING_API_H

#include "device/cuda_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct BorealCudaForest BorealCudaForest;

/* Pointers are copied. */
typedef struct BorealCudaForestData {
  const uint8_t* by_column;   /* [cols, rows] bins as train/hist_bins.h has them */
  const uint32_t* bins;       /* [cols] of a column without the missing one, whose number this is */
  const int32_t* classes;     /* [rows] */
  const int64_t* targets;     /* [rows] of squared error, in whole steps; null where there are classes */
  uint64_t rows;              /* < 2^31 */
  uint32_t cols, class_count; /* 0: no classes */
  uint32_t trees, most;       /* that grow at once; nodes in a call */
  /* Of entropy: c log2 c in whole steps, for each weight c that a tree's rows can have together; null: Gini.
   */
  const uint64_t* terms;
  uint64_t term_count;
  /* Of a side of a split: rows, and weight, of which a row's weight of 1 is so much. */
  double weight_step, least_weight;
  uint32_t least_rows, unused;
} BorealCudaForestData;

/* A node's rows, ascending: a slice of one of the two arrays of a tree. */
typedef struct BorealCudaForestNode {
  uint32_t tree, side;
  uint32_t begin, count;
  uint32_t column; /* that is searched, or by which rows are parted */
  uint32_t unused;
} BorealCudaForestNode;

/* The best split of a node in a column, by train/bin_search.h. */
typedef struct BorealCudaForestFound {
  double score;
  uint32_t low;   /* the last bin that goes left */
  uint8_t usable; /* the column is not constant in the node */
  uint8_t found;
  uint8_t missing, missing_left; /* the node has missing values; these go left */
  uint8_t numbers_left;          /* all values that are not missing go left */
  uint8_t pure;                  /* all targets are the same */
  uint8_t unused[6];
} BorealCudaForestFound;

/* Rows whose bin goes left move to the front of the same slice of the other side, the others behind them; the
 * order of both is kept. */
typedef struct BorealCudaForestSplit {
  BorealCudaForestNode node;
  uint32_t goes_left[8]; /* a bit a bin */
} BorealCudaForestSplit;

struct BorealCudaForestTraining {
  int (*create)(int32_t device, const BorealCudaForestData* data, BorealCudaForest** forest,
                BorealCudaError* error);
  void (*destroy)(BorealCudaForest* forest);
  /* Begins a tree: its rows, ascending, [count], as side 0; and the weights of all rows, [rows]. */
  int (*start)(BorealCudaForest* forest, uint32_t tree, const uint32_t* rows, uint32_t count,
               const uint32_t* weights, BorealCudaError* error);
  /* The splits of nodes in columns, [count]; and of each that was found the cells of its left side: of
   * classes [count, class_count], the weight of a class << 32 | its rows; of targets [count, 2], their
   * weighted sum and weight << 32 | rows. */
  int (*search)(BorealCudaForest* forest, const BorealCudaForestNode* nodes, uint32_t count,
                BorealCudaForestFound* found, uint64_t* left, BorealCudaError* error);
  int (*split)(BorealCudaForest* forest, const BorealCudaForestSplit* splits, uint32_t count,
               BorealCudaError* error);
  /* One of the arrays of a tree, [rows] of BorealCudaForestData. */
  int (*rows)(BorealCudaForest* forest, uint32_t tree, uint32_t side, uint32_t* rows, BorealCudaError* error);
};

#ifdef __cplusplus
}
#endif

#endif
