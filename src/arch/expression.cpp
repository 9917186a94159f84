#include "danas/arch/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace danas {

// A number, a name, or a function or operator of other terms.
struct Expression::Term {
  std::string what;  // "" for a number
  double number = 0;
  bool is_name = false;
  std::vector<std::shared_ptr<const Term>> of = {};
};

namespace {

using Term = Expression::Term;
using TermPointer = std::shared_ptr<const Term>;

constexpr size_t kLongest = 1000;  // characters
constexpr int kDeepest = 100;      // parentheses within each other

struct Function {
  std::string_view name;
  size_t least, most;  // arguments
};
constexpr std::array<Function, 7> kFunctions = {{{"round", 1, 1},
                                                 {"floor", 1, 1},
                                                 {"ceil", 1, 1},
                                                 {"abs", 1, 1},
                                                 {"min", 1, 16},
                                                 {"max", 1, 16},
                                                 {"make_divisible", 2, 2}}};

class Parser {
 public:
  Parser(const std::string& text, std::set<std::string>& names) : text_(text), names_(names) {
    if (text.size() > kLongest)
      throw std::invalid_argument("is longer than " + std::to_string(kLongest) + " characters");
  }

  TermPointer Parse() {
    TermPointer term = Or();
    SkipBlanks();
    if (at_ < text_.size()) Fail("an operator or the end");
    return term;
  }

 private:
  TermPointer Or() {
    TermPointer term = And();
    while (TakeWord("or")) term = Make("or", {term, And()});
    return term;
  }

  TermPointer And() {
    TermPointer term = Not();
    while (TakeWord("and")) term = Make("and", {term, Not()});
    return term;
  }

  TermPointer Not() {
    if (!TakeWord("not")) return Comparison();
    const Depth deeper(*this);
    return Make("not", {Not()});
  }

  TermPointer Comparison() {
    TermPointer term = Sum();
    for (const char* sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (Take(sign)) return Make(sign, {term, Sum()});
    }
    return term;
  }

  TermPointer Sum() {
    TermPointer term = Product();
    while (true) {
      if (Take("+")) {
        term = Make("+", {term, Product()});
      } else if (Take("-")) {
        term = Make("-", {term, Product()});
      } else {
        return term;
      }
    }
  }

  TermPointer Product() {
    TermPointer term = Factor();
    while (true) {
      if (Take("*")) {
        term = Make("*", {term, Factor()});
      } else if (Take("/")) {
        term = Make("/", {term, Factor()});
      } else {
        return term;
      }
    }
  }

  TermPointer Factor() {
    const Depth deeper(*this);
    if (Take("-")) return Make("-", {Factor()});
    if (Take("(")) return Closed(Or());
    SkipBlanks();
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.'))
      return Number();
    const std::string word = Word();
    if (word.empty()) Fail("a number, a name or '('");
    if (word == "and" || word == "or" || word == "not") Fail("a number or a name before '" + word + "'");
    if (!Take("(")) {
      names_.insert(word);
      return std::make_shared<Term>(Term{.what = word, .is_name = true});
    }
    return Call(word);
  }

  TermPointer Call(const std::string& name) {
    const auto function = std::ranges::find(kFunctions, name, &Function::name);
    if (function == kFunctions.end())
      Fail("round, floor, ceil, abs, min, max or make_divisible instead of '" + name + "'");
    std::vector<TermPointer> arguments = {Or()};
    while (Take(",")) arguments.push_back(Or());
    if (arguments.size() < function->least || arguments.size() > function->most) {
      Fail(std::to_string(function->least) + (function->most > function->least ? " or more" : "") + " arguments of " +
           name);
    }
    return Closed(Make(name, std::move(arguments)));
  }

  TermPointer Closed(TermPointer term) {
    if (!Take(")")) Fail("')'");
    return term;
  }

  TermPointer Number() {
    double number = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc() || !std::isfinite(number)) Fail("a number");
    at_ += static_cast<size_t>(end - begin);
    return std::make_shared<Term>(Term{.what = "", .number = number});
  }

  static TermPointer Make(std::string what, std::vector<TermPointer> of) {
    return std::make_shared<Term>(Term{.what = std::move(what), .of = std::move(of)});
  }

  void SkipBlanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  bool Take(std::string_view sign) {
    SkipBlanks();
    if (!std::string_view(text_).substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  std::string Word() {
    SkipBlanks();
    size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_')) ++end;
    return text_.substr(std::exchange(at_, end), end - at_);
  }

  bool TakeWord(const std::string& word) {
    const size_t begin = at_;
    if (Word() == word) return true;
    at_ = begin;
    return false;
  }

  // Of terms within each other.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepest) throw std::invalid_argument("has too many terms within each other");
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& parser_;
  };

  [[noreturn]] void Fail(const std::string& expected) const {
    throw std::invalid_argument("expected " + expected + " at character " + std::to_string(at_ + 1));
  }

  const std::string& text_;
  std::set<std::string>& names_;
  size_t at_ = 0;
  int depth_ = 0;
};

double MakeDivisible(double x, double divisor) {
  if (!(divisor > 0)) throw std::invalid_argument("make_divisible needs a divisor above 0");
  const double rounded = std::max(divisor, std::floor((x + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * x ? rounded + divisor : rounded;
}

double ValueOf(const Term& term, const std::map<std::string, double>& values) {
  if (term.what.empty()) return term.number;
  if (term.is_name) return values.at(term.what);
  const std::string& what = term.what;
  if (what == "and" || what == "or") {  // the second only where the first does not decide: it may divide by what is 0
    const bool first = ValueOf(*term.of[0], values) != 0;
    return (first == (what == "and") ? ValueOf(*term.of[1], values) != 0 : first) ? 1 : 0;
  }
  std::vector<double> of;
  for (const TermPointer& part : term.of) of.push_back(ValueOf(*part, values));
  if (what == "+") return of[0] + of[1];
  if (what == "-") return of.size() == 1 ? -of[0] : of[0] - of[1];
  if (what == "*") return of[0] * of[1];
  if (what == "/") {
    if (of[1] == 0) throw std::invalid_argument("divides by 0");
    return of[0] / of[1];
  }
  if (what == "==") return of[0] == of[1] ? 1 : 0;
  if (what == "!=") return of[0] != of[1] ? 1 : 0;
  if (what == "<") return of[0] < of[1] ? 1 : 0;
  if (what == "<=") return of[0] <= of[1] ? 1 : 0;
  if (what == ">") return of[0] > of[1] ? 1 : 0;
  if (what == ">=") return of[0] >= of[1] ? 1 : 0;
  if (what == "not") return of[0] == 0 ? 1 : 0;
  if (what == "round") return std::round(of[0]);
  if (what == "floor") return std::floor(of[0]);
  if (what == "ceil") return std::ceil(of[0]);
  if (what == "abs") return std::abs(of[0]);
  if (what == "min") return *std::ranges::min_element(of);
  if (what == "max") return *std::ranges::max_element(of);
  return MakeDivisible(of[0], of[1]);
}

}  // namespace

Expression::Expression(const std::string& text) : text_(text), root_(Parser(text, names_).Parse()) {}

double Expression::Evaluate(const std::map<std::string, double>& values) const {
  const double value = ValueOf(*root_, values);
  if (!std::isfinite(value)) throw std::invalid_argument("is not a finite number");
  return value;
}

}  // namespace danas
