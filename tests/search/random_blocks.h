// Kinds of block as users might define them (docs/file-formats.md, "Blocks of your own"), drawn from a stream: steps of
// all kinds that read each other, expressions, parameters, steps that are left out. Most fit the layer that they are
// drawn for; some have a mistake.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "danas/arch/spec.h"
#include "danas/core/json.h"
#include "danas/core/random.h"

namespace danas::test {

class DefinitionDraw {
 public:
  DefinitionDraw(RandomStream& random, const LayerShape& shape);

  // The value of a key under "blocks".
  Json Definition();

  // Behind it: a candidate with the defaults, or also with other values.
  Json Candidate(const std::string& name);

 private:
  // What a step gives in the layer, as its `when` says.
  struct Map {
    std::string name;
    int channels = 0;
    Size size;
    bool read = false;  // by a step behind it
  };

  int Pick(const std::vector<int>& from) { return from[random_.UniformInt(from.size())]; }
  std::string Pick(const std::vector<std::string>& from) { return from[random_.UniformInt(from.size())]; }
  bool Chance(uint64_t one_in) { return random_.UniformInt(one_in) == 0; }

  void DrawParameters();
  void DrawChain();
  void DrawStep();
  bool DrawConvolution(size_t x);
  bool DrawDeconvolution(size_t x);
  bool DrawOfMany(const std::string& kind, size_t x);
  bool DrawOther(const std::string& kind, size_t x);
  void ReadAllMaps();
  void BringToShape();
  void AddMistake(Json& definition);

  // Of these expressions in the channels of x, one that is whole and from 1 to most; with some luck another.
  std::string Whole(const std::vector<std::string>& expressions, size_t x, int most);
  double ValueOf(const std::string& expression, size_t x);
  int ChannelsOf(const std::string& expression, size_t x);
  std::string ActivationName();
  std::string Condition();

  // Gives the step a name and what it reads, and perhaps a `when`.
  void Append(Json step, const std::vector<size_t>& from, Map result, bool may_be_left_out = false);
  // x, times a gate from another map.
  size_t Gated(size_t x, size_t gate);

  size_t last() const { return maps_.size() - 1; }

  RandomStream& random_;
  LayerShape shape_;
  std::map<std::string, double> values_;  // of the parameters, and the layer's
  Json parameters_ = Json::object();
  bool has_activation_ = false;
  std::vector<Map> maps_;
  Json steps_ = Json::array();
};

}  // namespace danas::test
