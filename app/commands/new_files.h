#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace interconnect {

struct NewFile {
  std::string path;
  std::string content;
  mode_t mode = 0644;  // what the umask leaves of it
};

// Writes all of them, or none: each beside its place first, then put there. One that is there already is kept, unless
// `overwrites`. Throws std::runtime_error, which names the file.
void write_new_files(const std::vector<NewFile>& files, bool overwrites);

}  // namespace interconnect
