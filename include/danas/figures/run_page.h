// The page of `danas report`: one HTML file that needs nothing beside itself, about one run or several.
#pragma once

#include <string>
#include <vector>

#include "danas/figures/figure.h"
#include "danas/report/run_record.h"

namespace danas {

struct ReportedRun {
  std::string name;
  RunRecord record;
  std::string state = {};                  // "finished", "running", "died"
  std::vector<std::string> warnings = {};  // of the run itself
};

struct ReportPage {
  std::string html;
  std::vector<Figure> figures;  // all on the page, each with a name of its own
};

// `version` is that of the danas that writes it, `time` when. A page about a run of a search has its answer, its
// network, its course, its scored networks and what repeats it; runs of trainings stand beside it. Several searches are
// compared first.
ReportPage MakeReportPage(const std::vector<ReportedRun>& runs, const std::string& version, const std::string& time);

}  // namespace danas
