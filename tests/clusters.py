"""A Slurm cluster of the tests' own, from Debian's packages, stopped by the ids of its processes.

All its daemons run on this machine and listen on the loopback interface, or in network namespaces
that the tests make. It needs root and slurmctld, slurmd, slurm-client, slurm-wlm-basic-plugins and
munge, and iproute2 for several nodes.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NEEDED = (
    *("slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "srun", "munged"),
    *("ip", "nsenter", "setpriv"),
)
PLACE = Path("/etc/slurm/slurm.conf")
"""Where the steps of a job look for the configuration; no environment variable reaches them."""
_SECONDS = 60
"""Longest time in which daemons start and stop on a busy machine."""
_CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}({controller})
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=10
{communication}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
MailProg=/bin/true
MpiDefault=none
ReturnToService=2
SlurmdTimeout={timeout}
MinJobAge=3600
KillWait=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def wait_until(what: str, condition: Callable[[], object], seconds: float = _SECONDS) -> None:
    """Wait until a condition holds.

    Raises
    ------
    AssertionError
        If it does not in the given time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)


def skip_without_slurm() -> None:
    """Skip a test on a machine that cannot run the daemons, with the reason."""
    if os.getuid() != 0:
        pytest.skip("a Slurm of the tests' own needs root")
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        pytest.skip(f"needs Debian's packages of Slurm, munge and iproute2: no {missing[0]}")
    # A symbolic link is that of tests that were killed.
    if PLACE.exists() and not PLACE.is_symlink():
        pytest.skip(f"this machine has a Slurm of its own: {PLACE}")
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="needs the extra slurm")


@dataclass
class Slurm:
    """A running cluster.

    Parameters
    ----------
    folder : Path
        Its configuration, state and logs.
    nodes : list of str
        Names of its nodes.
    namespaces : list of str
        Network namespaces: that of the controller, then those of the nodes. Empty if all use the
        loopback interface.
    """

    folder: Path
    nodes: list[str]
    namespaces: list[str] = field(default_factory=list)
    daemons: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def within(self) -> list[str]:
        """What starts a command where it reaches the controller."""
        return _inside(self.namespaces[0]) if self.namespaces else []

    def call(self, *command: str) -> str:
        """Return what a command of Slurm prints."""
        done = subprocess.run(
            [*self.within, *command],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def jobs(self, states: str = "PENDING,RUNNING,COMPLETING") -> dict[str, tuple[str, str]]:
        """Return the rule and node of each job in some states, by the number of the job."""
        lines = self.call("squeue", "-h", "-o", "%i|%k|%N", "-t", states).splitlines()
        found = (line.split("|") for line in lines)
        return {number: (comment.removeprefix("rule_"), node) for number, comment, node in found}

    def states(self) -> list[str]:
        """Return the states of the nodes; nothing while the controller does not answer."""
        with suppress(AssertionError):
            return self.call("sinfo", "-h", "-N", "-o", "%T").split()
        return []

    def cut_off(self, number: int) -> None:
        """Cut the network of a node."""
        link = f"{self.namespaces[0]}-{number}"
        subprocess.run(["ip", "-n", self.namespaces[0], "link", "set", link, "down"], check=True)

    def start(self, name: str, command: list[str], namespace: int) -> None:
        """Start a daemon."""
        inside = _inside(self.namespaces[namespace]) if self.namespaces else []
        with open(self.folder / f"{name}.out", "w") as out:
            self.daemons[name] = subprocess.Popen(
                # Without this process, daemons end.
                ["setpriv", "--pdeathsig", "TERM", *inside, *command],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Stop all daemons and what they started, in reverse order."""
        for name, daemon in reversed(self.daemons.items()):
            if name.startswith("node"):
                for step in _descendants(daemon.pid):
                    with suppress(ProcessLookupError):
                        os.kill(step, signal.SIGKILL)
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "del", namespace], check=False)


def _descendants(process: int) -> list[int]:
    """Return the ids of all processes that a process has started, directly or indirectly."""
    children: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == process:
                children.append(int(path.parent.name))
    return [each for child in children for each in (child, *_descendants(child))]


@contextmanager
def slurm(folder: Path, *, nodes: int = 1, cores: int = 2) -> Iterator[Slurm]:
    """Run a cluster while the block runs.

    Parameters
    ----------
    folder : Path
        An empty folder.
    nodes : int
        Nodes. One uses the loopback interface, several have a network namespace each.
    cores : int
        Cores of a node, as Slurm counts them.
    """
    names = [f"node{number}" for number in range(1, nodes + 1)]
    cluster = Slurm(folder, names)
    (folder / "state").mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    with open(Path(tempfile.gettempdir()) / "neuro-attn-slurm.lock", "w") as lock:
        # Parallel tests take turns.
        fcntl.flock(lock, fcntl.LOCK_EX)
        PLACE.unlink(missing_ok=True)
        PLACE.symlink_to(folder / "slurm.conf")
        try:
            _begin(cluster, cores)
            yield cluster
        finally:
            cluster.stop()
            PLACE.unlink()


def _begin(cluster: Slurm, cores: int) -> None:
    folder, names = cluster.folder, cluster.nodes
    nodes = len(names)
    if nodes > 1:
        _connect(cluster)
    addresses = [_address(number) for number in range(1, nodes + 1)]
    loopback = nodes == 1
    listed = [
        f"NodeName={name} NodeHostname={socket.gethostname()} "
        f"NodeAddr={'127.0.0.1' if loopback else address} "
        f"CPUs={cores} RealMemory=16000 State=UNKNOWN"
        for name, address in zip(names, addresses, strict=True)
    ]
    (folder / "slurm.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            host=socket.gethostname(),
            controller="127.0.0.1" if loopback else _address(0),
            communication="CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" if loopback else "",
            timeout=300 if loopback else 10,
            nodes="\n".join(listed),
        )
    )
    _start(cluster)
    wait_until("all nodes are idle", lambda: set(cluster.states()) == {"idle"})


def _inside(namespace: str) -> list[str]:
    """Return what starts a command in a network namespace; `ip netns exec` would hide cgroups."""
    return ["nsenter", f"--net=/run/netns/{namespace}"]


def _address(number: int) -> str:
    """Return the address of the controller (0) or of a node in its network namespace."""
    return f"10.213.77.{number + 1}"


def _connect(cluster: Slurm) -> None:
    """Make a network namespace for the controller and for each node, connected by a bridge."""
    stem = f"t{os.getpid() % 100_000}"

    def ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True)

    for number in range(len(cluster.nodes) + 1):
        name = f"{stem}{'abcdefgh'[number]}"
        ip("netns", "add", name)
        cluster.namespaces.append(name)
        ip("-n", name, "link", "set", "lo", "up")
    controller, *others = cluster.namespaces
    ip("-n", controller, "link", "add", "bridge", "type", "bridge")
    ip("-n", controller, "address", "add", f"{_address(0)}/24", "dev", "bridge")
    ip("-n", controller, "link", "set", "bridge", "up")
    for number, name in enumerate(others, 1):
        link = f"{controller}-{number}"
        peer = ("peer", "name", "node", "netns", name)
        ip("-n", controller, "link", "add", link, "type", "veth", *peer)
        ip("-n", controller, "link", "set", link, "master", "bridge", "up")
        ip("-n", name, "address", "add", f"{_address(number)}/24", "dev", "node")
        ip("-n", name, "link", "set", "node", "up")


def _start(cluster: Slurm) -> None:
    folder = cluster.folder
    munge = ["munged", "--foreground", "--force", "--num-threads=2"]
    for option, name in (
        ("key-file", "munge.key"),
        ("socket", "munge.socket"),
        ("pid-file", "munge.pid"),
        ("log-file", "munge.log"),
        ("seed-file", "munge.seed"),
    ):
        munge.append(f"--{option}={folder / name}")
    cluster.start("munged", munge, 0)
    wait_until("munged listens", (folder / "munge.socket").exists)
    cluster.start("slurmctld", ["slurmctld", "-D", "-i", "-c"], 0)
    for number, name in enumerate(cluster.nodes, 1):
        (folder / f"spool-{name}").mkdir()
        cluster.start(name, ["slurmd", "-D", "-N", name], number)
