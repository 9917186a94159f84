// A search space from its images to its classes as a column of boxes: stem, layers and head.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/space.h"
#include "danas/figures/svg.h"

namespace danas {

// The letter that stands for a block, white on dark.
double LetterWidth(const std::string& letter);
void DrawLetter(Svg& svg, Point top_left, const std::string& letter);
inline constexpr double kLetterHeight = 15;

// Equal neighbouring layers are one box. `letter_of`: by BlockName(), of every candidate's block.
class StageColumn {
 public:
  StageColumn(const SearchSpace& space, const std::map<std::string, std::string>& letter_of);

  double width() const { return width_; }
  double height() const;
  void Draw(Svg& svg, Point top_left) const;

 private:
  struct Stage {
    std::vector<std::pair<std::string, std::string>> lines;  // texts at the left and the right; the first line is bold
    std::string fill = "#f2f2f2";
    std::vector<std::string> letters = {};
  };

  void AddStem(const SearchSpace& space);
  void AddLayers(const SearchSpace& space, const std::map<std::string, std::string>& letter_of);
  void AddHead(const SearchSpace& space);

  double WidthOf(const Stage& stage) const;
  double HeightOf(const Stage& stage) const;
  std::vector<Point> LetterPlaces(const Stage& stage) const;  // in the stage's box
  void DrawStage(Svg& svg, Point top_left, const Stage& stage) const;

  std::vector<Stage> stages_;
  double width_ = 0;
};

}  // namespace danas
