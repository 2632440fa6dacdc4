// Products by cublasLt: the stand-in of the emulation, which can be told how to behave, or the library of the
// machine on a device. What is taken gives rows the same bits in any batch; all else leaves the plug-in's own
// kernels, bit by bit.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

constexpr size_t kRows = 40;

// The file of cublasLt for as long as it lives.
class WithLibrary {
 public:
  // The emulation is its own cublasLt.
  WithLibrary() : WithLibrary(cuda_devices().emulated ? cuda_devices().library->path() : "") {}
  explicit WithLibrary(std::string path) { path_ = std::move(path); }
  ~WithLibrary() { path_.clear(); }
  WithLibrary(const WithLibrary&) = delete;
  WithLibrary& operator=(const WithLibrary&) = delete;
  static const std::string& path() { return path_; }

 private:
  static std::string path_;
};
std::string WithLibrary::path_;

class Behaving : public Variable {
 public:
  explicit Behaving(const char* how) : Variable("BOREAL_CUBLASLT_EMULATED", how) {}
};

std::vector<double> whole_numbers(Rng& rng, size_t count) {
  std::vector<double> values(count);
  for (double& value : values) value = static_cast<int>(rng.below(9)) - 4;
  return values;
}
std::vector<double> real_numbers(Rng& rng, size_t count) {
  std::vector<double> values(count);
  for (double& value : values) value = static_cast<double>(static_cast<float>(rng.uniform() * 2 - 1));
  return values;
}

// Two layers, so that tensor cores hand on elements; the pass is short, so that few shapes are tried.
struct Case {
  Plan plan;
  size_t inputs;
  BorealCudaElement kind;
};
constexpr uint64_t kPassBytes = 60 << 10, kShortPass = 16 << 10;  // of 77 rows and of 20
std::unique_ptr<Program<float>> prepare(const Case& of, const CudaLibrary& library, int32_t device,
                                        uint64_t rows = kRows, uint64_t pass = kPassBytes) {
  return prepare_cuda(of.plan, library, device, pass, of.kind, {rows, WithLibrary::path()});
}
bool has(const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
  return library.device(device).major >= 8 || kind == BOREAL_CUDA_FLOAT32 || kind == BOREAL_CUDA_FLOAT16;
}

template <typename F>
void each_case(F body) {
  each_device([&](const CudaLibrary& library, int32_t device) {
    for (const BorealCudaElement kind :
         {BOREAL_CUDA_FLOAT32, BOREAL_CUDA_FLOAT16, BOREAL_CUDA_BFLOAT16, BOREAL_CUDA_TF32}) {
      if (!has(library, device, kind)) continue;
      CAPTURE(device);
      CAPTURE(static_cast<int>(kind));
      Rng rng(5);
      PlanWriter writer(20);
      // Wider than the layers that one kernel runs.
      const int32_t x = writer.dense(0, real_numbers(rng, 20 * 136), real_numbers(rng, 136), Unary::kTanh);
      writer.dense(x, real_numbers(rng, 136 * 17), real_numbers(rng, 17));
      body(library, device, Case{writer.decode(), 20, kind});
    }
  });
}
bool names(const Program<float>& program, const std::string& text) {
  return program.explain().find(text) != std::string::npos;
}
// Whether a device's own library took the case; the stand-in has to.
bool is_taken(const Program<float>& program) {
  const bool taken = names(program, "times as fast");
  if (cuda_devices().emulated) CHECK(taken);
  return taken;
}

std::vector<float> rows_of(const std::vector<float>& x, size_t first, size_t count, size_t width) {
  const auto begin = x.begin() + static_cast<std::ptrdiff_t>(first * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(count * width)};
}

}  // namespace

TEST_CASE("a library's products: a row has the same bits in any batch, and they are near") {
  const WithLibrary library_here;
  each_case([&](const CudaLibrary& library, int32_t device, const Case& of) {
    const auto program = prepare(of, library, device);
    if (!is_taken(*program)) return;
    if (cuda_devices().emulated) {
      CHECK(names(*program, "cublasLt 13.1.5"));
      CHECK(!names(*program, "warp groups"));
    }
    Rng rng(6);
    const size_t width = 17;
    const std::vector<float> x = random_rows<float>(rng, 150, of.inputs), all = run(*program, x);
    for (const size_t count : {1u, 2u, 3u, 7u, 21u, 40u, 77u}) {
      CAPTURE(count);
      for (int again = 0; again < 3; ++again) {  // the last ones are recorded
        CHECK(same(run(*program, rows_of(x, 150 - count, count, of.inputs)),
                   rows_of(all, 150 - count, count, width)));
      }
    }
    const std::vector<float> own = run(*prepare(of, library, device, 0), x);
    if (cuda_devices().emulated) CHECK(!same(all, own));  // the bias is added last
    float worst = 0;
    for (size_t i = 0; i < all.size(); ++i) worst = std::max(worst, std::fabs(all[i] - own[i]));
    CHECK(worst < 0.2f);
  });
}

TEST_CASE("a library's products of whole numbers are exact, and what is not a number stays none") {
  const WithLibrary library_here;
  const size_t inputs = 33, hidden = 140, outputs = 19, rows = 45;
  for (const bool chained : {true, false}) {  // or others read the numbers of the first layer, too
    Rng rng(7);
    PlanWriter writer(static_cast<int32_t>(inputs));
    const int32_t a =
        writer.dense(0, whole_numbers(rng, inputs * hidden), whole_numbers(rng, hidden), Unary::kRelu);
    const int32_t b =
        writer.dense(a, whole_numbers(rng, hidden * outputs), whole_numbers(rng, outputs), Unary::kAbs);
    if (!chained) writer.concat({b, writer.activation(a, Unary::kNegate)});
    const Plan plan = writer.decode();
    const size_t width = plan.output_width();
    std::vector<float> x;
    for (const double value : whole_numbers(rng, rows * inputs)) x.push_back(static_cast<float>(value));
    const std::vector<float> expected = reference<float>(plan, x);
    std::vector<float> bad = x;
    bad[3] = NAN;
    each_device([&](const CudaLibrary& library, int32_t device) {
      for (const BorealCudaElement kind : {BOREAL_CUDA_FLOAT32, BOREAL_CUDA_FLOAT16}) {
        const auto program = prepare({plan, inputs, kind}, library, device);
        is_taken(*program);
        CHECK(same(run(*program, x), expected));
        const std::vector<float> y = run(*program, bad);
        CHECK(std::isnan(y[0]));
        CHECK(same(rows_of(y, 1, rows - 1, width), rows_of(expected, 1, rows - 1, width)));
      }
    });
  }
}

TEST_CASE("a library's sums of codes are the CPU's") {
  const WithLibrary library_here;
  Rng rng(8);
  const auto bytes = [&](size_t count) {
    std::vector<uint8_t> weights(count);
    for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng.below(256));
    return weights;
  };
  const auto scales = [&](size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = 0.001f + static_cast<float>(rng.uniform()) / 64;
    return values;
  };
  for (const int32_t positions : {1, 3}) {
    for (const bool by_row : {true, false}) {
      CAPTURE(positions);
      CAPTURE(by_row);
      const size_t inputs = 35, hidden = 66, outputs = 21, width = inputs * static_cast<size_t>(positions);
      PlanWriter writer(static_cast<int32_t>(width));
      int32_t x = by_row ? 0 : writer.quantize(0, 4.0f / 255, 127);
      const std::vector<uint8_t> first = bytes(inputs * hidden), second = bytes(hidden * outputs);
      const std::vector<float> first_scale = scales(hidden), second_scale = scales(outputs);
      x = writer.int8_dense(x, positions, Unary::kRelu, first, first_scale, scales(hidden),
                            by_row ? std::vector<float>{} : std::vector<float>{0.02f, 3});
      writer.int8_dense(x, positions, Unary::kIdentity, second, second_scale, scales(outputs));
      const Case of{writer.decode(), width, BOREAL_CUDA_FLOAT32};
      const std::vector<float> values = random_rows<float>(rng, 45, width);
      const std::vector<float> expected = run(*prepare_cpu<float>(of.plan, kernels()), values);
      each_device([&](const CudaLibrary& library, int32_t device) {
        const auto program = prepare(of, library, device);
        is_taken(*program);
        CHECK(same(run(*program, values), expected));
        CHECK(same(run(*program, rows_of(values, 44, 1, width)),
                   rows_of(expected, 44, 1, outputs * static_cast<size_t>(positions))));
      });
    }
  }
}

TEST_CASE("a library is not taken where it is wrong, or gives a row other bits in other batches") {
  if (!cuda_devices().emulated) return;
  const WithLibrary library_here;
  struct Refusal {
    const char *how, *note;
  };
  const Refusal refusals[] = {{"batch", "gives a row other bits in other batches"},
                              {"place", "gives a row other bits in other batches"},
                              {"wrong", "cublasLt 13.1.5 has other sums"},
                              {"split", "has no algorithm for it"},
                              {"none", "has no algorithm for it"},
                              {"fails", "cublasLt 13.1.5 failed: a product by cublasLt, status 13"},
                              {"old", "cublasLt 11.11.3 is none of the versions 12 and 13"}};
  Rng rng(9);
  const std::vector<float> x = random_rows<float>(rng, 50, 20);
  each_case([&](const CudaLibrary& library, int32_t device, const Case& of) {
    if (of.kind != (device == 0 ? BOREAL_CUDA_FLOAT32 : BOREAL_CUDA_FLOAT16)) return;
    const std::vector<float> own = run(*prepare(of, library, device, 0), x);
    for (const Refusal& refusal : refusals) {
      CAPTURE(refusal.how);
      const Behaving behaving(refusal.how);
      const auto program = prepare(of, library, device, kRows, kShortPass);
      CHECK(names(*program, refusal.note));
      CHECK(!names(*program, "times as fast"));
      CHECK(same(run(*program, x), own));
    }
    for (const char* const how : {"mixed", "half"}) {  // the second algorithm is all right
      CAPTURE(how);
      const Behaving behaving(how);
      const auto program = prepare(of, library, device, kRows, kShortPass);
      CHECK(is_taken(*program));
      CHECK(same(rows_of(run(*program, x), 49, 1, 17), run(*program, rows_of(x, 49, 1, 20))));
    }
  });
}

TEST_CASE("a library that is not here, or is another, changes nothing") {
  if (!cuda_devices().emulated) return;
  each_device([&](const CudaLibrary& library, int32_t device) {
    PlanWriter writer(20);
    writer.dense(0, std::vector<double>(20 * 30, 0.5), std::vector<double>(30, 1));
    const Case of{writer.decode(), 20, BOREAL_CUDA_FLOAT32};
    CHECK(names(*prepare(of, library, device), "cublasLt is not installed"));
    CHECK(!names(*prepare(of, library, device, 0), "cublasLt"));
    {
      const WithLibrary missing("/no/such/library.so");
      CHECK(names(*prepare(of, library, device), "cublasLt does not load"));
    }
    const WithLibrary other("libc.so.6");
    const auto program = prepare(of, library, device);
    CHECK(names(*program, "the library that was found is not cublasLt"));
    CHECK(run(*program, std::vector<float>(20, 1.0f))[29] == 11);
  });
}

TEST_CASE("a library that is slower is not taken, and small layers are not tried") {
  const WithLibrary library_here;
  PlanWriter writer(4);
  writer.dense(writer.affine(0, {0, 0, 0, 0}, {1, 1, 1, 1}), std::vector<double>(4 * 30, 0.5),
               std::vector<double>(30, 1));
  const Plan plan = writer.decode();
  each_device([&](const CudaLibrary& library, int32_t device) {
    CHECK(!names(*prepare({plan, 4, BOREAL_CUDA_FLOAT32}, library, device), "cublasLt"));
    if (!cuda_devices().emulated) return;
    PlanWriter square(16);
    square.dense(0, std::vector<double>(16 * 16, 0.5), std::vector<double>(16, 1));
    const Behaving behaving("slow");
    CHECK(names(*prepare({square.decode(), 16, BOREAL_CUDA_FLOAT32}, library, device, 1),
                "cublasLt 13.1.5 is not faster for 1 rows"));
  });
}

TEST_CASE("a library's products of one row take scratch memory for one row") {
  if (!cuda_devices().emulated) return;
  const WithLibrary library_here;
  each_case([&](const CudaLibrary& library, int32_t device, const Case& of) {
    const auto program = prepare(of, library, device);
    const uint64_t before = free_bytes(library, device);
    run(*program, std::vector<float>(of.inputs, 0.5f));
    CHECK(before - free_bytes(library, device) < 8 << 10);  // sums of all shapes are 34 KiB
  });
}

TEST_CASE("a library's products: threads, lost ones, memory, and nothing left behind") {
  const WithLibrary library_here;
  each_case([&](const CudaLibrary& library, int32_t device, const Case& of) {
    if (of.kind != BOREAL_CUDA_FLOAT16) return;
    Rng rng(10);
    const std::vector<float> x = random_rows<float>(rng, 18, 20);
    run(*prepare(of, library, device, kRows, kShortPass), x);
    const uint64_t before = free_bytes(library, device);
    const long live = live_objects();
    {
      const auto program = prepare(of, library, device, kRows, kShortPass);
      const std::vector<float> expected = run(*program, x);
      std::vector<int> right(4, 0);
      std::vector<std::thread> threads;
      for (size_t t = 0; t < right.size(); ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 4; ++i) right[t] += same(run(*program, x), expected);
        });
      }
      for (std::thread& thread : threads) thread.join();
      for (const int count : right) CHECK(count == 4);
    }
    if (!cuda_devices().emulated) return;
    CHECK(free_bytes(library, device) == before);
    CHECK(live_objects() == live);
    {
      // A product that was done before fails: an error, since other sums would be other bits.
      const auto program = prepare(of, library, device, kRows, kShortPass);
      const std::vector<float> expected = run(*program, x);
      {
        const Behaving behaving("lost");
        CHECK(error_code([&] { run(*program, x); }) == "ERR_CUDA");
      }
      CHECK(same(run(*program, x), expected));
    }
    CHECK(live_objects() == live);
    for (int nth = 1; nth <= 24 && device == 0; ++nth) {
      CAPTURE(nth);
      const Failing failing("memory " + std::to_string(nth));
      std::unique_ptr<Program<float>> program;
      const std::string code = error_code([&] {
        program = prepare(of, library, device, kRows, kShortPass);
        run(*program, x);
      });
      CHECK((code == "none" || code == "ERR_OUT_OF_MEMORY"));
      program.reset();
      CHECK(free_bytes(library, device) == before);
      CHECK(live_objects() == live);
    }
  });
}

}  // namespace test
}  // namespace boreal
