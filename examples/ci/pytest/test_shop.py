import pytest
from shop import Shop


@pytest.fixture
def shop(bonin):
    return Shop(bonin.url, bonin.imp_key, bonin.imp_secret)


def test_takes_in_a_certified_person(bonin, shop):
    assert shop.sign_up(bonin.certify(name="심청")) == "심청"


def test_refuses_a_certification_that_failed(bonin, shop):
    assert shop.sign_up(bonin.certify(certified=False)) is None


def test_refuses_an_unknown_id(shop):
    assert shop.sign_up("imp_000000000000") is None
