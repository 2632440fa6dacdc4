// Half a Vec<double> where that has eight values, for the last four of a row: two such products take the time
// of one whole. Elsewhere all of one.
#pragma once

#include BOREAL_SIMD

namespace boreal {
namespace {

#if defined(__AVX512F__)
struct Half {
  __m256d v;
};
inline Half load_half(const double* p) { return {_mm256_loadu_pd(p)}; }
inline Half first_half(VecD a) { return {_mm512_castpd512_pd256(a.v)}; }
inline void store(double* p, Half a) { _mm256_storeu_pd(p, a.v); }
inline void add_product(Half& sum, Half a, Half b) { sum.v = _mm256_fmadd_pd(a.v, b.v, sum.v); }
#else
using Half = Vec<double>;
inline Half load_half(const double* p) { return load(p); }
inline Half first_half(Half a) { return a; }
#endif

}  // namespace
}  // namespace boreal
