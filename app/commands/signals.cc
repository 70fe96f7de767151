#include "app/commands/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "domain/exit_code.h"

namespace interconnect {
namespace {

sigset_t ending() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

extern "C" void leave_at_once(int) { std::_Exit(static_cast<int>(ExitCode::kKilledBySafetyRules)); }

}  // namespace

Signals::Signals() {
  const sigset_t set = ending();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = signalfd(-1, &set, SFD_CLOEXEC);
}

Signals::~Signals() {
  close(descriptor_);
  const sigset_t set = ending();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool Signals::wait(std::chrono::milliseconds time) {
  pollfd awaited{descriptor_, POLLIN, 0};
  if (poll(&awaited, 1, static_cast<int>(time.count())) <= 0) return false;
  signalfd_siginfo info;
  if (read(descriptor_, &info, sizeof info) != sizeof info) return false;
  std::signal(SIGINT, leave_at_once);
  std::signal(SIGTERM, leave_at_once);
  const sigset_t set = ending();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  return true;
}

}  // namespace interconnect
