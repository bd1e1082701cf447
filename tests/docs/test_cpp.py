"""Every block of C++ in the pages compiles, with what its page takes for granted (prelude/)."""

import os
import re
import subprocess
import tempfile
import unittest

from pages import ROOT, blocks, pages, text_of

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = ("<gmock/gmock.h>", "<gtest/gtest.h>", "<rqpp/gtest.h>", "<rqpp/rqpp.h>",
           "<rqpp/embedded_worker.h>", "<atomic>", "<thread>")


def translation_unit():
    """All of them in one file: most of the time of a compiler is spent on the headers."""
    lines = [f"#include {header}" for header in HEADERS]
    lines.append("using namespace std::chrono_literals;")
    begun = set()
    for block in blocks("cpp"):
        if block.mark.startswith("snippet: "):
            continue
        name = os.path.splitext(os.path.basename(block.page))[0].replace("-", "_").lower()
        prelude = os.path.join(HERE, "prelude", f"{name}.inc")
        lines.append(f"namespace {name} {{ using namespace rqpp;")
        if name not in begun and os.path.exists(prelude):
            lines.append(f'#include "{prelude}"')
        begun.add(name)
        # What it includes stands at the top already; its lines keep their numbers.
        text = re.sub(r"^#include .*$", "", block.text, flags=re.MULTILINE)
        lines.append("" if block.mark == "at namespace scope" else f"inline void at_line_{block.line}() {{")
        lines += [f'#line {block.line} "{block.page}"', text]
        lines.append("}" if block.mark == "at namespace scope" else "}}")
    return "\n".join(lines) + "\n"


class Cpp(unittest.TestCase):
    def test_of_the_pages_compiles(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pages.cc")
            with open(path, "w") as file:
                file.write(translation_unit())
            run = subprocess.run(
                [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra",
                 "-Werror", "-Wno-unused", "-I", os.path.join(ROOT, "include"), path],
                capture_output=True, text=True, check=False)

        self.assertEqual(run.returncode, 0, run.stderr)

    def test_is_found_in_the_pages(self):
        begun = sum(text_of(page).count("\n```cpp\n") for page in pages())
        self.assertEqual(len(list(blocks("cpp"))), begun)


if __name__ == "__main__":
    unittest.main()
