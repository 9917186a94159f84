// A picture with its words, as pages hold it and as a file holds it.
#pragma once

#include <string>

namespace danas {

struct Figure {
  std::string name;     // of its file: "figure1-accuracy-resnet34"
  std::string title;    // "Figure 1, resnet34: accuracy of every class after every epoch"
  std::string svg;      // a document
  std::string claim;    // what the paper says is to be seen; may be empty
  std::string finding;  // what this run's numbers say
};

}  // namespace danas
