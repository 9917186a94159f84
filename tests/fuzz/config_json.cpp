// A run's config as JSON: what is read and written again is the same.
#include "danas/config/config_file.h"
#include "danas/config/document.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  const std::filesystem::path path = folder.Write("config.json", fuzz::Text(data, size));
  fuzz::Accepts([&] { Document::Read(path).Root().ToJson(); });
  Config config;
  if (!fuzz::Accepts([&] { config = LoadConfig(path.string()); })) return 0;
  const Json json = ToJson(config);
  const Json again = ToJson(ConfigFromJson(Json::parse(JsonText(json)), "again"));
  fuzz::Require(json == again, "a config that is written reads as the same");
  return 0;
}
