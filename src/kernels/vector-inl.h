// One register of channels: what the passes are written in. Included once for every level of instructions, as Highway
// does it: code in HWY_NAMESPACE is compiled for that level.
#include <cstdint>

#include "danas/kernels/inverted_residual.h"
#include "hwy/highway.h"

#if defined(DANAS_KERNELS_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_VECTOR_INL_H_
#undef DANAS_KERNELS_VECTOR_INL_H_
#else
#define DANAS_KERNELS_VECTOR_INL_H_
#endif

// Of lambdas that get sums in registers: called, not inlined, they would get them through memory.
#undef EPILOGUE_ATTR
#define EPILOGUE_ATTR HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::CappedTag<T, 64 / sizeof(T)>;
template <typename T>
using Vec = hn::Vec<Tag<T>>;

// Channels in a register. Feature maps between passes are cut into blocks of as many: [block][pixel][kLanes].
template <typename T>
constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(Tag<T>()));

// AVX-512 and NEON have 32 registers, the others 16: what decides how large a piece of a product stays in registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr bool kManyRegisters = true;
#else
constexpr bool kManyRegisters = false;
#endif

template <typename T>
constexpr int64_t BlocksOf(int64_t channels) {
  return (channels + kLanes<T> - 1) / kLanes<T>;
}
template <typename T>
constexpr int64_t Padded(int64_t channels) {
  return BlocksOf<T>(channels) * kLanes<T>;
}

template <typename T>
HWY_INLINE Vec<T> Load(const T* p) {
  return hn::LoadU(Tag<T>(), p);
}
template <typename T>
HWY_INLINE void Store(Vec<T> v, T* p) {
  hn::StoreU(v, Tag<T>(), p);
}
template <typename T>
HWY_INLINE Vec<T> Zero() {
  return hn::Zero(Tag<T>());
}
template <typename T>
HWY_INLINE Vec<T> Set(T value) {
  return hn::Set(Tag<T>(), value);
}

// The first `count` lanes; the others read as zero and are not written. count may be negative or more than there are.
template <typename T>
HWY_INLINE Vec<T> LoadFirst(const T* p, int64_t count) {
  if (count >= kLanes<T>) return Load(p);
  if (count <= 0) return Zero<T>();
  return hn::MaskedLoad(hn::FirstN(Tag<T>(), static_cast<size_t>(count)), Tag<T>(), p);
}
template <typename T>
HWY_INLINE void StoreFirst(Vec<T> v, T* p, int64_t count) {
  if (count >= kLanes<T>) {
    Store(v, p);
  } else if (count > 0) {
    hn::BlendedStore(v, hn::FirstN(Tag<T>(), static_cast<size_t>(count)), Tag<T>(), p);
  }
}

// An activation. The bound comes first in Min and Max, so that NaN passes as in ATen.
template <typename T>
struct ClipLanes {
  explicit HWY_INLINE ClipLanes(const Clip& clip)
      : lowest(Set(static_cast<T>(clip.lowest))), highest(Set(static_cast<T>(clip.highest))) {}
  HWY_INLINE Vec<T> Apply(Vec<T> v) const { return hn::Min(highest, hn::Max(lowest, v)); }
  // `gradient` where the activation lets it through: strictly between the bounds, as in ATen.
  HWY_INLINE Vec<T> Backward(Vec<T> gradient, Vec<T> v) const {
    return hn::IfThenElseZero(hn::And(hn::Gt(v, lowest), hn::Lt(v, highest)), gradient);
  }
  Vec<T> lowest, highest;
};

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
