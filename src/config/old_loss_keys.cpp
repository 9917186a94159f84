#include "old_loss_keys.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string_view>

#include "danas/core/log.h"
#include "loss_parameters.h"
#include "range.h"

namespace danas {
namespace {

constexpr double kOwn = -1;  // stood for the kind's default

std::optional<Node> FindLoss(const Document& document) {
  const std::optional<Node> search = document.Root().Find("search");
  return search ? search->Find("loss") : std::nullopt;
}

double ReadOld(const Node& node, std::string_view old_name) {
  const FieldInfo range{.min = 0, .max = old_name == "exponent" ? kMostLossExponent : kMostLossWeight};
  const double value = node.AsDouble();
  if (value != kOwn && !InRange(value, range)) {
    node.Fail("found " + node.Found() + ", expected -1 (the kind's own) or a number " + RangeText(range));
  }
  return value;
}

// The number that the former name means to the kind; null where it means none.
const LossParameter* Meant(LossKind kind, std::string_view old_name) {
  const auto parameters = LossParameters();
  const auto found = std::ranges::find_if(
      parameters, [&](const LossParameter& known) { return known.kind == kind && known.old_name == old_name; });
  return found == parameters.end() ? nullptr : &*found;
}

void WarnOnce(const std::string& note) {
  static std::mutex mutex;
  static std::set<std::string> told;
  const std::lock_guard lock(mutex);
  if (told.insert(note).second) log::warn("{}", note);
}

}  // namespace

void OldLossKeys::Read(const Document& document) {
  const std::optional<Node> loss = FindLoss(document);
  if (!loss) return;
  for (const char* old_name : {"exponent", "weight"}) {
    if (loss->Has(old_name)) given_.insert_or_assign(old_name, loss->Key(old_name));
  }
  for (const LossParameter& parameter : LossParameters()) {
    const std::optional<Node> kind = loss->Find(NameOf(parameter.kind));
    if (kind && kind->Has(parameter.name)) given_now_.insert(parameter.Key());
  }
}

void OldLossKeys::ApplyTo(CostLossConfig& loss) {
  for (const auto& [old_name, node] : given_) {
    const double value = ReadOld(node, old_name);
    const LossParameter* parameter = Meant(loss.kind, old_name);
    if (parameter == nullptr) {
      if (value == kOwn) continue;
      const std::string none = std::string("has no meaning with search.loss.kind '") + NameOf(loss.kind) + "'";
      if (source_ == Source::kWritten) node.Fail(none + "; leave it out");
      notes_.push_back(node.Where() + " " + none + " and was left out");
      continue;
    }
    const bool given_now = given_now_.contains(parameter->Key());
    double& now = parameter->in(loss);
    if (value == kOwn) {
      if (!given_now) now = parameter->Default();
      continue;
    }
    if (given_now && now != value) {
      node.Fail("found " + node.Found() + ", but " + parameter->Key() + ", as it is called now, is " + NumberText(now) +
                "; leave the former name out");
    }
    now = value;
    notes_.push_back(node.Where() + " is now called " + parameter->Key() + "; it was read as that");
  }
}

void OldLossKeys::Tell() const {
  for (const std::string& note : notes_) WarnOnce(note);
}

}  // namespace danas
