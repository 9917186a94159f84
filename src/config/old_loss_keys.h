// search.loss.exponent and search.loss.weight: the former names of what now has a section for each kind of loss.
// They meant another number for each kind, and -1 the kind's own. Files, --set and the configs of runs may still hold
// them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/config/document.h"

namespace danas {

class OldLossKeys {
 public:
  // Where the documents come from. What a run has stored for a loss that never used it is left out with a note; who
  // writes such a thing is refused.
  enum class Source { kWritten, kStored };
  explicit OldLossKeys(Source source) : source_(source) {}

  // Asks for the former names in a document; of several documents the last that gives one counts.
  void Read(const Document& document);

  // To be called once all documents are read, since the kind says what the former names mean. Throws ConfigError with
  // their place where they mean nothing to the kind, are out of range or say something else than the name of today.
  void ApplyTo(CostLossConfig& loss);

  // Logs what each was read as, once in a process.
  void Tell() const;

 private:
  Source source_;
  std::map<std::string, Node> given_;  // by former name
  std::set<std::string> given_now_;    // keys of today
  std::vector<std::string> notes_;
};

}  // namespace danas
