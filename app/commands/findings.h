#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <utility>

#include "app/next_step.h"
#include "domain/exit_code.h"
#include "domain/store.h"
#include "domain/store_error.h"

namespace interconnect {

// What a check found, told as it is found.
class Findings {
 public:
  // `before`: called before each line.
  explicit Findings(
      std::ostream& out, std::function<void()> before = [] {})
      : out_(out), before_(std::move(before)) {}

  void good(const std::string& text) { tell("ok    ", text); }
  // Worth a look; does not hinder the copy.
  void warning(const std::string& text) { tell("warn  ", text); }
  void fault(const std::string& text) {
    is_faulty_ = true;
    tell("FAULT ", text);
  }
  // The credentials or rights do not suffice.
  void refusal(const std::string& text) {
    is_refused_ = true;
    tell("FAULT ", text);
  }
  void error(Store store, const std::string& text, const StoreError& error) {
    const bool refused = error.kind == ErrorKind::kNotAuthenticated || error.kind == ErrorKind::kAccessDenied;
    const std::string line = text + ": " + error.message + next_step(store, error);
    refused ? refusal(line) : fault(line);
  }

  ExitCode exit_code() const {
    if (is_refused_) return ExitCode::kRefusedByServer;
    return is_faulty_ ? ExitCode::kKilledBySafetyRules : ExitCode::kStopped;
  }

 private:
  void tell(const char* level, const std::string& text) {
    before_();
    out_ << level << text << std::endl;
  }

  std::ostream& out_;
  std::function<void()> before_;
  bool is_faulty_ = false;
  bool is_refused_ = false;
};

}  // namespace interconnect
