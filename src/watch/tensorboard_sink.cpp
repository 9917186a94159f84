#include "danas/watch/tensorboard_sink.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/events/line_reader.h"
#include "danas/events/run_log.h"
#include "src/watch/log_translator.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "events.out.tfevents.";  // TensorBoard knows event files by it

void MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError("cannot create " + folder.string() + ": " + error.message());
}

std::vector<fs::path> EventFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(kPrefix)) files.push_back(entry->path());
  }
  if (error) throw FileError("cannot read " + folder.string() + ": " + error.message());
  return files;
}

// Empties them, and removes those that were empty before: a TensorBoard that follows one, and is not of the fast kind,
// goes on to the next file from an empty one, but never from one that is gone.
void Retire(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    std::error_code error;
    if (fs::file_size(file, error) == 0) {
      fs::remove(file, error);
    } else if (!error) {
      fs::resize_file(file, 0, error);
    }
    if (error) throw FileError("cannot empty " + file.string() + ": " + error.message());
  }
}

// events.out.tfevents.<seconds since 1970>.<host>.<process>.<number>, as TensorFlow names them. The name is new, and by
// it the file comes behind earlier ones, so that a TensorBoard that follows the run continues to it.
fs::path NewPath(const fs::path& folder) {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::array<char, 16> time{};
  std::snprintf(time.data(), time.size(), "%010lld", static_cast<long long>(std::time(nullptr)));
  const std::string stem = kPrefix + std::string(time.data()) + "." + host.data() + "." + std::to_string(::getpid());
  int number = 0;
  while (fs::exists(folder / (stem + "." + std::to_string(number)))) ++number;
  return folder / (stem + "." + std::to_string(number));
}

// A new one, beside which no other is written.
fs::path ReplaceFiles(const fs::path& folder) {
  MakeFolder(folder);
  const fs::path path = NewPath(folder);
  Retire(EventFiles(folder));
  return path;
}

std::string ReadConfigText(const fs::path& path) { return fs::exists(path) ? ReadFile(path) : ""; }

}  // namespace

class TensorBoardSink::File {
 public:
  explicit File(const fs::path& run_folder)
      : log_(run_folder / kLogFile),
        alpha_(run_folder / kAlphaFile),
        translator_(ReadConfigText(run_folder / "config.json")),
        file_(ReplaceFiles(run_folder / "tensorboard")) {}

  // Writes what is new in the logs. False where one of them was cut back: then this file holds too much.
  bool Follow() { return Follow(log_) && Follow(alpha_); }

 private:
  bool Follow(LineReader& log) {
    while (true) {
      const LineReader::Lines read = log.Read();
      if (read.cut_back) return false;
      if (read.lines.empty()) return true;
      std::string records;
      for (const std::string& line : read.lines) {
        if (const Json event = events::ParseLine(line); !event.is_null()) records += translator_.Records(event);
      }
      file_.Append(records);
    }
  }

  LineReader log_, alpha_;
  LogTranslator translator_;
  AppendFile file_;
};

TensorBoardSink::TensorBoardSink(fs::path run_folder) : run_folder_(std::move(run_folder)) {}

TensorBoardSink::~TensorBoardSink() = default;

void TensorBoardSink::Record(const Event& /*event*/) {
  if (given_up_) return;
  try {
    if (file_ && file_->Follow()) return;
    file_ = std::make_unique<File>(run_folder_);
    file_->Follow();
  } catch (const std::exception& error) {
    given_up_ = true;
    file_.reset();
    log::warn("no further TensorBoard output of this run is written, but the run continues: {}", error.what());
  }
}

}  // namespace danas
