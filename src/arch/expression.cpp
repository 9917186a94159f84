#include "danas/arch/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace danas {

namespace {

enum class Operator {
  kNumber,
  kName,
  kNegative,
  kPlus,
  kMinus,
  kTimes,
  kOver,
  kEqual,
  kUnequal,
  kLess,
  kAtMost,
  kMore,
  kAtLeast,
  kAnd,
  kOr,
  kNot,
  kRound,
  kFloor,
  kCeil,
  kAbs,
  kMin,
  kMax,
  kMakeDivisible
};

}  // namespace

// A number, a name, or a function or operator of other terms.
struct Expression::Term {
  Operator what = Operator::kNumber;
  double number = 0;
  std::string name = {};
  std::vector<std::shared_ptr<const Term>> of = {};
};

namespace {

using enum Operator;
using Term = Expression::Term;
using TermPointer = std::shared_ptr<const Term>;

constexpr size_t kLongest = 1000;  // characters
constexpr int kDeepest = 100;      // parentheses within each other

struct Function {
  std::string_view name;
  Operator what;
  size_t least, most;  // arguments
};
constexpr std::array<Function, 7> kFunctions = {{{"round", kRound, 1, 1},
                                                 {"floor", kFloor, 1, 1},
                                                 {"ceil", kCeil, 1, 1},
                                                 {"abs", kAbs, 1, 1},
                                                 {"min", kMin, 1, 16},
                                                 {"max", kMax, 1, 16},
                                                 {"make_divisible", kMakeDivisible, 2, 2}}};

// Longer signs before those that they begin with.
constexpr std::array<std::pair<std::string_view, Operator>, 6> kComparisons = {
    {{"==", kEqual}, {"!=", kUnequal}, {"<=", kAtMost}, {">=", kAtLeast}, {"<", kLess}, {">", kMore}}};

bool IsConnective(const std::string& word) { return word == "and" || word == "or" || word == "not"; }

class Parser {
 public:
  Parser(const std::string& text, std::set<std::string>& names, size_t& terms)
      : text_(text), names_(names), terms_(terms) {
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
    while (TakeWord("or")) term = Make(kOr, {term, And()});
    return term;
  }

  TermPointer And() {
    TermPointer term = Not();
    while (TakeWord("and")) term = Make(kAnd, {term, Not()});
    return term;
  }

  TermPointer Not() {
    if (!TakeWord("not")) return Comparison();
    const Depth deeper(*this);
    return Make(kNot, {Not()});
  }

  TermPointer Comparison() {
    TermPointer term = Sum();
    const std::optional<Operator> comparison = TakeComparison();
    if (!comparison) return term;
    term = Make(*comparison, {term, Sum()});
    if (TakeComparison()) throw std::invalid_argument("compares twice; write 'and' between two comparisons");
    return term;
  }

  std::optional<Operator> TakeComparison() {
    for (const auto& [sign, what] : kComparisons) {
      if (Take(sign)) return what;
    }
    return std::nullopt;
  }

  TermPointer Sum() {
    TermPointer term = Product();
    while (true) {
      if (Take("+")) {
        term = Make(kPlus, {term, Product()});
      } else if (Take("-")) {
        term = Make(kMinus, {term, Product()});
      } else {
        return term;
      }
    }
  }

  TermPointer Product() {
    TermPointer term = Factor();
    while (true) {
      if (Take("*")) {
        term = Make(kTimes, {term, Factor()});
      } else if (Take("/")) {
        term = Make(kOver, {term, Factor()});
      } else {
        return term;
      }
    }
  }

  TermPointer Factor() {
    const Depth deeper(*this);
    if (Take("-")) return Make(kNegative, {Factor()});
    if (Take("(")) return Closed(Or());
    SkipBlanks();
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.'))
      return Number();
    const std::string word = Word();
    if (word.empty()) Fail("a number, a name or '('");
    if (IsConnective(word)) Fail("a number or a name before '" + word + "'");
    if (!Take("(")) {
      names_.insert(word);
      ++terms_;
      return std::make_shared<Term>(Term{.what = kName, .name = word});
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
    return Closed(Make(function->what, std::move(arguments)));
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
    ++terms_;
    return std::make_shared<Term>(Term{.what = kNumber, .number = number});
  }

  TermPointer Make(Operator what, std::vector<TermPointer> of) {
    ++terms_;
    return std::make_shared<Term>(Term{.what = what, .of = std::move(of)});
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
  size_t& terms_;
  size_t at_ = 0;
  int depth_ = 0;
};

double MakeDivisible(double x, double divisor) {
  if (!(divisor > 0)) throw std::invalid_argument("make_divisible needs a divisor above 0");
  const double rounded = std::max(divisor, std::floor((x + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * x ? rounded + divisor : rounded;
}

double ValueOf(const Term& term, const std::map<std::string, double>& values);

double Computed(const Term& term, const std::map<std::string, double>& values) {
  const auto value = [&](size_t part) { return ValueOf(*term.of[part], values); };
  const auto best = [&](bool largest) {
    double found = value(0);
    for (size_t part = 1; part < term.of.size(); ++part) {
      found = largest ? std::max(found, value(part)) : std::min(found, value(part));
    }
    return found;
  };
  switch (term.what) {
    case kNumber:
      return term.number;
    case kName:
      return values.at(term.name);
    case kNegative:
      return -value(0);
    case kPlus:
      return value(0) + value(1);
    case kMinus:
      return value(0) - value(1);
    case kTimes:
      return value(0) * value(1);
    case kOver: {
      const double divisor = value(1);
      if (divisor == 0) throw std::invalid_argument("divides by 0");
      return value(0) / divisor;
    }
    case kEqual:
      return value(0) == value(1);
    case kUnequal:
      return value(0) != value(1);
    case kLess:
      return value(0) < value(1);
    case kAtMost:
      return value(0) <= value(1);
    case kMore:
      return value(0) > value(1);
    case kAtLeast:
      return value(0) >= value(1);
    case kAnd:  // the second only where the first does not decide: it may divide by what is 0
      return value(0) != 0 && value(1) != 0;
    case kOr:
      return value(0) != 0 || value(1) != 0;
    case kNot:
      return value(0) == 0;
    case kRound:
      return std::round(value(0));
    case kFloor:
      return std::floor(value(0));
    case kCeil:
      return std::ceil(value(0));
    case kAbs:
      return std::abs(value(0));
    case kMin:
      return best(/*largest=*/false);
    case kMax:
      return best(/*largest=*/true);
    case kMakeDivisible:
      return MakeDivisible(value(0), value(1));
  }
  throw std::logic_error("unknown operator");
}

double ValueOf(const Term& term, const std::map<std::string, double>& values) {
  const double value = Computed(term, values);
  if (!std::isfinite(value)) throw std::invalid_argument("is not a finite number");
  return value;
}

}  // namespace

bool IsWordOfExpressions(const std::string& word) {
  return IsConnective(word) || std::ranges::find(kFunctions, word, &Function::name) != kFunctions.end();
}

Expression::Expression(const std::string& text) : text_(text), root_(Parser(text, names_, terms_).Parse()) {}

double Expression::Evaluate(const std::map<std::string, double>& values) const { return ValueOf(*root_, values); }

}  // namespace danas
