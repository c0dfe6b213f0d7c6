"""Server reflection under both of its names: `grpc.reflection.v1`, and `v1alpha`, which older clients ask for.

grpcio-reflection serves the older name only. The two differ in nothing but that: the messages have the same fields, so
one servicer answers to both, and the newer contract is the older one's descriptor with the name changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection, reflection_pb2  # type: ignore[import-untyped]

ALPHA = str(reflection.SERVICE_NAME)
V1 = "grpc.reflection.v1.ServerReflection"
_METHOD = "ServerReflectionInfo"


def _declare() -> None:
    """Puts the newer contract where reflection itself looks things up: a client may ask for what it is talking to."""
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    older, newer = "grpc.reflection.v1alpha", "grpc.reflection.v1"
    file.name, file.package = file.name.replace("v1alpha", "v1"), newer
    for message in file.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(older, newer)
    for service in file.service:
        for method in service.method:
            method.input_type = method.input_type.replace(older, newer)
            method.output_type = method.output_type.replace(older, newer)
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


_declare()


def enable(services: Iterable[str], server: grpc.aio.Server) -> None:
    """Lets a server describe these services and itself. Before it is started."""
    servicer: Any = reflection.aio.ReflectionServicer((*services, V1, ALPHA))
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    for name in (V1, ALPHA):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {_METHOD: handler}),))
