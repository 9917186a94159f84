// Records of TensorFlow's TFRecord files, which TensorBoard's event files are: the length of the data (8 bytes,
// little-endian), the masked CRC-32C of those 8 bytes, the data, the masked CRC-32C of the data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace danas {

// CRC-32C (Castagnoli), turned right by 15 bits, plus 0xa282ead8: so that a CRC of data that holds CRCs is a good one.
uint32_t MaskedCrc32c(std::string_view bytes);

std::string TfRecord(std::string_view data);

}  // namespace danas
