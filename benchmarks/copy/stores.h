#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "testing/end_to_end/store.h"

namespace interconnect::copy_benchmark {

using Variables = std::map<std::string, std::string>;

// One side of a copy: a test event store in a process of its own, or a store that runs somewhere.
class BenchmarkStore final {
 public:
  // "test:legacy", "test:21.2.0" (Append) and "test:21.10" (BatchAppend) are test event stores;
  // "legacy:HOST:TCP-PORT:HTTP-PORT" and "esdb://..." a store that runs. Throws Failure for anything else.
  explicit BenchmarkStore(std::string address, std::string user = "", std::string password = "");

  // Short, for the table.
  const std::string& name() const { return name_; }
  bool is_own() const { return !test_version_.empty(); }

  // A new and empty process, if it is our own.
  void renew();
  void stop() { own_.reset(); }

  // What the copier's environment says of it; `side` is SRC or DST.
  Variables environment(const std::string& side) const;

  // Of our own.
  pid_t process() const { return own_->process_id(); }
  void throttle(int events_per_second);

 private:
  std::string address_;
  std::string user_;
  std::string password_;
  std::string name_;
  std::string test_version_;
  std::unique_ptr<testing::Store> own_;
};

}  // namespace interconnect::copy_benchmark
