#include "src/watch/tfrecord.h"

#include <google/protobuf/io/coded_stream.h>
#include <rhash.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace danas {
namespace {

using google::protobuf::io::CodedOutputStream;

uint32_t Crc32c(std::string_view bytes) {
  static const bool kReady = (rhash_library_init(), true);
  std::array<unsigned char, 4> crc{};  // the most significant byte first
  if (!kReady || rhash_msg(RHASH_CRC32C, bytes.data(), bytes.size(), crc.data()) != 0) {
    throw std::runtime_error("librhash knows no CRC-32C; danas needs 1.4 or later");
  }
  return uint32_t{crc[0]} << 24 | uint32_t{crc[1]} << 16 | uint32_t{crc[2]} << 8 | uint32_t{crc[3]};
}

void AppendMaskedCrc32c(std::string_view bytes, std::string& record) {
  std::array<uint8_t, 4> crc{};
  CodedOutputStream::WriteLittleEndian32ToArray(MaskedCrc32c(bytes), crc.data());
  record.append(crc.begin(), crc.end());
}

}  // namespace

uint32_t MaskedCrc32c(std::string_view bytes) { return std::rotr(Crc32c(bytes), 15) + 0xa282ead8U; }

std::string TfRecord(std::string_view data) {
  std::array<uint8_t, 8> length{};
  CodedOutputStream::WriteLittleEndian64ToArray(data.size(), length.data());
  std::string record(length.begin(), length.end());
  AppendMaskedCrc32c(record, record);
  record += data;
  AppendMaskedCrc32c(data, record);
  return record;
}

}  // namespace danas
