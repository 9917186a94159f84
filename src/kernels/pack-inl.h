// Weights between PyTorch's rows and the blocks of channels that products read.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/thread_sums.h"

#if defined(DANAS_KERNELS_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_PACK_INL_H_
#undef DANAS_KERNELS_PACK_INL_H_
#else
#define DANAS_KERNELS_PACK_INL_H_
#endif

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// to [column][row] = from [row][column] of four rows and columns, rows `from_row` and `to_row` apart.
template <typename T>
HWY_INLINE void Transpose4(const T* from, int64_t from_row, T* to, int64_t to_row) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {
    const hn::FixedTag<T, 4> four;
    const hn::RepartitionToWide<decltype(four)> pairs;
    const auto a = hn::LoadU(four, from), b = hn::LoadU(four, from + from_row),
               c = hn::LoadU(four, from + 2 * from_row), d = hn::LoadU(four, from + 3 * from_row);
    const auto ab = hn::BitCast(pairs, hn::InterleaveLower(four, a, b)),
               ab_upper = hn::BitCast(pairs, hn::InterleaveUpper(four, a, b)),
               cd = hn::BitCast(pairs, hn::InterleaveLower(four, c, d)),
               cd_upper = hn::BitCast(pairs, hn::InterleaveUpper(four, c, d));
    hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, ab, cd)), four, to);
    hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, ab, cd)), four, to + to_row);
    hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, ab_upper, cd_upper)), four, to + 2 * to_row);
    hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, ab_upper, cd_upper)), four, to + 3 * to_row);
    return;
  }
#endif
  for (int64_t row = 0; row < 4; ++row) {
    for (int64_t column = 0; column < 4; ++column) to[column * to_row + row] = from[row * from_row + column];
  }
}

// to [column][row] = from [row][column]
template <typename T>
HWY_INLINE void Transpose(const T* from, int64_t rows, int64_t columns, int64_t from_row, T* to, int64_t to_row) {
  for (int64_t column = 0; column < columns; column += 4) {
    for (int64_t row = 0; row < rows; row += 4) {
      if (row + 4 <= rows && column + 4 <= columns) {
        Transpose4(from + row * from_row + column, from_row, to + column * to_row + row, to_row);
        continue;
      }
      for (int64_t c = column; c < std::min(columns, column + 4); ++c) {
        for (int64_t r = row; r < std::min(rows, row + 4); ++r) to[c * to_row + r] = from[r * from_row + c];
      }
    }
  }
}

// w [rows][columns] -> [block of rows][columns][lanes], blocks `block_stride` apart; lanes beyond the rows are zero.
template <typename T>
void PackRows(const T* w, int64_t rows, int64_t columns, int64_t block_stride, T* packed) {
  ForEachRange(
      "pack rows", BlocksOf<T>(rows),
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        for (int64_t block = begin; block < end; ++block) {
          const int64_t count = std::min(kLanes<T>, rows - block * kLanes<T>);
          T* out = packed + block * block_stride;
          if (count < kLanes<T>) std::fill_n(out, columns * kLanes<T>, T(0));
          Transpose(w + block * kLanes<T> * columns, count, columns, columns, out, kLanes<T>);
        }
      },
      columns * kLanes<T> / 4);
}

// project [out][middle] -> [block of out][middle, padded][lanes], zeros in the padding.
template <typename T>
Buffer<T> PackProject(const T* project, int64_t out, int64_t middle) {
  const int64_t padded = Padded<T>(middle), blocks = BlocksOf<T>(out);
  Buffer<T> packed(blocks * padded * kLanes<T>);
  PackRows(project, out, middle, padded * kLanes<T>, packed.get());
  for (int64_t block = 0; block < blocks; ++block) {
    std::fill_n(packed.get() + (block * padded + middle) * kLanes<T>, (padded - middle) * kLanes<T>, T(0));
  }
  return packed;
}

// The sum over threads of what they have at `offset` in a block.
template <typename T>
HWY_INLINE Vec<T> SumOfParts(const std::vector<const T*>& parts, int64_t offset) {
  Vec<T> sum = parts.empty() ? Zero<T>() : Load(parts[0] + offset);
  for (size_t part = 1; part < parts.size(); ++part) sum = hn::Add(sum, Load(parts[part] + offset));
  return sum;
}

// The other way: sums of [block][columns][lanes] -> w [rows][columns].
template <typename T>
void UnpackRows(const ThreadSums<T>& packed, int64_t rows, int64_t columns, T* w) {
  ForEachRange(
      "unpack rows", BlocksOf<T>(rows),
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        constexpr int64_t kColumns = 16;  // whose sums wait in the cache
        HWY_ALIGN T sums[kColumns * kLanes<T>];
        for (int64_t block = begin; block < end; ++block) {
          const std::vector<const T*> parts = packed.Parts(block);
          const int64_t count = std::min(kLanes<T>, rows - block * kLanes<T>);
          T* out = w + block * kLanes<T> * columns;
          for (int64_t first = 0; first < columns; first += kColumns) {
            const int64_t there = std::min(kColumns, columns - first);
            for (int64_t column = 0; column < there; ++column) {
              Store(SumOfParts(parts, (first + column) * kLanes<T>), sums + column * kLanes<T>);
            }
            Transpose(sums, there, count, kLanes<T>, out + first, columns);
          }
        }
      },
      columns * (2 + kLanes<T> / 2) / 2);
}

// Sums of [block][rows][lanes] -> w [rows][columns].
template <typename T>
void UnpackColumns(const ThreadSums<T>& packed, int64_t rows, int64_t columns, T* w) {
  ForEachRange(
      "unpack columns", BlocksOf<T>(columns),
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        for (int64_t block = begin; block < end; ++block) {
          const std::vector<const T*> parts = packed.Parts(block);
          for (int64_t row = 0; row < rows; ++row) {
            StoreFirst(SumOfParts(parts, row * kLanes<T>), w + row * columns + block * kLanes<T>,
                       columns - block * kLanes<T>);
          }
        }
      },
      2 * rows);
}

// w [rows][columns] as rows of a product's right side: in place where nothing is to be padded or scaled, else a copy.
template <typename T>
struct ColumnBlocks {
  // pad_rows: the product runs over whole blocks of rows. row_scale may be null.
  ColumnBlocks(const T* w, int64_t rows, int64_t columns, bool pad_rows, const T* row_scale) : at(w), row(columns) {
    if (columns % kLanes<T> == 0 && (!pad_rows || rows % kLanes<T> == 0) && row_scale == nullptr) return;
    row = Padded<T>(columns);
    copy.Resize((pad_rows ? Padded<T>(rows) : rows) * row);
    std::fill_n(copy.get() + rows * row, pad_rows ? (Padded<T>(rows) - rows) * row : 0, T(0));
    for (int64_t r = 0; r < rows; ++r) {
      const Vec<T> scale = Set(row_scale ? row_scale[r] : T(1));
      for (int64_t c = 0; c < columns; c += kLanes<T>) {
        Store(hn::Mul(scale, LoadFirst(w + r * columns + c, columns - c)), copy.get() + r * row + c);
      }
    }
    at = copy.get();
  }
  const T* at;
  int64_t row;  // from a row to the next; blocks are kLanes apart
  Buffer<T> copy;
};

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
