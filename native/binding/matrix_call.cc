#include "binding/matrix_call.h"

#include <cstring>
#include <string>

namespace boreal {
namespace {

// 0 for a type that this N-API does not know.
size_t bytes_per_element(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 0;
  }
}

uint64_t whole_code(napi_env env, napi_value value) { return to_whole(env, value, "code", 0, UINT32_MAX); }

}  // namespace

uint32_t MatrixArguments::code() const { return static_cast<uint32_t>(whole_code(env(), call_[0]) >> 1); }

bool MatrixArguments::is_double() const { return (whole_code(env(), call_[0]) & 1) != 0; }

MatrixArguments::Memory MatrixArguments::read(size_t i, const char* name, napi_typedarray_type type,
                                              size_t element_bytes) const {
  napi_typedarray_type actual = static_cast<napi_typedarray_type>(-1);
  size_t length = 0;
  void* data = nullptr;
  bool shared = false;
  if (when_ == When::kNow) {
    if (napi_get_typedarray_info(env(), call_[i], &actual, &length, &data, nullptr, nullptr) != napi_ok) {
      throw Error("ERR_PARAMETER", std::string(name) + " must be a typed array.");
    }
  } else {
    const TypedArray array = to_typed_array(env(), call_[i], name);
    actual = array.type;
    length = array.length;
    data = array.data;
    shared = array.shared;
  }
  if (actual != type && actual != napi_int8_array) {
    throw Error("ERR_DTYPE", std::string(name) + " has elements of another type than the operation.");
  }
  const size_t bytes = length * bytes_per_element(actual);
  if (bytes % element_bytes != 0 || reinterpret_cast<uintptr_t>(data) % element_bytes != 0) {
    throw Error("ERR_DTYPE", std::string(name) + " does not hold whole, aligned elements.");
  }
  return {static_cast<char*>(data), bytes, name, call_[i], shared};
}

const MatrixArguments::Memory& MatrixArguments::add_output(const Memory& memory) {
  for (size_t k = 0; k < output_count_; ++k) check_overlap(memory, outputs_[k], Aliasing::kRefused);
  if (when_ == When::kLater) kept_.push_back(memory.value);
  outputs_[output_count_] = memory;
  return outputs_[output_count_++];
}

const char* MatrixArguments::lasting(const Memory& memory) {
  if (memory.shared) {
    kept_.push_back(memory.value);
    return memory.data;
  }
  copies_.emplace_back(memory.bytes);
  if (memory.bytes > 0) std::memcpy(copies_.back().data(), memory.data, memory.bytes);
  return copies_.back().data();
}

void MatrixArguments::check_overlap(const Memory& x, const Memory& out, Aliasing aliasing) {
  if (x.data >= out.data + out.bytes || out.data >= x.data + x.bytes) return;
  if (aliasing == Aliasing::kSame && x.data == out.data && x.bytes == out.bytes) return;
  throw Error("ERR_PARAMETER",
              std::string(out.name) + " must not overlap " + x.name +
                  (aliasing == Aliasing::kSame ? " unless it is the same matrix of the same shape." : "."));
}

void MatrixArguments::refuse_size(const char* name, size_t size, size_t expected) {
  throw Error("ERR_SHAPE", std::string(name) + " must have " + std::to_string(expected) + " values; it has " +
                               std::to_string(size) + (size == 0 ? ": was its buffer detached?" : "."));
}

}  // namespace boreal
