#include "danas/core/json_records.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ios>

#include "danas/core/error.h"
#include "danas/core/text_fault.h"
#include "danas/core/text_file.h"

namespace danas {
namespace {

bool Holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// What nlohmann's parser tells, as records. Every bool says: go on.
class RecordReader : public nlohmann::json_sax<Json> {
 public:
  RecordReader(std::string file, uint64_t bytes, const JsonRecordPlan& plan,
               const std::function<void(JsonRecord&&)>& visit)
      : file_(std::move(file)), bytes_(bytes), plan_(plan), visit_(visit) {}

  const std::vector<std::string>& lists() const { return lists_; }

  bool null() override { return Take(nullptr); }
  bool boolean(bool value) override { return Take(value); }
  bool number_integer(int64_t value) override { return Take(value); }
  bool number_unsigned(uint64_t value) override { return Take(value); }
  bool number_float(double value, const std::string&) override { return Take(value); }
  bool string(std::string& value) override { return Take(std::move(value)); }
  bool binary(Json::binary_t&) override { return true; }  // JSON as text has none
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(std::string& name) override {
    if (passing_over_ > 0) return true;
    if (depth_ == 1) {
      record_.list = name;
    } else {
      key_ = name;
    }
    return true;
  }

  bool parse_error(size_t position, const std::string& last_token, const Json::exception& error) override {
    // The parser's text may begin with what came before.
    const size_t before =
        last_token.size() < 2 ? std::string::npos : last_token.find_last_of(" \t\r\n,:[]{}", last_token.size() - 2);
    const std::string word = last_token.substr(before + 1);
    std::string what = "not JSON: " + QuotedText(word) + " was not expected";
    if (position > bytes_) {
      what = "the file ends too soon" + Where() + "; it was cut off: get it again";
    } else if (error.id == 406) {
      what = QuotedText(word) + " is beyond what a number can hold";
    } else if (word == "N" || word == "I" || word == "-I") {
      what = QuotedText(word) + " is no number of JSON";
    }
    throw DataError(file_ + ": byte " + std::to_string(position) + ": " + what);
  }

 private:
  // Where the reader is, for messages: " in 'images', record 3".
  std::string Where() const {
    if (!in_list_) return "";
    return (record_.list.empty() ? "" : " in '" + record_.list + "'") +
           std::string(record_.list.empty() ? " in" : ",") + " record " + std::to_string(record_.place + 1);
  }

  bool AtRecord() const { return in_list_ && open_.empty() && depth_ == record_depth_; }

  // A value that is the whole of the file, or the value of a key of its object.
  void RequireNoList() const {
    if (depth_ == 0) throw DataError(file_ + ": holds a single value, expected " + Expected());
    if (depth_ == 1 && !in_list_ && Holds(plan_.lists, record_.list)) {
      throw DataError(file_ + ": '" + record_.list + "' is no list");
    }
  }

  std::string Expected() const {
    std::string lists;
    for (const std::string& list : plan_.lists) {
      if (!list.empty()) lists += (lists.empty() ? "'" : ", '") + list + "'";
    }
    return lists.empty() ? "a list" : "an object with the lists " + lists;
  }

  // Adds `value` to the record being read; what it became there.
  Json* Add(Json value) {
    if (++values_ > kMostRecordValues) {
      throw DataError(file_ + ":" + Where() + " has more than " + std::to_string(kMostRecordValues) + " values");
    }
    if (open_.empty()) {
      record_.value = std::move(value);
      return &record_.value;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    Json& member = parent[key_];
    member = std::move(value);
    return &member;
  }

  void Finish() {
    visit_(JsonRecord{.list = record_.list, .place = record_.place, .value = std::move(record_.value)});
    record_.value = nullptr;
    ++record_.place;
    values_ = 0;
  }

  bool PassesOver() const { return open_.size() == 1 && open_.back()->is_object() && Holds(plan_.passed_over, key_); }

  template <typename Value>
  bool Take(Value&& value) {
    if (passing_over_ > 0) return true;
    RequireNoList();
    if (AtRecord()) {
      Add(std::forward<Value>(value));
      Finish();
    } else if (!open_.empty() && !PassesOver()) {
      Add(std::forward<Value>(value));
    }
    return true;
  }

  bool Open(Json container) {
    if (passing_over_ > 0) {
      ++passing_over_;
    } else if (AtRecord() || (!open_.empty() && !PassesOver())) {
      if (open_.size() >= kMostJsonLevels) throw DataError(file_ + ":" + Where() + " is nested too deep");
      open_.push_back(Add(std::move(container)));
      ++depth_;
    } else if (!open_.empty()) {
      passing_over_ = 1;
    } else {
      OpenOutside(container.is_array());
    }
    return true;
  }

  // A container that is no part of a record: the file's own, a list of records, or what is read over.
  void OpenOutside(bool is_array) {
    const std::string list = depth_ == 0 ? "" : record_.list;
    if (is_array && Holds(plan_.lists, list)) {
      BeginList(list);
    } else if (depth_ == 0) {
      if (is_array || plan_.lists == std::vector<std::string>{""}) {
        throw DataError(file_ + ": is " + (is_array ? "a list" : "an object") + ", expected " + Expected());
      }
      depth_ = 1;
    } else {
      RequireNoList();
      passing_over_ = 1;
    }
  }

  void BeginList(const std::string& list) {
    if (Holds(lists_, list)) throw DataError(file_ + ": '" + list + "' is there twice");
    lists_.push_back(list);
    in_list_ = true;
    record_.place = 0;
    record_depth_ = ++depth_;
  }

  bool Close() {
    if (passing_over_ > 0) {
      --passing_over_;
      return true;
    }
    --depth_;
    if (!open_.empty()) {
      open_.pop_back();
      if (open_.empty()) Finish();
    } else {
      in_list_ = false;
    }
    return true;
  }

  std::string file_;
  uint64_t bytes_;
  const JsonRecordPlan& plan_;
  const std::function<void(JsonRecord&&)>& visit_;

  std::vector<std::string> lists_;
  int64_t depth_ = 0;         // brackets open around what comes next, without those that are read over
  int64_t passing_over_ = 0;  // brackets open of what is read over
  int64_t record_depth_ = 0;
  bool in_list_ = false;
  JsonRecord record_;
  int64_t values_ = 0;
  std::vector<Json*> open_;  // the record's brackets, outermost first: only the last one grows
  std::string key_;
};

}  // namespace

std::vector<std::string> ReadJsonRecords(const std::filesystem::path& path, const JsonRecordPlan& plan,
                                         const std::function<void(JsonRecord&& record)>& visit) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw FileError("cannot read " + path.string() + ": " + std::strerror(EISDIR));
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw FileError("cannot read " + path.string() + ": " + std::strerror(errno));
  std::string beginning(4096, '\0');
  stream.read(beginning.data(), std::ssize(beginning));
  beginning.resize(static_cast<size_t>(stream.gcount()));
  if (const std::string reason = WhyNotPlainText(beginning); !reason.empty()) {
    throw DataError(path.string() + ": " + reason);
  }
  stream.clear();
  stream.seekg(0);

  RecordReader reader(path.string(), std::filesystem::file_size(path), plan, visit);
  try {
    Json::sax_parse(stream, &reader);
  } catch (const std::ios_base::failure& error) {
    throw FileError("cannot read " + path.string() + ": " + error.code().message());
  }
  return reader.lists();
}

std::vector<std::string> ReadJsonRecords(std::string_view text, const std::string& name, const JsonRecordPlan& plan,
                                         const std::function<void(JsonRecord&& record)>& visit) {
  RecordReader reader(name, text.size(), plan, visit);
  Json::sax_parse(text.begin(), text.end(), &reader);
  return reader.lists();
}

}  // namespace danas
