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
// is not taken. `rows`: of the run that is to be fast; `path`: as open_cublas_lt() takes it. Each product is
// made in dozens of shapes, which takes its time.
void choose_libraries(LoadedPlan* plan, uint64_t rows, const char* path);

}  // namespace cuda
}  // namespace boreal
