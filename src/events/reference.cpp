#include <utility>

#include "danas/events/any_event.h"
#include "danas/events/progress.h"

namespace danas::events {
namespace {

template <typename T>
struct Unwrapped {
  using Type = T;
};
template <typename T>
struct Unwrapped<std::optional<T>> : Unwrapped<T> {};
template <typename T>
struct Unwrapped<OrNull<T>> : Unwrapped<T> {};
template <typename T>
struct Unwrapped<std::vector<T>> : Unwrapped<T> {};

// Rows of a section, and tables of the sections in it, in the order in which they come.
class TableWriter {
 public:
  explicit TableWriter(std::string path) : path_(std::move(path)) {}

  template <typename T>
  void Field(const char* name, const T& /*value*/, const FieldNote& note) {
    const std::string tag = note.tag[0] == '\0' ? "" : "`" + std::string(note.tag) + "`";
    rows_ += "| `" + std::string(name) + "` | " + note.help + " | " + tag + " |\n";
    using Part = typename Unwrapped<T>::Type;
    if constexpr (Section<Part>) {
      TableWriter part(path_ + "." + name);
      Part::Describe(static_cast<const Part&>(Part{}), part);
      parts_ += part.Text("In `" + part.path_ + "`");
    }
  }
  template <Section T>
  void Inline(const std::optional<T>& /*part*/) {
    const T part{};
    T::Describe(part, *this);
  }

  std::string Text(const std::string& title) const {
    return title + ":\n\n| field | what | curve in TensorBoard |\n|---|---|---|\n" + rows_ + "\n" + parts_;
  }

 private:
  std::string path_;  // "search_start.phases"
  std::string rows_, parts_;
};

template <EventSection T>
std::string TableOf(const char* when) {
  std::string names;
  for (const char* name : T::kNames) names += (names.empty() ? "`" : ", `") + std::string(name) + "`";
  TableWriter table(T::kNames.front());
  const T event{};
  T::Describe(event, table);
  return "### " + names + "\n\n" + table.Text(when);
}

std::string ProgressTable() {
  TableWriter table(ProgressNow::kFile);
  const ProgressNow progress{};
  ProgressNow::Describe(progress, table);
  return "### `" + std::string(ProgressNow::kFile) + "`\n\n" +
         table.Text("Whole every ten seconds; removed when the run is finished");
}

}  // namespace

std::string EventReference() {
  return "## A search\n\n" + TableOf<SearchStart>("Once, when it starts") + TableOf<SearchEpoch>("After every epoch") +
         TableOf<Alpha>("After every epoch, in alpha.jsonl; with several budgets one for each") +
         TableOf<Pruning>("At the end of every schedule step; with several budgets one for each") +
         TableOf<SupernetPruned>("After the prunings of several budgets") +
         TableOf<FinalScores>("Before `search_end`, with `search.final` `scored`; with several budgets one for each") +
         TableOf<SearchEnd>("Once, when `best.json` and the weights are written") + "## A training\n\n" +
         TableOf<TrainingStart>("Once, when it starts") + TableOf<TrainingEpoch>("After every epoch") +
         TableOf<ClassAccuracy>("`danas train` only: after every epoch") +
         TableOf<TrainingEnd>("Once, when the weights are written; result.json holds the same") +
         "## A ranking of classes\n\n" + TableOf<EasinessStart>("Once, when it starts") +
         TableOf<NetworkJudged>("After each network") + TableOf<EasinessEnd>("Once, when the classes are ranked") +
         "## Any run\n\n" +
         TableOf<WrittenBy>(
             "By the process that starts the run, and by one that resumes it with another danas, torch, "
             "kernels or machine") +
         TableOf<DataMoved>(
             "On resume: for each set whose images are not stored where they were when the run started") +
         "## Between the events\n\n" + ProgressTable();
}

}  // namespace danas::events
