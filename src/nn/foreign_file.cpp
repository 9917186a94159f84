#include "src/nn/foreign_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "src/nn/printable.h"

namespace danas {
namespace {

using namespace std::string_view_literals;

constexpr const char* kSaveInPython = " In Python, save the model's weights with torch.save(model.state_dict(), FILE)";

struct Kind {
  size_t offset;
  std::string_view start;
  const char* what;
  bool in_python;  // what to do is kSaveInPython
};
constexpr std::array kKinds = {
    Kind{0, "version https://git-lfs.github.com/spec/"sv,
         "is a Git LFS pointer, not the weights themselves. Run 'git lfs pull' in its repository, or fetch the file "
         "from its page",
         false},
    Kind{0, "\x1f\x8b"sv, "is compressed with gzip. Unpack it: gunzip", false},
    Kind{0, "\x28\xb5\x2f\xfd"sv, "is compressed with Zstandard. Unpack it: unzstd", false},
    Kind{0,
         "\xfd"
         "7zXZ\0"sv,
         "is compressed with xz. Unpack it: unxz", false},
    Kind{0, "BZh"sv, "is compressed with bzip2. Unpack it: bunzip2", false},
    Kind{0, "7z\xbc\xaf\x27\x1c"sv, "is a 7z archive. Unpack it", false},
    Kind{257, "ustar"sv, "is a tar archive (PyTorch 0.1 wrote such files too). Unpack it, or load it in Python.", true},
    Kind{0, "\x89HDF\r\n\x1a\n"sv, "is an HDF5 file, the format of Keras. danas reads PyTorch's weights.", true},
    Kind{0, "\x93NUMPY"sv, "is a NumPy array, not a dict of named weights.", true},
    Kind{0, "GGUF"sv, "is a GGUF file. danas reads PyTorch's weights.", true},
    Kind{4, "TFL3"sv, "is a TensorFlow Lite model. danas reads PyTorch's weights.", true},
    Kind{0, "\x89PNG"sv, "is an image", false},
    Kind{0, "\xff\xd8\xff"sv, "is an image", false},
    Kind{0,
         "\x7f"
         "ELF"sv,
         "is a program or library", false},
    Kind{0, "%PDF"sv, "is a PDF document", false},
    Kind{0, "\x80\x02"sv, "is a bare pickle, not a torch.save file.", true},
    Kind{0, "\x80\x03"sv, "is a bare pickle, not a torch.save file.", true},
    Kind{0, "\x80\x04"sv, "is a bare pickle, not a torch.save file.", true},
    Kind{0, "\x80\x05"sv, "is a bare pickle, not a torch.save file.", true},
};

bool StartsWithIgnoringCase(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && std::ranges::equal(text.substr(0, start.size()), start, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

std::string_view WithoutBlanks(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// A ModelProto of ONNX: fields of Protocol Buffers, the first its ir_version, with a graph among them (field 7, which
// comes after the names of who made it).
bool IsOnnx(std::string_view bytes) {
  const auto take_varint = [&] {
    uint64_t number = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      number |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return number;
  };
  if (!bytes.starts_with("\x08")) return false;
  constexpr int kMostFields = 64;
  for (int i = 0; i < kMostFields && bytes.size() > 1; ++i) {
    const uint64_t tag = take_varint(), field = tag >> 3, wire = tag & 7;
    if (field == 7 && wire == 2) return take_varint() > 0;
    if (field == 0 || field > 25 || (wire != 0 && wire != 2)) return false;
    const uint64_t number = take_varint();
    if (wire == 2) bytes.remove_prefix(static_cast<size_t>(std::min<uint64_t>(number, bytes.size())));
  }
  return false;
}

bool IsText(std::string_view bytes) {
  return std::ranges::all_of(bytes.substr(0, 256),
                             [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\r' || c == '\n'; });
}

}  // namespace

std::string DescribeForeignFile(std::span<const uint8_t> given) {
  if (given.empty()) return "is empty. Fetch or copy the file again";
  const std::string_view bytes(reinterpret_cast<const char*>(given.data()), given.size());
  for (const Kind& kind : kKinds) {
    if (bytes.size() >= kind.offset && bytes.substr(kind.offset).starts_with(kind.start)) {
      return std::string(kind.what) + (kind.in_python ? kSaveInPython : "");
    }
  }
  if (IsOnnx(bytes)) {
    return "is an ONNX model, which danas does not read. Give the weights that it was made from, as PyTorch "
           "saves them";
  }
  const std::string_view text = WithoutBlanks(bytes.substr(0, 4096));
  if (StartsWithIgnoringCase(text, "<!doctype html") || StartsWithIgnoringCase(text, "<html")) {
    return "is an HTML page, which a server sent instead of the weights. Fetch the file itself";
  }
  if (text.starts_with("<?xml") || text.starts_with("<Error")) {
    return "is an XML document, which a server sent instead of the weights. Fetch the file itself";
  }
  if (text.starts_with('{') && text.find("\"weight_map\"") != std::string_view::npos) {
    return "is the index of weights in several files. Join them into one in Python";
  }
  if (std::ranges::all_of(bytes.substr(0, 4096), [](char c) { return c == 0; })) {
    return "starts with nothing but zeros: an unfinished download or copy. Fetch or copy the file again";
  }
  if (IsText(bytes)) return "is text that starts with " + Printable(text.substr(0, 40)) + ", not weights";
  return "";
}

std::string DescribeForeignZip(const std::vector<std::string_view>& names) {
  const auto any = [&](const auto& test) { return std::ranges::any_of(names, test); };
  const auto is_file = [](std::string_view name, std::string_view file) {
    return name == file || (name.ends_with(file) && name[name.size() - file.size() - 1] == '/');
  };
  if (any([&](std::string_view name) {
        return is_file(name, "archive_format") || is_file(name, "serialized_exported_program.json");
      })) {
    return "is a torch.export program, not a state dict. In Python: "
           "torch.save(torch.export.load(FILE).state_dict, NEW)";
  }
  if (any([&](std::string_view name) {
        return is_file(name, "constants.pkl") || name.find("/code/") != std::string_view::npos ||
               is_file(name, "model.json");
      })) {
    return "is a TorchScript program (torch.jit.save), not a state dict. In Python: "
           "torch.save(torch.jit.load(FILE).state_dict(), NEW)";
  }
  if (any([&](std::string_view name) { return is_file(name, "data.pkl"); })) return "";
  if (any([](std::string_view name) { return name.ends_with(".npy"); })) {
    return "is a NumPy archive (.npz), not one written by torch.save." + std::string(kSaveInPython);
  }
  if (names.empty()) return "is an empty archive";
  const auto weights = std::ranges::find_if(names, [](std::string_view name) {
    return name.ends_with(".pth") || name.ends_with(".pt") || name.ends_with(".safetensors") || name.ends_with(".bin");
  });
  if (weights != names.end())
    return "is a zip archive that contains " + Printable(*weights) + ". Unpack it and give that file";
  return "is a zip archive, but not one written by torch.save: it contains " + Printable(names.front());
}

}  // namespace danas
