#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace interconnect {

// Has a coroutine wait for what is told to a callback: calls `start` with a function that resumes the caller with its
// argument. It is to be called once, and never from within `start`.
template <typename Result, typename Start>
auto await_answer(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result)>(
      [start = std::move(start)](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies
        start([shared](Result result) { (*shared)(std::move(result)); });
      },
      boost::asio::use_awaitable);
}

}  // namespace interconnect
