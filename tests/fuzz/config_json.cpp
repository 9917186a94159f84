// A run's config as JSON: what is read and written again is the same, and what is refused has a fault of its own.
#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "danas/core/text_fault.h"
#include "fuzz.h"

namespace {

// nlohmann's parser takes a zero byte for the end, and nests as deep as it is asked to.
void RequireSameOpinion(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return;
  const auto fault = danas::FindJsonFault(text);
  if (fault && fault->what.starts_with("nested")) return;
  danas::fuzz::Require(danas::Json::accept(text) != fault.has_value(), "what is no JSON has a fault, and nothing else");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::filesystem::path path = folder.Write("config.json", fuzz::Text(data, size));
  fuzz::Accepts([&] { Document::Read(path).Root().ToJson(); });
  RequireSameOpinion(fuzz::Text(data, size));
  Config config;
  if (!fuzz::Accepts([&] { config = LoadConfig(path.string()); })) return 0;
  const Json json = ToJson(config);
  const Json again = ToJson(ConfigFromJson(Json::parse(JsonText(json)), "again"));
  fuzz::Require(json == again, "a config that is written reads as the same");
  return 0;
}
