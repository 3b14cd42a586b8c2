import pytest

from tests.house import a_home
from tests.pipeline.works import at_work


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


@pytest.fixture
def works(home):
    with at_work(home) as works:
        yield works
