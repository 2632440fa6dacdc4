#include "nn/embedding.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "linalg/blocks.h"

namespace boreal {
namespace nn {
namespace {

constexpr size_t kTaskElements = 64 << 10;
constexpr size_t kMostParts = 16;  // of the table; each part reads all indices

void check_indices(size_t rows, size_t count, const int32_t* index) {
  for (size_t i = 0; i < count; ++i) {
    if (index[i] < 0 || static_cast<size_t>(index[i]) >= rows) {
      throw Error("ERR_SHAPE", "Index " + std::to_string(index[i]) + " is not in a table of " +
                                   std::to_string(rows) + " rows.");
    }
  }
}

}  // namespace

void embedding(size_t rows, size_t cols, const float* table, size_t count, const int32_t* index, float* y,
               const RunOptions& options) {
  check_indices(rows, count, index);
  const Partition tasks{count, std::max<size_t>(1, kTaskElements / std::max<size_t>(1, cols))};
  run_tasks(tasks.count(), options, [&](size_t task) {
    for (size_t i = tasks.begin(task); i < tasks.end(task); ++i) {
      std::memcpy(y + i * cols, table + static_cast<size_t>(index[i]) * cols, cols * sizeof(float));
    }
  });
}

void embedding_gradient(size_t rows, size_t cols, size_t count, const int32_t* index, const float* dy,
                        int32_t skip, float* dtable, const RunOptions& options) {
  check_indices(rows, count, index);
  const size_t least = std::max<size_t>(1, kTaskElements / std::max<size_t>(1, cols));
  const Partition parts = partition_rows(rows, least, kMostParts);
  run_tasks(parts.count(), options, [&](size_t part) {
    const size_t begin = parts.begin(part), end = parts.end(part);
    std::memset(dtable + begin * cols, 0, (end - begin) * cols * sizeof(float));
    for (size_t i = 0; i < count; ++i) {
      const size_t row = static_cast<size_t>(index[i]);
      if (row < begin || row >= end || index[i] == skip) continue;
      float* to = dtable + row * cols;
      const float* from = dy + i * cols;
      for (size_t c = 0; c < cols; ++c) to[c] += from[c];
    }
  });
}

}  // namespace nn
}  // namespace boreal
