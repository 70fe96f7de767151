#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace interconnect {

// The bytes of a file, or nothing if it cannot be read or is larger than `most`.
std::optional<std::string> read_file(const std::string& path, std::size_t most);

// The secret that a file holds, without the line's end; nothing if it cannot be read, is empty or is larger than 64
// KiB.
std::optional<std::string> read_secret_file(const std::string& path);

// The path as it is if it is absolute, else from the folder in which `file` is.
std::string path_beside(const std::string& file, const std::string& path);

}  // namespace interconnect
