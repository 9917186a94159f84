#include "judge_names.h"

#include <algorithm>

#include "danas/core/error.h"

namespace danas {
namespace {

void TakeWeights(const std::string& text, std::vector<JudgeName>& judges, std::vector<std::string>& taken) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    throw UsageError("--weights " + text + ": expected NAME=FILE, such as resnet34=resnet34.pth");
  }
  const std::string name = text.substr(0, equals);
  const auto judge = std::ranges::find(judges, name, &JudgeName::name);
  if (judge == judges.end()) {
    throw UsageError("--weights " + text + ": '" + name + "' is not one of the networks to rank with (--models)");
  }
  if (std::ranges::find(taken, name) != taken.end()) throw UsageError("--weights: '" + name + "' is given twice");
  taken.push_back(name);
  judge->weights = text.substr(equals + 1);
  if (!std::filesystem::exists(judge->weights)) throw FileError("--weights " + text + ": no such file");
}

}  // namespace

JudgeName ParseJudgeName(const std::string& text) {
  const auto fail = [&](const std::string& why) { throw ConfigError("easiness.models: '" + text + "': " + why); };
  JudgeName judge;
  const size_t equals = text.find('=');
  judge.name = text.substr(0, equals);
  if (equals != std::string::npos) {
    judge.weights = text.substr(equals + 1);
    if (judge.weights.empty()) fail("expected a weights file after the =, such as resnet34=weights/resnet34.pth");
  }
  const size_t at = judge.name.find('@');
  judge.model = judge.name.substr(0, at);
  if (at == std::string::npos) return judge;
  judge.seed = judge.name.substr(at + 1);
  if (judge.seed.empty() || judge.seed.size() > 9 || judge.seed.find_first_not_of("0123456789") != std::string::npos) {
    fail("expected a seed after the @, such as mobilenetv2@1");
  }
  return judge;
}

std::vector<JudgeName> JudgesOf(const Config& config, const std::vector<std::string>& weights) {
  std::vector<JudgeName> judges;
  for (const std::string& text : config.easiness.models) judges.push_back(ParseJudgeName(text));
  std::vector<std::string> taken;
  for (const std::string& text : weights) TakeWeights(text, judges, taken);
  return judges;
}

std::string MissingWeights(const std::vector<JudgeName>& judges) {
  std::string files;
  for (const JudgeName& judge : judges) {
    if (judge.weights.empty() || std::filesystem::exists(judge.weights)) continue;
    files += (files.empty() ? "" : ", ") + judge.weights.string() + " (" + judge.name + ")";
  }
  if (files.empty()) return "";
  return "weights of the networks that rank the classes are missing: " + files +
         ". Download them to these paths (the ImageNet configs expect torchvision's IMAGENET1K_V1), or give their "
         "paths with --set easiness.models=NAME=FILE,...; a NAME without a file is trained first. To search with the "
         "classes in random order instead: --set schedule.ranking=random";
}

}  // namespace danas
