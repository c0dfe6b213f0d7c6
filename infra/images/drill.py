"""Runs a built image as its pod would and drains it: `python infra/images/drill.py kpi`. Needs podman and `make venv`.

The environment is the one of the golden local overlay, the servers are the embedded ones on loopback, the file system
is read-only, all capabilities are dropped. It fails unless readiness comes, SIGTERM takes readiness away while liveness
stays for the drain delay, and the process ends with 0 within the pod's grace period.
"""

import asyncio
import importlib
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import grpc
from chassis import embedded, keyfile
from chassis.config import load
from chassis.provisioning import provision
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped, unused-ignore]

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "k8s"))

from validation import rendering
from validation.objects import Workload, environment, workloads

USER = 65532
PORT = 18080
READY_S = 60.0
POLL_S = 0.1
LATE_S = 1.0  # readiness is asked again only every POLL_S, and the container tool needs a moment to pass a signal on


class DrillError(Exception):
    """The image did not behave as a pod must."""


async def drill(service: str, state: Path) -> str:
    """One sentence about what was seen. Raises DrillError."""
    overlay = rendering.parsed(rendering.golden("local").read_text(encoding="utf-8"))
    workload = next(one for one in workloads(overlay) if one.name == f"Deployment/{service}")
    state.chmod(0o755)
    nats, postgres = await embedded.start_nats(state / "nats"), await embedded.start_postgres(state / "postgres")
    try:
        given = {name: one.get("value", "") for name, one in environment(workload.containers[0]).items()}
        given |= {
            "SWITCHBOARD_NATS_URL": nats.url,
            "SWITCHBOARD_DATABASE_URL": postgres.url,
            "SWITCHBOARD_MEMBER": f"{service}-7d9f8c6b5d-x2x9q",
            "SWITCHBOARD_HOST": "127.0.0.1",
            "SWITCHBOARD_GRPC_PORT": str(PORT),
        }
        resources = importlib.import_module(f"{service.replace('-', '_')}.main").RESOURCES
        await provision(load({key: given[key] for key in given if "KEK" not in key}, service), resources)
        return await _run(workload, service, given, state)
    finally:
        await nats.stop()
        await postgres.stop()


async def _run(workload: Workload, service: str, given: Mapping[str, str], state: Path) -> str:
    name = f"switchboard-drill-{service}-{os.getpid()}"
    options = ["--network=host", "--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:size=64m"]
    options += ["--cap-drop=ALL", "--security-opt=no-new-privileges"]
    if inside := given.get("SWITCHBOARD_KEK_FILE"):
        kek = state / "kek"
        keyfile.create(kek)
        os.chown(kek, 0, USER)  # as a Secret's file stands in a pod with an fsGroup
        kek.chmod(0o440)
        options.append(f"--volume={kek}:{inside}:ro")
    options += [f"--env={key}={value}" for key, value in given.items()]
    image = f"localhost/switchboard/{service}:local"
    started = await asyncio.create_subprocess_exec("podman", "run", "--rm", f"--name={name}", *options, image)
    try:
        return await _watch(workload, service, name, started)
    finally:
        if started.returncode is None:
            await _podman("kill", name)
            await started.wait()


async def _watch(workload: Workload, service: str, name: str, started: asyncio.subprocess.Process) -> str:
    now = asyncio.get_running_loop().time
    async with grpc.aio.insecure_channel(f"127.0.0.1:{PORT}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        begin = now()
        while await _asked(health, "readiness") != "SERVING":
            if started.returncode is not None or now() - begin > READY_S:
                raise DrillError(f"{service} was not ready after {now() - begin:.1f} s")
            await asyncio.sleep(POLL_S)
        ready_s = now() - begin
        told = now()
        await _podman("kill", "--signal=TERM", name)
        unready_s = served_s = 0.0
        while started.returncode is None:
            readiness, liveness = await _asked(health, "readiness"), await _asked(health, "liveness")
            since_s = now() - told
            if readiness == "NOT_SERVING" and not unready_s:
                unready_s = since_s
            if liveness == "SERVING":
                served_s = since_s
            if since_s > workload.pod["terminationGracePeriodSeconds"]:
                raise DrillError(f"{service} is still there when its grace period is over")
            await asyncio.sleep(POLL_S)
        ended_s = now() - told
    delay_s = float(environment(workload.containers[0])["SWITCHBOARD_DRAIN_DELAY_S"]["value"])
    if started.returncode != 0:
        raise DrillError(f"{service} ended with {started.returncode}")
    if not 0 < unready_s < LATE_S:
        raise DrillError(f"{service} said it was not ready after {unready_s:.1f} s, not at once")
    if served_s < delay_s - LATE_S:
        raise DrillError(f"{service} stopped serving after {served_s:.1f} s, before balancers heard of it")
    return (
        f"{service}: ready after {ready_s:.1f} s; SIGTERM: not ready after {unready_s:.1f} s, "
        f"served for {served_s:.1f} s more, ended with 0 after {ended_s:.1f} s"
    )


async def _asked(health: health_pb2_grpc.HealthStub, service: str) -> str:
    """What the health service says of `service`, or the status code where it says nothing."""
    try:
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service), timeout=2)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


async def _podman(*arguments: str) -> None:
    done = await asyncio.create_subprocess_exec("podman", *arguments, stdout=asyncio.subprocess.DEVNULL)
    await done.wait()


if __name__ == "__main__":
    for given_service in sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="switchboard-drill-") as made:
            sys.stdout.write(asyncio.run(drill(given_service, Path(made))) + "\n")
