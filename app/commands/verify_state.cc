#include "app/commands/verify_state.h"

#include <rapidjson/document.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "domain/excerpt.h"
#include "domain/status/json_writer.h"

namespace interconnect {
namespace {

using rapidjson::Value;

constexpr int kFormat = 1;

struct Count {
  const char* name;
  std::uint64_t VerifyCounts::*count;
};
constexpr Count kCounts[] = {{"streams", &VerifyCounts::streams},
                             {"events", &VerifyCounts::events},
                             {"filtered", &VerifyCounts::filtered},
                             {"invalid", &VerifyCounts::invalid},
                             {"parked", &VerifyCounts::parked},
                             {"hidden", &VerifyCounts::hidden},
                             {"gone", &VerifyCounts::gone},
                             {"repeated", &VerifyCounts::repeated},
                             {"superseded", &VerifyCounts::superseded},
                             {"streamsGone", &VerifyCounts::streams_gone},
                             {"unproven", &VerifyCounts::unproven}};

const Value* find(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

template <typename Number>
bool take_list(const Value& object, const char* name, std::vector<Number>& into) {
  const Value* list = find(object, name);
  if (list == nullptr || !list->IsArray()) return false;
  for (const Value& value : list->GetArray()) {
    if (!value.IsInt64()) return false;
    into.push_back(static_cast<Number>(value.GetInt64()));
  }
  return true;
}

bool take_count(const Value& object, const char* name, std::uint64_t& into) {
  const Value* value = find(object, name);
  if (value == nullptr || !value->IsUint64()) return false;
  into = value->GetUint64();
  return true;
}

std::string reason() { return std::system_category().message(errno); }

}  // namespace

std::string state_text(const VerifyProgress& progress, std::string_view of) {
  JsonWriter json;
  json.object().member("format", kFormat).member("of", of);
  const auto list = [&json](std::string_view name, const auto& values) {
    json.name(name).array();
    for (const auto value : values) json.value(value);
    json.end_array();
  };
  list("ends", progress.ends);
  json.member("begun", progress.begun).member("last", progress.last);
  list("open", progress.open);
  list("different", progress.different);
  json.name("counts").object();
  for (const Count& count : kCounts) json.member(count.name, progress.counts.*count.count);
  json.end_object().end_object();
  return json.take() + "\n";
}

std::variant<VerifyProgress, std::string> read_state(const std::string& text, std::string_view of) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) return "it is no state of verify";
  const Value* format = find(document, "format");
  if (format == nullptr || !format->IsInt() || format->GetInt() != kFormat) return "it is no state of this version";
  const Value* is_of = find(document, "of");
  if (is_of == nullptr || !is_of->IsString() || is_of->GetString() != of) {
    return "it is of another configuration, or of other options";
  }
  VerifyProgress progress;
  const Value* last = find(document, "last");
  const Value* counts = find(document, "counts");
  bool is_good = take_list(document, "ends", progress.ends) && take_count(document, "begun", progress.begun) &&
                 take_list(document, "open", progress.open) && take_list(document, "different", progress.different) &&
                 last != nullptr && last->IsString() && counts != nullptr;
  if (is_good) progress.last.assign(last->GetString(), last->GetStringLength());
  for (const Count& count : kCounts) {
    is_good = is_good && take_count(*counts, count.name, progress.counts.*count.count);
  }
  if (!is_good) return "it is damaged";
  return progress;
}

std::optional<VerifyProgress> load_state(const std::string& file, std::string_view of) {
  std::ifstream stream(file);
  if (!stream) {
    if (errno == ENOENT) return std::nullopt;
    throw std::runtime_error("verify: --state " + file + " cannot be read: " + reason() +
                             ": name a file that this user may read");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  auto read = read_state(text, of);
  if (const auto* why = std::get_if<std::string>(&read)) {
    throw std::runtime_error("verify: --state " + file + ": " + *why + ": name another file, or remove this one");
  }
  return std::get<VerifyProgress>(std::move(read));
}

void save_state(const std::string& file, const VerifyProgress& progress, std::string_view of) {
  const std::string next = file + ".new";
  std::ofstream stream(next, std::ios::trunc);
  stream << state_text(progress, of) << std::flush;
  const bool is_written = stream.good();
  stream.close();
  if (!is_written || std::rename(next.c_str(), file.c_str()) != 0) {
    throw std::runtime_error("verify: --state " + file + " cannot be written: " + reason() +
                             ": name a file in a folder that this user may write to");
  }
}

}  // namespace interconnect
