import pytest

from etascope.report.html.vega import MARK, vega_bundle


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "not" / "yet"
    vega_bundle(folder)
    return folder


def test_the_bundle_is_kept_under_its_version(kept):
    from importlib import metadata

    (file,) = kept.iterdir()
    assert file.name == f"vega-{metadata.version('vl-convert-python')}.js"
    assert MARK in file.read_text(encoding="utf-8")
    assert vega_bundle(kept) == file.read_text(encoding="utf-8")


def test_it_can_stand_in_a_page(kept):
    script = vega_bundle(kept).lower()
    assert "</script" not in script
    assert "<!--" not in script
    assert "import(" not in script


def test_a_kept_bundle_is_not_linked_again(kept, monkeypatch):
    import vl_convert

    def fail(*_):
        raise AssertionError

    monkeypatch.setattr(vl_convert, "javascript_bundle", fail)
    assert MARK in vega_bundle(kept)


def test_a_spoiled_file_is_replaced(tmp_path, monkeypatch):
    import vl_convert

    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda snippet: f"{MARK}1;")
    (tmp_path / "spoiled").mkdir()
    vega_bundle(tmp_path / "spoiled")
    (file,) = (tmp_path / "spoiled").iterdir()
    file.write_bytes(b"\xff\xfe half a file")
    assert vega_bundle(tmp_path / "spoiled") == f"{MARK}1;"
    assert file.read_text() == f"{MARK}1;"


def test_a_folder_that_cannot_be_is_done_without(tmp_path, monkeypatch):
    import vl_convert

    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda snippet: f"{MARK}1;")
    (tmp_path / "file").write_text("in the way")
    assert vega_bundle(tmp_path / "file" / "cache") == f"{MARK}1;"
