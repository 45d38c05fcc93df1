"""The languages that Borvo speaks: catalogues of its texts, which one a reader wants, dates and numbers in it."""
