#include <algorithm>

#include "cuda/lane.cuh"
#include "cuda/library_product.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kLeastWidth = 16;  // fewer inputs or outputs are no work for a library
constexpr int kMostAlgorithms = 8;
constexpr size_t kMostWorkspace = size_t{32} << 20;

#ifdef __CUDACC__
// Of one call: enough to keep a device busy, and few enough that a trial of all shapes and the memory for the
// sums stay small.
constexpr uint64_t kCallSums = uint64_t{1} << 25, kLeastCallRows = 1024;
#else
// At the least 64, so that each part begins at a multiple of 256 bytes.
constexpr uint64_t kCallSums = 0, kLeastCallRows = 64;
#endif

LtType type_of(int element) {
  switch (element) {
    case BOREAL_CUDA_FLOAT16:
      return kLtFloat16;
    case BOREAL_CUDA_BFLOAT16:
      return kLtBfloat16;
    case BOREAL_CUDA_CODE:
      return kLtInt8;
    default:
      return kLtFloat32;
  }
}

LtObject layout(const CublasLt& lt, LtType type, uint64_t rows, uint64_t columns) {
  void* made = nullptr;
  check_lt(lt.create_layout(&made, type, rows, columns, static_cast<int64_t>(rows)),
           "describing a matrix to cublasLt");
  return {made, lt.destroy_layout};
}

LtObject preference(const CublasLt& lt) {
  void* made = nullptr;
  check_lt(lt.create_preference(&made), "asking cublasLt for algorithms");
  LtObject owned(made, lt.destroy_preference);
  const uint64_t bytes = kMostWorkspace;
  const uint32_t none = 0;
  check_lt(lt.set_preference(made, kLtMostWorkspace, &bytes, sizeof(bytes)),
           "asking cublasLt for algorithms");
  check_lt(lt.set_preference(made, kLtReductions, &none, sizeof(none)), "asking cublasLt for algorithms");
  return owned;
}

bool adds_up_in_one_piece(const CublasLt& lt, const LtAlgorithm& algorithm) {
  uint32_t reduction = 1;
  int32_t splits = 0;
  size_t written = 0;
  return lt.get_setting(&algorithm, kLtReduction, &reduction, sizeof(reduction), &written) == 0 &&
         lt.get_setting(&algorithm, kLtSplits, &splits, sizeof(splits), &written) == 0 && reduction == 0 &&
         splits <= 1;
}

uint32_t positions_of(const BorealCudaStep& step) {
  return static_cast<uint32_t>(std::max(1, step.n[step.kernel == BOREAL_CUDA_PRODUCT ? 3 : 4]));
}

// Rows that a call has more than it needs are a quarter of them at most: just above a power of two.
uint64_t step_of_shapes(uint64_t power) { return std::max<uint64_t>(power / 8, 1); }

uint64_t most_call_rows(uint32_t n) {
  uint64_t rows = kLeastCallRows;
  while (2 * rows * n <= kCallSums) rows *= 2;
  return rows;
}

}  // namespace

bool LibraryProduct::takes(const BorealCudaStep& step) {
  const bool numbers = step.kernel == BOREAL_CUDA_PRODUCT && step.n[0] == BOREAL_CUDA_MULTIPLY;
  if (!numbers && step.kernel != BOREAL_CUDA_TENSOR_PRODUCT) return false;
  // Parts would begin within rows that share codes.
  if (!numbers && step.x[2] != 0) return false;
  const uint32_t positions = positions_of(step);
  return std::min(step.in_width[0], step.out_width) / positions >= kLeastWidth;
}

LibraryProduct::LibraryProduct(const Library& library, const BorealCudaStep& step, const unsigned char* arena,
                               uint64_t plan_rows)
    : library_(library), positions_(positions_of(step)) {
  const bool numbers = step.kernel == BOREAL_CUDA_PRODUCT;
  element_ = step.n[0];
  if (numbers) element_ = BOREAL_CUDA_FLOAT32;
  n_ = step.out_width / positions_;
  const uint32_t inputs = step.in_width[0] / positions_;
  row_bytes_ = static_cast<uint32_t>(numbers ? inputs * sizeof(float) : element_row_bytes(element_, inputs));
  k_ = row_bytes_ / element_bytes(element_);
  is_turned_ = !numbers;
  const bool codes = element_ == BOREAL_CUDA_CODE;
  is_written_ = codes || (!numbers && step.n[3] != 0);
  weights_ = arena + step.c[0];
  bias_ =
      codes || step.c[1] == BOREAL_CUDA_NONE ? nullptr : reinterpret_cast<const float*>(arena + step.c[1]);
  finish_ = finish_of(step);

  most_rows_ = most_call_rows(n_);
  const uint64_t all = plan_rows * positions_;
  for (uint64_t power = 1; power / 2 < std::min(all, most_rows_); power *= 2) {
    const uint64_t step_rows = step_of_shapes(power);
    for (uint64_t rows = power / 2 + step_rows; rows <= power && rows <= all; rows += step_rows) {
      shapes_.push_back(rows);
    }
  }
  // Where the buffers of a lane end.
  for (uint64_t rows = 1;; rows *= 2) {
    shapes_.push_back(bucket_of(rows, plan_rows) * positions_ % most_rows_);
    if (rows >= plan_rows) break;
  }
  std::sort(shapes_.begin(), shapes_.end());
  shapes_.erase(std::unique(shapes_.begin(), shapes_.end()), shapes_.end());
  if (shapes_.front() == 0) shapes_.erase(shapes_.begin());

  const CublasLt& lt = library_.lt;
  void* made = nullptr;
  const int compute = codes                          ? kLtComputeInt32
                      : element_ == BOREAL_CUDA_TF32 ? kLtComputeTf32
                                                     : kLtComputeFloat32;
  check_lt(lt.create_product(&made, compute, codes ? kLtInt32 : kLtFloat32),
           "describing a product to cublasLt");
  product_ = LtObject(made, lt.destroy_product);
  const auto set = [&](int attribute, const auto& value) {
    check_lt(lt.set_product(made, attribute, &value, sizeof(value)), "describing a product to cublasLt");
  };
  // To the library, whose matrices lie column after column, everything is turned: sums [n, m] are weights
  // times rows.
  if (is_turned_) set(kLtTransposeA, int32_t{1});
  if (bias_ != nullptr) {
    set(kLtEpilogue, kLtEpilogueBias);
    set(kLtBias, static_cast<const void*>(bias_));
  }
  weights_layout_ =
      is_turned_ ? layout(lt, type_of(element_), k_, n_) : layout(lt, type_of(element_), n_, k_);
}

LibraryProduct::Layouts LibraryProduct::layouts_of(uint64_t rows) const {
  const LtType sums = element_ == BOREAL_CUDA_CODE ? kLtInt32 : kLtFloat32;
  return {layout(library_.lt, type_of(element_), k_, rows), layout(library_.lt, sums, n_, rows)};
}

uint64_t LibraryProduct::shape_of(uint64_t rows) const {
  uint64_t power = 1;
  while (power < rows) power *= 2;
  const uint64_t step_rows = step_of_shapes(power);
  return (rows + step_rows - 1) / step_rows * step_rows;
}

std::vector<LtCandidate> LibraryProduct::algorithms(uint64_t rows) const {
  const CublasLt& lt = library_.lt;
  const LtObject wanted = preference(lt);
  LtCandidate found[kMostAlgorithms]{};
  int count = 0;
  const Layouts given = layouts_of(std::min(rows, most_rows_));
  const int status =
      lt.find_algorithms(library_.handle.get(), product_.get(), weights_layout_.get(), given.rows.get(),
                         given.sums.get(), given.sums.get(), wanted.get(), kMostAlgorithms, found, &count);
  std::vector<LtCandidate> good;
  if (status != 0) return good;
  for (LtCandidate& candidate : found) {
    if (count-- <= 0) break;
    if (candidate.status != 0 || !adds_up_in_one_piece(lt, candidate.algorithm)) continue;
    const bool works = std::all_of(shapes_.begin(), shapes_.end(), [&](uint64_t shape) {
      const Layouts layouts = layouts_of(shape);
      LtCandidate result{};
      if (lt.check_algorithm(library_.handle.get(), product_.get(), weights_layout_.get(), layouts.rows.get(),
                             layouts.sums.get(), layouts.sums.get(), &candidate.algorithm, &result) != 0) {
        return false;
      }
      candidate.workspace_bytes = std::max(candidate.workspace_bytes, result.workspace_bytes);
      return candidate.workspace_bytes <= kMostWorkspace;
    });
    if (works) good.push_back(candidate);
  }
  return good;
}

void LibraryProduct::choose(const LtCandidate& algorithm) {
  algorithm_ = algorithm.algorithm;
  workspace_bytes_ = algorithm.workspace_bytes;
}

void LibraryProduct::multiply(const void* a, void* sums, uint64_t rows, void* workspace,
                              cudaStream_t stream) const {
  static constexpr float kOne = 1, kZero = 0;
  static constexpr int32_t kWholeOne = 1, kWholeZero = 0;
  const bool codes = element_ == BOREAL_CUDA_CODE;
  const Layouts layouts = layouts_of(rows);
  const void* const one = codes ? static_cast<const void*>(&kWholeOne) : &kOne;
  const void* const zero = codes ? static_cast<const void*>(&kWholeZero) : &kZero;
  check_lt(library_.lt.multiply(library_.handle.get(), product_.get(), one, weights_, weights_layout_.get(),
                                a, layouts.rows.get(), zero, sums, layouts.sums.get(), sums,
                                layouts.sums.get(), &algorithm_, workspace, workspace_bytes_, stream),
           "a product by cublasLt");
}

uint64_t LibraryProduct::largest_shape(uint64_t capacity) const {
  return std::min(shapes_.back(), capacity * positions_);
}

size_t LibraryProduct::scratch_bytes(uint64_t capacity) const {
  const size_t rows = largest_shape(capacity);
  return aligned(workspace_bytes_) + (element_ == BOREAL_CUDA_CODE ? aligned(rows * row_bytes_) : 0) +
         (is_written_ ? aligned(rows * n_ * sizeof(float)) : 0);
}

void LibraryProduct::run(const StepCall& call, unsigned char* scratch) const {
  const bool codes = element_ == BOREAL_CUDA_CODE;
  const uint64_t all = uint64_t{call.rows} * positions_, room = uint64_t{call.capacity} * positions_;
  unsigned char* const flipped = scratch + aligned(workspace_bytes_);
  unsigned char* const sums = flipped + (codes ? aligned(largest_shape(call.capacity) * row_bytes_) : 0);
  for (uint64_t first = 0; first < all; first += most_rows_) {
    const uint64_t rows = std::min(most_rows_, all - first);
    // What lies in the buffers behind the last row is multiplied, too, and nobody looks at it.
    const uint64_t shape = std::min(shape_of(rows), room - first);
    const unsigned char* a = reinterpret_cast<const unsigned char*>(call.in(0)) + first * row_bytes_;
    if (codes) {
      flip_codes(a, flipped, rows * row_bytes_, call.stream);
      a = flipped;
    }
    multiply(a, is_written_ ? sums : reinterpret_cast<unsigned char*>(call.out() + first * n_), shape,
             scratch, call.stream);
    if (!is_written_) continue;
    TensorCall part = tensor_call(call);
    part.m = static_cast<uint32_t>(rows);
    part.out = static_cast<unsigned char*>(part.out) + first * part.out_bytes;
    if (codes) part.codes += first * part.code_rows;
    write_sums(part, element_, sums, call.stream);
  }
  if (!is_written_ && finish_.kind != BOREAL_CUDA_PLAIN) {
    finish_numbers(call.out(), all * n_, finish_, call.stream);
  }
}

ProductOperands LibraryProduct::operands(const void* a, uint64_t rows) const {
  return {
      element_,  static_cast<const unsigned char*>(a), weights_, bias_, static_cast<uint32_t>(rows), n_, k_,
      is_turned_};
}

}  // namespace cuda
}  // namespace boreal
