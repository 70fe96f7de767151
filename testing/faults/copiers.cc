#include "testing/faults/copiers.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>

namespace interconnect::testing {
namespace {

constexpr ChildProcess::Limit kPatience{30'000};

std::string describe(const ExitStatus& status) {
  return status.signal != 0 ? "by signal " + std::to_string(status.signal) : "with " + std::to_string(status.code);
}

std::string arguments_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  for (char& c : text) {
    if (c == '\0') c = ' ';
  }
  return text;
}

}  // namespace

SupervisedCopier::SupervisedCopier(std::string name, Command command)
    : name_(std::move(name)), command_(std::move(command)) {
  start();
}

void SupervisedCopier::start() {
  process_ = std::make_unique<ChildProcess>(command_);
  past_output_ += "--- " + name_ + " starts: " + arguments_of(process_->pid()) + "\n";
}

void SupervisedCopier::kill() {
  process_->signal(SIGKILL);
  process_->wait(kPatience);
  remember("killed");
}

void SupervisedCopier::stop() {
  await("copying from ");  // before that, it does not catch signals
  process_->signal(SIGTERM);
  const auto status = process_->wait(kPatience);
  remember("asked to stop");
  if (!status) throw Failure(name_ + " does not stop");
  if (*status != ExitStatus{0, 0}) throw Failure(name_ + " was asked to stop and ended " + describe(*status));
}

void SupervisedCopier::look_after(const std::set<int>& more) {
  if (process_ == nullptr) return;
  const auto status = process_->wait(ChildProcess::Limit{0});
  if (!status) return;
  remember("ended " + describe(*status));
  if (status->signal != 0 || (status->code != 1 && !more.contains(status->code))) {
    throw Failure(name_ + " ended " + describe(*status));
  }
  ++restarts_;
  start();
}

void SupervisedCopier::await(const std::string& part) {
  if (!process_->wait_for_line(part, kPatience)) throw Failure(name_ + " does not say: " + part);
}

int SupervisedCopier::await_end() {
  const auto status = process_->wait(kPatience);
  if (!status) throw Failure(name_ + " does not end");
  remember("ended " + describe(*status));
  if (status->signal != 0) throw Failure(name_ + " ended " + describe(*status));
  return status->code;
}

std::string SupervisedCopier::output() const {
  return process_ == nullptr ? past_output_ : past_output_ + process_->output();
}

void SupervisedCopier::remember(const std::string& how) {
  std::string written = process_->output();
  past_output_ += written + "--- " + how + "\n";
  while (written.ends_with('\n')) written.pop_back();
  last_line_ = written.substr(written.rfind('\n') + 1);
  process_.reset();
}

}  // namespace interconnect::testing
