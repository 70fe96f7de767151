#include "app/commands/prompt.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <iostream>

namespace interconnect {
namespace {

// While it lives, what is typed is not shown.
class Unseen {
 public:
  Unseen() {
    tcgetattr(STDIN_FILENO, &before_);
    termios unseen = before_;
    unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    unseen.c_lflag |= ECHONL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
  }
  ~Unseen() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
};

std::string trimmed(const std::string& text) {
  constexpr char kSpace[] = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

bool Prompt::is_possible() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

void Prompt::tell(const std::string& text) { std::cerr << text << std::endl; }

std::optional<std::string> Prompt::ask(const std::string& question) {
  std::cerr << question << " " << std::flush;
  const auto line = read_line();
  if (!line) return std::nullopt;
  return trimmed(*line);
}

std::optional<std::string> Prompt::ask_secret(const std::string& question) {
  const Unseen unseen;
  std::cerr << question << " " << std::flush;
  return read_line();
}

std::optional<std::string> Prompt::read_line() {
  while (true) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    std::array<pollfd, 2> awaited{{{STDIN_FILENO, POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}}};
    if (poll(awaited.data(), awaited.size(), -1) < 0) continue;
    std::array<char, 4096> bytes{};
    const ssize_t count = awaited[1].revents != 0 ? 0 : read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count <= 0) {
      std::cerr << std::endl;
      return std::nullopt;
    }
    read_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace interconnect
