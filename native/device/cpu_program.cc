// Runs a plan on the CPU: tiles of rows over the thread pool, each tile through all ops while it stays in the
// second-level cache. Slots live in the running thread's scratch; elementwise ops write over their input
// where nobody reads it later, and the last op writes straight into the caller's output.
#include "device/cpu_program.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "base/thread_scratch.h"
#include "device/cpu_nearest.h"
#include "device/cpu_op.h"

namespace boreal {
namespace {

// A tile of this many bytes leaves room in a second-level cache; ops with large constants read them once per
// tile and so are better off with more rows.
constexpr size_t kTileBytes = size_t{256} << 10;
constexpr size_t kLargeTileBytes = size_t{1} << 20;
constexpr size_t kLargeConstants = size_t{1} << 20;
constexpr size_t kMaxTileRows = 8192;
// With large constants, rows below which a thread's share is not cut into several tiles.
constexpr size_t kLargeShare = 256;
// Tiles per thread, so that threads which other work slows down do not hold up the run.
constexpr size_t kTilesPerThread = 4;
// Less work than this is not worth handing to another thread.
constexpr double kMinTileNs = 20000;

// Where all ops only pass over their rows, a tile goes through them in steps of this many bytes: reading the
// next rows from memory then overlaps with writing the last ones, and they stay in the first-level cache.
constexpr size_t kStepBytes = size_t{16} << 10;

// A thread keeps this much scratch for its next tile: the slots of an image network, which would cost a page
// fault for every 4 KiB of them.
constexpr size_t kMaxKept = size_t{16} << 20;

size_t ceil_divide(size_t a, size_t b) { return (a + b - 1) / b; }

template <typename T>
class CpuProgram final : public Program<T> {
 public:
  CpuProgram(const Plan& plan, const Kernels& kernels)
      : isa_(kernels.name),
        find_invalid_(row_kernels<T>(kernels).find_invalid),
        input_width_(plan.input_width) {
    const NearestOps nearest(plan);
    for (size_t i = 0; i < plan.ops.size(); ++i) {
      ops_.push_back(make(plan, i, nearest, kernels));
      describe(plan.ops[i]);
      memory_bytes_ += ops_.back()->memory_bytes();
      row_cost_ns_ += ops_.back()->row_cost_ns();
      row_granule_ = std::max(row_granule_, ops_.back()->row_granule());
      splits_tiles_ = splits_tiles_ || ops_.back()->splits_tile();
      passes_ = passes_ && ops_.back()->is_pass();
      late_.push_back(i + 1 < plan.ops.size() && is_finite_check(plan.ops[i]) &&
                      plan.ops[i + 1].inputs == std::vector<uint32_t>{static_cast<uint32_t>(i + 1)});
      if (i > 0) late_[i - 1] = late_[i - 1] && ops_[i]->precedes_check();
    }
    storage_ = SlotStorage(plan, [&](size_t op) { return ops_[op]->slot_use(); });
    output_width_ = plan.output_width();
    const size_t budget = memory_bytes_ > kLargeConstants ? kLargeTileBytes : kTileBytes;
    const size_t row_bytes =
        (input_width_ + output_width_) * sizeof(T) + (scratch_bytes(64) - scratch_bytes(0)) / 64;
    tile_rows_ = std::clamp<size_t>(budget / row_bytes, 1, kMaxTileRows);
    const bool steps = passes_ && memory_bytes_ <= kStepBytes;
    const size_t step = std::max(kStepBytes / row_bytes / row_granule_, size_t{1}) * row_granule_;
    step_rows_ = steps ? std::min(step, tile_rows_) : tile_rows_;
  }

  size_t input_width() const override { return input_width_; }
  size_t output_width() const override { return output_width_; }
  double row_cost_ns() const override { return row_cost_ns_; }
  size_t memory_bytes() const override { return memory_bytes_; }

  void run(const T* x, size_t rows, T* out, size_t threads, const CancelToken* cancel) const override {
    if (rows == 0) return;
    if (threads == 0) threads = ThreadPool::instance().size();
    const size_t tile_rows = threads == 1 ? tile_rows_ : shared_tile_rows(rows, threads);
    const size_t tiles = ceil_divide(rows, tile_rows);
    // With fewer tiles than threads the threads are better used within each of them, where ops know how.
    const bool one_by_one = threads == 1 || tiles == 1 || (tiles < threads && splits_tiles_);
    const size_t tile_threads = one_by_one ? threads : 1;
    const auto run_nth = [&](size_t tile) {
      const size_t first = tile * tile_rows;
      run_tile(x + first * input_width_, first, std::min(tile_rows, rows - first),
               out + first * output_width_, tile_threads, cancel);
    };
    if (one_by_one) {
      for (size_t tile = 0; tile < tiles; ++tile) run_nth(tile);
      return;
    }

    // Of several bad rows the first is reported: tiles before a failed one still run, those after it don't.
    std::atomic<size_t> failed_tile{tiles};
    std::mutex mutex;
    std::optional<Error> failure;
    const auto run_shared = [&](size_t tile, size_t) {
      if (tile > failed_tile.load(std::memory_order_relaxed)) return;
      try {
        run_nth(tile);
      } catch (const Error& error) {
        if (error.row() < 0) throw;
        const std::lock_guard<std::mutex> lock(mutex);
        if (tile > failed_tile.load(std::memory_order_relaxed)) return;
        failed_tile.store(tile, std::memory_order_relaxed);
        failure = error;
      }
    };
    ThreadPool::instance().parallel_for(tiles, run_shared, threads);
    if (failure) throw Error(*failure);
  }

  std::string explain() const override {
    char line[160];
    std::snprintf(line, sizeof(line), "cpu, %s, %s, %zu columns in, %zu out\n", isa_,
                  sizeof(T) == sizeof(float) ? "float32" : "float64", input_width_, output_width_);
    std::string text = line;
    std::snprintf(line, sizeof(line),
                  "tiles of %zu rows, %zu KiB scratch, %zu KiB constants, about %.3g us a row\n", tile_rows_,
                  scratch_bytes(tile_rows_) / 1024, memory_bytes_ / 1024, row_cost_ns_ / 1000);
    text += line;
    std::snprintf(line, sizeof(line), "%6s  %-10s  %-12s  %8s  %s\n", "slot", "op", "inputs", "width",
                  "details");
    text += line;
    for (size_t i = 0; i < ops_.size(); ++i) {
      std::snprintf(line, sizeof(line), "%6zu  %-10s  %-12s  %8zu  ", i + 1, described_[i].name,
                    described_[i].inputs.c_str(), described_[i].width);
      text += line + ops_[i]->details();
      text.erase(text.find_last_not_of(' ') + 1);
      text += '\n';
    }
    return text;
  }

 private:
  struct Described {
    const char* name;
    std::string inputs;
    size_t width;
  };

  static CpuOpPtr<T> make(const Plan& plan, size_t i, const NearestOps& nearest, const Kernels& kernels) {
    if (nearest.joined[i]) return std::make_unique<CpuJoined<T>>();
    const OpPlace place{plan, i};
    if (nearest.distance[i] == i) return make_cpu_op<T>(place, kernels);
    const size_t distance = nearest.distance[i];
    CpuOpPtr<T> check = nearest.checks(i) ? make_cpu_op<T>({plan, distance - 1}, kernels) : nullptr;
    return std::make_unique<CpuNearest<T>>(OpPlace{plan, distance}, place, std::move(check), kernels);
  }

  static bool is_finite_check(const Op& op) {
    const CheckOp* const check = std::get_if<CheckOp>(&op.kind);
    return check != nullptr && check->rule == FiniteRule::kFinite;
  }

  void describe(const Op& op) {
    constexpr size_t kShown = 4;
    std::string inputs;
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      if (k == kShown) {
        inputs += ",...";
        break;
      }
      inputs += (k == 0 ? "" : ",") + std::to_string(op.inputs[k]);
    }
    described_.push_back({op_name(op), inputs, op.width});
  }

  // Scratch of a tile: a pointer for each slot, the slots, then what the ops need for themselves.
  size_t pointer_bytes() const {
    return ceil_divide((ops_.size() + 1) * sizeof(T*), kCacheLine) * kCacheLine;
  }
  size_t slot_bytes(size_t rows) const { return storage_.elements(rows) * sizeof(T); }
  size_t scratch_bytes(size_t rows) const {
    size_t most = 0;
    for (const CpuOpPtr<T>& op : ops_) most = std::max(most, op->scratch_bytes(rows));
    return pointer_bytes() + slot_bytes(rows) + most;
  }

  size_t shared_tile_rows(size_t rows, size_t threads) const {
    size_t fair = ceil_divide(rows, threads * kTilesPerThread);
    if (memory_bytes_ > kLargeConstants) {
      fair = std::max(fair, std::min(kLargeShare, ceil_divide(rows, threads)));
    }
    const size_t worthwhile = static_cast<size_t>(kMinTileNs / row_cost_ns_) + 1;
    return std::min(tile_rows_, ceil_divide(std::max(fair, worthwhile), row_granule_) * row_granule_);
  }

  void run_tile(const T* x, size_t first_row, size_t rows, T* out, size_t threads,
                const CancelToken* cancel) const {
    if (cancel != nullptr) cancel->check();
    const size_t step = std::min(step_rows_, rows);
    const ThreadScratch<CpuProgram<T>> scratch(scratch_bytes(step), kMaxKept);
    for (size_t i = 0; i < rows; i += step) {
      run_step(x + i * input_width_, first_row + i, std::min(step, rows - i), out + i * output_width_,
               scratch.data(), threads, cancel);
    }
  }

  void run_step(const T* x, size_t first_row, size_t rows, T* out, unsigned char* scratch, size_t threads,
                const CancelToken* cancel) const {
    std::optional<Error> failure;
    while (rows > 0) {
      try {
        run_ops(x, first_row, rows, out, scratch, threads, cancel);
        break;
      } catch (const Error& error) {
        // A later op may still reject an earlier row: run the rows before the bad one to the end.
        if (error.row() < 0) throw;
        failure = error;
        rows = static_cast<size_t>(error.row()) - first_row;
      }
    }
    if (failure) throw Error(*failure);
  }

  void run_ops(const T* x, size_t first_row, size_t rows, T* out, unsigned char* scratch, size_t threads,
               const CancelToken* cancel) const {
    const T** slots = reinterpret_cast<const T**>(scratch);
    T* memory = reinterpret_cast<T*>(scratch + pointer_bytes());
    TileCall<T> call{first_row, rows,   slots, nullptr, scratch + pointer_bytes() + slot_bytes(rows),
                     cancel,    threads};
    slots[0] = x;
    for (size_t i = 0; i < ops_.size(); ++i) {
      const SlotPlace place = storage_.place(i + 1);
      if (place.kind == SlotPlace::kInput) {
        slots[i + 1] = x;
      } else {
        call.out = place.kind == SlotPlace::kOutput ? out : memory + storage_.offset(place, rows);
        slots[i + 1] = call.out;
      }
      if (late_[i]) continue;
      ops_[i]->run(call);
      if (i > 0 && late_[i - 1]) {
        const size_t width = described_[i].width;
        if (find_invalid_(FiniteRule::kFinite, call.out, width, rows, width) < rows * width)
          ops_[i - 1]->run(call);
      }
    }
    // Only when nothing but checks stands between input and output.
    if (storage_.place(ops_.size()).kind == SlotPlace::kInput) std::copy_n(x, rows * output_width_, out);
  }

  const char* isa_;
  decltype(RowKernels<T>::find_invalid) find_invalid_;
  size_t input_width_, output_width_ = 0;
  std::vector<CpuOpPtr<T>> ops_;
  // Checks that are made after the next op, and only where its outputs are not all finite.
  std::vector<bool> late_;
  std::vector<Described> described_;
  SlotStorage storage_;
  size_t memory_bytes_ = 0;
  double row_cost_ns_ = 0;
  size_t tile_rows_ = 1, step_rows_ = 1, row_granule_ = 1;
  bool splits_tiles_ = false, passes_ = true;
};

}  // namespace

template <typename T>
std::unique_ptr<Program<T>> prepare_cpu(const Plan& plan, const Kernels& kernels) {
  return std::make_unique<CpuProgram<T>>(plan, kernels);
}
template std::unique_ptr<Program<float>> prepare_cpu<float>(const Plan&, const Kernels&);
template std::unique_ptr<Program<double>> prepare_cpu<double>(const Plan&, const Kernels&);

}  // namespace boreal
