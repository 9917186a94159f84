#include "channel_moves.h"

#include <ATen/ATen.h>

#include <vector>

namespace danas {
namespace {

bool IsChannelsLast(const at::Tensor& x_nchw) {
  return x_nchw.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
}

// [N, C, H, W] -> [N * H * W, C]; of channels_last images, or of some of their channels, a view.
at::Tensor Pixels(const at::Tensor& x_nchw) { return x_nchw.permute({0, 2, 3, 1}).flatten(0, 2); }

// Back to the size of `like` in all but the channels; channels_last.
at::Tensor ImagesOf(const at::Tensor& pixels, const at::Tensor& like_nchw) {
  return pixels.view({like_nchw.size(0), like_nchw.size(2), like_nchw.size(3), -1}).permute({0, 3, 1, 2});
}

}  // namespace

std::pair<at::Tensor, at::Tensor> EvenAndOddChannels(const at::Tensor& x_nchw) {
  if (!IsChannelsLast(x_nchw)) {
    const std::vector<at::Tensor> halves = x_nchw.unflatten(1, {-1, 2}).unbind(2);
    return {halves[0], halves[1]};
  }
  const std::vector<at::Tensor> halves_nhwc = x_nchw.permute({0, 2, 3, 1}).unflatten(3, {-1, 2}).unbind(4);
  return {halves_nhwc[0].permute({0, 3, 1, 2}), halves_nhwc[1].permute({0, 3, 1, 2})};
}

std::pair<at::Tensor, at::Tensor> HalvesOfChannels(const at::Tensor& x_nchw) {
  if (!IsChannelsLast(x_nchw)) {
    const std::vector<at::Tensor> halves = x_nchw.unflatten(1, {2, -1}).unbind(1);
    return {halves[0], halves[1]};
  }
  const std::vector<at::Tensor> halves = Pixels(x_nchw).unflatten(1, {2, -1}).unbind(1);
  return {ImagesOf(halves[0], x_nchw), ImagesOf(halves[1], x_nchw)};
}

at::Tensor Interleaved(const std::vector<at::Tensor>& maps_nchw) {
  if (!IsChannelsLast(maps_nchw.back())) return at::stack(maps_nchw, 2).flatten(1, 2);
  std::vector<at::Tensor> pixels;
  for (const at::Tensor& map : maps_nchw) pixels.push_back(Pixels(map));
  return ImagesOf(at::stack(pixels, 2).flatten(1), maps_nchw.front());
}

at::Tensor MixGroups(const at::Tensor& x_nchw, int64_t groups) {
  if (!IsChannelsLast(x_nchw)) return x_nchw.unflatten(1, {groups, -1}).transpose(1, 2).flatten(1, 2);
  return ImagesOf(Pixels(x_nchw).unflatten(1, {groups, -1}).transpose(1, 2).flatten(1), x_nchw);
}

ListedChannels::ListedChannels(const std::vector<int64_t>& places) : places_(at::tensor(places)) {}

at::Tensor ListedChannels::Take(const at::Tensor& x_nchw) {
  const at::Tensor& places = On(x_nchw.device());
  if (!IsChannelsLast(x_nchw)) return x_nchw.index_select(1, places);
  return ImagesOf(Pixels(x_nchw).index_select(1, places), x_nchw);
}

at::Tensor ListedChannels::Put(const at::Tensor& x_nchw, const at::Tensor& branch_nchw) {
  const at::Tensor& places = On(x_nchw.device());
  // As at::cat does where autocast made one of them narrower.
  const at::ScalarType type = at::promote_types(x_nchw.scalar_type(), branch_nchw.scalar_type());
  const at::Tensor x = x_nchw.to(type), branch = branch_nchw.to(type);
  if (!IsChannelsLast(x)) return x.index_copy(1, places, branch);
  return ImagesOf(Pixels(x).index_copy(1, places, Pixels(branch)), x);
}

const at::Tensor& ListedChannels::On(at::Device device) {
  if (places_.device() != device) places_ = places_.to(device);
  return places_;
}

}  // namespace danas
