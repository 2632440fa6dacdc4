/* The C interface between the core and the CUDA plug-in, a library of its own that the core opens when a GPU
 * is asked for. The core decides what runs and packs the constants; the plug-in owns memory, streams and
 * kernels. Plain data only: the two may be built by different compilers.
 *
 * Every function may be called from any thread. Those that can fail return 0, or a code of BorealCudaStatus
 * with the rest in *error.
 */
#ifndef BOREAL_DEVICE_CUDA_API_H
#define BOREAL_DEVICE_CUDA_API_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change of this file, cuda_tree_training_api.h, cuda_forest_training_api.h or
 * cuda_training_api.h, and of how the core lays out what they name (kElementRow): a plug-in of another number
 * is refused. cuda_library.cc holds the sizes against the number. */
#define BOREAL_CUDA_ABI 12
#define BOREAL_CUDA_ENTRY "boreal_cuda_api"

typedef enum BorealCudaStatus {
  BOREAL_CUDA_OK = 0,
  BOREAL_CUDA_NO_DRIVER = 1,  /* there is no driver, or it cannot be used */
  BOREAL_CUDA_OLD_DRIVER = 2, /* the driver is older than the plug-in needs */
  BOREAL_CUDA_NO_DEVICE = 3,  /* no such device, or it is older than every kernel of the plug-in */
  BOREAL_CUDA_OUT_OF_MEMORY = 4,
  BOREAL_CUDA_FAILED = 5,   /* a call or a kernel failed; the message says which */
  BOREAL_CUDA_REJECTED = 6, /* a step refused a value: reason, row, column and op say why and where */
  BOREAL_CUDA_ABORTED = 7   /* the caller's `stop` said so */
} BorealCudaStatus;

/* Why a step refused a value. */
typedef enum BorealCudaReason {
  BOREAL_CUDA_IS_NAN = 0,
  BOREAL_CUDA_IS_INFINITE = 1,
  BOREAL_CUDA_UNKNOWN_CATEGORY = 2,
  BOREAL_CUDA_OUT_OF_RANGE = 3, /* beyond the points of an interpolation */
  BOREAL_CUDA_NO_ENTRY = 4,     /* of an embedding */
  BOREAL_CUDA_IS_NEGATIVE = 5,  /* a distance */
  BOREAL_CUDA_IS_BELOW = 6      /* a number of a divergence */
} BorealCudaReason;

typedef struct BorealCudaError {
  int32_t reason, op;
  int64_t row, column;
  char message[256];
} BorealCudaError;

typedef struct BorealCudaDevice {
  char name[256];
  int32_t major, minor; /* compute capability */
  int32_t multiprocessors;
  int32_t emulated; /* 1: kernels run on the CPU, for tests */
  uint64_t total_bytes;
  uint64_t shared_bytes;   /* that a block can have */
  int32_t driver, runtime; /* versions, 1000 major + 10 minor */
} BorealCudaDevice;

/* Speeds measured on the device, for choosing between it and the CPU. */
typedef struct BorealCudaFigures {
  double round_trip_ns;       /* a run of almost nothing, from call to result */
  double step_ns;             /* one more step in it */
  double upload_bytes_per_ns; /* from the caller's memory, staging included */
  double download_bytes_per_ns;
  double memory_bytes_per_ns; /* of the device's own memory */
  double flops_per_ns;        /* of the float32 matrix product */
} BorealCudaFigures;

/* What CHECK refuses beyond a FiniteRule. */
#define BOREAL_CUDA_CHECK_DISTANCES 2
#define BOREAL_CUDA_CHECK_DIVERGENCE 3

/* What kernels look at of the core's own numbers: plan/op.h and neighbors/metric.h have their meaning. */
typedef enum BorealCudaOutside {
  BOREAL_CUDA_OUTSIDE_NAN = 1,
  BOREAL_CUDA_OUTSIDE_REJECT = 2
} BorealCudaOutside;
typedef enum BorealCudaMetric {
  BOREAL_CUDA_EUCLIDEAN = 0,
  BOREAL_CUDA_MINKOWSKI = 3,
  BOREAL_CUDA_COSINE = 4
} BorealCudaMetric;
typedef enum BorealCudaVote {
  BOREAL_CUDA_VOTE_CLASSES = 0,
  BOREAL_CUDA_VOTE_OUTLIER = 2,
  BOREAL_CUDA_VOTE_DISTANCES = 3
} BorealCudaVote;
/* Of nodes: bits. */
typedef enum BorealCudaRule {
  BOREAL_CUDA_MISSING_LEFT = 1,
  BOREAL_CUDA_MISSING_IS_ZERO = 2,
  BOREAL_CUDA_ZERO_IS_MISSING = 4
} BorealCudaRule;
#define BOREAL_CUDA_NEAR_ZERO 1e-35f

/* Kernels. `in` are buffers, c[i] offsets into the arena, n[i] whole numbers, x[i] numbers; W is in_width[0],
 * O is out_width. Unless it says otherwise a buffer is float32 [rows, width]. */
typedef enum BorealCudaKernel {
  BOREAL_CUDA_CHECK = 1,    /* n0: 0 finite, 1 finite or NaN, 2 not below 0, 3 of a divergence: not below 0
                               and, for n1 = 1, not 0; writes nothing */
  BOREAL_CUDA_GATHER = 2,   /* c0: u32 columns [O] */
  BOREAL_CUDA_PLACE = 3,    /* out[:, n0 ...] = in */
  BOREAL_CUDA_IMPUTE = 4,   /* c0: fill [O] */
  BOREAL_CUDA_AFFINE = 5,   /* c0: shift, c1: scale [O] */
  BOREAL_CUDA_CATEGORY = 6, /* c0: i32 offsets [O + 1], c1: values; n0: reject unknown */
  BOREAL_CUDA_ONE_HOT = 7,  /* c0: i32 (input column, code) [O] of each output column */
  BOREAL_CUDA_UNARY = 8,    /* n0: Unary */
  BOREAL_CUDA_BINARY = 9,   /* n0: BinaryFunction; c0: operand [O] unless there are two inputs (n1) */
  BOREAL_CUDA_SELECT = 10,
  BOREAL_CUDA_CONSTANT = 11, /* c0: values [O] */
  BOREAL_CUDA_LOOKUP = 12,   /* c0: i32 offsets [O + 1], c1: values, c2: otherwise [O] */
  BOREAL_CUDA_SOFTMAX = 13,  /* of each of n0 parts of a row (0: 1); n1: 1 = its logarithm */
  BOREAL_CUDA_ARGMAX = 14,
  BOREAL_CUDA_FOLD = 15, /* n0: Fold */
  /* out = finish(start + sum over k of combine(in[k], B[k, :])): c0: B [W, O], c1: start [O] or none.
   * n0: BorealCudaCombine;
   * n1: BorealCudaFinish, n2: Unary for ACTIVATION; x0..x2: gamma, coef0, degree for the kernels; n3: parts
   * of a row that are rows of the product (0: 1) */
  BOREAL_CUDA_PRODUCT = 16,
  /* Layers one after another within a block: c0: BorealCudaLayer [n0]; n1: the largest width, at most
   * BOREAL_CUDA_MLP_WIDTH; n2: elements of 16 bits, or 0: float32. Elements: weights as in TENSOR_PRODUCT;
   * n3, n4: 1 = the input, the result are rows of elements */
  BOREAL_CUDA_MLP = 17,
  /* out: ranks of n0 columns, n1 = 1 or 2 bytes each, as words [n0 n1 / 4 rounded up, capacity], the first
   * column lowest in its word; c0: BorealCudaRank [n0], c1: cuts float32, c2: u32 words of the sets; n2:
   * categories are truncated instead of rounded down */
  BOREAL_CUDA_RANK = 18,
  /* A batch of n0 trees over ranks of n1 bytes: in: ranks; out: float64 sums [O, capacity]. c0: nodes
   * (BorealCudaSmallNode for 1 byte, BorealCudaNode for 2), c1: BorealCudaTree [n0], c2: leaf values float64
   * [rows, n2], which are added to the sums n3 .. n3 + n2 - 1; n4: 1 = their first batch, which starts from
   * 0; n5: nodes of the batch. x0: columns of ranks. Of 1 byte, the row of a leaf's values is its place among
   * the batch's nodes */
  BOREAL_CUDA_TREES = 19,
  /* As TREES, but out is float32 [rows, O], and its column n3 + t is the value of the batch's tree t. */
  BOREAL_CUDA_TREE_VALUES = 20,
  BOREAL_CUDA_TREE_RESULT = 21, /* in: float64 sums [O, capacity]; out = sum / x0 */

  /* Rows of elements (BorealCudaElement) are padded with zeros to a multiple of 16 bytes. */
  BOREAL_CUDA_CAST = 30, /* out: the columns as elements n0, n1 positions of a row each a row of elements */
  /* out: the columns as codes, n0 positions of a row each a row of elements. c0: their BorealCudaCodes; or
   * none: each position has its own by its range, or (n1 = 1) each row, which are written to the buffer in[1]
   * [rows n0] or [rows] */
  BOREAL_CUDA_QUANTIZE = 31,
  /* in: elements n0 of W columns in n4 positions of a row, each a row of elements; c0: elements [O / n4, W /
   * n4], in such rows, too; n1: BorealCudaFinish, n2: Unary for ACTIVATION; n3: 0 out is float32, 1 it is
   * elements of the same kind, its rows one of these for each position; n5: BOREAL_CUDA_ENGINES. Numbers: c1:
   * bias float32 [O / n4]. Codes: c1: BorealCudaCodeColumn [O / n4], c2: BorealCudaCodes of the input, or
   * none: they are in the buffer in[1], one for each position, or (x2 = 1) for each row; x0, x1: scale and
   * zero of the result */
  BOREAL_CUDA_TENSOR_PRODUCT = 32,
  /* A convolution, as TENSOR_PRODUCT but for: in: images, each pixel a row of elements; c0: a row of elements
   * of each tap, [O / n4, taps]; c2: BorealCudaTensorWindows; n4: pixels of an image of the result; n5: 1 =
   * codes in in[1], one for each row. Beyond the edges lies 0 */
  BOREAL_CUDA_TENSOR_CONV = 34,

  BOREAL_CUDA_SCALE = 40,       /* c0: factor, c1: term [n0], of column j % n0 */
  BOREAL_CUDA_DRAW = 41,        /* n0: seed */
  BOREAL_CUDA_QUANTILE = 42,    /* c0: BorealCudaQuantile [O] */
  BOREAL_CUDA_LEAF_LINEAR = 43, /* in: x, leaves; c0: BorealCudaLeafModel [n0], c1: i32 features, c2: f64 */
  BOREAL_CUDA_INTERPOLATE = 44, /* c0: i32 offsets [O + 1], c1: x, c2: y; n0: Outside */
  BOREAL_CUDA_COUPLING = 45,    /* of O classes */
  /* in: b, room for 2 W numbers [2 W, capacity]; c0: gram [W, W]; x0: tolerance, n0: rounds */
  BOREAL_CUDA_NON_NEGATIVE = 46,
  /* Rows of length 1 and two more columns: 0, and 1 for a row of zeros. O = W + 2 */
  BOREAL_CUDA_UNIT = 47,
  BOREAL_CUDA_POWERS = 48, /* out = sum over k of |in[k] - c0[k, :]|^x0, in float64; c0: points [W, O] */
  /* in: ranks of points n1 .. n1 + W - 1. out: the n0 nearest points so far, a list [rows]: float32 ranks,
   * i32 indices, nearest first and the lower index first among equals; n1 = 0 begins anew */
  BOREAL_CUDA_NEAREST = 49,
  /* in: lists. n0: their length; n1: NeighborVote, n2: 1 = weights by distance, n3: NeighborMetric with x0 =
   * p; n4: points; c0: i32 classes, c1: f64 values, as NeighborsOp has them */
  BOREAL_CUDA_VOTE = 50,
  /* As VOTE, of all points at ranks <= x1. in: ranks of points n0 .. n0 + W - 1, room for three float64 for
   * each output; n5: bits, 1 = the first of the op's steps, 2 = the last one */
  BOREAL_CUDA_WITHIN = 51,
  /* in: lists, room for float64 [O + n0] and i32 [n0]. n0, n3, n4, x0 as VOTE; c0: BorealCudaPlacing, c1: f64
   * layout [n4, O] */
  BOREAL_CUDA_PLACE_ROW = 52,
  /* Rows with a NaN only: out: float64 squares of distances over the columns that both rows have, scaled up
   * to all of them; c0: f64 points [W, n0], NaN where a value is missing */
  BOREAL_CUDA_SHARED_DISTANCES = 53,
  /* in: x, those distances, room for float64 [n1] and i32 [n1]. n0: points, n1: neighbours, n2: 1 = weights
   * by distance; c0: as before, c1: f64 fill [W], c2: i32 points that have a value [W] */
  BOREAL_CUDA_DONORS = 54,
  /* c0: weights [n3, n1 n2], c1: bias or none, c2: BorealCudaWindows; n0: pixels of an image of the result,
   * n1: filters of a group, n2: groups, n3: products of a sum, n4: Unary */
  BOREAL_CUDA_CONV = 55,
  BOREAL_CUDA_POOL = 56,       /* c2: BorealCudaWindows; n0: 0 largest, 1 mean */
  BOREAL_CUDA_ACTIVATE = 57,   /* n0: Activation of kernels/neural_kernels.h; x0: its parameter */
  BOREAL_CUDA_LAYER_NORM = 58, /* of each of n0 parts; x0: epsilon, c0: gamma or none, c1: beta or none */
  BOREAL_CUDA_EMBEDDING = 59,  /* c0: table [n0, O / W] */
  /* in: x, room for float64 [2 W + O]; c0: f64 parts [O, W], c1: f64 their sums [O], c2: f64 settings [4] as
   * DivergenceOp has them; n0: rounds */
  BOREAL_CUDA_DIVERGENCE = 60
} BorealCudaKernel;

/* What tensor cores multiply. A code is an unsigned byte, and its weight a signed one. */
typedef enum BorealCudaElement {
  BOREAL_CUDA_FLOAT32 = 0,
  BOREAL_CUDA_TF32 = 1, /* four bytes */
  BOREAL_CUDA_BFLOAT16 = 2,
  BOREAL_CUDA_FLOAT16 = 3,
  BOREAL_CUDA_CODE = 4
} BorealCudaElement;

/* Which instructions make a tensor product: the same for all rows of a plan, since their sums may differ. */
typedef enum BorealCudaEngine {
  BOREAL_CUDA_WARP = 0,       /* mma.sync */
  BOREAL_CUDA_WARP_GROUP = 1, /* wgmma, compute capability 9.0 */
  BOREAL_CUDA_DOT = 2         /* dp4a: codes, of few rows or columns (kDotSide of cuda_elements.h) */
} BorealCudaEngine;
/* Of a step: the engine of at most kDotSide rows in the upper bits. Sums of codes are exact, so that both
 * give a row the same bits. */
#define BOREAL_CUDA_ENGINES(many_rows, few_rows) ((many_rows) | (few_rows) << 4)
#define BOREAL_CUDA_ENGINE_OF_MANY(engines) ((engines)&15)
#define BOREAL_CUDA_ENGINE_OF_FEW(engines) ((engines) >> 4)

/* A code q stands for scale (q - zero). */
typedef struct BorealCudaCodes {
  float scale;
  int32_t zero;
} BorealCudaCodes;

typedef struct BorealCudaCodeColumn {
  float scale, bias;
  int32_t sum; /* of its weights */
  int32_t unused;
} BorealCudaCodeColumn;

typedef enum BorealCudaCombine {
  BOREAL_CUDA_MULTIPLY = 0,
  BOREAL_CUDA_SQUARED = 1,   /* the squared difference */
  BOREAL_CUDA_MAGNITUDE = 2, /* of the difference */
  BOREAL_CUDA_LARGEST = 3    /* such magnitude, in place of the sum */
} BorealCudaCombine;

typedef enum BorealCudaFinish {
  BOREAL_CUDA_PLAIN = 0,
  BOREAL_CUDA_ACTIVATION = 1,
  BOREAL_CUDA_ROOT = 2,       /* sqrt */
  BOREAL_CUDA_POLYNOMIAL = 3, /* (gamma s + coef0)^degree */
  BOREAL_CUDA_RBF = 4,        /* exp(-gamma s) */
  BOREAL_CUDA_SIGMOID = 5     /* tanh(gamma s + coef0) */
} BorealCudaFinish;

#define BOREAL_CUDA_MLP_WIDTH 128

typedef struct BorealCudaLayer {
  uint64_t weights, bias; /* offsets into the arena: [inputs, outputs], [outputs] */
  int32_t inputs, outputs;
  int32_t activation; /* Unary */
  int32_t unused;
} BorealCudaLayer;

/* A column of ranks: how many of its cuts are less than the value; or, for a set of categories, 0 within and
 * the highest rank outside. */
typedef struct BorealCudaRank {
  uint32_t feature;
  uint32_t rules; /* BorealCudaRule */
  uint32_t begin; /* of its cuts, or of the words of its set */
  /* Words; or levels of cuts, of which 2^levels - 1 stand in the order in which a search meets them: the
   * middle one, those in the middle of the halves, ... Those that there are not are infinite. */
  uint32_t count;
  uint32_t is_set;
} BorealCudaRank;

/* A node of a tree of at most 256 leaves:
 *   bits 0..15   inner: column of ranks; leaf: 0
 *   bits 16..23  inner: how far behind it the left child stands (right child = left + 1); leaf: 0
 *   bits 24..31  inner: the row goes right iff its rank is greater; leaf: 255
 * A tree's nodes stand level by level, so that those of a level lie together. */
typedef uint32_t BorealCudaSmallNode;

/* A node of a tree of any size: goes right iff the rank is greater than the cut; a leaf has left = 0, and its
 * row of values in place of column and cut. */
typedef struct BorealCudaNode {
  uint32_t left; /* counted within the tree; right = left + 1 */
  uint16_t column, cut;
} BorealCudaNode;

typedef struct BorealCudaTree {
  uint32_t begin; /* of its nodes, from the batch's first */
  uint32_t depth; /* most edges from root to leaf */
} BorealCudaTree;

/* A quantile of a row: between two of its values in order. */
typedef struct BorealCudaQuantile {
  uint32_t below, above; /* their ranks */
  double weight;         /* of the one above */
} BorealCudaQuantile;

/* The linear model of a leaf: coefficients begin .. end - 1. */
typedef struct BorealCudaLeafModel {
  double intercept, otherwise;
  uint32_t begin, end;
} BorealCudaLeafModel;

/* How a row is placed among the rows of a layout: as NeighborsOp has it. */
typedef struct BorealCudaPlacing {
  double a, b, repulsion, learning_rate, local_connectivity, mean_distance;
  uint64_t negatives, epochs, seed;
} BorealCudaPlacing;

/* Windows over images [in_h, in_w, in_channels]. */
typedef struct BorealCudaWindows {
  int32_t in_h, in_w, in_channels, out_h, out_w, out_channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
} BorealCudaWindows;

typedef struct BorealCudaTensorWindows {
  BorealCudaWindows windows;
  BorealCudaCodes codes; /* of all images */
} BorealCudaTensorWindows;

#define BOREAL_CUDA_NONE UINT64_MAX

typedef struct BorealCudaStep {
  int32_t kernel;
  int32_t op; /* of the plan, for errors */
  uint32_t in[3], in_width[3];
  uint32_t out, out_width;
  int32_t n[6];
  double x[3];
  uint64_t c[3];
} BorealCudaStep;

/* Steps over buffers. Buffer 0 is the input, 1 the output, the others are scratch. */
typedef struct BorealCudaPlan {
  const BorealCudaStep* steps;
  uint32_t step_count;
  uint32_t input_width, output_width;
  uint32_t buffer_count;
  const uint64_t* row_bytes; /* [buffer_count] */
  const void* arena;         /* constants, each at a multiple of 256 bytes; copied */
  uint64_t arena_bytes;
  uint64_t max_rows; /* of one pass over the device; <= 2^20 */
  /* 0: kernels of the plug-in alone. Else products may be made by NVIDIA's library where it is installed,
   * faster in runs of so many rows, and gives rows the same bits in any batch. */
  uint64_t library_rows;
  const char* library_path; /* that library; null: as the system finds it */
} BorealCudaPlan;

typedef struct BorealCudaProgram BorealCudaProgram;
typedef struct BorealCudaTreeTraining BorealCudaTreeTraining;     /* cuda_tree_training_api.h */
typedef struct BorealCudaForestTraining BorealCudaForestTraining; /* cuda_forest_training_api.h */
typedef struct BorealCudaTraining BorealCudaTraining;             /* cuda_training_api.h */

/* What the plug-in offers; its entry point has the type BorealCudaEntry. */
typedef struct BorealCudaApi {
  uint32_t abi;       /* first in every version */
  uint32_t api_bytes; /* sizeof(BorealCudaApi) */
  int (*device_count)(int32_t* count, BorealCudaError* error);
  /* Starts nothing on the device and takes none of its memory. */
  int (*device_info)(int32_t device, BorealCudaDevice* info, BorealCudaError* error);
  /* Of the device's memory, which CUDA takes some of at the latest now. */
  int (*free_bytes)(int32_t device, uint64_t* bytes, BorealCudaError* error);
  int (*measure)(int32_t device, BorealCudaFigures* figures, BorealCudaError* error);
  int (*create)(int32_t device, const BorealCudaPlan* plan, BorealCudaProgram** program,
                BorealCudaError* error);
  void (*destroy)(BorealCudaProgram* program);
  /* out[rows, output_width] of x[rows, input_width], both in the caller's memory; returns when out is
   * written. Between passes it asks stop(context), which may be null, whether to go on. */
  int (*run)(BorealCudaProgram* program, const float* x, uint64_t rows, float* out,
             int (*stop)(const void* context), const void* context, BorealCudaError* error);
  /* Nanoseconds of one pass of x[rows, input_width], rows <= max_rows, which is copied to the device before:
   * the mean of `repeats`, without transfers. For benchmarks. */
  int (*time_pass)(BorealCudaProgram* program, const float* x, uint64_t rows, uint32_t repeats, double* ns,
                   BorealCudaError* error);
  /* Bytes that the program holds on the device now. */
  uint64_t (*memory_bytes)(const BorealCudaProgram* program);
  /* 1 where a library makes the product of a step. *note, which the program owns: which one, or why none
   * does; empty where none was looked for. */
  int32_t (*step_library)(const BorealCudaProgram* program, uint32_t step, const char** note);
  const BorealCudaTreeTraining* tree_training;
  const BorealCudaTraining* training;
  const BorealCudaForestTraining* forest_training;
} BorealCudaApi;

typedef const BorealCudaApi* (*BorealCudaEntry)(void);

#ifdef __cplusplus
}
#endif

#endif
