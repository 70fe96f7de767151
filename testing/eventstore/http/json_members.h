#pragma once

#include <cstdint>
#include <string>

#include "rapidjson/rapidjson.h"

namespace interconnect::eventstore {

// A member of the object that a RapidJSON writer is in.

template <typename Writer>
void text(Writer& w, const char* key, const std::string& value) {
  w.Key(key);
  w.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

template <typename Writer>
void number(Writer& w, const char* key, std::int64_t value) {
  w.Key(key);
  w.Int64(value);
}

template <typename Writer>
void flag(Writer& w, const char* key, bool value) {
  w.Key(key);
  w.Bool(value);
}

}  // namespace interconnect::eventstore
