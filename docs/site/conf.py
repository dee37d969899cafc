"""Settings of Sphinx for `make docs`; `docs/site/stage.py` lays out what it reads."""

project = "rftkit"
author = "the authors of rftkit"
copyright = "the authors of rftkit, Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_click"]
html_theme = "furo"
html_title = "rftkit"
html_static_path = ["wrap.css"]
html_css_files = ["wrap.css"]
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
default_role = "code"  # docstrings write `name`
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature shows them
suppress_warnings = ["misc.highlighting_failure"]
exclude_patterns = ["site"]
smartquotes = False  # "--plan" is no dash


def _as_restructured_text(app, what, name, obj, options, lines):  # type: ignore[no-untyped-def]
    """Docstrings are plain text: an indented paragraph is a formula, and a bar is a bar."""
    written, literal, blank = [], False, True
    for line in lines:
        if blank:
            literal = line.startswith((">>>", "    ", ".. "))
            if line.startswith("    "):
                written += ["::", ""]
        written.append(line if literal else line.replace("|", r"\|"))
        blank = not line.strip()
    lines[:] = written


def setup(app):  # type: ignore[no-untyped-def]
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _as_restructured_text)
