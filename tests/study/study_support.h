// A small study in a folder of its own: a shipped config, made-up arms.
#pragma once

#include <string>

#include "danas/study/study_file.h"
#include "tests/support/test_support.h"

namespace danas::test {

// `more` are further keys, with a comma behind each.
inline std::string StudyText(const std::string& more = "", const std::string& arms = R"("a": {}, "b": {"set": {"train.lr": 0.5}})",
                             const std::string& outcome = R"({"finetune": {}})") {
  return R"({"name": "small", "config": "truth_a.json", "seeds": 2, )" + more + R"("arms": {)" + arms +
         R"(}, "outcome": )" + outcome + "}";
}

inline Study StudyOf(const TempDir& folder, const std::string& text) {
  return ReadStudy(WriteText(folder / "study.json", text).string());
}

}  // namespace danas::test
