// What a run is at one moment, as named numbers and tensors. Whatever has state describes it once, in a function that
// serves saving and restoring alike, so that nothing is saved that is not restored:
//   void Describe(StateFields& fields) { fields.Value("step", step_); fields.Contents("momentum", momentum_); }
#pragma once

#include <ATen/core/Tensor.h>

#include <set>
#include <string>
#include <type_traits>

#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/nn/state.h"

namespace danas {

class StateFields {
 public:
  StateFields() = default;  // saves: gathers what it is given
  // Restores: fills it in. `version`: that of the danas that saved it.
  StateFields(NamedTensors tensors, Json values, at::Device device, int64_t version = kCheckpointVersion);

  bool restoring() const { return restoring_; }
  int64_t version() const { return version_; }

  // A number, text, list or Json. Doubles come back to the bit.
  template <typename T>
  void Value(const std::string& name, T& value) {
    if (!restoring_) {
      values_[prefix_ + name] = value;
      return;
    }
    const Json& saved = TakeValue(prefix_ + name);
    try {
      if (std::is_integral_v<T> && !std::is_same_v<T, bool> && !saved.is_number_integer()) FailOfType(name, saved);
      saved.get_to(value);
    } catch (const Json::exception&) {
      FailOfType(name, saved);
    }
  }

  // A tensor of fixed shape: its contents, in the layout and on the device that it has.
  void Contents(const std::string& name, const at::Tensor& tensor);

  // A tensor that may be undefined or of any shape: replaced, on the run's device.
  void Tensor(const std::string& name, at::Tensor& tensor);

  // `work` describes fields whose names begin with `name` and a dot.
  template <typename Work>
  void Within(const std::string& name, const Work& work) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    work(*this);
    prefix_ = outer;
  }

  // Restoring: whether a value of that name was saved.
  bool HasValue(const std::string& name) const { return values_.contains(prefix_ + name); }

  // Restoring: passes over what was saved under names that begin with `name` and a dot.
  void Leave(const std::string& name);

  const NamedTensors& tensors() const { return tensors_; }  // saved: the run's own, which its next step changes
  const Json& values() const { return values_; }

  // After restoring: throws CheckpointError with the first name that nothing asked for.
  void RequireAllTaken() const;

 private:
  const Json& TakeValue(const std::string& name);
  [[noreturn]] void FailOfType(const std::string& name, const Json& saved) const;
  const at::Tensor* FindTensor(const std::string& name);

  bool restoring_ = false;
  int64_t version_ = kCheckpointVersion;
  at::Device device_ = at::kCPU;
  std::string prefix_;
  NamedTensors tensors_;
  Json values_ = Json::object();
  std::set<std::string> taken_;
};

}  // namespace danas
