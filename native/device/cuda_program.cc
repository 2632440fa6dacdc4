#include "device/cuda_program.h"

#include <cstdio>
#include <string>
#include <utility>

#include "device/cuda_elements.h"

namespace boreal {
namespace {

// A run of a few rows waits about so long for the device: such runs stay on the calling thread, larger ones
// leave it.
constexpr double kRowCostNs = 20000;

class CudaProgram final : public Program<float> {
 public:
  CudaProgram(const Plan& plan, const CudaLibrary& library, int32_t device, uint64_t pass_bytes,
              BorealCudaElement products, const CudaMathLibrary& math_library)
      : library_(library), info_(library.device(device)), device_(device) {
    CudaPlan steps =
        plan_cuda(plan, info_.shared_bytes, pass_bytes, {products, 10 * info_.major + info_.minor});
    input_width_ = steps.input_width;
    output_width_ = steps.output_width;
    constant_bytes_ = steps.arena.bytes().size();
    steps.math_library = math_library;
    const BorealCudaPlan view = steps.view();
    BorealCudaError error{};
    BorealCudaProgram* program = nullptr;
    const int status = library.api().create(device, &view, &program, &error);
    program_ = {program, library.api().destroy};
    CudaLibrary::check(status, error);
    describe(steps);
  }

  size_t input_width() const override { return input_width_; }
  size_t output_width() const override { return output_width_; }
  double row_cost_ns() const override { return kRowCostNs; }
  size_t memory_bytes() const override { return constant_bytes_; }

  void run(const float* x, size_t rows, float* out, size_t /*threads*/,
           const CancelToken* cancel) const override {
    BorealCudaError error{};
    const int status = library_.api().run(program_.get(), x, rows, out,
                                          cancel == nullptr ? nullptr : cuda_is_cancelled, cancel, &error);
    CudaLibrary::check(status, error);
  }

  std::string explain() const override { return description_; }

 private:
  void describe(const CudaPlan& plan) {
    char line[400];
    std::snprintf(line, sizeof(line), "cuda:%d, %s%s, compute %d.%d, float32, %zu columns in, %zu out\n",
                  device_, info_.name, info_.emulated != 0 ? " (emulated)" : "", info_.major, info_.minor,
                  input_width_, output_width_);
    description_ = line;
    std::snprintf(line, sizeof(line), "passes of up to %llu rows, %zu KiB constants\n",
                  static_cast<unsigned long long>(plan.max_rows), constant_bytes_ / 1024);
    description_ += line;
    std::snprintf(line, sizeof(line), "%6s  %-13s  %8s  %8s  %s\n", "op", "kernel", "in", "out", "details");
    description_ += line;
    for (size_t i = 0; i < plan.steps.size(); ++i) {
      const BorealCudaStep& step = plan.steps[i];
      std::snprintf(line, sizeof(line), "%6d  %-13s  %8u  %8u  %s", step.op + 1, cuda_kernel_name(step),
                    step.in_width[0], step.out_width, details_of(plan, i).c_str());
      description_ += line;
      description_.erase(description_.find_last_not_of(' ') + 1);
      description_ += '\n';
    }
  }

  // Of a step: what it does, and what it is done by.
  std::string details_of(const CudaPlan& plan, size_t index) const {
    const BorealCudaStep& step = plan.steps[index];
    std::string text = plan.details[index];
    const auto add = [&](const char* more) {
      if (more[0] != 0) text += (text.empty() ? "" : ", ") + std::string(more);
    };
    const char* note = "";
    const bool by_library =
        library_.api().step_library(program_.get(), static_cast<uint32_t>(index), &note) != 0;
    if (step.kernel == BOREAL_CUDA_TENSOR_PRODUCT && !by_library) {
      const int32_t many = BOREAL_CUDA_ENGINE_OF_MANY(step.n[5]), few = BOREAL_CUDA_ENGINE_OF_FEW(step.n[5]);
      if (many == BOREAL_CUDA_WARP_GROUP) add("warp groups");
      if (many == BOREAL_CUDA_DOT) add("dot products");
      if (many != few) add(("dot products of up to " + std::to_string(kDotSide) + " positions").c_str());
    }
    add(note);
    return text;
  }

  const CudaLibrary& library_;
  const BorealCudaDevice& info_;
  const int32_t device_;
  size_t input_width_ = 0, output_width_ = 0, constant_bytes_ = 0;
  std::string description_;
  std::unique_ptr<BorealCudaProgram, void (*)(BorealCudaProgram*)> program_{nullptr, nullptr};
};

}  // namespace

std::unique_ptr<Program<float>> prepare_cuda(const Plan& plan, const CudaLibrary& library, int32_t device,
                                             uint64_t pass_bytes, BorealCudaElement products,
                                             const CudaMathLibrary& math_library) {
  return std::make_unique<CudaProgram>(plan, library, device, pass_bytes, products, math_library);
}

}  // namespace boreal
