// A remark under a table.
#pragma once

#include <string>

namespace danas {

// "note: text", broken into lines of at most 80 columns.
std::string NoteText(const std::string& text);

}  // namespace danas
