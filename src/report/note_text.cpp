#include "danas/report/note_text.h"

#include <sstream>

#include "danas/report/text_table.h"

namespace danas {

std::string NoteText(const std::string& text) {
  constexpr size_t kColumns = 80;
  std::string note, line = "note:";
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (DisplayWidth(line + " " + word) > kColumns) {
      note += line + "\n";
      line = "     ";
    }
    line += " " + word;
  }
  return note + line + "\n";
}

}  // namespace danas
