import subprocess
import sys

import pytest

LIBRARIES = ("sklearn", "optuna", "mlflow", "tensorboard", "wandb", "lightning", "transformers")


def test_no_integration_is_loaded_with_etascope_or_its_commands():
    code = f"""
import sys, etascope, etascope.cli.main, etascope.workbench
etascope.pick("digits", recipe=etascope.Recipe(hidden=(), epochs=1))
print([name for name in sys.modules if name.split(".")[0] in {LIBRARIES} or name.startswith("etascope.integrations")])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == "[]", ended.stderr


#: What uses each library for the first time.
USES = {
    "sklearn": "import etascope.integrations.sklearn",
    "optuna": "from etascope.integrations.optuna.study import optuna_study; optuna_study(None)",
    "mlflow": "from etascope.integrations.mlflow import MlflowRecorder; MlflowRecorder().begin(None, None)",
    "tensorboard": "from etascope.integrations.tensorboard import TensorBoardRecorder; "
    "TensorBoardRecorder('logs').begin(None, None)",
    "lightning": "import etascope.integrations.lightning.search",
    "transformers": "from etascope.integrations.transformers.search import recommend; recommend(None)",
    "wandb": "from etascope.integrations.wandb import WandbRecorder; WandbRecorder().begin(None, None)",
}


def test_every_library_has_its_use():
    assert set(USES) == set(LIBRARIES)


@pytest.mark.parametrize(("library", "use"), [*USES.items(), ("optuna", "import etascope.integrations.optuna.sampler")])
def test_each_door_says_how_to_install_what_it_lacks(library, use):
    code = f"""
import sys
sys.modules["{library}"] = None
from etascope import InputError
try:
    {use}
except InputError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout.strip().endswith(f"Install it: pip install 'etascope[{library}]'."), ended.stderr
