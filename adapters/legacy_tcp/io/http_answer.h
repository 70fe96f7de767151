#pragma once

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "adapters/legacy_tcp/io/http_message.h"

namespace interconnect::legacy {

// One answer, read as its bytes come. Bodies beyond 1 MiB and headers beyond 16 KiB are no answer.
class HttpAnswer {
 public:
  HttpAnswer();

  // Where the next bytes go; never empty before there is a result.
  std::span<char> room() { return std::span(buffer_).subspan(filled_); }
  // So many bytes were put there. Returns the result once there is one; nothing is to be put after that.
  std::optional<HttpResult> received(std::size_t size);
  // No more will come. An answer without a length ends so.
  HttpResult ended(std::string_view why);

 private:
  HttpResponse response();

  boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
  std::array<char, 16 * 1024> buffer_{};
  std::size_t filled_ = 0;
};

}  // namespace interconnect::legacy
