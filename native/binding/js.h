// Reading and writing JavaScript values. Nothing that comes in is trusted: a value that is not what its name
// promises throws ERR_PARAMETER, ERR_DTYPE or ERR_SHAPE. These functions, like all of N-API, belong to the
// thread of their env.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

// Throws ERR_INTERNAL unless status is napi_ok.
void check(napi_env env, napi_status status);

// ---- Reading ---------------------------------------------------------------------------------------
bool is_nullish(napi_env env, napi_value value);
double to_double(napi_env env, napi_value value, const char* name);
bool to_bool(napi_env env, napi_value value, const char* name);
// A whole number in [min, max]; max at most 2^53.
uint64_t to_whole(napi_env env, napi_value value, const char* name, uint64_t min, uint64_t max);
constexpr uint64_t kMaxSafeInteger = (uint64_t{1} << 53) - 1;
size_t to_size(napi_env env, napi_value value, const char* name);
// A string of less than 4096 bytes.
std::string to_text(napi_env env, napi_value value, const char* name);
// The position of a string among choices.
size_t to_choice(napi_env env, napi_value value, const char* name, const std::vector<const char*>& choices);
napi_value property(napi_env env, napi_value object, const char* name);

// A view of a JavaScript typed array. The memory stays valid while JavaScript doesn't run, or longer if the
// array is kept alive and is not detached.
struct TypedArray {
  napi_value value;
  napi_typedarray_type type;
  void* data;
  size_t length;  // 0 when detached
  bool shared;    // backed by a SharedArrayBuffer, which cannot be detached
  bool owned;     // marked by mark_owned
  const char* name;
};
TypedArray to_typed_array(napi_env env, napi_value value, const char* name);
// From so many elements on an array can be marked: asking takes a while, and a copy of less is nothing.
constexpr size_t kLeastOwned = size_t{1} << 18;
// Marks the buffer of an array that only the library's own code can reach, so that nobody changes or detaches
// it while a job reads it.
void mark_owned(napi_env env, const TypedArray& array);

template <typename T>
constexpr napi_typedarray_type kArrayType = napi_int8_array;
template <>
inline constexpr napi_typedarray_type kArrayType<float> = napi_float32_array;
template <>
inline constexpr napi_typedarray_type kArrayType<double> = napi_float64_array;
template <>
inline constexpr napi_typedarray_type kArrayType<int32_t> = napi_int32_array;
template <>
inline constexpr napi_typedarray_type kArrayType<uint8_t> = napi_uint8_array;
template <>
inline constexpr napi_typedarray_type kArrayType<uint16_t> = napi_uint16_array;

// Throws ERR_DTYPE unless the elements are T.
template <typename T>
T* elements(const TypedArray& array);
// rows * cols; throws ERR_SHAPE on overflow.
size_t checked_area(size_t rows, size_t cols);
// Throws ERR_SHAPE.
void require_length(const TypedArray& array, size_t expected);
// Throws ERR_PARAMETER if `out` has memory of x.
void refuse_overlap(const TypedArray& x, const TypedArray& out);

// Calls f with a float or a double according to the elements of array.
template <typename F>
napi_value by_precision(const TypedArray& array, F f) {
  if (array.type == napi_float32_array) return f(float{});
  elements<double>(array);
  return f(double{});
}

// ---- Inputs of asynchronous work -------------------------------------------------------------------
// What another thread may read later: a copy, because the caller may change, transfer or detach an ordinary
// ArrayBuffer at any time, or the memory itself where it is shared or owned.
template <typename T>
class Input {
 public:
  Input() = default;
  // Appends to `kept` what must be kept alive.
  Input(const TypedArray& array, std::vector<napi_value>* kept);
  // Always a copy: for values that are checked first and then trusted, such as indices.
  static Input copy(const TypedArray& array);

  size_t size() const { return size_; }
  const T* data() const { return data_; }
  Span<T> span() const { return {data_, size_}; }
  MatrixView<const T> matrix(size_t rows, size_t cols) const { return dense_view(data_, rows, cols); }

 private:
  AlignedBuffer<T> copy_;
  const T* data_ = nullptr;
  size_t size_ = 0;
};

// ---- Writing ---------------------------------------------------------------------------------------
napi_value to_js(napi_env env, double value);
napi_value to_js(napi_env env, bool value);
napi_value to_js(napi_env env, const char* text);
napi_value to_js(napi_env env, const std::string& text);
// Takes the vector's memory over when it is large, so that the event loop does not wait for a copy.
template <typename T>
napi_value to_js(napi_env env, std::vector<T>&& values);
napi_value undefined(napi_env env);

class ObjectBuilder {
 public:
  explicit ObjectBuilder(napi_env env) : env_(env) { check(env, napi_create_object(env, &object_)); }
  template <typename T>
  ObjectBuilder& set(const char* name, T&& value) {
    return set_value(name, to_js(env_, std::forward<T>(value)));
  }
  ObjectBuilder& set_value(const char* name, napi_value value) {
    check(env_, napi_set_named_property(env_, object_, name, value));
    return *this;
  }
  napi_value object() const { return object_; }

 private:
  napi_env env_;
  napi_value object_;
};

}  // namespace boreal
