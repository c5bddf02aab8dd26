"""The kinds of instruments: by which file each is known, and how it is read. [main]"""

from __future__ import annotations

from pathlib import Path

from jambox.control.bundle import MODAL_FILE, Bundle, load_bundle, model_file
from jambox.control.modal import ModalBundle, load_modal


def load_instrument(path: Path | str) -> Bundle | ModalBundle:
    """The instrument in a folder or a file, of whatever kind; BadModel, one sentence with file and reason."""
    file = model_file(path)
    return load_modal(file) if file.suffix == Path(MODAL_FILE).suffix else load_bundle(file)
