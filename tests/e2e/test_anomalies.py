"""docs/anomalies.md: each code of the catalogue has an example, and the program still answers it so."""

import unittest

from harness import CATALOGUE, REPO, Case
from anomalies_doc import document, played
from examples_table import ASP_FILES, ASP_LIMITS, DECISIONS, DROPS, WITHOUT_EXAMPLE


class TestExamples(Case):
    def test_every_code_has_an_example_or_a_reason(self):
        shown = {row.code for row in DROPS} | {code for code, *_ in (*DECISIONS, *ASP_FILES, *ASP_LIMITS)}
        self.assertEqual(sorted(CATALOGUE.keys() - shown), sorted(WITHOUT_EXAMPLE), "codes without an example")
        self.assertEqual(sorted(shown - CATALOGUE.keys()), [], "examples of no code")
        self.assertLessEqual(len(WITHOUT_EXAMPLE), 5)

    def test_the_document_is_what_the_program_answers(self):
        """Each example shows what was dropped, in dossier.yaml or in a sentence, and the answer to it."""
        told = played()
        for code, examples in told.items():
            for one in examples:
                self.assertTrue(any(line.strip() for line in one.given), code)
        self.assertEqual(document(told), (REPO / "docs/anomalies.md").read_text("utf-8"), "stale: run `make docs`")


if __name__ == "__main__":
    unittest.main()
