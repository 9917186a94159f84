#include "danas/figures/run_page.h"

#include <algorithm>

#include "danas/figures/svg.h"
#include "html.h"
#include "page_style.h"
#include "run_sections.h"

namespace danas {
namespace {

bool IsFoundBy(const SearchSpace& network, const std::vector<const ReportedRun*>& searches) {
  return std::ranges::any_of(searches, [&](const ReportedRun* run) {
    return std::ranges::any_of(run->record.search->budgets, [&](const BudgetRecord& budget) {
      return budget.network && budget.network->layers() == network.layers();
    });
  });
}

std::vector<TrainedBeside> TrainingsOf(const std::vector<ReportedRun>& runs,
                                       const std::vector<const ReportedRun*>& searches) {
  std::vector<TrainedBeside> trained;
  for (const ReportedRun& run : runs) {
    if (!run.record.training) continue;
    TrainedBeside beside{.run = &run};
    const TrainingRecord& training = *run.record.training;
    if (training.network && IsFoundBy(*training.network, searches)) {
      beside.kind = PricedNetwork::Kind::kFound;
    } else if (training.result && training.result->network.starts_with("random")) {
      beside.kind = PricedNetwork::Kind::kRandom;
    }
    trained.push_back(beside);
  }
  return trained;
}

class Page {
 public:
  explicit Page(ReportPage& page) : shelf_(page.figures) {}

  void Section(const std::string& title, const std::string& html, bool in_nav = true) {
    if (html.empty()) return;
    const std::string id = "s" + std::to_string(++sections_);
    if (in_nav) nav_ += "<a href=\"#" + id + "\">" + XmlText(title) + "</a>";
    body_ += "<section><h2 id=\"" + id + "\">" + XmlText(title) + "</h2>\n" + html + "</section>\n";
  }

  FigureShelf& shelf() { return shelf_; }
  const std::string& nav() const { return nav_; }
  const std::string& body() const { return body_; }

 private:
  FigureShelf shelf_;
  std::string nav_, body_;
  int sections_ = 0;
};

// For files, of what anyone may have named a folder.
std::string FilePrefix(const std::string& name) {
  std::string prefix;
  for (const char letter : name) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
    prefix += plain ? letter : '-';
  }
  return prefix + "-";
}

void AddSearch(Page& page, const ReportedRun& run, const std::vector<TrainedBeside>& trained, bool alone) {
  const std::string of = alone ? "" : ": " + run.name;
  page.shelf().SetPrefix(alone ? "" : FilePrefix(run.name));
  page.Section((alone ? "The answer" : "Answer") + of, AnswerSection(run, trained));
  page.Section("The network" + of, NetworkSection(run, page.shelf()), alone);
  page.Section("α over time" + of, CourseSection(run, page.shelf()), alone);
  page.Section("Scored and trained networks" + of, ScoredSection(run, trained, page.shelf()), alone);
  page.Section("To repeat it" + of, RepeatSection(run), alone);
}

}  // namespace

ReportPage MakeReportPage(const std::vector<ReportedRun>& runs, const std::string& version, const std::string& time) {
  ReportPage made;
  Page page(made);
  std::vector<const ReportedRun*> searches;
  for (const ReportedRun& run : runs) {
    if (run.record.search) searches.push_back(&run);
  }
  const std::vector<TrainedBeside> trained = TrainingsOf(runs, searches);
  const bool alone = searches.size() == 1;
  if (searches.size() > 1) page.Section("Several searches", SeveralRunsSection(searches, page.shelf()));
  for (const ReportedRun* run : searches) {
    AddSearch(page, *run, trained, alone);
  }
  page.shelf().SetPrefix("");
  if (!trained.empty()) page.Section("Trained networks", TrainedSection(trained, page.shelf()));
  page.Section("Key-points found", KeypointsSection(trained, page.shelf()));
  page.Section("Which blocks where", BlocksSection(searches));
  std::string without;
  for (const ReportedRun& run : runs) {
    if (run.record.search || run.record.training) continue;
    without += Paragraph(run.name + " (" + run.state + ") has logged neither a search nor a training yet.");
    for (const std::string& warning : run.record.warnings) without += Paragraph(warning, "warning");
  }
  page.Section("Other runs", without);

  const std::string title =
      alone ? "danas search: " + searches.front()->name
            : "danas: " + (runs.size() == 1 ? runs.front().name : std::to_string(runs.size()) + " runs");
  made.html = PageHead(title, ReportStyle()) + "<h1>" + XmlText(title) + "</h1>\n<nav>" + page.nav() + "</nav>\n" +
              page.body() + "<footer>" +
              Paragraph("Written by " + version + ", " + time +
                            ", from run folders alone. The method: DA-NAS "
                            "(Dai et al., ECCV 2020).",
                        "soft") +
              "</footer>\n" + ReportScript() + "</body>\n</html>\n";
  return made;
}

}  // namespace danas
