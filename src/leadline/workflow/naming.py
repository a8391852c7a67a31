"""Networks that the user named: found, checked against the columns, made ready; what cannot be used is said, and the others go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from leadline.data.table import Data
from leadline.encoders.hub import find_network, opened
from leadline.encoders.hub_folder import Network
from leadline.encoders.hub_network import is_converted
from leadline.errors import LeadlineError
from leadline.progress import Progress
from leadline.registry import LEARNERS
from leadline.workflow.failing import FAILURES, why_failed

_READS = {"text": "texts", "image": "pictures"}


def readers() -> list[str]:
    """The learners that read by a network that was named."""
    return [name for name in LEARNERS if LEARNERS.get(name).reads_named]


def find_networks(named: Iterable[str], progress: Progress) -> dict[str, Network]:
    """By the type of column that each reads. Raises LeadlineError where one is not there, or may not be read."""
    found = [find_network(name, progress.say) for name in named]
    return {network.takes: network for network in found}


def made_ready(networks: dict[str, Network], data: Data, progress: Progress) -> dict[str, Network]:
    """The same, converted for this machine; one that does not convert says why. Raises LeadlineError where nothing is there to be read."""
    for kind, network in networks.items():
        if kind not in data.forms.values():
            reads, has = _READS[kind], ", ".join(dict.fromkeys(data.forms.values()))
            saw = f"{network.name} reads {reads}, and {data.table.origin} has none among its columns ({has})"
            advice = f"--type COL={kind} where a column was read as another type, or another network"
            raise LeadlineError(saw, f"a column of {reads}", advice)
    return {kind: _ready(network, progress) for kind, network in networks.items()}


def _ready(network: Network, progress: Progress) -> Network:
    if not is_converted(network):
        progress.say(f"converting {network.name} for this machine (once)")
    try:
        opened(network)
    except FAILURES as error:
        return replace(network, why_not=why_failed(error))
    return network
