"""libFuzzer targets."""

def fuzz_target(name, srcs, deps):
    """A program that fuzzes what its LLVMFuzzerTestOneInput calls.

    Built with clang. tools/fuzz finds and runs them all; one alone:
    bazel run --config=fuzz //PACKAGE:NAME -- -max_total_time=30 [CORPUS...]
    """
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = ["-fsanitize=fuzzer"],
        # Manual, since GCC has no libFuzzer.
        tags = ["fuzz", "manual"],
        deps = deps,
    )
