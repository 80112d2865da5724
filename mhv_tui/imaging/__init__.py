"""Codecs of disk images and archives: pure functions over binary readers. Opens no file by its path."""
