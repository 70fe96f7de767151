#include "adapters/legacy_tcp/io/http_answer.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string>
#include <utility>

namespace interconnect::legacy {
namespace {

constexpr std::uint64_t kMaxBodySize = 1024 * 1024;

}  // namespace

HttpAnswer::HttpAnswer() {
  parser_.body_limit(kMaxBodySize);
  parser_.eager(true);
}

std::optional<HttpResult> HttpAnswer::received(std::size_t size) {
  filled_ += size;
  boost::system::error_code error;
  const std::size_t used = parser_.put(boost::asio::buffer(buffer_.data(), filled_), error);
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(used), buffer_.begin() + static_cast<std::ptrdiff_t>(filled_),
            buffer_.begin());
  filled_ -= used;
  if (error && error != boost::beast::http::error::need_more) {
    return HttpFailure{"the answer is no HTTP: " + error.message()};
  }
  if (parser_.is_done()) return response();
  if (room().empty()) return HttpFailure{"the answer's header is too long"};
  return std::nullopt;
}

HttpResult HttpAnswer::ended(std::string_view why) {
  boost::system::error_code error;
  if (parser_.got_some()) parser_.put_eof(error);
  if (!error && parser_.is_done()) return response();
  return HttpFailure{"no whole answer: " + std::string(why)};
}

HttpResponse HttpAnswer::response() {
  auto& message = parser_.get();
  return {message.result_int(), std::string(message.reason()), std::move(message.body())};
}

}  // namespace interconnect::legacy
