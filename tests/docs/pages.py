"""The blocks of code in the pages that users read.

A block is fenced and says its language. A comment right above it may say how it is meant:

    <!-- snippet: FILE -->         it is that file, which is built (tests/unit/pages_test.cc)
    <!-- at namespace scope -->    C++ that does not belong into a function
    <!-- not run: WHY -->          a shell's commands that a test cannot run
"""

import glob
import os
import re
from collections import namedtuple

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

# `line` is that of the first line of the text; `mark` is the comment, empty if there is none.
Block = namedtuple("Block", "page line language text mark")


def pages():
    return ["README.md", "CONTRIBUTING.md", *sorted(
        os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "docs", "*.md")))]


def text_of(page):
    with open(os.path.join(ROOT, page)) as file:
        return file.read()


def blocks(language):
    fenced = re.compile(r"^(?:<!-- ([^\n]*) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for page in pages():
        text = text_of(page)
        for match in fenced.finditer(text):
            if match[2] == language:
                line = text[:match.start(3)].count("\n") + 1
                yield Block(page, line, language, match[3], match[1] or "")
