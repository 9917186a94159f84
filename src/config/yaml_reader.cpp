#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "danas/core/error.h"
#include "danas/core/json.h"
#include "value.h"

namespace danas {
namespace {

class YamlEvents : public YAML::EventHandler {
 public:
  explicit YamlEvents(TreeBuilder& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (seen_document_) tree_.Fail(mark.line + 1, "a second YAML document; one is expected");
    seen_document_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { OnScalar(mark, "?", anchor, ""); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (tree_.WantsKey()) tree_.Fail(mark.line + 1, "an alias cannot be a key");
    tree_.Alias(places_.at(anchor), mark.line + 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const int line = mark.line + 1;
    const bool plain = tag == "?" || tag.empty();
    if (!plain && tag != "!") RefuseTag(line, tag);
    if (tree_.WantsKey()) {
      if (anchor != 0) tree_.Fail(line, "an anchor on a key is not supported");
      tree_.Key(text, line);
      return;
    }
    Remember(anchor);
    tree_.Scalar(plain ? ScalarFromText(text, line) : Value{.kind = Value::Kind::kText, .line = line, .text = text});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    PrepareStart(mark.line + 1, tag, anchor);
    tree_.StartList(mark.line + 1);
  }
  void OnSequenceEnd() override { tree_.End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    PrepareStart(mark.line + 1, tag, anchor);
    tree_.StartMap(mark.line + 1);
  }
  void OnMapEnd() override { tree_.End(); }

 private:
  void PrepareStart(int line, const std::string& tag, YAML::anchor_t anchor) {
    if (tree_.WantsKey()) tree_.Fail(line, "a key must be a text, not a list or map");
    if (!tag.empty() && tag != "?" && tag != "!") RefuseTag(line, tag);
    Remember(anchor);
  }
  void Remember(YAML::anchor_t anchor) {
    if (anchor != 0) places_[anchor] = tree_.NextPlace();
  }
  [[noreturn]] void RefuseTag(int line, const std::string& tag) const {
    tree_.Fail(line, "YAML tags are not supported; found '" + tag + "'");
  }

  TreeBuilder& tree_;
  std::map<YAML::anchor_t, TreeBuilder::Place> places_;
  bool seen_document_ = false;
};

// YAML allows no other control characters; yaml-cpp turns a zero byte into something else.
bool IsControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

void CheckIsText(std::string_view text, const std::string& name) {
  if (IsUtf8(text) && std::none_of(text.begin(), text.end(), IsControl)) return;
  for (int64_t line = 1; !text.empty(); ++line) {
    const std::string_view here = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    const std::string place = name + ":" + std::to_string(line);
    if (!IsUtf8(here)) throw ConfigError(place + ": not UTF-8; save the file in that encoding");
    if (std::any_of(here.begin(), here.end(), IsControl)) {
      throw ConfigError(place + ": a control character, which YAML does not allow; take it out");
    }
    text.remove_prefix(here.size());
  }
}

}  // namespace

Value ReadYamlText(std::string_view text, const std::string& name) {
  CheckIsText(text, name);
  TreeBuilder tree(name);
  // yaml-cpp takes a quote that is still open at the last line break as closed; an end marker shows that it is not.
  std::istringstream stream(std::string(text) + (text.ends_with('\n') ? "...\n" : "\n...\n"));
  try {
    YAML::Parser parser(stream);
    YamlEvents events(tree);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const YAML::Exception& error) {
    const std::string line = error.mark.is_null() ? "" : ":" + std::to_string(error.mark.line + 1);
    throw ConfigError(name + line + ": no valid YAML: " + error.msg);
  }
  Value root = tree.Take();
  if (root.kind == Value::Kind::kNull && root.text.empty()) throw ConfigError(name + ": the file is empty");
  return root;
}

}  // namespace danas
