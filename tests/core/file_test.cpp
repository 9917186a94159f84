#include "danas/core/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <stdexcept>
#include <vector>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::ReadText;
using test::TempDir;
using test::WriteText;

std::vector<std::string> NamesIn(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

// Runs `body` in a child process whose files cannot grow past `bytes`; true when it returned true.
bool WithFileSizeLimit(rlim_t bytes, const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(ReadFile, GivesTheBytesAsTheyAre) {
  const TempDir folder;
  const std::string bytes("a\0b\r\n\xff", 6);
  EXPECT_EQ(ReadFile(WriteText(folder / "bytes", bytes)), bytes);
  EXPECT_EQ(ReadFile(WriteText(folder / "empty", "")), "");
  const std::string large(200'000, 'x');
  EXPECT_EQ(ReadFile(WriteText(folder / "large", large)), large);
}

TEST(ReadBlocks, GivesTheBytesInOrder) {
  const TempDir folder;
  std::string large(2'500'000, 'x');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i / 1000);
  std::string read;
  ReadBlocks(WriteText(folder / "large", large), [&](std::string_view block) {
    EXPECT_LE(block.size(), size_t{1} << 20);
    read += block;
  });
  EXPECT_TRUE(read == large);
  ReadBlocks(WriteText(folder / "empty", ""), [](std::string_view) { FAIL() << "there is nothing to read"; });
  ExpectErrorContains<FileError>([&] { ReadBlocks(folder / "absent", [](std::string_view) {}); }, {"absent"});
}

TEST(ReadFile, SaysWhyItCannot) {
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { ReadFile(folder / "absent"); }, {"absent", "No such file"});
  ExpectErrorContains<FileError>([&] { ReadFile(folder.path()); }, {folder.path().string(), "directory"});
  ExpectErrorContains<FileError>([&] { ReadFile("/proc/self/mem"); }, {"/proc/self/mem"});
}

TEST(ReadFile, StopsAtTheLimit) {
  const TempDir folder;
  const auto path = WriteText(folder / "five", "12345");
  EXPECT_EQ(ReadFile(path, 5), "12345");
  ExpectErrorContains<FileError>([&] { ReadFile(path, 4); }, {"five", "too large"});
  ExpectErrorContains<FileError>([] { ReadFile("/dev/zero", 1 << 20); }, {"/dev/zero", "too large"});
}

TEST(WriteFileAtomically, ReplacesTheWholeFile) {
  const TempDir folder;
  const auto path = folder / "file";
  WriteFileAtomically(path, std::string_view("a longer first content"));
  WriteFileAtomically(path, std::string_view("b\0c", 3));
  EXPECT_EQ(ReadText(path), std::string("b\0c", 3));
  WriteFileAtomically(path, [](const AppendBytes& append) {
    append("one ", 4);
    append("two", 3);
  });
  EXPECT_EQ(ReadText(path), "one two");
  EXPECT_EQ(NamesIn(folder.path()), std::vector<std::string>{"file"});
}

TEST(WriteFileAtomically, LeavesPipesAndDevicesInTheirPlace) {
  const TempDir folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  ExpectErrorContains<FileError>([&] { WriteFileAtomically(pipe, std::string_view("text")); },
                                 {pipe.string(), "it is a device or a pipe"});
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(NamesIn(folder.path()), std::vector<std::string>{"pipe"});
}

TEST(WriteFileAtomically, WorksInTheCurrentFolder) {
  const TempDir folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  WriteFileAtomically("plain-name", std::string_view("text"));
  std::filesystem::current_path(before);
  EXPECT_EQ(ReadText(folder / "plain-name"), "text");
}

TEST(WriteFileAtomically, FailureOfTheWriterLeavesTheOldFile) {
  const TempDir folder;
  const auto path = WriteText(folder / "file", "old");
  const auto write = [](const AppendBytes& append) {
    append("half", 4);
    throw std::runtime_error("stopped half way");
  };
  ExpectErrorContains<std::runtime_error>([&] { WriteFileAtomically(path, write); }, {"half way"});
  EXPECT_EQ(ReadText(path), "old");
  EXPECT_EQ(NamesIn(folder.path()), std::vector<std::string>{"file"});
}

TEST(WriteFileAtomically, FullDiskLeavesTheOldFile) {
  const TempDir folder;
  const auto path = WriteText(folder / "file", "old");
  const auto write = [&] {
    try {
      WriteFileAtomically(path, std::string(100'000, 'x'));
    } catch (const FileError& error) {
      return std::string_view(error.what()).find("too large") != std::string_view::npos;
    }
    return false;
  };
  EXPECT_TRUE(WithFileSizeLimit(10'000, write));
  EXPECT_EQ(ReadText(path), "old");
  EXPECT_EQ(NamesIn(folder.path()), std::vector<std::string>{"file"});
}

TEST(WriteFileAtomically, SaysWhyItCannot) {
  const TempDir folder;
  WriteText(folder / "file", "old");
  ExpectErrorContains<FileError>([&] { WriteFileAtomically(folder / "absent/file", std::string_view("x")); },
                                 {"absent/file", "No such file"});
  ExpectErrorContains<FileError>([&] { WriteFileAtomically(folder / "file/below", std::string_view("x")); },
                                 {"file/below", "Not a directory"});
  ExpectErrorContains<FileError>([&] { WriteFileAtomically(folder.path(), std::string_view("x")); },
                                 {folder.path().string(), "directory"});
  EXPECT_EQ(ReadText(folder / "file"), "old");
}

TEST(WriteFileAtomically, NeedsPermission) {
  if (geteuid() == 0) {
    // For root every folder is open; /proc takes no new files from anyone.
    ExpectErrorContains<FileError>([] { WriteFileAtomically("/proc/danas", std::string_view("x")); }, {"/proc/danas"});
    return;
  }
  const TempDir folder;
  chmod(folder.path().c_str(), 0500);
  ExpectErrorContains<FileError>([&] { WriteFileAtomically(folder / "file", std::string_view("x")); },
                                 {"file", "Permission denied"});
  chmod(folder.path().c_str(), 0700);
}

TEST(FlushToDisk, TakesFilesAndFoldersAndSaysWhyItCannot) {
  const TempDir folder;
  WriteText(folder / "file", "x");
  FlushToDisk(folder / "file");
  FlushToDisk(folder.path());
  ExpectErrorContains<FileError>([&] { FlushToDisk(folder / "absent"); }, {"flush", "absent", "No such file"});
}

TEST(MakeFolders, MakesThoseAboveAndTakesWhatIsThere) {
  const TempDir folder;
  MakeFolders(folder / "a/b/c/");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
  MakeFolders(folder / "a/b");
  WriteText(folder / "file", "x");
  ExpectErrorContains<FileError>([&] { MakeFolders(folder / "file/below"); }, {"file/below", "Not a directory"});
  ExpectErrorContains<FileError>([&] { MakeFolders(folder / "file"); }, {"file", "Not a directory"});
  EXPECT_EQ(ReadText(folder / "file"), "x");
}

TEST(CopyFileAtomically, CopiesTheBytesOrNothing) {
  const TempDir folder;
  const std::string large(3'000'000, 'y');
  CopyFileAtomically(WriteText(folder / "large", large), folder / "copy");
  EXPECT_EQ(ReadText(folder / "copy"), large);
  CopyFileAtomically(WriteText(folder / "empty", ""), folder / "copy");
  EXPECT_EQ(ReadText(folder / "copy"), "");
  ExpectErrorContains<FileError>([&] { CopyFileAtomically(folder / "absent", folder / "copy"); },
                                 {"read", "absent", "No such file"});
  EXPECT_EQ(ReadText(folder / "copy"), "");
}

TEST(AppendFile, GrowsAndKeepsWhatWasThere) {
  const TempDir folder;
  const auto path = WriteText(folder / "log", "one\n");
  {
    AppendFile file(path);
    file.Append("two\n");
    EXPECT_EQ(ReadText(path), "one\ntwo\n");  // at once, not at the end
    file.Append("three\n");
  }
  EXPECT_EQ(ReadText(path), "one\ntwo\nthree\n");
}

TEST(AppendFile, FullDiskLeavesNoHalfLine) {
  const TempDir folder;
  const auto path = WriteText(folder / "log", "one\n");
  const auto append = [&] {
    AppendFile file(path);
    try {
      file.Append(std::string(2'000, 'x') + "\n");
    } catch (const FileError&) {
      return true;
    }
    return false;
  };
  EXPECT_TRUE(WithFileSizeLimit(1'000, append));
  EXPECT_EQ(ReadText(path), "one\n");
}

TEST(AppendFile, AFileThatWasRemovedIsNotWrittenOn) {
  const TempDir folder;
  AppendFile file(folder / "log");
  file.Append("one\n");
  std::filesystem::remove(folder / "log");
  ExpectErrorContains<FileError>([&] { file.Append("two\n"); }, {"log", "was removed"});
}

TEST(AppendFile, SaysWhyItCannot) {
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { AppendFile file(folder / "absent/log"); }, {"absent/log", "No such file"});
  AppendFile full("/dev/full");
  ExpectErrorContains<FileError>([&] { full.Append("x"); }, {"/dev/full", "No space left"});
}

}  // namespace
}  // namespace danas
