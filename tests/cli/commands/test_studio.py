from tests.cli.running import run


def test_help_teaches_how_to_start_and_how_to_end():
    told = run("studio", "--help")
    assert told.code == 0
    assert "etascope studio --no-open" in told.out
    assert "Ctrl-C" in told.out
    assert "studio" in run("--help").out


def test_a_port_that_is_none_is_refused():
    told = run("studio", "--port", "99999")
    assert told.code == 2
    assert "99999" in told.err
    assert "Traceback" not in told.err


def test_an_address_that_is_not_ours_is_told_in_a_sentence(tmp_path):
    told = run("studio", "--no-open", "--host", "203.0.113.7", "--store", str(tmp_path / "runs.sqlite"))
    assert told.code == 2
    assert "cannot be had" in told.err
