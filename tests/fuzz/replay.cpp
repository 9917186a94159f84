// Runs a fuzz target without libFuzzer, with any compiler: all files of the given folders, then simple mutations of
// them. The input under way stands in the file <program>.input; what ends the process leaves it there.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <iostream>
#include <span>
#include <vector>

#include "danas/core/random.h"
#include "fuzz.h"

namespace danas::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] =
    "Usage: %s FOLDER... [--seconds S] [--seed N]\n"
    "Hands every file of the folders to the reader, then for S seconds (default 0) mutations of them, which seed N\n"
    "(default 0) draws: bits flipped, numbers replaced, pieces cut, doubled or taken from another file.\n";

constexpr size_t kMostBytes = size_t{1} << 16;        // of a mutated input
constexpr unsigned kMostSeconds = 20;                 // of one input; then SIGALRM ends the process
constexpr long kMostKilobytes = long{4} << 20;        // of memory

struct Options {
  std::vector<fs::path> folders;
  double seconds = 0;
  uint64_t seed = 0;
};

template <typename Number>
Number ParseNumber(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw UsageError("'" + text + "' is no number of at least 0");
  }
  return number;
}

Options ParseOptions(std::span<char* const> arguments) {
  Options options;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string argument = arguments[i];
    const bool named = argument.starts_with("--");
    if (named && argument != "--seconds" && argument != "--seed") throw UsageError("unknown option " + argument);
    if (named && i + 1 == arguments.size()) throw UsageError(argument + " needs a number");
    if (argument == "--seconds") {
      options.seconds = ParseNumber<double>(arguments[++i]);
    } else if (argument == "--seed") {
      options.seed = ParseNumber<uint64_t>(arguments[++i]);
    } else {
      options.folders.emplace_back(argument);
    }
  }
  if (options.folders.empty()) throw UsageError("no folder is named");
  return options;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream && !stream.eof()) throw FileError("cannot read " + path.string());
  return bytes;
}

// In the order of their names, so that a seed draws the same mutations everywhere.
std::vector<fs::path> FilesOf(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder)) throw FileError("there is no folder " + folder.string());
    const size_t before = files.size();
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    if (files.size() == before) throw FileError(folder.string() + " holds no file");
    std::sort(files.begin() + static_cast<ptrdiff_t>(before), files.end());
  }
  return files;
}

// Runs inputs one by one and keeps the one under way in a file.
class Runner {
 public:
  explicit Runner(fs::path kept)
      : kept_(std::move(kept)), descriptor_(open(kept_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) throw FileError("cannot write " + kept_.string() + ": " + std::strerror(errno));
  }
  ~Runner() {
    close(descriptor_);
    fs::remove(kept_);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void Run(const std::string& input) {
    if (pwrite(descriptor_, input.data(), input.size(), 0) != static_cast<ssize_t>(input.size()) ||
        ftruncate(descriptor_, static_cast<off_t>(input.size())) != 0) {
      throw FileError("cannot write " + kept_.string() + ": " + std::strerror(errno));
    }
    alarm(kMostSeconds);
    // A buffer of exactly this size: a byte read past its end is seen by the sanitizer.
    const std::vector<uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    alarm(0);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    Require(usage.ru_maxrss < kMostKilobytes, "an input takes less than 4 GiB of memory");
    ++count_;
  }

  int64_t count() const { return count_; }

 private:
  fs::path kept_;
  int descriptor_;
  int64_t count_ = 0;
};

// Small changes of one input, such as a damaged file or somebody's first attempts would have.
class Mutator {
 public:
  Mutator(const std::vector<std::string>& seeds, uint64_t seed) : seeds_(seeds), random_(seed, "fuzz") {}

  std::string Next() {
    std::string input = Pick();
    for (uint64_t left = 1 + Below(4); left > 0; --left) Change(input);
    if (input.size() > kMostBytes) input.resize(kMostBytes);
    return input;
  }

 private:
  uint64_t Below(uint64_t bound) { return random_.UniformInt(bound); }
  const std::string& Pick() { return seeds_[Below(seeds_.size())]; }

  // A piece of `text`, short more often than long.
  std::string_view Piece(std::string_view text) {
    if (text.empty()) return text;
    const size_t begin = Below(text.size());
    const size_t most = Below(2) == 0 ? 8 : text.size();
    return text.substr(begin, 1 + Below(std::min(most, text.size() - begin)));
  }

  void Change(std::string& input) {
    const size_t at = Below(input.size() + 1);
    switch (Below(8)) {
      case 0:
        if (at < input.size()) input[at] ^= static_cast<char>(1 << Below(8));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(Below(256));
        break;
      case 2:
        input.resize(at);
        break;
      case 3:
        input.erase(at, Piece(std::string_view(input).substr(at)).size());
        break;
      case 4:
        input.insert(at, std::string(Piece(input)));
        break;
      case 5: {
        const std::string piece(Piece(Pick()));
        input.replace(at, Below(2) == 0 ? 0 : piece.size(), piece);
        break;
      }
      case 6:
        ReplaceNumber(input, at);
        break;
      default:
        InsertMany(input, at);
        break;
    }
  }

  // Of a binary header, or written in digits.
  void ReplaceNumber(std::string& input, size_t at) {
    static constexpr int64_t kEdges[] = {0, 1, -1, 127, 128, 255, 256, 32767, 65535, 2147483647, 4294967295,
                                         INT64_MAX, INT64_MIN, INT64_MAX / 8, 1000000};
    const int64_t number = kEdges[Below(std::size(kEdges))];
    const size_t digit = input.find_first_of("0123456789", at);
    if (digit != std::string::npos && Below(2) == 0) {
      const size_t end = std::min(input.find_first_not_of("0123456789", digit), input.size());
      input.replace(digit, end - digit, std::to_string(number));
      return;
    }
    const size_t width = size_t{1} << Below(4);
    if (at + width > input.size()) return;
    std::memcpy(input.data() + at, &number, width);
    if (Below(2) == 0) std::reverse(input.data() + at, input.data() + at + width);
  }

  // The same piece again and again: nesting, long names.
  void InsertMany(std::string& input, size_t at) {
    static constexpr std::string_view kPieces[] = {"[", "{", "{\"a\":", "(", "\"", "- ", "a", "\n", ",", "9", "\xff"};
    const std::string_view piece = kPieces[Below(std::size(kPieces))];
    const uint64_t times = uint64_t{1} << Below(13);
    std::string pieces;
    for (uint64_t i = 0; i < times; ++i) pieces += piece;
    input.insert(at, pieces);
  }

  const std::vector<std::string>& seeds_;
  RandomStream random_;
};

void RunAll(const Options& options, const std::string& program) {
  using Clock = std::chrono::steady_clock;
  Runner runner(program + ".input");
  std::vector<std::string> seeds;
  for (const fs::path& file : FilesOf(options.folders)) {
    seeds.push_back(ReadAll(file));
    runner.Run(seeds.back());
  }
  const int64_t files = runner.count();
  Mutator mutator(seeds, options.seed);
  const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
  while (Clock::now() < end) runner.Run(mutator.Next());
  std::cout << program << ": " << files << " files, " << runner.count() - files << " mutations\n";
}

}  // namespace
}  // namespace danas::fuzz

int main(int argc, char** argv) {
  const std::string program = std::filesystem::path(argv[0]).filename().string();
  try {
    danas::fuzz::RunAll(danas::fuzz::ParseOptions({argv, static_cast<size_t>(argc)}), program);
    return 0;
  } catch (const danas::UsageError& error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    std::fprintf(stderr, danas::fuzz::kUsage, program.c_str());
    return 2;
  } catch (const danas::FileError& error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    return 2;
  }
}
