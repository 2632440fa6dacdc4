#include "linalg/gemm_int8.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

// Prepared codes of a block of rows, which stay in cache while strips of weights pass. Measured over 24 to
// 400 KiB: beyond 100 the strips themselves fall out of the caches.
constexpr size_t kRowBlockBytes = size_t{48} << 10;
// Columns of a block whose sums or real values wait in a workspace.
constexpr size_t kColumnBlock = 512;
// Multiply-adds below which another thread costs more than it brings.
constexpr size_t kParallelWork = size_t{1} << 21;
// Columns of a task at least, where columns are shared out.
constexpr size_t kMinTaskColumns = 64;
constexpr size_t kTasksPerThread = 4;
// A thread keeps a workspace of up to this size for its next product.
constexpr size_t kKeptBytes = size_t{4} << 20;

size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }
size_t round_up(size_t a, size_t b) { return divide_up(a, b) * b; }

// Memory that a thread keeps between products.
class Workspace {
 public:
  uint8_t* get(size_t bytes) {
    if (bytes > buffer_.size()) buffer_ = AlignedBuffer<uint8_t>(bytes);
    return buffer_.data();
  }
  void trim() {
    if (buffer_.size() > kKeptBytes) buffer_ = AlignedBuffer<uint8_t>();
  }

 private:
  AlignedBuffer<uint8_t> buffer_;
};
// Two, because the thread that calls works on tasks too.
thread_local Workspace call_workspace, task_workspace;

// Cuts one workspace into arrays that begin on cache lines: sizes are added up with a null base first.
class Arena {
 public:
  explicit Arena(uint8_t* base = nullptr) : base_(base) {}
  template <typename T>
  T* take(size_t count) {
    T* at = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    used_ += round_up(count * sizeof(T), kCacheLine);
    return at;
  }
  size_t used() const { return used_; }

 private:
  uint8_t* base_;
  size_t used_ = 0;
};

}  // namespace

// What one product reads and writes: `real` or `codes`; one of the three results.
struct PackedInt8::Call {
  const MatrixView<const float>* real;
  const Int8Rows* codes;
  MatrixView<float> y;
  MatrixView<int32_t> sums;
  const Int8Result* result;
  const Int8Options& options;

  size_t rows() const { return real != nullptr ? real->rows : codes->codes.rows; }
};

// Rows [first, first + rows) by columns [begin, end), and the prepared rows.
struct PackedInt8::Block {
  size_t first, rows, begin, end;
  const uint8_t* codes;
  size_t stride;  // bytes between rows of codes
  float* scale;
  int32_t* zero;
};

PackedInt8::PackedInt8(const int8_t* w, size_t row_stride, size_t col_stride, size_t k, size_t n,
                       const float* scale, bool per_column, const Kernels& kernels)
    : kernels_(kernels), k_(k), n_(n) {
  if (k > kInt8MaxInputs) {
    throw Error("ERR_SHAPE", "An 8-bit product sums over " + std::to_string(k) + " inputs, and may over " +
                                 std::to_string(kInt8MaxInputs) + ": more could leave 32 bits.");
  }
  const Int8Kernels& table = kernels.int8;
  padded_k_ = round_up(k, table.group);
  padded_n_ = round_up(n, table.panel_cols);
  packed_ = AlignedBuffer<int8_t>(padded_k_ * padded_n_);
  column_sums_ = AlignedBuffer<int32_t>(padded_n_);
  scale_ = AlignedBuffer<float>(padded_n_);
  table.pack(w, row_stride, col_stride, k, n, packed_.data(), column_sums_.data());
  for (size_t j = 0; j < padded_n_; ++j) scale_[j] = j >= n ? 0.0f : scale[per_column ? j : 0];
}

// A whole number of cache lines, an odd one so that the rows of a tile fall into different sets of the cache.
size_t PackedInt8::prepared_stride() const {
  return (divide_up(padded_k_ * kernels_.int8.code_bytes, kCacheLine) | 1) * kCacheLine;
}

// Codes that are what preparing them would make of them. Not in rows 4 KiB apart: those of a tile would evict
// each other from a first-level cache.
bool PackedInt8::are_prepared(const Int8Rows& x) const {
  const Int8Kernels& table = kernels_.int8;
  return table.code_bytes == 1 && table.code_offset == 0 && !x.is_signed && k_ == padded_k_ &&
         x.codes.stride % 4096 != 0;
}

// Parameters and, in `codes` unless it is null, codes of rows.
void PackedInt8::prepare(const Call& call, size_t first, size_t rows, uint8_t* codes, const Block& to) const {
  const Int8Kernels& table = kernels_.int8;
  const size_t stride = prepared_stride();
  if (call.codes != nullptr) {
    const Int8Rows& x = *call.codes;
    const uint8_t flip = x.is_signed ? 0x80 : 0;
    if (codes != nullptr) table.prepare(x.codes.row(first), x.codes.stride, flip, codes, stride, rows, k_);
    for (size_t i = 0; i < rows; ++i) {
      const size_t at = x.per_row ? first + i : 0;
      to.scale[i] = x.scale != nullptr ? x.scale[at] : 1.0f;
      to.zero[i] = x.zero[at] + flip - table.code_offset;
    }
    return;
  }
  const MatrixView<const float>& x = *call.real;
  const Int8Format format{};
  uint8_t* row = codes + rows * stride;  // one row of unprepared codes
  for (size_t i = 0; i < rows; ++i) {
    float low, high;
    int32_t zero;
    table.row_ranges(x.row(first + i), x.stride, 1, k_, &low, &high);
    int8_parameters(format, low, high, to.scale + i, &zero);
    table.quantize(x.row(first + i), x.stride, Int8Axis::kRows, to.scale + i, &zero, format.lowest(),
                   format.highest(), row, k_, 1, k_);
    table.prepare(row, k_, 0, codes + i * stride, stride, 1, k_);
    to.zero[i] = zero - table.code_offset;
  }
}

// One block, all of k: its rows are prepared.
void PackedInt8::run_block(const Call& call, const Block& block) const {
  const Int8Kernels& table = kernels_.int8;
  const Int8Options& options = call.options;
  const size_t k_blocks = std::max<size_t>(1, divide_up(padded_k_, table.block_inputs));
  const size_t k_block = round_up(divide_up(padded_k_, k_blocks), table.group);
  const bool relu = options.activation == Unary::kRelu;
  const bool waits = k_blocks > 1 || call.result != nullptr;
  const size_t columns = waits ? std::min(kColumnBlock, block.end - block.begin) : block.end - block.begin;
  const size_t width = round_up(columns, table.panel_cols);
  const size_t waiting = waits ? block.rows * width : 0;

  int32_t* partial = nullptr;
  float* real = nullptr;
  if (waits) {
    Arena sizes;
    sizes.take<int32_t>(waiting);
    sizes.take<float>(waiting);
    Arena arena(task_workspace.get(sizes.used()));
    partial = arena.take<int32_t>(waiting);
    real = arena.take<float>(waiting);
  }

  Int8Product p{};
  p.xs = block.stride;
  p.ws = padded_k_ * table.panel_cols;
  p.rows = block.rows;
  p.partial = partial;
  p.partial_stride = width;
  p.zero = block.zero;
  p.x_scale = block.scale;
  p.relu = relu;
  for (size_t j = block.begin; j < block.end; j += columns) {
    p.n = std::min(columns, block.end - j);
    p.column_sums = column_sums_.data() + j;
    p.w_scale = scale_.data() + j;
    p.bias = options.bias == nullptr ? nullptr : options.bias + j;
    if (call.sums.data != nullptr) {
      p.y_sums = call.sums.row(block.first) + j;
      p.ys = call.sums.stride;
    } else if (call.result != nullptr) {
      p.y = real;
      p.ys = width;
    } else {
      p.y = call.y.row(block.first) + j;
      p.ys = call.y.stride;
    }
    for (size_t b = 0; b < k_blocks; ++b) {
      check_cancel(options.cancel);
      const size_t from = b * k_block;
      p.k = std::min(k_block, padded_k_ - from);
      p.first = b == 0;
      p.last = b + 1 == k_blocks;
      p.x = block.codes + from * table.code_bytes;
      p.w = packed_.data() + j * padded_k_ + from * table.panel_cols;
      table.multiply(p);
    }
    if (call.sums.data != nullptr) continue;
    if (!relu && options.activation != Unary::kIdentity) {
      kernels_.f32.elementwise.unary(options.activation, p.y, p.ys, p.y, p.ys, block.rows, p.n);
    }
    if (call.result != nullptr) {
      const Int8Result& result = *call.result;
      for (size_t i = 0; i < block.rows; ++i) {
        table.quantize(real + i * width, width, Int8Axis::kRows, &result.scale, &result.zero,
                       result.format.lowest(), result.format.highest(), result.codes.row(block.first + i) + j,
                       result.codes.stride, 1, p.n);
      }
    }
  }
}

void PackedInt8::run(const Call& call) const {
  const Int8Kernels& table = kernels_.int8;
  const size_t rows = call.rows();
  check_cancel(call.options.cancel);
  if (rows == 0 || n_ == 0) return;

  // One thread for little work; else tasks of whole rows, and of some of the columns where rows are few.
  ThreadPool& pool = ThreadPool::instance();
  size_t threads =
      call.options.max_threads == 0 ? pool.size() : std::min(call.options.max_threads, pool.size());
  if (static_cast<double>(rows) * static_cast<double>(n_) * static_cast<double>(k_) < kParallelWork)
    threads = 1;
  const size_t fitting = kRowBlockBytes / (std::min(padded_k_ + 1, table.block_inputs) * table.code_bytes);
  size_t row_block = std::max<size_t>(1, std::min<size_t>(fitting, 480) / table.tile_rows) * table.tile_rows;
  const size_t tasks = threads == 1 ? 1 : threads * kTasksPerThread;
  size_t row_tasks = divide_up(rows, row_block);
  size_t column_tasks = 1;
  if (row_tasks < tasks)
    column_tasks = std::min(divide_up(tasks, row_tasks), std::max<size_t>(1, n_ / kMinTaskColumns));
  const size_t column_block = round_up(divide_up(n_, column_tasks), table.panel_cols);
  column_tasks = divide_up(n_, column_block);
  row_block = round_up(divide_up(rows, row_tasks), table.tile_rows);
  row_tasks = divide_up(rows, row_block);

  // Where a block of rows meets one task only, that task prepares them; else all are prepared beforehand.
  const bool shared = column_tasks > 1;
  const size_t held = shared ? rows : std::min(row_block, rows);
  const bool prepared = call.codes != nullptr && are_prepared(*call.codes);
  const auto carve = [&](Arena arena, Block* block) {
    uint8_t* const codes = prepared ? nullptr : arena.take<uint8_t>((held * prepared_stride()) + k_);
    block->codes = codes;
    block->stride = prepared ? call.codes->codes.stride : prepared_stride();
    block->scale = arena.take<float>(held);
    block->zero = arena.take<int32_t>(held);
    return std::make_pair(arena.used(), codes);
  };
  Block all{0, rows, 0, n_, nullptr, 0, nullptr, nullptr};
  const size_t bytes = carve(Arena(), &all).first;
  if (shared) {
    uint8_t* const codes = carve(Arena(call_workspace.get(bytes)), &all).second;
    prepare(call, 0, rows, codes, all);
  }
  const auto body = [&](size_t task, size_t) {
    Block block = all;
    block.first = task / column_tasks * row_block;
    block.rows = std::min(row_block, rows - block.first);
    block.begin = task % column_tasks * column_block;
    block.end = std::min(n_, block.begin + column_block);
    if (shared) {
      if (!prepared) block.codes += block.first * block.stride;
      block.scale += block.first;
      block.zero += block.first;
    } else {
      uint8_t* const codes = carve(Arena(call_workspace.get(bytes)), &block).second;
      prepare(call, block.first, block.rows, codes, block);
    }
    if (prepared) block.codes = call.codes->codes.row(block.first);
    run_block(call, block);
    task_workspace.trim();
    if (!shared) call_workspace.trim();
  };
  const size_t count = row_tasks * column_tasks;
  if (threads == 1) {
    for (size_t task = 0; task < count; ++task) body(task, 0);
  } else {
    pool.parallel_for(count, body, threads);
  }
  call_workspace.trim();
}

namespace {

void check_shape(size_t k, size_t n, size_t x_rows, size_t x_cols, size_t y_rows, size_t y_cols) {
  if (x_cols != k || y_rows != x_rows || y_cols != n) {
    throw Error("ERR_SHAPE", "The shapes of an 8-bit product don't fit.");
  }
}

void check_zeros(const Int8Rows& x) {
  const int32_t least = x.is_signed ? -128 : 0;
  for (size_t i = 0; i < (x.per_row ? x.codes.rows : 1); ++i) {
    if (x.zero[i] < least || x.zero[i] > least + 255) {
      throw Error("ERR_PARAMETER", "A zero point must be one of the codes, " + std::to_string(least) +
                                       " to " + std::to_string(least + 255) + "; it is " +
                                       std::to_string(x.zero[i]) + ".");
    }
  }
}

}  // namespace

void PackedInt8::run(MatrixView<const float> x, MatrixView<float> y, const Int8Options& options) const {
  check_shape(k_, n_, x.rows, x.cols, y.rows, y.cols);
  run(Call{&x, nullptr, y, {}, nullptr, options});
}
void PackedInt8::run(const Int8Rows& x, MatrixView<float> y, const Int8Options& options) const {
  check_shape(k_, n_, x.codes.rows, x.codes.cols, y.rows, y.cols);
  check_zeros(x);
  run(Call{nullptr, &x, y, {}, nullptr, options});
}
void PackedInt8::run(const Int8Rows& x, const Int8Result& y, const Int8Options& options) const {
  check_shape(k_, n_, x.codes.rows, x.codes.cols, y.codes.rows, y.codes.cols);
  check_zeros(x);
  require_int8_parameters(y.format, 1, &y.scale, &y.zero);
  run(Call{nullptr, &x, {}, {}, &y, options});
}
void PackedInt8::run(const Int8Rows& x, MatrixView<int32_t> y, const Int8Options& options) const {
  check_shape(k_, n_, x.codes.rows, x.codes.cols, y.rows, y.cols);
  check_zeros(x);
  run(Call{nullptr, &x, {}, y, nullptr, options});
}

}  // namespace boreal
