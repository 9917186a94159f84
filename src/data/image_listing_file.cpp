// images.list.gz: a gzip stream of lines. {"format_version": 1}; then for every set a line of JSON with all but its
// images, and for each image "LABEL BYTES HASH NAME", where a backslash in a name is \\ and a line's end \n, and HASH
// may be "-".
#include <zlib.h>

#include <array>
#include <charconv>
#include <memory>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/json.h"
#include "danas/data/image_listing.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr int kFormatVersion = 1;
constexpr size_t kPiece = size_t{1} << 20;
constexpr size_t kMostUnpacked = size_t{4} << 30;

// Bytes on their way into a gzip stream, which names no time: the same images give the same file.
class GzipStream {
 public:
  explicit GzipStream(const AppendBytes& append) : append_(append) {
    constexpr int kGzip = 16;
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipStream() { deflateEnd(&stream_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  void Write(std::string_view text) {
    pending_ += text;
    if (pending_.size() >= kPiece) Deflate(Z_NO_FLUSH);
  }
  void Finish() { Deflate(Z_FINISH); }

 private:
  void Deflate(int flush) {
    std::array<uint8_t, size_t{1} << 16> out{};
    stream_.next_in = reinterpret_cast<Bytef*>(pending_.data());
    stream_.avail_in = static_cast<uInt>(pending_.size());
    do {
      stream_.next_out = out.data();
      stream_.avail_out = out.size();
      deflate(&stream_, flush);
      append_(out.data(), out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    pending_.clear();
  }

  const AppendBytes& append_;
  z_stream stream_{};
  std::string pending_;
};

std::string Escaped(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

Json Head(const ListedSet& set) {
  return {{"set", set.role},        {"place", set.place},
          {"format", set.format},   {"fingerprint", set.fingerprint},
          {"classes", set.classes}, {"images", set.images.size()}};
}

std::string LineOf(const ListedImage& image) {
  return std::to_string(image.label) + " " + std::to_string(image.bytes) + " " +
         (image.content == 0 ? "-" : HexText(image.content)) + " " + Escaped(image.name) + "\n";
}

std::string Unpack(const fs::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw FileError(path.string() + ": cannot be opened");
  std::string text;
  for (size_t done = 0;;) {
    text.resize(done + kPiece);
    const int got = gzread(file.get(), text.data() + done, kPiece);
    int error = Z_OK;
    const char* reason = gzerror(file.get(), &error);
    if (got < 0 || error != Z_OK) throw CheckpointError(path.string() + ": damaged or cut short (" + reason + ")");
    done += static_cast<size_t>(got);
    text.resize(done);
    if (got == 0) return text;
    if (done > kMostUnpacked) throw CheckpointError(path.string() + ": unpacks to more than 4 GiB");
  }
}

class ListingReader {
 public:
  ListingReader(const fs::path& path, std::string text) : path_(path), text_(std::move(text)) {}

  std::vector<ListedSet> Read() {
    const Json first = NextJson();
    const int64_t version = first.contains("format_version") ? Whole(first, "format_version") : 0;
    if (version > kFormatVersion) Fail("was written by a newer danas (format " + std::to_string(version) + ")");
    if (version < 1) Fail("has no format_version");
    std::vector<ListedSet> sets;
    while (at_ < text_.size()) sets.push_back(ReadSet());
    return sets;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(path_.string() + ", line " + std::to_string(line_) + ": " + what);
  }

  std::string_view NextLine() {
    ++line_;
    const size_t end = text_.find('\n', at_);
    if (end == std::string::npos) Fail("is missing");
    const std::string_view line(text_.data() + at_, end - at_);
    at_ = end + 1;
    return line;
  }
  Json NextJson() {
    Json json = ParseJson(NextLine());
    if (!json.is_object()) Fail("is not a JSON object");
    return json;
  }

  std::string Text(const Json& head, const char* key) const {
    const auto value = head.find(key);
    if (value == head.end() || !value->is_string()) Fail(std::string("has no text '") + key + "'");
    return value->get<std::string>();
  }
  int64_t Whole(const Json& head, const char* key) const {
    const auto value = head.find(key);
    if (value == head.end() || !value->is_number_integer()) Fail(std::string("has no number '") + key + "'");
    return WholeAt(head, key);
  }

  ListedSet ReadSet() {
    const Json head = NextJson();
    ListedSet set{.role = Text(head, "set"),
                  .place = Text(head, "place"),
                  .format = Text(head, "format"),
                  .fingerprint = Text(head, "fingerprint"),
                  .classes = {},
                  .images = {}};
    const auto classes = head.find("classes");
    if (classes == head.end() || !classes->is_array()) Fail("has no list 'classes'");
    for (const Json& id : *classes) {
      if (!id.is_string()) Fail("names a class that is not text");
      set.classes.push_back(id.get<std::string>());
    }
    const int64_t images = Whole(head, "images");
    for (int64_t i = 0; i < images; ++i) set.images.push_back(ReadImage(set.classes.size()));
    return set;
  }

  ListedImage ReadImage(size_t classes) {
    std::string_view rest = NextLine();
    ListedImage image;
    const auto label = Number<uint64_t>(Word(rest), 10);
    if (label >= classes) Fail("has label " + std::to_string(label) + " of " + std::to_string(classes) + " classes");
    image.label = static_cast<int>(label);
    image.bytes = Number<uint64_t>(Word(rest), 10);
    const std::string_view hash = Word(rest);
    if (hash != "-") image.content = Number<uint64_t>(hash, 16);
    for (size_t i = 0; i < rest.size(); ++i) {
      const bool escaped = rest[i] == '\\';
      if (escaped && ++i == rest.size()) Fail("ends in a backslash");
      image.name += escaped && rest[i] == 'n' ? '\n' : rest[i];
    }
    return image;
  }

  std::string_view Word(std::string_view& rest) const {
    const size_t end = rest.find(' ');
    if (end == std::string_view::npos) Fail("is not 'LABEL BYTES HASH NAME'");
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return word;
  }
  template <typename T>
  T Number(std::string_view word, int base) const {
    T number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
    if (error != std::errc() || end != word.data() + word.size()) Fail("'" + std::string(word) + "' is not a number");
    return number;
  }

  const fs::path& path_;
  std::string text_;
  size_t at_ = 0;
  int64_t line_ = 0;
};

}  // namespace

void WriteListing(const fs::path& path, const std::vector<ListedSet>& sets) {
  WriteFileAtomically(path, [&](const AppendBytes& append) {
    GzipStream stream(append);
    stream.Write(JsonText({{"format_version", kFormatVersion}}) + "\n");
    for (const ListedSet& set : sets) {
      stream.Write(JsonText(Head(set)) + "\n");
      for (const ListedImage& image : set.images) stream.Write(LineOf(image));
    }
    stream.Finish();
  });
}

std::vector<ListedSet> ReadListing(const fs::path& path) { return ListingReader(path, Unpack(path)).Read(); }

}  // namespace danas
