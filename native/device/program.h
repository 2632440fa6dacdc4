// A Plan prepared for one device and precision: constants packed, engines chosen, scratch sized. Immutable
// and safe to run from many threads at once; all scratch belongs to the call.
#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "plan/plan.h"

namespace boreal {

template <typename T>  // float or double: the element type of input, output and slots
class Program {
 public:
  virtual ~Program() = default;

  virtual size_t input_width() const = 0;
  virtual size_t output_width() const = 0;
  // A rough cost of one row in nanoseconds on one thread, for deciding between inline and the pool.
  virtual double row_cost_ns() const = 0;
  // Bytes held by packed constants.
  virtual size_t memory_bytes() const = 0;

  // out[rows, output_width] = plan(x[rows, input_width]); both dense. A row's bits do not depend on rows,
  // tiling or thread count. threads 0 = the pool's size, 1 = on this thread only. Throws Error with row and
  // column on a value the plan rejects (the first bad row in row order, whatever the thread count); then out
  // is unspecified.
  virtual void run(const T* x, size_t rows, T* out, size_t threads, const CancelToken* cancel) const = 0;

  // A table for people: op, slots, widths, details, engine; ISA, precision, tile rows, scratch per tile.
  virtual std::string explain() const = 0;
};

}  // namespace boreal
