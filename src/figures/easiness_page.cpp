#include "danas/core/units.h"
#include "danas/figures/easiness_text.h"
#include "danas/figures/svg.h"
#include "danas/report/estimate_text.h"
#include "html.h"

namespace danas {
namespace {

std::string NetworkTable(const EasinessStudy& study) {
  std::string rows;
  for (size_t n = 0; n < study.judgements.size(); ++n) {
    const NetworkJudgement& judgement = study.judgements[n];
    int64_t images = 0, correct = 0;
    for (size_t c = 0; c < judgement.images_c.size(); ++c) {
      images += judgement.images_c[c];
      correct += judgement.confusion_cc[c][c];
    }
    rows += "<tr>" + Cell(judgement.network) + Cell(FormatThousands(images), true) +
            Cell(FormatPercent(static_cast<double>(correct) / static_cast<double>(images)), true) +
            Cell(judgement.accuracy_ec.empty() ? "weights from a file" : std::to_string(judgement.accuracy_ec.size()),
                 true) +
            Cell(EstimateText(study.agreement.score_error[n])) + "</tr>\n";
  }
  return "<div class=\"scroll\"><table><thead><tr>" + Cell("network", false, "th") + Cell("images scored", true, "th") +
         Cell("top-1 on them", true, "th") + Cell("epochs trained", true, "th") +
         Cell("ρ of score and error", false, "th") + "</tr></thead>\n<tbody>" + rows + "</tbody></table></div>\n";
}

std::string AgreementSection(const Agreement& agreement) {
  if (agreement.pairs.empty()) return "<p>With one network there is no agreement to measure.</p>\n";
  std::string rows;
  for (const PairAgreement& pair : agreement.pairs) {
    rows += "<tr>" + Cell(agreement.networks[pair.first] + ", " + agreement.networks[pair.second]) +
            Cell(EstimateText(pair.spearman)) + Cell(EstimateText(pair.kendall));
    for (const Estimate& overlap : pair.overlap) rows += Cell(EstimateText(overlap));
    rows += "</tr>\n";
  }
  return "<p>The paper: different networks agree on which classes are easy. Here Kendall's W of " +
         std::to_string(agreement.networks.size()) + " networks is " + XmlText(EstimateText(agreement.concordance)) +
         "; rankings by chance would give about " +
         FormatDecimals(1 / static_cast<double>(agreement.networks.size()), 2) +
         ", identical ones 1. In brackets: 95 % bootstrap intervals over the " + FormatThousands(agreement.classes) +
         " classes.</p>\n<div class=\"scroll\"><table><thead><tr>" + Cell("networks", false, "th") +
         Cell("Spearman's ρ", false, "th") + Cell("Kendall's τ-b", false, "th") +
         Cell("same easiest 10 % (chance 0.1)", false, "th") + Cell("30 % (0.3)", false, "th") +
         Cell("60 % (0.6)", false, "th") + "</tr></thead>\n<tbody>" + rows + "</tbody></table></div>\n";
}

std::string ClassTable(const EasinessStudy& study) {
  const std::vector<double> error_c = MeanErrors(study);
  std::string rows;
  for (size_t r = 0; r < study.easiness.order.size(); ++r) {
    const auto c = static_cast<size_t>(study.easiness.order[r]);
    rows += "<tr>" + Cell(std::to_string(r + 1), true) + Cell(study.class_labels[c]) +
            Cell(study.easiness.class_ids[c]) + Cell(FormatDecimals(study.easiness.score_c[c], 4), true) +
            Cell(FormatPercent(error_c[c]), true) + "</tr>\n";
  }
  const bool few = study.easiness.order.size() <= 30;
  return std::string(few ? "<details open>" : "<details>") + "<summary>All " +
         std::to_string(study.easiness.order.size()) + " classes</summary><div class=\"scroll\"><table><thead><tr>" +
         Cell("rank", true, "th") + Cell("class", false, "th") + Cell("id", false, "th") + Cell("score", true, "th") +
         Cell("error", true, "th") + "</tr></thead>\n<tbody>" + rows + "</tbody></table></div></details>\n";
}

std::string FigureSection(const Figure& figure) {
  return "<figure>\n" + figure.svg + "<figcaption><b>" + XmlText(figure.title) +
         "</b><p>The paper: " + XmlText(figure.claim) + "</p><p>Here: " + XmlText(figure.finding) +
         "</p></figcaption>\n</figure>\n";
}

}  // namespace

std::string EasinessPage(const EasinessStudy& study, const std::vector<Figure>& figures) {
  const std::string title = "Class easiness: " + study.dataset;
  std::string page = PageHead(title) + "<h1>" + XmlText(title) +
                     "</h1>\n<nav><a href=\"#networks\">Networks</a><a href=\"#agreement\">Agreement</a><a "
                     "href=\"#classes\">Classes</a><a href=\"#figures\">Figures</a></nav>\n<p>" +
                     std::to_string(study.easiness.order.size()) +
                     " classes from easy to hard, by the networks below. A class's score is " +
                     XmlText(NameOf(study.easiness.kind)) + ", aggregated by " +
                     XmlText(NameOf(study.easiness.aggregation)) +
                     "; lower is easier. DA-NAS (Dai et al., ECCV 2020), section 4.</p>\n";
  page += "<h2 id=\"networks\">Networks</h2>\n" + NetworkTable(study);
  page += "<h2 id=\"agreement\">Agreement</h2>\n" + AgreementSection(study.agreement);
  page += "<h2 id=\"classes\">Classes</h2>\n" + ClassTable(study);
  page += "<h2 id=\"figures\">Figures</h2>\n";
  for (const Figure& figure : figures) page += FigureSection(figure);
  return page + "</body>\n</html>\n";
}

}  // namespace danas
