// Operations on matrices that JavaScript calls in two ways, now or on the pool. Each is one class
//
//   template <typename T> class Op {
//    public:
//     static constexpr size_t kArguments;            // the asynchronous call has `cancel` after these
//     explicit Op(MatrixArguments& arguments);       // reads and checks them all, outputs before inputs
//     R run(const RunOptions& options) const;        // computes, on any thread; sees no JavaScript
//     static napi_value deliver(napi_env env, R r);  // what the call gives; not needed where R is void
//   };
//
// that export_matrix_call<Op> turns into two functions. Argument 0 is a whole number: its lowest bit says
// whether T is float (0) or double (1), the bits above it are the operation's own.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
#include "binding/call.h"
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"
#include "binding/js.h"
#include "linalg/elementwise.h"

namespace boreal {

// Whether an input may be the very memory of an output. A partial overlap never may.
enum class Aliasing { kRefused, kSame };

template <typename T>
struct OutputArray {
  T* data;
  size_t size;
};

// The arguments of one call. A small call takes 100 ns in all, so that these functions ask Node for nothing
// they can do without. An array of T may come as a DataView of its bytes: Node hands out the memory of one in
// half the time it takes to tell that something is a Float32Array.
class MatrixArguments {
 public:
  enum class When { kNow, kLater };
  MatrixArguments(Call& call, When when, uint32_t code = 0) : call_(call), when_(when), code_(code) {}

  napi_env env() const { return call_.env(); }
  napi_value operator[](size_t i) const { return call_[i]; }
  uint32_t code() const { return code_; }  // argument 0 without its lowest bit
  size_t size(size_t i, const char* name) const { return to_size(env(), call_[i], name); }
  double number(size_t i, const char* name) const { return to_double(env(), call_[i], name); }

  // An array that the call writes in place. A call made later does so too: JavaScript gives it shared memory,
  // or an array that nobody else knows before the promise settles.
  template <typename T>
  OutputArray<T> output(size_t i, const char* name) {
    const Memory memory = read<T>(i, name);
    for (size_t k = 0; k < output_count_; ++k) check_overlap(memory, outputs_[k], Aliasing::kRefused);
    if (when_ == When::kLater) kept_.push_back(call_[i]);
    outputs_[output_count_++] = memory;
    return {reinterpret_cast<T*>(memory.data), memory.bytes / sizeof(T)};
  }
  template <typename T>
  T* output(size_t i, const char* name, size_t expected) {
    const OutputArray<T> array = output<T>(i, name);
    if (array.size != expected) refuse_size(name, array.size, expected);
    return array.data;
  }
  // `expected` elements: the array's own memory for a call made now, else a copy unless the memory is shared
  // or owned.
  template <typename T>
  const T* input(size_t i, const char* name, size_t expected, Aliasing aliasing = Aliasing::kRefused) {
    const Memory memory = read<T>(i, name);
    if (memory.bytes / sizeof(T) != expected) refuse_size(name, memory.bytes / sizeof(T), expected);
    for (size_t k = 0; k < output_count_; ++k) check_overlap(memory, outputs_[k], aliasing);
    return reinterpret_cast<const T*>(when_ == When::kNow ? memory.data : lasting(memory, call_[i]));
  }

  // What a job has to keep.
  std::vector<napi_value> take_kept() { return std::move(kept_); }
  std::vector<AlignedBuffer<char>> take_copies() { return std::move(copies_); }

 private:
  static constexpr size_t kMaxOutputs = 4;
  struct Memory {
    char* data;
    size_t bytes;
    const char* name;
    bool lasting;  // shared or owned; false if unknown
  };
  template <typename T>
  Memory read(size_t i, const char* name) const {
    void* data = nullptr;
    size_t bytes = 0;
    if (when_ == When::kLater ||
        napi_get_dataview_info(env(), call_[i], &bytes, &data, nullptr, nullptr) != napi_ok) {
      return read_array(i, name, kArrayType<T>, sizeof(T));
    }
    if (bytes % sizeof(T) != 0 || reinterpret_cast<uintptr_t>(data) % sizeof(T) != 0) refuse_type(name);
    return {static_cast<char*>(data), bytes, name, false};
  }
  Memory read_array(size_t i, const char* name, napi_typedarray_type type, size_t element_bytes) const;
  const char* lasting(const Memory& memory, napi_value value);
  static void check_overlap(const Memory& x, const Memory& out, Aliasing aliasing) {
    if (x.data >= out.data + out.bytes || out.data >= x.data + x.bytes) return;
    if (aliasing == Aliasing::kSame && x.data == out.data && x.bytes == out.bytes) return;
    refuse_overlap(x.name, out.name, aliasing);
  }
  [[noreturn]] static void refuse_type(const char* name);
  [[noreturn]] static void refuse_overlap(const char* x, const char* out, Aliasing aliasing);
  [[noreturn]] static void refuse_size(const char* name, size_t size, size_t expected);

  Call& call_;
  When when_;
  uint32_t code_;
  size_t output_count_ = 0;
  Memory outputs_[kMaxOutputs];
  std::vector<napi_value> kept_;
  std::vector<AlignedBuffer<char>> copies_;
};

uint32_t matrix_code(Call& call);

template <typename Op>
napi_value run_matrix_call(Call& call, uint32_t code = 0) {
  MatrixArguments arguments(call, MatrixArguments::When::kNow, code);
  const Op op(arguments);
  if constexpr (std::is_void_v<decltype(op.run({}))>) {
    op.run({});
    return nullptr;
  } else {
    return Op::deliver(call.env(), op.run({}));
  }
}

template <typename Op>
napi_value start_matrix_call(Call& call, uint32_t code = 0) {
  MatrixArguments arguments(call, MatrixArguments::When::kLater, code);
  Op op(arguments);
  JobOptions options;
  options.cancel = to_cancel(call.env(), call[Op::kArguments]);
  options.kept = arguments.take_kept();
  using Result = decltype(op.run({}));
  auto work = [op = std::move(op), copies = arguments.take_copies()](const CancelToken* cancel,
                                                                     const JobProgress&) {
    if constexpr (std::is_void_v<Result>) {
      op.run({0, cancel});
      return true;
    } else {
      return op.run({0, cancel});
    }
  };
  if constexpr (std::is_void_v<Result>) {
    return EnvState::of(call.env()).start(std::move(options), std::move(work), [](napi_env env, bool&&) {
      return undefined(env);
    });
  } else {
    return EnvState::of(call.env()).start(std::move(options), std::move(work), &Op::deliver);
  }
}

// Entries: in the precision that argument 0 names, or of an operation with types of its own.
template <template <typename> class Op>
napi_value run_matrix_call_of(Call& call) {
  const uint32_t code = matrix_code(call);
  return (code & 1) != 0 ? run_matrix_call<Op<double>>(call, code >> 1)
                         : run_matrix_call<Op<float>>(call, code >> 1);
}
template <template <typename> class Op>
napi_value start_matrix_call_of(Call& call) {
  const uint32_t code = matrix_code(call);
  return (code & 1) != 0 ? start_matrix_call<Op<double>>(call, code >> 1)
                         : start_matrix_call<Op<float>>(call, code >> 1);
}
template <typename Op>
napi_value run_matrix_call_of(Call& call) {
  return run_matrix_call<Op>(call);
}
template <typename Op>
napi_value start_matrix_call_of(Call& call) {
  return start_matrix_call<Op>(call);
}

// The functions `name` and `async_name` of an operation in both precisions, or of one with types of its own.
template <template <typename> class Op>
void export_matrix_call(napi_env env, napi_value exports, const char* name, const char* async_name) {
  export_function<run_matrix_call_of<Op>>(env, exports, name);
  export_function<start_matrix_call_of<Op>>(env, exports, async_name);
}
template <typename Op>
void export_matrix_call(napi_env env, napi_value exports, const char* name, const char* async_name) {
  export_function<run_matrix_call_of<Op>>(env, exports, name);
  export_function<start_matrix_call_of<Op>>(env, exports, async_name);
}

}  // namespace boreal
