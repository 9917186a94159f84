// Depthwise convolution of one block of channels of one image, and its two gradients, from zero-padded rows.
#include <cstdint>

#include "hwy/highway.h"

#if defined(DANAS_KERNELS_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_DEPTHWISE_INL_H_
#undef DANAS_KERNELS_DEPTHWISE_INL_H_
#else
#define DANAS_KERNELS_DEPTHWISE_INL_H_
#endif

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// Neighbouring outputs of a row that are summed in registers at once.
constexpr int kTileColumns = kManyRegisters ? 8 : 4;

// Rows of outputs that are summed at once: two at stride 1, whose inputs are mostly the same. A multiply-add waits for
// the one before it in its sum; eight sums just keep two multipliers of four cycles busy, sixteen do so surely.
template <int kStride>
constexpr int kTileOutRows = kStride == 1 ? 2 : 1;

// The same where outputs go straight to memory: two rows are two streams, which is slower than what it saves where one
// row has eight sums.
template <int kStride>
constexpr int kForwardRows = kManyRegisters ? 1 : kTileOutRows<kStride>;

// weights: [kKernel * kKernel][kLanes]. The epilogue gets (row, first column, step between columns, sums) of each row.
template <typename T, int kKernel, int kStride, int kOutRows, int kColumns, class Epilogue>
HWY_INLINE void DepthwiseTile(const T* padded, int64_t row_stride, const T* weights, int64_t row, int64_t column,
                              Epilogue& epilogue) {
  Vec<T> sum[kOutRows][kColumns];
#pragma GCC unroll 2
  for (int r = 0; r < kOutRows; ++r) {
#pragma GCC unroll 16
    for (int j = 0; j < kColumns; ++j) sum[r][j] = Zero<T>();
  }
  const T* in = padded + row * kStride * row_stride + column * kStride * kLanes<T>;
#pragma GCC unroll 10
  for (int in_row = 0; in_row < (kOutRows - 1) * kStride + kKernel; ++in_row, in += row_stride) {
    constexpr int kRead = (kColumns - 1) * kStride + kKernel;
    Vec<T> read[kRead];
#pragma GCC unroll 32
    for (int j = 0; j < kRead; ++j) read[j] = Load(in + j * kLanes<T>);
#pragma GCC unroll 8
    for (int tap = 0; tap < kKernel; ++tap) {
#pragma GCC unroll 2
      for (int r = 0; r < kOutRows; ++r) {
        const int tap_row = in_row - r * kStride;
        if (tap_row < 0 || tap_row >= kKernel) continue;
        const Vec<T> weight = Load(weights + (tap_row * kKernel + tap) * kLanes<T>);
#pragma GCC unroll 16
        for (int j = 0; j < kColumns; ++j) sum[r][j] = hn::MulAdd(read[j * kStride + tap], weight, sum[r][j]);
      }
    }
  }
#pragma GCC unroll 2
  for (int r = 0; r < kOutRows; ++r) epilogue(row + r, column, 1, sum[r]);
}

template <typename T, int kKernel, int kStride, int kOutRows, class Epilogue>
HWY_INLINE void DepthwiseRows(const T* padded, int64_t row_stride, const T* weights, int64_t row, int64_t columns,
                              Epilogue& epilogue) {
  int64_t column = 0;
  for (; column + kTileColumns <= columns; column += kTileColumns) {
    DepthwiseTile<T, kKernel, kStride, kOutRows, kTileColumns>(padded, row_stride, weights, row, column, epilogue);
  }
  if constexpr (kTileColumns > 4) {
    if (column + 4 <= columns) {
      DepthwiseTile<T, kKernel, kStride, kOutRows, 4>(padded, row_stride, weights, row, column, epilogue);
      column += 4;
    }
  }
  if (column + 2 <= columns) {
    DepthwiseTile<T, kKernel, kStride, kOutRows, 2>(padded, row_stride, weights, row, column, epilogue);
    column += 2;
  }
  if (column < columns) {
    DepthwiseTile<T, kKernel, kStride, kOutRows, 1>(padded, row_stride, weights, row, column, epilogue);
  }
}

template <typename T, int kKernel, int kStride, int kOutRows, class Epilogue>
HWY_INLINE void Depthwise(const T* padded, int64_t row_stride, const T* weights, int64_t rows, int64_t columns,
                          Epilogue& epilogue) {
  int64_t row = 0;
  for (; row + kOutRows <= rows; row += kOutRows) {
    DepthwiseRows<T, kKernel, kStride, kOutRows>(padded, row_stride, weights, row, columns, epilogue);
  }
  if (row < rows) DepthwiseRows<T, kKernel, kStride, 1>(padded, row_stride, weights, row, columns, epilogue);
}

// The gradient of the input at stride 2. An input pixel (i, j) sees the taps whose parity is that of i + kKernel / 2
// and j + kKernel / 2. `gradient` points at output (0, 0), with padding around it; rows and columns are the input's.
template <typename T, int kKernel, int kFirstRow, int kFirstTap, int kColumns, class Epilogue>
HWY_INLINE void TransposedTile(const T* gradient, int64_t row_stride, const T* weights, int64_t row, int64_t parity,
                               int64_t first, Epilogue& epilogue) {
  constexpr int kHalf = kKernel / 2;
  Vec<T> sum[kColumns];
#pragma GCC unroll 16
  for (int j = 0; j < kColumns; ++j) sum[j] = Zero<T>();
#pragma GCC unroll 8
  for (int tap_row = kFirstRow; tap_row < kKernel; tap_row += 2) {
    const T* out_row = gradient + (row + kHalf - tap_row) / 2 * row_stride + first * kLanes<T>;
#pragma GCC unroll 8
    for (int tap = kFirstTap; tap < kKernel; tap += 2) {
      const Vec<T> weight = Load(weights + (tap_row * kKernel + tap) * kLanes<T>);
      const T* out = out_row + (parity + kHalf - tap) / 2 * kLanes<T>;
#pragma GCC unroll 16
      for (int j = 0; j < kColumns; ++j) sum[j] = hn::MulAdd(Load(out + j * kLanes<T>), weight, sum[j]);
    }
  }
  epilogue(row, 2 * first + parity, 2, sum);
}

template <typename T, int kKernel, int kFirstRow, int kFirstTap, class Epilogue>
HWY_INLINE void TransposedRow(const T* gradient, int64_t row_stride, const T* weights, int64_t row, int64_t parity,
                              int64_t columns, Epilogue& epilogue) {
  const int64_t count = (columns - parity + 1) / 2;
  int64_t j = 0;
  for (; j + kTileColumns <= count; j += kTileColumns) {
    TransposedTile<T, kKernel, kFirstRow, kFirstTap, kTileColumns>(gradient, row_stride, weights, row, parity, j,
                                                                   epilogue);
  }
  for (; j + 2 <= count; j += 2) {
    TransposedTile<T, kKernel, kFirstRow, kFirstTap, 2>(gradient, row_stride, weights, row, parity, j, epilogue);
  }
  if (j < count) {
    TransposedTile<T, kKernel, kFirstRow, kFirstTap, 1>(gradient, row_stride, weights, row, parity, j, epilogue);
  }
}

// Input rows row_begin ... row_end - 1, counted from the row that gradient's output row 0 begins at; row_begin is even.
template <typename T, int kKernel, class Epilogue>
HWY_INLINE void DepthwiseTransposed2(const T* gradient, int64_t row_stride, const T* weights, int64_t rows,
                                     int64_t columns, Epilogue& epilogue) {
  constexpr int kHalf = kKernel / 2;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t parity = 0; parity < 2; ++parity) {
      const bool odd_row = ((row + kHalf) & 1) != 0, odd_tap = ((parity + kHalf) & 1) != 0;
      if (!odd_row && !odd_tap) {
        TransposedRow<T, kKernel, 0, 0>(gradient, row_stride, weights, row, parity, columns, epilogue);
      } else if (!odd_row) {
        TransposedRow<T, kKernel, 0, 1>(gradient, row_stride, weights, row, parity, columns, epilogue);
      } else if (!odd_tap) {
        TransposedRow<T, kKernel, 1, 0>(gradient, row_stride, weights, row, parity, columns, epilogue);
      } else {
        TransposedRow<T, kKernel, 1, 1>(gradient, row_stride, weights, row, parity, columns, epilogue);
      }
    }
  }
}

// Rows of taps whose sums stay in registers, and neighbouring outputs whose inputs do beside them: an input that is
// loaded once serves all taps of its row.
template <int kKernel>
constexpr int kTapRows = kKernel == 3     ? 3
                         : kManyRegisters ? (kKernel == 5 ? 3 : 2)
                         : kKernel == 5   ? 2
                                          : 1;
template <int kKernel>
constexpr int kTapColumns = (kManyRegisters && kKernel > 3) ? 4 : 1;

// sum [rows of taps][kKernel] += kColumns outputs' share.
template <typename T, int kKernel, int kStride, int kRows, int kColumns>
HWY_INLINE void AddTaps(const T* in, int64_t in_stride, const T* gradient, Vec<T> (&sum)[kRows][kKernel]) {
  constexpr int kRead = (kColumns - 1) * kStride + kKernel;
  Vec<T> g[kColumns];
#pragma GCC unroll 4
  for (int j = 0; j < kColumns; ++j) g[j] = Load(gradient + j * kLanes<T>);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    Vec<T> read[kRead];
#pragma GCC unroll 16
    for (int j = 0; j < kRead; ++j) read[j] = Load(in + r * in_stride + j * kLanes<T>);
#pragma GCC unroll 4
    for (int j = 0; j < kColumns; ++j) {
#pragma GCC unroll 8
      for (int tap = 0; tap < kKernel; ++tap) sum[r][tap] = hn::MulAdd(g[j], read[j * kStride + tap], sum[r][tap]);
    }
  }
}

template <typename T, int kKernel, int kStride, int kFirstRow>
HWY_INLINE void AddTapGradients(const T* padded, int64_t padded_stride, const T* gradient, int64_t gradient_stride,
                                int64_t rows, int64_t columns, T* sums) {
  constexpr int kRows = kTapRows<kKernel> < kKernel - kFirstRow ? kTapRows<kKernel> : kKernel - kFirstRow;
  constexpr int kColumns = kTapColumns<kKernel>;
  Vec<T> sum[kRows][kKernel];
  T* out = sums + kFirstRow * kKernel * kLanes<T>;
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int tap = 0; tap < kKernel; ++tap) sum[r][tap] = Load(out + (r * kKernel + tap) * kLanes<T>);
  }
  for (int64_t row = 0; row < rows; ++row) {
    const T* in = padded + (row * kStride + kFirstRow) * padded_stride;
    const T* g = gradient + row * gradient_stride;
    int64_t column = 0;
    for (; column + kColumns <= columns; column += kColumns) {
      AddTaps<T, kKernel, kStride, kRows, kColumns>(in + column * kStride * kLanes<T>, padded_stride,
                                                    g + column * kLanes<T>, sum);
    }
    for (; column < columns; ++column) {
      AddTaps<T, kKernel, kStride, kRows, 1>(in + column * kStride * kLanes<T>, padded_stride, g + column * kLanes<T>,
                                             sum);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int tap = 0; tap < kKernel; ++tap) Store(sum[r][tap], out + (r * kKernel + tap) * kLanes<T>);
  }
  if constexpr (kFirstRow + kRows < kKernel) {
    AddTapGradients<T, kKernel, kStride, kFirstRow + kRows>(padded, padded_stride, gradient, gradient_stride, rows,
                                                            columns, sums);
  }
}

// sums [kKernel * kKernel][kLanes] += the gradient of the weights, from output pixels whose gradient is given.
template <typename T, int kKernel, int kStride>
HWY_INLINE void AddDepthwiseWeightGradient(const T* padded, int64_t padded_stride, const T* gradient,
                                           int64_t gradient_stride, int64_t rows, int64_t columns, T* sums) {
  AddTapGradients<T, kKernel, kStride, 0>(padded, padded_stride, gradient, gradient_stride, rows, columns, sums);
}

// action.template operator()<kernel, stride>(): the sizes that these loops are unrolled for, chosen at run time.
template <class Action>
auto WithKernelAndStride(int64_t kernel, int64_t stride, const Action& action) {
  const auto with_stride = [&]<int kKernel>() HWY_ATTR {
    return stride == 2 ? action.template operator()<kKernel, 2>() : action.template operator()<kKernel, 1>();
  };
  switch (kernel) {
    case 3:
      return with_stride.template operator()<3>();
    case 5:
      return with_stride.template operator()<5>();
    default:
      return with_stride.template operator()<7>();
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
