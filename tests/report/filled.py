"""A run whose choice says all that a method can say."""

from dataclasses import replace

import numpy as np

from etascope.core.choice import Confidence, Curve, Luck, Walls, WorthTuning


def filled(run, walls=(0.001, 0.3)):
    rates = np.geomspace(0.001, 3, 40)
    lost = 6 * np.log10(rates / 0.02) ** 2
    choice = replace(
        run.choice,
        confidence=Confidence("likely", 1.0, "", 0.93),
        walls=Walls(*walls),
        luck=Luck(0.6, 0.4, 0.874, 0.868, (1, 2, 3)),
        worth_tuning=WorthTuning(0.01, 0.6, 0.1, 1.2),
        curve=Curve(rates, lost, 0.6 * lost, 1.4 * lost + 0.4, "points"),
    )
    return replace(run, choice=choice)
