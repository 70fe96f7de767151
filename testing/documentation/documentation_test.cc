// The texts for people: README.md keeps its limits, every page of docs/ is reached from it, and every link between
// texts leads to a file, and to a heading where it names one.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "app/version.h"
#include "gtest/gtest.h"
#include "testing/documentation/markdown.h"

namespace interconnect::testing {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// Every text, by its path from the repository's root.
std::vector<fs::path> texts() {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(".")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path().lexically_normal());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The file that a link of the text leads to; the text itself where it names only a heading.
fs::path target(const fs::path& text, const std::string& link) {
  const std::string file = link.substr(0, link.find('#'));
  return file.empty() ? text : (text.parent_path() / file).lexically_normal();
}

void check_link(const fs::path& text, const std::string& link) {
  if (link.find("://") != std::string::npos) return;
  const fs::path file = target(text, link);
  ASSERT_TRUE(fs::exists(file)) << text << ": " << link << " is not there, or not in the data of this test";
  const std::size_t hash = link.find('#');
  if (hash == std::string::npos) return;
  EXPECT_TRUE(anchors_of(content(file)).contains(link.substr(hash + 1))) << text << ": no heading for " << link;
}

TEST(DocumentationTest, FindsTheTexts) {
  const std::vector<fs::path> all = texts();
  for (const char* text : {"CONTRIBUTING.md", "README.md", "benchmarks/README.md", "docs/configuration.md",
                           "testing/README.md", "testing/conformance/README.md", "testing/eventstore/README.md"}) {
    EXPECT_TRUE(std::find(all.begin(), all.end(), text) != all.end()) << text;
  }
}

TEST(DocumentationTest, LinksLeadSomewhere) {
  std::size_t links = 0;
  for (const fs::path& text : texts()) {
    for (const std::string& link : links_of(content(text))) {
      check_link(text, link);
      ++links;
    }
  }
  EXPECT_GT(links, 50u);
}

TEST(DocumentationTest, ReadmeLinksToEveryPage) {
  std::vector<fs::path> reached;
  for (const std::string& link : links_of(content("README.md"))) reached.push_back(target("README.md", link));
  for (const fs::path& text : texts()) {
    if (text.parent_path() != "docs") continue;
    EXPECT_TRUE(std::find(reached.begin(), reached.end(), text) != reached.end()) << text;
  }
}

TEST(DocumentationTest, ChangelogBeginsWithTheVersion) {
  const std::string changelog = content("CHANGELOG.md");
  const std::string heading = "\n## " + std::string(kVersion) + " - ";
  EXPECT_EQ(changelog.find("\n## "), changelog.find(heading)) << "no entry of " << kVersion << " at its top";
}

TEST(DocumentationTest, ReadmeIsShort) {
  std::ifstream file("README.md");
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(columns, 120) << "README.md:" << number;
  }
  EXPECT_GT(number, 0);
  EXPECT_LE(number, 180) << "more belongs into docs/";
}

}  // namespace
}  // namespace interconnect::testing
