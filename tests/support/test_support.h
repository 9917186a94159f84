// What tests of every room share: a folder that removes itself, small files, errors by kind and words, and the way to
// the sources' own files and to data from outside. Torch-free.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>

namespace danas::test {

// A fresh empty folder that is removed, with all in it, at the end of the scope.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "danas-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    }
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;  // a folder left behind is no failure of the test
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Writes `text` as it is, making the folders on the way; returns `path`.
inline std::filesystem::path WriteText(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) {
    throw std::runtime_error("cannot write " + path.string());
  }
  return path;
}

// The whole file as it is.
inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw std::runtime_error("cannot read " + path.string());
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A file of the checkout, such as SourcePath("tests/golden/macs.json") or SourcePath("configs").
inline std::filesystem::path SourcePath(std::string_view relative) {
  return std::filesystem::path(DANAS_SOURCE_DIR) / relative;
}

// Runs `action`, expects an ErrorType from it, and expects each of `words` in its message. The message comes back for
// further checks; it is empty when the expectation failed.
template <typename ErrorType, typename Action>
std::string ExpectErrorContains(Action&& action, std::initializer_list<std::string_view> words) {
  std::string message;
  try {
    action();
    ADD_FAILURE() << "nothing was thrown; expected an error about \"" << (words.size() ? *words.begin() : "") << '"';
    return message;
  } catch (const ErrorType& error) {
    message = error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "threw a " << typeid(error).name() << ", not the expected kind: " << error.what();
    return message;
  }
  for (const std::string_view word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << "expected \"" << word << "\" in: " << message;
  }
  return message;
}

// A file or folder of the outside data that the environment variable DANAS_TEST_DATA names, or nothing without the
// variable. A variable that is set, but names no such file, is a mistake and throws.
inline std::optional<std::filesystem::path> TestData(std::string_view relative) {
  const char* root = std::getenv("DANAS_TEST_DATA");
  if (root == nullptr || *root == '\0') {
    return std::nullopt;
  }
  const std::filesystem::path path = std::filesystem::path(root) / relative;
  if (!std::filesystem::exists(path)) {
    throw std::runtime_error("DANAS_TEST_DATA is set, but there is no " + path.string());
  }
  return path;
}

}  // namespace danas::test

// Declares `name`, the path of outside data, or skips the test. Such tests stand in a suite of their own, since ctest
// shows a suite with a skipped test as skipped.
#define DANAS_TEST_DATA_OR_SKIP(name, relative)                                              \
  const auto name##_found = ::danas::test::TestData(relative);                               \
  if (!name##_found) {                                                                       \
    GTEST_SKIP() << "needs " << (relative) << " from the folder that DANAS_TEST_DATA names"; \
  }                                                                                          \
  const std::filesystem::path name = *name##_found
