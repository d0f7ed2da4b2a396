"""A worker as `gueststar run` makes it, but for its doom: `python -m tests.chaos.worker`."""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
from pathlib import Path

from broker import assembly
from broker.errors import KafkaUnavailable
from broker.kafka import KafkaAdmin
from broker.kafka_ports import kafka_ports, publishing, survey_cluster
from broker.observer import Observers
from broker.settings import read_settings
from tests.chaos.doom import Diary, Doom, Executioner, SpoiltSink
from tests.chaos.lives import ASK_WHERE, GAVE_UP
from tests.chaos.phase_file import PhaseFile


def main() -> None:
    """CONFIG NAME PHASE_FILE DIARY DOOM. Exit status GAVE_UP where Kafka is away for too long."""
    try:
        live()
    except KafkaUnavailable as error:
        logging.getLogger("chaos").warning("%s", error)
        raise SystemExit(GAVE_UP) from None


def live() -> None:
    """From its start to its end."""
    config, name, phases, diary, doom_text = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    faulthandler.register(ASK_WHERE)
    doom = Doom.decode(doom_text)
    settings = read_settings(Path(config))
    parts = assembly.build(settings)
    link = assembly.connect(settings)
    admin = KafkaAdmin(link)
    admin.wait()
    assembly.provide_topics(parts, admin)
    parts.warm_up()
    beside, kept = publishing(settings), PhaseFile(Path(phases))
    source, sink = kafka_ports(parts.settings, parts.outputs, link, name, beside=beside)
    runner = assembly.make_runner(
        parts,
        source,
        SpoiltSink(sink, doom),
        worker=name,
        version="chaos",
        observer=Observers(kept, Diary(Path(diary)), Executioner(doom, kept)),
        cluster=survey_cluster(settings, link),
        publishing=beside,
    )
    signal.signal(signal.SIGTERM, lambda *_: runner.stop())
    runner.run()


if __name__ == "__main__":
    main()
