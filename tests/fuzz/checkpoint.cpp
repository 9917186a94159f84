// A run's checkpoint: its manifest in the first line of the input, its tensors behind it (those of a good one where
// there is nothing). Hashes are set right, so that they stop nobody.
#include "danas/run/checkpoint.h"

#include <ATen/ATen.h>

#include "danas/core/file.h"
#include "danas/nn/safetensors.h"
#include "fuzz.h"

namespace {

using namespace danas;

struct SmallRun {
  int64_t step = 0;
  double loss = 0;
  bool warm = false;
  std::string phase;
  std::vector<std::vector<double>> alpha;
  Json space;
  at::Tensor weights = at::zeros({3, 2});
  at::Tensor sum;

  void Describe(StateFields& fields) {
    fields.Value("step", step);
    fields.Value("loss", loss);
    fields.Value("warm", warm);
    fields.Value("phase", phase);
    fields.Value("alpha", alpha);
    fields.Value("space", space);
    fields.Within("network", [&](StateFields& f) { f.Contents("weights", weights); });
    fields.Tensor("sum", sum);
  }
};

std::string GoodTensors(const fuzz::Folder& folder) {
  const std::filesystem::path path = folder.path() / "good.safetensors";
  WriteSafetensors(path, {{"network.weights", at::ones({3, 2})}, {"sum", at::ones({2})}});
  return ReadFile(path);
}

// What a reader takes for JSON gets the hashes that it should have.
std::string WithHashes(std::string_view text, std::string_view tensors) {
  Json manifest = ParseJson(text);
  if (!manifest.is_object() || !manifest.contains("hash")) return std::string(text);
  const auto version = manifest.find("format_version");
  const bool is_version = version != manifest.end() && version->is_number_integer();
  const HashKind kind = HashKindOfCheckpoint(is_version ? version->get<int64_t>() : kCheckpointVersion);
  if (manifest.contains("tensors_hash")) manifest["tensors_hash"] = HashOfText(tensors, kind);
  manifest.erase("hash");
  manifest["hash"] = HashOfText(JsonText(manifest), kind);
  return JsonText(manifest);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::Folder folder;
  static const std::string good = GoodTensors(folder);
  std::string_view rest = fuzz::Text(data, size);
  const std::string_view manifest = fuzz::TakeUpTo(rest, "\n");
  const std::string_view tensors = rest.empty() ? std::string_view(good) : rest;
  folder.Write("log.jsonl", std::string(64, '\n'));
  folder.Write("checkpoints/000001.safetensors", tensors);
  folder.Write("checkpoints/000001.json", WithHashes(manifest, tensors));
  fuzz::Accepts([&] { NewestCheckpoint(folder.path()); });
  SmallRun run;
  CheckpointKeeper keeper(folder.path(), {}, at::kCPU, [&run](StateFields& fields) { run.Describe(fields); });
  fuzz::Accepts([&] { keeper.Restore(); });
  return 0;
}
