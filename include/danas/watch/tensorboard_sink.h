// Shows a run in TensorBoard: writes what its log.jsonl and alpha.jsonl hold in an event file in the folder
// `tensorboard` beside them. Which field becomes what: docs/file-formats.md, "TensorBoard".
#pragma once

#include <filesystem>
#include <memory>

#include "danas/events/event.h"

namespace danas {

// Comes after JsonlSink: an event makes it write what the logs got since the last one. With the first event it begins
// a new file with all that the logs hold, and empties those of earlier processes. Going on from a checkpoint cuts the
// logs back before that, so that nothing is written that the logs do not hold.
class TensorBoardSink : public MetricSink {
 public:
  explicit TensorBoardSink(std::filesystem::path run_folder);
  ~TensorBoardSink() override;

  // Throws nothing: where the file cannot be written, that is a warning, and nothing more is written.
  void Record(const Event& event) override;

 private:
  class File;
  std::filesystem::path run_folder_;
  std::unique_ptr<File> file_;
  bool given_up_ = false;
};

}  // namespace danas
