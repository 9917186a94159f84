// What of a study is there already: a step is done when its command left all that it leaves, and it is done once.
#pragma once

#include <filesystem>
#include <string>

#include "danas/study/plan.h"

namespace danas {

enum class StepState { kToDo, kBegun, kDone };

// By the files in the step's folder. Throws FileError where they cannot be read.
StepState StateOf(const StudyStep& step);

// Beside the step's folder: what it was asked for (FOLDER.asked.json) and what its command printed (FOLDER.txt).
std::filesystem::path AskedFile(const StudyStep& step);
std::filesystem::path OutputFile(const StudyStep& step);

void WriteAsked(const StudyStep& step);

// What was begun or done was asked for as the study asks now. Keys that a resumed run may change (ResumePolicy) may
// differ: they change no result, or say where the data lies. A key that an earlier danas did not know had its default.
// Throws ConfigError, which names the steps, the keys with both values and what to do.
void CheckUnchanged(const StudyPlan& plan);

// The folder of a study, for one process. Throws FileError, which names the other, where one works in it.
class StudyLock {
 public:
  explicit StudyLock(const std::filesystem::path& folder);  // which it makes where it is missing
  ~StudyLock();
  StudyLock(const StudyLock&) = delete;
  StudyLock& operator=(const StudyLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace danas
