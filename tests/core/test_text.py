"""What a misspelled name probably means, how a sentence begins, and how it writes a size."""

from __future__ import annotations

import pytest

from mhv_tui.core.text import GIB, at_step, imperative, nearest, share, size

CLUSTERS = ("/EMEA/DC0/host/Prod/DC0_C0", "/DC0/host/DC0_C1", "/DC1/host/GPU")


@pytest.mark.parametrize(
    ("wanted", "names", "expected"),
    [
        ("/DC0/host/DC0_C0", CLUSTERS, "/EMEA/DC0/host/Prod/DC0_C0"),
        ("/DC0/host/gpu", CLUSTERS, "/DC1/host/GPU"),
        ("DC0_C0", CLUSTERS, "/EMEA/DC0/host/Prod/DC0_C0"),
        ("/DC0/host/DC0_C2", CLUSTERS, "/DC0/host/DC0_C1"),
        ("/DC1/host/A/C0", ("/DC0/host/C0", "/DC1/host/B/C0"), "/DC1/host/B/C0"),
        ("NFS-Gold", ("nfs-gold2", "nfs-gold"), "nfs-gold"),
        ("dvs0", ("DVS00", "DVS0"), "DVS0"),
        ("/", CLUSTERS, ""),
        ("", CLUSTERS, ""),
        ("unlike", ("nfs-gold",), ""),
    ],
)
def test_the_nearest_name(wanted: str, names: tuple[str, ...], expected: str) -> None:
    assert nearest(wanted, names) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("remove os_distro, or set it", "Remove os_distro, or set it"),
        ("qemu-img converts it", "qemu-img converts it"),
        ("nova does it", "nova does it"),
        ("", ""),
    ],
)
def test_a_remedy_begins_with_a_capital_letter_unless_a_name_is_its_first_word(sentence: str, expected: str) -> None:
    assert imperative(sentence) == expected


@pytest.mark.parametrize(
    ("step", "sentence", "expected"),
    [
        ("image", "image appliance: vmware_disktype is not set", "image appliance: vmware_disktype is not set"),
        ("cluster", "The cluster DC0_C0 has no host", "The cluster DC0_C0 has no host"),
        ("image", "The images are not known", "image: The images are not known"),
        ("register", "novavmware1 is down", "register: novavmware1 is down"),
        ("image", "the", "image: the"),
    ],
)
def test_a_sentence_names_its_step_once(step: str, sentence: str, expected: str) -> None:
    assert at_step(step, sentence) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [(6 << 40, "6.0 TiB"), (503 * GIB, "503 GiB"), (3 * GIB // 2, "1.5 GiB"), (650 << 20, "650 MiB"), (0, "0.0 KiB")],
)
def test_a_size_has_the_largest_unit_that_is_not_larger(number: int, text: str) -> None:
    assert size(number) == text


def test_a_share_has_one_unit() -> None:
    assert (share(6 << 40, 8 << 40), share(500 * GIB, 512 * GIB)) == ("6.0 of 8.0 TiB", "500 of 512 GiB")
