#include "app/configuration/files.h"

#include <filesystem>
#include <fstream>

namespace interconnect {
namespace {

constexpr std::size_t kMaxSecret = 64 * 1024;  // bytes

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::size_t most) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  // Read, not asked for its size: a secret may come by a pipe.
  std::string bytes(most + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad() || static_cast<std::size_t>(stream.gcount()) > most) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

std::optional<std::string> read_secret_file(const std::string& path) {
  auto secret = read_file(path, kMaxSecret);
  if (secret && secret->ends_with('\n')) secret->pop_back();
  if (secret && secret->ends_with('\r')) secret->pop_back();
  if (secret && secret->empty()) return std::nullopt;
  return secret;
}

std::string path_beside(const std::string& file, const std::string& path) {
  return (std::filesystem::path(file).parent_path() / path).string();
}

}  // namespace interconnect
