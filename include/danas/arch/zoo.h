// The zoo: published networks that judge which classes are easy (section 4.2), as spaces of one candidate a layer.
//   resnet18 resnet34 resnet50                He et al., CVPR 2016; as torchvision's (stride in the 3x3)
//   vgg16                                     Simonyan & Zisserman, ICLR 2015, without batch norm; as torchvision's
//   mobilenetv1[_<width>]                     Howard et al., 2017
//   mobilenetv2[_<width>]                     Sandler et al., CVPR 2018; as torchvision's
//   shufflenetv1[_<width>[_g<groups>]]        Zhang et al., CVPR 2018; 3 groups where the name says nothing
//   shufflenetv2[_<width>]                    Ma et al., ECCV 2018; as torchvision's
// A name without a width is width 1.0. Behind any name "_small" is the variant for images of 28 to 64 pixels and
// "_full" the published one; without, images of up to 64 pixels get the small one. The small variant's stem has stride
// 1 and no max-pooling; resnet's is 3x3; vgg16 ends in 1x1 pooling and two hidden layers of 512.
#pragma once

#include <string>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

// Networks trained by one recipe: a recipe is a family's (configs/zoo).
enum class ZooFamily { kResnet, kVgg, kMobilenet, kShufflenet };
template <>
struct EnumNames<ZooFamily> {
  static constexpr std::array kNames = {"resnet", "vgg", "mobilenet", "shufflenet"};
};

// One line of `danas models`.
struct ZooModel {
  std::string name;      // with its width, as listed above: "resnet18", "mobilenetv2", "mobilenetv2_0.5"
  std::string network;   // without: "mobilenetv2"
  ZooFamily family = ZooFamily::kResnet;
  double width = 1;
  int groups = 0;        // of shufflenetv1
};

// All networks and their widths, each once, in the order of the list above.
std::vector<ZooModel> ZooModels();

// Throws ConfigError naming the nearest model, or the widths there are. "_small" and "_full" may follow.
ZooModel FindZooModel(const std::string& name);

inline constexpr int kLargestSmallSide = 64;

// Whether the name's end, or else the images' size, asks for the small variant.
bool IsSmallVariant(const std::string& name, Size input);

// The network for images of `input` and `classes` outputs. Its name is the model's, with "_small" behind where it is
// that. Throws ConfigError as FindZooModel() does, and for sizes or classes out of range.
SearchSpace MakeZooNetwork(const std::string& name, Size input = {224, 224}, int classes = 1000);

}  // namespace danas
