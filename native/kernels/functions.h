// The functions of one and of two numbers that ops, kernels and the epilogues of products share.
#pragma once

#include <stdint.h>

namespace boreal {

// The values are those of JavaScript's side.
//
// Accuracy: exp, expm1, log, log1p, sigmoid, tanh, silu, softplus, erf, gelu, sinPi and cosPi are within 2
// ulp of the exact value over the whole range, gradual underflow included, the normal quantile within 8; the
// others are single IEEE 754 operations. At infinity a function has its limit (silu and gelu of -infinity are
// -0), outside its domain NaN, NaN of NaN, and a function that is 0 at 0 keeps the zero's sign, but for sign
// and square. relu(-0) = -0.
enum class Unary : int32_t {
  kIdentity = 0,
  kRelu = 1,
  kSigmoid = 2,
  kTanh = 3,
  kExp = 4,
  kExpm1 = 5,
  kLog = 6,
  kLog1p = 7,
  kSqrt = 8,
  kErf = 9,
  kGelu = 10,      // x Phi(x), Phi the normal distribution: the exact form, not the one by tanh
  kSilu = 11,      // x sigmoid(x)
  kSoftplus = 12,  // log(1 + e^x)
  kAbs = 13,
  kNegate = 14,
  kSquare = 15,
  kReciprocal = 16,
  kFloor = 17,
  kCeil = 18,
  kRound = 19,           // half to even
  kSign = 20,            // -1, 0, 1
  kSinPi = 21,           // sin(pi x), a zero of x's sign at whole numbers
  kCosPi = 22,           // cos(pi x)
  kNormalQuantile = 23,  // z with Phi(z) = x; infinite at 0 and 1
};
constexpr int32_t kUnaryCount = 24;

// min and max are NaN if either number is. pow is C's, within 2 ulp; the others are single operations.
enum class Binary : int32_t { kAdd = 0, kSub = 1, kMul = 2, kDiv = 3, kMin = 4, kMax = 5, kPow = 6 };
constexpr int32_t kBinaryCount = 7;

}  // namespace boreal
