// A network as one readable Python file: an nn.Module for each form of block that it has, and the layers in a list with
// their numbers. A fold over each block's graph; names of parameters are those of danas/arch/module_names.h.
#pragma once

#include <string>

#include "danas/export/exported_network.h"

namespace danas {

// kTimm: also what timm.create_model asks of a model and its folder.
enum class PythonFlavour { kPlain, kTimm };

struct PythonModel {
  std::string source;  // model.py
  std::string json;    // preprocess.json, or timm's config.json
};

// `name`: of the function that timm knows the model by, and in other spelling of the class; empty: "danas_" and the
// space's. Throws UsageError for one that is no name in Python, and for timm of a network that ends in heat maps.
PythonModel MakePythonModel(const ExportedNetwork& exported, const std::string& name, PythonFlavour flavour);

}  // namespace danas
