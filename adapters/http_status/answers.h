#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "adapters/http_status/access.h"
#include "adapters/http_status/pages.h"

namespace interconnect {

using StatusRequest = boost::beast::http::request<boost::beast::http::string_body>;
using StatusResponse = boost::beast::http::response<boost::beast::http::string_body>;

// The part of the request's target that names a page.
std::string path_of(const StatusRequest& request);

// Whether whoever asks has shown credentials, or needs none.
bool is_known(const StatusRequest& request, const HttpAccess& access);

// The answer to any request but a good one for the feed.
StatusResponse answer(const StatusRequest& request, const StatusRoutes& routes, const HttpAccess& access);
// To one that would be the feed's, but for there being no room.
StatusResponse too_many(const StatusRequest& request);

// What comes before the feed's events, to the end of the header.
std::string feed_header();

}  // namespace interconnect
