#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ports/store_inspector.h"

namespace interconnect::http_api {

struct HttpReply {
  int status = 0;         // 0: there was no answer
  std::string body;       // why, if there was none
  std::string node = {};  // HOST:PORT that was asked, where that is known
};

// GET of a path, percent-encoded, with the store's credentials, at the node that is to be asked. Calls back once, from
// the event loop.
using HttpGet = std::function<void(const std::string& target, std::function<void(const HttpReply&)> done)>;

// Answers the port's questions by the HTTP API. `get` may call back after the inspector is gone: nobody is told.
std::unique_ptr<StoreInspector> make_http_inspector(HttpGet get);

}  // namespace interconnect::http_api
