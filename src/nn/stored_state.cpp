#include "src/nn/stored_state.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>

#include "danas/core/error.h"
#include "src/nn/printable.h"
#include "src/nn/weight_names.h"

namespace danas {
namespace {

using Kind = PickleValue::Kind;

constexpr std::array kTypes = {
    StoredType{"torch.FloatStorage", 4},    StoredType{"torch.DoubleStorage", 8}, StoredType{"torch.HalfStorage", 2},
    StoredType{"torch.BFloat16Storage", 2}, StoredType{"torch.LongStorage", 8},   StoredType{"torch.IntStorage", 4},
    StoredType{"torch.ShortStorage", 2},    StoredType{"torch.CharStorage", 1},   StoredType{"torch.ByteStorage", 1},
    StoredType{"torch.BoolStorage", 1},
};
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor";  // before torch 0.4
constexpr std::string_view kRebuildTensor2 = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";

constexpr int kMostNests = 3;  // of dicts in dicts; one can hold itself
constexpr size_t kMostAxes = 8;
constexpr int64_t kMostElements = int64_t{1} << 48;  // so that no product with a type's size overflows

class Reader {
 public:
  Reader(const Pickle& pickle, const std::string& where) : pickle_(pickle), where_(where) {}

  StoredState Read() {
    for (const PickleValue& value : pickle_.values) {
      if (value.kind == Kind::kPersistentId) ReadStorage(value);
    }
    std::set<std::string_view> names;
    const PickleValue& dict = FindStateDict();
    for (size_t i = 0; i < dict.items.size(); i += 2) {
      const std::string_view name = Text(dict.items[i], "a name");
      if (!names.insert(name).second) Fail("it names " + Printable(name) + " twice");
      if (std::any_of(name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; })) {
        Fail("the name " + Printable(name) + " has characters outside of ASCII");
      }
      ReadTensor(name, pickle_[dict.items[i + 1]]);
    }
    CleanNames();
    return std::move(state_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw CheckpointError(where_ + " does not contain a readable state dict: " + what);
  }

  std::string_view Text(PickleIndex index, const std::string& what) const {
    if (pickle_[index].kind != Kind::kText) Fail(what + " is not a string");
    return pickle_[index].text;
  }

  int64_t Number(PickleIndex index, int64_t most, const std::string& what) const {
    const PickleValue& value = pickle_[index];
    if (value.kind != Kind::kInt) Fail(what + " is not an integer");
    if (value.integer < 0 || value.integer > most) {
      Fail(what + " is " + std::to_string(value.integer) + "; 0 to " + std::to_string(most) + " are possible");
    }
    return value.integer;
  }

  const PickleValue& FindStateDict() {
    const PickleValue* dict = &pickle_[pickle_.root];
    if (dict->kind != Kind::kDict) Fail("it is not a dict. Save model.state_dict(), not the model");
    for (int nest = 0; nest < kMostNests; ++nest) {
      std::vector<std::string_view> keys;
      const PickleValue* found = nullptr;
      for (const std::string_view wanted : WeightKeys()) {
        const PickleValue* under = DictUnder(*dict, wanted);
        if (under == nullptr) continue;
        keys.push_back(wanted);
        if (found == nullptr) found = under;
      }
      if (found == nullptr) break;
      state_.notes.push_back(WeightKeysNote(keys));
      dict = found;
    }
    return *dict;
  }

  const PickleValue* DictUnder(const PickleValue& dict, std::string_view wanted) const {
    for (size_t i = 0; i < dict.items.size(); i += 2) {
      const PickleValue &key = pickle_[dict.items[i]], &value = pickle_[dict.items[i + 1]];
      if (key.kind == Kind::kText && key.text == wanted && value.kind == Kind::kDict) return &value;
    }
    return nullptr;
  }

  void ReadTensor(std::string_view name, const PickleValue& given) {
    const std::string what = "its entry " + Printable(name);
    const PickleValue* value = &given;
    if (IsCallOf(*value, kRebuildParameter)) {
      const std::vector<PickleIndex>& arguments = Arguments(*value);
      if (arguments.empty()) Fail(what + " is a parameter without a tensor");
      value = &pickle_[arguments[0]];
    }
    const bool second = IsCallOf(*value, kRebuildTensor2);
    if (!second && !IsCallOf(*value, kRebuildTensor)) {
      std::string keys;
      for (const std::string_view key : WeightKeys()) keys += (keys.empty() ? "" : ", ") + std::string(key);
      Fail(what + " is not a tensor. A state dict inside another dict is looked for under these keys: " + keys);
    }
    const std::vector<PickleIndex>& arguments = Arguments(*value);
    // (storage, offset, sizes, strides), then (requires_grad, hooks) and, since torch 1.13, (metadata).
    if (second ? arguments.size() < 6 || arguments.size() > 7 : arguments.size() != 4) {
      Fail(what + " is a tensor of " + std::to_string(arguments.size()) + " parts");
    }
    if (arguments.size() == 7 && !pickle_[arguments[6]].items.empty()) Fail(what + " is conjugated or negated lazily");

    StoredTensor tensor{.name = std::string(name)};
    tensor.storage = KeyOf(arguments[0], what);
    tensor.offset = Number(arguments[1], kMostElements, what + ": its offset");
    tensor.sizes = Numbers(arguments[2], what + ": its size");
    tensor.strides = Numbers(arguments[3], what + ": its stride");
    RequireWithin(tensor, static_cast<int64_t>(state_.storages.at(tensor.storage).elements), what);
    state_.tensors.push_back(std::move(tensor));
  }

  bool IsCallOf(const PickleValue& value, std::string_view function) const {
    return value.kind == Kind::kCall && pickle_[value.items[0]].text == function;
  }

  const std::vector<PickleIndex>& Arguments(const PickleValue& call) const { return pickle_[call.items[1]].items; }

  std::vector<int64_t> Numbers(PickleIndex index, const std::string& what) const {
    const PickleValue& tuple = pickle_[index];
    if (tuple.kind != Kind::kTuple && tuple.kind != Kind::kList) Fail(what + " is not a tuple");
    if (tuple.items.size() > kMostAxes)
      Fail(what + " has " + std::to_string(tuple.items.size()) + " axes; at most 8 are read");
    std::vector<int64_t> numbers;
    for (const PickleIndex item : tuple.items) numbers.push_back(Number(item, kMostElements, what));
    return numbers;
  }

  // ("storage", type, key, device, elements); before torch 1.6 also a view of another storage, which is None.
  void ReadStorage(const PickleValue& persistent) {
    const PickleValue& id = pickle_[persistent.items[0]];
    const std::vector<PickleIndex>& parts = id.items;
    if (id.kind != Kind::kTuple || parts.size() < 5 || parts.size() > 6 || Text(parts[0], "a kind") != "storage") {
      Fail("it has an object that is not a storage");
    }
    const std::string_view key = Text(parts[2], "a storage's key");
    const std::string what = "its storage " + Printable(key);
    if (parts.size() == 6 && pickle_[parts[5]].kind != Kind::kNone) Fail(what + " is inside another");
    const PickleValue& type = pickle_[parts[1]];
    const auto known = std::ranges::find(kTypes, type.text, &StoredType::name);
    if (type.kind != Kind::kGlobal || known == kTypes.end()) Fail(what + " has no type");
    const StorageClaim claim{&*known, static_cast<uint64_t>(Number(parts[4], kMostElements, what + ": its size"))};
    const auto [it, first] = state_.storages.emplace(key, claim);
    if (!first && (it->second.type != claim.type || it->second.elements != claim.elements)) {
      Fail(what + " has two types or sizes");
    }
  }

  std::string_view KeyOf(PickleIndex storage, const std::string& what) const {
    const PickleValue& value = pickle_[storage];
    if (value.kind != Kind::kPersistentId) Fail(what + " has no storage");
    return pickle_[pickle_[value.items[0]].items[2]].text;
  }

  // Its last element lies within the storage, and it has no more elements than that (an expanded tensor would).
  void RequireWithin(const StoredTensor& tensor, int64_t held, const std::string& what) const {
    if (tensor.sizes.size() != tensor.strides.size())
      Fail(what + " has sizes and strides with different numbers of axes");
    int64_t count = 1, last = tensor.offset;
    bool empty = false, overflow = false;
    for (size_t i = 0; i < tensor.sizes.size(); ++i) {
      const int64_t size = tensor.sizes[i];
      int64_t reach = 0;
      empty = empty || size == 0;
      overflow = overflow || __builtin_mul_overflow(count, std::max<int64_t>(size, 1), &count) ||
                 __builtin_mul_overflow(std::max<int64_t>(size - 1, 0), tensor.strides[i], &reach) ||
                 __builtin_add_overflow(last, reach, &last);
    }
    if (overflow || tensor.offset > held || (!empty && (last >= held || count > held))) {
      Fail(what + " is not within its storage of " + std::to_string(held) + " elements");
    }
  }

  void CleanNames() {
    std::vector<std::string> names;
    for (const StoredTensor& tensor : state_.tensors) names.push_back(tensor.name);
    CleanedNames cleaned = CleanWeightNames(names, where_);
    for (size_t i = 0; i < names.size(); ++i) state_.tensors[i].name = std::move(cleaned.names[i]);
    std::erase_if(state_.tensors, [](const StoredTensor& tensor) { return tensor.name.empty(); });
    if (state_.tensors.empty()) Fail("it contains no tensor");
    std::ranges::move(cleaned.notes, std::back_inserter(state_.notes));
  }

  const Pickle& pickle_;
  const std::string& where_;
  StoredState state_;
};

}  // namespace

std::span<const std::string_view> TorchGlobals() {
  static const std::vector<std::string_view> globals = [] {
    std::vector<std::string_view> names = {kRebuildTensor, kRebuildTensor2, kRebuildParameter};
    for (const StoredType& type : kTypes) names.push_back(type.name);
    return names;
  }();
  return globals;
}

StoredState ReadStoredState(const Pickle& pickle, const std::string& where) { return Reader(pickle, where).Read(); }

}  // namespace danas
