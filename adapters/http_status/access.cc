#include "adapters/http_status/access.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace interconnect {
namespace {

constexpr std::string_view kBasic = "Basic ";
constexpr std::string_view kBearer = "Bearer ";

// Without a hint at where they begin to differ.
bool is_same(std::string_view given, std::string_view expected) {
  std::size_t differs = given.size() ^ expected.size();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const char c = i < given.size() ? given[i] : '\0';
    differs |= static_cast<unsigned char>(c) ^ static_cast<unsigned char>(expected[i]);
  }
  return differs == 0;
}

// Abseil's own string_view is a type apart where the library was built for C++14, as Debian's was.
absl::string_view to_abseil(std::string_view text) { return {text.data(), text.size()}; }

// RFC 9110: schemes are told apart without regard to case.
bool has_scheme(std::string_view authorization, std::string_view scheme) {
  return absl::StartsWithIgnoreCase(to_abseil(authorization), to_abseil(scheme));
}

bool is_login(const HttpAccess& access, std::string_view encoded) {
  std::string login;
  if (!absl::Base64Unescape(to_abseil(encoded), &login)) return false;
  const std::size_t colon = login.find(':');
  if (colon == std::string::npos) return false;
  const std::string_view user = std::string_view(login).substr(0, colon);
  const std::string_view password = std::string_view(login).substr(colon + 1);
  const bool by_token = access.token && is_same(password, *access.token);
  if (!access.credentials) return by_token;
  const bool is_user = is_same(user, access.credentials->username);
  const bool is_password = is_same(password, access.credentials->password);
  return by_token || (is_user && is_password);
}

}  // namespace

bool is_allowed(const HttpAccess& access, std::string_view authorization) {
  if (access.is_open()) return true;
  if (has_scheme(authorization, kBasic)) return is_login(access, authorization.substr(kBasic.size()));
  if (!access.token || !has_scheme(authorization, kBearer)) return false;
  return is_same(authorization.substr(kBearer.size()), *access.token);
}

std::string authorization_for(const HttpAccess& access) {
  if (access.token) return std::string(kBearer) + *access.token;
  if (!access.credentials) return "";
  const std::string login = access.credentials->username + ":" + access.credentials->password;
  std::string encoded;
  absl::Base64Escape(to_abseil(login), &encoded);
  return std::string(kBasic) + encoded;
}

}  // namespace interconnect
