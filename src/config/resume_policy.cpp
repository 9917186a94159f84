#include "danas/config/resume_policy.h"

#include <utility>
#include <vector>

#include "danas/config/config.h"

namespace danas {
namespace {

class PolicyLister : public ConfigVisitor {
 public:
  void Field(const char* name, bool&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, int64_t&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, double&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, Count&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, std::string&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, std::vector<double>&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, std::vector<Count>&, const FieldInfo& info) override { Add(name, info); }
  void Field(const char* name, std::vector<std::string>&, const FieldInfo& info) override { Add(name, info); }
  void Choice(const char* name, ChoiceField&, const FieldInfo& info) override { Add(name, info); }

  std::map<std::string, OnResume> Take() { return std::move(policies_); }

 protected:
  void EnterSection(const char* name, const char*, OnResume resume) override {
    open_.push_back({open_.back().prefix + name + ".", Resolved(resume)});
  }
  void LeaveSection() override { open_.pop_back(); }

 private:
  OnResume Resolved(OnResume resume) const { return resume == OnResume::kAsSection ? open_.back().resume : resume; }
  void Add(const char* name, const FieldInfo& info) { policies_[open_.back().prefix + name] = Resolved(info.resume); }

  struct Open {
    std::string prefix;  // "data.augment."
    OnResume resume;
  };
  std::vector<Open> open_ = {{"", OnResume::kForkMay}};
  std::map<std::string, OnResume> policies_;
};

}  // namespace

std::map<std::string, OnResume> ResumePolicies(const std::function<void(ConfigVisitor&)>& describe) {
  PolicyLister lister;
  describe(lister);
  return lister.Take();
}

OnResume ResumePolicy(const std::string& key) {
  static const std::map<std::string, OnResume> policies =
      ResumePolicies([](ConfigVisitor& v) { Config().Describe(v); });
  return policies.at(key);
}

}  // namespace danas
