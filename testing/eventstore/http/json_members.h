#ifndef TESTING_EVENTSTORE_HTTP_JSON_MEMBERS_H_
#define TESTING_EVENTSTORE_HTTP_JSON_MEMBERS_H_

#include <cstdint>
#include <string>

#include "rapidjson/rapidjson.h"

namespace interconnect::eventstore {

// A member of the object that a RapidJSON writer is in.

template <typename Writer>
void Text(Writer& w, const char* key, const std::string& value) {
  w.Key(key);
  w.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

template <typename Writer>
void Number(Writer& w, const char* key, std::int64_t value) {
  w.Key(key);
  w.Int64(value);
}

template <typename Writer>
void Flag(Writer& w, const char* key, bool value) {
  w.Key(key);
  w.Bool(value);
}

}  // namespace interconnect::eventstore

#endif  // TESTING_EVENTSTORE_HTTP_JSON_MEMBERS_H_
