// How well persons' key-points are found: COCO's numbers, by size, and pictures.
#include <algorithm>
#include <array>
#include <iterator>

#include "danas/core/units.h"
#include "danas/events/task_words.h"
#include "danas/figures/svg.h"
#include "html.h"
#include "run_sections.h"

namespace danas {
namespace {

using events::KeypointFields;

constexpr size_t kMostPagePictures = 24;  // of all trainings
constexpr size_t kMostCompared = 8;       // trainings in the figure

using Number = std::pair<const char*, double KeypointFields::*>;
constexpr std::array<Number, 10> kNumbers = {{{"AP", &KeypointFields::ap},
                                              {"AP .50", &KeypointFields::ap50},
                                              {"AP .75", &KeypointFields::ap75},
                                              {"AP medium", &KeypointFields::ap_medium},
                                              {"AP large", &KeypointFields::ap_large},
                                              {"AR", &KeypointFields::ar},
                                              {"AR .50", &KeypointFields::ar50},
                                              {"AR .75", &KeypointFields::ar75},
                                              {"AR medium", &KeypointFields::ar_medium},
                                              {"AR large", &KeypointFields::ar_large}}};

const TrainingRecord& TrainingOf(const TrainedBeside& beside) { return *beside.run->record.training; }

std::string PrecisionTable(const std::vector<const TrainedBeside*>& tested) {
  std::vector<HtmlTable::Column> columns = {
      {"run", false}, {"weights", false}, {"boxes", true}, {"persons found", true}};
  for (const auto& [name, number] : kNumbers) columns.push_back({name, true});
  HtmlTable table(columns);
  const auto add = [&](const TrainedBeside& beside, const char* weights, const events::TestFields& test) {
    std::vector<std::string> cells = {beside.run->name, weights, FormatThousands(test.keypoints->persons),
                                      FormatThousands(test.keypoints->found)};
    for (const auto& [name, number] : kNumbers) cells.push_back(events::PrecisionText((*test.keypoints).*number));
    table.AddRow(cells, beside.kind == PricedNetwork::Kind::kFound);
  };
  for (const TrainedBeside* beside : tested) {
    const events::TrainingEnd& end = *TrainingOf(*beside).end;
    add(*beside, "last epoch's", end.test_last_epoch);
    if (end.test_ema && end.test_ema->keypoints) add(*beside, "their average", *end.test_ema);
  }
  return Paragraph(
             "COCO's average precision (AP) and recall (AR) on the test set: means over the OKS thresholds .50, .55 to "
             ".95, or at the one named. Medium are persons of 32² to 96² pixels, large those above; a dash: there is "
             "nobody of that size.") +
         table.Text();
}

std::string PictureHtml(const RunPicture& picture) {
  return "<figure><img alt=\"" + XmlText("persons found in " + picture.name) + "\" src=\"data:image/jpeg;base64," +
         Base64(picture.bytes) + "\"><figcaption>" + XmlText(picture.name) + "</figcaption></figure>\n";
}

std::string Pictures(const std::vector<const TrainedBeside*>& tested) {
  std::vector<const TrainedBeside*> with;
  std::ranges::copy_if(tested, std::back_inserter(with),
                       [](const TrainedBeside* beside) { return !TrainingOf(*beside).pictures.empty(); });
  if (with.size() > kMostPagePictures) with.resize(kMostPagePictures);
  std::string html;
  for (const TrainedBeside* beside : with) {
    const std::vector<RunPicture>& pictures = TrainingOf(*beside).pictures;
    if (with.size() > 1) html += "<h3>" + XmlText(beside->run->name) + "</h3>\n";
    html += "<div class=\"pictures\">\n";
    for (size_t p = 0; p < std::min(pictures.size(), kMostPagePictures / with.size()); ++p) {
      html += PictureHtml(pictures[p]);
    }
    html += "</div>\n";
  }
  if (html.empty()) return "";
  return Paragraph(
             "Pictures of the test set with the skeletons found by the last epoch's weights. Blue is a person's left, "
             "vermilion its right; the wider, the surer; the number is the person's score.") +
         html;
}

}  // namespace

std::string KeypointsSection(const std::vector<TrainedBeside>& trained, FigureShelf& shelf) {
  std::vector<const TrainedBeside*> tested;
  std::vector<std::pair<std::string, KeypointFields>> compared;
  for (const TrainedBeside& beside : trained) {
    const TrainingRecord& training = TrainingOf(beside);
    if (!training.end || !training.end->test_last_epoch.keypoints) continue;
    tested.push_back(&beside);
    if (compared.size() < kMostCompared) {
      compared.emplace_back(beside.run->name, *training.end->test_last_epoch.keypoints);
    }
  }
  if (tested.empty()) return "";
  std::string html = PrecisionTable(tested);
  if (auto figure = PrecisionBySizeFigure(compared)) html += shelf.Show(std::move(*figure));
  return html + Pictures(tested);
}

}  // namespace danas
