#include "danas/core/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "danas/core/error.h"

namespace danas {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) { throw FileError("cannot read " + path.string() + ": " + why); };
  // O_NONBLOCK: a named pipe would wait for a writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(std::strerror(errno));
  struct stat status {};
  int error = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  const bool regular = error == 0 && S_ISREG(status.st_mode);
  void* start = nullptr;
  const auto size = static_cast<size_t>(status.st_size);
  if (regular && size > 0) {
    start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (start == MAP_FAILED) error = errno;
  }
  ::close(descriptor);
  if (error != 0) fail(std::strerror(error));
  if (!regular) fail("it is not a file");
  if (size > 0) bytes_ = {static_cast<const uint8_t*>(start), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace danas
