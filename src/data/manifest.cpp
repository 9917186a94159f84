// Manifests: images and labels as a table, for datasets whose folders do not give the class (ImageNet's flat val/).
#include <algorithm>
#include <map>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/json.h"
#include "danas/core/text_fault.h"
#include "danas/core/text_file.h"
#include "src/data/formats.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string path;
  std::string label;
  size_t line = 0;
};

[[noreturn]] void FailAt(const fs::path& file, size_t line, const std::string& what) {
  throw DataError(file.string() + ":" + std::to_string(line) + ": " + what);
}

[[noreturn]] void FailAtFault(const fs::path& file, size_t line, const std::string& text) {
  const TextFault fault = FindJsonFault(text).value_or(TextFault{.what = "the line is not JSON"});
  FailAt(file, line, "column " + std::to_string(fault.column) + ": " + fault.what);
}

// The fields of one line; a field in double quotes may hold commas, and "" for a quote.
std::vector<std::string> SplitCsv(const std::string& text, const fs::path& file, size_t line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += '"', ++i;
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) FailAt(file, line, "a quote is not closed");
  return fields;
}

std::vector<Entry> ReadCsv(const fs::path& file, const std::vector<std::string>& lines) {
  const std::vector<std::string> header = SplitCsv(lines.empty() ? "" : lines[0], file, 1);
  const auto column = [&](const char* name) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end())
      FailAt(file, 1,
             "the header '" + (lines.empty() ? "" : lines[0]) + "' has no column '" + name +
                 "'; 'path,label' is expected, with a comma between columns");
    return static_cast<size_t>(found - header.begin());
  };
  const size_t path = column("path");
  const size_t label = column("label");
  std::vector<Entry> entries;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::vector<std::string> fields = SplitCsv(lines[i], file, i + 1);
    if (fields.size() != header.size()) {
      FailAt(file, i + 1,
             std::to_string(fields.size()) + " fields found, the header has " + std::to_string(header.size()));
    }
    entries.push_back({.path = fields[path], .label = fields[label], .line = i + 1});
  }
  return entries;
}

std::vector<Entry> ReadJsonl(const fs::path& file, const std::vector<std::string>& lines) {
  std::vector<Entry> entries;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const Json json = ParseJson(lines[i]);
    if (json.is_discarded()) FailAtFault(file, i + 1, lines[i]);
    const auto text = [&](const char* key) {
      if (!json.is_object() || !json.contains(key) || !json[key].is_string()) {
        FailAt(file, i + 1, R"({"path": "...", "label": "..."} is expected)");
      }
      return json[key].get<std::string>();
    };
    entries.push_back({.path = text("path"), .label = text("label"), .line = i + 1});
  }
  return entries;
}

}  // namespace

bool RecognizeManifest(const fs::path& path) {
  return fs::is_regular_file(path) && (path.extension() == ".csv" || path.extension() == ".jsonl");
}

DatasetIndex OpenManifest(const fs::path& path, const DataConfig& config) {
  const std::vector<std::string> lines = LinesOf(ReadText(path));
  const std::vector<Entry> entries = path.extension() == ".jsonl" ? ReadJsonl(path, lines) : ReadCsv(path, lines);
  if (entries.empty()) throw DataError(path.string() + ": lists no images");
  std::map<std::string, int> positions;  // in bytewise order
  for (const Entry& entry : entries) {
    if (entry.path.empty() || entry.label.empty()) FailAt(path, entry.line, "an empty path or label");
    positions.emplace(entry.label, 0);
  }
  DatasetIndex index;
  index.name = path.string();
  index.format = DataFormat::kManifest;
  for (auto& [label, position] : positions) {
    position = static_cast<int>(index.classes.ids.size());
    index.classes.ids.push_back(label);
  }
  const fs::path folder = path.parent_path();
  std::vector<StoredImage> images;
  std::vector<SampleKey> keys;
  for (const Entry& entry : entries) {
    ThrowIfInterrupted();  // a file server answers each question late
    uint64_t size = 0;
    try {
      size = ImageFileSize(folder / entry.path, config.on_error);
    } catch (const DataError& error) {
      FailAt(path, entry.line, error.what());
    }
    index.labels.push_back(positions.at(entry.label));
    images.push_back({.name = entry.path, .bytes = size});
    keys.push_back({.name = entry.path, .size = size, .label = index.labels.back()});
  }
  index.fingerprint = Fingerprint(DataFormat::kManifest, std::move(keys));
  index.images = MakeFileSource(folder, std::move(images), config.max_pixels);
  return index;
}

}  // namespace danas
