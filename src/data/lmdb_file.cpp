#include "src/data/lmdb_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "danas/core/error.h"
#include "src/data/file_bytes.h"

namespace danas {
namespace {

constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kVersion = 1;
constexpr uint64_t kNoPage = UINT64_MAX;

// A page's head: its number (8 bytes), two unused, flags (2), then where its nodes end and begin (2 + 2), or for values
// of many pages how many they are (4).
constexpr size_t kPageHead = 16;
constexpr size_t kFlagsAt = 10;
constexpr size_t kLowerAt = 12;
constexpr size_t kPagesAt = 12;
enum PageFlag : uint16_t { kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8 };

// A node's head: size or page number (4 bytes), flags or the page number's upper part (2), the key's length (2).
constexpr size_t kNodeHead = 8;
constexpr uint16_t kBigValue = 1;

// The database's head, behind that of its page; two copies, of which the newer counts.
constexpr size_t kMetaBytes = 136;
constexpr size_t kPageBytesAt = 24;  // the free list's `pad`
constexpr size_t kMainAt = 72;       // the main database: flags at 4, entries at 32, root at 40
constexpr size_t kTransactionAt = 128;

template <typename T>
T Load(std::span<const uint8_t> bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

struct LmdbFile::Node {
  std::string_view key;
  uint32_t size = 0;
  uint16_t flags = 0;
  size_t value_at = 0;  // within the page

  uint64_t child() const { return static_cast<uint64_t>(flags) << 32 | size; }
};

// A branch or a leaf whose head was checked.
class LmdbFile::Page {
 public:
  Page(const LmdbFile& file, uint64_t number, std::span<const uint8_t> bytes)
      : file_(file), number_(number), bytes_(bytes), flags_(Load<uint16_t>(bytes, kFlagsAt)) {
    const auto lower = Load<uint16_t>(bytes, kLowerAt);
    if (!is_branch() && !is_leaf()) Fail("is neither branch nor leaf");
    if (lower < kPageHead || lower > bytes.size()) Fail("has an impossible list of nodes");
    count_ = (lower - kPageHead) / 2;
    if (count_ == 0) Fail("is empty");
  }

  bool is_branch() const { return (flags_ & kBranch) != 0 && (flags_ & kLeaf) == 0; }
  bool is_leaf() const { return (flags_ & kLeaf) != 0 && (flags_ & kBranch) == 0; }
  size_t count() const { return count_; }
  uint64_t number() const { return number_; }
  std::span<const uint8_t> bytes() const { return bytes_; }
  [[noreturn]] void Fail(const std::string& what) const { file_.FailAt(number_, what); }

  Node NodeAt(size_t index) const {
    const size_t at = Load<uint16_t>(bytes_, kPageHead + 2 * index);
    if (at < kPageHead || at + kNodeHead > bytes_.size()) Fail("has a node outside its bounds");
    Node node;
    node.size = Load<uint16_t>(bytes_, at) | static_cast<uint32_t>(Load<uint16_t>(bytes_, at + 2)) << 16;
    node.flags = Load<uint16_t>(bytes_, at + 4);
    const size_t key_bytes = Load<uint16_t>(bytes_, at + 6);
    node.value_at = at + kNodeHead + key_bytes;
    if (node.value_at > bytes_.size()) Fail("has a key outside its bounds");
    node.key = {reinterpret_cast<const char*>(bytes_.data()) + at + kNodeHead, key_bytes};
    return node;
  }

  // How many of the nodes from `first` on have a key that is not above `key`, and `first`.
  size_t UpperBound(std::string_view key, size_t first) const {
    size_t last = count_;
    while (first < last) {
      const size_t middle = first + (last - first) / 2;
      if (NodeAt(middle).key <= key) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    return first;
  }

 private:
  const LmdbFile& file_;
  uint64_t number_;
  std::span<const uint8_t> bytes_;
  uint16_t flags_;
  size_t count_ = 0;
};

LmdbFile::LmdbFile(const std::filesystem::path& path) : path_(path), mapped_(MapFile(path)), bytes_(mapped_->bytes()) {
  const auto fail = [&](const std::string& what) { throw DataError(path_.string() + ": " + what); };
  const auto is_meta = [&](size_t at) {
    return at + kPageHead + kMetaBytes <= bytes_.size() && (Load<uint16_t>(bytes_, at + kFlagsAt) & kMeta) != 0 &&
           Load<uint32_t>(bytes_, at + kPageHead) == kMagic;
  };
  if (!is_meta(0)) fail("not an LMDB database from this kind of machine, or its header is damaged");
  const auto version = Load<uint32_t>(bytes_, kPageHead + 4);
  if (version != kVersion) {
    fail("LMDB layout " + std::to_string(version) + "; danas reads layout " + std::to_string(kVersion) +
         ", which liblmdb 0.9 writes");
  }
  page_bytes_ = Load<uint32_t>(bytes_, kPageHead + kPageBytesAt);
  if (!std::has_single_bit(page_bytes_) || page_bytes_ < 256 || page_bytes_ > 65536 || !is_meta(page_bytes_)) {
    fail("its header is damaged");
  }
  size_t meta = kPageHead;
  if (Load<uint64_t>(bytes_, page_bytes_ + meta + kTransactionAt) > Load<uint64_t>(bytes_, meta + kTransactionAt)) {
    meta += page_bytes_;
  }
  if (Load<uint16_t>(bytes_, meta + kMainAt + 4) != 0) fail("its keys are not in byte order");
  entries_ = Load<uint64_t>(bytes_, meta + kMainAt + 32);
  root_ = Load<uint64_t>(bytes_, meta + kMainAt + 40);
}

void LmdbFile::FailAt(uint64_t page, const std::string& what) const {
  throw DataError(path_.string() + ": damaged: page " + std::to_string(page) + " " + what);
}

LmdbFile::Page LmdbFile::PageAt(uint64_t number) const {
  if (number >= bytes_.size() / page_bytes_) FailAt(number, "is beyond the end of the file, which may be cut short");
  const std::span<const uint8_t> bytes = bytes_.subspan(number * page_bytes_, page_bytes_);
  if (Load<uint64_t>(bytes, 0) != number) FailAt(number, "has a different number");
  return {*this, number, bytes};
}

std::span<const uint8_t> LmdbFile::ValueOf(const Page& page, const Node& node) const {
  if ((node.flags & ~kBigValue) != 0) page.Fail("contains a nested database");
  if ((node.flags & kBigValue) == 0) {
    if (node.size > page.bytes().size() - node.value_at) page.Fail("has a value outside its bounds");
    return page.bytes().subspan(node.value_at, node.size);
  }
  if (node.value_at + sizeof(uint64_t) > page.bytes().size()) page.Fail("has a value outside its bounds");
  const auto number = Load<uint64_t>(page.bytes(), node.value_at);
  const uint64_t most = bytes_.size() / page_bytes_;
  if (number >= most) FailAt(number, "is beyond the end of the file, which may be cut short");
  const std::span<const uint8_t> bytes = bytes_.subspan(number * page_bytes_);
  const auto pages = Load<uint32_t>(bytes, kPagesAt);
  if (Load<uint64_t>(bytes, 0) != number || (Load<uint16_t>(bytes, kFlagsAt) & kOverflow) == 0) {
    FailAt(number, "does not belong to a value");
  }
  if (pages > most - number || kPageHead + static_cast<uint64_t>(node.size) > pages * page_bytes_) {
    FailAt(number, "is too short for its value, or the file is cut short");
  }
  return bytes.subspan(kPageHead, node.size);
}

std::optional<std::span<const uint8_t>> LmdbFile::Find(std::string_view key) const {
  if (root_ == kNoPage) return std::nullopt;
  constexpr int kDeepest = 32;  // as in liblmdb
  uint64_t number = root_;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const Page page = PageAt(number);
    if (page.is_branch()) {
      number = page.NodeAt(page.UpperBound(key, 1) - 1).child();  // the first node stands for all keys below the second
      continue;
    }
    const size_t after = page.UpperBound(key, 0);
    if (after == 0) return std::nullopt;
    const Node node = page.NodeAt(after - 1);
    if (node.key != key) return std::nullopt;
    return ValueOf(page, node);
  }
  FailAt(root_, "leads in a circle");
}

}  // namespace danas
