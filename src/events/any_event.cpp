#include "danas/events/any_event.h"

#include "danas/events/run_log.h"

namespace danas::events {
namespace {

// Of two with one name the first has a field of its own.
template <typename T>
bool Fits(const Event& event) {
  if (!IsNameOf<T>(event.name)) return false;
  if constexpr (requires { T::kOwnField; }) return event.fields.contains(T::kOwnField);
  return true;
}

template <typename T>
bool TryToRead(const Event& event, ReadEvent& read) {
  if constexpr (!std::is_same_v<T, std::monostate>) {
    if (!Fits<T>(event)) return false;
    auto [value, faults] = Read<T>(event.fields);
    if constexpr (T::kNames.size() > 1) value.kind = KindNamed<T>(event.name);
    read = {.event = std::move(value), .faults = std::move(faults)};
    return true;
  }
  return false;
}

template <typename... Events>
ReadEvent ReadOneOf(const Event& event, std::variant<Events...>* /*of*/) {
  ReadEvent read;
  static_cast<void>((TryToRead<Events>(event, read) || ...));
  return read;
}

}  // namespace

ReadEvent ReadAny(const Event& event) { return ReadOneOf(event, static_cast<AnyEvent*>(nullptr)); }

}  // namespace danas::events
