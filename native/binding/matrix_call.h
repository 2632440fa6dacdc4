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
// they can do without. An array of T may come as an Int8Array over the same bytes instead: Node tells us that
// an array is an Int8Array in a tenth of the time it takes it to tell that one is a Float64Array.
class MatrixArguments {
 public:
  enum class When { kNow, kLater };
  MatrixArguments(Call& call, When when) : call_(call), when_(when) {}

  napi_env env() const { return call_.env(); }
  napi_value operator[](size_t i) const { return call_[i]; }
  uint32_t code() const;  // argument 0 without its lowest bit
  bool is_double() const;
  size_t size(size_t i, const char* name) const { return to_size(env(), call_[i], name); }
  double number(size_t i, const char* name) const { return to_double(env(), call_[i], name); }

  // An array that the call writes in place. A call made later does so too: JavaScript gives it shared memory,
  // or an array that nobody else knows before the promise settles.
  template <typename T>
  OutputArray<T> output(size_t i, const char* name) {
    const Memory& memory = add_output(read(i, name, kArrayType<T>, sizeof(T)));
    return {reinterpret_cast<T*>(memory.data), memory.bytes / sizeof(T)};
  }
  template <typename T>
  T* output(size_t i, const char* name, size_t expected) {
    const OutputArray<T> array = output<T>(i, name);
    if (array.size != expected) refuse_size(name, array.size, expected);
    return array.data;
  }
  // `expected` elements: the array's own memory for a call made now, else a copy unless the memory is shared.
  template <typename T>
  const T* input(size_t i, const char* name, size_t expected, Aliasing aliasing = Aliasing::kRefused) {
    const Memory memory = read(i, name, kArrayType<T>, sizeof(T));
    if (memory.bytes / sizeof(T) != expected) refuse_size(name, memory.bytes / sizeof(T), expected);
    for (size_t k = 0; k < output_count_; ++k) check_overlap(memory, outputs_[k], aliasing);
    return reinterpret_cast<const T*>(when_ == When::kNow ? memory.data : lasting(memory));
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
    napi_value value;
    bool shared;  // false if unknown
  };
  Memory read(size_t i, const char* name, napi_typedarray_type type, size_t element_bytes) const;
  const Memory& add_output(const Memory& memory);
  const char* lasting(const Memory& memory);
  static void check_overlap(const Memory& x, const Memory& out, Aliasing aliasing);
  [[noreturn]] static void refuse_size(const char* name, size_t size, size_t expected);

  Call& call_;
  When when_;
  size_t output_count_ = 0;
  Memory outputs_[kMaxOutputs];
  std::vector<napi_value> kept_;
  std::vector<AlignedBuffer<char>> copies_;
};

template <typename Op>
napi_value run_matrix_call(Call& call) {
  MatrixArguments arguments(call, MatrixArguments::When::kNow);
  const Op op(arguments);
  if constexpr (std::is_void_v<decltype(op.run({}))>) {
    op.run({});
    return nullptr;
  } else {
    return Op::deliver(call.env(), op.run({}));
  }
}

template <typename Op>
napi_value start_matrix_call(Call& call) {
  MatrixArguments arguments(call, MatrixArguments::When::kLater);
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

template <template <typename> class Op>
napi_value run_matrix_call_of(Call& call) {
  const bool is_double = MatrixArguments(call, MatrixArguments::When::kNow).is_double();
  return is_double ? run_matrix_call<Op<double>>(call) : run_matrix_call<Op<float>>(call);
}
template <template <typename> class Op>
napi_value start_matrix_call_of(Call& call) {
  const bool is_double = MatrixArguments(call, MatrixArguments::When::kLater).is_double();
  return is_double ? start_matrix_call<Op<double>>(call) : start_matrix_call<Op<float>>(call);
}

// The functions `name` and `async_name` of an operation in both precisions, or of one with types of its own.
template <template <typename> class Op>
void export_matrix_call(napi_env env, napi_value exports, const char* name, const char* async_name) {
  export_function<run_matrix_call_of<Op>>(env, exports, name);
  export_function<start_matrix_call_of<Op>>(env, exports, async_name);
}
template <typename Op>
void export_matrix_call(napi_env env, napi_value exports, const char* name, const char* async_name) {
  export_function<run_matrix_call<Op>>(env, exports, name);
  export_function<start_matrix_call<Op>>(env, exports, async_name);
}

}  // namespace boreal
