// Sorts a few short columns at once: lane k of the rows is one array. Merge exchange (Batcher 1968; Knuth,
// TAOCP 3, 5.2.2, algorithm M) is a network: its comparisons do not depend on the data, so there is nothing to
// mispredict and all lanes go through it in the same vector instructions. For the few hundred rows of a small
// node that beats radix sort, although its work grows as n log^2 n.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boreal {

constexpr size_t kSortLanes = 8;

// keys: [rows, kSortLanes]; afterwards each lane ascends.
void sort_columns(uint32_t* keys, size_t rows);

}  // namespace boreal
