from tests.studio.answers import QUICK, error
from tests.studio.served import two_kinds, zipped


def test_what_is_wrong_is_told_in_a_sentence(client):
    ask = client.get
    assert "found 'x'" in error(ask("/api/trace", params={"learning_rate": "x"}), 422)
    assert "extra inputs" in error(ask("/api/landscape", params={"model": "a.py:f"}), 422)
    assert "digits" in error(ask("/api/landscape", params={"data": "/etc"}), 400)
    assert "0 to 199" in error(ask("/api/trace", params={**QUICK, "learning_rate": 0.1, "image": 200}), 400)
    assert "Not Found" in error(ask("/api/nothing"), 404)
    assert "Not Found" in error(ask("/../../etc/passwd"), 404)
    assert "Method Not Allowed" in error(client.delete("/api/studio"), 405)
    assert "there is none named" in error(ask("/api/picks/abc/events"), 400)
    assert "no run" in error(ask("/api/runs/zzzz"), 400)
    assert "Zip the folder again" in error(client.post("/api/uploads", content=b"no zip"), 400)
    one_kind = {path: image for path, image in two_kinds().items() if "dark" in path}
    assert "class" in error(client.post("/api/uploads", content=zipped(one_kind)), 400)
