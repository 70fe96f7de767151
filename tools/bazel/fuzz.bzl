"""libFuzzer targets."""

def fuzz_target(name, srcs, deps):
    """A program that fuzzes what its LLVMFuzzerTestOneInput calls.

    Built and run with clang: bazel run --config=fuzz //PACKAGE:NAME -- -max_total_time=30 [CORPUS...]
    """
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],  # GCC has no libFuzzer
        deps = deps,
    )
