#include "danas/easiness/person_difficulty.h"

#include <unordered_map>
#include <unordered_set>

#include "danas/core/error.h"
#include "danas/core/hash.h"
#include "danas/core/json_records.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kIdsShown = 5;
constexpr const char* kHowToWrite = "write it with danas evaluate --run RUN --difficulty FILE";

// All keys but the list of persons; the text is JSON.
Json HeadOf(std::string_view text) {
  return Json::parse(text, [](int depth, Json::parse_event_t event, Json& value) {
    return !(depth == 1 && event == Json::parse_event_t::key && value == "persons");
  });
}

PersonError PersonOf(const JsonRecord& record, const std::string& source) {
  const auto fail = [&](const std::string& message) {
    throw DataError(source + ": person " + std::to_string(record.place + 1) + ": " + message + "; expected " +
                    R"({"id": the annotation's id, "error": a number from 0 to 1})");
  };
  const Json& person = record.value;
  if (!person.is_object()) fail("is no object");
  if (!person.contains("id") || !person.at("id").is_number_integer()) fail("has no whole number 'id'");
  if (!person.contains("error") || !person.at("error").is_number()) fail("has no number 'error'");
  const double error = person.at("error").get<double>();
  if (!(error >= 0 && error <= 1)) fail("the error is " + person.at("error").dump());
  return {.id = person.at("id").get<int64_t>(), .error = error};
}

// "3 (5, 7, 9)"
std::string CountText(const std::vector<int64_t>& ids) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(ids.size(), kIdsShown + 1); ++i) texts.push_back(std::to_string(ids[i]));
  return FormatThousands(std::ssize(ids)) + " (" + FirstOf(texts, kIdsShown) + ")";
}

void CheckFingerprint(const PersonDifficulty& difficulty, uint64_t fingerprint) {
  const std::string expected = HexText(fingerprint);
  if (difficulty.fingerprint.empty() || difficulty.fingerprint == expected) return;
  throw DataError(difficulty.source + ": fingerprint: " + difficulty.fingerprint +
                  " belongs to a different training set from this one (" + expected + "); " + kHowToWrite +
                  " for this one. To use the errors anyway, copy the file without its key 'fingerprint'");
}

}  // namespace

PersonDifficulty ParseDifficulty(std::string_view text, const std::string& source) {
  PersonDifficulty difficulty{.source = source, .fingerprint = {}, .persons = {}};
  std::unordered_set<int64_t> ids;
  const JsonRecordPlan plan{.lists = {"persons"}, .passed_over = {}};
  const std::vector<std::string> lists = ReadJsonRecords(text, source, plan, [&](JsonRecord&& record) {
    difficulty.persons.push_back(PersonOf(record, source));
    const int64_t id = difficulty.persons.back().id;
    if (!ids.insert(id).second) {
      throw DataError(source + ": person " + std::to_string(record.place + 1) + ": the id " + std::to_string(id) +
                      " is there twice; each person needs one error");
    }
  });
  if (lists.empty()) throw DataError(source + ": has no list 'persons'; " + kHowToWrite);
  const Json head = HeadOf(text);
  const Json format = head.value("format", Json(kFormat));
  if (!format.is_number_integer() || format.get<int64_t>() < 1) {
    throw DataError(source + ": format: found " + format.dump() + ", expected " + std::to_string(kFormat));
  }
  if (format.get<int64_t>() > kFormat) {
    throw DataError(source + ": format " + format.dump() + " is newer than this danas, which reads up to " +
                    std::to_string(kFormat) + "; use a newer danas");
  }
  const Json fingerprint = head.value("fingerprint", Json(""));
  if (!fingerprint.is_string()) throw DataError(source + ": fingerprint: expected a text, as danas data info prints");
  difficulty.fingerprint = fingerprint.get<std::string>();
  return difficulty;
}

std::string DifficultyText(const PersonDifficulty& difficulty, const Json& about) {
  Json head = {{"format", kFormat}, {"fingerprint", difficulty.fingerprint}};
  head.update(about);
  std::string text = JsonText(head, 2);
  text.erase(text.rfind('\n'));
  text += ",\n  \"persons\": [";
  for (const PersonError& person : difficulty.persons) {
    text += (&person == &difficulty.persons.front() ? "\n    " : ",\n    ") +
            JsonText({{"id", person.id}, {"error", person.error}});
  }
  return text + "\n  ]\n}\n";
}

std::vector<double> ErrorsOf(const PersonDifficulty& difficulty, const std::vector<int64_t>& ids,
                             const std::vector<int64_t>& annotated, uint64_t fingerprint) {
  CheckFingerprint(difficulty, fingerprint);
  const std::unordered_set<int64_t> known(annotated.begin(), annotated.end());
  std::unordered_map<int64_t, double> error_of;
  std::vector<int64_t> unknown;
  for (const PersonError& person : difficulty.persons) {
    error_of.emplace(person.id, person.error);
    if (!known.contains(person.id)) unknown.push_back(person.id);
  }
  std::vector<double> errors;
  std::vector<int64_t> missing;
  for (const int64_t id : ids) {
    const auto found = error_of.find(id);
    if (found == error_of.end()) {
      missing.push_back(id);
    } else {
      errors.push_back(found->second);
    }
  }
  std::string wrong;
  if (!missing.empty()) wrong += "; missing: " + CountText(missing);
  if (!unknown.empty()) wrong += "; not annotated in this set: " + CountText(unknown);
  if (!wrong.empty()) {
    throw DataError(difficulty.source + " must have an error of each of the training set's " +
                    FormatThousands(std::ssize(ids)) + " persons, by their annotations' ids" + wrong + ". " +
                    "Perhaps it is of another set: " + kHowToWrite + ", with the search's data");
  }
  return errors;
}

}  // namespace danas
