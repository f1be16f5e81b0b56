"""What shows a run in a notebook is set by the package, however the run was come by."""

import subprocess
import sys


def test_whatever_of_the_package_is_loaded_notebooks_are_shown_the_report():
    shows = "from etascope.core.views import Views; print(Views.notebook.__module__)"
    assert subprocess.check_output([sys.executable, "-c", shows], text=True) == "etascope\n"
