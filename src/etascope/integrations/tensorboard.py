"""A finished or a running search for TensorBoard: `log_to_tensorboard`, `TensorBoardRecorder`."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.history import History
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.integrations.news import News, Told
from etascope.integrations.tracker import METRICS, answer_numbers, data_words, headline, recipe_words, trial_name
from etascope.integrations.trouble import safely


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
    recorder.begin(run.data, run.task)
    recorder.tell_all(run)
    return recorder.folder


class TensorBoardRecorder:
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

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def begin(self, data: DataSummary, task: Task) -> None:
        """Make the folder, and say which hyperparameters and metrics there will be.

        Raises
        ------
        InputError
            If TensorBoard is missing, or the folder cannot be written or holds a run.
        """
        hparams = _part("plugins.hparams.summary_v2")
        if any(self.folder.glob("events.out.tfevents.*")):
            raise InputError(f"a run needs a folder of its own; {self.folder} holds one. Give another folder.")
        self._task, self._news, self._files, self._logs = task, News(task), dict[str, Path](), True
        self._same = {**recipe_words(task.recipe), "source": data_words(data)["source"]}
        names = ["learning_rate", "fold", "seed", *(name for name in self._same if name != "seed")]
        config = hparams.hparams_config_pb(
            hparams=[hparams.HParam(name) for name in names], metrics=[hparams.Metric(name) for name in METRICS]
        )
        try:
            self._write("", [_event(config)])
        except OSError as error:
            raise InputError(f"{self.folder} must be a folder to write in; {error}. Give another folder.") from error

    def append(self, history: History) -> None:
        """Write what a plan came to: a folder for each new trial, and new points of all."""
        if self._logs:
            self._logs = safely("TensorBoard", lambda: self._tell_each(self._news.append(history)))

    def finish(self, run: Run) -> None:
        """Write the rest, how each trial ended, and the answer."""
        if self._logs:
            self._logs = safely("TensorBoard", lambda: self.tell_all(run))

    def tell_all(self, run: Run) -> None:
        """Do what `finish` does, and raise what goes wrong."""
        for told in self._news.finish(run):
            self._write(self._name(told), [*self._events(told), _end(told), _text("verdict", told.verdict)])
        sentences = [f"**{headline(run.choice)}**", *map(str, run.choice.reasons), f"Not tried: {run.choice.not_tried}"]
        numbers = (_scalar(f"answer/{name}", value) for name, value in answer_numbers(run).items())
        self._write("", [_text("answer", "\n\n".join(sentences)), *numbers])

    def _tell_each(self, news: Iterable[Told]) -> None:
        for told in news:
            self._write(self._name(told), self._events(told))

    def _name(self, told: Told) -> str:
        return re.sub(r"\W+", "_", f"{told.number:03d} {trial_name(told.trial, self._task.recipe)}".replace(".", "p"))

    def _events(self, told: Told) -> Iterable[Any]:
        if told.new:
            hparams, trial = _part("plugins.hparams.summary_v2"), told.trial
            own = {"learning_rate": trial.learning_rate, "fold": trial.fold, "seed": trial.seed}
            yield _event(hparams.hparams_pb({**self._same, **own}, trial_id=self._name(told)))
        for step, values in told.points:
            yield from (_scalar(name, value, step) for name, value in values.items())

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


def _end(told: Told) -> Any:
    """Return the event by which the HParams page knows how a trial ended."""
    api, data, metadata = (_part(f"plugins.hparams.{name}") for name in ("api_pb2", "plugin_data_pb2", "metadata"))
    status = api.STATUS_FAILURE if told.ending == "diverged" else api.STATUS_SUCCESS
    ended = data.HParamsPluginData(session_end_info=data.SessionEndInfo(status=status, end_time_secs=time.time()))
    summary = _part("compat.proto.summary_pb2").Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(ended),
        tensor=metadata.NULL_TENSOR,
    )
    return _event(summary)
