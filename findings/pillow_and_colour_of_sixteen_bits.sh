#!/usr/bin/env bash
# Pillow 13.0.0 keeps eight of the sixteen bits of a colour PNG, and says nothing.
#
# Cameras and microscopes write 12 bits a channel (0..4095) into PNGs of 16 bits. Of a grey one
# Pillow keeps every value (mode I;16). A colour one opens as mode RGB with the lower byte of each
# value cut off: 4096 levels become 16, and the brightest is 15 of 255 - a black picture, without a
# warning.
#
# What to do: scale 12 bits to 16 before writing, save channels as grey pictures, or read such files
# with another library.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import io, struct, zlib
import numpy as np
from PIL import Image


def png(values):
    """A PNG of sixteen bits a channel, (height, width, channels), as its specification says."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    kind = {1: 0, 3: 2}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


ramp = np.arange(4096, dtype=np.uint16).reshape(64, 64, 1)
found = {}
for name, values in {"grey": ramp, "colour": np.repeat(ramp, 3, axis=2)}.items():
    with Image.open(io.BytesIO(png(values))) as opened:
        pixels = np.asarray(opened)
        found[name] = (opened.mode, len(np.unique(pixels)), int(pixels.max()))
    print(name, "mode %s, %d levels, brightest %d" % found[name])
assert found["grey"] == ("I;16", 4096, 4095)
assert found["colour"] == ("RGB", 16, 15), "sixteen bits of colour are kept now"
print("as described")
PY
