"""From a document to clean text: readers, parsing, grapheme borders, PII."""
