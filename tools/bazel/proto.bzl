"""C++ code from .proto files by the system's protoc and gRPC plugin."""

def proto_cc_library(name, protos, grpc = False, proto_root = ".", visibility = None, testonly = False):
    """Generates and compiles messages (and, if grpc, services) of the protos.

    The headers are included by their path below the workspace. Imports between the protos are relative to proto_root,
    a folder of this package.
    """
    suffixes = [".pb"] + ([".grpc.pb"] if grpc else [])
    sources = [p[:-len(".proto")] + s + ".cc" for p in protos for s in suffixes]
    headers = [p[:-len(".proto")] + s + ".h" for p in protos for s in suffixes]
    repository = native.repository_name()[1:]  # nothing in the workspace itself
    folders = ["external/" + repository] if repository else []
    root = "/".join(folders + [native.package_name()] + ([] if proto_root == "." else [proto_root]))
    grpc_flags = " --grpc_out=generate_mock_code=false:$(RULEDIR) --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin" if grpc else ""
    native.genrule(
        name = name + "_gen",
        testonly = testonly,
        srcs = protos,
        outs = sources + headers,
        cmd = "/usr/bin/protoc -I" + root + " --cpp_out=$(RULEDIR)" + grpc_flags + " $(SRCS)",
    )
    native.cc_library(
        name = name,
        testonly = testonly,
        srcs = sources,
        hdrs = headers,
        copts = ["-w"],
        includes = ["."],
        visibility = visibility,
        deps = ["@system//:grpc" if grpc else "@system//:protobuf"],
    )
