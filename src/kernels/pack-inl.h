// Weights between PyTorch's rows and the blocks of channels that products read.
#include <algorithm>
#include <cstdint>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"

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

// w [rows][columns] -> [block of rows][columns][lanes], blocks `block_stride` apart; lanes beyond the rows are zero.
template <typename T>
void PackRows(const T* w, int64_t rows, int64_t columns, int64_t block_stride, T* packed) {
  ForEachRange(
      "pack rows", BlocksOf<T>(rows),
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        for (int64_t block = begin; block < end; ++block) {
          const int64_t count = std::min(kLanes<T>, rows - block * kLanes<T>);
          const T* in = w + block * kLanes<T> * columns;
          T* out = packed + block * block_stride;
          for (int64_t column = 0; column < columns; ++column, out += kLanes<T>) {
            for (int64_t lane = 0; lane < count; ++lane) out[lane] = in[lane * columns + column];
            for (int64_t lane = count; lane < kLanes<T>; ++lane) out[lane] = T(0);
          }
        }
      },
      columns * kLanes<T> / 2);
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

// The other way: the sum over `parts` of packed [part][block][columns][lanes] -> w [rows][columns].
template <typename T>
void UnpackRows(const T* packed, int64_t parts, int64_t rows, int64_t columns, T* w) {
  const int64_t part_stride = Padded<T>(rows) * columns;
  ForEachRange(
      "unpack rows", BlocksOf<T>(rows),
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        HWY_ALIGN T lanes[kLanes<T>];
        for (int64_t block = begin; block < end; ++block) {
          const int64_t count = std::min(kLanes<T>, rows - block * kLanes<T>);
          T* out = w + block * kLanes<T> * columns;
          for (int64_t column = 0; column < columns; ++column) {
            const T* in = packed + (block * columns + column) * kLanes<T>;
            Vec<T> sum = Load(in);
            for (int64_t part = 1; part < parts; ++part) sum = hn::Add(sum, Load(in + part * part_stride));
            Store(sum, lanes);
            for (int64_t lane = 0; lane < count; ++lane) out[lane * columns + column] = lanes[lane];
          }
        }
      },
      columns * (parts + kLanes<T>) / 2);
}

// The sum over `parts` of packed [part][block][rows][lanes] -> w [rows][columns].
template <typename T>
void UnpackColumns(const T* packed, int64_t parts, int64_t rows, int64_t columns, T* w) {
  const int64_t part_stride = Padded<T>(columns) * rows;
  ForEachRange(
      "unpack columns", BlocksOf<T>(columns),
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        for (int64_t block = begin; block < end; ++block) {
          for (int64_t row = 0; row < rows; ++row) {
            const T* in = packed + (block * rows + row) * kLanes<T>;
            Vec<T> sum = Load(in);
            for (int64_t part = 1; part < parts; ++part) sum = hn::Add(sum, Load(in + part * part_stride));
            StoreFirst(sum, w + row * columns + block * kLanes<T>, columns - block * kLanes<T>);
          }
        }
      },
      rows * (parts + 1) / 2);
}

// w [rows][columns] as rows of a product's right side: in place where nothing is to be padded or scaled, else a copy.
template <typename T>
struct ColumnBlocks {
  // pad_rows: the product runs over whole blocks of rows. row_scale may be null.
  ColumnBlocks(const T* w, int64_t rows, int64_t columns, bool pad_rows, const T* row_scale) : at(w), row(columns) {
    if (columns % kLanes<T> == 0 && (!pad_rows || rows % kLanes<T> == 0) && row_scale == nullptr) return;
    row = Padded<T>(columns);
    copy = Zeros<T>((pad_rows ? Padded<T>(rows) : rows) * row);
    for (int64_t r = 0; r < rows; ++r) {
      const T scale = row_scale ? row_scale[r] : T(1);
      for (int64_t c = 0; c < columns; ++c) copy[r * row + c] = scale * w[r * columns + c];
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
