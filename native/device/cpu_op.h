// One op of a plan prepared for the CPU: its constants converted to T and packed, its work on one tile of
// rows. Immutable after construction, so that any number of threads may run it; the caller brings all memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "device/slot_storage.h"
#include "kernels/kernels.h"
#include "plan/plan.h"

namespace boreal {

// A tile: `rows` rows of every slot, each slot dense [rows, its width].
template <typename T>
struct TileCall {
  size_t first_row;  // of the tile within the run, for errors
  size_t rows;       // >= 1
  const T* const* slots;
  T* out;                     // the op's own slot
  unsigned char* scratch;     // scratch_bytes(rows), aligned to a cache line
  const CancelToken* cancel;  // may be null
  size_t threads;             // that the op may use: 1 where others run other tiles
};

template <typename T>
class CpuOp {
 public:
  virtual ~CpuOp() = default;

  // Throws Error with row, column and op for the first row whose value the op rejects.
  virtual void run(const TileCall<T>& call) const = 0;

  virtual SlotUse slot_use() const { return SlotUse::kOwn; }
  virtual size_t scratch_bytes(size_t /*rows*/) const { return 0; }
  // Bytes the op reads for every tile however few its rows: a large figure asks for larger tiles.
  virtual size_t memory_bytes() const { return 0; }
  // Whether it makes use of several threads for one tile.
  virtual bool splits_tile() const { return false; }
  // Rows that cost as much as one: a tile had better hold a multiple of them.
  virtual size_t row_granule() const { return 1; }
  // Whether a call costs next to nothing beyond its rows, however few they are.
  virtual bool is_pass() const { return false; }
  // Whether its input had better be checked after it: because a NaN or an infinity in a row leaves one among
  // the outputs of that row, which are fewer, and it reads rows from memory as fast as a check does.
  virtual bool precedes_check() const { return false; }
  // Rough nanoseconds a row on one thread; the constants come from a 4 GHz core and need not be exact.
  virtual double row_cost_ns() const = 0;
  // For explain().
  virtual std::string details() const { return {}; }
};

// Where an op stands: what its constructor needs to know of the plan.
struct OpPlace {
  const Plan& plan;
  size_t index;

  const Op& op() const { return plan.ops[index]; }
  size_t input() const { return op().inputs[0]; }
  size_t input_width() const { return plan.slot_width(input()); }
};

template <typename T>
using CpuOpPtr = std::unique_ptr<CpuOp<T>>;

// Throws ERR_NOT_SUPPORTED when the CPU has no engine for what the op holds.
template <typename T>
CpuOpPtr<T> make_cpu_op(const OpPlace& place, const Kernels& kernels);

// A constant in the program's element type.
template <typename T>
AlignedBuffer<T> convert(Span<double> source) {
  AlignedBuffer<T> target(source.size);
  for (size_t i = 0; i < source.size; ++i) target[i] = static_cast<T>(source[i]);
  return target;
}

}  // namespace boreal
