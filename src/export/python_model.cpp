#include "danas/export/python_model.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "danas/arch/module_names.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "python_block.h"
#include "python_step.h"

namespace danas {
namespace {

constexpr char kConvNorm[] = R"(class ConvNorm(nn.Module):
    """A convolution and its batch norm."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1, bias: bool = False
    ):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=bias)
        self.norm = nn.BatchNorm2d(out_channels$NORM)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x))
)";

constexpr char kConvNormOrSame[] = R"(class ConvNorm(nn.Module):
    """A convolution and its batch norm; `same` pads as TensorFlow does."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
        same: bool = False,
    ):
        super().__init__()
        if same:
            self.conv = SameConv2d(in_channels, out_channels, kernel, stride, groups=groups, bias=bias)
        else:
            self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=bias)
        self.norm = nn.BatchNorm2d(out_channels$NORM)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x))
)";

constexpr char kSameConv[] = R"(def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and behind, such that there are ceil(size / stride) windows: one more behind if odd."""
    padding = max(((size + stride - 1) // stride - 1) * stride + kernel - size, 0)
    return padding // 2, padding - padding // 2


class SameConv2d(nn.Conv2d):
    """A convolution with the padding that TensorFlow calls SAME."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        top, bottom = same_padding(x.shape[2], self.kernel_size[0], self.stride[0])
        left, right = same_padding(x.shape[3], self.kernel_size[1], self.stride[1])
        return self._conv_forward(F.pad(x, (left, right, top, bottom)), self.weight, self.bias)
)";

constexpr char kUpsampling[] = R"(class Upsampling(nn.ConvTranspose2d):
    """A transposed convolution to `stride` times the size."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, groups: int = 1, bias: bool = True
    ):
        beyond = kernel - stride
        super().__init__(
            in_channels, out_channels, kernel, stride, (beyond + 1) // 2, beyond % 2, groups=groups, bias=bias
        )
)";

constexpr char kDeconvNorm[] = R"(class DeconvNorm(nn.Module):
    """A transposed convolution and its batch norm."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, groups: int = 1, bias: bool = False
    ):
        super().__init__()
        self.conv = Upsampling(in_channels, out_channels, kernel, stride, groups, bias)
        self.norm = nn.BatchNorm2d(out_channels$NORM)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x))
)";

constexpr char kLayerNorm[] = R"(class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels of each pixel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
)";

constexpr char kChannelScale[] = R"(class ChannelScale(nn.Module):
    """Each channel times a weight."""

    def __init__(self, channels: int, initial: float):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), initial))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight.view(1, -1, 1, 1)
)";

constexpr char kTake[] = R"(class Take(nn.Module):
    """Some of the channels, in this order."""

    def __init__(self, channels: list[int]):
        super().__init__()
        self.register_buffer("channels", torch.tensor(channels), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.index_select(1, self.channels)
)";

constexpr char kPut[] = R"(class Put(nn.Module):
    """A map with the channels of another in the places of these."""

    def __init__(self, channels: list[int]):
        super().__init__()
        self.register_buffer("channels", torch.tensor(channels), persistent=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x.index_copy(1, self.channels, y)
)";

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string PartsSource(const std::set<std::string>& parts, const NormSpec& norm) {
  const bool same = parts.contains("SameConv2d");
  std::string source;
  const auto add = [&](const char* part, const char* text) {
    if (parts.contains(part)) source += "\n\n" + Replaced(text, "$NORM", NormArguments(norm));
  };
  add("SameConv2d", kSameConv);
  add("ConvNorm", same ? kConvNormOrSame : kConvNorm);
  add("Upsampling", kUpsampling);
  add("DeconvNorm", kDeconvNorm);
  add("LayerNorm2d", kLayerNorm);
  add("ChannelScale", kChannelScale);
  add("Take", kTake);
  add("Put", kPut);
  return source;
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// The lines that make the modules of a network.
std::string InitSource(const SearchSpace& network, const PythonBlocks& blocks) {
  const StemSpec& stem = network.stem();
  const HeadSpec& head = network.head();
  std::vector<std::string> lines;
  if (stem.channels > 0) {
    lines.push_back("        self.stem = ConvNorm(in_chans, " + std::to_string(stem.channels) + ", " +
                    std::to_string(stem.kernel) + (stem.stride == 1 ? "" : ", stride=" + std::to_string(stem.stride)) +
                    ")");
  }
  lines.push_back("        self.layers = nn.Sequential(");
  for (const std::string& layer : blocks.layers) lines.push_back("            " + layer + ",");
  lines.push_back("        )");
  if (network.has_heat_maps()) {
    lines.push_back("        self.heat_maps = nn.Conv2d(" + std::to_string(network.feature_channels()) +
                    ", num_keypoints, 1)");
    return Text(lines);
  }
  if (head.channels > 0) {
    lines.push_back("        self.head = ConvNorm(" + std::to_string(network.feature_channels()) + ", " +
                    std::to_string(head.channels) + ", 1)");
  }
  int features = network.pooled_features();
  for (size_t i = 0; i < head.hidden.size(); ++i) {
    lines.push_back("        self.hidden_" + std::to_string(i) + " = nn.Linear(" + std::to_string(features) + ", " +
                    std::to_string(head.hidden[i]) + ")");
    features = head.hidden[i];
  }
  if (head.dropout > 0) lines.push_back("        self.dropout = nn.Dropout(" + JsonText(Json(head.dropout)) + ")");
  lines.push_back("        self.classifier = nn.Linear(" + std::to_string(features) + ", num_classes" +
                  (head.bias ? "" : ", bias=False") + ")");
  return Text(lines);
}

std::string FeaturesSource(const SearchSpace& network) {
  std::vector<std::string> lines;
  if (network.stem().channels > 0) {
    lines.push_back("        x = " + PythonActivation(network.stem().activation, "self.stem(x)"));
  }
  if (network.head().channels > 0) {
    lines.emplace_back("        x = self.layers(x)");
    lines.push_back("        return " + PythonActivation(network.head().activation, "self.head(x)"));
  } else {
    lines.emplace_back("        return self.layers(x)");
  }
  return Text(lines);
}

// From features to logits or heat maps; `before_last`: what is written before the classifier.
std::string ClassifySource(const SearchSpace& network, const std::string& before_last) {
  const HeadSpec& head = network.head();
  std::vector<std::string> lines;
  if (network.has_heat_maps()) return "        return self.heat_maps(x)\n";
  lines.push_back(head.pool == 1
                      ? "        x = x.mean((2, 3))"
                      : "        x = F.adaptive_avg_pool2d(x, " + std::to_string(head.pool) + ").flatten(1)");
  for (size_t i = 0; i < head.hidden.size(); ++i) {
    const std::string y = PythonActivation(head.activation, "self.hidden_" + std::to_string(i) + "(x)");
    lines.push_back("        x = " + (head.dropout > 0 ? "self.dropout(" + y + ")" : y));
  }
  if (head.hidden.empty() && head.dropout > 0) lines.emplace_back("        x = self.dropout(x)");
  return Text(lines) + before_last + "        return self.classifier(x)\n";
}

std::string NetworkSource(const SearchSpace& network, const PythonBlocks& blocks, const std::string& name, bool timm) {
  std::string source =
      "class " + name + "(nn.Module):\n    def __init__(self, " +
      (network.has_heat_maps() ? "num_keypoints" : "num_classes") + ": int = " + std::to_string(network.classes()) +
      ", in_chans: int = " + std::to_string(network.input_channels()) + "):\n        super().__init__()\n";
  if (timm) {
    source += "        self.num_classes = num_classes\n        self.num_features = self.head_hidden_size = " +
              std::to_string(network.classifier_channels()) + "\n";
  }
  const std::string image = network.stem().channels == 0
                                ? "        assert in_chans == " + std::to_string(network.input_channels()) + "\n"
                                : "";
  source += image + InitSource(network, blocks) +
            "\n    def forward_features(self, x: torch.Tensor) -> torch.Tensor:\n" + FeaturesSource(network);
  if (!timm) {
    return source +
           "\n    def forward(self, x: torch.Tensor) -> torch.Tensor:\n        x = self.forward_features(x)\n" +
           ClassifySource(network, "");
  }
  source += "\n    def forward_head(self, x: torch.Tensor, pre_logits: bool = False) -> torch.Tensor:\n" +
            ClassifySource(network, "        if pre_logits:\n            return x\n");
  source += R"(
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.forward_head(self.forward_features(x))

    def get_classifier(self) -> nn.Module:
        return self.classifier

    def reset_classifier(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.classifier = nn.Linear(self.num_features, num_classes) if num_classes > 0 else nn.Identity()
)";
  return source;
}

std::string Spelled(const SearchSpace& network, const std::string& given) {
  std::string name = given.empty() ? "danas_" + network.name() : given;
  if (given.empty()) {
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return std::isalnum(c) ? static_cast<char>(std::tolower(c)) : '_'; });
  }
  const auto fits = [](unsigned char c) { return c == '_' || std::islower(c) || std::isdigit(c); };
  if (!std::islower(static_cast<unsigned char>(name[0])) || !std::ranges::all_of(name, fits) ||
      AttributeName(name) != name) {
    throw UsageError("--name: '" + name +
                     "' is a keyword or no name of a function in Python. Use small letters, digits " +
                     "and '_', a letter first");
  }
  return name;
}

// timm's description of a model (timm.models.PretrainedCfg).
Json TimmConfig(const ExportedNetwork& exported, const std::string& name) {
  const SearchSpace& network = exported.network;
  const Preprocessing& preprocessing = exported.preprocessing;
  Json config = {
      {"architecture", name}, {"num_classes", network.classes()}, {"num_features", network.classifier_channels()}};
  const std::vector<std::string>& names = exported.class_labels.empty() ? exported.class_ids : exported.class_labels;
  if (!names.empty()) config["label_names"] = names;
  config["pretrained_cfg"] = {{"input_size", {network.input_channels(), network.input().height, network.input().width}},
                              {"fixed_input_size", false},
                              {"interpolation", "bilinear"},
                              {"crop_pct", static_cast<double>(network.input().height) / preprocessing.resize},
                              {"crop_mode", "center"},
                              {"mean", preprocessing.mean},
                              {"std", preprocessing.deviation},
                              {"num_classes", network.classes()},
                              {"classifier", "classifier"}};
  if (network.stem().channels > 0) config["pretrained_cfg"]["first_conv"] = "stem.conv";
  return config;
}

}  // namespace

PythonModel MakePythonModel(const ExportedNetwork& exported, const std::string& given, PythonFlavour flavour) {
  const SearchSpace& network = exported.network;
  const bool timm = flavour == PythonFlavour::kTimm;
  if (timm && network.has_heat_maps()) {
    throw UsageError("timm's models end in a classifier, but " + network.name() + " ends in heat maps");
  }
  const std::string name = Spelled(network, given), camel = CamelCase(name);
  PythonBlocks blocks = MakePythonBlocks(network);
  if (network.stem().channels > 0 || network.head().channels > 0) blocks.parts.insert("ConvNorm");

  PythonModel model;
  model.source = "\"\"\"" + camel + ": a network found with danas, for images of " +
                 std::to_string(network.input_channels()) + " x " + std::to_string(network.input().height) + " x " +
                 std::to_string(network.input().width) + ".\"\"\"\n\n";
  if (timm) {
    model.source +=
        "import torch\nimport torch.nn.functional as F\nfrom timm.models import build_model_with_cfg, "
        "register_model\nfrom torch import nn\n";
  } else {
    model.source += "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n";
  }
  model.source += PartsSource(blocks.parts, network.norm());
  for (const std::string& block : blocks.classes) model.source += "\n\n" + block;
  model.source += "\n\n" + NetworkSource(network, blocks, camel, timm);
  if (timm) {
    model.source += "\n\n@register_model\ndef " + name + "(pretrained: bool = False, **kwargs) -> " + camel +
                    ":\n    return build_model_with_cfg(" + camel + ", \"" + name + "\", pretrained, **kwargs)\n";
  }
  model.json = JsonText(timm ? TimmConfig(exported, name) : PreprocessingJson(exported), 2) + "\n";
  return model;
}

}  // namespace danas
