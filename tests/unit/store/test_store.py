"""Which engine an address belongs to."""

import pytest

from longpole.model.errors import StoreError
from longpole.store.store import open_store


def test_an_address_of_a_database_that_is_none_of_ours_is_refused_without_its_password():
    with pytest.raises(StoreError, match=r"begins with mysql://.*postgresql://.*clickhouse://") as refused:
        open_store("mysql://root:secret@host/shop")
    assert "secret" not in str(refused.value)
