"""The repositories that this workspace needs, and every workspace that depends on it."""

def interconnect_repositories(root = "."):
    """Maps each to a local folder: Bazel 4.2.3 as Debian packages it (bazel-bootstrap) has no network, so nothing that its
    built-in rules would download may be left to them.

    Args:
      root: the folder of eventstore_interconnect, from that of the workspace.
    """
    native.local_repository(
        name = "rules_cc",
        path = root + "/tools/bazel/rules_cc",
    )
    native.local_repository(
        name = "rules_java",
        path = "/usr/share/bazel/rules/java",
    )
    native.local_repository(
        name = "rules_proto",
        path = "/usr/share/bazel/rules/proto",
    )
    native.local_repository(
        name = "platforms",
        path = "/usr/share/bazel/platforms",
    )
    native.new_local_repository(
        name = "remote_coverage_tools",
        build_file_content = 'filegroup(name = "coverage_report_generator", srcs = [], visibility = ["//visibility:public"])',
        path = root + "/tools/bazel/coverage",
    )

    # The system's C++ libraries, one cc_library a package.
    native.new_local_repository(
        name = "system",
        build_file = "@eventstore_interconnect//tools/bazel:system.BUILD",
        path = "/usr/include",
    )
