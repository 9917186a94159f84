#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "danas/core/error.h"
#include "danas/core/text_fault.h"
#include "value.h"
#include "yaml_fault.h"

namespace danas {
namespace {

class YamlEvents : public YAML::EventHandler {
 public:
  explicit YamlEvents(TreeBuilder& tree) : tree_(tree) {}

  // What yaml-cpp takes for a second document is, more often, a line that fits nowhere in the first.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (seen_document_) throw YAML::ParserException(mark, kSecondDocument);
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
      if (plain && text == "<<") {
        tree_.Fail(line, "merge keys ('<<') are not supported; write out the keys, or use an alias for the whole map");
      }
      tree_.Key(text, line);
      return;
    }
    Remember(anchor);
    tree_.Scalar(plain ? ScalarFromText(text, line) : Value{.kind = Value::Kind::kText, .line = line, .text = text});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    PrepareStart(mark, tag, anchor);
    tree_.StartList(mark.line + 1);
  }
  void OnSequenceEnd() override { tree_.End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    PrepareStart(mark, tag, anchor);
    tree_.StartMap(mark.line + 1);
  }
  void OnMapEnd() override { tree_.End(); }

 private:
  void PrepareStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (tree_.WantsKey()) throw YAML::ParserException(mark, kKeyIsNoText);
    if (!tag.empty() && tag != "?" && tag != "!") RefuseTag(mark.line + 1, tag);
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

}  // namespace

Value ReadYamlText(std::string_view text, const std::string& name, bool is_file) {
  // yaml-cpp turns a zero byte into something else, and reads UTF-16 in its own way.
  const auto fail = [&](const TextFault& fault) {
    throw ConfigError(is_file ? FaultText(name, fault) : name + ": " + fault.what);
  };
  if (const auto foreign = FindForeignBytes(text)) fail(*foreign);
  TreeBuilder tree(name);
  // yaml-cpp takes a quote that is still open at the last line break as closed; an end marker shows that it is not.
  std::istringstream stream(std::string(text) + (text.ends_with('\n') ? "...\n" : "\n...\n"));
  try {
    YAML::Parser parser(stream);
    YamlEvents events(tree);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const YAML::Exception& error) {
    fail(FindYamlFault(text, error.mark.line + 1, error.mark.column + 1, error.msg));
  }
  Value root = tree.Take();
  if (root.kind == Value::Kind::kNull && root.text.empty()) throw ConfigError(name + ": the file is empty");
  return root;
}

}  // namespace danas
