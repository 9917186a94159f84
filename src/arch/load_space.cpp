#include <filesystem>
#include <system_error>

#include "danas/arch/space_file.h"
#include "danas/config/shipped.h"
#include "space_reader.h"

namespace danas {
namespace {

constexpr char kFolder[] = "spaces";

}  // namespace

LoadedSpace LoadSpace(const std::string& name_or_path, Size input, int classes) {
  std::string name = name_or_path;
  std::string skeleton;
  const size_t colon = name_or_path.rfind(':');
  std::error_code unreadable;
  if (colon != std::string::npos && !std::filesystem::exists(name_or_path, unreadable)) {
    name = name_or_path.substr(0, colon);
    skeleton = name_or_path.substr(colon + 1);
  }
  const Document document = Document::Read(FindShippedFile(kFolder, name));
  const Node root = document.Root();
  if (root.Find("network")) root.Fail("this is a network that a search found (--arch), not a search space");
  LoadedSpace loaded = ReadSpace(root, skeleton, input, classes);
  document.RejectUnreadKeys();
  return loaded;
}

std::vector<std::string> ShippedSpaces() { return ShippedNames(kFolder); }

}  // namespace danas
