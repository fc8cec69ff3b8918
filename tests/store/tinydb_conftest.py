"""The conftest.py that TinyDB's own tests run under: its fixtures and names lead to the data folder's face."""

import pytest
import tinydb

from tui_billing.store.tinydb_adapter import BillingDB

tinydb.TinyDB = BillingDB

NEVER_REUSED = "ids are never used again, also not after drop_tables or truncate"
NO_CACHE = "there is no query cache: others write too"
EXCEPTIONS = {
    "test_insert_ids": NEVER_REUSED,
    "test_insert_with_doc_id": NEVER_REUSED,
    "test_insert_with_duplicate_doc_id": NEVER_REUSED,
    "test_insert_multiple_with_ids": NEVER_REUSED,
    "test_update_returns_ids": NEVER_REUSED,
    "test_doc_ids_json": NEVER_REUSED,
    "test_next_id": NEVER_REUSED,
    "test_truncate_table": NEVER_REUSED,
    "test_search": NO_CACHE,
    "test_search_path": NO_CACHE,
    "test_query_cache[billing]": NO_CACHE,
    "test_query_cache_size": NO_CACHE,
    "test_lru_cache": NO_CACHE,
    "test_table_repr": "asks for the class names of TinyDB's own storages",
    "test_empty_write": "opens the data folder as a file of TinyDB's JSONStorage",
    "test_repr": "asks for the class name TinyDB",
    "test_persist_table": "a table without documents leaves nothing on disk",
}


@pytest.fixture(params=["billing"])
def db(request, tmp_path):
    made = BillingDB(tmp_path / "data")
    made.insert_multiple({"int": 1, "char": c} for c in "abc")
    yield made
    made.close()


def pytest_collection_modifyitems(items):
    for item in items:
        for name in (item.name, getattr(item, "originalname", "")):
            if name in EXCEPTIONS:
                item.add_marker(pytest.mark.xfail(reason=EXCEPTIONS[name], strict=True))
                break
