// What a GPU, its links, its host and its loader are taken to do in the model of steps (cost/step_model.h), each number
// with its unit and its source. docs/scaling.md shows them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace danas {

struct GpuConstants {
  std::string kind;  // "v100"
  double vector_flops = 0, dense_flops = 0, memory = 0, capacity = 0, nvlink = 0, network = 0;
  double gpus_per_node = 0;
  double arithmetic_share = 0, memory_share = 0, link_share = 0;
  double op_seconds = 0;
  double nccl_base = 0, nccl_step_nvlink = 0, nccl_step_network = 0, nccl_plateau = 0;
  double nccl_small_base = 0, nccl_small_step_nvlink = 0, nccl_small_step_network = 0;
  double gloo_hop_node = 0, gloo_hop_network = 0;
  double loader_images = 0, loader_persons = 0, cores_per_gpu = 0;
  double hash_bytes = 0, bucket = 0, first_bucket = 0;

  // Both shares halved: the slow end of a prediction's span.
  GpuConstants AtHalfShares() const;
};

// One of them, as it is printed and changed by name.
struct GpuConstant {
  std::string_view name;
  double GpuConstants::*value;
  std::string_view unit;
  std::string source;  // begins with "assumed" where nothing was measured or found
};

std::vector<std::string> GpuKinds();

// Throws UsageError for a kind that GpuKinds() has not.
GpuConstants ConstantsOf(const std::string& kind);

// In the order of the struct, with the sources of that kind.
std::vector<GpuConstant> DescribedConstants(const std::string& kind);

// "memory_share=0.25" changes that constant. Throws UsageError for another name and for no number above 0.
void ChangeConstant(GpuConstants& constants, const std::string& assignment);

// So many of one kind, in nodes of `gpus_per_node`.
struct GpuGroup {
  GpuConstants gpu;
  int count = 1;
};

std::string KindName(const GpuConstants& gpu);  // "V100"
std::string NameOf(const GpuGroup& gpus);       // "4 V100"

// "4xv100". Throws UsageError for another form, and for fewer than 1 or more than 1024.
GpuGroup ParseGpuGroup(const std::string& text);

}  // namespace danas
