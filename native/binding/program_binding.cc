// Programs: make, describe, run now, run on the pool, bind to buffers for single rows, share between threads.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "binding/call.h"
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"
#include "binding/js.h"
#include "binding/plan_source.h"
#include "device/cpu_program.h"
#include "device/cuda_program.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

// A program of either precision.
class AnyProgram {
 public:
  template <typename T>
  explicit AnyProgram(std::unique_ptr<Program<T>> program) : program_(std::move(program)) {}

  // Calls f with the Program<T> inside.
  template <typename F>
  auto visit(F f) const {
    return std::visit([&](const auto& program) { return f(*program); }, program_);
  }

 private:
  std::variant<std::unique_ptr<Program<float>>, std::unique_ptr<Program<double>>> program_;
};
using ProgramPtr = std::shared_ptr<const AnyProgram>;

}  // namespace

template <>
struct HandleTraits<const AnyProgram> {
  static constexpr napi_type_tag kTag = {0x1f7c2e94a05b4d83, 0xb36e8d0f4c17a925};
  static constexpr const char* kName = "a program handle";
  static size_t external_bytes(const AnyProgram& program) {
    return program.visit([](const auto& p) { return p.memory_bytes(); });
  }
};

namespace {

enum Precision : size_t { kFloat32, kFloat64 };

// Where a program is prepared: on the CPU, or on a device of the plug-in at the path.
struct Place {
  std::string cuda_path;  // empty: the CPU
  int32_t device = 0;
  BorealCudaElement products = BOREAL_CUDA_FLOAT32;
  CudaMathLibrary math_library{};
};
// The arguments after the precision; missing ones mean the CPU.
Place to_place(Call& call) {
  napi_env env = call.env();
  if (is_nullish(env, call[3])) return {};
  Place place{to_text(env, call[3], "path"), static_cast<int32_t>(to_whole(env, call[4], "device", 0, 1023))};
  if (!is_nullish(env, call[5])) {
    // In the order of BorealCudaElement.
    place.products = static_cast<BorealCudaElement>(
        to_choice(env, call[5], "products", {"float32", "tf32", "bf16", "float16"}));
  }
  if (!is_nullish(env, call[6])) place.math_library.rows = to_size(env, call[6], "libraryRows");
  if (!is_nullish(env, call[7])) place.math_library.path = to_text(env, call[7], "libraryPath");
  return place;
}

ProgramPtr prepare(const Plan& plan, size_t precision, const Place& place) {
  if (!place.cuda_path.empty()) {
    if (precision != kFloat32) throw Error("ERR_NOT_SUPPORTED", "CUDA runs plans in float32 only.");
    return std::make_shared<AnyProgram>(prepare_cuda(plan, CudaLibrary::open(place.cuda_path), place.device,
                                                     kCudaPassBytes, place.products, place.math_library));
  }
  if (precision == kFloat32) return std::make_shared<AnyProgram>(prepare_cpu<float>(plan, kernels()));
  return std::make_shared<AnyProgram>(prepare_cpu<double>(plan, kernels()));
}

// The third argument of programCreate and programCreateAsync, after the plan.
size_t to_precision(Call& call) {
  return to_choice(call.env(), call[2], "precision", {"float32", "float64"});
}

napi_value program_create(Call& call) {
  const PlanSource source = to_plan_source(call, 0);
  const size_t precision = to_precision(call);
  return make_handle(call.env(),
                     prepare(decode_plan(source.ops, source.constants), precision, to_place(call)));
}

napi_value program_create_async(Call& call) {
  PlanSource source = to_plan_source(call, 0);
  JobOptions options;
  options.kept = std::move(source.arrays);
  return EnvState::of(call.env())
      .start(
          std::move(options),
          [source = std::move(source), precision = to_precision(call), place = to_place(call)](
              const CancelToken*, const JobProgress&) {
            return prepare(decode_plan(source.ops, source.constants), precision, place);
          },
          [](napi_env env, ProgramPtr&& program) { return make_handle(env, std::move(program)); });
}

[[noreturn]] void refuse_disposed() { throw Error("ERR_DISPOSED", "The plan was disposed of."); }

const ProgramPtr& to_program(Call& call) {
  const ProgramPtr& program = from_handle<const AnyProgram>(call.env(), call[0], "program");
  if (program == nullptr) refuse_disposed();
  return program;
}

// Its memory is free at once, or when the last run that is under way, or the last thread that shares it, lets
// go.
napi_value program_dispose(Call& call) {
  drop_object(call.env(), from_handle<const AnyProgram>(call.env(), call[0], "program"));
  return nullptr;
}

napi_value program_info(Call& call) {
  return to_program(call)->visit([&](const auto& program) {
    return ObjectBuilder(call.env())
        .set("inputWidth", static_cast<double>(program.input_width()))
        .set("outputWidth", static_cast<double>(program.output_width()))
        .set("rowCostNs", program.row_cost_ns())
        .set("memoryBytes", static_cast<double>(program.memory_bytes()))
        .object();
  });
}

napi_value program_explain(Call& call) {
  return to_js(call.env(), to_program(call)->visit([](const auto& program) { return program.explain(); }));
}

// x, rows and out of one run; `rows` is arguments[2], out arguments[3].
template <typename T>
struct RunArguments {
  RunArguments(Call& call, const Program<T>& program)
      : x(to_typed_array(call.env(), call[1], "x")),
        rows(to_size(call.env(), call[2], "rows")),
        out(to_typed_array(call.env(), call[3], "out")) {
    elements<T>(x);
    elements<T>(out);
    require_length(x, checked_area(rows, program.input_width()));
    require_length(out, checked_area(rows, program.output_width()));
    refuse_overlap(x, out);
  }
  TypedArray x;
  size_t rows;
  TypedArray out;
};

template <typename T>
void run_now(Call& call, const Program<T>& program) {
  const RunArguments<T> run(call, program);
  const size_t threads = to_size(call.env(), call[4], "threads");
  program.run(elements<T>(run.x), run.rows, elements<T>(run.out), threads, nullptr);
}

napi_value program_run_sync(Call& call) {
  to_program(call)->visit([&](const auto& program) { run_now(call, program); });
  return nullptr;
}

struct Nothing {};

template <typename T>
napi_value run_later(Call& call, const ProgramPtr& owner, const Program<T>& program) {
  const RunArguments<T> run(call, program);
  JobOptions options;
  options.cancel = to_cancel(call.env(), call[4]);
  options.kept.push_back(run.out.value);
  auto work = [owner, &program, x = Input<T>(run.x, &options.kept), rows = run.rows,
               out = elements<T>(run.out)](const CancelToken* cancel, const JobProgress&) {
    program.run(x.data(), rows, out, 0, cancel);
    return Nothing{};
  };
  return EnvState::of(call.env()).start(std::move(options), std::move(work), [](napi_env env, Nothing&&) {
    return undefined(env);
  });
}

napi_value program_run(Call& call) {
  const ProgramPtr& owner = to_program(call);
  return owner->visit([&](const auto& program) { return run_later(call, owner, program); });
}

// ---- Bound runs ------------------------------------------------------------------------------------

// What the function that programBind returns carries: no program, so that disposing of the handle frees it.
// The caller promised never to detach the two buffers.
template <typename T>
struct BoundRun {
  std::weak_ptr<const AnyProgram> owner;
  const Program<T>& program;
  const T* x;
  T* out;
  size_t max_rows;
  napi_ref x_ref = nullptr, out_ref = nullptr;
};

template <typename T>
napi_value run_bound(Call& call) {
  const BoundRun<T>& bound = *static_cast<const BoundRun<T>*>(call.data());
  const ProgramPtr owner = bound.owner.lock();
  if (owner == nullptr) refuse_disposed();
  const size_t rows = to_size(call.env(), call[0], "rows");
  if (rows > bound.max_rows) {
    throw Error("ERR_SHAPE", "The bound buffers hold " + std::to_string(bound.max_rows) + " rows at most.");
  }
  // The pool is for what is worth a trip through it.
  constexpr double kWorthPool = 50e3;
  const size_t threads = bound.program.row_cost_ns() < kWorthPool ? 1 : 0;
  bound.program.run(bound.x, rows, bound.out, threads, nullptr);
  return nullptr;
}

template <typename T>
napi_value bind(Call& call, const ProgramPtr& owner, const Program<T>& program) {
  napi_env env = call.env();
  const TypedArray x = to_typed_array(env, call[1], "x"), out = to_typed_array(env, call[2], "out");
  refuse_overlap(x, out);
  // A width of 0 is possible: a Gather of no columns.
  const auto rows_in = [](size_t length, size_t width) { return width == 0 ? SIZE_MAX : length / width; };
  const size_t max_rows =
      std::min(rows_in(x.length, program.input_width()), rows_in(out.length, program.output_width()));
  auto bound =
      std::make_unique<BoundRun<T>>(BoundRun<T>{owner, program, elements<T>(x), elements<T>(out), max_rows});
  const auto release = [](napi_env finalizer_env, void* data, void*) {
    const std::unique_ptr<BoundRun<T>> dead(static_cast<BoundRun<T>*>(data));
    napi_delete_reference(finalizer_env, dead->x_ref);
    napi_delete_reference(finalizer_env, dead->out_ref);
  };
  napi_value function;
  check(env, napi_create_function(env, "run", NAPI_AUTO_LENGTH, entry<run_bound<T>>, bound.get(), &function));
  check(env, napi_create_reference(env, x.value, 1, &bound->x_ref));
  check(env, napi_create_reference(env, out.value, 1, &bound->out_ref));
  check(env, napi_add_finalizer(env, function, bound.get(), release, nullptr, nullptr));
  bound.release();
  return function;
}

napi_value program_bind(Call& call) {
  const ProgramPtr& owner = to_program(call);
  return owner->visit([&](const auto& program) { return bind(call, owner, program); });
}

// ---- Sharing ---------------------------------------------------------------------------------------

// The programs that JavaScript has shared, by a number that can be posted to another thread of this process.
// It owns none of them: a number is good for as long as a handle or a running job holds the program.
class SharedPrograms {
 public:
  // Never destroyed: threads may still end while the process does.
  static SharedPrograms& instance() {
    static SharedPrograms* const programs = new SharedPrograms();
    return *programs;
  }

  // The same number each time.
  uint64_t share(const ProgramPtr& program) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = programs_.begin(); it != programs_.end();) {
      const ProgramPtr known = it->second.lock();
      if (known == program) return it->first;
      it = known == nullptr ? programs_.erase(it) : std::next(it);
    }
    for (;;) {
      const uint64_t token = (uint64_t{random_()} << 32) | random_();
      if (programs_.emplace(token, program).second) return token;
    }
  }

  // Null when nobody holds it any more.
  ProgramPtr find(uint64_t token) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = programs_.find(token);
    return it == programs_.end() ? nullptr : it->second.lock();
  }

 private:
  std::mutex mutex_;
  std::random_device random_;
  std::unordered_map<uint64_t, std::weak_ptr<const AnyProgram>> programs_;
};

napi_value program_share(Call& call) {
  napi_value token;
  check(call.env(),
        napi_create_bigint_uint64(call.env(), SharedPrograms::instance().share(to_program(call)), &token));
  return token;
}

napi_value program_adopt(Call& call) {
  uint64_t token = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(call.env(), call[0], &token, &lossless) != napi_ok || !lossless) {
    throw Error("ERR_PARAMETER", "token must be a BigInt that programShare has returned.");
  }
  ProgramPtr program = SharedPrograms::instance().find(token);
  if (program == nullptr) throw Error("ERR_PARAMETER", "The shared program does not exist any more.");
  return make_handle(call.env(), std::move(program));
}

}  // namespace

void export_program(napi_env env, napi_value exports) {
  export_function<program_create>(env, exports, "programCreate");
  export_function<program_create_async>(env, exports, "programCreateAsync");
  export_function<program_info>(env, exports, "programInfo");
  export_function<program_explain>(env, exports, "programExplain");
  export_function<program_run_sync>(env, exports, "programRunSync");
  export_function<program_run>(env, exports, "programRun");
  export_function<program_bind>(env, exports, "programBind");
  export_function<program_dispose>(env, exports, "programDispose");
  export_function<program_share>(env, exports, "programShare");
  export_function<program_adopt>(env, exports, "programAdopt");
}

}  // namespace boreal
