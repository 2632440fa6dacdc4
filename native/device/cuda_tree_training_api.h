/* The part of cuda_api.h that grows trees of histogram boosting on a GPU. The core decides which nodes are
 * split; the device holds the bins, the gradients and the rows of the nodes. It finds the splits of columns
 * of numbers (`search`); else its histograms go to the core, which finds them (`build`). For most losses
 * gradients, leaf sums and scores are the device's, too (`load_loss`). One thread at a time may use a handle.
 * Functions that can fail return as those of cuda_api.h do.
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

/* Of the search for splits on the device, for columns of numbers alone. */
typedef struct BorealCudaColumn {
  uint32_t bins; /* without the missing one, whose number this is */
  uint32_t has_missing;
} BorealCudaColumn;

/* What splits must obey, in steps of the gradients: train/hist_split_side.h says how. */
typedef struct BorealCudaSearch {
  double l2, least_gain;
  double possible, sure; /* the Hessian that a side with enough rows may have, and has for sure */
  uint32_t least_rows, unused;
} BorealCudaSearch;

/* Histograms have numbers; they stay until they are built anew. */
typedef struct BorealCudaBuild {
  BorealCudaSlice rows;
  uint32_t histogram, unused;
} BorealCudaBuild;

/* Two siblings, or one node; derive: the second's histogram is its parent's, less the first's. */
typedef struct BorealCudaPair {
  uint64_t total[2], rows[2]; /* packed gradients and number of rows of the node */
  uint32_t histogram[2];
  uint32_t seek[2]; /* 1: the node's split is asked for */
  uint32_t derive, unused;
} BorealCudaPair;

typedef struct BorealCudaFound {
  double gain;
  uint64_t left;  /* packed gradients of the left side */
  int32_t column; /* -1: there is no split */
  uint8_t bin, missing_left, unused[2];
} BorealCudaFound;

/* A loss whose gradients the device computes (device/boosting_slopes.h): targets and scores stay there. */
typedef struct BorealCudaLoss {
  int32_t kind; /* LossKind: a loss of one output without quantiles in its leaves, or softmax */
  uint32_t outputs;
  double parameter;
  const double* y;       /* [rows]; copied, as the others */
  const double* weights; /* [rows], or null */
  const double* scores;  /* [outputs, rows] */
  /* What there is to be room for from the start: leaves of a tree, and pairs of sums of leaf_sums, its leaves
   * times its parts. More get room when they come. */
  uint64_t most_leaves, most_sums;
} BorealCudaLoss;

/* Rows are cut into parts for sums in float64, each of which is one chain of additions in the order of the
 * rows: all but the last have part_rows. */
typedef struct BorealCudaParts {
  uint64_t part_rows;
  uint32_t count, unused;
} BorealCudaParts;

/* Of a part: sums of |gradient| and of Hessians, and the range of these; 0 where every Hessian is 1. */
typedef struct BorealCudaRange {
  double gradients, hessians;
  float least, greatest;
} BorealCudaRange;

typedef struct BorealCudaTreeNode {
  int32_t column; /* -1: a leaf, whose number `left` is */
  uint32_t left;  /* the right child follows */
  uint32_t set;   /* of categories: the number of its set of bins that go left */
  uint8_t bin;    /* of numbers: the last that goes left */
  uint8_t missing_bin, missing_left, categorical;
} BorealCudaTreeNode;

/* A grown tree, for rows that it has not seen. */
typedef struct BorealCudaBinnedTree {
  const BorealCudaTreeNode* nodes;
  const uint64_t* sets; /* [sets, 4] bits of bins */
  const double* values; /* of the leaves */
  uint32_t node_count, set_count, leaf_count, unused;
} BorealCudaBinnedTree;

struct BorealCudaTreeTraining {
  int (*create)(int32_t device, const BorealCudaBins* bins, BorealCudaTrees** trees, BorealCudaError* error);
  void (*destroy)(BorealCudaTrees* trees);
  /* Begins a tree: packed gradients of all rows, [rows], as train/hist_gradient.h has them (null: those that
   * `quantize` has left), and the rows of the root, ascending, [count]; null: all. The root is the slice
   * { 0, count, 0 }, *total the sum of its packed gradients. */
  int (*start)(BorealCudaTrees* trees, const uint64_t* gradients, const uint32_t* rows, uint64_t count,
               uint64_t* total, BorealCudaError* error);
  int (*split)(BorealCudaTrees* trees, BorealCudaSplit* splits, uint32_t count, BorealCudaError* error);
  /* Once, before `build`: room for its histograms, which is less than a search takes. */
  int (*load_build)(BorealCudaTrees* trees, BorealCudaError* error);
  /* The histogram of each slice, [cols, slots], written to sums[k]: sums of packed gradients; and numbers of
   * rows to counts[k] where they are counted. */
  int (*build)(BorealCudaTrees* trees, const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums,
               uint32_t* const* counts, BorealCudaError* error);
  /* The rows of slices; those of a slice go where it begins: rows[begin ...]. */
  int (*rows)(BorealCudaTrees* trees, const BorealCudaSlice* slices, uint32_t count, uint32_t* rows,
              BorealCudaError* error);
  /* Once, before `search`: the columns, how many histograms there are, and of how many columns a group is.
   * Without room for them nothing is kept, and `build` can serve. */
  int (*load_search)(BorealCudaTrees* trees, const BorealCudaColumn* columns, uint32_t histograms,
                     uint32_t group, BorealCudaError* error);
  /* Builds histograms and finds the splits of at most BorealCudaBins.most / 2 pairs, [pairs, groups of
   * columns, 2]. */
  int (*search)(BorealCudaTrees* trees, const BorealCudaBuild* builds, uint32_t build_count,
                const BorealCudaPair* pairs, uint32_t pair_count, const BorealCudaSearch* rules,
                BorealCudaFound* found, BorealCudaError* error);
  /* Once, before what follows. */
  int (*load_loss)(BorealCudaTrees* trees, const BorealCudaLoss* loss, BorealCudaError* error);
  /* The gradients of all outputs by the scores. */
  int (*gradients)(BorealCudaTrees* trees, BorealCudaError* error);
  int (*ranges)(BorealCudaTrees* trees, uint32_t output, const BorealCudaParts* parts,
                BorealCudaRange* ranges, BorealCudaError* error);
  /* Packs the gradients of an output, each times its scale, rounded to even; every Hessian is `one` where
   * they are all 1. */
  int (*quantize)(BorealCudaTrees* trees, uint32_t output, double gradient_scale, double hessian_scale,
                  uint64_t one, BorealCudaError* error);
  /* Sums of gradients and Hessians over the rows of slices, [count, 2]: of each part, and of the parts in
   * order. */
  int (*leaf_sums)(BorealCudaTrees* trees, uint32_t output, const BorealCudaSlice* slices, uint32_t count,
                   const BorealCudaParts* parts, double* sums, BorealCudaError* error);
  /* Adds a value to the scores of each slice's rows; and a tree's values to those of all rows. */
  int (*add_values)(BorealCudaTrees* trees, uint32_t output, const BorealCudaSlice* slices,
                    const double* values, uint32_t count, BorealCudaError* error);
  int (*add_tree)(BorealCudaTrees* trees, uint32_t output, const BorealCudaBinnedTree* tree,
                  BorealCudaError* error);
  /* The loss by the scores, summed over each part. */
  int (*loss_sums)(BorealCudaTrees* trees, const BorealCudaParts* parts, double* sums,
                   BorealCudaError* error);
  int (*scores)(BorealCudaTrees* trees, double* scores, BorealCudaError* error); /* [outputs, rows] */
  /* Bytes on the device. */
  uint64_t (*memory_bytes)(const BorealCudaTrees* trees);
};

#ifdef __cplusplus
}
#endif

#endif
