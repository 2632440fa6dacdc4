// Rows of a table by their index, and the gradient of the table.
#pragma once

#include <cstddef>
#include <cstdint>

#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

// y [count, cols] = rows of table [rows, cols]. Throws ERR_SHAPE when an index is not in [0, rows).
void embedding(size_t rows, size_t cols, const float* table, size_t count, const int32_t* index, float* y,
               const RunOptions& options = {});

// dtable [rows, cols] = the sum of dy's rows by index, those of one index in the order they stand; 0 for the
// others. skip: the index of padding, whose gradient stays 0; -1 for none.
void embedding_gradient(size_t rows, size_t cols, size_t count, const int32_t* index, const float* dy,
                        int32_t skip, float* dtable, const RunOptions& options = {});

}  // namespace nn
}  // namespace boreal
