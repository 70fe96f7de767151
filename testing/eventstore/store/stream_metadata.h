#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interconnect::eventstore {

enum class Access { kRead, kWrite, kDelete, kMetaRead, kMetaWrite };

using Roles = std::optional<std::vector<std::string>>;

struct Acl {
  Roles read, write, remove, meta_read, meta_write;

  const Roles& roles_for(Access access) const;
};

// What the last event of $$stream says about the stream.
struct StreamMetadata {
  std::optional<std::int64_t> max_count;
  std::optional<std::int64_t> max_age_seconds;
  std::optional<std::int64_t> truncate_before;
  std::optional<Acl> acl;

  // Of a text that is no such JSON nothing is taken, as the servers do.
  static StreamMetadata parse(std::string_view json);
  // The same text with its $tb set, or nothing if it is no JSON object.
  static std::optional<std::string> with_truncate_before(std::string_view json, std::int64_t number);
};

// The access rules of the $settings stream: for streams of users and of the system ($...).
struct SystemSettings {
  std::optional<Acl> user_streams;
  std::optional<Acl> system_streams;

  static SystemSettings parse(std::string_view json);
};

}  // namespace interconnect::eventstore
