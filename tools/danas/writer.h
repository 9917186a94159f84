// What a run's log says of the program that writes it.
#pragma once

#include <vector>

#include "danas/events/event.h"

namespace danas {

// `notes`, and before them the events::WrittenBy of this process.
std::vector<Event> WithWriter(std::vector<Event> notes);

}  // namespace danas
