"""Pseudonyms keep what the checks judge: length, digits, case, and names that are parts of other names."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhv_tui.export.pseudonyms import Pseudonyms


def replaced(*names: str) -> Sequence[str]:
    """The pseudonyms of these names, in one document."""
    document = {"names": list(names)}
    return list(Pseudonyms(document).document(document)["names"])


def test_a_name_keeps_its_length_digits_punctuation_and_case() -> None:
    (new,) = replaced("Prod-Esx07_GOLD.acme.net")
    assert len(new) == len("Prod-Esx07_GOLD.acme.net") and "Prod" not in new and "acme" not in new
    shape = [(c.isupper(), c.isdigit(), c if not c.isalnum() else "") for c in new]
    assert shape == [(c.isupper(), c.isdigit(), c if not c.isalnum() else "") for c in "Prod-Esx07_GOLD.acme.net"]


def test_a_part_of_a_name_stays_a_part() -> None:
    part, whole = replaced("gold", "MyGoldenNet")
    assert part.lower() in whole.lower() and part != "gold"


def test_the_same_name_has_the_same_pseudonym_everywhere() -> None:
    document = {"host": "esx1.acme.net", "detail": "esx1.acme.net does not answer (esx1)", "keys": {"esx1.acme.net": 1}}
    new = Pseudonyms(document).document(document)
    assert new["detail"] == f"{new['host']} does not answer ({new['host'].split('.')[0]})"
    assert list(new["keys"]) == [new["host"]]


def test_addresses_are_replaced_and_versions_and_loopback_stay() -> None:
    document = {
        "a": "10.1.2.3 and 10.1.2.3:443 and fd00::17",
        "b": "127.0.0.1 0.0.0.0 192.0.2.7 8.0.2",
        "c": "10.1.2.4",
    }
    new = Pseudonyms(document).document(document)
    assert new == {"a": "198.18.0.1 and 198.18.0.1:443 and 2001:db8::2", "b": document["b"], "c": "198.18.0.3"}


def test_an_encoded_url_has_no_name_and_no_address() -> None:
    document = {"host": "vc.acme.net", "key": "cloud:/http:%2F%2F10.1.2.3:5000%2Fv3 http:%2F%2Fvc.acme.net%2Fsdk"}
    text = Pseudonyms(document).document(document)["key"]
    assert "10.1.2.3" not in text and "acme" not in text and text.count("%2F") == 6


def test_a_certificate_keeps_its_identity_and_a_key_nothing() -> None:
    pem = "-----BEGIN {0}-----\nQUJD{1}\n-----END {0}-----"
    texts = [pem.format("CERTIFICATE", 1), pem.format("CERTIFICATE", 2), pem.format("RSA PRIVATE KEY", 3)]
    first, second, key = (Pseudonyms({}).text(f"x\n{text}\ny") for text in texts)
    assert first == Pseudonyms({}).text(f"x\n{texts[0]}\ny") != second and "QUJD" not in first + second + key


@pytest.mark.parametrize(
    "name", ["admin", "Default", "RegionOne", "nova", "/usr/lib/python3/dist-packages/nova/image/glance.py"]
)
def test_a_common_word_stays(name: str) -> None:
    assert replaced(name) == [name]


@given(st.lists(st.text(st.sampled_from("abcABC019-_. /@é"), min_size=1, max_size=12), max_size=6))
def test_any_names_keep_their_length(names: list[str]) -> None:
    assert [len(name) for name in replaced(*names)] == [len(name) for name in names]
