// Config section `keypoints`: from persons in pictures to frames and heat maps, and back (section 5.4). The defaults
// are those of SimpleBaseline (Xiao et al., ECCV 2018) on COCO.
#pragma once

#include "danas/config/describe.h"

namespace danas {

// Augmentation of persons in training.
struct KeypointAugmentConfig {
  double scale = 0.3;
  double rotation = 40;
  double rotation_probability = 0.6;
  double flip = 0.5;
  double half_body = 0;
  int64_t half_body_keypoints = 8;

  void Describe(ConfigVisitor& v) {
    v.Field("scale", scale,
            {.help = "standard deviation of the factor by which a person's box is scaled, which is drawn around 1 and "
                     "clipped at one deviation",
             .min = 0,
             .max = 0.9,
             .source = "SimpleBaseline"});
    v.Field("rotation", rotation,
            {.help = "standard deviation of the rotation, which is clipped at two deviations",
             .unit = "degrees",
             .min = 0,
             .max = 180,
             .source = "SimpleBaseline"});
    v.Field("rotation_probability", rotation_probability,
            {.help = "probability of a rotation", .min = 0, .max = 1, .source = "SimpleBaseline"});
    v.Field("flip", flip, {.help = "probability of a horizontal flip", .min = 0, .max = 1, .source = "SimpleBaseline"});
    v.Field("half_body", half_body,
            {.help = "probability of a frame around the upper or the lower body alone (HRNet and mmpose: 0.3)",
             .min = 0,
             .max = 1,
             .source = "SimpleBaseline"});
    v.Field("half_body_keypoints", half_body_keypoints,
            {.help = "half_body: only for persons with more labelled key-points than this",
             .min = 0,
             .max = 10000,
             .source = "HRNet"});
  }
};

// Testing: from heat maps to persons.
struct KeypointTestConfig {
  bool flip = true;
  bool shift_heatmap = true;
  double score_threshold = 0.2;
  double oks_nms = 0.9;

  void Describe(ConfigVisitor& v) {
    v.Field("flip", flip,
            {.help = "average the heat maps of an image and of its mirror image", .source = "SimpleBaseline"});
    v.Field("shift_heatmap", shift_heatmap,
            {.help = "shift the mirror image's heat maps one pixel to the right before averaging",
             .source = "SimpleBaseline"});
    v.Field("score_threshold", score_threshold,
            {.help = "a person's score is the box's score times the mean of the heat maps' maxima above this",
             .min = 0,
             .max = 1,
             .source = "SimpleBaseline"});
    v.Field(
        "oks_nms", oks_nms,
        {.help = "of two persons in an image more similar than this (OKS), the one with the lower score is left out",
         .min = 0,
         .max = 1,
         .source = "SimpleBaseline"});
  }
};

// What follows the space's last layer in place of its classifier.
struct KeypointHeadConfig {
  int64_t layers = 3;
  int64_t channels = 256;
  int64_t kernel = 4;
  std::vector<double> groups = {2, 4, 8};
  std::vector<double> fixed;

  void Describe(ConfigVisitor& v) {
    v.Field("layers", layers,
            {.help = "number of deconvolution layers, each of which doubles height and width",
             .min = 1,
             .max = 16,
             .source = "SimpleBaseline",
             .resume = OnResume::kFixed});
    v.Field("channels", channels,
            {.help = "channels of each of them",
             .min = 1,
             .max = 65536,
             .source = "SimpleBaseline",
             .resume = OnResume::kFixed});
    v.Field(
        "kernel", kernel,
        {.help = "their kernel, even", .min = 2, .max = 16, .source = "SimpleBaseline", .resume = OnResume::kFixed});
    v.Field("groups", groups,
            {.help = "numbers of groups that are searched in each of them",
             .min = 1,
             .max = 65536,
             .source = "paper",
             .resume = OnResume::kFixed});
    v.Field("fixed", fixed,
            {.help = "number of groups of each layer instead, which are then not searched: the other reading of the "
                     "paper is [2, 4, 8]",
             .min = 1,
             .max = 65536,
             .resume = OnResume::kFixed});
  }
};

struct KeypointsConfig {
  double box_padding = 1.25;
  double sigma = 2;
  std::vector<std::string> names;
  std::vector<std::string> flip_pairs;
  std::vector<std::string> upper_body;
  std::vector<double> sigmas;
  std::vector<double> joint_weights;
  int64_t pictures = 8;
  KeypointHeadConfig head;
  KeypointAugmentConfig augment;
  KeypointTestConfig test;

  void Describe(ConfigVisitor& v) {
    v.Field("box_padding", box_padding,
            {.help = "size of what a frame shows, relative to the person's box",
             .min = 0.1,
             .max = 10,
             .source = "SimpleBaseline"});
    v.Field("sigma", sigma,
            {.help = "standard deviation of the Gaussian around a key-point in the target heat map",
             .unit = "heat map pixels",
             .min = 0,
             .max = 100,
             .above_min = true,
             .source = "SimpleBaseline",
             .resume = OnResume::kFixed});
    v.Field("names", names,
            {.help = "the key-points that the annotations must have, in their order; empty: whatever they have",
             .resume = OnResume::kFixed});
    v.Field("flip_pairs", flip_pairs,
            {.help = "key-points that change places in a mirror image: the first two names are a pair, the next two "
                     "another, and so on; empty: COCO's, for COCO's 17 key-points",
             .resume = OnResume::kFixed});
    v.Field("upper_body", upper_body,
            {.help = "half_body: the key-points of the upper body; empty: COCO's, for COCO's 17 key-points"});
    v.Field("sigmas", sigmas,
            {.help = "OKS: σ of each key-point; empty: COCO's, for COCO's 17 key-points",
             .min = 0,
             .max = 10,
             .above_min = true});
    v.Field("joint_weights", joint_weights,
            {.help = "weight of each key-point in the loss, or one value for all; empty: 1 (HRNet: 1.2 for elbows and "
                     "knees, 1.5 for wrists and ankles)",
             .min = 0,
             .max = 100,
             .source = "SimpleBaseline"});
    v.Field(
        "pictures", pictures,
        {.help = "pictures of the test set that danas finetune leaves in the run's folder `pictures`, with the "
                 "skeletons found: the first in which somebody was found, at most 640 pixels high and wide; 0: none",
         .min = 0,
         .max = 1000,
         .resume = OnResume::kMayChange});
    v.Nested("head", head, "the network behind the space's layers");
    v.Nested("augment", augment, "augmentation of persons in training");
    v.Nested("test", test, "from heat maps to persons in testing");
  }
};

}  // namespace danas
