// Small arithmetic in a space file: channels, kernels and strides of a block's steps from its layer and its parameters,
// as in "make_divisible(in * expand, 8)".
//
// Numbers; names; + - * / and unary -; comparisons == != < <= > >= and `and`, `or`, `not`, which give 1 or 0;
// parentheses; round(x) (halves away from 0), floor(x), ceil(x), abs(x), min(x, ...), max(x, ...), and
// make_divisible(x, d): the multiple of d nearest to x, at least d, and at least 0.9 x (MobileNetV2's public code).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

namespace danas {

class Expression {
 public:
  // Throws std::invalid_argument: what is wrong, and at which character.
  explicit Expression(const std::string& text);

  // Throws std::invalid_argument for a division by 0 or a part that is not finite. All names() must have values.
  double Evaluate(const std::map<std::string, double>& values) const;

  const std::set<std::string>& names() const { return names_; }
  const std::string& text() const { return text_; }
  size_t terms() const { return terms_; }  // numbers, names, operators and functions: what evaluating it takes
  bool operator==(const Expression& other) const { return text_ == other.text_; }

  struct Term;  // of the tree

 private:
  std::string text_;
  std::set<std::string> names_;  // filled while the text is parsed, as the next
  size_t terms_ = 0;
  std::shared_ptr<const Term> root_;
};

// "and", "round" and so on, which no name should be.
bool IsWordOfExpressions(const std::string& word);

}  // namespace danas
