"""What an answer rests on, as a document holds it: regime, confidence, walls, luck, worth of tuning, curve."""

from __future__ import annotations

import math
from typing import Any

from etascope.core.choice import Choice, Confidence, Curve, Luck, WorthTuning


def evidence(choice: Choice) -> dict[str, Any]:
    """Return the evidence of a choice as plain values that JSON can hold; None where the method does not say.

    A number that is not finite becomes "nan", "inf" or "-inf".
    """
    return {
        "regime": choice.regime,
        "target": choice.target,
        "confidence": None if choice.confidence is None else _confidence(choice.confidence),
        "walls": {"low": choice.walls.low, "high": choice.walls.high},
        "luck": None if choice.luck is None else _luck(choice.luck),
        "worth_tuning": None if choice.worth_tuning is None else _worth_tuning(choice.worth_tuning),
        "curve": None if choice.curve is None else _curve(choice.curve),
    }


def _confidence(confidence: Confidence) -> dict[str, Any]:
    return {"word": confidence.word, "tolerance": confidence.tolerance, "settle": confidence.settle}


def _luck(luck: Luck) -> dict[str, Any]:
    return {
        "expected": luck.expected,
        "spread": luck.spread,
        "shown": luck.shown,
        "fresh": luck.fresh,
        "seeds": list(luck.seeds),
    }


def _worth_tuning(worth: WorthTuning) -> dict[str, Any]:
    return {"learning_rate": worth.learning_rate, "cost": worth.cost, "low": worth.low, "high": worth.high}


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "learning_rates": [float(rate) for rate in curve.learning_rates],
        **{
            name: [x if math.isfinite(x) else str(x) for x in getattr(curve, name).tolist()]
            for name in ("mean", "low", "high")
        },
        "unit": curve.unit,
    }
