#include "src/nn/pickle_reader.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "danas/core/error.h"
#include "src/nn/pickle_bytes.h"
#include "src/nn/printable.h"

namespace danas {
namespace {

constexpr size_t kMostValues = 1'000'000;
constexpr PickleIndex kNowhere = UINT32_MAX;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";

class Reader {
 public:
  Reader(std::span<const uint8_t> bytes, std::span<const std::string_view> globals, const std::string& where)
      : bytes_(bytes, where), globals_(globals), where_(where) {}

  Pickle Read() {
    for (uint8_t opcode = bytes_.Take<uint8_t>(); opcode != pickle::kStop; opcode = bytes_.Take<uint8_t>()) {
      if (!RunScalar(opcode) && !RunContainer(opcode) && !RunMemo(opcode) && !RunObject(opcode)) Refuse(opcode);
    }
    if (stack_.size() != 1 || !marks_.empty()) bytes_.Fail("it does not end with one value");
    pickle_.root = stack_.back();
    pickle_.size = bytes_.at();
    return std::move(pickle_);
  }

 private:
  using Kind = PickleValue::Kind;

  [[noreturn]] void Refuse(uint8_t opcode) const {
    std::array<char, 8> code;
    std::snprintf(code.data(), code.size(), "0x%02x", opcode);
    throw CheckpointError(where_ + " is rejected: its pickle has the opcode " + code.data() + " at byte " +
                          std::to_string(bytes_.at() - 1) +
                          "; only those of tensors, dicts, lists, tuples, strings and numbers " +
                          "are read. Save a plain state dict with torch.save");
  }

  // --- Stack ---

  void Push(PickleIndex index) {
    if (stack_.size() == kMostValues) bytes_.Fail("it needs a stack of more than a million values");
    stack_.push_back(index);
  }

  void Push(PickleValue value) {
    if (pickle_.values.size() == kMostValues) bytes_.Fail("it has more than a million values");
    pickle_.values.push_back(std::move(value));
    Push(static_cast<PickleIndex>(pickle_.values.size() - 1));
  }

  // What lies below the last mark is out of reach until that is taken.
  void RequireOnStack(size_t count) const {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - floor < count) bytes_.Fail("its stack is empty");
  }

  PickleIndex Pop() {
    RequireOnStack(1);
    const PickleIndex index = stack_.back();
    stack_.pop_back();
    return index;
  }

  PickleIndex Top() const {
    RequireOnStack(1);
    return stack_.back();
  }

  std::vector<PickleIndex> PopLast(size_t count) {
    RequireOnStack(count);
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<PickleIndex> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return items;
  }

  std::vector<PickleIndex> PopToMark() {
    if (marks_.empty()) bytes_.Fail("its mark is missing");
    std::vector<PickleIndex> items = PopLast(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  void Extend(Kind kind, const std::vector<PickleIndex>& items) {
    PickleValue& value = pickle_.values[Top()];
    if (value.kind != kind)
      bytes_.Fail(kind == Kind::kList ? "it appends to something that is not a list"
                                      : "it sets items of something that is not a dict");
    if (kind == Kind::kDict && items.size() % 2 != 0) bytes_.Fail("a key without a value");
    value.items.insert(value.items.end(), items.begin(), items.end());
  }

  // --- Opcodes: each of these four runs `opcode` if it is one of its own ---

  bool RunScalar(uint8_t opcode) {
    switch (opcode) {
      case pickle::kNone:
        Push({.kind = Kind::kNone});
        break;
      case pickle::kNewTrue:
        Push({.kind = Kind::kBool, .integer = 1});
        break;
      case pickle::kNewFalse:
        Push({.kind = Kind::kBool});
        break;
      case pickle::kBinInt:
        Push({.kind = Kind::kInt, .integer = bytes_.Take<int32_t>()});
        break;
      case pickle::kBinInt1:
        Push({.kind = Kind::kInt, .integer = bytes_.Take<uint8_t>()});
        break;
      case pickle::kBinInt2:
        Push({.kind = Kind::kInt, .integer = bytes_.Take<uint16_t>()});
        break;
      case pickle::kLong1:
        Push({.kind = Kind::kInt, .integer = bytes_.TakeLong()});
        break;
      case pickle::kBinFloat:
        bytes_.TakeText(sizeof(double));
        Push({.kind = Kind::kFloat});
        break;
      case pickle::kShortBinString:
      case pickle::kShortBinUnicode:
        Push({.kind = Kind::kText, .text = bytes_.TakeText(bytes_.Take<uint8_t>())});
        break;
      case pickle::kBinString:
      case pickle::kBinUnicode:
        Push({.kind = Kind::kText, .text = bytes_.TakeText(bytes_.Take<uint32_t>())});
        break;
      case pickle::kBinUnicode8:
        Push({.kind = Kind::kText, .text = bytes_.TakeText(bytes_.Take<uint64_t>())});
        break;
      default:
        return false;
    }
    return true;
  }

  bool RunContainer(uint8_t opcode) {
    switch (opcode) {
      case pickle::kMark:
        PushMark();
        break;
      case pickle::kEmptyTuple:
        Push({.kind = Kind::kTuple});
        break;
      case pickle::kEmptyList:
        Push({.kind = Kind::kList});
        break;
      case pickle::kEmptyDict:
        Push({.kind = Kind::kDict});
        break;
      case pickle::kTuple:
        Push({.kind = Kind::kTuple, .items = PopToMark()});
        break;
      case pickle::kList:
        Push({.kind = Kind::kList, .items = PopToMark()});
        break;
      case pickle::kTuple1:
        Push({.kind = Kind::kTuple, .items = PopLast(1)});
        break;
      case pickle::kTuple2:
        Push({.kind = Kind::kTuple, .items = PopLast(2)});
        break;
      case pickle::kTuple3:
        Push({.kind = Kind::kTuple, .items = PopLast(3)});
        break;
      case pickle::kAppend:
        Extend(Kind::kList, PopLast(1));
        break;
      case pickle::kAppends:
        Extend(Kind::kList, PopToMark());
        break;
      case pickle::kSetItem:
        Extend(Kind::kDict, PopLast(2));
        break;
      case pickle::kSetItems:
        Extend(Kind::kDict, PopToMark());
        break;
      default:
        return false;
    }
    return true;
  }

  bool RunMemo(uint8_t opcode) {
    switch (opcode) {
      case pickle::kBinPut:
        Memoize(bytes_.Take<uint8_t>());
        break;
      case pickle::kLongBinPut:
        Memoize(bytes_.Take<uint32_t>());
        break;
      case pickle::kMemoize:
        Memoize(memo_.size());
        break;
      case pickle::kBinGet:
        Push(Recall(bytes_.Take<uint8_t>()));
        break;
      case pickle::kLongBinGet:
        Push(Recall(bytes_.Take<uint32_t>()));
        break;
      default:
        return false;
    }
    return true;
  }

  bool RunObject(uint8_t opcode) {
    switch (opcode) {
      case pickle::kProtocol:
        RequireProtocol(bytes_.Take<uint8_t>());
        break;
      case pickle::kFrame:
        bytes_.Take<uint64_t>();
        break;  // a hint for reading ahead
      case pickle::kGlobalName: {
        const std::string_view module = bytes_.TakeLine();
        PushGlobal(module, bytes_.TakeLine());
        break;
      }
      case pickle::kStackGlobal: {
        const std::vector<PickleIndex> names = PopLast(2);
        PushGlobal(TextOf(names[0]), TextOf(names[1]));
        break;
      }
      case pickle::kBinPersistentId:
        Push({.kind = Kind::kPersistentId, .items = {Pop()}});
        break;
      case pickle::kReduce:
        Call(PopLast(2));
        break;
      case pickle::kBuild:
        Build();
        break;
      default:
        return false;
    }
    return true;
  }

  void PushMark() {
    if (marks_.size() == kMostValues) bytes_.Fail("it needs more than a million marks");
    marks_.push_back(stack_.size());
  }

  // Python numbers the memo from 0 or 1 upwards; an optimised pickle leaves gaps.
  void Memoize(size_t index) {
    const PickleIndex value = Top();
    if (index >= kMostValues) bytes_.Fail("it memoizes a value as " + std::to_string(index));
    if (index >= memo_.size()) memo_.resize(index + 1, kNowhere);
    memo_[index] = value;
  }

  PickleIndex Recall(size_t index) const {
    if (index >= memo_.size() || memo_[index] == kNowhere) {
      bytes_.Fail("it recalls " + std::to_string(index) + ", which is not in its memo");
    }
    return memo_[index];
  }

  void RequireProtocol(uint8_t protocol) const {
    if (protocol < 2 || protocol > 5) bytes_.Fail("protocol " + std::to_string(protocol) + "; 2 to 5 are read");
  }

  std::string_view TextOf(PickleIndex index) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kText) bytes_.Fail("a name that is not a string");
    return value.text;
  }

  void PushGlobal(std::string_view module, std::string_view name) {
    const auto names_it = [&](std::string_view known) {
      return known.size() == module.size() + 1 + name.size() && known.starts_with(module) &&
             known[module.size()] == '.' && known.ends_with(name);
    };
    if (names_it(kOrderedDict)) return Push({.kind = Kind::kGlobal, .text = kOrderedDict});
    const auto known = std::find_if(globals_.begin(), globals_.end(), names_it);
    if (known == globals_.end()) {
      RefuseGlobal(std::string(module) + "." + std::string(name), name);
    }
    Push({.kind = Kind::kGlobal, .text = *known});
  }

  // An object of a class, with which the pickle begins, is what torch.save(model, FILE) makes.
  [[noreturn]] void RefuseGlobal(const std::string& full, std::string_view name) const {
    const bool is_class = !name.empty() && name[0] >= 'A' && name[0] <= 'Z';
    const bool whole = is_class && stack_.empty() && marks_.empty();
    throw CheckpointError(
        where_ + " is rejected: it names " + Printable(full) +
        ", but only tensors in dicts are read; nothing was run. " +
        (whole ? "It looks like a whole model, not its weights. If you trust the file, load it in Python and save the "
                 "weights with torch.save(model.state_dict(), FILE)"
               : "If you trust the file, load it in Python and save its state dict alone with torch.save"));
  }

  void Call(const std::vector<PickleIndex>& call) {
    const PickleValue& function = pickle_[call[0]];
    const PickleValue& arguments = pickle_[call[1]];
    if (function.kind != Kind::kGlobal || arguments.kind != Kind::kTuple)
      bytes_.Fail("a call of something that is not a function");
    if (function.text != kOrderedDict) return Push({.kind = Kind::kCall, .items = call});
    if (!arguments.items.empty()) bytes_.Fail("an OrderedDict made from arguments");
    Push({.kind = Kind::kDict});
  }

  // The attributes of an OrderedDict: a state dict's _metadata, versions of layers. They say nothing about tensors.
  void Build() {
    Pop();
    if (pickle_[Top()].kind != Kind::kDict) bytes_.Fail("it sets attributes of something that is not a dict");
  }

  PickleBytes bytes_;
  std::span<const std::string_view> globals_;
  const std::string& where_;
  Pickle pickle_;
  std::vector<PickleIndex> stack_;
  std::vector<size_t> marks_;  // sizes of the stack when they were set
  std::vector<PickleIndex> memo_;
};

}  // namespace

Pickle ReadPickle(std::span<const uint8_t> bytes, std::span<const std::string_view> globals, const std::string& where) {
  return Reader(bytes, globals, where).Read();
}

}  // namespace danas
