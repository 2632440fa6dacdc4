// Products by cublasLt. A library promises equal bits for equal shapes only, and a row's bits are not to
// depend on its batch: so a step has one algorithm for any number of rows, which adds up each element in one
// piece, and it is called with few shapes: parts of `most_rows_` rows, and for the rest a number of rows out
// of a short list. A step is given to the library only where all of those shapes have been seen to give rows
// the same bits at every place (library_choice.cu).
#pragma once

#include <memory>
#include <vector>

#include "cuda/cublas_lt.cuh"
#include "cuda/library_kernels.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {

// The library and its handle for one device.
struct Library {
  CublasLt lt{};
  LtObject handle;
};

class LibraryProduct {
 public:
  // Whether the step is a product that the library has, and large enough.
  static bool takes(const BorealCudaStep& step);

  // Has no algorithm yet.
  LibraryProduct(const Library& library, const BorealCudaStep& step, const unsigned char* arena,
                 uint64_t plan_rows);

  // Those that add up in one piece, the best by the library's own estimate first, and work for all shapes.
  std::vector<LtCandidate> algorithms(uint64_t rows) const;
  void choose(const LtCandidate& algorithm);

  // All numbers of rows that multiply() is called with.
  const std::vector<uint64_t>& shapes() const { return shapes_; }
  // sums [rows, n] of a [rows, k], codes flipped, without what comes after the bias.
  void multiply(const void* a, void* sums, uint64_t rows, void* workspace, cudaStream_t stream) const;

  // The whole step. The lane lends scratch memory, of so many bytes for the rows that its buffers are for.
  void run(const StepCall& call, unsigned char* scratch) const;
  size_t scratch_bytes(uint64_t capacity) const;

  // What the rows of a are made of, and what multiply() does with `rows` of them.
  uint32_t positions() const { return positions_; }
  uint32_t row_bytes() const { return row_bytes_; }
  ProductOperands operands(const void* a, uint64_t rows) const;

 private:
  struct Layouts {
    LtObject rows, sums;
  };
  Layouts layouts_of(uint64_t rows) const;
  uint64_t shape_of(uint64_t rows) const;
  // Of the largest call where buffers are for so many rows.
  uint64_t largest_shape(uint64_t capacity) const;

  const Library& library_;
  uint32_t n_, k_, row_bytes_, positions_;
  int element_;
  bool is_turned_;   // weights are [n, k]
  bool is_written_;  // sums become something else in another buffer
  const unsigned char* weights_;
  const float* bias_;
  Finish finish_;  // in place
  uint64_t most_rows_;
  std::vector<uint64_t> shapes_;
  LtObject product_, weights_layout_;
  LtAlgorithm algorithm_{};
  size_t workspace_bytes_ = 0;
};

}  // namespace cuda
}  // namespace boreal
