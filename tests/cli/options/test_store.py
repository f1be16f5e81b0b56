import click
from click.testing import CliRunner

from etascope.cli.options.store import opened, store_option


@click.command()
@store_option
def where(store_url):
    click.echo(repr(store_url))


def test_the_option_hands_the_url_on():
    assert CliRunner().invoke(where, ["--store", "runs.sqlite"]).output == "'runs.sqlite'\n"
    assert CliRunner().invoke(where, []).output == "None\n"


def test_the_help_says_where_runs_are_without_it():
    text = " ".join(CliRunner().invoke(where, ["--help"]).output.split())
    assert "[default: ETASCOPE_STORE, else runs.sqlite in your data folder]" in text


def test_the_store_is_the_one_of_the_url_or_of_the_variable(tmp_path, monkeypatch):
    assert opened(str(tmp_path / "a.sqlite"), make=True).find() == []
    monkeypatch.setenv("ETASCOPE_STORE", str(tmp_path / "b.sqlite"))
    assert opened(None, make=True).find() == []
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {"a", "b"}
