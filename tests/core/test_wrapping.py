"""Texts in lines: a fingerprint breaks only after a colon, which it keeps."""

from __future__ import annotations

import pytest

from mhv_tui.core.wrapping import broken_at_slashes, fingerprint_breaks, with_hanging_lines, wrap, wrapped_text

SHA256 = ":".join(f"{byte:02X}" for byte in range(0x50, 0x70))
SHA1 = ":".join(f"{byte:02X}" for byte in range(0x50, 0x64))


@pytest.mark.parametrize("width", [30, 34, 50, 60, 75, 99, 140])
@pytest.mark.parametrize("fingerprint", [SHA256, SHA1])
def test_the_lines_of_a_fingerprint_are_joined_to_the_same_fingerprint(fingerprint: str, width: int) -> None:
    lines = wrap(f"the certificate is SHA-256 {fingerprint}, issued by Example VMCA", width, "  ")
    assert max(map(len, lines)) <= width
    whole = "".join(line[2:] if line.endswith(":") else f"{line[2:]} " for line in lines)
    assert f" {fingerprint}, issued by Example VMCA" in whole
    assert all(len(line.split()[-1]) % 24 == 0 for line in lines if line.endswith(":"))


def test_a_fingerprint_with_enough_room_is_one_word() -> None:
    assert wrap(f"SHA-256 {SHA256}", 120) == [f"SHA-256 {SHA256}"]
    assert fingerprint_breaks(f"pin {SHA256}", 60) == [52]
    assert fingerprint_breaks(f"pin {SHA256}", 40) == [28, 52, 76], "without room for 16 bytes"


@pytest.mark.parametrize("text", ["fe:16:3e:00:00:01", "2026-11-26 11:22:33", "fd00:aa:bb:cc:dd:ee:ff:11"])
def test_other_texts_with_colons_have_no_breaks(text: str) -> None:
    assert fingerprint_breaks(text, 80) == []
    assert wrap(f"{'x' * 20} {text}", 30) == ["x" * 20, text]


def test_a_long_address_continues_after_a_slash() -> None:
    lines = ["Source:  as in", "         https://docs.example.org/nova/admin/hypervisor.html", "           end"]
    pieces = broken_at_slashes("\n".join(lines), 40).split("\n")
    assert pieces == [lines[0], "         https://docs.example.org/nova/", "         admin/hypervisor.html", lines[2]]
    assert broken_at_slashes(f"  https://{'x' * 40} end", 30) == f"  https://{'x' * 40} end"


def test_no_text_is_no_line_and_a_long_word_is_broken_only_on_request() -> None:
    assert wrap("", 30) == []
    assert wrap("x" * 40, 30, long_words=False) == ["x" * 40]
    assert wrap("x" * 40, 30) == ["x" * 30, "x" * 10]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("a line that fits", 16, "a line that fits"),
        ("a line that does not fit", 0, "a line that does not fit"),
        ("  remedy: put it there", 16, "  remedy: put\n    it there"),
        ("two lines:\n  of which one is long", 16, "two lines:\n  of which one\n    is long"),
        ("see /etc/nova/a-very-long-name.conf", 16, "see\n/etc/nova/a-very-long-name.conf"),
    ],
)
def test_a_long_line_breaks_at_blanks_and_keeps_its_indent(text: str, width: int, expected: str) -> None:
    assert wrapped_text(text, width) == expected


@pytest.mark.parametrize("width", range(24, 40))
def test_no_line_breaks_inside_a_value_in_brackets(width: int) -> None:
    lines = wrapped_text("  done   delete image cirros (0.3 s; 1 of 10) at once", width).split("\n")
    assert any("(0.3 s; 1 of 10)" in line for line in lines) and max(map(len, lines)) <= width


def test_a_long_line_of_two_columns_continues_below_the_second_one() -> None:
    text = "Keys:\n  Ctrl+R   read the list again, and follow it\n\n  a line without columns that is long"
    assert with_hanging_lines(text, 30).splitlines() == [
        "Keys:",
        "  Ctrl+R   read the list",
        "           again, and follow",
        "           it",
        "",
        "  a line without columns that",
        "  is long",
    ]


@pytest.mark.parametrize("width", [58, 64, 72, 79])
def test_a_fingerprint_has_the_same_two_lines_at_every_width(width: int) -> None:
    lines = wrap(f"This is SHA-256 {SHA256}, issued by Example VMCA", width, "  ")
    assert any(line.endswith(SHA256[:48]) for line in lines) and any(
        line.startswith(f"  {SHA256[48:]}") for line in lines
    )


def test_a_command_with_pipes_has_lines_of_its_own_that_a_shell_takes_as_one_command() -> None:
    command = "echo | openssl s_client -connect vc:443 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
    assert wrap(f"Compare it with: `{command}` If they are equal, pin it.", 60, " ") == [
        " Compare it with:",
        "   echo |",
        "   openssl s_client -connect vc:443 2>/dev/null |",
        "   openssl x509 -noout -fingerprint -sha256",
        " If they are equal, pin it.",
    ]
    assert wrap(f"`{command}`", 42, "") == [
        "  echo |",
        "  openssl s_client -connect vc:443 \\",
        "  2>/dev/null |",
        "  openssl x509 -noout -fingerprint -sha256",
    ]
