#include "src/watch/tfrecord.h"

#include <rhash.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace danas {
namespace {

uint32_t Crc32c(std::string_view bytes) {
  static const bool kReady = (rhash_library_init(), true);
  std::array<unsigned char, 4> crc{};  // the most significant byte first
  if (!kReady || rhash_msg(RHASH_CRC32C, bytes.data(), bytes.size(), crc.data()) != 0) {
    throw std::runtime_error("librhash does not support CRC-32C; danas needs 1.4 or later");
  }
  return uint32_t{crc[0]} << 24 | uint32_t{crc[1]} << 16 | uint32_t{crc[2]} << 8 | uint32_t{crc[3]};
}

// The least significant byte first.
template <typename Number>
void AppendLittleEndian(Number number, std::string& record) {
  for (size_t i = 0; i < sizeof(Number); ++i) record += static_cast<char>(number >> 8 * i & 255);
}

}  // namespace

uint32_t MaskedCrc32c(std::string_view bytes) { return std::rotr(Crc32c(bytes), 15) + 0xa282ead8U; }

std::string TfRecord(std::string_view data) {
  std::string record;
  AppendLittleEndian(uint64_t{data.size()}, record);
  const uint32_t crc_of_length = MaskedCrc32c(record);
  AppendLittleEndian(crc_of_length, record);
  record += data;
  AppendLittleEndian(MaskedCrc32c(data), record);
  return record;
}

}  // namespace danas
