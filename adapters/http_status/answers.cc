#include "adapters/http_status/answers.h"

#include <boost/beast/http/field.hpp>

namespace interconnect {
namespace {

namespace http = boost::beast::http;

constexpr char kRealm[] = "Basic realm=\"eventstore-interconnect\", charset=\"UTF-8\"";
constexpr char kNothingFromAnywhere[] = "default-src 'none'; frame-ancestors 'none'";

StatusPage page_for(const StatusRequest& request, const StatusRoutes& routes, const HttpAccess& access,
                    StatusResponse& response) {
  const auto route = routes.find(path_of(request));
  const bool known = is_known(request, access);
  if (!known && (route == routes.end() || !route->second.is_public)) {
    response.insert(http::field::www_authenticate, kRealm);
    if (access.token) response.insert(http::field::www_authenticate, "Bearer");
    return {.status = 401, .body = "this needs a login: see http.credentialsFile and http.tokenFile\n"};
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.set(http::field::allow, "GET, HEAD");
    return {.status = 405, .body = "only GET and HEAD\n"};
  }
  if (route != routes.end()) return route->second.page(known);
  std::string all = "there are:\n";
  for (const auto& [path, of_path] : routes) all += path + "\n";
  return {.status = 404, .body = all};
}

StatusResponse response_to(const StatusRequest& request) {
  StatusResponse response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  return response;
}

void fill(StatusResponse& response, StatusPage page, bool is_head) {
  response.result(page.status);
  response.set(http::field::content_type, page.content_type);
  response.set("Content-Security-Policy",
               page.content_security_policy.empty() ? kNothingFromAnywhere : page.content_security_policy);
  response.content_length(page.body.size());
  if (!is_head) response.body() = std::move(page.body);
}

}  // namespace

std::string path_of(const StatusRequest& request) {
  return std::string(request.target().substr(0, request.target().find('?')));
}

bool is_known(const StatusRequest& request, const HttpAccess& access) {
  const auto header = request[http::field::authorization];
  return is_allowed(access, std::string_view(header.data(), header.size()));
}

StatusResponse answer(const StatusRequest& request, const StatusRoutes& routes, const HttpAccess& access) {
  StatusResponse response = response_to(request);
  fill(response, page_for(request, routes, access, response), request.method() == http::verb::head);
  return response;
}

StatusResponse too_many(const StatusRequest& request) {
  StatusResponse response = response_to(request);
  response.set(http::field::retry_after, "10");
  fill(response, {.status = 503, .body = "too many pages are open\n"}, request.method() == http::verb::head);
  return response;
}

std::string feed_header() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n"
         "X-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\n\r\n";
}

}  // namespace interconnect
