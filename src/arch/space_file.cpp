#include "danas/arch/space_file.h"

#include <utility>

#include "block_file.h"
#include "space_reader.h"

namespace danas {

Json ToJson(const SearchSpace& space) {
  Json json = {{"format_version", kSpaceFormatVersion}, {"name", space.name()}};
  json["input"] = {
      {"channels", space.input_channels()}, {"height", space.input().height}, {"width", space.input().width}};
  json["classes"] = space.classes();
  json["norm"] = {{"momentum", space.norm().momentum}, {"epsilon", space.norm().epsilon}};
  json["init"] = {{"convolution", NameOf(space.init().convolution)},
                  {"fully_connected", NameOf(space.init().fully_connected)}};
  if (space.init().deconvolution != DeconvolutionInit::kAsConvolution) {
    json["init"]["deconvolution"] = NameOf(space.init().deconvolution);
  }
  if (space.channel_order() != ChannelOrder::kShuffled) json["channel_order"] = NameOf(space.channel_order());
  const StemSpec& stem = space.stem();
  json["stem"] = {{"channels", stem.channels},
                  {"kernel", stem.kernel},
                  {"stride", stem.stride},
                  {"activation", NameOf(stem.activation)}};
  if (Json blocks = DefinitionsOf(space); !blocks.empty()) json["blocks"] = std::move(blocks);
  json["layers"] = Json::array();
  for (const auto& [shape, blocks] : space.layers()) {
    Json candidates = Json::array();
    for (const BlockSpec& block : blocks) candidates.push_back(ToJson(block));
    json["layers"].push_back({{"in", shape.in},
                              {"out", shape.out},
                              {"stride", shape.stride},
                              {"height", shape.input.height},
                              {"width", shape.input.width},
                              {"candidates", std::move(candidates)}});
    if (shape.upsample > 1) json["layers"].back()["upsample"] = shape.upsample;
  }
  const HeadSpec& head = space.head();
  if (head.kind == HeadKind::kHeatMaps) {
    json["head"] = {{"kind", NameOf(head.kind)}};
    return json;
  }
  json["head"] = {{"channels", head.channels}, {"activation", NameOf(head.activation)},
                  {"pool", head.pool},         {"hidden", head.hidden},
                  {"dropout", head.dropout},   {"bias", head.bias}};
  return json;
}

SearchSpace SpaceFromJson(const Json& json, const std::string& where) {
  const Document document = Document::FromJson(json, where);
  LoadedSpace loaded = ReadSpace(document.Root(), "", {}, 0);
  document.RejectUnreadKeys();
  RejectNotes(document.Root(), loaded);
  return std::move(loaded.space);
}

}  // namespace danas
