// The page that a search leaves at its end.
#include <gmock/gmock.h>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportAtEndTest : public testing::Test {
 protected:
  Outcome Search(const std::string& run) {
    project_.config()["schedule"]["epochs_per_step"] = 1;
    project_.WriteConfig();
    return project_.Run({"search", "--config", "config.json", "--no-probe", "--run", run});
  }

  SmallProject project_;
};

TEST_F(ReportAtEndTest, IsWrittenAndNamed) {
  const Outcome outcome = Search("run");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("report: run/report.html"));
  const std::string page = ReadText(project_ / "run/report.html");
  EXPECT_THAT(page, HasSubstr("The search found a network of "));
  EXPECT_THAT(page, HasSubstr("</html>"));
  // The same as later, but for when it was written.
  ASSERT_EQ(project_.Run({"report", "run", "--out", "later.html"}).code, 0);
  const std::string later = ReadText(project_ / "later.html");
  EXPECT_EQ(page.substr(0, page.find("<footer>")), later.substr(0, later.find("<footer>")));
}

TEST_F(ReportAtEndTest, IsLeftOutWhereTheConfigSaysSo) {
  project_.config()["log"] = {{"report", false}};
  const Outcome outcome = Search("run");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, Not(HasSubstr("report")));
  EXPECT_FALSE(std::filesystem::exists(project_ / "run/report.html"));
}

}  // namespace
}  // namespace danas::test
