// Cuts a matrix into blocks by its shape alone and runs them on the pool.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/cancel.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "linalg/elementwise.h"

namespace boreal {

struct Block {
  size_t row_begin, row_end, col_begin, col_end;

  size_t rows() const { return row_end - row_begin; }
  size_t cols() const { return col_end - col_begin; }
};

template <typename T>
MatrixView<T> block_of(const MatrixView<T>& x, const Block& block) {
  return {x.data + block.row_begin * x.stride + block.col_begin, block.rows(), block.cols(), x.stride};
}

// Blocks of about `elements`: whole rows, or pieces of a row that is longer than that.
struct Blocks {
  Partition rows, cols;

  Blocks(size_t row_count, size_t col_count, size_t elements)
      : rows{row_count, std::max<size_t>(1, elements / std::max<size_t>(1, col_count))},
        cols{col_count, std::max<size_t>(1, std::min(elements, col_count))} {}

  size_t count() const { return rows.count() * cols.count(); }
  Block operator[](size_t i) const {
    const size_t row = i / cols.count(), col = i % cols.count();
    return {rows.begin(row), rows.end(row), cols.begin(col), cols.end(col)};
  }
};

// body(task) for each task, in no fixed order; a single one on the calling thread, without the pool.
template <typename Body>
void run_tasks(size_t tasks, const RunOptions& options, const Body& body) {
  if (tasks > 1) {
    ThreadPool::instance().parallel_for(
        tasks,
        [&](size_t task, size_t) {
          check_cancel(options.cancel);
          body(task);
        },
        options.max_threads);
  } else if (tasks == 1) {
    check_cancel(options.cancel);
    body(0);
  }
}

// body(block) for each block.
template <typename Body>
void run_blocks(const Blocks& blocks, const RunOptions& options, const Body& body) {
  run_tasks(blocks.count(), options, [&](size_t task) { body(blocks[task]); });
}

}  // namespace boreal
