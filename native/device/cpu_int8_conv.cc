#include "device/cpu_int8_conv.h"

#include "device/cpu_int8.h"
#include "device/int8_conv_shape.h"
#include "nn/int8_conv2d.h"

namespace boreal {
namespace {

template <typename T>
class CpuInt8Conv final : public Int8Op<T> {
 public:
  CpuInt8Conv(const Int8ConvOp& op, const nn::Conv2dShape& shape, const OpPlace& place,
              const Kernels& kernels)
      : Int8Op<T>(place, kernels),
        activation_(op.activation),
        outputs_(place.op().width),
        conv_(shape, reinterpret_cast<const int8_t*>(op.weights.data), op.scale.data, kernels),
        bias_(op.bias.size) {
    std::copy(op.bias.begin(), op.bias.end(), bias_.begin());
  }

  void run(const TileCall<T>& call) const override {
    const Int8Options options = this->options(call, activation_, bias_.data());
    const Int8Rows x = this->from_ ? given(call) : quantised(call);
    if (this->to_) return conv_.run(call.rows, x, this->result(call, call.rows, outputs_), options);
    this->write_numbers(call, [&](float* y) { conv_.run(call.rows, x, y, options); });
  }
  bool splits_tile() const override { return true; }
  size_t memory_bytes() const override { return conv_.bytes() + bias_.size() * sizeof(float); }
  // 200 GOP/s: what copies of pixels leave.
  double row_cost_ns() const override { return 50 + 2 * conv_.products() / 200; }
  std::string details() const override {
    const nn::Conv2dShape& s = conv_.shape();
    return "conv " + std::to_string(s.kernel_h) + "x" + std::to_string(s.kernel_w) + ", " +
           this->describe(activation_, "numbers, a range for each row");
  }

 private:
  size_t wide_width() const override { return this->to_ ? 0 : outputs_; }
  size_t own_bytes(size_t rows) const override {
    return this->from_ ? 0 : rows * (this->width_ + sizeof(float) + sizeof(int32_t));
  }

  Int8Rows given(const TileCall<T>& call) const {
    Int8Rows x{dense_view(this->codes(call), call.rows, this->width_)};
    x.scale = &this->from_->scale;
    x.zero = &this->from_->zero;
    return x;
  }
  // Each image by its own range.
  Int8Rows quantised(const TileCall<T>& call) const {
    const float* const numbers = this->numbers(call);
    const Int8Kernels& kernels = this->kernels_.int8;
    const size_t width = this->width_;
    float* const scale = reinterpret_cast<float*>(call.scratch + this->number_bytes(call.rows));
    int32_t* const zero = reinterpret_cast<int32_t*>(scale + call.rows);
    uint8_t* const codes = reinterpret_cast<uint8_t*>(zero + call.rows);
    const Int8Format format{};
    for (size_t i = 0; i < call.rows; ++i) {
      float low, high;
      kernels.row_ranges(numbers + i * width, width, 1, width, &low, &high);
      int8_parameters(format, low, high, scale + i, zero + i);
    }
    kernels.quantize(numbers, width, Int8Axis::kRows, scale, zero, format.lowest(), format.highest(), codes,
                     width, call.rows, width);
    Int8Rows x{dense_view<const uint8_t>(codes, call.rows, width)};
    x.per_row = true;
    x.scale = scale;
    x.zero = zero;
    return x;
  }

  Unary activation_;
  size_t outputs_;
  nn::Int8Conv2d conv_;
  AlignedBuffer<float> bias_;
};

}  // namespace

template <typename T>
CpuOpPtr<T> make_cpu_int8_conv(const Int8ConvOp& op, const OpPlace& place, const Kernels& kernels) {
  const nn::Conv2dShape shape = int8_conv_shape(op, place.input_width(), place.op().width, place.index);
  return std::make_unique<CpuInt8Conv<T>>(op, shape, place, kernels);
}
template CpuOpPtr<float> make_cpu_int8_conv<float>(const Int8ConvOp&, const OpPlace&, const Kernels&);
template CpuOpPtr<double> make_cpu_int8_conv<double>(const Int8ConvOp&, const OpPlace&, const Kernels&);

}  // namespace boreal
