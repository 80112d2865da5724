"""What may be a recording of a vCenter: a directory or a .tar.xz archive, which is hostile input."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from mhv_tui.lab import recordings
from mhv_tui.lab.host import LabUsage

NAMES = (
    "0000-ServiceInstance-ServiceInstance.xml",
    "0001-Folder-group-d1.xml",
    "EnvironmentBrowser-b/QueryConfigTarget.xml",
    "mhv-tui.json",
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def archive(path: Path, *members: tarfile.TarInfo, names: tuple[str, ...] = NAMES, below: str = "vcsim-vc/") -> Path:
    with tarfile.open(path, "w:xz") as file:
        for name in names:
            member = tarfile.TarInfo(below + name)
            member.size = 4
            file.addfile(member, io.BytesIO(b"<a/>"))
        for member in members:
            file.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("below", ["", "./", "vcsim-vc/", "./vcsim-vc/"])
def test_an_archive_is_unpacked(tmp_path: Path, below: str) -> None:
    source = archive(tmp_path / "vc.tar.xz", tarfile.TarInfo(f"{below}README"), below=below)
    with recordings.copied(source) as copy:
        assert copy is not None and files(copy) == set(NAMES)
    assert not copy.exists()


@pytest.mark.parametrize("below", ["", "vcsim-vc"])
def test_a_directory_is_copied(tmp_path: Path, below: str) -> None:
    for name in (*NAMES, "README"):
        path = tmp_path / "saved" / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<a/>")
    with recordings.copied(tmp_path / "saved") as copy:
        assert copy is not None and files(copy) == set(NAMES)


def test_no_source_gives_no_copy() -> None:
    with recordings.copied(None) as copy:
        assert copy is None


def refusal(source: Path, largest: int = recordings.LARGEST) -> str:
    with pytest.raises(LabUsage) as error, recordings.copied(source, largest):
        pass
    assert not list((Path(os.environ["XDG_STATE_HOME"]) / "mhv-tui/lab").iterdir())
    return str(error.value)


@pytest.mark.parametrize("name", ["../0002-Folder-x.xml", "/etc/0002-Folder-x.xml", "vcsim-vc/../../x.xml"])
def test_a_path_that_leads_out_of_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    text = refusal(archive(tmp_path / "vc.tar.xz", tarfile.TarInfo(name)))
    assert text == f"The recording {tmp_path}/vc.tar.xz is refused: its entry {name!r} leads out of its directory."


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("vcsim-vc/0002-Folder-x.xml")
    member.type, member.linkname = kind, "/etc/passwd"
    text = refusal(archive(tmp_path / "vc.tar.xz", member))
    assert text.endswith("its entry 'vcsim-vc/0002-Folder-x.xml' is no ordinary file.")


def test_an_archive_that_is_too_large_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("vcsim-vc/0002-Folder-x.xml")
    member.size = 2 << 20
    source = archive(tmp_path / "vc.tar.xz", member)
    assert refusal(source, 1 << 20) == f"The recording {source} is too large: the lab loads up to 1 MiB."


def test_a_directory_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAMES[0]).write_text("<a/>")
    with (tmp_path / NAMES[1]).open("wb") as file:
        file.truncate(recordings.LARGEST)
    assert refusal(tmp_path) == f"The recording {tmp_path} is too large: the lab loads up to 1024 MiB."


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    empty, text, cut = tmp_path / "empty", tmp_path / "notes.txt", tmp_path / "cut.tar.xz"
    empty.mkdir()
    text.write_text("notes")
    cut.write_bytes(archive(tmp_path / "vc.tar.xz").read_bytes()[:-40])
    other = archive(tmp_path / "other.tar.xz", names=NAMES[1:])
    for source in (empty, other):
        assert refusal(source).startswith(f"{source} is no recording of a vCenter: it has no file 0000-ServiceInstance")
    for source in (text, cut):
        assert refusal(source).startswith(f"{source} is neither a directory nor an unbroken .tar.xz archive (")
    missing = tmp_path / "missing"
    assert refusal(missing) == f"The recording {missing} cannot be copied: No such file or directory."
