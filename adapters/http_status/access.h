#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/store_settings.h"

namespace interconnect {

// Who may see what is served over HTTP: whoever has one of these. Where there is neither, everyone.
struct HttpAccess {
  std::optional<Credentials> credentials;  // HTTP basic authentication
  std::optional<std::string> token;        // a bearer token

  bool is_open() const { return !credentials && !token; }

  friend bool operator==(const HttpAccess&, const HttpAccess&) = default;
};

// Whether the value of a request's Authorization header suffices. A browser has no way to send a bearer token, so the
// token is taken as the password of a basic login, too, whatever the user's name. Takes the same time whatever is
// wrong.
bool is_allowed(const HttpAccess& access, std::string_view authorization);

// The value of a header that suffices; empty where everyone may.
std::string authorization_for(const HttpAccess& access);

}  // namespace interconnect
