"""Whatever is asked in the shape of the OpenAPI document, or out of it, nothing ends in an error of the server."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from etascope.studio.app import create_app
from etascope.studio.worker_pool import WorkerPool
from tests.long import cases


class Quick(WorkerPool):
    """Does small work itself, and refuses large: what is tried here are answers, not trainings."""

    async def run(self, page, function, *arguments, limit=None):
        from etascope import InputError

        raise InputError(f"{function.__name__} is not done here. Try a real studio.")

    def warm(self):
        pass


@schemathesis.serializer("application/zip")
def raw(context, value):
    """Send what was made up as it is."""
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode()


app = create_app(None, Quick(1))
schema = schemathesis.openapi.from_dict(app.openapi())


@pytest.fixture(scope="module")
def client():
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.mark.long
@schema.parametrize()
@settings(max_examples=cases(25, 2_000), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_nothing_asked_is_an_error_of_the_server(case, client):
    sent = case.as_transport_kwargs(base_url="http://testserver")
    # What schemathesis has for requests, as the client of the test takes it.
    kept = {name: sent[name] for name in ("method", "url", "params", "headers", "json") if name in sent}
    answer = client.request(**kept, content=sent.get("data") if isinstance(sent.get("data"), bytes | str) else None)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert list(answer.json()) == ["error"]
