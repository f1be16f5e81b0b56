"""A finished or a running search for TensorBoard: `log_to_tensorboard`, `TensorBoardRecorder`."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from etascope.core.checks import checked
from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.renamed import in_new_module
from etascope.core.run import DataSummary, Run
from etascope.integrations.tracker import (
    METRICS,
    Tracker,
    Update,
    answer_numbers,
    data_words,
    headline,
    recipe_words,
    trial_name,
)

__getattr__ = in_new_module(__name__, TensorBoardKeeper="TensorBoardRecorder")


@checked
def log_to_tensorboard(run: Run, folder: str | os.PathLike[str]) -> Path:
    """Write a finished run for TensorBoard: its HParams page shows a line a trial.

    Each trial has a folder with its hyperparameters (`learning_rate`, `fold`, `seed` and the recipe), its losses and
    accuracies by training step, and how it ended; the folder above has the answer as text and numbers. Several runs may
    stand in folders beside each other. PyTorch and TensorFlow are not needed.

    Parameters
    ----------
    run
        A finished run.
    folder
        Where to write; made where there is none. It must not hold a run already.

    Returns
    -------
    Path
        The folder: `tensorboard --logdir FOLDER` shows it.

    Raises
    ------
    InputError
        If TensorBoard is missing, or the folder cannot be written or holds a run.
    """
    recorder = TensorBoardRecorder(folder)
    recorder.log(run)
    return recorder.folder


class TensorBoardRecorder(Tracker):
    """Writes a search for TensorBoard while it happens.

    When the folder cannot be written any more, that is a `RuntimeWarning`, and the search goes on without it.

    Parameters
    ----------
    folder
        As in `log_to_tensorboard`.

    Attributes
    ----------
    folder
        The same, as a path.
    """

    tracker = "TensorBoard"

    @checked
    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def _open(self, data: DataSummary) -> None:
        hparams = _part("plugins.hparams.summary_v2")
        if any(self.folder.glob("events.out.tfevents.*")):
            raise InputError(f"a run needs a folder of its own; {self.folder} holds one. Give another folder.")
        self._files = dict[str, Path]()
        self._same = {**recipe_words(self._task.recipe), "source": data_words(data)["source"]}
        names = ["learning_rate", "fold", "seed", *(name for name in self._same if name != "seed")]
        config = hparams.hparams_config_pb(
            hparams=[hparams.HParam(name) for name in names], metrics=[hparams.Metric(name) for name in METRICS]
        )
        try:
            self._write("", [_event(config)])
        except OSError as error:
            raise InputError(f"{self.folder} must be a folder to write in; {error}. Give another folder.") from error

    def _log_trial(self, update: Update) -> None:
        name = f"{update.number:03d} {trial_name(update.trial, self._task.recipe)}".replace(".", "p")
        folder, events = re.sub(r"\W+", "_", name), list[Any]()
        if update.new:
            hparams = {**self._same, **update.identity}
            events.append(_event(_part("plugins.hparams.summary_v2").hparams_pb(hparams, trial_id=folder)))
        for step, values in update.points:
            events += [_scalar(metric, value, step) for metric, value in values.items()]
        if update.ending:
            events += [_end(update), _text("verdict", update.verdict)]
        self._write(folder, events)

    def _close(self, run: Run, updates: Sequence[Update]) -> None:
        sentences = [f"**{headline(run.choice)}**", *map(str, run.choice.reasons), f"Not tried: {run.choice.not_tried}"]
        numbers = (_scalar(f"answer/{name}", value) for name, value in answer_numbers(run).items())
        self._write("", [_text("answer", "\n\n".join(sentences)), *numbers])

    def _write(self, name: str, events: Iterable[Any]) -> None:
        """Append events to the one file of a folder, so that TensorBoard reads them in order."""
        if name not in self._files:
            folder = self.folder / name
            folder.mkdir(parents=True, exist_ok=True)
            moment = f"{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{len(self._files)}"
            self._files[name] = folder / f"events.out.tfevents.{moment}"
            first = _part("compat.proto.event_pb2").Event(wall_time=time.time(), file_version="brain.Event:2")
            events = [first, *events]
        with self._files[name].open("ab") as file:
            writer = _part("summary.writer.record_writer").RecordWriter(file)
            for event in events:
                writer.write(event.SerializeToString())


def _part(name: str) -> Any:
    return load_library(f"tensorboard.{name}")


def _event(summary: Any, step: int = 0) -> Any:
    return _part("compat.proto.event_pb2").Event(wall_time=time.time(), step=step, summary=summary)


def _scalar(name: str, value: float, step: int = 0) -> Any:
    return _event(_part("plugins.scalar.summary_v2").scalar_pb(name, value), step)


def _text(name: str, text: str) -> Any:
    return _event(_part("plugins.text.summary_v2").text_pb(name, text))


def _end(update: Update) -> Any:
    """Return the event by which the HParams page knows how a trial ended."""
    api, data, metadata = (_part(f"plugins.hparams.{name}") for name in ("api_pb2", "plugin_data_pb2", "metadata"))
    status = api.STATUS_FAILURE if update.ending == "diverged" else api.STATUS_SUCCESS
    ended = data.HParamsPluginData(session_end_info=data.SessionEndInfo(status=status, end_time_secs=time.time()))
    summary = _part("compat.proto.summary_pb2").Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG, metadata=metadata.create_summary_metadata(ended), tensor=metadata.NULL_TENSOR
    )
    return _event(summary)
