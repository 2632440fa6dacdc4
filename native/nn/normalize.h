// Normalisation with a learned scale and shift, forward and backward.
//   Batch: Ioffe & Szegedy, "Batch Normalization", 2015. Layer: Ba, Kiros & Hinton, "Layer Normalization",
//   2016.
#pragma once

#include <cstddef>

#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

// x [rows, channels]: NHWC images are batch * height * width rows. gamma and beta [channels], or null for 1
// and 0.

// mean and variance [channels]: of the batch, biased. Throws ERR_EMPTY for no rows.
void batch_norm_statistics(size_t rows, size_t channels, const float* x, float* mean, float* variance,
                           const RunOptions& options = {});

// running = momentum * running + (1 - momentum) * batch, Keras's convention (PyTorch's momentum is 1 - it).
// The variance is made unbiased by rows / (rows - 1) first when `unbiased`, as PyTorch does and Keras does
// not.
void batch_norm_update_running(size_t rows, size_t channels, float momentum, bool unbiased, const float* mean,
                               const float* variance, float* running_mean, float* running_variance);

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, with the statistics of the batch in training and
// the running ones in inference. y may be x.
void batch_norm(size_t rows, size_t channels, float epsilon, const float* mean, const float* variance,
                const float* gamma, const float* beta, const float* x, float* y,
                const RunOptions& options = {});

// Of the form with the batch's own statistics, through which gradients flow too; with `fixed`, of the form
// with given ones. dgamma and dbeta [channels] are always written. dx may be dy.
void batch_norm_gradient(size_t rows, size_t channels, float epsilon, bool fixed, const float* mean,
                         const float* variance, const float* gamma, const float* x, const float* dy,
                         float* dx, float* dgamma, float* dbeta, const RunOptions& options = {});

// Each row of y = (x - its mean) / sqrt(its biased variance + epsilon) * gamma + beta. gamma and beta [cols],
// or null. statistics, unless null: [rows, 2], mean and 1 / sqrt(variance + epsilon). y may be x.
void layer_norm(size_t rows, size_t cols, float epsilon, const float* gamma, const float* beta,
                const float* x, float* y, float* statistics, const RunOptions& options = {});

// dgamma and dbeta [cols], or both null. dx may be dy.
void layer_norm_gradient(size_t rows, size_t cols, const float* gamma, const float* statistics,
                         const float* x, const float* dy, float* dx, float* dgamma, float* dbeta,
                         const RunOptions& options = {});

}  // namespace nn
}  // namespace boreal
