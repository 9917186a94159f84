// Matrix products of small matrices in registers: every 1x1 convolution and its gradients.
#include <cstdint>

#include "hwy/highway.h"

#if defined(DANAS_KERNELS_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_MATMUL_INL_H_
#undef DANAS_KERNELS_MATMUL_INL_H_
#else
#define DANAS_KERNELS_MATMUL_INL_H_
#endif

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// r(row, block) = bias(block) + sum over k of a(row, k) * b(k, block), where b and r hold kLanes columns a block. k
// runs over outer x inner, so that a may itself be cut into blocks of channels.
template <typename T>
struct Product {
  const T* a;
  int64_t a_row;                   // from a row to the next
  int64_t outer = 1, a_outer = 0;  // count, and stride in a
  int64_t inner = 1, a_inner = 1;
  const T* b;
  int64_t b_block, b_step;  // from a block to the next, from a k to the next
  const T* bias = nullptr;  // [blocks][kLanes]
};

// Blocks and rows of a product that are summed in registers at once: two blocks, or three where one would be left over.
constexpr int kTileBlocks = 2;
template <int kBlocks>
constexpr int kTileRows = kBlocks == 1 ? 12 : (kManyRegisters ? 24 : 12) / kBlocks;

// The next smaller tile for what is left of the rows: 12, 8, 4, 2, 1; 8, 4, 2, 1; 6, 4, 2, 1; or 4, 2, 1.
constexpr int SmallerTile(int rows) { return rows == 12 ? 8 : rows == 6 ? 4 : rows / 2; }

// For products whose epilogue reads no memory that is far away.
struct FetchNothing {
  void operator()(int64_t, int64_t, int64_t, int64_t) const {}
};

template <typename T, int kRows, int kBlocks, class Epilogue, class Fetch>
HWY_INLINE void MultiplyTile(const Product<T>& product, int64_t row, int64_t block, Epilogue& epilogue,
                             const Fetch& fetch) {
  fetch(row, kRows, block, kBlocks);
  Vec<T> sum[kRows][kBlocks];
#pragma GCC unroll 16
  for (int j = 0; j < kBlocks; ++j) {
    const Vec<T> start = product.bias ? Load(product.bias + (block + j) * kLanes<T>) : Zero<T>();
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) sum[i][j] = start;
  }
  const T* b = product.b + block * product.b_block;
  const T* a_outer = product.a + row * product.a_row;
  const int64_t a_row = product.a_row, b_block = product.b_block, b_step = product.b_step;
  for (int64_t outer = 0; outer < product.outer; ++outer, a_outer += product.a_outer) {
    const T* a = a_outer;
    for (int64_t inner = 0; inner < product.inner; ++inner, a += product.a_inner, b += b_step) {
      Vec<T> b_lanes[kBlocks];
#pragma GCC unroll 16
      for (int j = 0; j < kBlocks; ++j) b_lanes[j] = Load(b + j * b_block);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec<T> a_value = Set(a[i * a_row]);
#pragma GCC unroll 16
        for (int j = 0; j < kBlocks; ++j) sum[i][j] = hn::MulAdd(a_value, b_lanes[j], sum[i][j]);
      }
    }
  }
  epilogue(row, block, sum);
}

template <typename T, int kRows, int kBlocks, class Epilogue, class Fetch>
HWY_INLINE void MultiplyRows(const Product<T>& product, int64_t row, int64_t rows, int64_t block, Epilogue& epilogue,
                             const Fetch& fetch) {
  for (; rows >= kRows; row += kRows, rows -= kRows) {
    if (kRows == 12 && rows == 16) break;  // 8 and 8: a tile of 4 would wait for its own sums
    MultiplyTile<T, kRows, kBlocks>(product, row, block, epilogue, fetch);
  }
  if constexpr (kRows > 1) {
    if (rows > 0) MultiplyRows<T, SmallerTile(kRows), kBlocks>(product, row, rows, block, epilogue, fetch);
  }
}

// Hands every piece of the result to epilogue(first row, first block, Vec<T> (&sum)[rows][blocks]); blocks come in
// order, and rows within them. Before a piece is computed, fetch(first row, rows, first block, blocks) may ask for
// memory that the epilogues will read.
template <typename T, class Epilogue, class Fetch = FetchNothing>
HWY_NOINLINE void Multiply(const Product<T>& product, int64_t rows, int64_t blocks, Epilogue& epilogue,
                           const Fetch& fetch = {}) {
  int64_t block = 0;
  for (; block + kTileBlocks <= blocks && block + kTileBlocks + 1 != blocks; block += kTileBlocks) {
    MultiplyRows<T, kTileRows<kTileBlocks>, kTileBlocks>(product, 0, rows, block, epilogue, fetch);
  }
  if (block + kTileBlocks < blocks) {
    MultiplyRows<T, kTileRows<kTileBlocks + 1>, kTileBlocks + 1>(product, 0, rows, block, epilogue, fetch);
    block = blocks;
  }
  if (block < blocks) MultiplyRows<T, kTileRows<1>, 1>(product, 0, rows, block, epilogue, fetch);
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
