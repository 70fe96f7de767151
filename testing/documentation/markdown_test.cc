#include "testing/documentation/markdown.h"

#include "gtest/gtest.h"

namespace interconnect::testing {
namespace {

using Links = std::vector<std::string>;
using Anchors = std::set<std::string>;

TEST(MarkdownTest, FindsLinks) {
  EXPECT_EQ(links_of("a [b](c.md), and [d\ne](f/g.md#h) | [`i`](#j)\n"), (Links{"c.md", "f/g.md#h", "#j"}));
}

TEST(MarkdownTest, TakesNoCodeForLinks) {
  EXPECT_EQ(links_of("`[a](b)`\n```\n[c](d)\n```\n    [e](f)\n[g](h)\n"), Links{"h"});
}

TEST(MarkdownTest, NamesHeadingsAsGitHubDoes) {
  EXPECT_EQ(anchors_of("# What is `written`?\n## Cut-over, step by step\n### Copies [x](y.md)\n"),
            (Anchors{"what-is-written", "cut-over-step-by-step", "copies-x"}));
}

TEST(MarkdownTest, CountsHeadingsOfTheSameName) {
  EXPECT_EQ(anchors_of("# Figures\n## Figures\n```\n# no heading\n```\n"), (Anchors{"figures", "figures-1"}));
}

}  // namespace
}  // namespace interconnect::testing
