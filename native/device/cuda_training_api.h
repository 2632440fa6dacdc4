/* What the CUDA plug-in trains: networks of dense layers, and matrices of rows that lie on the device, for
 * k-means and principal components. Reached through BorealCudaApi; the rules of cuda_api.h hold.
 */
#ifndef BOREAL_DEVICE_CUDA_TRAINING_API_H
#define BOREAL_DEVICE_CUDA_TRAINING_API_H

#include <stdint.h>

#include "device/cuda_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of a matrix that is multiplied: its tiles of 32 are numbered in one dimension of a grid. */
#define BOREAL_CUDA_MOST_COLUMNS (65535u * 32u)

/* ---- Networks ---------------------------------------------------------------------------------------- */

typedef enum BorealCudaLayerKind {
  BOREAL_CUDA_DENSE = 0,
  BOREAL_CUDA_ELEMENTWISE = 1, /* an Activation of kernels/neural_kernels.h, the softmaxes too */
  BOREAL_CUDA_DROPOUT = 2
} BorealCudaLayerKind;

/* A layer by its values: `inputs` and `outputs` of a row. Parameters of all layers stand one after the other,
 * of a dense one the kernel [inputs / positions, outputs / positions], then the bias. */
typedef struct BorealCudaTrainedLayer {
  int32_t kind;
  uint32_t inputs, outputs;
  uint32_t positions;          /* dense: of a row, which share the kernel */
  int32_t has_bias, trainable; /* dense */
  double l1[2], l2[2];         /* dense: of kernel and bias */
  int32_t activation;          /* Activation */
  float parameter;             /* of the activation */
  uint32_t width;              /* values that a softmax goes over */
  uint32_t threshold;          /* dropout, and `scale`: NeuralKernels::dropout */
  float scale;
} BorealCudaTrainedLayer;

#define BOREAL_CUDA_METRICS 5

typedef struct BorealCudaNetworkSpec {
  const BorealCudaTrainedLayer* layers; /* without a last activation whose matching entropy takes logits */
  uint32_t layer_count;
  int32_t loss; /* LossKind of nn/loss_functions.h */
  int32_t logits;
  double delta, label_smoothing;
  int32_t metrics[BOREAL_CUDA_METRICS]; /* NetworkMetric of train/network.h */
  uint32_t metric_count;
  int32_t weighted_metrics;
  uint32_t batch;         /* most rows of a step */
  const float* x;         /* [rows, inputs], copied */
  const float* targets;   /* [rows, outputs], or null and */
  const int32_t* classes; /* [rows] */
  uint64_t rows;
  int32_t apart; /* 1: layer by layer, however narrow the last ones are */
} BorealCudaNetworkSpec;

/* One step of an epoch. */
typedef struct BorealCudaTrainStep {
  uint32_t first, rows;   /* of the order */
  float c[7], shrink;     /* of UpdateTask */
  double penalty_divisor; /* what l1 and l2 are divided by */
} BorealCudaTrainStep;

typedef struct BorealCudaEpoch {
  float* parameters;    /* in and out */
  float* state[3];      /* s0, s1, s2 of UpdateTask, in and out; null where the optimizer has none */
  const int32_t* order; /* [rows] */
  const float* factors; /* [rows]: what a row's loss is multiplied by, in the order's order */
  uint64_t rows;
  const BorealCudaTrainStep* steps;
  uint32_t step_count;
  const uint64_t* keys; /* [step_count, dropouts] */
  int32_t update;       /* UpdateKind */
  float epsilon;
  int32_t epsilon_in_root;
  double clip_norm, clip_global_norm, clip_value; /* at most one is not 0 */
  double* results; /* [step_count, 2 + metrics]: sum of factor times loss, penalty, sums of metrics */
  /* After some steps, on the calling thread: steps so far; not 0 ends the epoch with ABORTED, its parameters
   * those of the steps made. */
  int (*on_steps)(void* context, uint32_t done);
  void* context;
  uint32_t steps_made; /* less than step_count: the loss of the next one was not finite */
} BorealCudaEpoch;

typedef struct BorealCudaNetwork BorealCudaNetwork;

/* ---- Rows -------------------------------------------------------------------------------------------- */

/* A matrix [rows, cols] on the device. */
typedef struct BorealCudaRows BorealCudaRows;

struct BorealCudaTraining {
  int (*network_create)(int32_t device, const BorealCudaNetworkSpec* spec, BorealCudaNetwork** network,
                        BorealCudaError* error);
  void (*network_destroy)(BorealCudaNetwork* network);
  int (*network_epoch)(BorealCudaNetwork* network, BorealCudaEpoch* epoch, BorealCudaError* error);
  /* How many layers, the last ones, one kernel takes through a step. */
  uint32_t (*network_together)(const BorealCudaNetwork* network);

  int (*rows_create)(int32_t device, uint64_t rows, uint32_t cols, BorealCudaRows** handle,
                     BorealCudaError* error);
  void (*rows_destroy)(BorealCudaRows* rows);
  int (*rows_put)(BorealCudaRows* rows, uint64_t first, uint64_t count, const float* values,
                  BorealCudaError* error);
  /* x' x [cols, cols]; x b [rows, n] of b [cols, n]; x' b [cols, n] of b [rows, n]. */
  int (*rows_gram)(BorealCudaRows* rows, double* out, BorealCudaError* error);
  int (*rows_times)(BorealCudaRows* rows, const float* b, uint32_t n, float* out, BorealCudaError* error);
  int (*rows_transposed_times)(BorealCudaRows* rows, const float* b, uint32_t n, double* out,
                               BorealCudaError* error);
  /* What rows weigh in sums, [rows]. */
  int (*rows_weigh)(BorealCudaRows* rows, const double* weights, BorealCudaError* error);
  /* The first nearest of centres [clusters, cols] of each row; sums [clusters, cols + 1], or null: of the
   * rows of each cluster times their weights and, last, of the weights. *moved: 1 when a row has another
   * nearest than in the call before, and with `fresh`, which forgets that one. */
  int (*rows_assign)(BorealCudaRows* rows, const float* centres, uint32_t clusters, int32_t fresh,
                     double* sums, int32_t* moved, BorealCudaError* error);
  /* Of the last rows_assign: the nearest centre of each row and its squared distance. */
  int (*rows_labels)(BorealCudaRows* rows, int32_t* labels, float* distances, BorealCudaError* error);
};

#ifdef __cplusplus
}
#endif

#endif
