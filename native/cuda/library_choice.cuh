// Which steps of a plan are made by a library: those that it makes faster here, and right.
#pragma once

#include <memory>
#include <string>

#include "cuda/library_product.cuh"

namespace boreal {
namespace cuda {

struct LoadedPlan;

// Of a step.
struct LibraryChoice {
  std::unique_ptr<LibraryProduct> product;  // null: a kernel of our own
  std::string note;                         // which library and why, or why none; empty: it has no such step
};

// Tries the library on the plan's products, on data like theirs, and fills in the plan's choices. What fails
// is not taken. `rows`: of the run that is to be fast. Each product is made in dozens of shapes, which may
// take up to a second for a large one.
void choose_libraries(LoadedPlan* plan, uint64_t rows);

}  // namespace cuda
}  // namespace boreal
