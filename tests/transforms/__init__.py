import pytest

pytest.register_assert_rewrite("tests.transforms.store_conformance")
