#include "testing/eventstore/store/stream_metadata.h"

#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace interconnect::eventstore {
namespace {

std::optional<std::int64_t> integer(const rapidjson::Value& object, const char* name) {
  auto it = object.FindMember(name);
  if (it == object.MemberEnd() || !it->value.IsInt64()) return std::nullopt;
  return it->value.GetInt64();
}

Roles parse_roles(const rapidjson::Value& acl, const char* name) {
  auto it = acl.FindMember(name);
  if (it == acl.MemberEnd()) return std::nullopt;
  std::vector<std::string> roles;
  if (it->value.IsString()) roles.emplace_back(it->value.GetString(), it->value.GetStringLength());
  if (it->value.IsArray()) {
    for (const auto& role : it->value.GetArray()) {
      if (role.IsString()) roles.emplace_back(role.GetString(), role.GetStringLength());
    }
  }
  return roles;
}

std::optional<Acl> parse_acl(const rapidjson::Value& object, const char* name) {
  auto it = object.FindMember(name);
  if (it == object.MemberEnd() || !it->value.IsObject()) return std::nullopt;
  const rapidjson::Value& v = it->value;
  return Acl{parse_roles(v, "$r"), parse_roles(v, "$w"), parse_roles(v, "$d"), parse_roles(v, "$mr"),
             parse_roles(v, "$mw")};
}

}  // namespace

const Roles& Acl::roles_for(Access access) const {
  switch (access) {
    case Access::kRead:
      return read;
    case Access::kWrite:
      return write;
    case Access::kDelete:
      return remove;
    case Access::kMetaRead:
      return meta_read;
    case Access::kMetaWrite:
      return meta_write;
  }
  return read;
}

StreamMetadata StreamMetadata::parse(std::string_view json) {
  rapidjson::Document d;
  if (d.Parse(json.data(), json.size()).HasParseError() || !d.IsObject()) return {};
  StreamMetadata metadata;
  metadata.max_count = integer(d, "$maxCount");
  metadata.max_age_seconds = integer(d, "$maxAge");
  metadata.truncate_before = integer(d, "$tb");
  metadata.acl = parse_acl(d, "$acl");
  return metadata;
}

std::optional<std::string> StreamMetadata::with_truncate_before(std::string_view json, std::int64_t number) {
  rapidjson::Document d;
  if (d.Parse(json.data(), json.size()).HasParseError() || !d.IsObject()) return std::nullopt;
  if (auto it = d.FindMember("$tb"); it != d.MemberEnd()) {
    it->value.SetInt64(number);
  } else {
    d.AddMember("$tb", rapidjson::Value(number), d.GetAllocator());
  }
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> writer(out);
  d.Accept(writer);
  return std::string(out.GetString(), out.GetSize());
}

SystemSettings SystemSettings::parse(std::string_view json) {
  rapidjson::Document d;
  if (d.Parse(json.data(), json.size()).HasParseError() || !d.IsObject()) return {};
  return {parse_acl(d, "$userStreamAcl"), parse_acl(d, "$systemStreamAcl")};
}

}  // namespace interconnect::eventstore
