#include "danas/cost/gpu_constants.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "danas/core/error.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr double kMib = 1 << 20, kGib = 1 << 30;

// A number of one kind.
struct Specified {
  double value = 0;
  std::string source;
};

struct Kind {
  std::string name;
  Specified vector_flops, dense_flops, memory, capacity, nvlink, network;
};

const std::vector<Kind>& Kinds() {
  static const std::string dell =
      "Dell EMC Ready Solutions for AI reference guide, table V100-SXM2 (manualshelf.com, page 17): 1530 MHz, 900 "
      "GB/s, NVLink 150 GB/s one way";
  static const std::string a100 = "NVIDIA A100 datasheet, as kept by glennklockwood.com/garden/processors/A100";
  static const std::string h100 = "NVIDIA H100 datasheet, as kept by glennklockwood.com/garden/processors/h100";
  static const std::vector<Kind> kinds = {
      {.name = "v100",
       .vector_flops = {15.7e12, "5120 lanes x 2 x 1530 MHz; " + dell},
       .dense_flops = {15.7e12, "as above: no TF32 on this GPU"},
       .memory = {900e9, dell},
       .capacity = {32 * kGib, "the larger of two models; the other has 16 GiB"},
       .nvlink = {150e9, dell},
       .network = {4 * 12.5e9, "assumed: four 100 Gb/s InfiniBand ports"}},
      {.name = "a100",
       .vector_flops = {19.5e12, a100},
       .dense_flops = {156e12, a100 + ": TF32, which torch allows in convolutions unless told otherwise"},
       .memory = {1555e9, a100 + ": 40 GB"},
       .capacity = {40 * kGib, a100 + ": 40 GB; there is another of 80"},
       .nvlink = {300e9, a100},
       .network = {8 * 25e9, "assumed: eight 200 Gb/s InfiniBand ports"}},
      {.name = "h100",
       .vector_flops = {66.9e12, h100},
       .dense_flops = {494.7e12, h100 + ": TF32"},
       .memory = {3350e9, h100},
       .capacity = {80 * kGib, h100},
       .nvlink = {450e9, h100},
       .network = {8 * 50e9,
                   "eight 400 Gb/s ports: docs.nvidia.com/dgx-basepod, reference architecture, core components"}}};
  return kinds;
}

const Kind& FindKind(const std::string& name) {
  const auto found = std::ranges::find(Kinds(), name, &Kind::name);
  if (found != Kinds().end()) return *found;
  std::string known;
  for (const Kind& kind : Kinds()) known += (known.empty() ? "" : ", ") + kind.name;
  throw UsageError("'" + name + "' is no kind of GPU that danas has numbers of; it has " + known +
                   ". For another take the nearest, and change its numbers with --predict-set");
}

// Of every kind.
struct CommonConstant {
  GpuConstant described;
  double value;
};

const std::vector<CommonConstant>& CommonConstants() {
  using C = GpuConstants;
  static const std::string tuning =
      "NCCL's own model, github.com/NVIDIA/nccl src/graph/tuning.cc (baseLat, hwLat, ring)";
  static const std::vector<CommonConstant> constants = {
      {{"gpus_per_node", &C::gpus_per_node, "", "as in those systems; the paper's machine has four"}, 8},
      {{"arithmetic_share", &C::arithmetic_share, "of peak", "assumed, not measured"}, 0.5},
      {{"memory_share", &C::memory_share, "of peak", "assumed, not measured"}, 0.7},
      {{"link_share", &C::link_share, "of peak",
        "assumed; nccl-tests reports what a machine reaches as 'busbw' (github.com/NVIDIA/nccl-tests "
        "doc/PERFORMANCE.md)"},
       0.8},
      {{"op_seconds", &C::op_seconds, "s",
        "host time to start one GPU operation, C++ alone: autograd, dispatch, backend and driver 4 to 13 us "
        "(jiahuanglin.xyz, GPU kernel serving, lesson 18)"},
       8e-6},
      {{"nccl_base", &C::nccl_base, "s", tuning + ", Simple"}, 8.4e-6},
      {{"nccl_step_nvlink", &C::nccl_step_nvlink, "s", tuning + ", Simple"}, 3.4e-6},
      {{"nccl_step_network", &C::nccl_step_network, "s", tuning + ", Simple"}, 9.6e-6},
      {{"nccl_plateau", &C::nccl_plateau, "x latency", tuning + ", large messages over several nodes"}, 1.9},
      {{"nccl_small_base", &C::nccl_small_base, "s", tuning + ", LL"}, 3.6e-6},
      {{"nccl_small_step_nvlink", &C::nccl_small_step_nvlink, "s",
        tuning + ", LL; x 1.8 where there are several nodes"},
       0.47e-6},
      {{"nccl_small_step_network", &C::nccl_small_step_network, "s", tuning + ", LL"}, 2.7e-6},
      {{"gloo_hop_node", &C::gloo_hop_node, "s",
        "assumed: a few dozen microseconds; half of what scripts/scaling-model --check prints for a message of 8 "
        "bytes"},
       30e-6},
      {{"gloo_hop_network", &C::gloo_hop_network, "s", "assumed: a message over TCP between machines"}, 60e-6},
      {{"loader_images", &C::loader_images, "images/s a core",
        "docs/benchmarks.md, Loader: 500 with AVX2; 780 on the machine with AVX-512"},
       500},
      {{"loader_persons", &C::loader_persons, "persons/s a core",
        "docs/benchmarks.md, Persons: about 800 at 256 x 192 on a quiet machine"},
       800},
      {{"cores_per_gpu", &C::cores_per_gpu, "", "assumed"}, 8},
      {{"hash_bytes", &C::hash_bytes, "B/s",
        "agreement of weights, once an epoch; assumed, scripts/scaling-model --check prints this machine's"},
       0.8e9},
      {{"bucket", &C::bucket, "B", "c10d::kDefaultBucketBytesCap, src/train/gradient_reducer.cpp"}, 25 * kMib},
      {{"first_bucket", &C::first_bucket, "B", "c10d::kDefaultFirstBucketBytes"}, kMib}};
  return constants;
}

std::vector<GpuConstant> ConstantsOfKind(const Kind& kind) {
  using C = GpuConstants;
  return {{"vector_flops", &C::vector_flops, "FLOP/s", kind.vector_flops.source},
          {"dense_flops", &C::dense_flops, "FLOP/s", kind.dense_flops.source},
          {"memory", &C::memory, "B/s", kind.memory.source},
          {"capacity", &C::capacity, "B", kind.capacity.source},
          {"nvlink", &C::nvlink, "B/s one way", kind.nvlink.source},
          {"network", &C::network, "B/s a node", kind.network.source}};
}

}  // namespace

GpuConstants GpuConstants::AtHalfShares() const {
  GpuConstants half = *this;
  half.arithmetic_share /= 2;
  half.memory_share /= 2;
  return half;
}

std::vector<std::string> GpuKinds() {
  std::vector<std::string> names;
  for (const Kind& kind : Kinds()) names.push_back(kind.name);
  return names;
}

GpuConstants ConstantsOf(const std::string& kind) {
  const Kind& found = FindKind(kind);
  GpuConstants constants{.kind = kind,
                         .vector_flops = found.vector_flops.value,
                         .dense_flops = found.dense_flops.value,
                         .memory = found.memory.value,
                         .capacity = found.capacity.value,
                         .nvlink = found.nvlink.value,
                         .network = found.network.value};
  for (const CommonConstant& common : CommonConstants()) constants.*common.described.value = common.value;
  return constants;
}

std::vector<GpuConstant> DescribedConstants(const std::string& kind) {
  std::vector<GpuConstant> all = ConstantsOfKind(FindKind(kind));
  for (const CommonConstant& common : CommonConstants()) all.push_back(common.described);
  return all;
}

void ChangeConstant(GpuConstants& constants, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  const std::string text = equals == std::string::npos ? "" : assignment.substr(equals + 1);
  std::vector<std::string> names;
  for (const GpuConstant& constant : DescribedConstants(constants.kind)) {
    names.emplace_back(constant.name);
    if (constant.name != name) continue;
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(value) || value <= 0) {
      throw UsageError("--predict-set " + assignment + ": expected " + name + "=NUMBER with a number above 0");
    }
    constants.*constant.value = value;
    return;
  }
  const std::string nearest = NearestName(name, names);
  throw UsageError("--predict-set " + assignment + ": no constant '" + name + "'" +
                   (nearest.empty() ? "." : "; did you mean '" + nearest + "'?") +
                   " docs/scaling.md lists them, and --dry-run --predict with --json prints them");
}

std::string KindName(const GpuConstants& gpu) {
  std::string kind = gpu.kind;
  std::ranges::transform(kind, kind.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
  return kind;
}

std::string NameOf(const GpuGroup& gpus) { return std::to_string(gpus.count) + " " + KindName(gpus.gpu); }

GpuGroup ParseGpuGroup(const std::string& text) {
  int count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stop == end || *stop != 'x' || count < 1 || count > 1024) {
    throw UsageError("--predict " + text + ": expected a number of GPUs from 1 to 1024 and their kind, as in 4xv100");
  }
  return {.gpu = ConstantsOf(std::string(stop + 1, end)), .count = count};
}

}  // namespace danas
