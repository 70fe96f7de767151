#include "app/commands/new_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace interconnect {
namespace {

[[noreturn]] void fail(const std::string& path) {
  const int error = errno;
  if (error == EEXIST) throw std::runtime_error(path + " is there already: name another file, or give --force");
  throw std::runtime_error(path + " cannot be written: " + std::strerror(error) +
                           ": name a file in a folder that this user may write to");
}

// Beside the place of a file; gone with the object.
class Draft {
 public:
  explicit Draft(const NewFile& file) : path_(file.path), draft_(file.path + ".XXXXXX") {
    const int fd = mkostemp(draft_.data(), O_CLOEXEC);  // 0600
    if (fd < 0) fail(path_);
    is_there_ = true;
    const mode_t mask = umask(0);
    umask(mask);
    std::size_t written = 0;
    while (written < file.content.size()) {
      const ssize_t count = write(fd, file.content.data() + written, file.content.size() - written);
      if (count <= 0) break;
      written += static_cast<std::size_t>(count);
    }
    const bool is_whole = written == file.content.size() && fchmod(fd, file.mode & ~mask) == 0 && fsync(fd) == 0;
    const int error = errno;
    close(fd);
    if (is_whole) return;
    unlink(draft_.c_str());
    errno = error;
    fail(path_);
  }
  ~Draft() {
    if (is_there_) unlink(draft_.c_str());
  }

  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void put(bool overwrites) {
    const unsigned flags = overwrites ? 0 : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, path_.c_str(), flags) == 0) {
      is_there_ = false;
      return;
    }
    // Not every file system knows that flag; a link is never put over a file.
    if (overwrites || errno != EINVAL || link(draft_.c_str(), path_.c_str()) != 0) fail(path_);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string draft_;
  bool is_there_ = false;
};

}  // namespace

void write_new_files(const std::vector<NewFile>& files, bool overwrites) {
  std::vector<std::unique_ptr<Draft>> drafts;
  for (const NewFile& file : files) drafts.push_back(std::make_unique<Draft>(file));
  std::vector<std::string> put;
  try {
    for (const auto& draft : drafts) {
      draft->put(overwrites);
      put.push_back(draft->path());
    }
  } catch (const std::runtime_error&) {
    // What was there before is gone all the same where it was to be overwritten.
    if (!overwrites) {
      for (const std::string& path : put) unlink(path.c_str());
    }
    throw;
  }
}

}  // namespace interconnect
