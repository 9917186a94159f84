// Memory of the kernels: aligned, uninitialised unless asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace danas::kernels {

template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(int64_t count) { Resize(count); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Buffer() { std::free(data_); }

  // Its contents are lost where it grows.
  void Resize(int64_t count) {
    if (count <= count_) return;
    std::free(std::exchange(data_, nullptr));
    constexpr size_t kLine = 64;
    const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + kLine - 1) / kLine * kLine;
    data_ = static_cast<T*>(std::aligned_alloc(kLine, bytes));
    if (data_ == nullptr) throw std::bad_alloc();
    count_ = count;
  }
  void Fill(T value) { std::fill_n(data_, count_, value); }

  T* get() const { return data_; }
  T& operator[](int64_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  int64_t count_ = 0;
};

template <typename T>
Buffer<T> Zeros(int64_t count) {
  Buffer<T> buffer(count);
  buffer.Fill(T(0));
  return buffer;
}

// Kept by each thread between calls; `slot` distinguishes what is in use at once.
template <typename T>
T* Scratch(int slot, int64_t count) {
  static thread_local Buffer<T> buffers[4];
  buffers[slot].Resize(count);
  return buffers[slot].get();
}

}  // namespace danas::kernels
