// Ops of a tensor program that are more than a call of the layers: each reads its words and runs.
#pragma once

#include "linalg/elementwise.h"
#include "nn/tensor_reader.h"

namespace boreal {
namespace nn {

// An axis of a dense array as three extents: what is before it, the axis, what is after it.
void tensor_reduce(TensorReader& r, const RunOptions& run);      // y x f outer count inner ddof
void tensor_arg_reduce(TensorReader& r, const RunOptions& run);  // y x largest outer count inner
void tensor_softmax(TensorReader& r, const RunOptions& run);     // y x log outer count inner
void tensor_concat(TensorReader& r, const RunOptions& run);      // y, all x, outer, count * inner of each

// Indices are whole numbers in float32, each in [0, axis).
void tensor_index_select(TensorReader& r, const RunOptions& run);  // y x index outer axis count inner
void tensor_index_add(TensorReader& r, const RunOptions& run);     // dx dy index outer axis count inner
void tensor_take_along(TensorReader& r, const RunOptions& run);    // y x index outer axis count inner
void tensor_add_along(TensorReader& r, const RunOptions& run);     // dx dy index outer axis count inner

void tensor_fill(TensorReader& r, const RunOptions& run);  // y value
void tensor_random(TensorReader& r,
                   const RunOptions& run);  // y normal key a b: uniform in [a, b), or mean, deviation
void tensor_dropout(TensorReader& r, const RunOptions& run);            // y x key rate
void tensor_activate(TensorReader& r, const RunOptions& run);           // y x f a
void tensor_activate_gradient(TensorReader& r, const RunOptions& run);  // dx x y dy f a
void tensor_update(TensorReader& r,
                   const RunOptions& run);  // w s0 s1 s2 g, the optimizer, the rate and the step

}  // namespace nn
}  // namespace boreal
